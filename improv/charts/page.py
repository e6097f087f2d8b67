"""A chart as a musician reads it: a heading, then bars in columns, four to a line.

    Blue Tram                                                     Composer
    bossa · D minor · 4/4 · 136 bpm · 32 bars

    A   | Dm9         | %           | Bm7b5       | E7b9        |
        | Em7b5       | A7b9        | Dm9         | A7b13       |

A section begins a line; `%` is the bar before once more, and chords that do not share a bar evenly have a `/`
for each further beat they last (in 6/8 and its kin for each dotted one). What else stands over a bar is on
the line above it; a `?` there marks what could not be read, and the remarks below the bars say what was
changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from improv.charts.text_words import with_slashes
from improv.charts.written import bars_of, same_bars
from improv.music.chart import Chart
from improv.music.chord import Chord
from improv.music.meter import Meter

_BARS_A_LINE = 4
_WIDTH = 80


class _Bar(NamedTuple):
    label: str
    remarks: str
    meter: Meter
    text: str


def chart_page(chart: Chart) -> str:
    """The chart as text, repeats written out, in lines of 80 characters where its bars let it."""
    bars = _bars(chart)
    blocks = [_heading(chart), _rows(bars, chart.meter)]
    if chart.repeat_tick:
        bar = chart.bar_of(chart.repeat_tick)
        blocks.append(f"From the second time on from bar {bar + 1}.\n")
    if chart.last is not None:
        last = _bars(chart.last)
        same = same_bars(bars, last)
        if same == len(last):
            blocks.append(f"The last time it ends with bar {same}.\n")
        else:
            blocks.append(f"The last time, after bar {same}:\n")
            meter = last[same - 1].meter if same else chart.meter
            blocks.append(_rows(last[same:], meter))
    if chart.warnings:
        blocks.append("".join(f"{text}\n" for text in chart.warnings))
    return "\n".join(blocks)


def _heading(chart: Chart) -> str:
    title, composer = chart.title or "(without a title)", chart.composer
    gap = _WIDTH - len(title) - len(composer)
    first = f"{title}{' ' * gap}{composer}" if composer and gap >= 2 else title
    meters = list(dict.fromkeys([chart.meter, *(meter for _, meter in chart.meter_changes)]))
    style = f"{chart.style} ({chart.feel})" if chart.style.lower() not in ("", chart.feel) else ""
    facts = [
        style or chart.feel,
        chart.key,
        ", ".join(map(str, meters)),
        f"{chart.tempo_bpm:g} bpm",
        f"{chart.bars} bar{'s' if chart.bars != 1 else ''}",
    ]
    lines = [first] + ([composer] if composer and gap < 2 else [])
    return "\n".join([*lines, " · ".join(fact for fact in facts if fact)]) + "\n"


def _bars(chart: Chart) -> list[_Bar]:
    return [
        _Bar(bar.label, " ".join(bar.remarks), bar.meter, bar_text(bar.changes, bar.meter))
        for bar in bars_of(chart)
    ]


def bar_text(changes: Sequence[tuple[int, Chord | None]], meter: Meter) -> str:
    """The chords of a bar as text: alone where they share it evenly, else with `/` for the beats between."""
    names = [chord.text if chord else "NC" for _, chord in changes]
    ticks = [tick for tick, _ in changes]
    return with_slashes(names, ticks, meter, dotted=True) or " ".join(names)


def _rows(bars: list[_Bar], meter: Meter) -> str:
    """Lines of bars in columns. `meter` is that before the first of them."""
    margin = max((len(bar.label) for bar in bars), default=0)
    margin = margin + 2 if margin else 0
    shown = []
    before: _Bar | None = None
    for bar in bars:
        change = f"{bar.meter} " if bar.meter != (before.meter if before else meter) else ""
        same = before is not None and (before.text, before.meter) == (bar.text, bar.meter)
        shown.append(change + ("%" if same and not bar.label else bar.text))
        before = bar
    count = _BARS_A_LINE
    lines = _lines(bars, count)
    if _line_width(lines, shown, count, margin) > _WIDTH:
        count = _BARS_A_LINE // 2
        lines = _lines(bars, count)
    widths = _column_widths(lines, shown, count)
    out = []
    for number, line in enumerate(lines):
        label = bars[line[0]].label
        if label and number:
            out.append("")
        above = _remarks_above([bars[at] for at in line], widths, margin)
        out += above
        cells = (shown[at].ljust(widths[column]) for column, at in enumerate(line))
        out.append(f"{label.ljust(margin)}| {' | '.join(cells)} |")
    return "\n".join(out) + "\n"


def _lines(bars: list[_Bar], count: int) -> list[list[int]]:
    lines: list[list[int]] = []
    for at, bar in enumerate(bars):
        if not lines or bar.label or len(lines[-1]) == count:
            lines.append([])
        lines[-1].append(at)
    return lines


def _column_widths(lines: list[list[int]], shown: list[str], count: int) -> list[int]:
    widths = [1] * count
    for line in lines:
        for column, at in enumerate(line):
            widths[column] = max(widths[column], len(shown[at]))
    return widths


def _line_width(lines: list[list[int]], shown: list[str], count: int, margin: int) -> int:
    return margin + 1 + sum(width + 3 for width in _column_widths(lines, shown, count))


def _remarks_above(bars: list[_Bar], widths: list[int], margin: int) -> list[str]:
    """The remarks of a line of bars, each from its bar on; more lines where they would run together."""
    lines: list[str] = []
    column = margin + 2
    for bar, wide in zip(bars, widths, strict=False):
        if bar.remarks:
            start = max(0, min(column, _WIDTH - len(bar.remarks)))
            free = next((at for at, line in enumerate(lines) if len(line) < start), None)
            if free is None:
                lines.append("")
                free = len(lines) - 1
            lines[free] = lines[free].ljust(start) + bar.remarks
        column += wide + 3
    return lines
