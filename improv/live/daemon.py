"""A performance from start to end: start the sender, load the cell, play, and leave in silence.

Input -> output:  Config  ->  Summary, and what the listeners and files got
Called by:        improv.cli
Thread:           the main one

The sender is started first, so that its process comes up while NumPy and the cell are loaded here.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv import files
from improv.config import Config
from improv.controls.table import Controls
from improv.errors import OutputFileError
from improv.live.clock import Clock
from improv.live.out import Inbox, Output, SenderProcess
from improv.live.ports import PortInfo, PortRequest
from improv.music.chart import Chart
from improv.music.tempo import TempoMap

if TYPE_CHECKING:
    from improv.cell.load import Model
    from improv.live.performer import Listener
    from improv.live.voice import Cell
    from improv.music.note import Note

LEAD_NS = 30_000_000
"""From ready to the first beat: time for the first messages to reach the sender."""

SESSION_FILE = Path("session.mid")
"""The recording that is left where there is no MIDI port and none was asked for."""


@dataclass(frozen=True)
class Opening:
    """What is known before the first note, for the user to read."""

    chart: Chart
    model: Model
    controls: Controls
    port: PortInfo
    realtime: bool
    record: Path | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """How it went. `why` it ended: "finished", or what asked it to stop (a signal's name)."""

    why: str
    steps: int
    bars: int
    counters: dict[str, int]
    notes: tuple[Note, ...]
    """What was recorded; empty where nothing was to be."""
    record: Path | None
    warnings: tuple[str, ...] = ()


def play(
    config: Config,
    chart: Chart,
    clock: Clock,
    inbox: Inbox[Any] | None = None,
    *,
    out: Output | None = None,
    make_cell: Callable[[Path], Cell] | None = None,
    listeners: Sequence[Listener] = (),
    opened: Callable[[Opening], None] = lambda opening: None,
) -> Summary:
    """Play `config` over `chart` until its end or until a Stop is put into `inbox`.

    `out` replaces the sender process (tests). Every way out, an exception too, passes through
    `Output.quit`, which silences what sounds. Raises ImprovError of every kind.
    """
    inbox = inbox if inbox is not None else queue.SimpleQueue()
    if config.record is not None:
        files.check_writable(config.record)
    if config.log is not None and (not files.exists(config.log) or config.log.is_file()):
        files.check_writable(config.log)  # a log is a stream: it may also go to a pipe
    if out is None:
        out = SenderProcess(PortRequest(config.port, config.backend), inbox)
    try:
        return _perform(config, chart, clock, inbox, out, make_cell, listeners, opened)
    finally:
        out.quit()


def _perform(
    config: Config,
    chart: Chart,
    clock: Clock,
    inbox: Inbox[Any],
    out: Output,
    make_cell: Callable[[Path], Cell] | None,
    listeners: Sequence[Listener],
    opened: Callable[[Opening], None],
) -> Summary:
    # Imported here, after the sender was started: NumPy and HDF5 take a good part of the start.
    from improv import smf
    from improv.cell.load import find_model, load_model
    from improv.live.improviser import make_voice
    from improv.live.performer import Performer
    from improv.live.session import Recording, SessionLog

    controls = config.controls_for(chart.tempo_bpm, chart.feel)
    model = load_model(find_model(config.model))
    cell = make_cell(model.path) if make_cell is not None else None
    voice = make_voice(model, chart, config.seed, cell)
    port, realtime = out.opened(clock)
    record, warnings = _recording_path(config, port)
    opened(Opening(chart, model, controls, port, realtime, record, warnings))

    log = SessionLog(config.log) if config.log else None
    start_ns = clock.now_ns() + LEAD_NS
    tempo = TempoMap(controls.tempo_bpm, start_ns)
    recording = Recording(tempo) if record is not None else None  # else it would grow for hours
    if log is not None:
        header = _header(config, chart, model, controls)
        log.start(header | {"start_ns": start_ns, "port": port.name, "realtime": realtime}, tempo)
    optional: list[Listener | None] = [recording, log]
    performer = Performer(
        voice,
        chart,
        tempo,
        out,
        clock,
        inbox,
        controls,
        channel=config.channel,
        listeners=[*listeners, *(listener for listener in optional if listener is not None)],
    )
    end_tick = config.choruses * chart.length_tick
    why = ""
    try:
        why = performer.play(end_tick or None)
    finally:
        if why != "finished":
            end_tick = max(0, tempo.tick_at(clock.now_ns()))
        counters = out.quit()
        performer.drain()
        if log is not None:
            log.close()
        notes = tuple(recording.sorted_notes()) if recording is not None else ()
        if record is not None:
            midi = smf.solo_file(
                notes,
                chart,
                length_tick=end_tick,
                tempo_bpm=controls.tempo_bpm,
                channel=config.channel,
            )
            smf.write_midi(record, midi)
    failed = (log.failed,) if log is not None and log.failed else ()
    bars = chart.bar_of(end_tick)
    return Summary(why, performer.steps, bars, counters, notes, record, failed)


def _recording_path(config: Config, port: PortInfo) -> tuple[Path | None, tuple[str, ...]]:
    if config.record is not None or port.backend != "none":
        return config.record, ()
    try:
        files.check_writable(SESSION_FILE)
    except OutputFileError as error:
        return None, (f"No recording is left: {error}",)
    return SESSION_FILE, ()


def _header(config: Config, chart: Chart, model: Model, controls: Controls) -> dict[str, Any]:
    """The first line of a log: what is needed to play it again."""
    from dataclasses import asdict

    from improv import __version__

    return {
        "jazz_improv": __version__,
        "model": model.card.name,
        "weights_sha256": model.card.weights_sha256,
        "chart": config.chart,
        "title": chart.title,
        "seed": config.seed,
        "choruses": config.choruses,
        "channel": config.channel + 1,
        "controls": asdict(controls),
    }
