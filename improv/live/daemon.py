"""A performance from start to end: start the sender, load the cell, play, and leave in silence.

Input -> output:  Config  ->  Summary, and what the listeners and files got
Called by:        improv.cli
Thread:           the main one

The sender is started first, so that its process comes up while NumPy and the cell are loaded here.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv import files
from improv.config import Config, Tune
from improv.errors import OutputFileError
from improv.live.arrangement import arrange, with_rest
from improv.live.clock import Clock
from improv.live.out import Inbox, Output, SenderProcess
from improv.live.ports import PortInfo, PortRequest

if TYPE_CHECKING:
    from improv.cell.load import Model
    from improv.live.performer import Listener
    from improv.live.steering import Answer, Steer
    from improv.live.voice import Cell
    from improv.music.take import Take

LEAD_NS = 30_000_000
"""From ready to the first beat: time for the first messages to reach the sender."""

PROGRAM_LEAD_NS = 10_000_000
"""How long before it synths are told which sounds to take."""

SESSION_FILE = Path("session.mid")
"""The recording that is left where there is no MIDI port and none was asked for."""


@dataclass(frozen=True)
class Opening:
    """What is known before the first note, for the user to read."""

    model: Model
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
    take: Take | None
    """What was recorded; None where nothing was to be, or nothing was heard."""
    record: Path | None
    warnings: tuple[str, ...] = ()


def play(
    config: Config,
    clock: Clock,
    inbox: Inbox[Any] | None = None,
    *,
    out: Output | None = None,
    make_cell: Callable[[Path], Cell] | None = None,
    listeners: Sequence[Listener] = (),
    opened: Callable[[Opening], None] = lambda opening: None,
    answer: Callable[[Answer], None] = lambda answer: None,
) -> Summary:
    """Play the tunes of `config` to their end or until a Stop is put into `inbox`.

    A Steer that is put there changes who plays and how, also in the tunes to come; `answer` is told.
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
        return _perform(config, clock, inbox, out, make_cell, listeners, opened, answer)
    finally:
        out.quit()


def _perform(
    config: Config,
    clock: Clock,
    inbox: Inbox[Any],
    out: Output,
    make_cell: Callable[[Path], Cell] | None,
    listeners: Sequence[Listener],
    opened: Callable[[Opening], None],
    answer: Callable[[Answer], None],
) -> Summary:
    # Imported here, after the sender was started: NumPy and HDF5 take a good part of the start.
    from improv.cell.load import find_model, load_model
    from improv.live.improviser import make_ensemble, make_performance, players_of
    from improv.live.performer import Performer
    from improv.live.session import Recording, SessionLog
    from improv.live.steering import Steer

    arrangements = [arrange(tune.chart, tune.plan) for tune in config.tunes]
    arrangements = [*map(with_rest, arrangements[:-1]), *arrangements[-1:]]
    model = load_model(find_model(config.model))
    cell = make_cell(model.path) if make_cell is not None else None
    performance = make_performance(config.tunes[0], arrangements[0])
    ensemble = make_ensemble(config, config.tunes[0], performance, model, cell=cell)
    port, realtime = out.opened(clock)
    record, warnings = _recording_path(config, port)
    opened(Opening(model, port, realtime, record, warnings))

    players = players_of(config)
    log = SessionLog(config.log) if config.log else None
    recording = Recording() if record is not None else None  # else it would grow for hours
    if log is not None:
        log.start(_header(config, model) | {"port": port.name, "realtime": realtime})
    optional: list[Listener | None] = [recording, log]
    heard_by = [*listeners, *(listener for listener in optional if listener is not None)]

    start_ns = clock.now_ns() + LEAD_NS
    for _, channel, program in players:
        if program is not None:
            out.plan(0, start_ns - PROGRAM_LEAD_NS, bytes((0xC0 | channel, program)))
    held = Steer()

    def answered(given: Answer) -> None:
        nonlocal held
        if given.steer is not None:
            held = held.then(given.steer)
            if log is not None:
                log.steered(given.steer, given.tick)
        answer(given)

    why, end_tick, steps, bars, first_id = "", 0, 0, 0, 1
    performer = None
    try:
        for number, (tune, arrangement) in enumerate(zip(config.tunes, arrangements, strict=True)):
            config, tune = _as_steered(config, tune, held)
            performance = make_performance(tune, arrangement, start_ns, number)
            if number:
                ensemble = make_ensemble(
                    config, tune, performance, model, cell=cell, first_id=first_id
                )
            performer = Performer(
                ensemble, performance, out, clock, inbox, listeners=heard_by, answer=answered
            )
            why = performer.play()
            steps, first_id = steps + ensemble.steps, ensemble.next_id
            if why != "finished":
                break
            end_tick = arrangement.end_tick or 0
            bars += arrangement.chart.bars
            start_ns = performance.tempo.ns_at(end_tick)
    finally:
        if why != "finished":
            end_tick = max(0, performance.tempo.tick_at(clock.now_ns()))
            bars += arrangement.chart.bar_of(end_tick)
        counters = out.quit()
        if performer is not None:
            performer.drain()
        if log is not None:
            log.close()
        take = recording.take(end_tick, players) if recording is not None else None
        if take is not None and record is not None:
            from improv import smf  # here, because it brings a library that playing does not need

            smf.write_midi(record, smf.take_file(take))
    failed = (log.failed,) if log is not None and log.failed else ()
    return Summary(why, steps, bars, counters, take, record if take else None, failed)


def _as_steered(config: Config, tune: Tune, held: Steer) -> tuple[Config, Tune]:
    """What is to be played with what was changed in the tunes before."""
    from improv.live.steering import players_text

    if held.player is not None:
        config = replace(config, player=players_text(held.player))
    if held.style is not None:
        config = replace(config, style=held.style)
    controls = {**tune.controls, **held.controls}
    set_ones = {name: value for name, value in controls.items() if value is not None}
    return config, replace(tune, controls=set_ones)


def _recording_path(config: Config, port: PortInfo) -> tuple[Path | None, tuple[str, ...]]:
    if config.record is not None or port.backend != "none":
        return config.record, ()
    try:
        files.check_writable(SESSION_FILE)
    except OutputFileError as error:
        return None, (f"No recording is left: {error}",)
    return SESSION_FILE, ()


def _header(config: Config, model: Model) -> dict[str, Any]:
    """The first line of a log: what is needed to play it again."""
    from dataclasses import asdict

    from improv import __version__

    return {
        "jazz_improv": __version__,
        "model": model.card.name,
        "weights_sha256": model.card.weights_sha256,
        "seed": config.seed,
        "player": config.player,
        "style": config.style,
        "max_quote": config.max_quote,
        "channel": config.channel + 1,
        "band": [asdict(seat) | {"channel": seat.channel + 1} for seat in config.band],
        "tunes": [
            {"title": tune.chart.title, "arc": tune.arc, **asdict(tune.plan)}
            for tune in config.tunes
        ],
    }
