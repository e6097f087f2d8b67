"""THE table of live controls: what can be changed while it plays. One row a control.

Options of the command line, their ranges and their help are made from these rows; whatever else will
turn these knobs (MIDI CC, OSC, a page) reads the same table.

    name         default  range      unit   whose
    temperature  1.0      0 - 3             soloist   0: always the likeliest token; above 1: wilder
    top_p        0.95     0.01 - 1          soloist   share of the probability that is kept before drawing
    tempo_bpm    chart's  20 - 400   bpm    all       quarter notes a minute
    swing        auto     1 - 3      ratio  all       first eighth against the second; 1: straight
    lay_back_ms  0        -60 - 120  ms     soloist   how late the soloist plays; below 0: early
    human        1        0 - 1.5           soloist   how much it plays as people do; 0: on the band's swing
    accents      1        0 - 2             soloist   how much loud and soft the soloist makes; 0: none
    density      0        -1 - 1            soloist   how much the soloist plays; 0: as trained
    intensity    0.5      0 - 1             all       how much the band does
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, TypedDict


@dataclass(frozen=True)
class Row:
    """What is known of a control besides its name. `default_text` is the default as users read it;
    `automatic`: unless it is set, it follows from what is played ("auto"); `of_soloist`: each soloist may
    have a value of its own."""

    low: float
    high: float
    unit: str
    help: str
    default_text: str
    automatic: bool = False
    of_soloist: bool = False


def _control(
    default: float,
    low: float,
    high: float,
    unit: str,
    help: str,
    default_text: str = "{:g}",
    *,
    of_soloist: bool = False,
) -> Any:
    automatic = default_text.startswith("auto")
    row = Row(low, high, unit, help, default_text.format(default), automatic, of_soloist)
    return field(default=default, metadata={"row": row})


@dataclass(frozen=True)
class Controls:
    """The values of all controls at one moment. The performer is given one of these at every step."""

    temperature: float = _control(
        1.0,
        0.0,
        3.0,
        "",
        "0: always the likeliest token, which soon repeats itself; 1: as trained; above: wilder",
        of_soloist=True,
    )
    top_p: float = _control(
        0.95, 0.01, 1.0, "", "share of the probability kept before drawing", of_soloist=True
    )
    tempo_bpm: float = _control(
        140.0, 20.0, 400.0, "bpm", "quarter notes a minute", "that of the chart"
    )
    swing: float = _control(
        1.5,
        1.0,
        3.0,
        "ratio",
        "first eighth against the second; 1: straight",
        "auto: by tempo and feel",
    )
    lay_back_ms: float = _control(
        0.0, -60.0, 120.0, "ms", "how late the soloist plays; below 0: early", of_soloist=True
    )
    human: float = _control(
        1.0,
        0.0,
        1.5,
        "",
        "how much the soloist's time, touch and accents are as learned from people, where the model has "
        "learned them; 0: on the band's swing; above 1: more than people",
        of_soloist=True,
    )
    accents: float = _control(
        1.0, 0.0, 2.0, "", "how much loud and soft the soloist makes; 0: none", of_soloist=True
    )
    density: float = _control(
        0.0,
        -1.0,
        1.0,
        "",
        "how much the soloist plays; 0: as trained; the arc moves about it",
        of_soloist=True,
    )
    intensity: float = _control(0.5, 0.0, 1.0, "", "how much the band does; the arc moves about it")

    def with_values(self, **values: float) -> Controls:
        """These controls with some changed. Raises ValueError for one out of its range, or that is none."""
        for name, value in values.items():
            if name not in ROWS:
                raise ValueError(f"there is no control {name!r}")
            row = ROWS[name]
            if not row.low <= value <= row.high:
                unit = f" {row.unit}" if row.unit else ""
                raise ValueError(
                    f"{name} must be from {row.low:g} to {row.high:g}{unit}, not {value:g}"
                )
        return replace(self, **values)


def _rows() -> dict[str, Row]:
    row_of: dict[str, Row] = {}
    each: Field[Any]
    for each in fields(Controls):
        row_of[each.name] = each.metadata["row"]
    return row_of


ROWS: dict[str, Row] = _rows()
"""The table: name -> row, in order."""


def flag_of(control: str) -> str:
    """What users call a control: "tempo" for tempo_bpm, "lay-back" for lay_back_ms."""
    return control.removesuffix("_bpm").removesuffix("_ms").replace("_", "-")


class ControlWords(TypedDict, total=False):
    """The same as keyword arguments of Python: a row each, called as users do; None: automatic."""

    temperature: float
    top_p: float
    tempo: float | None
    swing: float | None
    lay_back: float
    human: float
    accents: float
    density: float
    intensity: float


WORDS: dict[str, str] = {flag_of(name).replace("-", "_"): name for name in ROWS}
"""Keyword -> control."""
