"""One line of notes in ticks -> the spans of each bar, on the grid of 12 steps a quarter.

Onsets go to the nearest step (40 ticks; half a step up). Ends go to the step after them unless they are less
than a quarter of a step beyond one: eighths that are played a little short are still eighths. Of notes that
then begin together, the highest is written, and each note ends where the next begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from improv.music.note import TICKS_PER_STEP, Note
from improv.music.take import Take
from improv.notation.rhythm import Span


def first_bar_of(take: Take) -> int:
    """The first bar of a take on paper: a count-in is left out, unless the solo plays in it."""
    chart = take.chart
    first_chord = next((tick for tick, chord in chart.changes if chord is not None), 0)
    first_note = take.written[0].onset_tick if take.written else chart.length_tick
    return chart.bar_of(min(first_note, first_chord, chart.tops[0]))


def step_of(tick: int) -> int:
    """The step nearest to a tick."""
    return (tick + TICKS_PER_STEP // 2) // TICKS_PER_STEP


def end_step_of(tick: int) -> int:
    """The step at which a note that ends at a tick ends: the one after it, unless just beyond one."""
    return (tick + TICKS_PER_STEP * 3 // 4) // TICKS_PER_STEP


def written_line(notes: Iterable[Note], end_step: int) -> list[tuple[int, int, int]]:
    """(start, end, pitch) of one line of notes in steps, within 0 <= start < end <= `end_step`."""
    highest: dict[int, Note] = {}
    for note in notes:
        start = step_of(note.onset_tick)
        if 0 <= start < end_step and (start not in highest or note.pitch >= highest[start].pitch):
            highest[start] = note
    starts = sorted(highest)
    following = [*starts[1:], end_step][: len(starts)]
    return [
        (
            start,
            min(max(end_step_of(highest[start].end_tick), start + 1), after),
            highest[start].pitch,
        )
        for start, after in zip(starts, following, strict=True)
    ]


def bars_of(line: Sequence[tuple[int, int, int]], edges: Sequence[int]) -> Iterator[list[Span]]:
    """For each bar (from one edge to the next, in steps) the spans that fill it; `item` counts notes."""
    at = 0
    for low, high in pairwise(edges):
        spans: list[Span] = []
        reached = low
        while at < len(line) and line[at][0] < high:
            start, end, _ = line[at]
            if end > low:
                if start > reached:
                    spans.append(Span(reached - low, start - low, None))
                begin, reached = max(start, low), min(end, high)
                spans.append(Span(begin - low, reached - low, at, start < low, end > high))
            if end > high:
                break
            at += 1
        if reached < high:
            spans.append(Span(reached - low, high - low, None))
        yield spans
