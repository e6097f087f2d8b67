"""A chart answers for any tick and repeats without end."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.errors import ChartError
from improv.music.chart import Chart, joined
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


THREE_FOUR = Meter(3)


def mixed() -> Chart:
    """Two bars of 4/4, two of 3/4, one of 4/4."""
    return Chart(
        "mixed",
        Meter(4),
        120,
        ((0, parse_chord("C6")), (2 * BAR, parse_chord("F7")), (6720, parse_chord("G7"))),
        6720 + BAR,
        meter_changes=((2 * BAR, THREE_FOUR), (6720, Meter(4))),
        sections=((0, "A"), (2 * BAR, "B")),
    )


def test_bars_follow_the_meters():
    tune = mixed()
    assert tune.bar_ticks == (0, 1920, 3840, 5280, 6720)
    assert [str(tune.meter_of(bar)) for bar in range(6)] == "4/4 4/4 3/4 3/4 4/4 4/4".split()
    assert [tune.bar_tick(bar) for bar in (4, 5, 7)] == [6720, 8640, 8640 + 3840]
    assert [tune.section_at(tick) for tick in (0, 3839, 3840, 8640)] == ["A", "A", "B", "A"]


@given(st.integers(0, 200))
def test_bar_of_and_bar_tick_are_inverse(bar):
    tune = mixed()
    assert tune.bar_of(tune.bar_tick(bar)) == bar
    assert tune.bar_of(tune.bar_tick(bar + 1) - 1) == bar


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"meter_changes": ((0, THREE_FOUR),)}, "meters"),
        ({"meter_changes": ((4 * BAR, THREE_FOUR),)}, "meters"),
        ({"tops": (5,)}, "chorus"),
        ({"repeat_tick": 7}, "not repeat from"),
    ],
)
def test_bars_that_cannot_be_are_refused(wrong, said):
    with pytest.raises(ChartError, match=said):
        chart((0, "C"), **wrong)


def test_what_is_before_the_place_of_repeat_is_played_once():
    """A bar of lead-in, then a chorus of three bars for ever."""
    tune = chart(
        (0, None), (BAR, "Dm7"), (2 * BAR, "G7"), (3 * BAR, "C6"), repeat_tick=BAR, tops=(BAR,)
    )
    bars = [name(tune.chord_at(bar * BAR)) for bar in range(8)]
    assert bars == "NC Dm7 G7 C6 Dm7 G7 C6 Dm7".split()
    assert tune.next_change(3 * BAR) == (4 * BAR, parse_chord("Dm7"))
    assert tune.next_change(9 * BAR) == (10 * BAR, parse_chord("Dm7"))
    assert [tune.chorus_and_bar(bar) for bar in (0, 1, 3, 4, 9)] == [
        (-1, 0),
        (0, 0),
        (0, 2),
        (1, 0),
        (2, 2),
    ]
    assert [tune.bar_of(bar * BAR) for bar in range(9)] == list(range(9))


def test_joined_charts_keep_their_meters_and_choruses():
    both = joined([mixed(), II_V_I])
    assert both.bars == 5 + 4
    assert both.tops == (0, 8640)
    assert both.meter_changes == mixed().meter_changes
    assert name(both.chord_at(8640 + BAR)) == "G7"
    assert joined([II_V_I, mixed()]).meter_changes[0] == (6 * BAR, THREE_FOUR)


def test_bars_are_counted_anew_after_a_bar_cut_short():
    short = chart((0, "C"), bars=1)
    cut = Chart("cut", Meter(4), 120, short.changes, BAR + 960)
    assert joined([cut, short]).bar_ticks == (0, 1920, 2880)


def test_a_part_is_a_chart_of_its_own():
    part = mixed().part(1, 4)
    assert (part.bars, part.length_tick, str(part.meter)) == (3, BAR + 2 * 1440, "4/4")
    assert part.meter_changes == ((BAR, THREE_FOUR),)
    assert [name(chord) for _, chord in part.changes] == ["C6", "F7"]
    assert part.sections == ((BAR, "B"),)
    assert str(mixed().part(2, 3).meter) == "3/4"
    assert joined([II_V_I, II_V_I, II_V_I]).part(2, 9).tops == (2 * BAR, 6 * BAR)


def test_what_a_terminal_would_obey_is_no_part_of_a_title():
    a_chart = replace(
        II_V_I,
        title="A\x1b[31m\ntune",
        composer="B\x9bC",
        sections=((0, "In\ttro"),),
        remarks=((0, "soft\r\nly ♭é"),),
    )
    assert (a_chart.title, a_chart.composer) == ("A[31m tune", "BC")
    assert a_chart.sections == ((0, "In tro"),)
    assert a_chart.remarks == ((0, "soft ly ♭é"),)


def test_the_repr_is_one_line():
    bossa = chart((0, "Cm7"), bars=16, key="C minor")
    assert repr(bossa) == "<Chart 'test', 16 bars of 4/4, C minor, 120 bpm>"
    mixed = replace(
        II_V_I, title="a\nb", meter_changes=((BAR, Meter(3)),), length_tick=BAR + 1440 * 3
    )
    assert repr(mixed) == "<Chart 'a b', 4 bars of 4/4 and 3/4, 120 bpm>"
    assert repr(chart((0, "C"), bars=1)).startswith("<Chart 'test', 1 bar of")


def test_a_notebook_shows_the_bars():
    """Four to a line, sections begin one; % is the bar before again; chords are as wide as they last."""
    tune = chart(
        (0, "C7"),
        (2 * BAR, "F7"),
        (2 * BAR + 1440, None),
        bars=6,
        sections=((0, "A<1>"), (3 * BAR, "B"), (5 * BAR, "C")),
    )
    page = tune._repr_html_()
    rows = page.split("<tr>")[1:]
    cells = [[re.sub("<[^>]*>", "", cell) for cell in row.split("</td>")[:-1]] for row in rows]
    assert cells == [["A&lt;1&gt;C7", "%", "F7N.C."], ["BN.C.", "%"], ["CN.C."]]
    assert 'flex:1440">F7' in page and 'flex:480">N.C.' in page
    long = chart((0, "C7"), bars=9)._repr_html_()
    assert [row.count("<td") for row in long.split("<tr>")[1:]] == [4, 4, 1]
