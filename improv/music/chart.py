"""A chart: title, meter, tempo, key and chords; a lead sheet without melody, that repeats."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise

from improv.errors import ChartError
from improv.music.chord import Chord, transpose_name
from improv.music.meter import Meter


@dataclass(frozen=True)
class Chart:
    """One chorus of chords, in ticks; asked about any tick from 0 on, it repeats without end.

    `changes` holds (tick, chord) in order, the first at 0; None is "no chord" (NC). `tempo_bpm`
    counts quarter notes a minute, in every meter (6/8 too). `sections` holds (tick, label).
    """

    title: str
    meter: Meter
    tempo_bpm: float
    changes: tuple[tuple[int, Chord | None], ...]
    length_tick: int
    key: str = ""
    feel: str = "swing"
    sections: tuple[tuple[int, str], ...] = ()
    # Prepared once, because chord_at is asked for every note.
    _ticks: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _next: tuple[tuple[int, Chord | None], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ticks = tuple(tick for tick, _ in self.changes)
        name = self.title or "without a title"
        if not ticks:
            raise ChartError(f"The chart {name!r} has no chords: expected at least one bar.")
        if ticks[0] != 0 or any(a >= b for a, b in pairwise(ticks)):
            raise ChartError(
                f"The chords of chart {name!r} are out of order: expected the first at tick 0 and "
                "each later than the one before."
            )
        if self.length_tick <= ticks[-1]:
            raise ChartError(
                f"The chart {name!r} ends at tick {self.length_tick}, before its last chord at "
                f"{ticks[-1]}: expected a length beyond it."
            )
        object.__setattr__(self, "_ticks", ticks)
        object.__setattr__(self, "_next", self._find_next())

    def _find_next(self) -> tuple[tuple[int, Chord | None], ...]:
        """For each change the place of the next different chord, counted from this chorus's top."""
        twice = [
            (tick + chorus * self.length_tick, chord)
            for chorus in (0, 1)
            for tick, chord in self.changes
        ]
        # Only met when all chords are one: then the top of the next chorus is what comes.
        following = (self.length_tick, self.changes[0][1])
        if all(chord == following[1] for _, chord in self.changes):
            return (following,) * len(self.changes)
        found = []
        for here, after in zip(reversed(twice[:-1]), reversed(twice[1:]), strict=True):
            if here[1] != after[1]:
                following = after
            found.append(following)
        found.reverse()
        return tuple(found[: len(self.changes)])

    @property
    def bars(self) -> int:
        """Bars in one chorus; a last bar cut short counts as one."""
        return -(-self.length_tick // self.meter.ticks_per_bar)

    def chord_at(self, tick: int) -> Chord | None:
        """The chord at an absolute tick; None where there is none (NC)."""
        return self.changes[bisect_right(self._ticks, tick % self.length_tick) - 1][1]

    def next_change(self, tick: int) -> tuple[int, Chord | None]:
        """The next absolute tick, later than `tick`, at which the chord differs, and that chord.

        A chart of one chord gives the top of the next chorus and the same chord.
        """
        inside = tick % self.length_tick
        offset, chord = self._next[bisect_right(self._ticks, inside) - 1]
        return tick - inside + offset, chord

    def bar_of(self, tick: int) -> int:
        """The absolute bar of a tick, from 0, counted through the choruses."""
        chorus, inside = divmod(tick, self.length_tick)
        return chorus * self.bars + inside // self.meter.ticks_per_bar

    def changes_in_bar(self, bar: int) -> list[tuple[int, Chord | None]]:
        """The chords of an absolute bar as (tick within the bar, chord); the first is at 0."""
        start = (bar % self.bars) * self.meter.ticks_per_bar
        end = min(start + self.meter.ticks_per_bar, self.length_tick)
        first = bisect_right(self._ticks, start) - 1
        found: list[tuple[int, Chord | None]] = [(0, self.changes[first][1])]
        for tick, chord in self.changes[first + 1 :]:
            if tick >= end:
                break
            found.append((tick - start, chord))
        return found

    def unrolled(self, choruses: int) -> Chart:
        """One long chart of this many choruses."""
        if choruses < 1:
            raise ValueError(f"Cannot unroll {choruses} choruses: expected 1 or more.")
        starts = range(0, choruses * self.length_tick, self.length_tick)
        return Chart(
            title=self.title,
            meter=self.meter,
            tempo_bpm=self.tempo_bpm,
            changes=tuple(
                (start + tick, chord) for start in starts for tick, chord in self.changes
            ),
            length_tick=choruses * self.length_tick,
            key=self.key,
            feel=self.feel,
            sections=tuple(
                (start + tick, label) for start in starts for tick, label in self.sections
            ),
        )

    def transposed(self, semitones: int) -> Chart:
        """The same chart, every chord and the key moved by this many semitones."""
        return Chart(
            title=self.title,
            meter=self.meter,
            tempo_bpm=self.tempo_bpm,
            changes=tuple(
                (tick, chord and chord.transposed(semitones)) for tick, chord in self.changes
            ),
            length_tick=self.length_tick,
            key=transpose_name(self.key, semitones) if self.key else "",
            feel=self.feel,
            sections=self.sections,
        )
