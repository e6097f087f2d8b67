"""How a tune ends: on which chord, and with which bars played once more."""

from __future__ import annotations

import pytest

from improv.charts.library import load_chart
from improv.config import Plan
from improv.music.chord import parse_chord
from improv.performance.arrangement import arrange
from improv.performance.ending import last_chord, tag_bars


def bars_of(arrangement):
    """(kind, chord) of every bar."""
    chart = arrangement.chart
    chords = [chart.chord_at(tick) for tick in chart.bar_ticks]
    return [
        (arrangement.kind_of(bar), chord.text if chord else "NC")
        for bar, chord in enumerate(chords)
    ]


def test_the_last_chord_is_home():
    """The tonic, not the turnaround; in minor a minor chord."""
    names = ("rhythm", "waltz", "bossa", "minor-blues")
    last = [last_chord(load_chart(name)).text for name in names]
    assert last == ["Bb6", "Fmaj7", "Dm9", "Cm7"]


@pytest.mark.parametrize(
    ("chart", "last"),
    [
        ("Key: F\n| F6 | Gm7 C7 | F6 | C7 |", "F6"),
        ("Key: C\n| C | % | C7 | % | F | G7 | C | G7 |", "C"),
        ("Key: C\n| C7 | F7 | C7 | G7 |", "C7"),
        ("Key: C\n| F | C7 | F | C7 | F |", "F"),
        ("Key: C\n| F6 | % | Ab | Bb7 | Cm |", "Cm"),
        (
            "Key: F\n| F | C7 | F | C7 | F | % | % | % | F7 | Bb | Edim | Bb | G7 | C7 F7 | Bb |",
            "Bb",
        ),
        ("Key: G minor\n| Gm | D7 | Gm | D7 |", "Gm"),
        ("Key: D\n| G7 | % | Em7 | A7 |", "D6"),
        ("Key: F\n| F6 | C7 | F6/C | C7 |", "F6"),
        ("Key: Bb\n| Bb6 | F7 | Bb6 | Bb7 |", "Bb6"),
        ("| Dm7 | G7 | Em7 | A7 |", "Dm7"),
    ],
)
def test_the_last_chord_of_tunes_that_end_in_another_way(chart, last):
    """A turnaround goes home; a dominant makes a tonic, whatever the header says; a blues keeps its 7th."""
    assert last_chord(load_chart(chart)).text == last


@pytest.mark.parametrize(
    ("bars", "tag"),
    [
        ("| F6 | D7 | Gm7 | C7 | Am7 | D7 | Gm7 | C7 | F6 | % |", ["Am7", "D7", "Gm7", "C7"]),
        ("| F6 | D7 | Gm7 | C7 | Gm7 | C7 | F6 D7 | Gm7 C7 |", ["Gm7", "C7", "F6", "Gm7"]),
        ("| F6 | D7 | Gm7 | C7 | F6 | % | % | % | % | % |", ["F6"] * 4),
        ("| F6 | % | % | % | % | % | % | % |", ["F6"] * 4),
    ],
)
@pytest.mark.parametrize("meter", ["4/4", "3/4"])
def test_the_tag_is_what_leads_home(bars, tag, meter):
    """The last chord stands where the tag arrives, not behind bars in which it is there already."""
    whole = arrange(load_chart(f"Key: F\nMeter: {meter}\n{bars}"), Plan(choruses=2, ending="tag"))
    rows = bars_of(whole)
    assert [chord for kind, chord in rows if kind == "ending"] == tag
    assert rows[-1] == ("final", "F6")


def test_a_tune_without_chords_rests_on_none():
    assert last_chord(load_chart("| NC | NC |")) is None


@pytest.mark.parametrize(
    ("bars", "last", "tag"),
    [
        ("| Dm7 | G7 | Dm7 | G7 | Dm7 | G7 | C6 | % |", "C6", (2, 6)),
        ("| Dm7 | G7 | Dm7 | G7 | Dm7 | G7 | C6 | Am7 |", "C6", (4, 8)),
        ("| Dm7 | G7 | Dm7 | Em7 | G7 | C6 | C6 | C6 |", "C6", (1, 5)),
        ("| Dm7 | G7 | Dm7 | G7 | C6 | C6 | C6 | C6 |", "C6", (4, 8)),
        ("| C6 | C6 | C6 | C6 | C6 | C6 | C6 | C6 |", "C6", (4, 8)),
    ],
)
def test_up_to_three_bars_of_home_are_left_out_of_the_tag(bars, last, tag):
    """Where there is nothing else in the end they are what is repeated."""
    assert tag_bars(load_chart(bars), parse_chord(last)) == tag
