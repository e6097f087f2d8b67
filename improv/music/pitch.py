"""Names of pitches: MIDI 60 is C4 (as in most sequencers; some makers call it C3)."""

from __future__ import annotations

import re

LETTER_PCS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"": 0, "b": -1, "#": 1, "♭": -1, "♯": 1}
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
LINE_OF_FIFTHS = "FCGDAEB"
"""The letters a fifth apart; before these they have a flat, after them a sharp."""

_CLASS = re.compile(r"([A-G])([b#♭♯]?)")


def pc_name(pc: int, prefer_flats: bool = True) -> str:
    """Name a pitch class (taken modulo 12): 10 -> "Bb", or "A#" without flats."""
    return (FLAT_NAMES if prefer_flats else SHARP_NAMES)[pc % 12]


def pitch_name(midi: int) -> str:
    """Name a MIDI pitch: 60 -> "C4", 70 -> "Bb4"."""
    return f"{pc_name(midi)}{midi // 12 - 1}"


def parse_pc_name(text: str) -> int:
    """Read a note name without octave, "Bb" -> 10; ValueError if it is not one."""
    found = _CLASS.fullmatch(text)
    if not found:
        raise ValueError(
            f"Cannot read note name {text!r}: expected A to G with b or #, as in 'Bb'."
        )
    return (LETTER_PCS[found[1]] + ACCIDENTALS[found[2]]) % 12


def line_place(name: str) -> int:
    """The place of a note name on the line of fifths: C 0, G 1, F -1, Bb -2; ValueError if it is not one."""
    parse_pc_name(name)
    return LINE_OF_FIFTHS.index(name[0]) - 1 + 7 * ACCIDENTALS[name[1:]]


def line_name(place: int) -> str:
    """The note name at this place, from -8 (Fb) to 12 (B#), of the line of fifths."""
    return LINE_OF_FIFTHS[(place + 1) % 7] + {-1: "b", 0: "", 1: "#"}[(place + 1) // 7]
