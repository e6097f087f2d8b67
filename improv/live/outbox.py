"""What is planned and what is sounding: the pure half of the sender. No clock, no port, no process.

Input -> output:  plan(deadline_ns, note_id, bytes) ... due(now_ns) -> messages to send now, in order
Called by:        live.sender (the real process), live.fakes.LocalSender (tests, rendering)

The rules that keep a note from being left sounding:

- At one instant offs go before other messages and those before ons.
- A note-on later than `late_ns` is dropped and counted. A note-off is never dropped.
- A pitch that is struck again while it sounds is released first; the old note's own off, when its time
  comes, is then not sent, so that it cannot cut the new note. Every on has exactly one off.
- `silence()` releases whatever sounds, lifts the pedal and centres the pitch wheel.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

LATE_NS = 80_000_000
"""A note-on this late is worse than none: 80 ms is an eighth note at 375 bpm."""

NOTE_OFF, NOTE_ON, CONTROL, PITCH_BEND = 0x80, 0x90, 0xB0, 0xE0
_SUSTAIN, _ALL_NOTES_OFF = 64, 123


@dataclass(frozen=True, slots=True)
class Due:
    """A message whose time has come. `dropped`: a note-on too late to be sent."""

    deadline_ns: int
    note_id: int
    data: bytes
    dropped: bool = False


@dataclass
class Counters:
    """What happened to the messages so far."""

    sent: int = 0
    ons: int = 0
    offs: int = 0
    dropped_ons: int = 0
    withdrawn: int = 0


@dataclass
class Outbox:
    """Planned messages in order of time, and the notes that sound."""

    late_ns: int = LATE_NS
    counters: Counters = field(default_factory=Counters)
    _heap: list[tuple[int, int, int, int, bytes]] = field(default_factory=list)
    _serial: int = 0
    _sounding: dict[tuple[int, int], int] = field(default_factory=dict)
    _channels: set[int] = field(default_factory=set)

    def plan(self, deadline_ns: int, note_id: int, data: bytes) -> None:
        """Put a message in its place. `note_id` ties a note's on to its off; 0 for other messages.

        A note-on with velocity 0 is a note-off by the MIDI standard and is made one here.
        """
        kind = data[0] & 0xF0
        if kind == NOTE_ON and data[2] == 0:
            kind, data = NOTE_OFF, bytes((NOTE_OFF | data[0] & 0x0F, data[1], 64))
        order = {NOTE_OFF: 0, NOTE_ON: 2}.get(kind, 1)
        self._serial += 1
        heapq.heappush(self._heap, (deadline_ns, order, self._serial, note_id, data))

    def __len__(self) -> int:
        """How many messages wait for their time."""
        return len(self._heap)

    @property
    def next_deadline_ns(self) -> int | None:
        """When the next message is due; None if nothing is planned."""
        return self._heap[0][0] if self._heap else None

    @property
    def sounding(self) -> frozenset[tuple[int, int]]:
        """(channel, pitch) of every note that sounds."""
        return frozenset(self._sounding)

    def due(self, now_ns: int) -> list[Due]:
        """Take out every message whose time has come, in the order it must be sent."""
        out: list[Due] = []
        while self._heap and self._heap[0][0] <= now_ns:
            deadline_ns, _, _, note_id, data = heapq.heappop(self._heap)
            out.extend(self._pass(deadline_ns, note_id, data, now_ns))
        return out

    def _pass(self, deadline_ns: int, note_id: int, data: bytes, now_ns: int) -> list[Due]:
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        if kind == NOTE_ON:
            if now_ns - deadline_ns > self.late_ns:
                self.counters.dropped_ons += 1
                return [Due(deadline_ns, note_id, data, dropped=True)]
            key = (channel, data[1])
            out = []
            if key in self._sounding:
                out.append(self._count(Due(deadline_ns, self._sounding[key], _off(key))))
            self._sounding[key] = note_id
            out.append(self._count(Due(deadline_ns, note_id, data)))
            return out
        if kind == NOTE_OFF:
            key = (channel, data[1])
            if self._sounding.get(key) != note_id:
                return []  # its on was dropped, or the pitch has been struck again since
            del self._sounding[key]
        return [self._count(Due(deadline_ns, note_id, data))]

    def _count(self, due: Due) -> Due:
        kind = due.data[0] & 0xF0
        self._channels.add(due.data[0] & 0x0F)
        self.counters.sent += 1
        self.counters.ons += kind == NOTE_ON
        self.counters.offs += kind == NOTE_OFF
        return due

    def withdraw(self, from_ns: int) -> int:
        """Take back what is planned for `from_ns` or later; give how many messages went.

        The offs of notes that sound already (or will, before `from_ns`) stay.
        """
        staying = {
            note_id for ns, order, _, note_id, _ in self._heap if order == 2 and ns < from_ns
        }
        staying.update(self._sounding.values())
        before = len(self._heap)
        self._heap = [
            entry
            for entry in self._heap
            if entry[0] < from_ns or (entry[1] == 0 and entry[3] in staying)
        ]
        heapq.heapify(self._heap)
        gone = before - len(self._heap)
        self.counters.withdrawn += gone
        return gone

    def silence(self, now_ns: int) -> list[Due]:
        """Forget all plans and give what makes every channel used so far silent, now."""
        self.withdraw(-(2**63))
        self._heap.clear()
        out = [
            self._count(Due(now_ns, note_id, _off(key))) for key, note_id in self._sounding.items()
        ]
        self._sounding.clear()
        for channel in sorted(self._channels):
            for data in (
                bytes((CONTROL | channel, _SUSTAIN, 0)),
                bytes((CONTROL | channel, _ALL_NOTES_OFF, 0)),
                bytes((PITCH_BEND | channel, 0, 64)),  # 8192: centred
            ):
                out.append(self._count(Due(now_ns, 0, data)))
        return out


def _off(key: tuple[int, int]) -> bytes:
    channel, pitch = key
    return bytes((NOTE_OFF | channel, pitch, 64))
