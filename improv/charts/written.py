"""Bars as they are written, with their repeats, endings and jumps, and the order in which they are played.

    reader (text, iReal Pro, MusicXML)  ->  WrittenBar ...  -- play_order -->  indices  -- chart_of -->  Chart

Every reader makes these and nothing else, so that one engine unrolls them all. The rules are those of
engraving (Gould, *Behind Bars*, Faber 2011, "Repeats"):

- `|: :|` is played twice, or as often as it says. Without `|:` it goes back to the last `:|`, or the top.
- Ending brackets are taken on the passes they name; the last one also after a jump. A first ending without a
  second is left out the second time.
- D.C. and D.S. go back to the top or to the sign, once. After the jump repeats are not taken again, and "al
  Fine" and "al Coda" say where it leaves the bars it has played already; "al 2nd ending" ends with that one.
  Where more is written behind a jump al Fine (solos below a head), that is played next. A D.S. goes to the
  nearest sign before it, or that of its number; each jump al Coda has a coda of its own where there are more.
- A coda without a D.C. or D.S. is for the last time through (`Chart.last`): the jump is at the
  last passing of its sign; without a sign the coda follows the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.chord import Chord
from improv.music.feel import DEFAULT_FEEL
from improv.music.meter import Meter

_Bar = TypeVar("_Bar")
MOST_BARS = 2000
"""The most bars of a chart as played: more come from a mistake in its repeats."""


@dataclass(frozen=True, slots=True)
class Jump:
    """D.C. or D.S. at the end of a bar. `to_segno`: to the sign, else to the top.

    `until` is "end", "fine", "coda" or "ending"; `number` is that of the ending or coda, 0 where it is not
    said, and `segno` that of the sign. `repeats`: those that were taken are taken again.
    """

    to_segno: bool
    until: str = "end"
    number: int = 0
    segno: int = 0
    repeats: bool = False

    def __str__(self) -> str:
        number = f" {self.number}" if self.number else ""
        until = {"fine": " al Fine", "coda": f" al Coda{number}", "ending": f" al ending{number}"}
        return ("D.S." if self.to_segno else "D.C.") + until.get(self.until, "")


@dataclass(frozen=True, slots=True)
class WrittenBar:
    """One bar as it stands on the page. `changes` holds (tick within the bar, chord), the first at 0.

    `length_tick` is 0 for a whole bar of `meter`; a pickup or a cut bar says how long it is.
    """

    changes: tuple[tuple[int, Chord | None], ...]
    meter: Meter
    length_tick: int = 0
    label: str = ""
    """The section that begins here."""
    opens: bool = False
    """`|:` before this bar."""
    closes: int = 0
    """`:|` after this bar: how often the bars are played in all (2 is usual); 0: no repeat ends here."""
    endings: tuple[int, ...] = ()
    """The bracket that begins at this bar: the passes that take it."""
    ending_stops: bool = False
    """The bracket that holds this bar ends after it (a `:|` and the next bracket end it too)."""
    segno: int = 0
    """The sign stands before this bar: its number, 1 unless there are several; 0: none."""
    to_coda: int = 0
    """After this bar, on the last way through, to the bar with this `coda`."""
    coda: int = 0
    """The coda of this number begins at this bar."""
    fine: bool = False
    """The piece ends after this bar, after a jump al Fine."""
    ends: bool = False
    """The last time through, the piece ends after this bar."""
    jump: Jump | None = None
    remarks: tuple[str, ...] = ()

    @property
    def marks(self) -> tuple[str, ...]:
        """All that stands at this bar besides label, meter and chords, as it is read; remarks in quotes."""

        def numbered(word: str, number: int) -> str:
            return f"{word} {number}" if number > 1 else word

        rows = (
            ("|:", self.opens),
            (f"{','.join(map(str, self.endings))}.", self.endings),
            (numbered("Segno", self.segno), self.segno),
            (numbered("Coda", self.coda), self.coda),
            *((f'"{text}"', True) for text in self.remarks),
            (numbered("To Coda", self.to_coda), self.to_coda),
            ("Fine", self.fine or self.ends),
            (str(self.jump), self.jump),
            (":|" if self.closes == 2 else f":|{self.closes}", self.closes),
            ("]", self.ending_stops),
        )
        return tuple(text for text, there in rows if there)

    @property
    def ticks(self) -> int:
        """Its length."""
        return self.length_tick or self.meter.ticks_per_bar


class _Route:
    """Walks over the written bars from `start` on, which is 0 or the coda."""

    def __init__(self, bars: Sequence[WrittenBar], name: str, start: int = 0) -> None:
        self._bars, self._name, self._start = bars, name, start
        self._codas = {i: bar.coda for i, bar in enumerate(bars) if bar.coda}
        self._has_jump = any(bar.jump for bar in bars)
        self._has_sign = any(bar.to_coda for bar in bars)
        self._bracket = self._brackets()
        self._passes: dict[int, int] = {}  # closing bar -> times it has sent back
        self._jumped: Jump | None = None
        self._pass = 1
        self._sent_back = False
        self._entered: int | None = start or None  # the coda that a sign has led to
        self._taken: set[int] = set()  # bars whose jump was taken
        self._in_last_ending = False  # in the ending that the jump named
        self._before_jump: set[int] = set()
        self._jumped_from = 0
        self.order: list[int] = []

    def _brackets(self) -> list[tuple[int, ...]]:
        """For each bar the endings whose bracket holds it; () outside."""
        held: list[tuple[int, ...]] = []
        open_: tuple[int, ...] = ()
        for bar in self._bars:
            if bar.endings:
                open_ = bar.endings
            elif bar.opens or bar.label or bar.coda:
                open_ = ()
            held.append(open_)
            if bar.closes or bar.ending_stops:
                open_ = ()
        return held

    def walk(self) -> list[int]:
        """Indices of the bars in the order in which they are played."""
        at: int | None = self._start
        while at is not None and at < len(self._bars):
            if self._bars[at].opens and not self._sent_back:
                self._pass = 1
            self._sent_back = False
            if self._bars[at].endings:
                chosen = self._choose_ending(at)
                if not self._bars[chosen : chosen + 1] or not self._bars[chosen].endings:
                    at = chosen  # past the brackets
                    continue
                at = chosen
            if at in self._codas and not self._goes_into_coda(at):
                break
            if len(self.order) >= MOST_BARS:
                raise ChartError(
                    f"The chart {self._name!r} is over {MOST_BARS} bars as played: expected repeats "
                    "and jumps that come to an end."
                )
            self.order.append(at)
            at = self._after(at)
        return self.order

    def _goes_into_coda(self, at: int) -> bool:
        """Whether a coda is played: it is reached by its sign, or follows a jump that needs none."""
        return at == self._entered or not self.order or (self._has_jump and not self._has_sign)

    # -- endings

    def _choose_ending(self, at: int) -> int:
        """The bar to go on at: this bracket, a later one of the group, or the bar after them all."""
        group = [at]
        for index in range(at + 1, len(self._bars)):
            bar = self._bars[index]
            if bar.endings:
                before = self._bars[index - 1]
                if not (before.closes or before.ending_stops or self._bracket[index - 1]):
                    break
                if bar.opens or 1 in bar.endings:
                    break
                group.append(index)
            elif not self._bracket[index]:
                break
        if self._jumped is not None and at in self._before_jump:
            return self._ending_after_jump(group)
        for index in group:
            if self._pass in self._bars[index].endings:
                return index
        if self._pass > max(max(self._bars[index].endings) for index in group):
            return self._last_of(group)
        return group[0]

    def _last_of(self, group: list[int]) -> int:
        """The last bracket, or the bar after it if it sends back, as a first ending without a second does."""
        end = self._end_of_bracket(group[-1])
        if not self._bars[end].closes or 1 not in self._bars[group[-1]].endings:
            return group[-1]
        self._pass = 1
        return end + 1

    def _end_of_bracket(self, index: int) -> int:
        """The last bar of the bracket that begins here."""
        while (
            index + 1 < len(self._bars)
            and self._bracket[index + 1]
            and not self._bars[index + 1].endings
            and not self._bars[index].closes
            and not self._bars[index].ending_stops
        ):
            index += 1
        return index

    def _ending_after_jump(self, group: list[int]) -> int:
        jump = self._jumped
        if jump is not None and jump.until == "ending":
            for index in group:
                if jump.number in self._bars[index].endings:
                    self._in_last_ending = True
                    return index
        if jump is not None and jump.until in ("coda", "fine"):
            for index in group:
                for inside in self._bars[index : self._end_of_bracket(index) + 1]:
                    if inside.to_coda if jump.until == "coda" else inside.fine:
                        return index
        return self._last_of(group)

    # -- the way on

    def _after(self, at: int) -> int | None:
        """The bar that is played after this one; None at the end."""
        bar = self._bars[at]
        until = self._jumped.until if self._jumped is not None else ""
        if bar.fine and (until == "fine" or self._in_last_ending):
            return self._next_piece(at)
        if self._in_last_ending and self._end_of_bracket(at) == at:
            if not any(later.fine for later in self._bars[at:]):
                return self._next_piece(at)
        if bar.to_coda and until == "coda" and self._jumped and self._leaves(bar, self._jumped):
            self._entered = self._coda_for(self._jumped, self._jumped_from)
            self._jumped, self._pass = None, 1
            return self._entered
        if self._sends_back(at):
            self._passes[at] = self._passes.get(at, 0) + 1
            self._pass += not self._before_endings(at)
            self._sent_back = True
            return self._start_of_repeat(at)
        if bar.closes and not self._before_endings(at):
            self._pass = 1
        if bar.jump is not None and self._may_take(bar.jump, at):
            self._jumped, self._pass = bar.jump, 1
            self._before_jump, self._jumped_from = set(self.order), at
            self._taken.add(at)
            if bar.jump.repeats:
                self._before_jump.clear()
                self._passes.clear()
            return self._segno_for(bar.jump, at) if bar.jump.to_segno else 0
        return at + 1

    def _may_take(self, jump: Jump, at: int) -> bool:
        """One jump at a time; after the coda only to another coda or to Fine, once."""
        if self._jumped is not None:
            return False
        if self._entered is None:
            return True
        leads = (jump.until == "coda" and self._coda_for(jump, at) != self._entered) or (
            jump.until == "fine" and any(bar.fine for bar in self._bars)
        )
        return leads and at not in self._taken

    def _segno_for(self, jump: Jump, at: int) -> int:
        """The sign of this number, else the nearest before the jump, else the first; the top without any."""
        signs = [index for index, bar in enumerate(self._bars) if bar.segno]
        named = [index for index in signs if self._bars[index].segno == jump.segno]
        before = [index for index in signs if index <= at]
        return (named[:1] or before[-1:] or signs[:1] or [0])[0]

    def _leaves(self, bar: WrittenBar, jump: Jump) -> bool:
        """Whether the way to the coda in this bar is that of the jump: any is, where none has its number."""
        numbers = {each.to_coda for each in self._bars if each.to_coda}
        return bool(self._codas) and (bar.to_coda == jump.number or jump.number not in numbers)

    def _coda_for(self, jump: Jump, at: int) -> int | None:
        """The coda of this number, else the next after the jump, else the first."""
        named = [index for index, number in self._codas.items() if number == jump.number]
        behind = [index for index in self._codas if index > at]
        return next(iter([*named, *behind, *self._codas]), None)

    def _before_endings(self, at: int) -> bool:
        """Whether this bar closes a repeat of its own before endings, whose passes are counted anew."""
        if not self._bars[at].closes or self._bracket[at] or at + 1 >= len(self._bars):
            return False
        if 1 not in self._bars[at + 1].endings:
            return False
        end = self._end_of_bracket(at + 1)
        return any(bar.endings and 1 not in bar.endings for bar in self._bars[end + 1 : end + 2])

    def _next_piece(self, at: int) -> int:
        """The bar after a jump that has ended: a head with a form for solos below it goes on there."""
        self._jumped, self._pass, self._in_last_ending = None, 1, False
        return max(self._jumped_from, at) + 1

    def _sends_back(self, at: int) -> bool:
        """After a jump, repeats that were taken before are not taken again."""
        if not self._bars[at].closes or at in self._before_jump:
            return False
        return self._passes.get(at, 0) < self._times(at) - 1

    def _times(self, at: int) -> int:
        """How often the repeat that closes here is played: a bracket for 1 and 2 sends back twice. The last
        of several endings never sends back, whatever its bar line."""
        held = self._bracket[at]
        if not held:
            return self._bars[at].closes
        if 1 not in held:
            after = self._bars[at + 1] if at + 1 < len(self._bars) else None
            if after is None or after.opens or not after.endings or 1 in after.endings:
                return 1
        return len(held) + 1

    def _start_of_repeat(self, at: int) -> int:
        for index in range(at, -1, -1):
            if self._bars[index].opens:
                return index
            if index < at and self._bars[index].closes and not self._bracket[index]:
                if not (self._bracket[at] and self._before_endings(index)):
                    return index + 1
        return 0


def coda_of(bars: Sequence[WrittenBar]) -> int | None:
    """The bar at which the coda begins, if there is one."""
    return next((i for i, bar in enumerate(bars) if bar.coda), None)


def play_order(bars: Sequence[WrittenBar], name: str = "", *, last: bool = False) -> list[int]:
    """Indices of the written bars in the order they are played; `last`: the order of the last time.
    ChartError if they never come to an end."""
    order = _Route(bars, name).walk()
    coda = coda_of(bars)
    if last and coda and not any(bar.jump for bar in bars):
        # The last time the sign is passed; without one the coda follows the end.
        signs = [at for at, index in enumerate(order) if bars[index].to_coda]
        order = order[: signs[-1] + 1 if signs else None] + _Route(bars, name, coda).walk()
    if last and any(bar.ends for bar in bars):
        ends = [at for at, index in enumerate(order) if bars[index].ends]
        order = order[: ends[-1] + 1] if ends else order
    return order


def chart_of(
    bars: Sequence[WrittenBar],
    *,
    title: str,
    tempo_bpm: float,
    key: str = "",
    feel: str = DEFAULT_FEEL,
    composer: str = "",
    style: str = "",
    first: int = 0,
    warnings: tuple[str, ...] = (),
) -> Chart:
    """The chart of these bars, unrolled. ChartError if there are no bars or repeats without end.

    `first` is the bar at which it starts again after its end: the bars before are an intro, played once.
    `warnings` are those of the chart.
    """
    if not bars:
        raise ChartError(f"The chart {title!r} has no bars: expected at least one.")

    def build(order: list[int]) -> Chart:
        changes: list[tuple[int, Chord | None]] = []
        meters: list[tuple[int, Meter]] = []
        sections: list[tuple[int, str]] = []
        remarks: list[tuple[int, str]] = []
        written: list[tuple[int, int, tuple[str, ...]]] = []
        goes_on = order[: len(intro) + 1] == [*intro, first]
        start, ended_short = 0, False
        for index in order:
            bar = bars[index]
            written.append((start, index, bar.marks))
            if not meters or bar.meter != meters[-1][1] or ended_short:
                meters.append((start, bar.meter))
            if bar.label:
                sections.append((start, bar.label))
            remarks += [(start, text) for text in bar.remarks]
            for tick, chord in bar.changes:
                if not changes or changes[-1][1] != chord:
                    changes.append((start + tick, chord))
            start += bar.ticks
            ended_short = bar.ticks != bar.meter.ticks_per_bar
        return Chart(
            title=title,
            meter=meters[0][1],
            tempo_bpm=tempo_bpm,
            changes=tuple(changes),
            length_tick=start,
            key=key,
            feel=feel,
            sections=tuple(sections),
            meter_changes=tuple(meters[1:]),
            composer=composer,
            style=style,
            remarks=tuple(remarks),
            warnings=warnings,
            written=tuple(written),
            repeat_tick=sum(bars[index].ticks for index in intro) if goes_on else 0,
        )

    order = play_order(bars, title)
    intro = order[: order.index(first)] if first in order else []
    differs = any(bar.coda or bar.ends for bar in bars)
    last_order = play_order(bars, title, last=True) if differs else order
    chart = build(order)
    return replace(chart, last=build(last_order)) if last_order != order else chart


def bars_of(chart: Chart) -> list[WrittenBar]:
    """The bars of a chart as it is played: the way back, with all repeats written out.

    A chord that is struck again in its bar is one; labels and remarks inside a bar are those of the bar, and
    of several labels the others are remarks.
    """
    labels: dict[int, list[str]] = defaultdict(list)
    remarks: dict[int, list[str]] = defaultdict(list)
    for texts, rows in ((labels, chart.sections), (remarks, chart.remarks)):
        for tick, text in rows:
            texts[chart.bar_of(tick)].append(text)
    bars = []
    for bar, (start, end) in enumerate(pairwise([*chart.bar_ticks, chart.length_tick])):
        meter, changes = chart.meter_of(bar), chart.changes_in_bar(bar)
        struck = changes[:1] + [new for old, new in pairwise(changes) if old[1] != new[1]]
        length_tick = end - start if end - start != meter.ticks_per_bar else 0
        label, *more = labels[bar] or [""]
        said = (*more, *remarks[bar])
        bars.append(WrittenBar(tuple(struck), meter, length_tick, label, remarks=said))
    return bars


def same_bars(bars: Sequence[_Bar], others: Sequence[_Bar]) -> int:
    """How many bars are the same from the beginning on."""
    differ = (at for at, (one, other) in enumerate(zip(bars, others, strict=False)) if one != other)
    return next(differ, min(len(bars), len(others)))
