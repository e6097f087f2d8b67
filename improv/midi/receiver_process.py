"""The performer's end of the receiver process: start it, tell it what to watch, hear what comes in.

Input -> output:  ports in use  ->  ClockMessage or Heard, PortEvent, ReceiverGone in the performer's inbox
Thread:           one reader that only parses a line and puts it into the inbox
"""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from improv import errors
from improv.clock import Clock, Mailbox, MonotonicClock
from improv.errors import ImprovError, PortError
from improv.midi.events import (
    CLOCK_IN,
    IN,
    ClockMessage,
    Heard,
    PortEvent,
    Realtime,
    ReceiverGone,
)
from improv.midi.own_process import OwnProcess
from improv.midi.ports import PortInfo, PortRequest
from improv.midi.thru import Thru

OPEN_TIMEOUT_NS = 10_000_000_000
CLOSE_TIMEOUT_S = 3.0
MOST_DEATHS, WITHIN_NS = 5, 10_000_000_000
"""After so many deaths within so long no other is started: ports are not watched any more then."""
QUIET_NS = 60_000_000_000
"""A death this soon after the last is not said again."""

_NAMES = {CLOCK_IN: "clock's port", IN: "partner's port"}


class ReceiverProcess:
    """Starts a receiver, speaks with it, and starts another when it has died."""

    def __init__(
        self,
        wanted: PortRequest | None,
        watched: Sequence[tuple[str, PortInfo]],
        inbox: Mailbox[Any],
        *,
        role: str = CLOCK_IN,
        channel: int | None = None,
        thru: Thru | None = None,
    ) -> None:
        """Listen to the input `wanted`, if any, and watch the ports, as (role, port).

        `role`: what it is listened to for, CLOCK_IN or IN. Of the latter: `channel` is the only one that is
        heard (0-15; None: all), and `thru` is where its messages go as well. Raises PortError where no
        process can be started.
        """
        self._inbox, self._role, self._channel, self._thru = inbox, role, channel, thru
        self._lock = threading.Lock()
        self._watched: dict[str, tuple[PortInfo, bool]] = {
            role: (info, True) for role, info in watched
        }
        self._realtime = Realtime()
        self._closed = False
        self._deaths: list[int] = []
        self._start(wanted)

    def _start(self, request: PortRequest | None) -> None:
        greetings: queue.SimpleQueue[Any] = queue.SimpleQueue()
        try:
            fds = [self._thru.write_fd] if self._thru is not None else []
            process = OwnProcess("improv.midi.receiver", fds)
        except OSError as error:
            raise PortError(f"The receiver process cannot be started: {error}.") from error
        self._greetings, self._process = greetings, process
        process.listen(
            lambda *said: self._hear(greetings, *said), lambda: self._gone(greetings, process.pid)
        )
        wanted = [request.name, request.backend, request.but] if request is not None else None
        hears = {"role": self._role, "channel": self._channel, "thru": next(iter(fds), None)}
        with self._lock:
            watched = [[role, asdict(info), there] for role, (info, there) in self._watched.items()]
        self._say("start", wanted, watched, hears)

    @property
    def pid(self) -> int:
        """Process id of the receiver that runs now."""
        return self._process.pid

    @property
    def realtime(self) -> Realtime:
        """What priority the receiver has; known once `opened` has answered."""
        return self._realtime

    def opened(self, clock: Clock, timeout_ns: int = OPEN_TIMEOUT_NS) -> PortInfo | None:
        """Wait until the input is open: what it is; None where none is listened to.

        Raises what opening raised (PortError, MissingError), or PortError if the process died.
        """
        answer = clock.wait(self._greetings, clock.now_ns() + timeout_ns)
        if answer is None:
            self._process.kill()
            raise PortError(
                f"The MIDI system does not answer: the {_NAMES[self._role]} was not open after "
                f"{timeout_ns / 1e9:g} s."
            )
        if isinstance(answer, ReceiverGone):
            raise PortError(f"The receiver process ended by itself ({self._ending()}).")
        kind, *values = answer
        if kind == "error":
            raise getattr(errors, values[0], ImprovError)(values[1])
        return PortInfo(**values[0]) if values[0] is not None else None

    def watch(self, role: str, info: PortInfo | None) -> None:
        """Watch `info` as the port of this role, from now on; None: watch none."""
        with self._lock:
            if info is None:
                self._watched.pop(role, None)
            else:
                self._watched[role] = (info, True)
        self._say("watch", role, asdict(info) if info is not None else None)

    def attend(self, gone: ReceiverGone) -> str | None:
        """Start another receiver in place of one that died; the line to be said, if any."""
        if self._closed or gone.pid != self._process.pid:
            return None
        now_ns = MonotonicClock().now_ns()
        ending = self._ending()
        self._process.end(CLOSE_TIMEOUT_S)
        last_ns = self._deaths[-1] if self._deaths else None
        self._deaths = [ns for ns in self._deaths if now_ns - ns < WITHIN_NS] + [now_ns]
        if len(self._deaths) >= MOST_DEATHS:
            self._closed = True
            return (
                f"The process that watches the ports ended {MOST_DEATHS} times within "
                f"{WITHIN_NS // 1_000_000_000} s ({ending}); a port that goes is not noticed any more."
            )
        try:
            self._start(None)
        except PortError as error:
            self._closed = True
            return str(error)
        if last_ns is not None and now_ns - last_ns < QUIET_NS:
            return None
        return f"The process that watches the ports ended by itself ({ending}); another has taken over."

    def close(self) -> None:
        """End the receiver. Safe to call twice, and when it is dead."""
        self._closed = True
        self._say("bye")
        self._process.end(CLOSE_TIMEOUT_S)

    def _ending(self) -> str:
        status = self._process.status(CLOSE_TIMEOUT_S)
        if hasattr(signal, "SIGALRM") and status == -signal.SIGALRM:
            return "the MIDI system did not answer"
        return self._process.ending(CLOSE_TIMEOUT_S)

    def _say(self, *command: Any) -> None:
        self._process.say(*command)
        self._process.flush()  # where it is dead, the reader says so

    def _gone(self, greetings: queue.SimpleQueue[Any], pid: int) -> None:
        with self._lock:
            ours = self._watched.get(self._role)
            if ours is not None:
                self._watched[self._role] = (ours[0], False)
        if ours is not None and ours[1] and not self._closed:
            self._inbox.put(PortEvent(self._role, ours[0].name, False))
        gone = ReceiverGone(pid)
        greetings.put(gone)
        self._inbox.put(gone)

    def _hear(self, greetings: queue.SimpleQueue[Any], kind: str, *values: Any) -> None:
        if kind == "in":
            made = ClockMessage if self._role == CLOCK_IN else Heard
            self._inbox.put(made(values[0], bytes.fromhex(values[1])))
        elif kind == "port":
            event = PortEvent(*values)
            with self._lock:
                if event.role in self._watched:
                    self._watched[event.role] = (self._watched[event.role][0], event.there)
            self._inbox.put(event)
        else:
            if kind == "opened":
                self._realtime = Realtime(**values[1])
                if values[0] is not None:
                    with self._lock:
                        self._watched[self._role] = (PortInfo(**values[0]), True)
            greetings.put([kind, *values])
