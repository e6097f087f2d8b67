"""Measures to tokens."""

from __future__ import annotations

from fractions import Fraction

from choosers import Recorder, first
from hypothesis import given
from hypothesis import strategies as st

from improv.course.decode import ranged_candidates, unparse
from improv.course.encode import parse_measure
from improv.course.pitch import SeedChord, SeedNote, chord, parse_pitch, spell
from improv.course.token import parse_token, parse_tokens

C_MAJOR = (chord("C3", "E3", "G3", "B3"),)
LENGTHS = [Fraction(1, 4), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(3, 4)]


def melody(*notes: tuple[str, Fraction]) -> list[SeedNote]:
    offset, made = Fraction(0), []
    for name, length in notes:
        made.append(SeedNote(offset, length, None if name == "rest" else parse_pitch(name)))
        offset += length
    return made


def test_a_measure_is_tokens_with_kinds_lengths_and_ranges() -> None:
    """C major 7 has the scale G major, so A is S, F natural is an approach note."""
    notes = melody(
        ("C4", Fraction(1, 2)),
        ("A4", Fraction(1, 3)),
        ("rest", Fraction(1, 4)),
        ("F4", Fraction(2, 3)),
    )
    assert parse_measure(notes, C_MAJOR) == "C,0.500 S,0.333,<P8,A4> R,0.250 A,0.667,<d1,P-5>"


def test_the_first_note_of_each_measure_has_no_range() -> None:
    notes = melody(("rest", Fraction(1)), ("C4", Fraction(1)))
    assert parse_measure(notes, C_MAJOR) == "R,1.000 C,1.000"


def test_a_note_before_the_first_chord_is_read_over_it() -> None:
    late = [chord("C3", "E3", "G3", offset=2)]
    assert parse_measure(melody(("G4", Fraction(1))), late).startswith("C,")


def test_tokens_read_back() -> None:
    for text in ("C,0.250", "S,0.333,<m2,P-4>", "R,1.000", "C,0.25", "A,0.0,<A1,d-6>"):
        assert str(parse_token(text)) == text
    assert parse_token("C,0.333").exact_length == Fraction(1, 3)
    assert parse_token("C,0.667").exact_length == Fraction(2, 3)
    assert parse_token("C,0.083").exact_length == Fraction(1, 12)
    assert parse_token("C,0.250").exact_length == Fraction(1, 4)


@given(
    st.lists(st.tuples(st.integers(50, 90), st.sampled_from(LENGTHS)), min_size=1, max_size=12),
    st.lists(st.integers(40, 75), min_size=2, max_size=5, unique=True),
)
def test_what_was_played_is_among_what_its_token_allows(
    played: list[tuple[int, Fraction]], sounding: list[int]
) -> None:
    """Encode, then decode from the note really played: that pitch is always a candidate."""
    chords = [SeedChord(Fraction(0), Fraction(4), tuple(spell(midi) for midi in sounding))]
    notes = melody(*[(str(spell(midi)), length) for midi, length in played])
    tokens = parse_tokens(parse_measure(notes, chords))
    assert [token.exact_length for token in tokens] == [note.length for note in notes]
    for token, before, note in zip(tokens[1:], notes, notes[1:], strict=False):
        assert before.pitch is not None
        candidates = ranged_candidates(token, chords[0].pitches, before.pitch)
        # X is decoded as A, so only X may miss its own note; that is the reference's way.
        assert note.pitch in candidates or token.kind == "X"


@given(st.lists(st.tuples(st.integers(50, 90), st.sampled_from(LENGTHS)), min_size=1, max_size=12))
def test_decoding_keeps_lengths_and_number(played: list[tuple[int, Fraction]]) -> None:
    text = parse_measure(melody(*[(str(spell(midi)), n) for midi, n in played]), C_MAJOR)
    choose = Recorder(first)
    notes = unparse(text, C_MAJOR, choose).notes
    assert [note.length for note in notes] == [token.length for token in parse_tokens(text)]
    assert len(choose.log) <= 3 + len(notes)
