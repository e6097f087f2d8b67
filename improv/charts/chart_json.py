"""A chart as JSON and back, exactly. A log keeps charts in this form, so that a session can be played again.

{"title", "meter": "4/4", "tempo_bpm", "key", "feel", "length_tick", "changes": [[tick, "Dm7"], ...],
 "sections", "remarks": [[tick, text], ...], "meter_changes": [[tick, "3/4"], ...], "composer", "style",
 "tops": [tick, ...], "repeat_tick", "last": chart or null}

Chords are in their canonical spelling, from which everything else about a chord follows; "NC" is no chord.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.chord import parse_chord_or_nc, print_chord
from improv.music.feel import FEELS
from improv.music.meter import Meter

_LATEST_TICK = 1 << 26
"""Beyond what the longest chart of any format has, 2,000 bars of 32/2."""
_DEEPEST = 4
"""How deep last choruses may be nested: a chart's last chorus has none of its own."""


def to_json(chart: Chart) -> dict[str, Any]:
    """The whole chart in values that JSON knows. Times are ticks, 480 to a quarter note."""
    return {
        "title": chart.title,
        "composer": chart.composer,
        "style": chart.style,
        "key": chart.key,
        "feel": chart.feel,
        "meter": str(chart.meter),
        "tempo_bpm": chart.tempo_bpm,
        "length_tick": chart.length_tick,
        "changes": [[tick, print_chord(chord)] for tick, chord in chart.changes],
        "meter_changes": [[tick, str(meter)] for tick, meter in chart.meter_changes],
        "sections": [list(row) for row in chart.sections],
        "remarks": [list(row) for row in chart.remarks],
        "tops": list(chart.tops),
        "repeat_tick": chart.repeat_tick,
        "last": None if chart.last is None else to_json(chart.last),
    }


def from_json(value: Any) -> Chart:
    """The chart from `to_json`'s values. Raises ChartError, with one sentence, for anything else."""
    return _chart(value, 0)


def _chart(value: Any, depth: int) -> Chart:
    if depth > _DEEPEST:
        raise ChartError(
            "A chart in JSON contains itself again and again: expected one last chorus."
        )
    if not isinstance(value, Mapping):
        raise ChartError(f"A chart in JSON is not an object: expected one, not {_short(value)}.")
    return Chart(
        title=_text(value, "title"),
        meter=Meter.parse(_text(value, "meter")),
        tempo_bpm=_number(value, "tempo_bpm"),
        changes=tuple((tick, parse_chord_or_nc(text)) for tick, text in _rows(value, "changes")),
        length_tick=_tick(value.get("length_tick"), "length_tick"),
        key=_text(value, "key"),
        feel=_feel(value),
        sections=_rows(value, "sections"),
        meter_changes=tuple(
            (tick, Meter.parse(text)) for tick, text in _rows(value, "meter_changes")
        ),
        composer=_text(value, "composer"),
        style=_text(value, "style"),
        remarks=_rows(value, "remarks"),
        last=None if value.get("last") is None else _chart(value["last"], depth + 1),
        tops=tuple(_tick(tick, "tops") for tick in _list(value, "tops")),
        repeat_tick=_tick(value.get("repeat_tick"), "repeat_tick"),
    )


def _wrong(name: str, expected: str, found: Any) -> ChartError:
    return ChartError(
        f"The {name!r} of a chart in JSON is damaged: expected {expected}, not {_short(found)}."
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise _wrong(name, "a text", found)
    return found


def _feel(value: Mapping[str, Any]) -> str:
    name = _text(value, "feel")
    if name not in FEELS:
        raise _wrong("feel", f"one of {', '.join(FEELS)}", name)
    return name


def _number(value: Mapping[str, Any], name: str) -> float:
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 < found < 1e6:
        raise _wrong(name, "a number above 0", found)
    return found


def _tick(found: Any, name: str) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _LATEST_TICK:
        raise _wrong(name, "whole ticks from 0 on", found)
    return found


def _list(value: Mapping[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    if not isinstance(found, list):
        raise _wrong(name, "a list", found)
    return found


def _rows(value: Mapping[str, Any], name: str) -> tuple[tuple[int, str], ...]:
    rows = []
    for row in _list(value, name):
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[1], str):
            raise _wrong(name, "rows of a tick and a text", row)
        rows.append((_tick(row[0], name), row[1]))
    return tuple(rows)
