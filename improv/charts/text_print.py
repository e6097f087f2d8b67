"""Write a chart as text; `improv.charts.text.parse_chart` reads it back."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from improv.charts.feel_words import behind_intro
from improv.charts.text_words import KEY, METER_LIKE, with_slashes
from improv.charts.written import WrittenBar, bars_of, same_bars
from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.chord import print_chord
from improv.music.meter import Meter

_BARS_A_LINE = 4
_HEADS = ("title", "composer", "style", "tempo_bpm", "meter", "key", "feel")


class _Bar(NamedTuple):
    """The texts of one bar, as printed."""

    label: str
    meter: Meter
    remarks: tuple[str, ...]
    chords: str


def print_chart(chart: Chart) -> str:
    """Write a chart as text that parses to an equal chart, repeats written out, four bars a line.

    A last chorus that differs (`Chart.last`) is printed as a coda, or as a Fine where it only ends earlier.
    Where choruses begin (`Chart.tops`) is not said. Raises ChartError for what this language cannot express:
    a chord that is on no half, third or quarter of a beat, a bar cut short, a label inside a bar, a loop that
    begins neither at the top nor behind a section Intro, a last chorus with another first bar."""
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
    first = behind_intro([bar.label for bar in bars])
    if chart.repeat_tick != chart.bar_ticks[first]:
        _refuse(
            chart,
            f"it goes on at tick {chart.repeat_tick}",
            "the top, or the section behind a section Intro",
        )
    marks: dict[int, tuple[str, str]] = {}  # bar -> words before and behind its chords
    if chart.last is not None:
        bars, marks = _with_last(chart, chart.last, bars, first)
    return "\n".join([*lines, "", *_rows(bars, chart.meter, marks)]) + "\n"


def _refuse(chart: Chart, what: str, expected: str) -> NoReturn:
    raise ChartError(f"Cannot print chart {chart.title!r}: {what}, expected {expected}.")


def _plain(text: str) -> str:
    """Text on one line, without what would be read as a comment."""
    text = re.sub(r"(?:(?<=\s)|^)#\s+", "#", " ".join(text.split()))
    return re.sub(r"(?:^|\s)#$", "", text)


def _bars(chart: Chart) -> list[_Bar]:
    labels = [tick for tick, _ in chart.sections]
    inside = {*labels, *(tick for tick, _ in chart.remarks)} - {*chart.bar_ticks}
    if inside or len({*labels}) < len(labels):
        _refuse(
            chart,
            "a label or remark is inside a bar, or a second one",
            "one label at the start of a bar",
        )
    bars = []
    for number, bar in enumerate(bars_of(chart), start=1):
        if bar.length_tick:
            _refuse(chart, f"bar {number} is cut short", "whole bars")
        label = " ".join(re.sub(r"[\[\]|]", " ", bar.label).split())
        label = label.replace("/", "-") if METER_LIKE.fullmatch(label) else label
        remarks = tuple(" ".join(text.replace('"', "'").split()) for text in bar.remarks)
        bars.append(_Bar(label, bar.meter, remarks, _chords(chart, number, bar)))
    return bars


def _with_last(
    chart: Chart, last: Chart, bars: list[_Bar], first: int
) -> tuple[list[_Bar], dict[int, tuple[str, str]]]:
    """The bars including those of the coda, and the marks that lead the last chorus there, or to its end."""
    last_bars = _bars(last)
    same = same_bars(bars, last_bars)
    if same == len(last_bars):
        marks = {same - 1: ("", "Fine")} if same < len(bars) else {}
    else:
        marks = {same - 1: ("", "To Coda"), len(bars): ("Coda", "")}
        bars = bars + last_bars[same:]
    if not same:
        _refuse(chart, "its last chorus has another first bar", "one that has the same beginning")
    same_heads = all(getattr(last, name) == getattr(chart, name) for name in _HEADS)
    repeat_tick = chart.repeat_tick if first < same else 0
    if not same_heads or last.last or last.repeat_tick != repeat_tick:
        _refuse(chart, "its last chorus is another tune", "one that has the same beginning")
    return bars, marks


def _rows(bars: list[_Bar], meter: Meter, marks: dict[int, tuple[str, str]]) -> list[str]:
    lines: list[str] = []
    row: list[str] = []

    def end_row() -> None:
        if row:
            lines.append("| " + " | ".join(row) + " |")
            row.clear()

    before: _Bar | None = None
    for index, bar in enumerate(bars):
        mark, end_mark = marks.get(index, ("", ""))
        if bar.label or mark or len(row) == _BARS_A_LINE:
            end_row()
        if bar.label:
            lines.append(f"[{bar.label}]")
        words = [mark] if mark else []
        if bar.meter != (before.meter if before else meter):
            words.append(str(bar.meter))
        words += [f'"{text}"' for text in bar.remarks if text]
        same = before is not None and (before.chords, before.meter) == (bar.chords, bar.meter)
        words.append("%" if same and not mark else bar.chords)
        words += [end_mark] if end_mark else []
        row.append(" ".join(words))
        before = bar
    end_row()
    return lines


def _chords(chart: Chart, number: int, bar: WrittenBar) -> str:
    names = [print_chord(chord) for _, chord in bar.changes]
    ticks = [tick for tick, _ in bar.changes]
    if words := with_slashes(names, ticks, bar.meter):
        return words
    between = bar.meter.ticks_per_beat // 4
    odd = next(name for tick, name in zip(ticks, names, strict=True) if tick % between)
    _refuse(
        chart,
        f"{odd!r} in bar {number} begins between beats",
        "chords on beats, or on halves, thirds or quarters of beats",
    )
