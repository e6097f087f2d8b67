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
from improv.controls.mixer import Mixer
from improv.controls.table import ROWS, Controls
from improv.errors import ImprovError, InputFileError, ModelError
from improv.json_values import one_of, text, whole
from improv.originality.guard import LEAST_MAX_QUOTE
from improv.partner.turns import parse_mode
from improv.performance.arc import ARCS
from improv.performance.arrangement import ENDINGS, KEY_CYCLES
from improv.performance.loop import parse_faster
from improv.printable import printable
from improv.version import __version__

if TYPE_CHECKING:
    from improv.cell.load import Model

LOG_FORMAT = 3
"""Counts up with each change that an older reader would not understand."""
_MOST_CHORUSES, _MOST_LEAD_BARS = 100_000, 1_000
_LONGEST_TICK = 1 << 31
"""Of a tune: a million bars. What is beyond these is damage, which would take all memory there is."""
_LONGEST_REASON = 200
_PLAN = tuple(each.name for each in fields(Plan))
_LATER = ("loop", "faster", "echo_bars")
"""What logs of earlier versions need not have."""


def header_of(config: Config, model: Model) -> dict[str, Any]:
    """What is needed to play it again, byte for byte."""
    return {
        "jazz_improv": __version__,
        "log": LOG_FORMAT,
        **model_of(model),
        "engine": config.engine,
        **({"partner_channel": (config.thru or 0) + 1} if config.input is not None else {}),
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
        **({"mode": config.mode} if config.mode != "solo" else {}),
        "soloists": [asdict(each) | {"channel": each.channel + 1} for each in config.soloists],
        "band": [asdict(each) | {"channel": each.channel + 1} for each in config.band],
        **({"volumes": dict(config.mixer.volumes)} if config.mixer.volumes else {}),
        "tunes": [_tune_of(tune) for tune in config.tunes],
    }


def tune_changed(config: Config, number: int) -> dict[str, Any]:
    """The same where only one tune of the set and the seed have changed, so that a line is not as long as the
    set; `with_tunes` puts it in its place."""
    return {"seed": config.seed, "tunes_at": {str(number): _tune_of(config.tunes[number])}}


def with_tunes(header: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """What `tune_changed` has left, with all tunes of the set. Raises LookupError, TypeError, ValueError."""
    changed = dict(changed)
    if "tunes_at" in changed:
        tunes = list(header["tunes"])
        for number, tune in changed.pop("tunes_at").items():
            tunes[whole(int(number))] = dict(tune)
        changed["tunes"] = tunes
    return changed


def _tune_of(tune: Tune) -> dict[str, Any]:
    return {
        "title": tune.chart.title,
        "arc": tune.arc,
        **asdict(tune.plan),
        "controls": {"rehearse": Controls().rehearse, **tune.controls},
        "chart": to_json(tune.chart),
    }


def config_of(header: Mapping[str, Any], where: str) -> Config:
    """What the header of the log `where` says was played. Raises InputFileError, one sentence."""
    version = header.get("log")
    if version != LOG_FORMAT:
        found = version if isinstance(version, int) and 0 < version < 1000 else 1
        raise InputFileError(
            f"The log {where!r} cannot be played again: it is of format {found}, and format "
            f"{LOG_FORMAT} was expected, as this version writes."
        )
    try:
        return Config(
            tunes=tuple(_tune(each) for each in header["tunes"]),
            model=text(header["model"]),
            seed=whole(header["seed"]),
            engine=one_of(("numpy", "keras"), header["engine"]),
            mode=str(parse_mode(text(header.get("mode", "solo")))),
            soloists=tuple(_soloist(each) for each in header["soloists"]),
            band=tuple(
                Musician(one_of(_instruments(), each["instrument"]), **_midi(each))
                for each in header["band"]
            ),
            mixer=Mixer(
                {str(name): float(each) for name, each in header.get("volumes", {}).items()}
            ),
        )
    except KeyError as error:
        raise damaged(f"The first line of the log {where!r}", f"it lacks {error}") from error
    except (TypeError, ValueError, AttributeError, ArithmeticError, ImprovError) as error:
        raise damaged(f"The first line of the log {where!r}", str(error)) from error


def damaged(what: str, why: str) -> InputFileError:
    """The error that says so; of `why`, which may quote what is in it, the beginning."""
    why = printable(why).rstrip(".")
    if len(why) > _LONGEST_REASON:
        why = f"{why[: _LONGEST_REASON - 3]}..."
    return InputFileError(f"{what} is damaged: {why}.")


def _tune(value: Mapping[str, Any]) -> Tune:
    plan = Plan(**{each: value[each] for each in _PLAN if each in value or each not in _LATER})
    whole(plan.choruses, 0, _MOST_CHORUSES)
    for number in (plan.count_in_bars, plan.intro_bars, plan.echo_bars):
        whole(number, 0, _MOST_LEAD_BARS)
    for said in (plan.key, plan.feel, plan.loop, plan.faster):
        text(said)
    if plan.faster:
        parse_faster(plan.faster)
    one_of(("", *KEY_CYCLES), plan.key_cycle)
    one_of(ENDINGS, plan.ending)
    controls = {one_of(ROWS, name): number for name, number in value["controls"].items()}
    controls.setdefault("rehearse", 0.0)  # logs from before it was there say nothing of it
    chart = from_json(value["chart"])
    if plan.choruses * chart.length_tick > _LONGEST_TICK:
        raise ValueError(f"{plan.choruses} choruses of {chart.bars} bars were never played")
    tune = Tune(chart, plan, controls, one_of(ARCS, value["arc"]))
    tune.controls_at_start()  # whether each is in its range
    return tune


def _soloist(value: Mapping[str, Any]) -> SoloistConfig:
    return SoloistConfig(
        name=text(value["name"]),
        **_midi(value),
        player=text(value["player"]),
        style=text(value["style"]),
        max_quote=None
        if (quote := value["max_quote"]) is None
        else whole(quote, LEAST_MAX_QUOTE, what="a quote in notes"),
        low_pitch=whole(value["low_pitch"], 0, 127),
        high_pitch=whole(value["high_pitch"], 0, 127),
        controls=dict(value["controls"]),
    )


def _midi(value: Mapping[str, Any]) -> dict[str, Any]:
    channel, program = whole(value["channel"], 1, 16, "a channel"), value["program"]
    if program is not None:
        whole(program, 0, 127, "a program")
    return {"channel": channel - 1, "program": program}


def _instruments() -> tuple[str, ...]:
    from improv.band.instruments import INSTRUMENTS

    return tuple(INSTRUMENTS)


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
