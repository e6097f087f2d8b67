"""Some bars of a chorus over and over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from improv.charts.library import load_chart
from improv.config import Plan
from improv.errors import ChartError
from improv.performance.arrangement import arrange, next_pass
from improv.performance.loop import looped, parse_loop

BAR = 1920
BLUES = load_chart("blues")
WALK = load_chart("Key: C\n| Dm7 | 3/4 G7 | Em7 A7 | 5/4 Dm7 | 4/4 Cmaj7 | % |")


@pytest.mark.parametrize(("text", "bars"), [("9-16", (9, 16)), ("3", (3, 3)), (" 1 - 2 ", (1, 2))])
def test_bars_are_read(text, bars):
    assert parse_loop(text) == bars


@pytest.mark.parametrize("text", ["", "0-3", "4-2", "off", "1.5", "2-", "9-16 x"])
def test_what_is_no_loop_is_refused_in_one_sentence(text):
    with pytest.raises(ValueError, match=r"^Cannot loop '.*': expected bars such as '9-16'.*\.$"):
        parse_loop(text)


def test_its_bars_keep_their_meters_chords_and_numbers():
    some = looped(WALK, "2-4")
    assert [str(some.meter_of(bar)) for bar in range(3)] == ["3/4", "3/4", "5/4"]
    assert [some.chorus_and_bar(bar) for bar in range(5)] == [
        (0, 1),
        (0, 2),
        (0, 3),
        (1, 1),
        (1, 2),
    ]
    for bar in range(3):
        assert some.changes_in_bar(bar) == WALK.changes_in_bar(bar + 1)


def test_a_coda_can_be_looped_and_what_is_not_there_is_said():
    last_time = load_chart("| Dm7 | G7 | Em7 | A7 | Dm7 | G7 | Cmaj7 | C6 |")
    tune = replace(WALK, last=last_time)
    assert looped(tune, "7-8").changes_in_bar(1) == last_time.changes_in_bar(7)
    assert looped(tune, "2-6").changes_in_bar(0) == WALK.changes_in_bar(1)
    with pytest.raises(ChartError, match=r"'1-99' of '.*': expected bars from 1 to 8"):
        looped(tune, "1-99")


def test_a_loop_is_laid_out_like_any_tune_and_each_pass_has_its_key():
    whole = arrange(
        BLUES, Plan(choruses=3, count_in_bars=2, key_cycle="fourths", loop="9-12", ending="none")
    )
    assert whole.chart.tops == (2 * BAR, 6 * BAR, 10 * BAR)
    assert [key for _, key in whole.keys] == ["F", "Bb", "Eb"]
    assert whole.end_tick == 14 * BAR
    assert [whole.chart.chorus_and_bar(bar) for bar in (2, 5, 6)] == [(0, 8), (0, 11), (1, 8)]


def test_passes_follow_one_another_and_end_with_the_chorus():
    endless = arrange(BLUES, Plan(count_in_bars=2, loop="9-12"))
    assert [next_pass(endless, bar) for bar in (0, 2, 5, 6)] == [2, 6, 6, 10]
    ends = arrange(BLUES, Plan(choruses=2, ending="tag"))
    assert [next_pass(ends, bar) for bar in (0, 11, 12, 24)] == [12, 12, None, None]
