"""A chart whose last chorus differs, on one page: the chorus, the words that lead out of it, and the coda.

`improv.charts.musicxml` reads it back as the same two ways through.
"""

from __future__ import annotations

from dataclasses import replace

from improv.music.chart import Chart, joined


def with_coda(chart: Chart) -> Chart:
    """The chart and, after it, how it goes the last time, as one chart without a `last`.

    "To Coda" stands over the last bar that both share, and "Coda" over what follows; "Fine" if the last
    chorus only ends earlier. A chart without a `last`, or with one that begins differently, is unchanged.
    """
    last = chart.last
    if last is None:
        return chart
    same = _same_bars(chart, last)
    if not same:
        return chart
    here = replace(chart, last=None)
    if same == last.bars:
        return _marked(here, chart.bar_tick(same - 1), "Fine")
    coda = last.part(same, last.bars)
    label = dict(coda.sections).get(0)
    if label is None:
        coda = replace(coda, sections=((0, "Coda"), *coda.sections))
    elif label != "Coda":
        coda = _marked(coda, 0, "Coda")
    both = joined([_marked(here, chart.bar_tick(same - 1), "To Coda"), coda])
    return replace(both, tops=chart.tops, repeat_tick=chart.repeat_tick)


def _marked(chart: Chart, tick: int, words: str) -> Chart:
    return replace(chart, remarks=tuple(sorted([*chart.remarks, (tick, words)])))


def _same_bars(chart: Chart, last: Chart) -> int:
    """How many bars the two share from the top."""
    same = 0
    while same < min(chart.bars, last.bars) and _bar(chart, same) == _bar(last, same):
        same += 1
    return same


def _bar(chart: Chart, bar: int) -> tuple[object, ...]:
    part = chart.part(bar, bar + 1)
    return part.meter, part.changes, part.length_tick, part.sections, part.remarks
