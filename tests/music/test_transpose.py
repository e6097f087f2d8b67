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


@pytest.mark.parametrize(
    ("chords", "key", "expected"),
    [
        ("Fm7 Bb7", "Ab", "Dbm7 Gb7"),
        ("Fm7 Bb7", "Eb", "Abm7 Db7"),
        ("Fm7 Bb7", "Gb", "Bm7 E7"),  # and not Cbm7 Fb7
        ("Bm7b5 E7", "B", "A#m7b5 D#7"),
        ("Abmaj7 Db7", "A", "Fmaj7 Bb7"),
        ("Abmaj7 Db7", "Bb", "Gbmaj7 B7"),
        ("Fmaj7 F#dim7", "Gb", "Cbmaj7 Cdim7"),
        ("Fmaj7 Bbmaj7", "D", "Gmaj7 Cmaj7"),
        ("C/E D7/F#", "D", "D/F# E7/G#"),
        ("C/E D7/F#", "Ab", "Ab/C Bb7/D"),
        ("C/Bb Am7/G", "Ab", "Ab/Gb Fm7/Eb"),
        ("E7/G# C/E", "E", "G#7/C E/G#"),  # nobody reads B#
        ("D/C7 C7", "E", "F#/E7 E7"),
    ],
)
def test_chords_keep_their_spelling_among_each_other(chords, key, expected):
    chart = parse_chart(f"Key: C\n| {chords} |")
    assert " ".join(chord.text for _, chord in moved(chart, key).changes) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("Ab", "Abm7 Db7/F Gbmaj7"),
        ("C#m", "C#m7 F#7/A# Bmaj7"),
        ("Eb", "Ebm7 Ab7/C Dbmaj7"),
        ("F#m", "F#m7 B7/D# Emaj7"),
    ],
)
def test_without_a_key_there_are_as_few_accidentals_as_can_be(key, expected):
    chart = moved(parse_chart("| NC | Dm7 | G7/B | Cmaj7 |"), key)
    assert " ".join(chord.text for _, chord in chart.changes if chord) == expected
