"""Play a session again from its log, in time or to a file; or some of its bars, with another seed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv.api.engine import make_cell_of
from improv.api.form import seed_or_new
from improv.cli.folding import columns
from improv.cli.help import Command, option
from improv.cli.logs import lead_in
from improv.cli.numbers import Whole
from improv.cli.options import (
    PATH,
    EndWithStatus,
    backend_option,
    complain,
    emphasise,
    json_option,
    print_json,
    progress_bar,
    say,
    seed_option,
    use_one_thread,
)
from improv.cli.outputs import check_outs, named, out_option, soundfont_option, tell, write_outs
from improv.cli.play import Printer, signals_to
from improv.clock import MonotonicClock
from improv.errors import InputFileError, ModelError
from improv.midi.events import ReceiverGone, Said, Stop
from improv.midi.ports import BACKENDS, PortRequest

if TYPE_CHECKING:
    from improv.music.take import Take
    from improv.session.reader import Session

_DIFFERS = 1
_LONG_TICK = 200 * 1920


@click.command(cls=Command)
@click.argument("log", type=PATH, metavar="LOG.jsonl")
@option("--port NAME", "The MIDI output to play it to. [default: a virtual port jazz-improv]")
@backend_option(BACKENDS)
@out_option
@soundfont_option
@option("--check", "Only compare; write and play nothing.")
@option(
    "--take BARS",
    "Play these bars with another seed and leave the rest as it was: '17-20', counted from the first "
    "bar after the count-in, or '2.5-2.8', chorus and bar as the terminal shows them.",
    name="bars",
)
@option("--chorus N", "The chorus in which --take counts its bars, from 1.", Whole(1, 99_999))
@option(
    "--tune N", "The tune of a set that --take is about.", Whole(1, 10_000, such_as=4), default=1
)
@seed_option
@option("--band-too", "With --take: have the band play these bars again, too.")
@json_option
def replay(
    log: Path,
    port: str | None,
    backend: str,
    out: tuple[Path, ...],
    soundfont: Path | None,
    check: bool,
    bars: str | None,
    as_json: bool,
    **how: Any,
) -> None:
    """Play a session again from its log, or retake some of its bars.

    The session is computed again from the seed, the model, the chart and everything that came in, and
    compared with the log (--log) message by message. If the replay differs, it says where, plays or writes
    what the log holds, and ends with exit status 1.
    """
    use_one_thread()
    from improv.session.reader import read_file

    _check_options(port, out, check, bars, **how)
    check_outs(out, soundfont, as_json)
    session = read_file(log)
    report: dict[str, Any] = {"log": str(log)}
    models = _Models(session.where)
    if bars is not None:
        said, session, differs = _retake(session, models, report, bars, **how)
    else:
        said, differs = _compare(session, models, report)
    if differs:
        complain(said)
    if not (bars is not None and differs):
        if out:
            report |= write_outs(_take(session), out, soundfont)
            report["written"] = list(map(str, out))
            said += f"\nWrote {named(out)}."
        if as_json:
            print_json(report)
        elif not differs:
            tell(out, said)
        if not out and not check:
            _play(session, port, backend)
    elif as_json:
        print_json(report)
    if differs:
        raise EndWithStatus(_DIFFERS)


def _check_options(
    port: str | None,
    out: tuple[Path, ...],
    check: bool,
    bars: str | None,
    *,
    tune: int,
    **given: Any,
) -> None:
    if (port is not None or check) and out:
        raise click.UsageError(
            "A session is either played or written: --out excludes --port and --check."
        )
    if port is not None and check:
        raise click.UsageError("--check plays nothing, so --port has no meaning.")
    if bars is None:
        for name in [name for name, value in given.items() if value not in (None, False)]:
            raise click.UsageError(f"--{name.replace('_', '-')} has no meaning without --take.")
        if tune != 1:
            raise click.UsageError("--tune has no meaning without --take.")
    elif check:
        raise click.UsageError("--check compares everything, so --take has no meaning.")


class _Models:
    """Models, found by a log's header. Each is read once, and must be the one the session was played with."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._read: dict[tuple[str, str], tuple[Any, Any]] = {}

    def __call__(self, header: Mapping[str, Any]) -> tuple[Any, Any]:
        from improv.cell.load import load_model
        from improv.session.header import model_path

        path, wanted = model_path(header, self._where), str(header.get("weights_sha256"))
        key = str(path), wanted
        if key not in self._read:
            model = load_model(path)
            if model.card.weights_sha256 != wanted:
                raise ModelError(
                    f"The model {str(path)!r} is not the one that the session of the log {self._where!r} was "
                    f"played with: expected weights {wanted[:12]}, found {model.card.weights_sha256[:12]}."
                )
            make_cell = make_cell_of(str(header.get("engine", "numpy")))
            self._read[key] = model, make_cell(path) if make_cell else None
        return self._read[key]


def _compare(session: Session, models: _Models, report: dict[str, Any]) -> tuple[str, bool]:
    """Play all of it again; what to tell the user, and whether the replay differs."""
    from improv.session.replay import compare, play_again

    length_tick = sum(part.length_end_tick for part in session.parts)
    with progress_bar(length_tick, "Playing again", shown=length_tick > _LONG_TICK) as reach:
        reruns = play_again(session, models, reach)
    outcome = compare(session, reruns)
    report |= {
        "messages": outcome.messages,
        "unheard": outcome.unheard,
        "damaged_lines": session.damaged,
        "difference": outcome.difference or None,
    }
    if outcome.difference:
        return outcome.difference, True
    said = f"{outcome.messages:,} messages, all the same as in the log."
    if outcome.unheard:
        notes = "1 note" if outcome.unheard == 1 else f"{outcome.unheard:,} notes"
        said += (
            f" {notes} were planned but never sent, because a port was gone or the session ended."
        )
    if session.damaged:
        lines = (
            "1 damaged line was"
            if session.damaged == 1
            else f"{session.damaged} damaged lines were"
        )
        said += f" {lines} skipped."
    return said, False


def _retake(
    session: Session,
    models: _Models,
    report: dict[str, Any],
    bars: str,
    *,
    chorus: int | None,
    tune: int,
    seed: int | None,
    band_too: bool,
) -> tuple[str, Session, bool]:
    """Play some bars with another seed; what to tell the user, and the session as it is then."""
    from improv.session.retake import NotAsLoggedError, Span, retake

    new_seed = seed_or_new(seed)
    try:
        span = Span.parse(bars, chorus or 0)
        done = retake(session, span, new_seed, models, tune=tune - 1, band_too=band_too)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--take") from None
    except NotAsLoggedError as error:
        report["difference"] = str(error)
        return f"No bar was retaken. {error}", session, True
    report |= {
        "bars": [done.first_bar, done.last_bar],
        "seed": new_seed,
        "notes_before": done.before,
        "notes_now": done.now,
        "difference": None,
    }
    many = "Bar" if done.first_bar == done.last_bar else "Bars"
    place = done.first_bar if many == "Bar" else f"{done.first_bar} to {done.last_bar}"
    said = (
        f"{many} {place} with seed {new_seed}: {done.now} notes of the soloist instead of {done.before}; "
        "the rest is as in the log."
    )
    return said, done.session, False


def _take(session: Session) -> Take:
    from improv.session.restore import take_of

    take = take_of(session)
    if take is None:
        raise InputFileError(f"The log {session.where!r} holds no music; nothing was played.")
    return take


def _play(session: Session, port: str | None, backend: str) -> None:
    """Play what was heard, in time, to its end or until told to stop."""
    from improv.cli.terminal import TerminalView
    from improv.live.inbox import Inbox
    from improv.live.playback import play_once_more
    from improv.midi.outputs import Outputs
    from improv.midi.receiver_process import ReceiverProcess

    _take(session)  # before anything is opened
    clock, inbox = MonotonicClock(), Inbox()
    printer = Printer(lambda: inbox.put(Stop("nobody reads the output")))
    many = len(session.header["tunes"]) > 1
    view = TerminalView(printer, emphasise, many_tunes=many, columns=columns)
    watcher: ReceiverProcess | None = None

    def attend(item: Any) -> str | None:
        if isinstance(item, ReceiverGone):
            return watcher.attend(item) if watcher is not None else None
        return out.attend(item)

    with signals_to(inbox.put):
        out = Outputs(PortRequest(port, backend), None, inbox, clock)
        try:
            info, _ = out.opened(clock)
            if info.backend != "none":
                watcher = ReceiverProcess(None, [("out", info)], inbox)
            printer(f"Playing again to {info.name!r} ({info.backend}).\n\n")
            why = play_once_more(
                session,
                out,
                clock,
                inbox,
                listeners=[view],
                attend=attend,
                answer=lambda given: printer(f"{'':>8}{given.text}\n"),
            )
        finally:
            out.quit()
            if watcher is not None:
                watcher.close()
            view.close()
            while not inbox.empty():
                if isinstance(item := inbox.get_nowait(), Said) and item.problem:
                    printer(f"{lead_in()}{item.text}\n", err=True)
            printer.close()
    if why != "finished":
        say(f"Stopped ({why}).")
