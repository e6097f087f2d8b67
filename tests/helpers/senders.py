"""A sender without a process, for tests of what replaces senders: a real send queue, a manual clock."""

from __future__ import annotations

import queue
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

from fakes import ManualClock

from improv.errors import PortError, SenderError
from improv.midi.events import Gone, PortEvent, Realtime, Report, Taken
from improv.midi.messages import Planned
from improv.midi.ports import PortInfo, PortRequest
from improv.midi.send_queue import Due, SendQueue
from improv.midi.sender_process import Broken, Failed, Opened

MS = 1_000_000


@dataclass
class World:
    """Where the senders live: the time, the ports that are there, and what each port has received."""

    clock: ManualClock = field(default_factory=ManualClock)
    there: bool = True
    virtual: bool = False
    patient: bool = True
    """Whether senders open their port only when told to (`open_all`)."""
    senders: list[FakeSender] = field(default_factory=list)
    heard: list[tuple[int, bytes]] = field(default_factory=list)
    pids: Any = field(default_factory=lambda: count(100))
    released: list[str] = field(default_factory=list)
    """Ports that another process was asked to silence; where the port is there, it does."""
    mortal: bool = False
    """Whether senders die as soon as they are started."""
    sticks: bool = False
    """Whether a sender must be killed at its end, because the MIDI system does not answer."""

    def make(
        self, request: PortRequest, inbox: Any, *, only: Any = None, greeted: Callable
    ) -> FakeSender:
        sender = FakeSender(self, request, inbox, only, greeted, next(self.pids))
        self.senders.append(sender)
        if self.mortal:
            sender.die()
        return sender

    def release(self, info: PortInfo, wait_s: float) -> bool:
        self.released.append(info.name)
        return self.there and not info.virtual and not self.sticks

    def settle(self) -> None:
        """Where nobody waits to be told, open what there is to open."""
        while not self.patient and self.latest.waiting:
            self.latest.open()

    @property
    def latest(self) -> FakeSender:
        return self.senders[-1]

    def go(self, until_ns: int) -> None:
        """Let time pass; every sender sends what is due."""
        while True:
            deadlines = [s.queue.next_deadline_ns for s in self.senders if s.alive and s.info]
            step_ns = min([*(d for d in deadlines if d is not None), until_ns])
            if step_ns > until_ns:
                step_ns = until_ns
            self.clock._now_ns = max(self.clock.now_ns(), step_ns)
            for sender in self.senders:
                sender.act()
            if step_ns >= until_ns:
                return


@dataclass
class FakeSender:
    """Speaks as `midi.sender_process.SenderProcess` does."""

    world: World
    request: PortRequest
    inbox: Any
    only: Any
    greet: Callable
    pid: int
    info: PortInfo | None = None
    queue: SendQueue = field(default_factory=SendQueue)
    alive: bool = True
    reporting: bool = True
    commands: list[Callable[[], None]] = field(default_factory=list)
    unsent: list[Callable[[], None]] = field(default_factory=list)
    left: bool = False
    refused: bool = False

    @property
    def waiting(self) -> bool:
        """Whether its port is still to be opened."""
        return self.alive and self.info is None and not self.refused

    def open(self) -> None:
        """The port is opened now, or cannot be."""
        if not self.waiting:
            return
        if self.request.backend == "none":
            self.info = PortInfo("none", "none", False)
        elif self.world.there:
            name = self.request.name or "jazz-improv"
            self.info = PortInfo(name, "jack", self.world.virtual, pid=self.pid)
        else:
            self.refused = True
            self.greet(Failed(PortError(f"There is no MIDI output named {self.request.name!r}.")))
            return
        self.greet(Opened(self.info, Realtime(True)))
        self._obey()

    def opened(self, clock: Any) -> tuple[PortInfo, Realtime]:
        if not self.world.there:
            raise PortError("There is none.")
        self.open()
        assert self.info is not None
        return self.info, Realtime(True)

    def _say(self, command: Callable[[], None]) -> None:
        self.unsent.append(command)

    def plan(self, message: Planned) -> None:
        self._say(lambda: self.queue.plan(message))

    def replan(self, from_ns: int, messages: Sequence[Planned]) -> None:
        self._say(lambda: self.queue.replan(from_ns, messages) and None)
        self.flush()

    def silence(self) -> None:
        self._say(lambda: self._deliver(self.queue.silence(self.world.clock.now_ns())))
        self.flush()

    def release(self, notes: Any, channels: Any) -> None:
        self._say(
            lambda: self._deliver(self.queue.release(notes, channels, self.world.clock.now_ns()))
        )

    def here(self) -> None:
        pass

    def flush(self) -> None:
        commands, self.unsent = self.unsent, []
        if not self.alive:
            raise SenderError("The sender process ended by itself (status -9).")
        self.commands += commands
        self._obey()

    def _obey(self) -> None:
        while self.info and self.commands:
            self.commands.pop(0)()

    def act(self) -> None:
        if self.alive and self.info:
            self._deliver(self.queue.due(self.world.clock.now_ns()))

    def _deliver(self, messages: list[Due]) -> None:
        now_ns = self.world.clock.now_ns()
        assert self.info is not None
        for due in messages:
            if not due.dropped and self.info.backend != "none" and self.world.there:
                self.world.heard.append((now_ns, due.data))
            if self.reporting:
                self.inbox.put(Report(due.note_id, due.deadline_ns, now_ns, due.data, due.dropped))

    def die(self) -> None:
        """As by kill -9."""
        self.alive = False
        self.inbox.put(Gone(self.pid))

    def lose_port(self) -> None:
        """The library refuses a message."""
        self.inbox.put(Broken(self.pid, "The port refuses the messages it is sent."))

    def kill(self) -> None:
        self.die()

    def ending(self) -> str:
        return "status -9"

    def quit(self, timeout_s: float = 5.0) -> dict[str, int]:
        if not self.alive:
            return {}
        if not self.left:
            self.left = True
            self.open()
            if self.info:
                self.commands += self.unsent
                self.unsent = []
                self._obey()
                self._deliver(self.queue.silence(self.world.clock.now_ns()))
            self.alive = False
            self.inbox.put(Gone(self.pid))
        return dict(Counter(asdict(self.queue.counters))) | (
            {"stuck": 1} if self.world.sticks else {}
        )


class Stage:
    """An output in a world, and what came into the performer's inbox."""

    def __init__(self, make: Callable[[World, queue.SimpleQueue], Any], **world: Any) -> None:
        """`make` gives an OutputPort or Outputs; it is opened, and a PortError of that comes out."""
        self.world = World(**world)
        self.inbox: queue.SimpleQueue = queue.SimpleQueue()
        self.out = make(self.world, self.inbox)
        self.port, self.realtime = self.out.opened(self.world.clock)
        self.reports: list[Report] = []
        self.others: list = []
        self.taken: list[str] = []

    def plan(self, note_id: int, ms: int, data: bytes) -> None:
        self.out.plan(Planned(note_id, ms * MS, data))

    def note(self, note_id: int, on_ms: int, off_ms: int, pitch: int = 0, channel: int = 0) -> None:
        """A note, handed over; its pitch is 60 + note_id where none is given."""
        self.plan(note_id, on_ms, on(pitch or 60 + note_id, channel))
        self.plan(note_id, off_ms, off(pitch or 60 + note_id, channel))
        self.out.flush()

    def go(self, until_ms: int) -> None:
        self.world.go(until_ms * MS)
        self.out.flush()
        self.world.settle()
        self.look()

    def attend(self, item: Any) -> str | None:
        line = self.out.attend(item)
        self.world.settle()
        return line

    def look(self) -> None:
        while not self.inbox.empty():
            item = self.inbox.get_nowait()
            if isinstance(item, Taken):
                self.taken.append(item.role)
            else:
                (self.reports if isinstance(item, Report) else self.others).append(item)

    def attend_all(self) -> list[str | None]:
        """As the performer does with all that is not a report."""
        self.look()
        others, self.others = self.others, []
        return [
            self.attend(item) if isinstance(item, (Gone, PortEvent)) else item.text
            for item in others
        ]

    @property
    def heard(self) -> list[tuple[int, bytes]]:
        """(ms, message) of all that came out of a port."""
        return [(ns // MS, data) for ns, data in self.world.heard]

    def of_note(self, note_id: int) -> list[tuple[int, bool]]:
        """(status, dropped) of each report of a note."""
        return [(r.data[0] & 0xF0, r.dropped) for r in self.reports if r.note_id == note_id]


def on(pitch: int, channel: int = 0) -> bytes:
    return bytes((0x90 | channel, pitch, 90))


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes((0x80 | channel, pitch, 64))
