"""Notes are spelled as musicians read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.music.chord import parse_chord
from improv.music.pitch import parse_pc_name
from improv.music.spelling import Key, read_key, spell

SYMBOLS = ("C7", "Dbmaj7", "F#m7b5", "G7alt", "Abm7", "Bdim7", "E7#9", "Caug", "Gb7", "C#7", "NC")


@pytest.mark.parametrize(
    ("symbol", "names"),
    [
        ("C7", "C Db D Eb E F F# G Ab A Bb B"),
        ("D7", "C C# D Eb E F F# G G# A Bb B"),
        ("Cm7b5", "C Db D Eb E F Gb G Ab A Bb B"),
        ("Caug", "C Db D Eb E F F# G G# A Bb B"),
        ("C7alt", "C Db D Eb E F F# G Ab A Bb B"),
        ("F#m7", "C C# D D# E F F# G G# A A# B"),
        ("Db7", "C Db D Eb E F Gb G Ab A Bb Cb"),
    ],
)
def test_a_note_has_the_letter_of_its_degree(symbol, names):
    """F# is the third of D7, Cb the seventh of Db7, E flat the blue note of C7."""
    chord = parse_chord(symbol)
    assert [str(spell(60 + pc, chord))[:-1] for pc in range(12)] == names.split()


@pytest.mark.parametrize(
    ("symbol", "pitch", "following", "name"),
    [
        ("Cmaj7", 61, 62, "C#4"),
        ("Cmaj7", 61, 60, "Db4"),
        ("Cmaj7", 63, 64, "D#4"),
        ("C7", 66, 65, "Gb4"),
        ("C7", 66, 67, "F#4"),
        ("Bb7", 71, 72, "B4"),
        ("C7b9", 61, 62, "Db4"),  # a chord tone is what it is
    ],
)
def test_a_passing_note_says_where_it_goes(symbol, pitch, following, name):
    assert str(spell(pitch, parse_chord(symbol), 0, following)) == name


@pytest.mark.parametrize(
    ("fifths", "names"),
    [
        (None, "C Db D Eb E F Gb G Ab A Bb B"),
        (0, "C C# D Eb E F F# G Ab A Bb B"),
        (4, "C C# D D# E F F# G G# A A# B"),
        (-6, "C Db D Eb E F Gb G Ab A Bb Cb"),
        (6, "C C# D D# E E# F# G G# A A# B"),
    ],
)
def test_without_a_chord_the_key_decides(fifths, names):
    assert [str(spell(60 + pc, None, fifths))[:-1] for pc in range(12)] == names.split()


@given(
    st.integers(12, 127),
    st.sampled_from(SYMBOLS),
    st.none() | st.integers(-7, 7),
    st.none() | st.integers(0, 127),
)
def test_every_spelling_is_of_the_pitch_it_spells(pitch, symbol, fifths, following):
    chord = None if symbol == "NC" else parse_chord(symbol)
    spelled = spell(pitch, chord, fifths, following)
    assert abs(spelled.alter) <= 1
    natural = parse_pc_name(spelled.letter) + 12 * (spelled.octave + 1)
    assert natural + spelled.alter == pitch


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Bb", Key(-2, "major")),
        ("C minor", Key(-3, "minor")),
        ("F#m", Key(3, "minor")),
        ("A-", Key(0, "minor")),
        ("D dorian", Key(0, "dorian")),
        ("E♭ Major", Key(-3, "major")),
        ("G#", Key(-4, "major")),
        ("Abm", Key(-7, "minor")),
        ("rubbish", None),
        ("", None),
        ("H", None),
        ("C blue", None),
    ],
)
def test_keys_are_signatures(text, key):
    assert read_key(text) == key
