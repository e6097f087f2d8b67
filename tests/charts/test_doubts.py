"""What is made of symbols that cannot be read."""

from __future__ import annotations

import pytest

from improv.charts.doubts import Doubts, looks_like_chord, mark_of, nearest
from improv.errors import ChartError
from improv.music.chord import parse_chord


@pytest.mark.parametrize(
    ("text", "chord"),
    [
        ("C7q", "C7"),
        ("Bbmaj7(q)", "Bbmaj7"),
        ("dm7x", "Dm7"),
        ("F#q", "F#"),
        ("Cm7", "Cm7"),
        ("Hm7", None),
        ("", None),
    ],
)
def test_the_nearest_chord_is_what_of_its_beginning_can_be_read(text, chord):
    assert nearest(text) == (chord and parse_chord(chord))


@pytest.mark.parametrize(
    "text", ["C7q", "Gmaj7foo", "Cm7b5x", "E7#15", "F(x)", "Hm7", "Bb", "C7xyz"]
)
def test_what_was_meant_as_a_chord(text):
    assert looks_like_chord(text)


@pytest.mark.parametrize(
    "text",
    ["Bridge", "Bridge2", "Chorus", "Drums2", "Bass", "Fine", "D.S.", "B-section", "C7 q", ""],
)
def test_what_was_not(text):
    assert not looks_like_chord(text)


def test_more_unread_than_read_is_no_chart():
    doubts = Doubts()
    assert doubts.chord("Hm", "bar 1", None) == (None, "? Hm")
    assert doubts.chord("F7", "bar 2", None) == (parse_chord("F7"), "")
    doubts.check()
    assert doubts.chord("Q", "bar 3", parse_chord("F7")) == (parse_chord("F7"), "? Q")
    with pytest.raises(ChartError, match="'Hm' in bar 1"):
        doubts.check()


def test_the_same_is_said_once_and_not_without_end():
    doubts = Doubts()
    for number in range(100):
        doubts.say("Again.")
        doubts.say(f"Number {number}.")
    assert len(doubts.warnings) == 41
    assert doubts.warnings[-1] == "61 more places are as unclear."


def test_a_mark_is_short():
    assert mark_of("a  b") == "? a b"
    assert len(mark_of("x" * 100)) < 32
