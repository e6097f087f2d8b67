"""`jazz-improv evaluate`: what the notes of human solos cost a model, and what its own solos are like."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from improv.cli.options import (
    PATH,
    complain,
    json_option,
    model_option,
    print_json,
    progress_bar,
    use_one_thread,
)
from improv.errors import InputFileError

_SHARED_DEFAULT = "../shared"
_VALID = Path("eval") / "valid.jsonl.gz"
_TRAIN = Path("eval") / "train.jsonl.gz"


@click.command()
@model_option
@click.option(
    "--events",
    type=PATH,
    default=None,
    metavar="FILE.jsonl[.gz]",
    help="Human solos to measure on. [default: eval/valid.jsonl.gz of the shared data]",
)
@click.option(
    "--musical",
    is_flag=True,
    help="Also let it play over the charts of these solos and measure that beside them.",
)
@click.option(
    "--choruses",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="How many it plays for --musical, or a few more: all charts alike.",
)
@click.option(
    "--train",
    type=PATH,
    default=None,
    metavar="FILE.jsonl[.gz]",
    help="For --musical: the solos it learned from, to find copies of and to show beside it. [default:"
    " eval/train.jsonl.gz of the shared data, or else what the model knows of its corpus]",
)
@json_option
def evaluate(
    model: str,
    events: Path | None,
    musical: bool,
    choruses: int,
    train: Path | None,
    as_json: bool,
) -> None:
    """Measure a cell on human solos it has not seen: how surprised it is by each note, in nats.

    The lower the better; a note costs what the model did not expect of when it comes (rhythm) and of what
    it is (pitch). The cell is stepped as it plays, its state carried through each solo.
    """
    use_one_thread()
    from improv.api.cell import load
    from improv.api.solos import read_solos
    from improv.evaluation.protocol import other_meters

    path = _events_path(events)
    cell = load(model)
    solos = read_solos(path, workers=None)
    if others := other_meters(solos):
        complain(
            f"{others} of {len(solos)} solos in {str(path)!r} are not in 4/4; they are measured all the"
            " same, but published figures are of 4/4 alone."
        )
    table = ""
    total = sum(max(len(solo.notes) - 1, 0) for solo in solos)
    with progress_bar(total, "notes heard") as reach:
        scores = cell.nats(solos, workers=None, progress=reach)
    found: dict[str, Any] = {
        "nats_per_note": scores.nats_per_note,
        "rhythm": scores.rhythm,
        "pitch": scores.pitch,
        "notes": scores.notes,
    }
    if musical:
        from improv.evaluation.musical import report

        learned = train or _shared(_TRAIN)
        with progress_bar(choruses, "choruses played") as reach:
            played = report(
                cell.model.path,
                solos,
                choruses=choruses,
                progress=reach,
                train=read_solos(learned, workers=None) if learned else None,
            )
        found["musical"] = played.as_json()
        table = played.text()
    if as_json:
        print_json(found)
        return
    click.echo(str(scores))
    if table:
        click.echo(f"\n{table}")


def _events_path(given: Path | None) -> Path:
    """The file of solos: the one given, or the shared one. InputFileError where there is none."""
    if given is not None:
        return given
    shared = _shared(_VALID)
    if shared is None:
        raise InputFileError(
            f"There are no solos to measure on ({str(_shared_dir() / _VALID)!r} is not there): name some"
            " with --events, or set JAZZ_IMPROV_SHARED."
        )
    return shared


def _shared(path: Path) -> Path | None:
    """A file of the shared data, or None where it is not there."""
    found = _shared_dir() / path
    return found if found.is_file() else None


def _shared_dir() -> Path:
    return Path(os.environ.get("JAZZ_IMPROV_SHARED", _SHARED_DEFAULT))
