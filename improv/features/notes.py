"""A line as arrays, with the chord of the moment: what features are worked out from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from improv.errors import ChartError
from improv.music.chord import Chord, parse_chord_or_nc
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Transcription

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

OUTSIDE, AVOID, TENSION, TONE = range(4)
NO_CHORD = -1
"""What a note is over its chord (`Notes.role`): of the chord, of its scale and free of clashes with it, of
the scale and a clash where it is held, or none of these."""
_TONE_ROLES = ("root", "guide", "fifth", "sixth")


@dataclass(frozen=True)
class Notes:
    """One note at a time, by onset; every array is (notes,) of int64, times in twelfths of a beat.

    `onset` counts from a bar line and rises strictly; `end` is at most the next note's onset. `degree` is
    the semitones above the chord's root, `role` what the note is over it; both are NO_CHORD without a chord.
    """

    onset: Integers
    end: Integers
    pitch: Integers
    degree: Integers
    role: Integers
    bar_steps: int = 4 * STEPS_PER_BEAT
    tempo_bpm: float = 120.0

    def __len__(self) -> int:
        return len(self.onset)

    @property
    def duration(self) -> Integers:
        """How long each sounds."""
        return self.end - self.onset

    @property
    def ioi(self) -> Integers:
        """(notes - 1,) from each onset to the next."""
        return np.diff(self.onset)

    @property
    def interval(self) -> Integers:
        """(notes - 1,) semitones to the next note."""
        return np.diff(self.pitch)

    def within(self, start: int, stop: int) -> Notes:
        """The notes that begin from step `start` up to `stop`; the last may sound beyond it."""
        first, last = np.searchsorted(self.onset, [start, stop])
        return self.part(int(first), int(last))

    def part(self, first: int, last: int) -> Notes:
        """The notes from `first` up to but not including `last`."""
        cut = slice(first, last)
        return Notes(
            self.onset[cut],
            self.end[cut],
            self.pitch[cut],
            self.degree[cut],
            self.role[cut],
            self.bar_steps,
            self.tempo_bpm,
        )


def notes_of(solo: Transcription) -> Notes:
    """The arrays of a solo. Raises ChartError for a chord that cannot be read."""
    onset = np.array([note.onset_step for note in solo.notes], np.int64)
    end = onset + np.array([note.duration_step for note in solo.notes], np.int64)
    end[:-1] = np.minimum(end[:-1], onset[1:])
    pitch = np.array([note.pitch for note in solo.notes], np.int64)
    degree, role = over_chords(onset, pitch, solo.chords, repr(solo.id))
    return Notes(
        onset, end, pitch, degree, role, solo.beats_per_bar * STEPS_PER_BEAT, solo.tempo_bpm
    )


def over_chords(
    onset: Integers, pitch: Integers, chords: Sequence[tuple[int, str]], where: str = "a solo"
) -> tuple[Integers, Integers]:
    """(degree, role) of notes over (step, symbol); see `Notes`. Raises ChartError, which names `where`."""
    degree = np.full(len(onset), NO_CHORD, np.int64)
    role = np.full(len(onset), NO_CHORD, np.int64)
    borders = [*np.searchsorted(onset, [step for step, _ in chords]), len(onset)]
    for (step, symbol), first, last in zip(chords, borders, borders[1:], strict=False):
        if first == last:
            continue
        try:
            known = _roles_of_symbol(symbol)
        except ChartError:
            parse_chord_or_nc(symbol, f"step {step} of {where}")  # raises it again, with the place
            raise
        if known is None:
            continue
        root, roles = known
        degree[first:last] = (pitch[first:last] - root) % 12
        role[first:last] = roles[degree[first:last]]
    return degree, role


@lru_cache(maxsize=4096)
def _roles_of_symbol(symbol: str) -> tuple[int, Integers] | None:
    chord = parse_chord_or_nc(symbol) if symbol.strip() else None
    return None if chord is None else (chord.root_pc, roles_of(chord))


def roles_of(chord: Chord) -> Integers:
    """(12,) what each degree above the root is over the chord.

    Its tones are root, third (or what stands for it), fifth, seventh or sixth; a diminished triad counts as
    the seventh chord that players take it for.
    """
    roles = np.full(12, OUTSIDE, np.int64)
    roles[list(chord.scale)] = TENSION
    roles[list(chord.avoid)] = AVOID
    roles[[f.semitones for f in chord.tone_functions if f.role in _TONE_ROLES]] = TONE
    if chord.quality == "dim":
        roles[9] = TONE
    return roles
