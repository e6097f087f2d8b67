"""A chord over a chord, and no chord at all."""

from __future__ import annotations

import re

import pytest

from improv.errors import ChartError
from improv.music.chord import parse_chord, parse_chord_or_nc, print_chord


def test_no_chord_has_one_reading_and_one_spelling():
    for text in ("NC", "N.C.", "n.c.", "No Chord", " nc ", "N. C."):
        assert parse_chord_or_nc(text) is None
    assert print_chord(None) == "NC"
    assert parse_chord_or_nc("Dm7") == parse_chord("Dm7")
    with pytest.raises(ChartError, match="bar 3"):
        parse_chord_or_nc("N", "bar 3")


@pytest.mark.parametrize(
    ("text", "canonical", "quality", "tones"),
    [
        ("D/C7", "D/C7", "dom", (0, 2, 4, 6, 7, 9, 10)),
        ("D|C7", "D/C7", "dom", (0, 2, 4, 6, 7, 9, 10)),
        ("E♭ / C7", "Eb/C7", "dom", (0, 3, 4, 7, 10)),
        ("Ab/C7", "Ab/C7", "alt", (0, 3, 4, 7, 8, 10)),
        ("D|C", "D/Cmaj", "maj", (0, 2, 4, 6, 7, 9)),
        ("D/Cmaj", "D/Cmaj", "maj", (0, 2, 4, 6, 7, 9)),
        ("D|C7/E", "D/C7/E", "dom", (0, 2, 4, 6, 7, 9, 10)),
        ("Ebmaj7/Cmaj7", "Ebmaj7/Cmaj7", "maj", (0, 2, 3, 4, 7, 10, 11)),
        ("Bb6/9/Cm7", "Bb6/9/Cm7", "min", (0, 2, 3, 5, 7, 10)),
    ],
)
def test_a_chord_over_a_chord_has_the_lower_root_and_the_tones_of_both(
    text, canonical, quality, tones
):
    chord = parse_chord(text)
    assert (chord.text, chord.quality, chord.tones) == (canonical, quality, tones)
    assert (chord.root_pc, chord.root_name) == (0, "C")
    assert chord.bass_pc == (4 if text.endswith("/E") else 0)
    assert chord.upper == parse_chord(re.split(r"[|/](?=\s*C)", text)[0])
    assert parse_chord("D/C").upper is None  # a slash before a note alone is a bass


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("D/C/E", "two basses"),
        ("D/F#|C7", "no bass of its own"),
        ("D|C7|F", "two chords"),
        ("D/C7/F7", "two chords"),
        ("D|C7q", "'q' after 'C7'"),
        ("|C7", "begins with '|'"),
        ("D|", "it is empty"),
        ("B13/E13b9", "9 different notes"),
    ],
)
def test_what_is_no_pair_of_chords_is_refused(text, quoted):
    with pytest.raises(ChartError, match=re.escape(quoted)) as caught:
        parse_chord(text)
    assert repr(text) in str(caught.value)
