"""The performer's end of a sender process: start it, hand it messages, hear what it sent.

Input -> output:  plan(note_id, deadline_ns, bytes)  ->  Report objects in the performer's inbox
Thread:           one reader that only parses a line and puts it into the inbox
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from improv import errors
from improv.clock import Clock, Mailbox
from improv.errors import ImprovError, PortError, SenderError
from improv.midi.events import Gone, PortEvent, Realtime, Report
from improv.midi.messages import Planned
from improv.midi.own_process import OwnProcess
from improv.midi.ports import Only, PortInfo, PortRequest
from improv.midi.thru import Thru

OPEN_TIMEOUT_NS = 10_000_000_000
QUIT_TIMEOUT_S = 5.0

Inbox = Mailbox  # of what midi.events has


@dataclass(frozen=True, slots=True)
class Opened:
    """A sender has its port."""

    info: PortInfo
    realtime: Realtime


@dataclass(frozen=True, slots=True)
class Failed:
    """A sender cannot open its port."""

    error: ImprovError


@dataclass(frozen=True, slots=True)
class Broken:
    """The port of the sender `pid` refused a message; it goes on without."""

    pid: int
    why: str


Greeting = Opened | Failed
"""What a sender says first."""


class Output(Protocol):
    """Where planned messages go. The real one keeps processes; tests have another."""

    def opened(self, clock: Clock) -> tuple[PortInfo, Realtime]:
        """Wait until the port is open: what it is, and whether real-time priority was granted."""

    def plan(self, message: Planned) -> None:
        """Have a message sent at its time."""

    def waiting(self) -> list[Planned]:
        """What is planned and not known to have been sent."""

    def flush(self) -> None:
        """Hand over what was planned since the last flush, at once."""

    def replan(self, from_ns: int, messages: Sequence[Planned]) -> None:
        """Take back what is planned for `from_ns` or later and have `messages` sent instead, at once.

        The offs of notes that sound stay unless `messages` has another; an on that was sent already is not
        sent again.
        """

    def silence(self) -> None:
        """Take back everything and release every sounding note, now; playing may go on."""

    def attend(self, item: Gone | PortEvent) -> str | None:
        """Deal with a sender that died or a port that went or came back; the line to be said, if any.

        Raises SenderError when it cannot go on.
        """

    def quit(self) -> dict[str, int]:
        """Silence every note, close the port, end; the remaining reports are in the inbox then."""


MakeSender = Callable[..., "SenderProcess"]
"""Starts a sender, as SenderProcess does; tests have others."""


class SenderProcess:
    """Starts a sender and speaks with it."""

    def __init__(
        self,
        request: PortRequest,
        inbox: Inbox[Any],
        *,
        only: Only | None = None,
        greeted: Callable[[Greeting], None] = lambda greeting: None,
        thru: Thru | None = None,
    ) -> None:
        """Start it. `only`: see `ports.open_output`. `greeted` is called, in the reader's thread, once.
        What comes through `thru` it sends too.

        Raises SenderError where no process can be started.
        """
        self._inbox, self._greeted = inbox, greeted
        self._greetings: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._counters: dict[str, int] = {}
        try:
            self._process = OwnProcess("improv.midi.sender", [thru.read_fd] if thru else [])
        except OSError as error:
            raise SenderError(f"The sender process cannot be started: {error}.") from error
        self._process.listen(self._hear, self._gone)
        at = [[thru.read_fd, thru.channel]] if thru is not None else []
        self._process.say("open", request.name, request.backend, only, *at)
        self._process.flush()  # where it is dead so soon, `opened` and the inbox say so

    @property
    def pid(self) -> int:
        """Process id of the sender."""
        return self._process.pid

    def opened(self, clock: Clock) -> tuple[PortInfo, Realtime]:
        """Wait until the port is open: what it is, and whether real-time priority was granted.

        Raises what opening raised: PortError, MissingError; SenderError if the process died.
        """
        answer = clock.wait(self._greetings, clock.now_ns() + OPEN_TIMEOUT_NS)
        if answer is None:
            self.kill()
            raise PortError("The MIDI system does not answer: the port was not open after 10 s.")
        if isinstance(answer, Failed):
            raise answer.error
        if isinstance(answer, Opened):
            return answer.info, answer.realtime
        raise self.death()

    def plan(self, message: Planned) -> None:
        """Have a message sent at its time. Handed over at the next `flush`."""
        self._process.say("plan", message.note_id, message.deadline_ns, message.data.hex())

    def replan(self, from_ns: int, messages: Sequence[Planned]) -> None:
        """Take back what is planned for `from_ns` or later and have `messages` sent instead; see Output."""
        planned = [[m.note_id, m.deadline_ns, m.data.hex()] for m in messages]
        self._process.say("replan", from_ns, planned)
        self.flush()

    def silence(self) -> None:
        """Take back everything and release every sounding note, now."""
        self._process.say("silence")
        self.flush()

    def release(self, notes: Sequence[tuple[int, int, int]], channels: Sequence[int]) -> None:
        """Silence what another sender left: `notes` are (note_id, channel, pitch). Handed over at `flush`."""
        self._process.say("release", notes, channels)

    def here(self) -> None:
        """Tell it that the performer lives: else it releases what sounds. Handed over at `flush`."""
        self._process.say("here")

    def flush(self) -> None:
        """Hand over what was planned since the last flush. Raises SenderError if the sender is gone."""
        if not self._process.flush():
            raise self.death()

    def quit(self, timeout_s: float = QUIT_TIMEOUT_S) -> dict[str, int]:
        """Silence every note, close the port, end the process. Safe to call twice, and when it is dead.

        Gives its counters, or nothing where it died before it was silent. "stuck" is among them where it had
        to be killed: what it sent last may not have left.
        """
        self._process.flush()
        stuck = not self._process.end(timeout_s)
        return self._counters | {"stuck": 1} if stuck else self._counters

    def kill(self) -> None:
        """End the process at once; only for one that does not answer."""
        self._process.kill()

    def ending(self) -> str:
        """How a sender that is gone ended: its status and, where it said why, its last line."""
        return self._process.ending(QUIT_TIMEOUT_S)

    def death(self) -> SenderError:
        """The error that says how the sender ended."""
        return SenderError(f"The sender process ended by itself ({self.ending()}).")

    def _gone(self) -> None:
        self._greetings.put(Gone(self.pid))
        self._inbox.put(Gone(self.pid))

    def _hear(self, kind: str, *values: Any) -> None:
        if kind in ("sent", "late"):
            note_id, planned_ns, sent_ns, data = values
            report = Report(note_id, planned_ns, sent_ns, bytes.fromhex(data), kind == "late")
            self._inbox.put(report)
        elif kind == "bye":
            self._counters = values[0]
        elif kind == "broken":
            self._inbox.put(Broken(self.pid, values[0]))
        else:
            greeting: Greeting
            if kind == "opened":
                greeting = Opened(PortInfo(**values[0]), Realtime(**values[1]))
            else:
                greeting = Failed(getattr(errors, values[0], ImprovError)(values[1]))
            self._greetings.put(greeting)
            self._greeted(greeting)
