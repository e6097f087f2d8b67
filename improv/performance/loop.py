"""A loop: some bars of a chorus, played over and over. It is a chart of these bars, and nothing else knows.

Chart, "9-16"  ──looped──>  Chart of eight bars, which keep their numbers
"""

from __future__ import annotations

import re
from dataclasses import replace

from improv.config import ECHO_ROUNDS
from improv.errors import ChartError
from improv.music.chart import Chart, joined
from improv.music.tempo import FASTEST_BPM

_FASTER = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)(\s+clean)?")
_BARS = re.compile(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?")


def parse_loop(text: str) -> tuple[int, int]:
    """(first, last) bar, from 1, of "9-16" or "9". Raises ValueError, a sentence."""
    found = _BARS.fullmatch(text.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last:
        raise ValueError(
            f"Cannot loop {text!r}: expected bars such as '9-16', as `jazz-improv chart` counts them."
        )
    return first, last


def parse_faster(text: str) -> tuple[float, bool]:
    """(bpm, whether only after a clean pass) of "5" or "5 clean". Raises ValueError, a sentence."""
    found = _FASTER.fullmatch(text.strip().lower())
    if found is None or not 0 < float(found[1]) <= FASTEST_BPM:
        raise ValueError(f"Cannot go faster by {text!r}: expected bpm such as '5', or '5 clean'.")
    return float(found[1]), found[2] is not None


def looped(chart: Chart, loop: str) -> Chart:
    """The bars of a tune that are to be played over and over, as a tune; all of it for "".

    Bars beyond the end are those of the last time, where that is longer, as with a coda. Raises ChartError.
    """
    if not loop:
        return chart
    try:
        first, last = parse_loop(loop)
    except ValueError as error:
        raise ChartError(str(error)) from None
    whole = chart.last if chart.last is not None and last > chart.bars else chart
    if last > whole.bars:
        raise ChartError(
            f"Cannot loop bars {loop!r} of {chart.title!r}: expected bars from 1 to {whole.bars}."
        )
    part = whole.part(first - 1, last)
    return replace(part, tops=(0,), first_bar=first - 1)


def echoed(chart: Chart, bars: int) -> Chart:
    """The tune with so many bars at a time ECHO_ROUNDS times over, each time twice: heard, and played back.

    A round begins with each of its tops.
    """
    parts, tops, tick = [], [], 0
    for first in range(0, chart.bars, bars):
        some = chart.part(first, min(first + bars, chart.bars))
        again = replace(some, sections=(), remarks=())
        parts += [some, *[again] * (2 * ECHO_ROUNDS - 1)]
        tops += [tick + 2 * some.length_tick * number for number in range(ECHO_ROUNDS)]
        tick += 2 * ECHO_ROUNDS * some.length_tick
    return replace(joined(parts), tops=tuple(tops))
