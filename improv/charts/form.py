"""Every way through a chart leads somewhere: what is missing is found or left out, and said.

    bars as the readers make them  --settle-->  bars that `written.play_order` walks as a musician would

The same for every format. Nothing that stands on the page is disobeyed without a word (`Doubts.say`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from improv.charts.doubts import Doubts
from improv.charts.written import Jump, WrittenBar

_LONGEST_ENDING = 16  # bars of a first ending of which only the beginning is bracketed
CODA = re.compile(r"coda(?: ?(\d|ii?))?", re.IGNORECASE)
"""A section that is a coda."""


def settle(
    bars: Sequence[WrittenBar], where: Callable[[int], str], doubts: Doubts
) -> list[WrittenBar]:
    """The bars with what is missing. `where` names a bar ("bar 3 (line 2)"), by its index, for `doubts`."""
    settled = list(bars)
    _close_endings(settled)
    _name_codas(settled)
    _complete_jumps(settled)
    _number_codas(settled)
    _leave_out(settled, where, doubts)
    if not any(bar.jump for bar in settled):  # Fine is for the last time
        settled = [replace(bar, ends=True) if bar.fine else bar for bar in settled]
    return settled


def _close_endings(bars: list[WrittenBar]) -> None:
    """Nobody goes on from a first ending into the second: it ends with a repeat, dotted or not."""
    starts = [index for index, bar in enumerate(bars) if bar.endings]
    for start, following in pairwise(starts):
        between = bars[start + 1 : following + 1]
        follows = min(bars[following].endings) > max(bars[start].endings)
        apart = any(bar.opens or bar.label or bar.coda for bar in between[:-1])
        apart |= any(bar.jump for bar in bars[start:following])  # which leads on by itself
        if not follows or apart or between[-1].opens or following - start > _LONGEST_ENDING:
            continue
        last = following - 1
        if any(bar.closes for bar in bars[start:last]):
            continue
        for index in range(start, last):  # a bracket that is drawn short
            bars[index] = replace(bars[index], ending_stops=False)
        if not bars[last].closes:
            bars[last] = replace(bars[last], closes=2)
    for start in starts:  # and so does one without a second, where a repeat is open
        if not any(bar.opens for bar in _since_last_repeat(bars, start)):
            continue
        end = start
        while end + 1 < len(bars) and not _ends_bracket(bars, end):
            end += 1
        closed = any(bar.closes or bar.jump for bar in bars[start : end + 1])
        if 1 in bars[start].endings and bars[end].ending_stops and not closed:
            bars[end] = replace(bars[end], closes=2)


def _since_last_repeat(bars: Sequence[WrittenBar], at: int) -> Sequence[WrittenBar]:
    """The bars up to and with this one, from behind the last repeat that was closed."""
    closed = [index for index in range(at) if bars[index].closes]
    return bars[closed[-1] + 1 if closed else 0 : at + 1]


def _ends_bracket(bars: Sequence[WrittenBar], at: int) -> bool:
    """Whether a bracket that holds this bar ends with it."""
    after = bars[at + 1]
    begins = bool(after.endings or after.opens or after.label or after.coda)
    return bool(bars[at].ending_stops or bars[at].closes) or begins


def _name_codas(bars: list[WrittenBar]) -> None:
    """A section named Coda is one where something leads to it and no sign says otherwise."""
    leads = any(bar.to_coda or (bar.jump and bar.jump.until == "coda") for bar in bars)
    if not leads or any(bar.coda for bar in bars):
        return
    named = {i: found for i, bar in enumerate(bars) if (found := CODA.fullmatch(bar.label))}
    numbered = [index for index, found in named.items() if found[1]]
    for index in numbered or list(named)[-1:]:
        said = named[index][1]
        number = (len(said) if not said.isdigit() else int(said)) if said else 1
        bars[index] = replace(bars[index], coda=number)


def _complete_jumps(bars: list[WrittenBar]) -> None:
    """A D.C. or D.S. alone leads to the coda where there is one with its sign, else to Fine, if there is."""
    jumps = [bar.jump for bar in bars if bar.jump]
    until = "end"
    if any(bar.coda for bar in bars) and any(bar.to_coda for bar in bars):
        until = "coda"
    elif any(bar.fine for bar in bars):
        until = "fine"
    if any(jump.until == until for jump in jumps):
        return
    for index, bar in enumerate(bars):
        if bar.jump and bar.jump.until == "end":
            bars[index] = replace(bar, jump=replace(bar.jump, until=until))


def _number_codas(bars: list[WrittenBar]) -> None:
    """Several codas, and the ways and jumps to them, are told apart by their order without numbers."""
    codas = [index for index, bar in enumerate(bars) if bar.coda]
    if len(codas) < 2:
        return
    if len({bars[index].coda for index in codas}) < len(codas):
        for number, index in enumerate(codas, start=1):
            bars[index] = replace(bars[index], coda=number)
    signs = [index for index, bar in enumerate(bars) if bar.to_coda]
    if len(signs) == len(codas) and len({bars[index].to_coda for index in signs}) == 1:
        for number, index in enumerate(signs, start=1):
            bars[index] = replace(bars[index], to_coda=number)
    for index, bar in enumerate(bars):
        if bar.jump and bar.jump.until == "coda" and not bar.jump.number:
            behind = next((at for at in codas if at > index), codas[0])
            bars[index] = replace(bar, jump=replace(bar.jump, number=bars[behind].coda))


def _leave_out(bars: list[WrittenBar], where: Callable[[int], str], doubts: Doubts) -> None:
    """Ways that lead nowhere."""

    def say(at: int, what: str, why: str) -> None:
        doubts.say(f"The {what} in {where(at)} {why}.")

    for at, bar in enumerate(bars):
        jump = bar.jump
        if jump is None:
            continue
        why = _missing(bars, at, jump)
        if why:
            bars[at] = replace(bar, jump=None)
            say(at, str(jump), f"is not obeyed: there is no {why}")
            continue
        if jump.until == "coda" and not any(each.coda for each in bars):
            bars[at + 1] = replace(bars[at + 1], coda=max(jump.number, 1))
            say(at, str(jump), "leads to no Coda: what stands behind it is taken for the coda")
        if jump.until == "coda" and not any(each.to_coda for each in bars):
            say(at, str(jump), "has no To Coda: it is played on up to the coda")
        if jump.to_segno and not any(each.segno for each in bars):
            say(at, str(jump), "goes back to the top: there is no Segno")
    if not any(bar.coda for bar in bars):
        for at, bar in enumerate(bars):
            if bar.to_coda:
                bars[at] = replace(bar, to_coda=0)
                say(at, "To Coda", "is not obeyed: there is no Coda")


def _missing(bars: Sequence[WrittenBar], at: int, jump: Jump) -> str:
    """What a jump leads to that is not there; empty where it can be obeyed."""
    if jump.until == "fine" and not any(bar.fine for bar in bars):
        return "Fine"
    if jump.until == "ending" and not any(jump.number in bar.endings for bar in bars):
        return f"ending {jump.number}"
    if jump.until == "coda" and not any(bar.coda for bar in bars):
        return "" if any(bar.to_coda for bar in bars) and at + 1 < len(bars) else "Coda"
    return ""


def say_unobeyed(text: str, where: str, doubts: Doubts) -> None:
    """Say so where words are about the way through the chart and stand where they are not obeyed."""
    from improv.charts.form_words import ways_in  # most charts have no such words

    if any(way.kind not in ("last time", "segno") for way in ways_in(text)):
        doubts.say(
            f"{' '.join(text.split())[:60]!r} in {where} is not obeyed: it is taken as a remark."
        )
