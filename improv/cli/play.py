"""Play in time: what `jazz-improv` without a command does."""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv import __version__
from improv.charts.library import load_chart
from improv.cli.options import PROGRAM, EndWithStatus, complain, require_training, write
from improv.config import Config
from improv.errors import ImprovError

if TYPE_CHECKING:
    from improv.live.daemon import Opening, Summary
    from improv.live.voice import Cell


_UNREAD = "nobody reads the output"

_UNREAD_LINES = 10_000
"""Text kept for a terminal that does not read (Ctrl-S); beyond it is let go."""


class _Printer:
    """Writes text from a thread of its own: a terminal that blocks must not stop the music.

    `closed` is called once when nobody can read any more (`| head`).
    """

    def __init__(self, closed: Callable[[], None]) -> None:
        self._closed = closed
        self._texts: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __call__(self, text: str) -> None:
        """Have `text` written; never waits."""
        if self._texts.qsize() < _UNREAD_LINES:
            self._texts.put(text)

    def _run(self) -> None:
        while (text := self._texts.get()) is not None:
            try:
                write(text)
            except OSError:
                self._closed()
                return

    def close(self) -> None:
        """Write the rest, if it is read within a second."""
        self._texts.put(None)
        self._thread.join(1.0)


def play(config: Config, quiet: bool) -> None:
    """Play `config` until its end or until told to stop. Raises ImprovError."""
    for library in ("OPENBLAS", "OMP"):  # matrices this small are slower on two cores
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    chart = load_chart(config.chart)
    from improv.live import daemon
    from improv.live.clock import MonotonicClock
    from improv.live.performer import Stop
    from improv.terminal import TerminalView

    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    printer = _Printer(lambda: inbox.put(Stop(_UNREAD)))
    view = TerminalView(chart, printer, lambda text: click.style(text, bold=True))
    with _signals(lambda name: inbox.put(Stop(name))):
        try:
            summary = daemon.play(
                config,
                chart,
                MonotonicClock(),
                inbox,
                make_cell=make_cell_of(config.engine),
                listeners=[] if quiet else [view],
                opened=lambda opening: _greet(config, opening, quiet),
            )
        finally:
            view.close()
            printer.close()
    _say_goodbye(config, summary, quiet or summary.why == _UNREAD)


def make_cell_of(engine: str) -> Callable[[Path], Cell] | None:
    """What makes the cell of another engine from a model folder; None: the NumPy cell as loaded."""
    if engine == "numpy":
        return None
    require_training(f"--engine {engine}")
    from improv.training.keras_cell import KerasCell

    return KerasCell


@contextmanager
def _signals(stop: Callable[[str], None]) -> Iterator[None]:
    """Turn the signals that end programs into a request to stop. Handlers only put it into a queue."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    previous = {
        name: signal.signal(
            getattr(signal, name), lambda signum, frame: stop(signal.Signals(signum).name)
        )
        for name in names
    }
    try:
        yield
    finally:
        for name, handler in previous.items():
            signal.signal(getattr(signal, name), handler)


_CONNECT = {
    "jack": "connect it to a synth: jack_connect '{client}:{name}' SYNTH:PORT",
    "alsa": "connect it to a synth: aconnect '{client}' SYNTH",
    "coremidi": "choose it as the MIDI input of your DAW or synth",
}


def _greet(config: Config, opening: Opening, quiet: bool) -> None:
    for warning in opening.warnings:
        complain(warning)
    port = opening.port
    if port.why:
        complain(port.why)
    if quiet:
        return
    from improv.live.ports import CLIENT_NAME

    choruses = "1 chorus" if config.choruses == 1 else f"{config.choruses} choruses"
    until = choruses if config.choruses else "until Ctrl-C"
    write(
        f"{PROGRAM} {__version__}: the cell {opening.model.card.name!r} plays {opening.chart.title!r}, "
        f"{opening.controls.tempo_bpm:g} bpm, {until}, seed {config.seed}\n"
    )
    if port.backend == "none":
        left = f" and in {opening.record}" if opening.record else ""
        write(f"No MIDI port: what is played is shown here{left}.\n")
    elif port.virtual:
        how = _CONNECT.get(port.backend, "connect it to a synth")
        write(
            f"Virtual port {port.name!r} ({port.backend}) is open; "
            f"{how.format(client=CLIENT_NAME, name=port.name)}\n"
        )
    else:
        write(f"Port {port.name!r} ({port.backend}) is open.\n")
    write("\n")


def _say_goodbye(config: Config, summary: Summary, quiet: bool) -> None:
    for warning in summary.warnings:
        complain(warning)
    audio = ""
    if summary.record is not None and config.record is None:
        audio = _session_audio(config, summary)
    if not quiet:
        counters = summary.counters
        dropped = counters.get("dropped_ons", 0)
        late = f", {dropped} dropped because they were late" if dropped else ""
        ended = "Finished" if summary.why == "finished" else f"Stopped ({summary.why})"
        bars = "1 bar" if summary.bars == 1 else f"{summary.bars} bars"
        write(f"\n{ended}: {bars}, {counters.get('ons', 0)} notes{late}.\n")
        if summary.record is not None:
            write(f"Left {summary.record}{audio}.\n")
    if summary.warnings:
        raise EndWithStatus(8)


def _session_audio(config: Config, summary: Summary) -> str:
    """Render the session where [audio] is installed and nobody could hear it; what was left, as text."""
    from improv import audio

    if not audio.available() or summary.record is None:
        return ""
    import mido

    wav = summary.record.with_suffix(".wav")
    try:
        audio.render(mido.MidiFile(summary.record), wav)
    except ImprovError as error:
        complain(f"No audio is left: {error}")
        return ""
    return f" and {wav}"
