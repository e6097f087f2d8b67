"""Everything a performance is made from, in one frozen value, filled in once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from improv.controls.mixer import Mixer
from improv.controls.table import ROWS, Controls
from improv.midi.bindings import Binding
from improv.midi.latency import Latency
from improv.music.chart import Chart
from improv.music.feel import FEELS, parse_feel
from improv.music.swing import auto_swing
from improv.music.take import DRUM_CHANNEL

DEFAULT_MODEL = "bebop"
DEFAULT_CHART = "blues"
TENOR_SAX = 66
"""General MIDI program (from 0) of a soloist."""
ECHO_ROUNDS = 3
"""In an echo (`improv.partner.echo`): so often a phrase is played at the most, over the same bars."""
LOW_PITCH, HIGH_PITCH = 44, 88
"""The range of a tenor saxophone with its altissimo, Ab2 to E6; 98 % of the Weimar Jazz Database's notes."""


@dataclass(frozen=True, slots=True)
class Musician:
    """Who plays in the band: a row of `improv.band.instruments.INSTRUMENTS`, on a channel (0-15).

    `program` is General MIDI's, from 0; None sends none.
    """

    instrument: str
    channel: int
    program: int | None


@dataclass(frozen=True, slots=True)
class SoloistConfig:
    """A soloist: its name, the player it plays as, its channel (0-15), and its range.

    `program` is General MIDI's, from 0; None sends none.
    """

    name: str = "solo"
    """Its name on its track, in logs and in a `Steer`."""
    channel: int = 0
    program: int | None = TENOR_SAX
    player: str = ""
    """A name that the cell knows, or shares ("Charlie Parker:0.7,...")."""
    style: str = ""
    """A style that the cell knows, such as "hardbop"."""
    max_quote: int | None = None
    """The most notes of a solo the cell learned from that may be quoted in a row; None: any number."""
    low_pitch: int = LOW_PITCH
    high_pitch: int = HIGH_PITCH
    """The range, for cells of the grammar "line"."""
    controls: Mapping[str, float] = field(default_factory=dict)
    """Its own controls, which replace those of the tune."""

    def __post_init__(self) -> None:
        """Raises ValueError for a range or a control that a soloist cannot have."""
        if not 0 <= self.low_pitch < self.high_pitch <= 127:
            raise ValueError(f"no range goes from pitch {self.low_pitch} to {self.high_pitch}")
        for name in self.controls:
            if name not in ROWS or not ROWS[name].of_soloist:
                raise ValueError(f"{name!r} is not a control that a soloist can have of its own")
        Controls().with_values(**self.controls)


@dataclass(frozen=True)
class Plan:
    """What is asked for besides the chart. `choruses` 0: until told to stop."""

    choruses: int = 0
    key: str = ""
    """As `improv.music.transpose` reads it: "Eb", "C minor", "+3"; empty: the chart's own."""
    key_cycle: str = ""
    feel: str = ""
    count_in_bars: int = 0
    intro_bars: int = 0
    ending: str = "none"
    loop: str = ""
    """Bars of the chorus that are played over and over, as `improv.performance.loop` reads them: "9-16"."""
    faster: str = ""
    """By how much the tempo rises with each chorus or pass: "5", or "5 clean"."""
    echo_bars: int = 0
    """Bars of each phrase that the partner is to play back (`improv.partner.echo`); 0: none."""


@dataclass(frozen=True)
class Tune:
    """One tune of a performance: its chart, how it is laid out, and controls that are set for it."""

    chart: Chart
    plan: Plan
    controls: dict[str, float] = field(default_factory=dict)
    arc: str = "steady"

    def controls_at_start(self) -> Controls:
        """The controls at the start: tempo and swing come from the chart where nobody set them."""
        feel = FEELS[parse_feel(self.plan.feel) if self.plan.feel else self.chart.feel]
        values = {"tempo_bpm": self.chart.tempo_bpm, **self.controls}
        values.setdefault("swing", auto_swing(feel, values["tempo_bpm"]))
        return Controls().with_values(**values)


@dataclass(frozen=True)
class Config:
    """What to play, and where. The same tunes, model, seed and band give the same solo, byte for byte."""

    tunes: tuple[Tune, ...]
    model: str = DEFAULT_MODEL
    """A shipped cell's name or a model folder."""
    seed: int = 0
    engine: str = "numpy"
    port: str | None = None
    backend: str = "auto"
    soloists: tuple[SoloistConfig, ...] = (SoloistConfig(),)
    band: tuple[Musician, ...] = ()
    mixer: Mixer = field(default_factory=Mixer)
    bindings: tuple[Binding, ...] = ()
    """What knobs, keys and pedals of the input do."""
    record: Path | None = None
    log: Path | None = None
    clock: str = "internal"
    """The clock it follows: "internal", "midi" or "link"."""
    clock_in: str | None = None
    """The input on which MIDI clock comes; None: a virtual one of our own."""
    clock_lost: str = "freewheel"
    """What to do if the clock vanishes: "freewheel" or "stop"."""
    clock_out: str | None = None
    """The output to which our clock is sent; "same": that of the notes; None: none."""
    link_transport: bool = False
    """Whether start and stop are shared with the Link session."""
    latency: Latency = field(default_factory=Latency)
    mode: str = "solo"
    """How machine and partner share the time, as improv.partner.turns reads it."""
    input: str | None = None
    """The input on which the partner is heard; None: nobody is listened to."""
    input_channel: int | None = None
    """The only channel that is heard there (0-15); None: all."""
    input_latency_ms: float = 0.0
    """How long ago it was played when it comes in."""
    thru: int | None = None
    """The channel (0-15) on which the partner's notes sound through our output; None: they do not."""

    def __post_init__(self) -> None:
        """Raises ValueError if two have the same name."""
        names = Counter(["count-in", *(each.name for each in self.soloists)])
        names.update(musician.instrument for musician in self.band)
        for name, count in names.items():
            if count > 1:
                raise ValueError(
                    f"{count} musicians are called {name!r}; each has a name of its own"
                )

    @property
    def musicians(self) -> tuple[str, ...]:
        """The names of all who play, soloists first."""
        soloists, band = (
            (each.name for each in self.soloists),
            (each.instrument for each in self.band),
        )
        return (*soloists, *band)

    @property
    def drum_channel(self) -> int:
        """Where the count-in is played: the drummer's channel, whether or not there is one."""
        return next((s.channel for s in self.band if s.instrument == "drums"), DRUM_CHANNEL)
