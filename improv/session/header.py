"""The first line of a log: everything that a performance is made from, and that made into a Config again.

{"jazz_improv": version, "log": 3, "model", "model_path", "weights_sha256", "engine", "seed",
 "soloists": [{"name", "channel": 1-16, "program": 0-127 or null, "player", ... (SoloistConfig)}],
 "band": [{"instrument", "channel", "program"}],
 "tunes": [{"title", "arc", choruses, key, ... (Plan), "controls": {}, "chart": {}}], ...}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv.charts.chart_json import from_json, to_json
from improv.config import Config, Musician, Plan, SoloistConfig, Tune
from improv.controls.table import ROWS
from improv.errors import ImprovError, InputFileError, ModelError
from improv.performance.arc import ARCS
from improv.performance.arrangement import ENDINGS, KEY_CYCLES
from improv.version import __version__

if TYPE_CHECKING:
    from improv.cell.load import Model

LOG_FORMAT = 3
"""Counts up with each change that an older reader would not understand."""


def header_of(config: Config, model: Model) -> dict[str, Any]:
    """What is needed to play it again, byte for byte."""
    return {
        "jazz_improv": __version__,
        "log": LOG_FORMAT,
        **model_of(model),
        "engine": config.engine,
        **what_is_played(config),
    }


def model_of(model: Model) -> dict[str, Any]:
    """Which model it is, and which weights."""
    return {
        "model": model.card.name,
        "model_path": str(model.path.absolute()),
        "weights_sha256": model.card.weights_sha256,
    }


def what_is_played(config: Config) -> dict[str, Any]:
    """The part of a header that a reload may change."""
    return {
        "seed": config.seed,
        "soloists": [asdict(each) | {"channel": each.channel + 1} for each in config.soloists],
        "band": [asdict(each) | {"channel": each.channel + 1} for each in config.band],
        "tunes": [
            {
                "title": tune.chart.title,
                "arc": tune.arc,
                **asdict(tune.plan),
                "controls": dict(tune.controls),
                "chart": to_json(tune.chart),
            }
            for tune in config.tunes
        ],
    }


def config_of(header: Mapping[str, Any], where: str) -> Config:
    """What the header of the log `where` says was played. Raises InputFileError, one sentence."""
    version = header.get("log")
    if version != LOG_FORMAT:
        raise InputFileError(
            f"The log {where!r} cannot be played again: it is of format {version or 1}, and format "
            f"{LOG_FORMAT} was expected, as this version writes."
        )
    try:
        return Config(
            tunes=tuple(_tune(each) for each in header["tunes"]),
            model=_of(str, header["model"]),
            seed=_from_0(header["seed"]),
            engine=_one_of(("numpy", "keras"), header["engine"]),
            soloists=tuple(_soloist(each) for each in header["soloists"]),
            band=tuple(
                Musician(
                    _one_of(_instruments(), each["instrument"]),
                    _channel(each["channel"]),
                    _program(each["program"]),
                )
                for each in header["band"]
            ),
        )
    except KeyError as error:
        raise _damaged(where, f"it lacks {error}") from error
    except (TypeError, ValueError, AttributeError, ImprovError) as error:
        raise _damaged(where, str(error).rstrip(".")) from error


def _damaged(where: str, why: str) -> InputFileError:
    return InputFileError(f"The first line of the log {where!r} is damaged: {why}.")


def _tune(value: Mapping[str, Any]) -> Tune:
    plan = Plan(**{each.name: value[each.name] for each in fields(Plan)})
    for number in (plan.choruses, plan.count_in_bars, plan.intro_bars):
        _from_0(number)
    for text in (plan.key, plan.feel):
        _of(str, text)
    _one_of(("", *KEY_CYCLES), plan.key_cycle)
    _one_of(ENDINGS, plan.ending)
    controls = {_one_of(tuple(ROWS), name): number for name, number in value["controls"].items()}
    tune = Tune(from_json(value["chart"]), plan, controls, _one_of(tuple(ARCS), value["arc"]))
    tune.controls_at_start()  # whether each is in its range
    return tune


def _soloist(value: Mapping[str, Any]) -> SoloistConfig:
    return SoloistConfig(
        name=_of(str, value["name"]),
        channel=_channel(value["channel"]),
        program=_program(value["program"]),
        player=_of(str, value["player"]),
        style=_of(str, value["style"]),
        max_quote=None if value["max_quote"] is None else _from_0(value["max_quote"]),
        low_pitch=_from_0(value["low_pitch"]),
        high_pitch=_from_0(value["high_pitch"]),
        controls=dict(value["controls"]),
    )


def _instruments() -> tuple[str, ...]:
    from improv.band.instruments import INSTRUMENTS

    return tuple(INSTRUMENTS)


def _of(kind: type[str], value: Any) -> str:
    if not isinstance(value, kind):
        raise TypeError(f"a text was expected, not {value!r}")
    return value


def _from_0(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"a whole number from 0 on was expected, not {value!r}")
    return value


def _one_of(names: tuple[str, ...], value: Any) -> str:
    if value not in names:
        raise ValueError(f"one of {', '.join(filter(None, names))} was expected, not {value!r}")
    return str(value)


def _channel(value: Any) -> int:
    if _from_0(value) not in range(1, 17):
        raise ValueError(f"a channel from 1 to 16 was expected, not {value}")
    return int(value) - 1


def _program(value: Any) -> int | None:
    if value is not None and _from_0(value) > 127:
        raise ValueError(f"a program from 0 to 127 was expected, not {value}")
    return None if value is None else int(value)


def model_path(header: Mapping[str, Any], where: str) -> Path:
    """The folder of the model that the log `where` was played with, if it is the same still.

    Raises ModelError where it is gone, or another.
    """
    from improv.cell.load import find_model

    path = Path(str(header.get("model_path") or ""))
    name = str(header.get("model") or "")
    try:
        found = path.is_dir() and bool(header.get("model_path"))
    except (OSError, ValueError):
        found = False
    try:
        return path if found else find_model(name)
    except ModelError as error:
        raise ModelError(
            f"The log {where!r} was played with the model {name!r} of {str(path)!r}, which is not there."
        ) from error
