"""How a pitch is written: letter and accidental over a chord, in a key, before another note.

    over a chord   the letter is that of the degree above the root: F# is the third of D7, Gb the b5 of Cm7b5
    passing        a note outside chord and scale that moves by a semitone is a raised letter on the way up
                   and a lowered one on the way down (C C# D, D Db C)
    no chord       twelve notes around the key on the line of fifths: four below its tonic to seven above

Hard-to-read names are respelled: double accidentals, Fb, B#, and Cb and E# where they are neither a chord
tone nor in the key signature (the practice of *The New Real Book*, Sher, 1988). The minor third, sixth and
seventh are flat over any chord, for the blues: Eb over C7.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from improv.music.chord import Chord
from improv.music.pitch import LETTER_PCS, LINE_OF_FIFTHS, line_place

_LETTERS = "CDEFGAB"
_SIGNS = {-1: "b", 0: "", 1: "#"}
_UNKNOWN_KEY = -2
"""Without a key: all flats, as jazz is usually written."""

# Semitones above the root -> steps of letters above it; 3, 6 and 8 depend on the chord.
_DEGREES = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)

MODES = {
    **{"major": 0, "ionian": 0, "lydian": 1, "mixolydian": -1, "dorian": -2},
    **{"minor": -3, "aeolian": -3, "phrygian": -4, "locrian": -5},
}
"""Mode -> sharps more than the major key of its tonic."""

_SHORT = {"": "major", "maj": "major", "m": "minor", "min": "minor", "-": "minor"}

_KEY = re.compile(r"\s*([A-Ga-g])([b#♭♯]?)\s*(\S*)\s*$")


class Spelled(NamedTuple):
    """A pitch as written: C4 is MIDI 60. `alter` is -1 for b and 1 for #."""

    letter: str
    alter: int
    octave: int

    def __str__(self) -> str:
        return f"{self.letter}{_SIGNS[self.alter]}{self.octave}"


class Key(NamedTuple):
    """A key as a signature: `fifths` sharps (negative: flats), -7 to 7; `mode` is "major", "dorian", ..."""

    fifths: int
    mode: str

    @property
    def tonic_pc(self) -> int:
        """The pitch class of its tonic."""
        return (self.fifths - MODES[self.mode]) * 7 % 12


def read_key(text: str) -> Key | None:
    """The signature of a key as charts write it ("Bb", "C minor", "F#m", "D dorian"); None if it is none.

    A signature beyond seven accidentals (G# major) is replaced by that of the same notes with other names
    (Ab).
    """
    found = _KEY.match(text)
    if not found:
        return None
    letter, sign, word = found.groups()
    mode = "major" if word == "M" else _SHORT.get(word.lower(), word.lower())
    if mode not in MODES:
        return None
    fifths = line_place(letter.upper() + sign) + MODES[mode]
    return Key(fifths - 12 if fifths > 7 else fifths + 12 if fifths < -7 else fifths, mode)


def spell(
    pitch: int, chord: Chord | None, fifths: int | None = None, next_pitch: int | None = None
) -> Spelled:
    """The MIDI pitch as written over `chord`, in a key of `fifths` sharps, before `next_pitch`."""
    step = 0 if next_pitch is None else next_pitch - pitch
    letter, alter = _spell_class(pitch % 12, chord, fifths, step if abs(step) == 1 else 0)
    return Spelled(letter, alter, (pitch - alter) // 12 - 1)


@lru_cache(maxsize=8192)
def _spell_class(pc: int, chord: Chord | None, fifths: int | None, step: int) -> tuple[str, int]:
    key = _UNKNOWN_KEY if fifths is None else fifths
    if chord is None:
        return _in_key(pc, key)
    interval = (pc - chord.root_pc) % 12
    if step and interval and interval not in chord.tones and interval not in chord.scale:
        # An E that passes to F keeps its letter; only black keys have two names.
        towards = _LETTERS.index(_plain_letter(pc - 1 if step > 0 else pc + 1))
        alter = _alter(pc, _LETTERS[towards])
        if alter in (-1, 1) and _is_black(pc):
            return _LETTERS[towards], alter
    letter = _LETTERS[(_LETTERS.index(chord.root_name[0]) + _degree(interval, chord)) % 7]
    alter = _alter(pc, letter)
    if abs(alter) > 1 or _is_unread(letter, alter, key, tone=interval in chord.tones):
        return _in_key(pc, key if alter * key > 0 else (_UNKNOWN_KEY if alter < 0 else 2))
    return letter, alter


def _degree(interval: int, chord: Chord) -> int:
    """Letters above the root of a note this many semitones above it."""
    tones = chord.tones
    if interval == 6 and (4 not in tones or (6 in tones and 7 not in tones)):
        return 4  # b5 in half-diminished, diminished, 7b5 and minor; otherwise #11
    if interval == 8 and 8 in tones and 7 not in tones and 3 not in tones:
        return 4  # #5 in an augmented chord; b13 in an altered one
    return _DEGREES[interval]


def _alter(pc: int, letter: str) -> int:
    return (pc - LETTER_PCS[letter] + 6) % 12 - 6


def _is_black(pc: int) -> bool:
    return pc % 12 in (1, 3, 6, 8, 10)


def _plain_letter(pc: int) -> str:
    """The letter of a white key; for a black key, that of the white key below it."""
    return next(_LETTERS[i] for i in range(6, -1, -1) if LETTER_PCS[_LETTERS[i]] <= pc % 12)


def _is_unread(letter: str, alter: int, fifths: int, *, tone: bool) -> bool:
    """Whether this is a white key under an unusual name that readers stumble over."""
    if (letter, alter) in (("C", -1), ("E", 1)):
        place = LINE_OF_FIFTHS.index(letter) - 1 + 7 * alter
        return not tone and not fifths - 1 <= place <= fifths + 5
    return (letter, alter) in (("F", -1), ("B", 1))


def _in_key(pc: int, fifths: int) -> tuple[str, int]:
    """The name of this pitch class that is nearest to the key, never with a double accidental."""
    place = next(place for place in range(fifths - 4, fifths + 8) if place * 7 % 12 == pc % 12)
    in_signature = fifths - 1 <= place <= fifths + 5 and -7 <= place <= 11
    if not -7 < place < 11 and not in_signature:  # Cb, Fb, E#, B# and what is beyond
        place += -12 if place > 0 else 12
    return LINE_OF_FIFTHS[(place + 1) % 7], (place + 1) // 7
