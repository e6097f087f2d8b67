"""The performer's end of the page: starts its process, tells it what is planned, hears what is asked.

Input -> output:  notes as they are planned, tunes, answers  ->  lines to the process
                  what is typed and played in a browser      ->  Steer, Tap, Ask, ... in the performer's inbox
Threads:          the performer's tells; a reader's hears, and starts another process when one has died

The music never waits for it: what the pipe does not take is kept, and where that grows the process is
replaced. Whoever takes over is told what holds (`protocol.Board`), so nothing is lost but a moment's sound.
"""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv.clock import Clock, Mailbox
from improv.errors import PortError
from improv.midi.events import Heard, Report, Said
from improv.midi.own_process import OwnProcess
from improv.page import told
from improv.page.form import tune_message
from improv.page.protocol import Board, Message, Serving
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.performance.steering import Answer, Steer, Turned, asked_of

if TYPE_CHECKING:
    from improv.cell.load import Model
    from improv.config import Config
    from improv.health.health import Health
    from improv.partner.heard import HeardNote
    from improv.partner.turns import Turn

DEFAULT_PORT = 8765
MOST_WAITING = 2_000
"""Lines that the process has not taken: more, and it hangs."""
MOST_DEATHS, WITHIN_NS = 5, 10_000_000_000
"""After so many deaths within so long no other is started."""
CLOSE_TIMEOUT_S = 2.0
MOST_KEPT = 200
"""Notes that may be moved; of more, those that have ended are forgotten."""
HEALTH_EVERY_NS = 1_000_000_000
NOTICED_MS = 0.4
"""A note that moves by less is left where it is."""


@dataclass(frozen=True)
class PageOptions:
    """Where the page is served."""

    port: int | None = None
    """None: DEFAULT_PORT, or any that is free where somebody has that."""
    host: str = "127.0.0.1"
    cert: str | None = None
    """A PEM file with certificate and key: the page is served over HTTPS."""


class PageProcess:
    """Starts the page's process, tells it, and starts another when it has died.

    It is a Listener of the performer and a Watcher of the scheduler.
    """

    def __init__(self, options: PageOptions, inbox: Mailbox[Any], clock: Clock) -> None:
        """Start it. Raises PortError where no process can be started."""
        self._inbox, self._clock = inbox, clock
        kept, path = tempfile.mkstemp(prefix="jazz-improv-page-")
        os.close(kept)
        self._serving = Serving(
            options.host,
            options.port if options.port is not None else DEFAULT_PORT,
            secrets.token_urlsafe(12),
            clock.now_ns(),
            options.cert,
            or_any=options.port is None,
            kept=path,
        )
        self._lock = threading.RLock()
        """Of what the reader's thread needs too: the process, and what its successor is to be told."""
        self._board = Board()
        self._answered = threading.Event()
        self._failed = ""
        self._closed = False
        self._deaths: list[int] = []
        self._notes: dict[int, tuple[PlayedNote, float, float]] = {}
        self._planned: dict[int, list[Any]] = {}
        self._withdrawn: list[int] = []
        self._performance: Performance | None = None
        self._told_health, self._told_health_ns = "", -HEALTH_EVERY_NS
        self._silent = False
        self._follows = False
        """Whether another clock says when it rolls."""
        self._values: told.Values | None = None
        self._has_port = False
        self._turn: Turn | None = None
        self._start()

    def _start(self) -> None:
        try:
            process = OwnProcess("improv.page.server")
        except OSError as error:
            Path(self._serving.kept).unlink(missing_ok=True)
            raise PortError(f"The page's process cannot be started: {error}.") from error
        self._answered.clear()
        with self._lock:
            self._process = process
            process.say("start", asdict(self._serving))
            for message in self._board.messages():
                process.say("tell", message)
            process.flush()
        process.listen(self._hear, lambda: self._gone(process))

    @property
    def pid(self) -> int:
        """Process id of the one that runs now."""
        return self._process.pid

    def address(self, timeout_s: float = 10.0) -> str:
        """Where the page is, with its token. Raises PortError where it cannot be served there."""
        if not self._answered.wait(timeout_s):
            raise PortError(f"The page's process has not answered for {timeout_s:g} s.")
        if self._failed:
            raise PortError(self._failed)
        serving = self._serving
        return replace(serving, host=_reached_at(serving.host)).address

    def close(self) -> None:
        """End the process. Safe to call twice."""
        with self._lock:
            self._closed = True
            process = self._process
        process.flush()
        process.end(CLOSE_TIMEOUT_S)
        Path(self._serving.kept).unlink(missing_ok=True)

    # -- what the performer tells (a Listener)

    def opened(self, config: Config, model: Model, has_port: bool) -> None:
        """Everybody is ready, and the port is open."""
        self._values, self._follows = told.Values(config), config.clock != "internal"
        self._has_port = has_port
        self._tell(told.welcome(config, model, has_port))

    def reloaded(self, config: Config, model: Model) -> None:
        """There may be others to play, and other players to choose from."""
        if self._values is not None:
            self._values.reloaded(config)
        self._tell(told.welcome(config, model, self._has_port))

    def tune(self, performance: Performance) -> None:
        """A tune begins, or another stretch of it."""
        self._performance = performance
        self._silent = self._silent and self._follows
        if self._turn is not None:
            self._turn = None
            self._tell({"type": "turn", "who": None, "tick": 0, "end_tick": None})
        self._notes.clear()  # what still sounds of the tune before keeps its times
        self._tell(tune_message(performance))
        self._tell_tempo(performance.start_tick)
        if self._values is not None:
            self._values.begin(performance)
        self._tell_values()

    def bar(self, bar: int) -> None:
        """The page counts bars by itself."""

    def turn(self, turn: Turn | None, bar: int) -> None:
        """Whose turn it is from a bar on; told where that changes."""
        if self._performance is None or turn == self._turn:
            return
        self._turn = turn
        chart = self._performance.arrangement.chart
        end_bar = turn.end_bar if turn is not None else None
        self._tell(
            {
                "type": "turn",
                "who": turn.whose if turn is not None else None,
                "tick": chart.bar_tick(turn.start_bar if turn is not None else bar),
                "end_tick": None if end_bar is None else chart.bar_tick(end_bar),
            }
        )

    def partner(self, note: HeardNote) -> None:
        """What the partner plays: as it begins, and again when it has ended."""
        if self._performance is None:
            return
        tempo, off_ms = self._performance.tempo, None
        on_ms = self._ms(tempo.ns_at(note.played_tick))
        if note.end_tick is not None:
            end_tick = note.played_tick + note.end_tick - note.onset_tick
            off_ms = self._ms(tempo.ns_at(end_tick))
        rows = [[on_ms, off_ms, pitch, note.velocity] for pitch in (*note.under, note.pitch)]
        self._tell({"type": "heard", "notes": rows})

    def heard(self, report: Report, note: PlayedNote | None, tick: int) -> None:
        """What was planned was told; only what a port did not get in time is no matter of the page's."""

    def tempo(self, tick: int, bpm: float) -> None:
        """`moved` is told before."""

    def said(self, given: Answer) -> None:
        """Somebody was answered."""
        self._tell({"type": "said", "text": given.text, "problem": given.problem})

    def steered(self, steer: Steer) -> None:
        """Somebody has changed something."""
        if self._values is not None:
            self._values.steered(steer)
            self._tell_values()

    def published(self, health: Health) -> None:
        """How the session is."""
        text, now_ns = str(health), self._clock.now_ns()
        if text != self._told_health and now_ns - self._told_health_ns >= HEALTH_EVERY_NS:
            self._told_health, self._told_health_ns = text, now_ns
            self._tell({"type": "health", "text": text})

    # -- what is planned (a Watcher)

    def planned(self, note: PlayedNote) -> None:
        """A note of the tune that was begun last, to be played at its ticks."""
        if self._silent:
            self._notes[note.note_id] = note, -1.0, -1.0
        else:
            self._plan(note)

    def _plan(self, note: PlayedNote, least_ms: float = 0.0) -> None:
        performance = self._performance
        if performance is None:
            return
        tempo = performance.tempo
        on_ms, off_ms = (self._ms(tempo.ns_at(tick)) for tick in (note.onset_tick, note.end_tick))
        if least_ms:
            _, old_on_ms, old_off_ms = self._notes[note.note_id]
            if max(abs(on_ms - old_on_ms), abs(off_ms - old_off_ms)) < least_ms:
                return
        self._notes[note.note_id] = note, on_ms, off_ms
        chart = performance.arrangement.chart
        self._planned[note.note_id] = told.note(note, chart, on_ms, off_ms)

    def moved(self) -> None:
        """The tempo map has changed, or it goes on after a halt."""
        self._go_on()
        performance = self._performance
        if performance is None:
            return
        now_ns = self._clock.now_ns()
        self._forget(now_ns)
        for note, _, _ in list(self._notes.values()):
            self._plan(note, NOTICED_MS)
        self._tell_tempo(performance.tempo.tick_at(now_ns))

    def _forget(self, now_ns: int) -> None:
        """Forget the notes that have ended."""
        now_ms = self._ms(now_ns)
        self._notes = {
            key: row for key, row in self._notes.items() if row[2] > now_ms or row[2] < 0
        }

    def withdrawn(self, note_ids: Iterable[int]) -> None:
        """These will not be played."""
        for note_id in note_ids:
            self._notes.pop(note_id, None)
            self._planned.pop(note_id, None)
            self._withdrawn.append(note_id)

    def halted(self, waiting: Iterable[int]) -> None:
        """All is silent at once; what waits is kept for when it goes on, and is then told by `moved`."""
        self._silent = True
        self._tell_values()
        kept = set(waiting)
        self._withdrawn += self._notes
        self._planned.clear()
        self._notes = {
            key: (note, -1.0, -1.0) for key, (note, _, _) in self._notes.items() if key in kept
        }
        self.flush()

    def flush(self) -> None:
        """Hand over what was planned and withdrawn since the last flush."""
        if self._withdrawn:
            ids, self._withdrawn = self._withdrawn, []
            self._tell({"type": "withdraw", "ids": ids})
        if self._planned:
            notes, self._planned = list(self._planned.values()), {}
            self._tell({"type": "notes", "notes": notes})
        if len(self._notes) > MOST_KEPT:
            self._forget(self._clock.now_ns())

    # -- between

    def _ms(self, ns: int) -> float:
        return round((ns - self._serving.epoch_ns) / 1e6, 3)

    def _go_on(self) -> None:
        was_silent, self._silent = self._silent, False
        if was_silent:
            self._tell_values()

    def _tell_values(self) -> None:
        if self._values is not None:
            self._tell(self._values.message(playing=not self._silent))

    def _tell_tempo(self, from_tick: int) -> None:
        if self._performance is not None:
            self._tell(told.tempo(self._performance, from_tick, self._ms))

    def _tell(self, message: Message) -> None:
        with self._lock:
            self._board.take(message)
            self._board.forget(self._ms(self._clock.now_ns()) - 1_000)
            if self._closed:
                return
            self._process.say("tell", message)
            self._process.flush()
            if self._process.waiting > MOST_WAITING:
                self._process.kill()  # `_gone` starts another

    def _hear(self, kind: str, *values: Any) -> None:
        """What the process says; in its reader's thread."""
        if kind == "open":
            self._serving = replace(self._serving, port=values[0], or_any=False)
            self._answered.set()
        elif kind == "failed":
            self._failed = f"The page cannot be served at {self._serving.place}: {values[0]}."
            self._answered.set()
        elif kind == "line":
            # Whoever is at the page need not be at this machine: no files of it.
            asked = asked_of(values[0], self._clock.now_ns(), files=False)
            if isinstance(asked, Steer) and (asked.controls or asked.volumes):
                asked = Turned(
                    asked
                )  # a slider that is dragged is heard at once, and said when it rests
            if asked is not None:
                self._inbox.put(asked)
        elif kind == "midi":
            self._inbox.put(Heard(values[0], bytes.fromhex(values[1])))

    def _gone(self, process: OwnProcess) -> None:
        """It has ended; in its reader's thread."""
        with self._lock:
            if self._closed or self._failed:
                return
            now_ns = self._clock.now_ns()
            ending = process.ending(CLOSE_TIMEOUT_S)
            process.end(CLOSE_TIMEOUT_S)
            self._deaths = [ns for ns in self._deaths if now_ns - ns < WITHIN_NS] + [now_ns]
            text = f"The page's process ended ({ending}); "
            self._closed = len(self._deaths) >= MOST_DEATHS
            if self._closed:
                text += "it has done so too often, and the page is not served any more."
            else:
                try:
                    self._start()
                    text += "another serves the page."
                except PortError as error:
                    self._closed = True
                    text += str(error)
        self._inbox.put(Said(text, problem=True))


def _reached_at(host: str) -> str:
    """The address that others find this machine at, where it listens at all of them."""
    if host not in ("0.0.0.0", "::"):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it only chooses the way out
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
