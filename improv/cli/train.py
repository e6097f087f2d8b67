"""Train a cell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv.cli.folding import columns
from improv.cli.help import Command, option
from improv.cli.numbers import Whole
from improv.cli.options import PATH, complain, json_option, print_json, say
from improv.keras_backend import require_tensorflow

if TYPE_CHECKING:
    from improv.training.line.own import Outcome, Request

_FLAGS = {"base": "from"}
_NOT_WITH_PRESET = "has no meaning with --preset"


@click.command(cls=Command)
@click.argument("paths", nargs=-1, type=PATH)
@option(
    "--from NAME|DIR",
    "Go on from this cell (fine-tuning): it keeps what it knows and learns your way from few solos. "
    "[default: from scratch]",
    name="base",
)
@option(
    "--valid FILE|DIR",
    "Solos to hold out of the training, to see what was learned. [default: some tunes of PATHS]",
    PATH,
)
@option("--out DIR", "The model folder to make. [default: cells/NAME]", PATH)
@option("--name NAME", "What to call the cell. [default: from PATHS]")
@option(
    "--melody NAME",
    "The track of MIDI files that is the solo, by part of its name. [default: the one most like a "
    "melody]",
    default="",
)
@option(
    "--steps N",
    "Train for at most N steps, and stop when more do not help. [default: 1000, with --from 120]",
    Whole(1, 100_000, such_as=120),
)
@option(
    "--units N,N",
    "LSTM units for melody and rhythm. [default: 256,128; for the built-in corpus 96,48; with --from"
    " those of that cell]",
    callback=lambda c, p, v: _units(v),
)
@option(
    "--seed N",
    "The same files with the same seed give the same cell. [default: 1]",
    Whole(0, such_as=7),
)
@option(
    "--card FILE.json",
    "What the model card says about your solos: the texts licence, attribution and corpus.",
    PATH,
)
@option(
    "--preset NAME",
    "Train the 64-unit cell of the course's assignment, on its one MIDI file.",
    click.Choice(["coursera"]),
)
@option("--epochs N", "How many epochs --preset trains for.", Whole(1, 10_000, such_as=25))
@option("--faithful", "With --preset: keep the last target all zeros, as it was.")
@option("--force", "Replace the model folder if it exists.")
@json_option
def train(
    paths: tuple[Path, ...],
    preset: str | None,
    epochs: int | None,
    faithful: bool,
    force: bool,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Train a cell on your own solos.

    PATHS are MIDI, MusicXML, what music21 reads (ABC, Humdrum, MEI, Capella, NoteWorthy, MuseData), a
    corpus, wjazzd.db, Filosax, or folders of them; with --from, twenty choruses are enough. If a run was
    stopped, the same command continues it. Without PATHS it trains on the built-in corpus, which makes the
    cell `etudes` again. Needs the extra [train]; docs/training.md says more.
    """
    require_tensorflow("`jazz-improv train`")
    if preset is not None:
        others = {name: value for name, value in wanted.items() if name not in ("out", "seed")}
        _refuse({f"--{_FLAGS.get(n, n)}": v or None for n, v in others.items()}, _NOT_WITH_PRESET)
        if len(paths) != 1:
            raise click.UsageError("--preset coursera takes exactly one MIDI file.")
        from improv.api.training import CELLS, check_target

        target = wanted["out"] or CELLS / paths[0].resolve().stem
        check_target(target, force)
        _coursera(paths[0], target, wanted["seed"], epochs, faithful, as_json)
        return
    _refuse({"--epochs": epochs, "--faithful": faithful or None}, "goes with --preset coursera")
    if wanted["base"] is not None and wanted["units"] is not None:
        raise click.UsageError(
            "--units has no meaning with --from, because the cell has its sizes already."
        )
    from improv.api.training import request_of
    from improv.training.line.own import DEFAULT_SEED

    seed = DEFAULT_SEED if wanted["seed"] is None else wanted["seed"]
    _solos(request_of(paths, **wanted | {"seed": seed}), force, as_json)


def _refuse(given: Mapping[str, object], why: str) -> None:
    for flag, value in given.items():
        if value is not None:
            raise click.UsageError(f"{flag} {why}.")


def _units(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    try:
        units = tuple(int(part) for part in text.split(","))
    except ValueError:
        units = ()
    if len(units) != 2 or not all(1 <= number <= 1024 for number in units):
        raise click.BadParameter(f"{text!r}: expected two sizes from 1 to 1024, such as 256,128.")
    return units[0], units[1]


# -- solos


def _solos(request: Request, force: bool, as_json: bool) -> None:
    from improv.api.training import check_target
    from improv.training.line.own import train_on
    from improv.training.line.train import checkpoint_of

    target = request.target
    replaced = check_target(target, force)
    from improv.cli.training import TrainingBar

    bar = TrainingBar()
    try:
        with bar:
            outcome = train_on(request, bar)
    except KeyboardInterrupt:
        if checkpoint_of(target).is_file():
            complain(f"Stopped; the same command continues from step {bar.kept_step}.")
        raise
    told = _beside(replaced, outcome)
    if as_json:
        print_json(_as_json(target, outcome, told))
        return
    if told:
        complain(told)
    if outcome.kept_base:
        complain(
            f"Training did not improve on the held-out solos, so the cell is still"
            f" {outcome.comparison.base_name!r}: either it knows your way already, or the other solos say "
            "little about the held-out ones."
        )
    say(
        f"Trained on {outcome.choruses} choruses from {outcome.learned} solos, with {outcome.held_out} solos"
        f" held out.\n\n{outcome.comparison.text(columns())}\n\n{_hear_it(outcome, target)}"
    )


def _hear_it(outcome: Outcome, target: Path) -> str:
    """What to do now: play it, or make it anew where it plays like nobody."""
    play = f"jazz-improv --model {target}"
    if outcome.comparison.music is None or not outcome.comparison.music.warning:
        return f"Play it: {play}"
    return (
        "Something is wrong with this cell: train it again with more solos or fewer --steps, and look at what"
        f" it learned from (jazz-improv corpus build). To hear it all the same: {play}"
    )


def _beside(replaced: Mapping[str, Any], outcome: Outcome) -> str:
    """What to say of a model that was replaced though it was better."""
    from improv.api.training import held_out_nats

    nats, new = held_out_nats(replaced), held_out_nats({"scores": outcome.card.scores})
    corpus = replaced.get("corpus")
    before = corpus.get("valid_sha256") if isinstance(corpus, dict) else None
    if nats is None or new is None or before != outcome.card.corpus["valid_sha256"] or new <= nats:
        return ""
    return (
        f"The model that was replaced was better: {nats:.3f} nats a note on the same held-out solos, against "
        f"{new:.3f} now."
    )


def _as_json(target: Path, outcome: Outcome, told: str) -> dict[str, Any]:
    return {
        "out": str(target),
        "choruses": outcome.choruses,
        "solos": outcome.learned,
        "held_out": outcome.held_out,
        "kept_base": outcome.kept_base,
        "left_out": [{"what": each.what, "why": each.sentence} for each in outcome.left_out],
        **({"remark": told} if told else {}),
        **outcome.comparison.as_json(),
        "history": outcome.card.scores["history"],
    }


# -- the course's cell


def _coursera(
    path: Path, target: Path, seed: int | None, epochs: int | None, faithful: bool, as_json: bool
) -> None:
    from improv.cli.training import epochs_shown
    from improv.course.train import EPOCHS, train_coursera

    with epochs_shown("nats a step") as progress:
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
    say(
        f"Trained for {len(report.losses)} epochs: loss {report.losses[0]:.2f} -> {report.losses[-1]:.2f} "
        f"(summed over {report.targets} steps).\n"
        f"Hear it: jazz-improv generate --model {target} --out my_music.mid\n"
        f"Play it: jazz-improv --model {target}"
    )
