"""Notes and solos, in ticks. The word *solo*: notes with the chords they were played over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from improv.music.chart import Chart

TICKS_PER_BEAT = 480
"""Ticks in one beat (a quarter note in 4/4). All musical time is integer ticks; seconds are derived."""


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


@dataclass(frozen=True, slots=True)
class Solo:
    """Notes (one at a time, by onset) and the chart they were played over, bar 1 at tick 0.

    `chart` covers the whole solo, chorus after chorus, so `chart.chord_at(note.onset_tick)` is the
    chord that sounded. `source` names the file for messages.
    """

    title: str
    notes: tuple[Note, ...]
    chart: Chart
    source: str = ""
