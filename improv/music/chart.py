"""A chart: title, meters, tempo, key and chords; a lead sheet without melody, which repeats."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

from improv.errors import ChartError
from improv.music.chord import Chord, transpose_name
from improv.music.feel import DEFAULT_FEEL
from improv.music.meter import Meter
from improv.music.pitch import line_place
from improv.music.spelling import read_key

_LINE_END = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
_BARS_A_LINE = 4
_CONTROL = re.compile(r"[\x00-\x1b\x7f-\x9f]+")


def one_line(text: str) -> str:
    """`text` with spaces for line ends and tabs, and without terminal commands."""
    return _CONTROL.sub("", _LINE_END.sub(" ", text))


@dataclass(frozen=True)
class Chart:
    """Chords as they are played (repeats unrolled), in ticks; asked about any tick from 0 on.

    After its end it continues at `repeat_tick`, for ever: 0 for a tune, later for a performance whose
    count-in and intro are not repeated.
    """

    title: str
    meter: Meter
    """The meter of the first bar."""
    tempo_bpm: float
    """Quarter notes a minute, in every meter (6/8 too)."""
    changes: tuple[tuple[int, Chord | None], ...]
    """(tick, chord) in order, the first at 0; None is "no chord" (NC)."""
    length_tick: int
    key: str = ""
    feel: str = DEFAULT_FEEL
    """A row of `improv.music.feel`."""
    sections: tuple[tuple[int, str], ...] = ()
    """(tick, label)."""
    meter_changes: tuple[tuple[int, Meter], ...] = ()
    """(tick, meter) of later changes; a bar begins at each, also where it cuts the one before short."""
    composer: str = ""
    style: str = ""
    """What the source calls the feel."""
    remarks: tuple[tuple[int, str], ...] = ()
    """(tick, text): other words over the bars."""
    last: Chart | None = None
    """The chorus as it is played the last time, if that differs (a coda taken only then)."""
    tops: tuple[int, ...] = (0,)
    """Where choruses begin; what is before the first is the lead-in."""
    repeat_tick: int = 0
    first_bar: int = 0
    """The number, from 0, of the first bar of a chorus: that of some bars in a loop is theirs in the tune."""
    warnings: tuple[str, ...] = field(default=(), compare=False)
    """What was read otherwise than it stands, for whoever plays it to see; no part of the music."""
    written: tuple[tuple[int, int, tuple[str, ...]], ...] = field(
        default=(), compare=False, repr=False
    )
    """(tick, number of the written bar, marks that stand there, such as "|:", "1." or "D.S. al Coda") of each
    bar as played, for whoever shows the page as it was written; no part of the music; empty where unknown."""
    # Prepared once, because chord_at is asked for every note.
    _ticks: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _next: tuple[tuple[int, Chord | None], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("title", "key", "composer", "style"):
            object.__setattr__(self, name, one_line(getattr(self, name)))
        for name in ("sections", "remarks"):
            rows = tuple((tick, one_line(text)) for tick, text in getattr(self, name))
            object.__setattr__(self, name, rows)
        object.__setattr__(self, "warnings", tuple(map(one_line, self.warnings)))
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
        meter_ticks = [0, *(tick for tick, _ in self.meter_changes), self.length_tick]
        if any(a >= b for a, b in pairwise(meter_ticks)):
            raise ChartError(
                f"The meters of chart {name!r} are out of order: expected each later than the one before "
                "and none at its top or beyond its end."
            )
        if not self.tops or not set(self.tops) <= set(self.bar_ticks):
            raise ChartError(f"A chorus of chart {name!r} does not begin with a bar.")
        if self.repeat_tick not in self.bar_ticks:
            raise ChartError(f"The chart {name!r} does not repeat from the start of a bar.")
        object.__setattr__(self, "_ticks", ticks)
        object.__setattr__(self, "_next", self._find_next())

    def _find_next(self) -> tuple[tuple[int, Chord | None], ...]:
        """For each change, the place of the next different chord, which may be beyond the end."""
        loop_tick = self.length_tick - self.repeat_tick
        again = [
            (self.length_tick, self.chord_at(self.repeat_tick)),
            *((tick + loop_tick, chord) for tick, chord in self.changes if tick > self.repeat_tick),
        ]
        # Only reached if all chords of the loop are the same: then its next beginning comes next.
        following = again[0]
        found = []
        loop = [*self.changes, *again]
        for here, after in zip(reversed(loop[:-1]), reversed(loop[1:]), strict=True):
            if here[1] != after[1]:
                following = after
            found.append(following)
        found.reverse()
        return tuple(found[: len(self.changes)])

    def place(self, tick: int) -> int:
        """Where in the chart (0 <= place < length_tick) an absolute tick is."""
        if tick < self.length_tick:
            return tick
        return self.repeat_tick + (tick - self.repeat_tick) % (self.length_tick - self.repeat_tick)

    # -- shown

    def __repr__(self) -> str:
        """One line, such as <Chart 'Blue Bossa', 16 bars of 4/4, C minor, 140 bpm>."""
        rows = ((0, self.meter), *self.meter_changes)
        meters = " and ".join(dict.fromkeys(str(meter) for _, meter in rows))
        bars = "1 bar" if self.bars == 1 else f"{self.bars} bars"
        facts = (f"{bars} of {meters}", self.key, f"{self.tempo_bpm:g} bpm")
        return f"<Chart {self.title!r}, {', '.join(filter(None, facts))}>"

    def _repr_html_(self) -> str:
        """The bars of one chorus for a notebook: four to a line, each chord as wide as it lasts."""
        from html import escape

        labels = dict(self.sections)
        rows: list[list[str]] = []
        before: list[tuple[int, Chord | None]] = []
        for bar, start in enumerate(self.bar_ticks):
            if not rows or start in labels or len(rows[-1]) > _BARS_A_LINE:
                rows.append([f"<th>{escape(labels.get(start, ''))}</th>"])
            changes = self.changes_in_bar(bar)
            ends = [
                *(tick for tick, _ in changes[1:]),
                min(self.bar_tick(bar + 1), self.length_tick) - start,
            ]
            names = [escape(chord.text) if chord else "N.C." for _, chord in changes]
            if len(changes) == 1 and changes == before and start not in labels:
                names = ["%"]
            before = changes
            rows[-1].append(
                '<td style="border-left:1px solid;text-align:left;min-width:8em"><div style="display:flex">'
                + "".join(
                    f'<span style="flex:{end - tick}">{name}</span>'
                    for (tick, _), end, name in zip(changes, ends, names, strict=True)
                )
                + "</div></td>"
            )
        lines = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
        return f"<p>{escape(repr(self)[1:-1])}</p><table>{lines}</table>"

    # -- bars

    @cached_property
    def bar_ticks(self) -> tuple[int, ...]:
        """Where each bar of one chorus begins; a last bar cut short counts as one."""
        ticks: list[int] = []
        spans = [(0, self.meter), *self.meter_changes]
        for (start, meter), (end, _) in pairwise([*spans, (self.length_tick, self.meter)]):
            ticks.extend(range(start, end, meter.ticks_per_bar))
        return tuple(ticks)

    @property
    def bars(self) -> int:
        """Bars from the top to the end; a last bar cut short counts as one."""
        return len(self.bar_ticks)

    @cached_property
    def _repeat_bar(self) -> int:
        return bisect_right(self.bar_ticks, self.repeat_tick) - 1

    def bar_of(self, tick: int) -> int:
        """The absolute bar of a tick, from 0; it keeps counting through all repeats."""
        place = self.place(tick)
        loops = (tick - place) // (self.length_tick - self.repeat_tick)
        return loops * (self.bars - self._repeat_bar) + bisect_right(self.bar_ticks, place) - 1

    def _inside(self, bar: int) -> tuple[int, int]:
        """(how often the loop has been played before, the bar within the chart) of an absolute bar."""
        if bar < self.bars:
            return 0, bar
        loops, inside = divmod(bar - self._repeat_bar, self.bars - self._repeat_bar)
        return loops, self._repeat_bar + inside

    def bar_tick(self, bar: int) -> int:
        """Where an absolute bar begins; `bar_tick(bar + 1)` is where it ends."""
        loops, inside = self._inside(bar)
        return loops * (self.length_tick - self.repeat_tick) + self.bar_ticks[inside]

    def meter_of(self, bar: int) -> Meter:
        """The meter of an absolute bar."""
        tick = self.bar_ticks[self._inside(bar)[1]]
        at = bisect_right(self.meter_changes, tick, key=lambda change: change[0])
        return self.meter_changes[at - 1][1] if at else self.meter

    def chorus_and_bar(self, bar: int) -> tuple[int, int]:
        """(chorus from 0, number of its bar from 0) of an absolute bar; chorus -1 is the lead-in."""
        loops, inside = self._inside(bar)
        tick = self.bar_ticks[inside]
        at = bisect_right(self.tops, tick)
        looped = len(self.tops) - bisect_left(self.tops, self.repeat_tick)
        if not at:
            return loops * looped - 1, inside
        first = bisect_left(self.bar_ticks, self.tops[at - 1])
        return loops * looped + at - 1, self.first_bar + inside - first

    def section_at(self, tick: int) -> str:
        """The label of the section that an absolute tick is in; empty before the first."""
        at = bisect_right(self.sections, self.place(tick), key=lambda section: section[0])
        return self.sections[at - 1][1] if at else ""

    # -- chords

    def chord_at(self, tick: int) -> Chord | None:
        """The chord at an absolute tick; None if there is none (NC)."""
        return self.changes[bisect_right(self._ticks, self.place(tick)) - 1][1]

    def next_change(self, tick: int) -> tuple[int, Chord | None]:
        """The next absolute tick, later than `tick`, at which the chord differs, and that chord.

        A chart of one chord gives the next time that it begins again, and the same chord.
        """
        place = self.place(tick)
        next_tick, chord = self._next[bisect_right(self._ticks, place) - 1]
        return tick - place + next_tick, chord

    def changes_in_bar(self, bar: int) -> list[tuple[int, Chord | None]]:
        """The chords of an absolute bar as (tick within the bar, chord); the first is at 0."""
        inside = self._inside(bar)[1]
        start = self.bar_ticks[inside]
        end = self.bar_ticks[inside + 1] if inside + 1 < self.bars else self.length_tick
        first = bisect_right(self._ticks, start) - 1
        after = bisect_left(self._ticks, end)
        later = self.changes[first + 1 : after]
        return [(0, self.changes[first][1]), *((tick - start, chord) for tick, chord in later)]

    # -- other charts from this one

    def unrolled(self, choruses: int) -> Chart:
        """One long chart of this many choruses."""
        if choruses < 1:
            raise ValueError(f"Cannot unroll {choruses} choruses: expected 1 or more.")
        return joined([self] * choruses) if choruses > 1 else self

    def part(self, first_bar: int, end_bar: int) -> Chart:
        """The bars from `first_bar` up to but not including `end_bar` of one chorus, as a chart."""
        if not 0 <= first_bar < end_bar <= self.bars:
            raise ValueError(f"No bars {first_bar} to {end_bar}: expected 0 to {self.bars}.")
        start = self.bar_tick(first_bar)
        end = self.bar_tick(end_bar)

        def inside(tick: int) -> bool:
            return start < tick < end

        return replace(
            self,
            meter=self.meter_of(first_bar),
            meter_changes=tuple((t - start, m) for t, m in self.meter_changes if inside(t)),
            changes=(
                (0, self.chord_at(start)),
                *((t - start, chord) for t, chord in self.changes if inside(t)),
            ),
            length_tick=end - start,
            sections=tuple((t - start, label) for t, label in self.sections if start <= t < end),
            remarks=tuple((t - start, text) for t, text in self.remarks if start <= t < end),
            written=tuple(
                (t - start, bar, marks) for t, bar, marks in self.written if start <= t < end
            ),
            last=None,
            tops=tuple(t - start for t in self.tops if start <= t < end) or (0,),
            repeat_tick=0,
        )

    def transposed(self, semitones: int) -> Chart:
        """The same chart, every chord and the key moved by this many semitones.

        All names move equally far on the line of fifths, so that chords keep their spelling relative to each
        other: as far as the name of the key, or without a key, to where the fewest accidentals are.
        """
        key = transpose_name(self.key, semitones) if self.key else ""
        before, after = read_key(self.key), read_key(key)
        flattest = -7 if after and after.fifths <= -6 else -6  # there is a Cb in Gb and in Eb minor
        if before and after:
            fifths = after.fifths - before.fifths
        else:
            places = [line_place(chord.root_name) for _, chord in self.changes if chord]
            fifths = min(
                (7 * semitones % 12, 7 * semitones % 12 - 12),
                key=lambda move: sum(abs(place + move) for place in places),
            )
        return replace(
            self,
            changes=tuple(
                (tick, chord and chord.transposed(semitones, fifths, flattest))
                for tick, chord in self.changes
            ),
            key=key,
            last=self.last.transposed(semitones) if self.last else None,
        )


def joined(charts: Sequence[Chart]) -> Chart:
    """Join several charts into one, in order; title, tempo, key and feel are those of the first.

    ValueError if there are none.
    """
    if not charts:
        raise ValueError("Cannot join no charts: expected one or more.")
    meters: list[tuple[int, Meter]] = []
    changes: list[tuple[int, Chord | None]] = []
    sections: list[tuple[int, str]] = []
    remarks: list[tuple[int, str]] = []
    written: list[tuple[int, int, tuple[str, ...]]] = []
    tops: list[int] = []
    start = 0
    ended_short = False  # after an unfinished bar, counting starts again
    for chart in charts:
        if not meters or meters[-1][1] != chart.meter or ended_short:
            meters.append((start, chart.meter))
        meters += [(start + tick, meter) for tick, meter in chart.meter_changes]
        last = chart.bars - 1
        ended_short = chart.bar_tick(last) + chart.meter_of(last).ticks_per_bar > chart.length_tick
        changes += [(start + tick, chord) for tick, chord in chart.changes]
        sections += [(start + tick, label) for tick, label in chart.sections]
        remarks += [(start + tick, text) for tick, text in chart.remarks]
        written += [(start + tick, bar, marks) for tick, bar, marks in chart.written]
        tops += [start + tick for tick in chart.tops]
        start += chart.length_tick
    return replace(
        charts[0],
        changes=tuple(changes),
        length_tick=start,
        meter_changes=tuple(meters[1:]),
        sections=tuple(sections),
        remarks=tuple(remarks),
        written=tuple(written),
        last=None,
        tops=tuple(tops),
        repeat_tick=0,
    )
