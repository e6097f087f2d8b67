"""Charts in other keys, by name and by semitones."""

from __future__ import annotations

import pytest

from improv.charts.text import parse_chart
from improv.errors import ChartError
from improv.music.transpose import check_move, moved

BLUES = parse_chart("Key: F\n| F7 | Bb7 | F7 | C7 |")


def first(chart):
    return chart.changes[0][1].text


@pytest.mark.parametrize(
    ("text", "chord", "key"),
    [
        ("", "F7", "F"),
        ("Eb", "Eb7", "Eb"),
        ("e♭", "Eb7", "Eb"),
        ("F# minor", "Gb7", "Gb"),
        ("Cmajor", "C7", "C"),
        ("B", "B7", "B"),
        ("+3", "Ab7", "Ab"),
        ("-12", "F7", "F"),
    ],
)
def test_a_key_or_a_number_of_semitones(text, chord, key):
    assert (first(moved(BLUES, text)), moved(BLUES, text).key) == (chord, key)


def test_a_chart_without_a_key_is_moved_from_its_first_chord():
    two_five = moved(parse_chart("| Dm7 | G7 | Cmaj7 | % |"), "Em")
    assert [chord.text for _, chord in two_five.changes] == ["Em7", "A7", "Dmaj7"]


def test_a_chart_without_any_chord_stays_as_it_is():
    silent = parse_chart("| NC | NC |")
    assert moved(silent, "Eb") == silent


@pytest.mark.parametrize("text", ["H", "+13", "3", "Eb7", "C minor minor", "Ebm7", "++1", "é"])
def test_what_is_neither_is_quoted(text):
    for ask in (lambda: check_move(text), lambda: moved(BLUES, text)):
        with pytest.raises(ChartError, match="Cannot read key"):
            ask()
