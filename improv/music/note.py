"""Notes, in ticks: one, and very many in little room."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

TICKS_PER_BEAT = 480
"""Ticks in one beat (a quarter note in 4/4). All musical time is integer ticks; seconds are derived."""
STEPS_PER_BEAT = 12
"""Grid steps a beat: the fewest on which eighths, triplets and sixteenths all fall."""
TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT


@dataclass(frozen=True, slots=True)
class Note:
    """One note. Times in ticks, pitch and velocity as in MIDI (0-127, velocity at least 1)."""

    onset_tick: int
    duration_tick: int
    pitch: int
    velocity: int

    @property
    def end_tick(self) -> int:
        """First tick at which the note no longer sounds."""
        return self.onset_tick + self.duration_tick


class Notes(Sequence[Note]):
    """Many notes by onset, 18 bytes each: every `Note` is made when it is asked for.

    It is a sequence, equal to another of the same notes and to a tuple of them; a slice is a tuple.
    """

    __slots__ = ("_durations", "_onsets", "_pitches", "_velocities")

    def __init__(self) -> None:
        self._onsets, self._durations = array("q"), array("q")
        self._pitches, self._velocities = array("B"), array("B")

    def put(self, note: Note, *, by_pitch: bool = False) -> None:
        """Take in one more, behind those of the same onset (and of the same or lower pitches, `by_pitch`).

        Pitch and velocity are from 0 to 255.
        """
        onsets, pitches, tick, pitch = self._onsets, self._pitches, note.onset_tick, note.pitch
        at = len(onsets)
        if at and onsets[at - 1] > tick:  # few are: a line is laid back, a chord is rolled
            at = bisect_right(onsets, tick)
        while by_pitch and at and onsets[at - 1] == tick and pitches[at - 1] > pitch:
            at -= 1
        onsets.insert(at, tick)
        self._durations.insert(at, note.duration_tick)
        pitches.insert(at, pitch)
        self._velocities.insert(at, note.velocity)

    def __len__(self) -> int:
        return len(self._onsets)

    @overload
    def __getitem__(self, at: int) -> Note: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Note, ...]: ...
    def __getitem__(self, at: int | slice) -> Note | tuple[Note, ...]:
        columns = self._onsets, self._durations, self._pitches, self._velocities
        if isinstance(at, slice):
            return tuple(map(Note, *(column[at] for column in columns)))
        return Note(*(column[at] for column in columns))

    def __iter__(self) -> Iterator[Note]:
        return map(Note, self._onsets, self._durations, self._pitches, self._velocities)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Notes | tuple):
            return NotImplemented
        return len(self) == len(other) and all(map(Note.__eq__, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))
