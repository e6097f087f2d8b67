"""A chart answers for any tick and repeats without end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.chord import parse_chord
from improv.music.meter import Meter

BAR = 1920


def chart(*changes, bars=4, **more):
    pairs = tuple((tick, name and parse_chord(name)) for tick, name in changes)
    return Chart("test", Meter(4), 120, pairs, bars * BAR, **more)


def name(chord):
    return chord.text if chord else "NC"


II_V_I = chart((0, "Dm7"), (BAR, "G7"), (2 * BAR, "Cmaj7"))


def test_a_chord_lasts_until_the_next_one_and_the_chart_repeats():
    ticks = (0, BAR - 1, BAR, 4 * BAR - 1, 4 * BAR, 100 * BAR, 101 * BAR)
    assert [name(II_V_I.chord_at(t)) for t in ticks] == "Dm7 Dm7 G7 Cmaj7 Dm7 Dm7 G7".split()


def test_next_change_wraps_into_the_next_chorus():
    seen = [II_V_I.next_change(tick) for tick in (0, BAR - 1, BAR, 3 * BAR, 5 * BAR)]
    assert [(tick // BAR, name(chord)) for tick, chord in seen] == [
        (1, "G7"),
        (1, "G7"),
        (2, "Cmaj7"),
        (4, "Dm7"),
        (6, "Cmaj7"),
    ]


def test_next_change_skips_a_chord_that_goes_on():
    """Written twice, or last and first of the chart: the same chord is no change."""
    same = chart((0, "C7"), (BAR, "C7"), (2 * BAR, "F7"), (3 * BAR, "C7"))
    assert [same.next_change(t * BAR)[0] // BAR for t in range(4)] == [2, 2, 3, 6]


def test_next_change_of_a_one_chord_chart_is_the_next_top():
    vamp = chart((0, "Dm7"), (BAR, "Dm7"))
    assert vamp.next_change(BAR + 5) == (4 * BAR, parse_chord("Dm7"))
    assert vamp.next_change(4 * BAR) == (8 * BAR, parse_chord("Dm7"))


def test_no_chord_is_none():
    quiet = chart((0, None), (BAR, "C7"))
    assert quiet.chord_at(5) is None
    assert quiet.next_change(BAR) == (4 * BAR, None)


def test_bars_count_through_the_choruses():
    assert II_V_I.bars == 4
    assert [II_V_I.bar_of(t) for t in (0, BAR - 1, BAR, 4 * BAR, 9 * BAR)] == [0, 0, 1, 4, 9]


def test_a_last_bar_cut_short_counts():
    short = Chart("short", Meter(4), 120, ((0, parse_chord("C7")),), BAR + 480)
    assert short.bars == 2
    assert [short.bar_of(t) for t in (BAR, BAR + 479, BAR + 480)] == [1, 1, 2]


def test_changes_in_bar_begin_with_the_chord_that_sounds():
    two = chart((0, "Dm7"), (BAR + 960, "G7"))
    assert [(t, name(c)) for t, c in two.changes_in_bar(0)] == [(0, "Dm7")]
    assert [(t, name(c)) for t, c in two.changes_in_bar(1)] == [(0, "Dm7"), (960, "G7")]
    assert [(t, name(c)) for t, c in two.changes_in_bar(5)] == [(0, "Dm7"), (960, "G7")]
    assert [(t, name(c)) for t, c in two.changes_in_bar(3)] == [(0, "G7")]


def test_transposing_moves_chords_and_key():
    moved = chart((0, "Dm7"), (BAR, None), (2 * BAR, "D7/F#"), key="C").transposed(3)
    assert [name(c) for _, c in moved.changes] == ["Fm7", "NC", "F7/A"]
    assert moved.key == "Eb"


CHARTS = st.builds(
    lambda ticks, names, length: chart(*zip([0, *sorted(ticks)], names, strict=False), bars=length),
    st.sets(st.integers(1, 4 * BAR - 1), max_size=8),
    st.lists(st.sampled_from(["C7", "F7", "Dm7", None]), min_size=9, max_size=9),
    st.integers(4, 6),
)


@given(CHARTS, st.integers(0, 50 * BAR))
def test_next_change_is_the_first_tick_with_another_chord(a_chart, tick):
    here = a_chart.chord_at(tick)
    change, chord = a_chart.next_change(tick)
    assert change > tick and a_chart.chord_at(change) == chord
    between = [tick, change - 1, *(t for t in range(tick, change, 97))]
    assert all(a_chart.chord_at(t) == here for t in between)
    if len({c for _, c in a_chart.changes}) > 1:
        assert chord != here


@given(CHARTS, st.integers(1, 3), st.integers(0, 50 * BAR))
def test_unrolling_changes_no_chord(a_chart, choruses, tick):
    unrolled = a_chart.unrolled(choruses)
    assert unrolled.length_tick == choruses * a_chart.length_tick
    assert unrolled.chord_at(tick) == a_chart.chord_at(tick)
    assert unrolled.bar_of(tick) == a_chart.bar_of(tick)


@pytest.mark.parametrize(
    ("changes", "bars", "problem"),
    [
        ((), 4, "no chords"),
        (((480, "C7"),), 4, "first at tick 0"),
        (((0, "C7"), (960, "F7"), (960, "G7")), 4, "out of order"),
        (((0, "C7"), (BAR, "F7")), 1, "before its last chord"),
        (((0, "C7"),), 0, "before its last chord"),
    ],
)
def test_changes_that_make_no_chart_are_refused(changes, bars, problem):
    with pytest.raises(ChartError, match=problem):
        chart(*changes, bars=bars)
