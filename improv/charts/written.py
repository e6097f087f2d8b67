"""Bars as they are written, with their repeats, endings and jumps, and the order in which they are played.

    reader (text, iReal Pro, MusicXML)  ->  WrittenBar ...  -- play_order -->  indices  -- chart_of -->  Chart

Every reader makes these and nothing else, so that one engine unrolls them all. The rules are those of
engraving (Gould, *Behind Bars*, Faber 2011, "Repeats"):

- `|: :|` is played twice, or as often as it says. Without `|:` it goes back to the last `:|`, or the top.
- Ending brackets are taken on the passes they name; the last one also after a jump.
- D.C. and D.S. go back to the top or to the sign, once. After the jump repeats are not taken again,
  and "al Fine", "al Coda" and "al 2nd ending" say where it leaves the bars it has played already.
- Coda signs without a D.C. or D.S.: the coda is for the last time through (`Chart.last`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.chord import Chord
from improv.music.feel import DEFAULT_FEEL
from improv.music.meter import Meter

MOST_BARS = 2000
"""Bars of a chart as played: more is a mistake in the writing, not a tune."""


@dataclass(frozen=True, slots=True)
class Jump:
    """D.C. or D.S. at the end of a bar. `to_segno`: to the sign, else to the top.

    `until` is "end", "fine", "coda" or "ending", the last with the ending's number.
    """

    to_segno: bool
    until: str = "end"
    ending: int = 0


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
    segno: bool = False
    to_coda: bool = False
    """After this bar, on the last way through, to the bar with `coda`."""
    coda: bool = False
    """The coda begins at this bar."""
    fine: bool = False
    """The piece ends after this bar, after a jump al Fine."""
    jump: Jump | None = None
    remarks: tuple[str, ...] = ()

    @property
    def ticks(self) -> int:
        """How long it is."""
        return self.length_tick or self.meter.ticks_per_bar


class _Route:
    """Walks over the written bars. `last`: the coda is taken wherever the sign stands."""

    def __init__(self, bars: Sequence[WrittenBar], name: str, *, last: bool) -> None:
        self._bars, self._name = bars, name
        self._coda = next((i for i, bar in enumerate(bars) if bar.coda), None)
        self._segno = next((i for i, bar in enumerate(bars) if bar.segno), 0)
        self._has_jump = any(bar.jump for bar in bars)
        self._bracket = self._brackets()
        self._take_coda = last and not self._has_jump and self._coda is not None
        self._passes: dict[int, int] = {}  # closing bar -> times it has sent back
        self._jumped: Jump | None = None
        self._pass = 1
        self._left_by_sign = False
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
        """Indices of the bars in the order they are played."""
        at = 0
        while at < len(self._bars):
            if self._bars[at].opens and (not self.order or self.order[-1] + 1 == at):
                self._pass = 1
            if self._bars[at].endings:
                at = self._choose_ending(at)
                if at >= len(self._bars):
                    break
            if self._coda == at and not self._goes_into_coda(at):
                break
            if len(self.order) >= MOST_BARS:
                raise ChartError(
                    f"The chart {self._name!r} is over {MOST_BARS} bars as played: expected repeats "
                    "and jumps that come to an end."
                )
            self.order.append(at)
            following = self._after(at)
            if following is None:
                break
            at = following
        return self.order

    def _goes_into_coda(self, at: int) -> bool:
        """Whether the coda is reached by its sign, or is no coda at all for want of any sign or jump."""
        if not self.order:
            return True
        return self._left_by_sign or not any(bar.to_coda for bar in self._bars)

    def _choose_ending(self, at: int) -> int:
        """The bar at which to go on: this bracket, or a later one of the group that fits the pass."""
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
        if self._jumped is not None:
            return self._ending_after_jump(group)
        for index in group:
            if self._pass in self._bars[index].endings:
                return index
        return group[-1] if self._pass > max(self._bars[group[-1]].endings) else group[0]

    def _ending_after_jump(self, group: list[int]) -> int:
        jump = self._jumped
        if jump is not None and jump.until == "ending":
            for index in group:
                if jump.ending in self._bars[index].endings:
                    return index
        if jump is not None and jump.until in ("coda", "fine"):
            for index in group:
                inside = index
                while inside < len(self._bars) and self._bracket[inside] == self._bracket[index]:
                    bar = self._bars[inside]
                    if bar.to_coda if jump.until == "coda" else bar.fine:
                        return index
                    inside += 1
        return group[-1]

    def _after(self, at: int) -> int | None:
        """The bar that is played after this one; None at the end."""
        bar = self._bars[at]
        jumped = self._jumped
        if bar.fine and jumped is not None and jumped.until == "fine":
            return None
        leaves = jumped is not None and jumped.until == "coda"
        if bar.to_coda and (leaves or self._take_coda) and self._coda is not None:
            if leaves or not self._sends_back(at):
                self._left_by_sign = True
                return self._coda
        if self._sends_back(at):
            self._passes[at] = self._passes.get(at, 0) + 1
            self._pass += 1
            return self._start_of_repeat(at)
        if bar.closes:
            self._pass = 1
        if bar.jump is not None and jumped is None:
            self._jumped, self._pass = bar.jump, 1
            return self._segno if bar.jump.to_segno else 0
        if bar.jump is not None and jumped is not None and jumped.until == "end":
            return at + 1 if at + 1 < len(self._bars) else None
        return at + 1

    def _sends_back(self, at: int) -> bool:
        bar = self._bars[at]
        if not bar.closes or self._jumped is not None:
            return False
        return self._passes.get(at, 0) < self._times(at) - 1

    def _times(self, at: int) -> int:
        """How often the repeat that closes here is gone through: a bracket for 1 and 2 sends back twice."""
        held = self._bracket[at]
        return max(len(held) + 1, 2) if held else self._bars[at].closes

    def _start_of_repeat(self, at: int) -> int:
        for index in range(at, -1, -1):
            if self._bars[index].opens:
                return index
            if index < at and self._bars[index].closes and not self._bracket[index]:
                return index + 1
        return 0


def play_order(bars: Sequence[WrittenBar], name: str = "", *, last: bool = False) -> list[int]:
    """Indices of the written bars in the order they are played; `last`: with a coda for the last time.

    ChartError where they never come to an end.
    """
    return _Route(bars, name, last=last).walk()


def chart_of(
    bars: Sequence[WrittenBar],
    *,
    title: str,
    tempo_bpm: float,
    key: str = "",
    feel: str = DEFAULT_FEEL,
    composer: str = "",
    style: str = "",
) -> Chart:
    """The chart of these bars, unrolled. ChartError where there is none to play or no end to it."""
    if not bars:
        raise ChartError(f"The chart {title!r} has no bars: expected at least one.")

    def build(order: list[int]) -> Chart:
        changes: list[tuple[int, Chord | None]] = []
        meters: list[tuple[int, Meter]] = []
        sections: list[tuple[int, str]] = []
        remarks: list[tuple[int, str]] = []
        start, ended_short = 0, False
        for bar in (bars[index] for index in order):
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
        )

    order = play_order(bars, title)
    last_order = play_order(bars, title, last=True)
    chart = build(order)
    return replace(chart, last=build(last_order)) if last_order != order else chart
