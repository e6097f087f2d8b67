"""One tune being played, in ticks and in time."""

from __future__ import annotations

from dataclasses import dataclass

from improv.controls.table import Controls
from improv.music.tempo import TempoMap
from improv.performance.arrangement import Arrangement


@dataclass(frozen=True)
class Performance:
    """One tune being played: what listeners need to make sense of ticks and bars."""

    arrangement: Arrangement
    tempo: TempoMap
    controls: Controls
    number: int = 0
    """Which tune of the set, from 0."""
    start_tick: int = 0
    """Where it is begun: 0, or where a seek or a reload goes on."""
    song_tick: int = 0
    """Where its tick 0 lies in the whole set: what a song position counts."""
    first_id: int = 1
    """The number of its first note; those before it belong to what was played before."""

    @property
    def is_over(self) -> bool:
        """Whether it is begun at its end or behind it, where there is nothing to be played."""
        end_tick = self.arrangement.end_tick
        return end_tick is not None and self.start_tick >= end_tick
