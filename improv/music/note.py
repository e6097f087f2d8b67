"""Notes, in ticks."""

from __future__ import annotations

from dataclasses import dataclass

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
