"""A chart as JSON and back, exactly. A log keeps charts in this form, so that a session can be played again.

{"title", "meter": "4/4", "tempo_bpm", "key", "feel", "length_tick", "changes": [[tick, "Dm7"], ...],
 "sections", "remarks": [[tick, text], ...], "meter_changes": [[tick, "3/4"], ...], "composer", "style",
 "tops": [tick, ...], "repeat_tick", "last": chart or null}

Chords are in their canonical spelling, from which everything else about a chord follows; "NC" is no chord.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from improv.errors import ChartError
from improv.json_values import finite, listed, one_of, shortened, text, whole
from improv.music.chart import Chart
from improv.music.chord import parse_chord_or_nc, print_chord
from improv.music.feel import FEELS
from improv.music.meter import Meter

_V = TypeVar("_V")
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
        raise ChartError(f"A chart in JSON is not an object: expected one, not {shortened(value)}.")

    def of(name: str, made_of: Callable[[Any], _V]) -> _V:
        try:
            return made_of(value.get(name))
        except ValueError as error:
            raise ChartError(f"The {name!r} of a chart in JSON is damaged: {error}.") from error

    return Chart(
        title=of("title", text),
        meter=Meter.parse(of("meter", text)),
        tempo_bpm=of("tempo_bpm", partial(finite, low=1e-6, high=1e6)),
        changes=tuple((tick, parse_chord_or_nc(chord)) for tick, chord in of("changes", _rows)),
        length_tick=of("length_tick", _tick),
        key=of("key", text),
        feel=of("feel", partial(one_of, FEELS)),
        sections=of("sections", _rows),
        meter_changes=tuple((tick, Meter.parse(row)) for tick, row in of("meter_changes", _rows)),
        composer=of("composer", text),
        style=of("style", text),
        remarks=of("remarks", _rows),
        last=None if value.get("last") is None else _chart(value["last"], depth + 1),
        tops=of("tops", lambda ticks: tuple(map(_tick, listed(ticks)))),
        repeat_tick=of("repeat_tick", _tick),
    )


def _tick(value: Any) -> int:
    return whole(value, 0, _LATEST_TICK, "whole ticks")


def _rows(value: Any) -> tuple[tuple[int, str], ...]:
    return tuple(
        (_tick(tick), text(said)) for tick, said in (listed(row, 2) for row in listed(value))
    )
