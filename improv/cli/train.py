"""Make a cell."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv import files
from improv.cli.options import PATH, complain, json_option, print_json, require_training
from improv.errors import OutputFileError
from improv.live.clock import MonotonicClock
from improv.resources import data_dir

if TYPE_CHECKING:
    from improv.training.fit import Progress

_CELLS = Path("cells")
"""Where trained cells go when --out does not say; `--model cells/NAME` plays them."""


@click.command()
@click.argument("paths", nargs=-1, type=PATH)
@click.option(
    "--out",
    type=PATH,
    default=None,
    metavar="DIR",
    help="The model folder to make. [default: cells/NAME]",
)
@click.option(
    "--preset",
    type=click.Choice(["coursera"]),
    default=None,
    help="coursera: the 64-unit cell of the course's assignment, on its one MIDI file.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=None,
    metavar="N",
    help="Same files, same seed: same cell.",
)
@click.option("--epochs", type=click.IntRange(1, 10_000), default=None, metavar="N")
@click.option(
    "--units",
    default=None,
    metavar="N[,N]",
    callback=lambda c, p, v: _units(v),
    help="LSTM units, one number a layer.",
)
@click.option("--faithful", is_flag=True, help="With --preset: keep the zeroed last target.")
@click.option("--force", is_flag=True, help="Replace the model folder if there is one.")
@json_option
def train(
    paths: tuple[Path, ...],
    out: Path | None,
    preset: str | None,
    seed: int | None,
    epochs: int | None,
    units: tuple[int, ...] | None,
    faithful: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Train a cell on your own solos: MIDI files with a melody and chords, or folders of them.

    Without PATHS: on the built-in corpus, which makes the cell `etudes` again. Needs the extra [train].
    """
    require_training("jazz-improv train")
    if faithful and preset is None:
        raise click.UsageError("--faithful goes with --preset coursera.")
    name = paths[0].resolve().stem if paths else "etudes"
    target = out or _CELLS / name
    _check_target(target, force)
    if preset is not None:
        if len(paths) != 1 or units is not None:
            raise click.UsageError("--preset coursera takes exactly one MIDI file, and no --units.")
        _coursera(paths[0], target, seed, epochs, faithful, as_json)
    else:
        _solos(paths, target, name, seed, epochs, units, as_json)


def _units(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        units = tuple(int(part) for part in text.split(","))
    except ValueError:
        units = ()
    if not units or not all(1 <= number <= 4096 for number in units):
        raise click.BadParameter(
            f"{text!r} is not a list of sizes from 1 to 4096, e.g. 128 or 128,128."
        )
    return units


def _check_target(target: Path, force: bool) -> None:
    """Refuse before the work, not after it."""
    if target.exists() and not target.is_dir():
        raise OutputFileError(
            f"Cannot make the model folder {str(target)!r}: a file has that name."
        )
    if target.is_dir() and any(target.iterdir()):
        if not (target / "model.json").is_file():
            raise OutputFileError(
                f"The folder {str(target)!r} holds something else than a model; it is not replaced."
            )
        if not force:
            raise OutputFileError(
                f"There is a model in {str(target)!r} already; give another --out, or --force to "
                "replace it."
            )
    files.check_folder(target)


def _solos(
    paths: tuple[Path, ...],
    target: Path,
    name: str,
    seed: int | None,
    epochs: int | None,
    units: tuple[int, ...] | None,
    as_json: bool,
) -> None:
    from improv.training import etudes

    with _progress("nats a token") as progress:
        options: dict[str, Any] = {"progress": progress}
        if seed is not None:
            options["seed"] = seed
        if not paths and epochs is None and units is None:
            report = etudes.train_builtin(target, **options)
        else:
            report = etudes.train_solos(
                paths or [data_dir()],
                target,
                name=name,
                epochs=epochs,
                units=units,
                **options,
            )
    for left in report.skipped:
        complain(f"left out: {left.reason}")
    scores = report.card.scores
    if as_json:
        print_json(
            {"out": str(target), "files": report.files, "skipped": len(report.skipped), **scores}
        )
        return
    valid = scores.get("valid_nats_per_token")
    held_out = f", {valid:.3f} on solos it has not seen" if valid is not None else ""
    click.echo(
        f"Trained on {report.files} files: {scores['train_nats_per_token']:.3f} nats a token{held_out} "
        f"(best epoch {scores['best_epoch']}).\nPlay it: jazz-improv --model {target}"
    )


def _coursera(
    path: Path, target: Path, seed: int | None, epochs: int | None, faithful: bool, as_json: bool
) -> None:
    from improv.training.coursera import EPOCHS, train_coursera

    with _progress("nats a step") as progress:
        report = train_coursera(
            path,
            target,
            epochs=epochs or EPOCHS,
            seed=seed or 0,
            faithful=faithful,
            progress=progress,
        )
    if as_json:
        print_json({"out": str(target), "loss_first": report.losses[0], "loss": report.losses[-1]})
        return
    click.echo(
        f"Trained for {len(report.losses)} epochs: loss {report.losses[0]:.2f} -> {report.losses[-1]:.2f} "
        f"(summed over {report.targets} steps).\n"
        f"Hear it: jazz-improv generate --model {target} --out my_music.mid\n"
        f"Play it: jazz-improv --model {target}"
    )


@contextmanager
def _progress(unit: str) -> Iterator[Callable[[Progress], None]]:
    """A bar with epoch, loss and time left; on anything but a terminal, a line each tenth of the way."""
    stream = sys.stderr
    live = stream.isatty()
    clock = MonotonicClock()
    began_ns = shown_tenth = -1
    if live:
        stream.write("Reading the solos and starting TensorFlow ...")
        stream.flush()

    def show(progress: Progress) -> None:
        nonlocal began_ns, shown_tenth
        done = progress.share
        if began_ns < 0:
            began_ns, left = clock.now_ns(), "-:--"  # nothing to go by yet
        else:
            left = _minutes((clock.now_ns() - began_ns) / 1e9 * (1 - done) / done)
        valid = f", held out {progress.valid_nats:.3f}" if progress.valid_nats is not None else ""
        text = (
            f"epoch {progress.epoch}/{progress.epochs}  {progress.train_nats:.3f} {unit}{valid}  "
            f"{left} left"
        )
        if live:
            width = max(10, min(40, shutil.get_terminal_size().columns - len(text) - 4))
            filled = round(width * done)
            stream.write(f"\r\x1b[K{'█' * filled}{'░' * (width - filled)}  {text}")
            stream.flush()
        elif int(done * 10) > shown_tenth:
            shown_tenth = int(done * 10)
            stream.write(text + "\n")

    try:
        yield show
    finally:
        if live:
            stream.write("\r\x1b[K")
            stream.flush()


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
