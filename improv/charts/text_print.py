"""Write a chart as text; `improv.charts.text.parse_chart` reads it back."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

from improv.charts.text_words import GRAINS, KEY, slots
from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.meter import Meter

_BARS_A_LINE = 4
_HEADS = ("title", "composer", "style", "tempo_bpm", "meter", "key", "feel")


@dataclass(frozen=True)
class _Bar:
    """What is said of one bar, as it is printed."""

    label: str
    meter: Meter
    remarks: tuple[str, ...]
    chords: str


def print_chart(chart: Chart) -> str:
    """Write a chart as text that parses to an equal chart, repeats written out, four bars a line.

    A last chorus that differs (`Chart.last`) is printed as a coda. Where choruses begin (`Chart.tops`) is
    not said. ChartError where this language has no words: a chord that is on no half, third or quarter of
    a beat, a bar cut short, a label inside a bar, a loop that does not begin at the top, a last chorus with
    another first bar.
    """
    if chart.repeat_tick:
        _refuse(chart, f"it goes on at tick {chart.repeat_tick}", "a tune that goes on at its top")
    lines = [
        f"{name}: {text}"
        for name, text in (
            ("Title", _plain(chart.title)),
            ("Composer", _plain(chart.composer)),
            ("Style", _plain(chart.style)),
            ("Tempo", f"{chart.tempo_bpm:.3f}".rstrip("0").rstrip(".")),
            ("Meter", str(chart.meter)),
            ("Key", chart.key),
            ("Feel", chart.feel),
        )
        if text
    ]
    if chart.key and not KEY.fullmatch(chart.key):
        _refuse(chart, f"its key is {chart.key!r}", "a note and a mode")
    bars = _bars(chart)
    to_coda, coda = -1, len(bars)
    if chart.last is not None:
        to_coda, last = _coda(chart, chart.last, bars)
        bars += last
    return "\n".join([*lines, "", *_rows(bars, chart.meter, to_coda, coda)]) + "\n"


def _refuse(chart: Chart, what: str, expected: str) -> NoReturn:
    raise ChartError(f"Cannot print chart {chart.title!r}: {what}, expected {expected}.")


def _plain(text: str) -> str:
    """Text on one line, without what would be read as a comment."""
    text = re.sub(r"(?:(?<=\s)|^)#\s+", "#", " ".join(text.split()))
    return re.sub(r"(?:^|\s)#$", "", text)


def _bars(chart: Chart) -> list[_Bar]:
    ends = [*chart.bar_ticks[1:], chart.length_tick]
    labels = dict(chart.sections)
    remarks: dict[int, list[str]] = defaultdict(list)
    for tick, text in chart.remarks:
        remarks[tick].append(" ".join(text.replace('"', "'").split()))
    if not set(labels) | set(remarks) <= set(chart.bar_ticks) or len(labels) < len(chart.sections):
        _refuse(
            chart,
            "a label or remark is inside a bar, or a second one",
            "one label at the start of a bar",
        )
    bars = []
    for bar, (tick, end) in enumerate(zip(chart.bar_ticks, ends, strict=True)):
        meter = chart.meter_of(bar)
        if end - tick != meter.ticks_per_bar:
            _refuse(chart, f"bar {bar + 1} is cut short", "whole bars")
        label = " ".join(re.sub(r"[\[\]|]", " ", labels.get(tick, "")).split())
        bars.append(_Bar(label, meter, tuple(remarks[tick]), _print_bar(chart, bar, meter)))
    return bars


def _coda(chart: Chart, last: Chart, bars: list[_Bar]) -> tuple[int, list[_Bar]]:
    """The bar after which the last chorus leaves, and the bars to which it goes."""
    same_heads = all(getattr(last, name) == getattr(chart, name) for name in _HEADS)
    if not same_heads or last.last or last.repeat_tick:
        _refuse(chart, "its last chorus is another tune", "one that has the same beginning")
    last_bars = _bars(last)
    same = 0
    while same < min(len(bars), len(last_bars) - 1) and bars[same] == last_bars[same]:
        same += 1
    if not same:
        _refuse(chart, "its last chorus has another first bar", "one that has the same beginning")
    return same - 1, last_bars[same:]


def _rows(bars: list[_Bar], meter: Meter, to_coda: int, coda: int) -> list[str]:
    lines: list[str] = []
    row: list[str] = []

    def end_row() -> None:
        if row:
            lines.append("| " + " | ".join(row) + " |")
            row.clear()

    before: _Bar | None = None
    for index, bar in enumerate(bars):
        if bar.label or index == coda or len(row) == _BARS_A_LINE:
            end_row()
        if bar.label:
            lines.append(f"[{bar.label}]")
        words = ["Coda"] if index == coda else []
        if bar.meter != (before.meter if before else meter):
            words.append(str(bar.meter))
        words += [f'"{text}"' for text in bar.remarks if text]
        same = before is not None and (before.chords, before.meter) == (bar.chords, bar.meter)
        words.append("%" if same and index != coda else bar.chords)
        if index == to_coda:
            words.append("To Coda")
        row.append(" ".join(words))
        before = bar
    end_row()
    return lines


def _print_bar(chart: Chart, bar: int, meter: Meter) -> str:
    changes = chart.changes_in_bar(bar)
    changes = changes[:1] + [new for old, new in pairwise(changes) if old[1] != new[1]]
    names = [chord.text if chord else "NC" for _, chord in changes]
    ticks = [tick for tick, _ in changes]
    if ticks == slots(len(ticks), meter):
        return " ".join(names)
    for grain in GRAINS:
        part_tick, rest = divmod(meter.ticks_per_beat, grain)
        if not rest and all(tick % part_tick == 0 for tick in ticks):
            words = ["/"] * (meter.beats_per_bar * grain)
            for tick, name in zip(ticks, names, strict=True):
                words[tick // part_tick] = name
            return " ".join(words)
    odd = next(name for tick, name in changes if tick % (meter.ticks_per_beat // 4))
    _refuse(
        chart,
        f"{odd.text if odd else 'NC'!r} in bar {bar + 1} begins between beats",
        "chords on beats, or on halves, thirds or quarters of beats",
    )
