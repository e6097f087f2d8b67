"""`jazz-improv evaluate`: how well a model predicts people, what its own solos are like, and who can tell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv.api.form import seed_or_new
from improv.cli.folding import columns
from improv.cli.help import Command, option
from improv.cli.numbers import Whole
from improv.cli.options import (
    PATH,
    backend_option,
    complain,
    json_option,
    model_option,
    print_json,
    progress_bar,
    say,
    seed_option,
    use_one_thread,
)
from improv.cli.outputs import check_outs, out_option, soundfont_option
from improv.controls.table import Controls
from improv.errors import InputFileError
from improv.midi.ports import BACKENDS

if TYPE_CHECKING:
    from improv.evaluation.judge.judge import Judgement
    from improv.music.transcription import Transcription

_SHARED_DEFAULT = "../shared"
_VALID = Path("eval") / "valid.jsonl.gz"
_TRAIN = Path("eval") / "train.jsonl.gz"
_TO_MEASURE = (
    *(_VALID, "to measure on"),
    "name a file with --events; `jazz-improv corpus split` makes that of published figures",
)
_TO_MIX_IN = (
    *(_VALID, "by people to mix in"),
    "name a file of yours with --people, or make one with `jazz-improv corpus split`",
)
_TO_TEACH = (
    *(_TRAIN, "for the judge to learn from"),
    "name a file with --train, or set JAZZ_IMPROV_SHARED",
)


@click.command(cls=Command)
@model_option
@option(
    "--events FILE.jsonl[.gz]",
    "Human solos to measure on. [default: eval/valid.jsonl.gz of the shared data]",
    PATH,
)
@option(
    "--musical",
    "Also let it play over the charts of these solos, and measure what it plays beside them.",
)
@option(
    "--judge",
    "Also let it play over the charts of these solos and of those of --train, and say how well it can be"
    " told from people, and by what. Takes minutes; needs the extra [train].",
)
@option(
    "--rehearse N",
    "For --judge: how many versions of every two bars it tries in silence, as `--rehearse` while it"
    " plays; with 0 it has played much sooner.",
    Whole(0, 32, such_as=8),
    default=int(Controls().rehearse),
)
@option(
    "--listening",
    "Also let it trade fours with these solos, and measure what its replies have to do with what it"
    " heard, beside replies to somebody else; with --judge, how well they can be told from people's. Takes"
    " minutes.",
)
@option(
    "--calls N",
    "How many it replies to for --listening.",
    Whole(10, 10_000, such_as=200),
    default=200,
)
@option(
    "--choruses N",
    "How many it plays for --musical, at least: each chart gets the same number.",
    Whole(1, 10_000, such_as=100),
    default=100,
)
@option(
    "--train FILE.jsonl[.gz]",
    "For --musical: the solos it learned from, to look for copies and to show beside it. For --judge:"
    " solos over other tunes, for the judge to learn from. [default: eval/train.jsonl.gz of the shared data;"
    " for --musical otherwise what the model knows of its corpus]",
    PATH,
)
@option(
    "--blind [N]",
    "A blind test instead: N excerpts (20), people's and the machine's over the same charts, played to"
    " --port or written to --out; you say of each whose it is.",
    Whole(2, 200, such_as=20),
    is_flag=False,
    flag_value=20,
)
@option(
    "--people FILE",
    "For --blind: solos by people, in whatever form can be learned from. [default: those of --events]",
    PATH,
)
@option("--port NAME", "For --blind: the MIDI output. [default: a virtual port jazz-improv]")
@backend_option(BACKENDS)
@out_option
@soundfont_option
@seed_option
@json_option
def evaluate(
    model: str,
    events: Path | None,
    musical: bool,
    judge: bool,
    rehearse: int,
    listening: bool,
    calls: int,
    choruses: int,
    train: Path | None,
    blind: int | None,
    people: Path | None,
    port: str | None,
    backend: str,
    out: tuple[Path, ...],
    soundfont: Path | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Measure how well a cell predicts human solos it has not heard.

    The figure is its surprise at each note, in nats: at when the note comes (rhythm) and at what it is
    (pitch). Lower is better. The cell is stepped as when it plays, with its state carried through each solo.
    """
    use_one_thread()
    from improv.api.cell import load
    from improv.api.solos import read_solos
    from improv.evaluation.protocol import other_meters

    if blind is not None:
        from improv.cli.blind import blind_test, check

        check(blind, out, port)
        check_outs(out, soundfont, as_json)
        human = read_solos(_file_of(people or events, *_TO_MIX_IN), workers=None)
        blind_test(
            load(model).model.path,
            human,
            blind,
            seed_or_new(seed),
            outs=out,
            soundfont=soundfont,
            port=port,
            backend=backend,
            as_json=as_json,
        )
        return
    path = _file_of(events, *_TO_MEASURE)
    cell = load(model)
    solos = read_solos(path, workers=None)
    if others := other_meters(solos):
        complain(
            f"{others} of {len(solos)} solos in {str(path)!r} are not in 4/4; they are measured too, but"
            " published figures are for 4/4 only."
        )
    if judge:
        _check_judge(train)
    tables: list[str] = []
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
        tables.append(played.text(columns()))
    if listening:
        from improv.evaluation import listening as hearing

        with progress_bar(100, "trades, in percent") as reach:
            traded = hearing.report(cell.model.path, solos, calls=calls, progress=reach)
        found["listening"] = traded.as_json()
        tables.append(traded.text(columns()))
    if judge:
        taught = read_solos(_file_of(train, *_TO_TEACH), workers=None)
        judged = _judged(cell.model.path, solos, taught, rehearse)
        found["judge"] = judged.as_json()
        tables.append(judged.text())
    if judge and listening:
        from improv.evaluation.judged_replies import judged_replies

        with progress_bar(100, "replies played to be judged, in percent") as reach:
            replies = judged_replies(cell.model.path, taught, solos, progress=reach)
        found["judged replies"] = replies.as_json()
        tables.append(replies.text())
    if as_json:
        print_json(found)
        return
    say(str(scores))
    for table in tables:
        say(f"\n{table}")


def _check_judge(train: Path | None) -> None:
    """Say at once, and not after minutes, what `--judge` lacks."""
    from improv.evaluation.judge.classifiers import require_sklearn
    from improv.keras_backend import require_tensorflow

    require_sklearn()
    require_tensorflow("Judging")
    _file_of(train, *_TO_TEACH)


def _judged(
    model: Path, solos: Sequence[Transcription], train: Sequence[Transcription], rehearse: int
) -> Judgement:
    from improv.evaluation.choruses import playing
    from improv.evaluation.judge.judge import judge
    from improv.evaluation.judge.machine import beside

    how = playing(model, {"rehearse": rehearse})
    with progress_bar(len(train), "solos played for the judge to learn from") as reach:
        seen = beside(how, train, progress=reach)
    with progress_bar(len(solos), "solos played to be judged") as reach:
        heard = beside(how, solos, progress=reach)
    with progress_bar(100, "judged, in percent") as reach:
        return judge(seen, heard, progress=reach)


def _file_of(given: Path | None, path: Path, what_for: str, do: str) -> Path:
    """The solos that were given, else those of the shared data. InputFileError if there are none."""
    if found := given or _shared(path):
        return found
    raise InputFileError(
        f"There are no solos {what_for}, because {str(_shared_dir() / path)!r} does not exist: {do}."
    )


def _shared(path: Path) -> Path | None:
    """A file of the shared data, or None if it is not there."""
    found = _shared_dir() / path
    return found if found.is_file() else None


def _shared_dir() -> Path:
    return Path(os.environ.get("JAZZ_IMPROV_SHARED", _SHARED_DEFAULT))
