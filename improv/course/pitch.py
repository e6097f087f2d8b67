"""Spelled pitches, notes and chords as the seed's grammar knows them (plain values, exact times).

The seed's grammar tells E flat from D sharp, so its pitches keep their names. `-` is a flat and
MIDI 60 is C4. All offsets and lengths are in quarter notes, kept as exact fractions.

    63 -- spell --> SpelledPitch("E-", 4) -- .midi --> 63
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from improv.errors import InputFileError

LETTERS = "CDEFGAB"
NATURAL_PCS = (0, 2, 4, 5, 7, 9, 11)
"""Pitch class of each letter of LETTERS; also the standard sizes of intervals from a tonic up."""

DEFAULT_NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
"""How the seed spells each pitch class read from MIDI."""

MELODY_VELOCITY = 90
"""Velocity of every note the seed writes."""

_PITCH = re.compile(r"([A-G](?:-+|#+)?)(-?\d+)")


def name_pc(name: str) -> int:
    """Pitch class (0-11) of a spelled name such as `E-`; `C-` is 11."""
    return _name_size(name) % 12


def _name_size(name: str) -> int:
    """Semitones of a name above the C of its own octave; `C-` is -1, `B#` is 12."""
    return NATURAL_PCS[LETTERS.index(name[0])] + name.count("#") - name.count("-")


@dataclass(frozen=True, slots=True)
class SpelledPitch:
    """A pitch with its name (letter and accidentals) and octave, e.g. `E-` and 4."""

    name: str
    octave: int

    @property
    def midi(self) -> int:
        """MIDI number; the octave belongs to the letter, so C-4 is 59."""
        return 12 * (self.octave + 1) + _name_size(self.name)

    @property
    def midi_key(self) -> int:
        """The MIDI number moved by octaves into 0-127: the reference has no ceiling, MIDI has one."""
        if self.midi > 127:
            return 116 + (self.midi - 116) % 12
        return self.midi if self.midi >= 0 else self.midi % 12

    @property
    def letter(self) -> int:
        """Index of the letter in LETTERS (0-6)."""
        return LETTERS.index(self.name[0])

    @property
    def step(self) -> int:
        """Diatonic number: letter + 7 * octave."""
        return self.letter + 7 * self.octave

    def at_least_octave(self, octave: int) -> SpelledPitch:
        """The same name in `octave` if it lies in a lower one."""
        return self if self.octave >= octave else SpelledPitch(self.name, octave)

    def __str__(self) -> str:
        return f"{self.name}{self.octave}"


def spell(midi: int) -> SpelledPitch:
    """The default spelling of a MIDI number."""
    return SpelledPitch(DEFAULT_NAMES[midi % 12], midi // 12 - 1)


def parse_pitch(text: str) -> SpelledPitch:
    """Read `E-4`, the inverse of `str(pitch)`."""
    match = _PITCH.fullmatch(text)
    if match is None:
        raise InputFileError(
            f"Cannot read the pitch {text!r}: expected letter, accidentals and octave, e.g. 'E-4'."
        )
    return SpelledPitch(match[1], int(match[2]))


def as_time(value: object) -> Fraction:
    """An exact time from a number or a text such as `1430/3` or `0.25`."""
    if isinstance(value, (int, str, Fraction)):
        return Fraction(value)
    if isinstance(value, float):
        # Times written as decimals of thirds (0.666666667) mean the thirds.
        return Fraction(value).limit_denominator(1000)
    raise InputFileError(f"Cannot read the time {value!r}: expected a number of quarter notes.")


def time_to_json(value: Fraction) -> float | str:
    """A time as a JSON value that `as_time` reads back exactly: a float, or `1430/3`."""
    if value.denominator & (value.denominator - 1):
        return f"{value.numerator}/{value.denominator}"
    return float(value)


@dataclass(frozen=True, slots=True)
class SeedNote:
    """A note of the melody, or a rest where `pitch` is None. Times in quarter notes."""

    offset: Fraction
    length: Fraction
    pitch: SpelledPitch | None
    velocity: int = MELODY_VELOCITY

    @property
    def name(self) -> str:
        """`E-4`, or `rest`."""
        return "rest" if self.pitch is None else str(self.pitch)

    @property
    def midi(self) -> int | None:
        """MIDI number as a file can hold it, None for a rest."""
        return None if self.pitch is None else self.pitch.midi_key

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SeedNote:
        """Read a dictionary: offset, ql (the length), name or pitch ("rest" is one), perhaps velocity."""
        name = values["name"] if "name" in values else values["pitch"]
        return cls(
            as_time(values["offset"]),
            as_time(values["ql"]),
            None if name == "rest" else parse_pitch(name),
            int(values.get("velocity", MELODY_VELOCITY)),
        )


@dataclass(frozen=True, slots=True)
class SeedChord:
    """A chord as played: pitches in note-on order, offset in quarters from the measure's start."""

    offset: Fraction
    length: Fraction
    pitches: tuple[SpelledPitch, ...]
    velocities: tuple[int, ...] = ()

    @property
    def pcs(self) -> frozenset[int]:
        """Pitch classes that sound."""
        return frozenset(pitch.midi % 12 for pitch in self.pitches)

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary: offset, ql (the length), pitches, velocities."""
        return {
            "offset": time_to_json(self.offset),
            "ql": time_to_json(self.length),
            "pitches": [str(pitch) for pitch in self.pitches],
            "velocities": list(self.velocities),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SeedChord:
        """Read `to_json`'s dictionary; only offset and pitches are needed (length: one quarter)."""
        pitches = tuple(parse_pitch(text) for text in values["pitches"])
        velocities = values.get("velocities") or [MELODY_VELOCITY] * len(pitches)
        return cls(
            as_time(values["offset"]),
            as_time(values.get("ql", 1)),
            pitches,
            tuple(int(velocity) for velocity in velocities),
        )


def chord(*pitches: str, offset: Fraction | int = 0, length: Fraction | int = 1) -> SeedChord:
    """A chord from pitch texts, e.g. `chord("C4", "E-4", "G4", offset=2)`."""
    return SeedChord(
        Fraction(offset),
        Fraction(length),
        tuple(parse_pitch(text) for text in pitches),
        (MELODY_VELOCITY,) * len(pitches),
    )


def chord_sets_to_json(sets: Sequence[Sequence[SeedChord]]) -> list[list[dict[str, Any]]]:
    """Chord sets as JSON values, exactly."""
    return [[each.to_json() for each in chords] for chords in sets]


def chord_sets_from_json(
    values: Sequence[Sequence[Mapping[str, Any]]],
) -> tuple[tuple[SeedChord, ...], ...]:
    """The inverse of `chord_sets_to_json`."""
    return tuple(tuple(SeedChord.from_json(each) for each in chords) for chords in values)
