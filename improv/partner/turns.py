"""Whose turn it is: blocks of bars on the form, through choruses, tags and whatever the meter is.

"trade 4 first me"  ──parse_mode──>  Mode  ──Turns(mode, arrangement)──>  at(bar) -> Turn

Blocks are counted in bars of the chart from where the solos begin, on through the choruses: fours over a
blues change sides from chorus to chorus. On the last chord everybody plays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from improv.errors import SteeringError
from improv.music.chart import Chart

ME, YOU, BOTH = "me", "you", "both"
"""Whose turn it is, as the machine says it."""
TRADED_BARS = (2, 4, 8, 12)
KINDS = {
    "solo": "it plays solos, whatever you play",
    "trade": "you and it take turns: trade 2, 4, 8, 12 or chorus, and 'first me' where it begins",
    "answer": "it answers when you stop",
    "duet": "both at once: it plays where you leave room",
    "back": "you play the solo, it lays out and the band supports you; back riffs: it plays backgrounds",
}
MODES = (
    "'solo', 'trade 4' (2, 4, 8, 12 or chorus; 'first me' or 'first you'), 'answer', 'duet', 'back' or"
    " 'back riffs'"
)


@dataclass(frozen=True, slots=True)
class Mode:
    """How machine and partner share the time. `bars` of a block in a trade; 0: a chorus each."""

    kind: str = "solo"
    bars: int = 0
    first: str = YOU
    riffs: bool = False
    """It plays backgrounds behind the partner."""

    def __str__(self) -> str:
        if self.riffs:
            return f"{self.kind} riffs"
        if self.kind != "trade":
            return self.kind
        return f"trade {self.bars or 'chorus'}" + (" first me" if self.first == ME else "")


def parse_mode(text: str) -> Mode:
    """The mode that a text says. Raises SteeringError, which says what was expected."""
    kind, *words = text.lower().split() or [""]
    first, bars = YOU, None
    if kind == "trade":
        if words[-2:-1] == ["first"]:
            first, words = words[-1], words[:-2]
        blocks = {str(bars): bars for bars in TRADED_BARS} | {"chorus": 0, "": 4}
        bars = blocks.get(" ".join(words))
    elif kind == "back" and words == ["riffs"]:
        return Mode(kind, riffs=True)
    elif kind in KINDS and not words:
        return Mode(kind)
    if bars is None or first not in (ME, YOU):
        raise SteeringError(f"There is no mode {text[:60]!r}: expected {MODES}.")
    return Mode(kind, bars, first)


class Laid(Protocol):
    """What is asked of an arrangement."""

    @property
    def chart(self) -> Chart:
        """The whole performance."""

    @property
    def solo_tick(self) -> int:
        """Where soloists come in."""

    @property
    def final_tick(self) -> int | None:
        """Where the last chord is struck."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose it is, from one absolute bar up to another; `end_bar` None: without end."""

    whose: str
    start_bar: int
    end_bar: int | None

    def bars_left(self, bar: int) -> int | None:
        """How many bars there are from this one on, itself included."""
        return None if self.end_bar is None else self.end_bar - bar


class Turns:
    """The turns of one tune."""

    def __init__(self, mode: Mode, laid: Laid, from_bar: int = 0) -> None:
        """They begin with the first block that begins at `from_bar` or later; until then it is the
        machine's."""
        self.mode, self._chart = mode, laid.chart
        chart, first = laid.chart, laid.chart.bar_of(laid.solo_tick)
        self._final_bar = None if laid.final_tick is None else chart.bar_of(laid.final_tick)
        if mode.bars:
            first += mode.bars * max(0, -(-(from_bar - first) // mode.bars))
        elif mode.kind == "trade" and from_bar > first:
            first = self._next_top(from_bar - 1)
        self._first_bar = first
        self._first_chorus = chart.chorus_and_bar(first)[0]
        self._is_late = first > chart.bar_of(laid.solo_tick)

    def at(self, bar: int) -> Turn:
        """The turn that an absolute bar belongs to."""
        mode, final = self.mode, self._final_bar
        if final is not None and bar >= final:
            return Turn(BOTH, final, None)
        if mode.kind == "solo":
            return Turn(ME, 0, final)
        if mode.kind != "trade":
            return Turn(BOTH, 0, final)
        if bar < self._first_bar:
            return Turn(ME if self._is_late else BOTH, 0, self._first_bar)
        if mode.bars:
            number = (bar - self._first_bar) // mode.bars
            start = self._first_bar + number * mode.bars
            end = start + mode.bars
        else:
            chorus, inside = self._chart.chorus_and_bar(bar)
            number, end = chorus - self._first_chorus, self._next_top(bar)
            start = bar - inside + self._chart.first_bar
        mine = (number % 2 == 0) == (mode.first == ME)
        return Turn(ME if mine else YOU, start, end if final is None else min(end, final))

    def begins(self, bar: int) -> bool:
        """Whether another turn of a trade begins with this bar."""
        return self.mode.kind == "trade" and bar > 0 and self.at(bar).start_bar == bar

    def _next_top(self, bar: int) -> int:
        """The first bar of the chorus after that of `bar`; the end of the chart where there is none."""
        chart, chorus = self._chart, self._chart.chorus_and_bar(bar)[0]
        last = self._final_bar if self._final_bar is not None else bar + chart.bars + 1
        while bar < last and chart.chorus_and_bar(bar)[0] == chorus:
            bar += 1
        return bar
