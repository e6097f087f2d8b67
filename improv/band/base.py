"""What a musician of the band is asked and what it answers: one bar at a time.

    BarContext ── musician.bar(context) ──> notes of that bar, straight, by onset

Notes are in absolute ticks on the straight grid: an off-beat eighth stands 240 ticks after its beat, and the
performer swings it, for all musicians alike. What a musician remembers (the last voicing, the last bass note)
is kept for each of the last few bars, so that a bar that is asked for again is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from improv.band.pulse import Pulse, pulse_of
from improv.band.sounding import USUAL
from improv.controls.table import Controls
from improv.music.chart import Chart
from improv.music.chord import Chord
from improv.music.feel import Feel
from improv.music.note import Note

if TYPE_CHECKING:
    import numpy as np  # not needed to read the table of instruments

KINDS = ("intro", "chorus", "ending", "final")
"""What a bar is for: `ending` is a tag before the last bar, `final` the last bar, one chord held."""


@dataclass(frozen=True, slots=True)
class BarContext:
    """One bar to play, and all that a musician may know about it."""

    chart: Chart
    """It covers the whole performance, including lead-in and ending; bars and ticks are absolute."""
    bar: int
    """Absolute bar, from 0."""
    feel: Feel
    controls: Controls
    """All of them, as the arc has them in this bar."""
    busy: float
    """0 to 1: how dense the soloist was in the bar before."""
    kind: str
    """One of KINDS."""
    new_section: bool
    """A section or chorus begins with this bar."""
    fill: bool
    """The next bar begins a section, a chorus or the ending: set it up."""
    rng: np.random.Generator
    """This musician's generator for this bar: the same seed, musician and bar give the same draws."""
    loud: float = USUAL
    """0 to 1: how loud the soloist was in the bar before; 0.5 is usual."""


class BandMusician(Protocol):
    """A musician of the rhythm section."""

    name: str

    def bar(self, context: BarContext) -> list[Note]:
        """The notes that begin in this bar, by onset; only a pushed chord may ring beyond it."""


class Dice:
    """Uniform draws from a generator, fetched many at a time, because single ones cost a microsecond each."""

    __slots__ = ("_at", "_drawn", "_rng")

    def __init__(self, rng: np.random.Generator, at_once: int = 24) -> None:
        self._rng = rng
        self._drawn: list[float] = rng.random(at_once).tolist()
        self._at = 0

    def roll(self) -> float:
        """A number from 0 up to but not including 1."""
        if self._at == len(self._drawn):
            self._drawn = self._rng.random(len(self._drawn)).tolist()
            self._at = 0
        self._at += 1
        return self._drawn[self._at - 1]

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.roll() < probability

    def many(self, count: int) -> list[float]:
        """That many numbers from 0 up to but not including 1, at once."""
        return self._rng.random(count).tolist()

    def around(self, value: float, spread: int) -> int:
        """A whole number near `value`, at most `spread` away."""
        return round(value + (2 * self.roll() - 1) * spread)


@dataclass(frozen=True, slots=True)
class ChordSpan:
    """A chord within a bar, from `start` to `end` in ticks of the bar; None is NC."""

    start: int
    end: int
    chord: Chord | None


@dataclass(frozen=True, slots=True)
class BarView:
    """A bar as musicians read it: where it is, how it is counted, which chords it has, which comes after."""

    start_tick: int
    length_tick: int
    pulse: Pulse
    spans: tuple[ChordSpan, ...]
    after: Chord | None
    """The chord on the first beat of the next bar."""
    silent: bool
    """Nothing but NC."""

    def chord_at(self, tick: int) -> Chord | None:
        """The chord at a tick of the bar; from its end on, the next bar's first."""
        for span in self.spans:
            if tick < span.end:
                return span.chord
        return self.after


def same_chord(one: Chord | None, other: Chord | None) -> bool:
    """Whether two chords are the same: their text says everything, and is quick to compare."""
    return one is other or (one is not None and other is not None and one.text == other.text)


_last_seen: tuple[Chart, int, BarView] | None = None  # all musicians ask about the same bar in turn


def view(context: BarContext) -> BarView:
    """Read the bar off the chart; a chord that is written again without a change is one stretch."""
    global _last_seen
    if _last_seen and _last_seen[0] is context.chart and _last_seen[1] == context.bar:
        return _last_seen[2]
    seen = _view(context.chart, context.bar)
    _last_seen = (context.chart, context.bar, seen)
    return seen


def _view(chart: Chart, bar: int) -> BarView:
    start = chart.bar_tick(bar)
    end = chart.bar_tick(bar + 1)
    spans = []
    tick = start
    chord = chart.chord_at(start)
    while True:
        # Not chart.changes_in_bar, because it walks the list, which is long for a whole performance.
        next_tick, following = chart.next_change(tick)
        if next_tick >= end:
            break
        if not same_chord(following, chord):
            spans.append(ChordSpan(tick - start, next_tick - start, chord))
            tick, chord = next_tick, following
        else:  # one chord for ever, whose loop begins inside a bar
            break
    spans.append(ChordSpan(tick - start, end - start, chord))
    changes = tuple([span.start for span in spans[1:]])
    return BarView(
        start,
        end - start,
        pulse_of(chart.meter_of(bar), end - start, changes),
        tuple(spans),
        chart.chord_at(end),
        chord is None and len(spans) == 1,
    )


State = TypeVar("State")

_BARS_REMEMBERED = 8


class Memory(Generic[State]):
    """What a musician knew after each of the last few bars."""

    def __init__(self) -> None:
        self._after: dict[int, State] = {}
        self._latest: State | None = None

    def before(self, bar: int) -> tuple[State | None, bool]:
        """(what was known before this bar, whether that is the bar just before it).

        If bars are asked for out of order, the musician goes on from the bar played last.
        """
        state = self._after.get(bar - 1)
        return (state, True) if state is not None else (self._latest, False)

    def keep(self, bar: int, state: State) -> None:
        """Remember what is known after this bar."""
        after = self._after
        after.pop(bar, None)
        after[bar] = self._latest = state
        if len(after) > _BARS_REMEMBERED:
            del after[next(iter(after))]


def pick(weights: Sequence[float], roll: float) -> int:
    """The index that a roll from 0 to 1 picks from cumulative `weights` (the last is their sum)."""
    wanted = roll * weights[-1]
    for index, weight in enumerate(weights):
        if wanted < weight:
            return index
    return len(weights) - 1
