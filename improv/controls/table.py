"""THE table of live controls: what can be changed while it plays, one row a control.

Options of the command line, their ranges and their help, the example of the config file and the
documentation of Python's keyword arguments are made from these rows; whatever else turns these knobs
reads the same table. A new control is a field of `Controls`, a line of `ControlWords`, and its use.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, TypedDict


@dataclass(frozen=True)
class Row:
    """What is known of a control besides its name. `default_text` is the default as users read it. An
    `automatic` control follows from what is played ("auto") unless it is set; each soloist may have its own
    value of one that is `of_soloist`. `example` is a value for those who asked for one that cannot be."""

    low: float
    high: float
    unit: str
    help: str
    default_text: str
    automatic: bool = False
    of_soloist: bool = False
    example: float = 0.0


def _control(
    default: float,
    low: float,
    high: float,
    unit: str,
    help: str,
    default_text: str = "{:g}",
    *,
    of_soloist: bool = False,
    example: float | None = None,
) -> Any:
    automatic = default_text.startswith("auto")
    shown = default if example is None else example
    row = Row(low, high, unit, help, default_text.format(default), automatic, of_soloist, shown)
    return field(default=default, metadata={"row": row})


@dataclass(frozen=True)
class Controls:
    """The values of all controls at one moment. The performer is given one of these at every step."""

    temperature: float = _control(
        1.0,
        0.0,
        3.0,
        "",
        "how daring the choices are; 0: always the likeliest, which soon repeats itself; 1: as trained",
        of_soloist=True,
    )
    top_p: float = _control(
        0.95,
        0.01,
        1.0,
        "",
        "choose only among the likeliest, which together have this probability",
        of_soloist=True,
    )
    tempo_bpm: float = _control(140.0, 20.0, 400.0, "bpm", "quarter notes a minute", "the chart's")
    swing: float = _control(
        1.5,
        1.0,
        3.0,
        "ratio",
        "length of the first eighth against the second; 1: straight",
        "auto: by tempo and feel",
    )
    lay_back_ms: float = _control(
        0.0,
        -60.0,
        120.0,
        "ms",
        "how late the soloist plays; below 0: early",
        of_soloist=True,
        example=20.0,
    )
    human: float = _control(
        1.0,
        0.0,
        1.5,
        "",
        "how closely the soloist's timing, touch and accents follow people's, if the cell learned them; 0: "
        "only the band's swing; above 1: exaggerated",
        of_soloist=True,
    )
    accents: float = _control(
        1.0,
        0.0,
        2.0,
        "",
        "how much the soloist varies loud and soft; 0: not at all",
        of_soloist=True,
    )
    density: float = _control(
        0.0,
        -1.0,
        1.0,
        "",
        "how many notes the soloist plays; 0: as trained; the arc varies it",
        of_soloist=True,
        example=0.5,
    )
    phrase: float = _control(
        0.0,
        -1.0,
        1.0,
        "",
        "how long the phrases are that the soloist plans; 0: as people's; above 0: longer",
        of_soloist=True,
        example=0.5,
    )
    rehearse: float = _control(
        8.0,
        0.0,
        32.0,
        "versions",
        "of every two bars so many versions are tried in silence, and one that sounds like people is played, "
        "if the cell has learned to tell; 0: none",
        of_soloist=True,
    )
    intensity: float = _control(
        0.5, 0.0, 1.0, "", "how busy and loud the band is; the arc varies it"
    )
    answer: float = _control(
        0.5, 0.0, 1.0, "", "how much of what you played comes back in the reply", of_soloist=True
    )
    follow: float = _control(
        0.3,
        -1.0,
        1.0,
        "",
        "how far the reply goes along with your density, register, loudness and articulation; below 0: the "
        "other way",
        of_soloist=True,
    )
    polite: float = _control(
        0.5,
        0.0,
        1.0,
        "bars",
        "how long it waits for you if you play on where its turn begins",
    )
    overlap: float = _control(
        0.25, 0.0, 1.0, "bars", "in a duet, how long it plays on when you come in"
    )
    listen: float = _control(
        0.5, 0.0, 1.0, "", "how much the band hears you; 0: it is steady, as for practice"
    )

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
    phrase: float
    rehearse: float
    intensity: float
    answer: float
    follow: float
    polite: float
    overlap: float
    listen: float


WORDS: dict[str, str] = {flag_of(name).replace("-", "_"): name for name in ROWS}
"""Keyword -> control."""
