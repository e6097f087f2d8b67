"""A tune as the page is told it: the bars as they are written, and in which order they are played.

    Performance  ──tune_message──>  {"type": "tune", "cells": ..., "shapes": ..., "parts": ...}

    cells   [[ticks, section, chords, marks], ...]                a written bar each: what is drawn
    shapes  [[[ticks, ticks of a beat, cell, chords], ...], ...]  runs of bars as played, each once
    parts   [[tick, shape, kind, chorus], ...]                    lead-in, choruses and ending, in order
    chords  [[tick in the bar, "Dm7", [pitch class, ...]], ...]

What repeats is said once: a night of blues in twelve keys is twelve shapes. A cell is -1 where nothing is
written for a bar; a chart that comes from no page has the bars of its first chorus for cells.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import Any

from improv.charts.chart_json import to_json
from improv.music.chart import Chart
from improv.music.chord import Chord
from improv.performance.arrangement import Arrangement
from improv.performance.performance import Performance

_MOST_BARS = 20_000
"""Of a performance; of a longer one only these are shown. They last seven hours at a fast tempo."""


def tune_message(performance: Performance) -> dict[str, Any]:
    """What the page needs to draw the tune and to find its place in it. Times are ticks of the tune.

    "chart" is for the page's process, which makes files of it; browsers do without.
    """
    arrangement, chart = performance.arrangement, performance.arrangement.chart
    in_parts = [
        (kind, chorus, list(bars))
        for (kind, chorus), bars in groupby(
            range(min(chart.bars, _MOST_BARS)), lambda bar: _part_of(arrangement, bar)
        )
    ]
    cells, cell_at = _cells(chart, in_parts)
    shapes: dict[tuple[Any, ...], int] = {}
    parts = []
    for kind, chorus, bars in in_parts:
        shape = tuple(_bar(chart, bar, cell_at.get(chart.bar_ticks[bar], -1)) for bar in bars)
        parts.append(
            [chart.bar_ticks[bars[0]], shapes.setdefault(shape, len(shapes)), kind, chorus]
        )
    return {
        "type": "tune",
        "number": performance.number,
        "title": chart.title,
        "composer": chart.composer,
        "key": chart.key,
        "style": chart.style,
        "feel": chart.feel,
        "meter": str(chart.meter_of(chart.bar_of(arrangement.solo_tick))),
        "tempo_bpm": performance.controls.tempo_bpm,
        "start_tick": performance.start_tick,
        "length_tick": chart.length_tick,
        "first_bar": chart.first_bar,
        "repeat_tick": chart.repeat_tick if arrangement.end_tick is None else None,
        "cells": cells,
        "shapes": list(shapes),
        "parts": parts,
        "keys": arrangement.keys,
        "swing": performance.controls.swing,
        "chart": to_json(chart),
    }


def _part_of(arrangement: Arrangement, bar: int) -> tuple[str, int]:
    kind = arrangement.kind_of(bar)
    return kind, arrangement.chart.chorus_and_bar(bar)[0] if kind == "chorus" else -1


def _cells(
    chart: Chart, in_parts: list[tuple[str, int, list[int]]]
) -> tuple[list[list[Any]], dict[int, int]]:
    """The written bars in the order of the page, and which one is played at the tick of a bar."""
    rows = {tick: (number, marks) for tick, number, marks in chart.written}
    if not rows:
        choruses = (bars for kind, _, bars in in_parts if kind == "chorus")
        rows = {chart.bar_ticks[b]: (at, ()) for bars in choruses for at, b in enumerate(bars)}
    labels = dict(chart.sections)
    drawn: dict[int, list[Any]] = {}
    # An intro or a tag plays bars of the chorus under a label of its own.
    for _, _, bars in sorted(in_parts, key=lambda part: part[0] != "chorus"):
        for bar in bars:
            tick = chart.bar_ticks[bar]
            number, marks = rows.get(tick, (-1, ()))
            if number >= 0 and number not in drawn:
                ticks, _, _, chords = _bar(chart, bar, number)
                drawn[number] = [ticks, labels.get(tick, ""), chords, marks]
    place = {number: at for at, number in enumerate(sorted(drawn))}
    cell_at = {tick: place[number] for tick, (number, _) in rows.items() if number in place}
    return [drawn[number] for number in place], cell_at


def _bar(chart: Chart, bar: int, cell: int) -> tuple[Any, ...]:
    start = chart.bar_ticks[bar]
    end = chart.bar_ticks[bar + 1] if bar + 1 < chart.bars else chart.length_tick
    meter = chart.meter_of(bar)
    beat_tick = meter.ticks_per_beat * (3 if meter.is_compound else 1)  # what the foot taps
    chords = tuple(
        (tick, chord.text if chord else "NC", _tones(chord))
        for tick, chord in chart.changes_in_bar(bar)
    )
    return end - start, beat_tick, cell, chords


@cache
def _tones(chord: Chord | None) -> tuple[int, ...]:
    return tuple(sorted(chord.tone_pcs)) if chord else ()
