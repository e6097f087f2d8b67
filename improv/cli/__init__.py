"""The command line: the only place that prints, exits or handles signals.

`jazz-improv` without a command plays; `cli.commands.PLACES` says in which module each command is, and
`cli.help` lays out --help. What is imported at the top is light: a command's module is imported when the
command is asked for (`cli.commands`), and the sender process starts before NumPy is loaded.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import click
from click.core import ParameterSource

from improv.api.form import form_and_config, seed_or_new
from improv.cli.commands import PLACES, Commands
from improv.cli.help import option
from improv.cli.logs import log_level_option
from improv.cli.options import (
    PATH,
    PROGRAM,
    EndWithStatus,
    Read,
    backend_option,
    complain,
    control_options,
    engine_option,
    model_option,
    read_host,
    say,
    seed_option,
)
from improv.cli.page import page_of, page_options
from improv.cli.play import Manner, play
from improv.cli.settings import (
    SettingsGroup,
    asked_file,
    bindings_of,
    config_option,
    reread,
)
from improv.cli.timing import timing_of, timing_options
from improv.cli.tunes import (
    form_options,
    mixer_of,
    setlist_option,
    tunes_of,
    volume_option,
    words_of,
)
from improv.config import Config
from improv.errors import ImprovError, OutputFileError
from improv.midi.ports import BACKENDS
from improv.version import __version__


@click.group(
    cls=SettingsGroup,
    commands=Commands(PLACES),
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name=PROGRAM, allow_from_autoenv=False)
@config_option
@option(
    "--port NAME",
    "The MIDI output to open; any clear part of its name will do. If there is none, a virtual port of "
    "that name is made. [default: a virtual port jazz-improv]",
)
@option(
    "--synth", "Start FluidSynth, play to it, and end it: the band is heard without anything else."
)
@form_options(default_choruses=0)
@setlist_option
@volume_option
@model_option
@control_options
@seed_option
@backend_option(BACKENDS)
@timing_options
@engine_option
@option(
    "--mode NAME",
    "How it shares the time with whoever it hears: solo, 'trade 4' (2, 4, 8, 12 or chorus; 'first me'), "
    "answer, duet or back; the same words are typed while it plays. [default: solo; with --input: trade 4]",
    default="",
)
@option("--record FILE.mid", "Save what was heard as MIDI.", PATH)
@option(
    "--log FILE.jsonl", "Write a JSON line for every message; `jazz-improv replay` reads it.", PATH
)
@option("--quiet", "Show only errors.")
@option(
    "--steer/--no-steer",
    "Lines on standard input change how it plays, while it plays: 'player Charlie Parker:0.7, John "
    "Coltrane:0.3', 'style hardbop', 'tempo 90 over 4', 'help'. [default: if that is a terminal]",
)
@option(
    "--osc [HOST:]PORT",
    "Obey OSC messages that come in here, such as /improv/density 0.5, from this machine alone unless a "
    "host says otherwise; needs the extra [osc].",
    Read(read_host),
)
@option(
    "--osc-to [HOST:]PORT",
    "Send beats, bars, chords and notes there as OSC messages.",
    Read(read_host),
)
@page_options
@log_level_option
@click.pass_context
def cli(context: click.Context, **options: Any) -> None:
    """Improvise jazz over a chart, in time, through a MIDI port, with a band.

    Without a command it plays until Ctrl-C; a second Ctrl-C ends it at once. SIGHUP reads chart and
    configuration again. However it ends, it ends in silence.

    Exit status: 0 ended well (also when told to stop), 1 a bug, 2 a wrong option, 3 chart, 4 input file, 5
    corpus, 6 model, 7 MIDI port, 8 output file, 9 something is not installed, 10 the sender process died,
    128 + N stopped by signal N before it played (Ctrl-C is 130).
    """
    if context.invoked_subcommand is not None:
        gc.enable()  # `play` waits with it until all is loaded
    if context.invoked_subcommand == "config":
        return  # it shows what these options are set to
    if context.invoked_subcommand is not None:
        for name in context.params:
            if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
                flag = next(p.opts[0] for p in context.command.params if p.name == name)
                raise click.UsageError(
                    f"{flag} has no meaning before {context.invoked_subcommand!r}; put it after."
                )
        return
    play_session(context, options, lambda: reread(context))


def play_session(
    context: click.Context,
    options: dict[str, Any],
    again: Callable[[], dict[str, Any]],
    changed: Callable[[Config], Config] = lambda config: config,
) -> None:
    """Play what the options ask for, `changed`; `again` gives the options after SIGHUP.

    Raises ImprovError, click.UsageError.
    """
    seed = seed_or_new(options["seed"])
    names = ("quiet", "steer", "log_level", "synth", "osc", "osc_to")
    words = {name: options[name] for name in names}
    manner = Manner(**words, config_file=asked_file(context), page=page_of(options))

    def config(asked: dict[str, Any]) -> Config:
        return changed(replace(config_of(asked, seed), bindings=bindings_of(context)))

    play(config(options), manner, lambda: config(again()))


def config_of(options: dict[str, Any], seed: int) -> Config:
    """The Config that the options ask for. Raises ImprovError, click.UsageError."""
    if options["backend"] == "none" and options["port"] is not None:
        raise click.UsageError("--port has no meaning with --backend none.")
    if options["synth"] and (options["port"] is not None or options["backend"] == "none"):
        raise click.UsageError(
            "--synth opens a port of its own: give no --port and no --backend none."
        )
    if options["record"] is not None and options["record"] == options["log"]:
        raise click.UsageError("--record and --log name the same file.")
    if "clean" in options["faster"].lower() and options["input"] is None:
        raise click.UsageError("--faster N clean needs --input, the port on which you play.")
    if options["faster"] and options["clock"] != "internal":
        raise click.UsageError("--faster needs a tempo of our own; --clock follows another.")
    from improv.partner.turns import parse_mode

    form, config = form_and_config(words_of(options), options["choruses"])
    taken = ("model", "engine", "port", "backend", "record", "log")
    return replace(
        config,
        tunes=tunes_of(options["chart"], options["setlist"], form, strict=options["strict"]),
        seed=seed,
        mixer=mixer_of(options["volumes"], config.musicians),
        mode=str(parse_mode(options["mode"] or ("trade 4" if options["input"] else "solo"))),
        **{name: options[name] for name in taken},
        **timing_of(options),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status. Only here errors become text and a status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ♭ must not stop the music
    try:
        cli.main(
            args=None if argv is None else list(argv), prog_name=PROGRAM, standalone_mode=False
        )
    except click.ClickException as error:
        page = io.StringIO()
        error.show(page)
        say(page.getvalue(), end="", err=True)
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except ImprovError as error:
        complain(str(error))
        return error.status
    except OSError as error:
        # What no room foresaw: a full disk under stdout, a name too long, a folder that is gone.
        complain(f"{error.strerror or error}: {error.filename or 'standard output or similar'}.")
        return OutputFileError.status
    except EndWithStatus as failed:
        return failed.status
    except (KeyboardInterrupt, click.Abort) as stopped:  # click makes the one into the other
        told = stopped if isinstance(stopped, _ToldToStop) else stopped.__cause__
        return 128 + (told.signum if isinstance(told, _ToldToStop) else signal.SIGINT)
    except SystemExit:  # click's answer to a broken pipe: `| head` has seen enough
        return 0
    return 0


class _ToldToStop(KeyboardInterrupt):
    """SIGTERM or SIGHUP: unwinds as Ctrl-C does, so that nothing half-written is left."""

    def __init__(self, signum: int) -> None:
        super().__init__()
        self.signum = signum


def _told_to_stop(signum: int, frame: object) -> None:
    raise _ToldToStop(signum)


_HANDLERS = {
    "SIGINT": signal.default_int_handler,
    "SIGTERM": _told_to_stop,
    "SIGHUP": _told_to_stop,  # Windows has none
}


def _set_signals(handlers: dict[str, Any]) -> None:
    """Set the handlers, but leave alone the signals that the program was started to ignore (nohup)."""
    for name, handler in handlers.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _open_closed_streams() -> None:
    """Let streams that the shell closed (`>&-`) lead nowhere.

    Otherwise the next file to be opened gets the descriptor, and what C libraries print goes into it.
    """
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(fd, True)
    os.close(fd)


def run() -> None:
    """Run the program to its end; does not return."""
    _open_closed_streams()
    _set_signals(_HANDLERS)
    try:
        status = main()
    except KeyboardInterrupt:  # once more, while the first was being answered
        status = 128 + signal.SIGINT
    _set_signals(dict.fromkeys(_HANDLERS, signal.SIG_DFL))  # nothing is left to unwind
    sys.exit(status)
