"""One tune being played, in ticks and in time."""

from __future__ import annotations

from dataclasses import dataclass

from improv.controls.table import Controls
from improv.music.tempo import TempoMap
from improv.performance.arrangement import Arrangement


@dataclass(frozen=True)
class Performance:
    """One tune being played: what is needed to make sense of ticks and bars."""

    arrangement: Arrangement
    tempo: TempoMap
    controls: Controls
    number: int = 0
    """Which tune of the set, from 0."""
    start_tick: int = 0
    """Where it starts: 0, or where a seek or a reload continues."""
    song_tick: int = 0
    """Where its tick 0 lies in the whole set, from which song positions count."""
    first_id: int = 1
    """The number of its first note; those before it belong to what was played before."""

    @property
    def is_over(self) -> bool:
        """Whether it starts at its end or after it, so that nothing is left to play."""
        end_tick = self.arrangement.end_tick
        return end_tick is not None and self.start_tick >= end_tick
