"""Where the music goes on: the next tune, a place that is sought, a tune that was read anew."""

from __future__ import annotations

import pytest

from improv.charts.library import load_chart
from improv.config import Plan, Tune
from improv.performance.arrangement import arrange
from improv.performance.stretch import (
    Stretch,
    Typed,
    arranged,
    next_tune,
    pass_end,
    place_after,
    reloaded,
    sought,
)

BAR = 1920
FOUR = load_chart("| Dm7 | G7 | Cmaj7 | % |")
SET = arranged([Tune(FOUR, Plan(choruses=2)), Tune(FOUR, Plan(choruses=1)), Tune(FOUR, Plan())])
"""Eight bars and a breath, four bars and a breath, four bars for ever."""


def test_a_breath_is_before_every_tune_but_the_first():
    assert [one.end_tick for one in SET] == [9 * BAR, 5 * BAR, None]
    assert [one.rest_tick for one in SET] == [8 * BAR, 4 * BAR, None]


def test_the_next_tune_begins_where_the_one_before_has_ended():
    first = Stretch()
    second = next_tune(first, SET, 700)
    assert second == Stretch(1, 0, 700, 9 * BAR, by_tick=-9 * BAR)
    third = next_tune(second, SET, 900)
    assert third == Stretch(2, 0, 900, 14 * BAR, by_tick=-5 * BAR)
    assert next_tune(third, SET, 1000) is None


@pytest.mark.parametrize(
    ("song_tick", "number", "tick"),
    [
        (0, 0, 0),
        (9 * BAR - 1, 0, 9 * BAR - 1),
        (9 * BAR, 1, 0),
        (13 * BAR + 480, 1, 4 * BAR + 480),
        (14 * BAR, 2, 0),
        (1000 * BAR, 2, 986 * BAR),
    ],
)
def test_a_place_in_the_set_is_a_place_in_one_of_its_tunes(song_tick, number, tick):
    found = sought(SET, song_tick, 50)
    assert (found.number, found.tick, found.ns) == (number, tick, 50)
    assert found.song_tick + found.tick == song_tick


def test_behind_the_end_of_a_set_it_is_behind_that_of_its_last_tune():
    for song_tick in (14 * BAR - 1, 14 * BAR, 500 * BAR):
        found = sought(SET[:2], song_tick, 0)
        assert (found.number, found.tick, found.song_tick) == (1, song_tick - 9 * BAR, 9 * BAR)


def test_ticks_of_what_was_left_are_counted_from_where_it_goes_on():
    found = sought(SET, 10 * BAR, 50, left_tick=3 * BAR)
    assert (found.tick, 3 * BAR + found.by_tick) == (BAR, BAR)


def test_the_same_at_another_time():
    assert Stretch(1, 480, 0, 960).at(77) == Stretch(1, 480, 77, 960)


def test_a_tune_that_is_read_anew_goes_on_in_the_same_chorus_and_bar():
    """With a count-in that it had not before: the place of the form is the same, its tick is not."""
    (before,) = arranged([Tune(FOUR, Plan())])
    after = arranged([Tune(FOUR, Plan(count_in_bars=2))])
    now = reloaded(Stretch(), before, after, 6 * BAR, 90)
    assert (now.tick, now.ns) == (8 * BAR, 90)
    assert now.song_tick + now.tick == 6 * BAR, "the set counts on"
    assert now.by_tick == 2 * BAR, "what is on its way was counted from another beat"


def test_a_shorter_form_is_counted_round_and_a_set_that_lost_the_tune_plays_its_last():
    eight = load_chart("| Dm7 | G7 | Cmaj7 | A7 | Dm7 | G7 | Cmaj7 | % |")
    (before,) = arranged([Tune(eight, Plan())])
    after = arranged([Tune(FOUR, Plan())])
    assert reloaded(Stretch(), before, after, 14 * BAR, 0).tick == 6 * BAR
    assert reloaded(Stretch(number=3), before, after, 0, 0).number == 0


EIGHT = load_chart("| Dm7 | G7 | Cmaj7 | A7 | Dm7 | G7 | Cmaj7 | % |")


def left(plan, loop, bar):
    """(bar at which it is left, (chorus, bar from 1) with which it goes on there)."""
    tune = Tune(EIGHT, plan)
    before = arrange(tune.chart, plan)
    tick = pass_end(before, loop, before.chart.bar_tick(bar))
    if tick is None:
        return None
    chorus, number = place_after(before, Typed(loop=loop).of(tune), tick)
    return before.chart.bar_of(tick), (chorus, number + 1)


def test_a_loop_begins_when_its_bars_have_gone_by_or_the_chorus_is_over():
    assert left(Plan(), "3-4", 2) == (4, (1, 3))
    assert left(Plan(), "3-4", 4) == (4, (1, 3))
    assert left(Plan(), "3-4", 5) == (8, (1, 3))
    assert left(Plan(count_in_bars=2), "3-4", 1) == (2, (0, 3))
    assert left(Plan(loop="5-8"), "3-4", 1) == (4, (1, 3)), "from one loop to another"
    assert left(Plan(choruses=1, ending="tag"), "3-4", 6) == (8, (1, 3)), "before the tag"
    assert left(Plan(choruses=1, ending="tag"), "3-4", 9) is None


def test_the_form_goes_on_behind_a_loop():
    assert left(Plan(loop="3-4"), "", 3) == (4, (1, 5))
    assert left(Plan(loop="5-8"), "", 1) == (4, (1, 1))
    assert left(Plan(loop="3-4", choruses=2), "", 3) is None


def test_a_loop_has_no_end_and_the_tune_it_was_has_its_own_again():
    tune = Tune(EIGHT, Plan(choruses=3, ending="tag"))
    assert Typed(loop="3-4").of(tune).plan == Plan(loop="3-4")
    assert Typed(loop="").of(tune).plan == tune.plan


def test_other_bars_go_on_where_it_is_said():
    tune = Tune(EIGHT, Plan(count_in_bars=1))
    (before,) = arranged([tune])
    after = arranged([Typed(loop="3-4").of(tune)])
    now = reloaded(Stretch(song_tick=7), before, after, 5 * BAR, 90, place=(1, 2))
    assert (now.tick, now.by_tick) == (3 * BAR, -2 * BAR)
    assert now.song_tick + now.tick == 7 + 5 * BAR
