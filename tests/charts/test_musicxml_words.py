"""Chords that are words over the staff or lyrics are chords where there are no others."""

from __future__ import annotations

import pytest
from musicxml_maker import chord, score, tops, words

from improv.charts.musicxml import read_musicxml
from improv.errors import InputFileError


def sung(*texts: str) -> str:
    """A bar of quarters with lyrics."""
    return "".join(
        "<note><pitch><step>C</step><octave>4</octave></pitch><duration>2</duration>"
        + (f"<lyric><text>{text}</text></lyric>" if text else "")
        + "</note>"
        for text in texts
    )


BAR = sung("", "", "", "")


def placed(text: str, offset: int) -> str:
    return words(text).replace("</direction>", f"<offset>{offset}</offset></direction>")


def test_words_over_the_staff():
    chart = read_musicxml(
        score(
            words("Slowly") + words("Bb7") + BAR,
            words("C-7") + BAR + placed("F7alt", -4),
            words("N.C.") + BAR,
        )
    )
    assert [chord.text if chord else "NC" for _, chord in chart.changes] == [
        *("Bb7", "Cm7", "F7alt", "NC"),
    ]
    assert chart.changes[2][0] == 4 * 480 + 2 * 480
    assert [text for _, text in chart.remarks] == ["Slowly"]


def test_lyrics():
    chart = read_musicxml(score(sung("Dm7", "", "G7", ""), sung("Cmaj7", "", "", "")))
    assert [chord.text for _, chord in chart.changes] == ["Dm7", "G7", "Cmaj7"]


@pytest.mark.parametrize(
    "bars",
    [
        [words("Am") + BAR, BAR],  # one is a word
        [words("Am") + BAR, words("Am") + BAR],
        [words("A") + BAR, words("B") + BAR, words("C") + BAR],  # sections
        [sung("A", "hey", "you", "Am"), sung("I", "E", "see", "")],  # mostly words
    ],
)
def test_words_that_are_few_or_letters_or_mostly_something_else_are_no_chords(bars):
    with pytest.raises(InputFileError, match="Cannot find chords"):
        read_musicxml(score(*bars))


def test_in_a_bar_with_a_chord_symbol_words_are_words():
    """In another they are the chord that a program had no symbol for."""
    chart = read_musicxml(score(chord("C") + words("Dm7") + BAR, words("G7") + BAR))
    assert tops(chart) == "C G7"
    assert [text for _, text in chart.remarks] == ["Dm7"]
