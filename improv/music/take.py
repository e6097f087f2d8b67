"""A *take*: one performance of a chart as notes, by all instruments; it is written to files and drawn.

Tick 0 is the very first beat, that of the count-in if there is one: the chart covers it as bars without a
chord.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from improv.music.chart import Chart
from improv.music.note import Note

DRUM_CHANNEL = 9
"""Channel 10 to users: General MIDI's percussion."""


@dataclass(frozen=True, slots=True)
class Track:
    """What one instrument played: notes as performed (swung, laid back), by onset. `channel` is 0-15."""

    name: str
    channel: int
    program: int | None
    """General MIDI program 0-127; None: send none (drums)."""
    notes: Sequence[Note]
    written: Sequence[Note] | None = None
    """A soloist's line as it would be written down: straight, on the grid of 12 steps a beat; None for the
    band."""


@dataclass(frozen=True)
class Take:
    """A performance. `chart` lasts as long as the take does; its title is the take's."""

    chart: Chart
    tempos: tuple[tuple[int, float], ...]
    """(tick, quarter notes a minute), the first at 0."""
    tracks: tuple[Track, ...]
    keys: tuple[tuple[int, str], ...] = ()
    """(tick, key) as charts write keys ("Bb", "C minor"); empty where unknown."""
    swing: float = 1.0
    """Ratio at which off-beat eighths were played."""

    @property
    def written(self) -> Sequence[Note]:
        """The first soloist's line as it would be written down; empty where there is none."""
        return next((each.written for each in self.tracks if each.written is not None), ())
