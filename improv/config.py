"""Everything a performance is made from, in one frozen value that the command line fills in once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from improv.controls.table import Controls
from improv.midi.latency import Latency
from improv.music.chart import Chart
from improv.music.feel import FEELS
from improv.music.swing import auto_swing
from improv.music.take import DRUM_CHANNEL

DEFAULT_MODEL = "bebop"
DEFAULT_CHART = "blues"
TENOR_SAX = 66
"""General MIDI program (from 0) of the soloist."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A player of the band: a row of `improv.band.roster.INSTRUMENTS`, on a channel (0-15).

    `program` is General MIDI's, from 0; None sends none.
    """

    instrument: str
    channel: int
    program: int | None


@dataclass(frozen=True)
class Plan:
    """What is asked for beside the chart. `choruses` 0: until told to stop."""

    choruses: int = 0
    key: str = ""
    """As `improv.music.transpose` reads it: "Eb", "C minor", "+3"; empty: the chart's own."""
    key_cycle: str = ""
    feel: str = ""
    count_in_bars: int = 0
    intro_bars: int = 0
    ending: str = "none"


@dataclass(frozen=True)
class Tune:
    """One tune of a performance: its chart, how it is laid out, and controls that are set for it."""

    chart: Chart
    plan: Plan
    controls: dict[str, float] = field(default_factory=dict)
    arc: str = "steady"

    def controls_at_start(self) -> Controls:
        """The controls at the start: tempo and swing come from the chart where nobody set them."""
        from improv.music.feel import parse_feel

        feel = FEELS[parse_feel(self.plan.feel) if self.plan.feel else self.chart.feel]
        values = {"tempo_bpm": self.chart.tempo_bpm, **self.controls}
        values.setdefault("swing", auto_swing(feel, values["tempo_bpm"]))
        return Controls().with_values(**values)


@dataclass(frozen=True)
class Config:
    """What to play and where to. Same tunes, model, seed and band: the same solo, byte for byte."""

    tunes: tuple[Tune, ...]
    model: str = DEFAULT_MODEL
    """A shipped cell's name or a model folder."""
    seed: int = 0
    engine: str = "numpy"
    port: str | None = None
    backend: str = "auto"
    channel: int = 0
    """The soloist's, 0-15, as in the MIDI bytes; users count from 1."""
    program: int | None = TENOR_SAX
    """The soloist's General MIDI program, from 0; None sends none."""
    band: tuple[Seat, ...] = ()
    record: Path | None = None
    log: Path | None = None
    player: str = ""
    """Who the soloist plays as: a name that the cell knows, or shares ("Charlie Parker:0.7,...")."""
    style: str = ""
    """A style that the cell knows, such as "hardbop"."""
    clock: str = "internal"
    """Who says what time it is: "internal", "midi" or "link"."""
    clock_in: str | None = None
    """The input on which MIDI clock comes; None: a virtual one of our own."""
    clock_lost: str = "freewheel"
    """What a clock that vanishes does: "freewheel" or "stop"."""
    clock_out: str | None = None
    """The output to which our clock is sent; "same": that of the notes; None: none."""
    link_transport: bool = False
    """Whether start and stop are shared with the Link session."""
    latency: Latency = field(default_factory=Latency)
    max_quote: int | None = None
    """Notes of the longest quote of a solo the cell learned from that may be played; None: any."""

    @property
    def drum_channel(self) -> int:
        """Where the count-in is played: the drummer's channel, whether or not there is one."""
        return next((s.channel for s in self.band if s.instrument == "drums"), DRUM_CHANNEL)
