"""Where OSC comes in and goes out: one UDP socket, and one thread that the music never waits for.

    datagrams ── line_of, asked_of ──> the performer's inbox
    the performer's listeners, answers ──> a queue ──> /improv/beat, /improv/note, ... to one address

What comes in is bounded in size and rate; rubbish is spoken of once for each sender. Nobody is answered but
the address that was asked for (`--osc-to`).
"""

from __future__ import annotations

import heapq
import itertools
import logging
import select
import socket
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from improv.clock import Mailbox, MonotonicClock
from improv.errors import MissingError, PortError
from improv.midi.events import Report, Said
from improv.midi.messages import is_off, is_on

if TYPE_CHECKING:
    from improv.health.health import Health
    from improv.performance.performance import Performance
    from improv.performance.played import PlayedNote
    from improv.performance.steering import Answer, Steer

LONGEST = 8192
"""Bytes of a datagram."""
MOST_MESSAGES = 64
"""In one bundle."""
RATE = 500.0
"""So much is obeyed in a second: a datagram, each message in it and each 100 characters of a line are one."""
_LINE = 100
"""Characters of a line that count as one more."""
_MOST_SENDERS = 16
"""So many are told that they send rubbish."""
_MOST_WAITING = 2000
_BURST = 64
"""Datagrams that are read in a row before what is due is sent."""
_PHRASE_BEATS = 1.0
"""A soloist who is silent for so long has ended a phrase."""

Host = tuple[str, int]


def read_host(text: str) -> Host:
    """(host, port) of "9000", "192.168.1.7:9000", "[::1]:9000". ValueError, the end of a sentence."""
    host, _, port = text.strip().rpartition(":")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ValueError("expected a port from 1 to 65535, as in '9000' or '192.168.1.7:9000'")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


class Osc:
    """Obeys what comes in at `listen`, and tells `to` what is played. A listener of the performer."""

    def __init__(self, inbox: Mailbox[Any], listen: Host | None, to: Host | None) -> None:
        """Raises PortError where it cannot listen there, MissingError without python-osc."""
        import importlib.util

        if importlib.util.find_spec("pythonosc") is None:
            raise MissingError("OSC needs python-osc: `pip install 'jazz-improv[osc]'`.")
        self._inbox, self._clock = inbox, MonotonicClock()
        self._listens = listen is not None
        try:
            self._socket, self._to = _open(listen, to)
        except OSError as error:
            host, port = listen or to or ("", 0)
            raise PortError(
                f"OSC cannot use '{host}:{port}': {error.strerror or error}; expected an address of this "
                "machine and a port that is free."
            ) from error
        self.address = self._socket.getsockname()[:2]
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_write.setblocking(False)
        self._waiting: deque[tuple[int, str, tuple[Any, ...], int]] = deque(maxlen=_MOST_WAITING)
        """(when, address, values, number of the tune or phrase that it belongs to)."""
        self._stretch = 0
        self._phrases: dict[str, int] = {}
        """The number of the last note of each soloist who is in a phrase."""
        self._closing = False
        self._tokens, self._counted_ns = RATE, self._clock.now_ns()
        self._flooded = False
        self._told: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="osc", daemon=True)

    def start(self) -> None:
        """Begin to obey and to tell."""
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._closing = True
        self._wake()
        if self._thread.ident is not None:
            self._thread.join(1.0)
        for each in (self._socket, self._wake_read, self._wake_write):
            each.close()

    # -- told by the performer's thread

    def tune(self, performance: Performance) -> None:
        """A tune, or another stretch of it."""
        self._stretch += 1
        self._performance = performance
        self._say("/improv/tune", performance.number + 1, performance.arrangement.chart.title)
        self.tempo(performance.start_tick, performance.tempo.bpm_at(performance.start_tick))

    def bar(self, bar: int) -> None:
        """A bar begins: it, and its beats and chords at their times."""
        chart, tempo = self._performance.arrangement.chart, self._performance.tempo
        chorus, inside = chart.chorus_and_bar(bar)
        self._say("/improv/bar", max(0, chorus + 1), inside + 1)
        start_tick, beat_tick = chart.bar_tick(bar), chart.meter_of(bar).ticks_per_beat
        for beat, tick in enumerate(range(start_tick, chart.bar_tick(bar + 1), beat_tick), 1):
            self._put(tempo.ns_at(tick), "/improv/beat", (beat,), self._stretch)
        for tick, chord in chart.changes_in_bar(bar):
            name = "NC" if chord is None else chord.text
            self._put(tempo.ns_at(start_tick + tick), "/improv/chord", (name,), self._stretch)

    def heard(self, report: Report, note: PlayedNote | None, tick: int) -> None:
        """A note begins (its velocity) or ends (0); soloists' phrases too."""
        if note is None or report.dropped:
            return
        begins = is_on(report.data)
        if not begins and not is_off(report.data):
            return
        if begins and note.is_solo:
            if note.player not in self._phrases:
                self._say("/improv/phrase", note.player, 1)
            self._phrases[note.player] = note.note_id
            if (plan := note.plan) is not None:
                ago = 0 if plan.takes_up is None else plan.takes_up + 1
                said = plan.notes, plan.division, plan.target_pitch or 0, ago, plan.loudness
                self._say("/improv/plan", note.player, *said)
        velocity = note.velocity if begins else 0
        self._say("/improv/note", note.player, note.pitch, velocity, note.channel + 1)
        if not begins and self._phrases.get(note.player) == note.note_id:
            beat_ns = 60e9 / self._performance.tempo.bpm_at(max(0, tick))
            end_ns = self._clock.now_ns() + round(_PHRASE_BEATS * beat_ns)
            self._put(end_ns, "/improv/phrase", (note.player, 0), note.note_id)

    def tempo(self, tick: int, bpm: float) -> None:
        """The tempo."""
        self._say("/improv/tempo", float(bpm))

    def turn(self, turn: Any, bar: int) -> None:
        """Whose turn it is, and for how many bars; 0: without end."""
        if turn is not None:
            self._say("/improv/turn", turn.whose, turn.bars_left(bar) or 0)

    def said(self, answer: Answer) -> None:
        """What the user is told."""
        self._say("/improv/said", answer.text, int(answer.problem))

    def steered(self, steer: Steer) -> None:
        """What was changed, by whomever: for faders that follow."""
        from improv.controls.table import flag_of

        whom = f"@{steer.soloist}/" if steer.soloist else ""
        for name, value in steer.controls.items():
            said: float | str = "auto" if value is None else float(value)
            self._say(f"/improv/{whom}{flag_of(name)}", said)
        for name, volume in steer.volumes.items():
            self._say(f"/improv/volume/{name}", float(volume))
        for name, mute in steer.mutes.items():
            self._say(f"/improv/mute/{name}", int(mute))

    def published(self, health: Health) -> None:
        """Where it was stopped, no more beats."""
        if health.stopped:
            self._stretch += 1

    def _say(self, address: str, *values: Any) -> None:
        self._put(0, address, values, 0)

    def _put(self, ns: int, address: str, values: tuple[Any, ...], belongs_to: int) -> None:
        if self._to is not None:
            self._waiting.append((ns, address, values, belongs_to))
            self._wake()

    def _wake(self) -> None:
        with suppress(OSError):  # full: it wakes anyway
            self._wake_write.send(b"x")

    # -- in its own thread

    def _run(self) -> None:
        root = logging.getLogger()
        if not root.handlers:  # else python-osc writes to stderr what it cannot read
            root.addHandler(logging.NullHandler())
        from pythonosc.osc_message_builder import OscMessageBuilder

        self._make = OscMessageBuilder
        later: list[tuple[int, int, str, tuple[Any, ...], int]] = []
        order = itertools.count()
        readers = [self._wake_read, *([self._socket] if self._listens else [])]
        while not self._closing:
            wait_s = (later[0][0] - self._clock.now_ns()) / 1e9 if later else None
            ready, _, _ = select.select(readers, [], [], wait_s and max(0.0, wait_s))
            if self._wake_read in ready:
                self._wake_read.recv(4096)
            while self._waiting:
                ns, address, values, belongs_to = self._waiting.popleft()
                heapq.heappush(later, (ns, next(order), address, values, belongs_to))
            if self._socket in ready:
                self._obey()
            now_ns = self._clock.now_ns()
            while later and later[0][0] <= now_ns:
                _, _, address, values, belongs_to = heapq.heappop(later)
                if self._holds(address, values, belongs_to):
                    self._send(address, values)

    def _holds(self, address: str, values: tuple[Any, ...], belongs_to: int) -> bool:
        """Whether what was to be said later is so still."""
        if address == "/improv/phrase" and belongs_to:
            if self._phrases.get(values[0]) != belongs_to:
                return False
            del self._phrases[values[0]]
            return True
        return belongs_to in (0, self._stretch)

    def _send(self, address: str, values: tuple[Any, ...]) -> None:
        message = self._make(address)
        for value in values:
            message.add_arg(value)
        with suppress(OSError):  # nobody is there, or the network is gone
            self._socket.sendto(message.build().dgram, self._to or ())

    def _obey(self) -> None:
        for _ in range(_BURST):
            try:
                data, sender = self._socket.recvfrom(LONGEST + 1)
            except OSError:  # nothing more, or an address we told has refused
                return
            try:
                self._hear(data)
            except _FloodError:
                if not self._flooded:
                    self._flooded = True
                    text = "More OSC messages come than can be obeyed; some are dropped."
                    self._inbox.put(Said(text, problem=True))
            except Exception as error:  # whatever a stranger sends ends no music
                self._complain(sender[0], str(error))

    def _complain(self, sender: str, why: str) -> None:
        if sender not in self._told and len(self._told) < _MOST_SENDERS:
            self._told.add(sender)
            text = f"What {sender} sent is no OSC message that can be obeyed: {why.rstrip('.')}."
            self._inbox.put(Said(text, problem=True))

    def _hear(self, data: bytes) -> None:
        """Put what a datagram says into the inbox. Raises whatever is wrong with it."""
        from pythonosc.osc_packet import OscPacket

        from improv.osc.language import line_of
        from improv.performance.steering import Steer, Turned, asked_of

        self._count(1)
        if len(data) > LONGEST:
            raise ValueError(f"expected at most {LONGEST} bytes")
        try:
            messages = OscPacket(data).messages
        except Exception:  # python-osc raises more than its own errors
            raise ValueError("expected a message or a bundle") from None
        if len(messages) > MOST_MESSAGES:
            raise ValueError(f"expected at most {MOST_MESSAGES} messages in a bundle")
        now_ns = self._clock.now_ns()
        for _, message in messages:
            values = message.params
            line = line_of(message.address, values)
            self._count(1 + len(line) // _LINE)
            asked = asked_of(line, now_ns, files=False)
            is_knob = len(values) == 1 and isinstance(values[0], float)
            if is_knob and isinstance(asked, Steer):
                asked = Turned(asked)
            if asked is not None:
                self._inbox.put(asked)

    def _count(self, cost: int) -> None:
        """Raises _FloodError where there is too much of it."""
        now_ns = self._clock.now_ns()
        self._tokens = min(RATE, self._tokens + (now_ns - self._counted_ns) * RATE / 1e9)
        self._counted_ns = now_ns
        if self._tokens < cost:
            raise _FloodError
        if self._tokens >= RATE - 1:
            self._flooded = False
        self._tokens -= cost


class _FloodError(Exception):
    """More came than is obeyed."""


def _open(listen: Host | None, to: Host | None) -> tuple[socket.socket, tuple[Any, ...] | None]:
    """The socket, and the address to send to as it takes it. Raises OSError."""
    host, port = listen or to or ("", 0)
    kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    opened = socket.socket(kind, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        if listen is not None:
            opened.bind(address)
        target = None
        if to is not None:
            target = socket.getaddrinfo(*to, family=kind, type=socket.SOCK_DGRAM)[0][4]
    except BaseException:
        opened.close()
        raise
    return opened, target
