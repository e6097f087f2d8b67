"""Stand-ins for time and devices, which every test of musical time needs.

ManualClock     time that moves only when somebody waits for it
LocalSender     the sender's rules (midi.send_queue) in this process, driven by a ManualClock
RecordingPort   keeps (time_ns, bytes) of all that was sent
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from improv.clock import Clock, Mailbox
from improv.midi.events import Gone, PortEvent, Realtime, Report
from improv.midi.messages import Planned, is_off, is_on, key_of
from improv.midi.ports import PortInfo
from improv.midi.send_queue import Due, SendQueue
from improv.midi.unsent import Unsent


class ManualClock:
    """A clock that stands still until somebody waits; then it is the time waited for, at once."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns
        self._senders: list[LocalSender] = []
        self._to_come: list[tuple[int, int, Any]] = []

    def now_ns(self) -> int:
        """The time now."""
        return self._now_ns

    def attach(self, sender: LocalSender) -> None:
        """Let `sender` act on its deadlines as time passes."""
        self._senders.append(sender)

    def at(self, ns: int, item: Any) -> None:
        """Have `item` put into the inbox that is waited for when it is `ns`."""
        heapq.heappush(self._to_come, (ns, len(self._to_come), item))

    def wait(self, inbox: Mailbox[Any], until_ns: int) -> Any | None:
        """The next thing in `inbox`, after letting senders act up to `until_ns`, or None."""
        while inbox.empty():
            deadlines = [
                s.next_deadline_ns for s in self._senders if s.next_deadline_ns is not None
            ]
            deadlines += [ns for ns, _, _ in self._to_come[:1]]
            step_ns = min([*deadlines, until_ns])
            self._now_ns = max(self._now_ns, step_ns)
            for sender in self._senders:
                sender.act()
            while self._to_come and self._to_come[0][0] <= self._now_ns:
                inbox.put(heapq.heappop(self._to_come)[2])
            if step_ns == until_ns:
                break
        return None if inbox.empty() else inbox.get_nowait()


@dataclass
class RecordingPort:
    """An output that keeps what it was sent, as (time_ns, bytes)."""

    sent: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def sounding(self) -> set[tuple[int, int]]:
        """(channel, pitch) of what a listener would still hear."""
        notes: set[tuple[int, int]] = set()
        for _, data in self.sent:
            if is_on(data):
                notes.add(key_of(data))
            elif is_off(data):
                notes.discard(key_of(data))
        return notes


class LocalSender:
    """An Output without a process: the same queue, the same reports, time from a ManualClock."""

    def __init__(self, clock: ManualClock, inbox: Mailbox[Any], port: RecordingPort) -> None:
        self._clock, self._inbox, self._port = clock, inbox, port
        self._queue, self._unsent = SendQueue(), Unsent()
        clock.attach(self)

    def opened(self, clock: Clock) -> tuple[PortInfo, Realtime]:
        """No port, no priority."""
        return PortInfo("none", "none", False), Realtime()

    @property
    def next_deadline_ns(self) -> int | None:
        """When the next message is due."""
        return self._queue.next_deadline_ns

    def plan(self, message: Planned) -> None:
        """Have a message sent at its time."""
        if (planned := self._unsent.plan(message)) is not None:
            self._queue.plan(planned)

    def waiting(self) -> list[Planned]:
        """What is planned and was not sent yet."""
        return self._unsent.waiting()

    def flush(self) -> None:
        """Nothing waits to be handed over here."""
        self._unsent.tidy(self._clock.now_ns())

    def replan(self, from_ns: int, messages: Sequence[Planned]) -> None:
        """Take back what is planned for `from_ns` or later, and plan this instead."""
        self._queue.replan(from_ns, self._unsent.replan(from_ns, messages))

    def silence(self) -> None:
        """Take back everything and release what sounds."""
        self._unsent.silence()
        self._deliver(self._queue.silence(self._clock.now_ns()))

    def attend(self, item: Gone | PortEvent) -> str | None:
        """There is no process that could die."""
        return None

    def act(self) -> None:
        """Send what is due now."""
        self._deliver(self._queue.due(self._clock.now_ns()))

    def quit(self) -> dict[str, int]:
        """Silence every note."""
        self._deliver(self._queue.silence(self._clock.now_ns()))
        self._deliver(self._queue.stop_clock(self._clock.now_ns()))
        return asdict(self._queue.counters)

    def _deliver(self, messages: list[Due]) -> None:
        now_ns = self._clock.now_ns()
        for due in messages:
            if not due.dropped:
                self._port.sent.append((now_ns, due.data))
            report = Report(due.note_id, due.deadline_ns, now_ns, due.data, due.dropped)
            self._inbox.put(self._unsent.report(report))
