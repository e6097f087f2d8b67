"""Everything a performance is made from, in one frozen value that the command line fills in once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from improv.controls.table import Controls

DEFAULT_MODEL = "etudes"
DEFAULT_CHART = "blues"


@dataclass(frozen=True)
class Config:
    """What to play and where to. Same chart, model, controls and seed: the same solo, byte for byte."""

    chart: str = DEFAULT_CHART
    """A built-in chart's name, a file, or bars as text."""
    model: str = DEFAULT_MODEL
    """A shipped cell's name or a model folder."""
    seed: int = 0
    choruses: int = 0
    """0: until told to stop."""
    controls: dict[str, float] = field(default_factory=dict)
    """Controls that were given; the others come from the chart or the table."""
    engine: str = "numpy"
    port: str | None = None
    backend: str = "auto"
    channel: int = 0
    """0-15, as in the MIDI bytes; users count from 1."""
    record: Path | None = None
    log: Path | None = None

    def controls_for(self, tempo_bpm: float, feel: str) -> Controls:
        """The controls at the start over a chart of this tempo and feel."""
        values = {"tempo_bpm": tempo_bpm, **self.controls}
        if feel != "swing":
            values.setdefault("swing", 1.0)
        return Controls().with_values(**values)
