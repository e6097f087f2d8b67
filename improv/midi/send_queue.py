"""What is planned and what is sounding: the pure half of the sender. No clock, no port, no process.

Input -> output:  plan(deadline_ns, note_id, bytes) ... due(now_ns) -> messages to send now, in order

The rules that keep a note from being left sounding:

- At one instant go: offs, stop, song position, start or continue, the clock's pulse, other messages, ons.
- A note-on later than `late_ns` is dropped and counted. A note-off is never dropped.
- A pitch that is struck again while it sounds is released first; the old note's own off, when its time
  comes, is then not sent, so that it cannot cut the new note. Every on has exactly one off.
- A note is struck once: an on whose note_id was dealt with before is not sent again, however often a new
  plan holds it. So whoever plans anew need not know how far the old plan has been carried out.
- System messages are never dropped, late pulses neither. Who follows a clock counts its pulses: a few that
  come late in a row shift its tempo for a moment, one that is missing shifts its bar line for good.
- `silence()` releases whatever sounds, lifts the pedal and centres the pitch wheel; `stop_clock()` stops
  whoever follows our clock.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from improv.midi.messages import (
    CONTINUE,
    NOTE_OFF,
    NOTE_ON,
    NOTES_OFF,
    PULSE,
    SONG_POSITION,
    START,
    STOP,
    SUSTAIN,
    SYSTEM,
    control,
    key_of,
    kind_of,
    normal,
    note_off,
    wheel_centred,
)

LATE_NS = 80_000_000
"""A note-on this late is worse than none: 80 ms is an eighth note at 375 bpm."""

HEARD_LATE_NS = 5_000_000
"""A note-on later than this is counted as late: about where ears begin to notice."""

_OFF, _OTHER, _ON = 0, 5, 6
_ORDER = {
    NOTE_OFF: _OFF,
    STOP: 1,
    SONG_POSITION: 2,
    START: 3,
    CONTINUE: 3,
    PULSE: 4,
    NOTE_ON: _ON,
}

_REMEMBERED = 4096
"""How many of the latest notes are known to have been struck: minutes of music; plans reach a second."""


@dataclass(frozen=True, slots=True)
class Due:
    """A message whose time has come. `dropped`: a note-on too late to be sent."""

    deadline_ns: int
    note_id: int
    data: bytes
    dropped: bool = False


@dataclass
class Counters:
    """What happened to the messages so far. `late`: ons sent, but more than 5 ms late."""

    sent: int = 0
    ons: int = 0
    offs: int = 0
    dropped_ons: int = 0
    late: int = 0
    withdrawn: int = 0


@dataclass
class SendQueue:
    """Planned messages in order of time, and the notes that sound."""

    late_ns: int = LATE_NS
    counters: Counters = field(default_factory=Counters)
    _heap: list[tuple[int, int, int, int, bytes]] = field(default_factory=list)
    _serial: int = 0
    _sounding: dict[tuple[int, int], int] = field(default_factory=dict)
    _channels: set[int] = field(default_factory=set)
    _running: bool = False  # whether who follows our clock was started
    _struck: dict[int, None] = field(
        default_factory=dict
    )  # in order: the oldest is forgotten first

    def plan(self, deadline_ns: int, note_id: int, data: bytes) -> None:
        """Put a message in its place. `note_id` ties a note's on to its off; 0 for other messages.

        An off with 0 is for a pitch that may sound from before: it is sent if no note here holds that pitch.
        A note-on with velocity 0 is taken as a note-off.
        """
        self._serial += 1
        heapq.heappush(self._heap, self._entry(deadline_ns, note_id, data))

    def _entry(
        self, deadline_ns: int, note_id: int, data: bytes
    ) -> tuple[int, int, int, int, bytes]:
        data = normal(data)
        return deadline_ns, _ORDER.get(kind_of(data), _OTHER), self._serial, note_id, data

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
            deadline_ns, order, _, note_id, data = heapq.heappop(self._heap)
            out.extend(self._pass(deadline_ns, order, note_id, data, now_ns))
        return out

    def _pass(
        self, deadline_ns: int, order: int, note_id: int, data: bytes, now_ns: int
    ) -> list[Due]:
        out = []
        key = key_of(data) if order in (_OFF, _ON) else (0, 0)
        if order == _ON:
            if note_id in self._struck:
                return []
            self._strike(note_id)
            late_ns = now_ns - deadline_ns
            if late_ns > self.late_ns:
                self.counters.dropped_ons += 1
                return [Due(deadline_ns, note_id, data, dropped=True)]
            self.counters.late += late_ns > HEARD_LATE_NS
            if key in self._sounding:
                out.append(self._count(Due(deadline_ns, self._sounding[key], note_off(*key))))
            self._sounding[key] = note_id
        elif order == _OFF:
            holder = self._sounding.get(key)
            if holder == note_id:
                del self._sounding[key]
            elif note_id or holder is not None:
                return []  # its on was dropped, or the pitch has been struck again since
        return [*out, self._count(Due(deadline_ns, note_id, data))]

    def _strike(self, note_id: int) -> None:
        if note_id:
            self._struck[note_id] = None
            if len(self._struck) > _REMEMBERED:
                del self._struck[next(iter(self._struck))]

    def _count(self, due: Due) -> Due:
        kind = kind_of(due.data)
        if kind < SYSTEM:
            self._channels.add(due.data[0] & 0x0F)
        elif kind in (START, CONTINUE, STOP):
            self._running = kind != STOP
        self.counters.sent += 1
        self.counters.ons += kind == NOTE_ON
        self.counters.offs += kind == NOTE_OFF
        return due

    def replan(self, from_ns: int, messages: Sequence[tuple[int, int, bytes]]) -> int:
        """Take back what is planned for `from_ns` or later and plan `messages` instead.

        They are (note_id, deadline_ns, data). The off of a note that sounds already (or will, before
        `from_ns`) stays where it is, unless `messages` holds another for it. Gives how many messages went.
        """
        offs = {note_id for note_id, _, data in messages if kind_of(normal(data)) == NOTE_OFF}
        offs.discard(0)
        staying = {
            note_id for ns, order, _, note_id, _ in self._heap if order == _ON and ns < from_ns
        }
        staying.update(self._sounding.values())
        before = len(self._heap)
        self._heap = [
            entry
            for entry in self._heap
            if (entry[0] < from_ns or (entry[1] == _OFF and entry[3] in staying))
            and not (entry[1] == _OFF and entry[3] in offs)
        ]
        gone = before - len(self._heap)
        self.counters.withdrawn += gone
        for note_id, deadline_ns, data in messages:
            self._serial += 1
            self._heap.append(self._entry(deadline_ns, note_id, data))
        heapq.heapify(self._heap)
        return gone

    def silence(self, now_ns: int) -> list[Due]:
        """Forget all plans and give what makes every channel used so far silent, now."""
        self.counters.withdrawn += len(self._heap)
        self._heap.clear()
        notes = [(note_id, *key) for key, note_id in self._sounding.items()]
        self._sounding.clear()
        return self.release(notes, self._channels, now_ns)

    def stop_clock(self, now_ns: int) -> list[Due]:
        """Give the stop for whoever was told to start; nothing where nobody runs."""
        return [self._count(Due(now_ns, 0, bytes((STOP,))))] if self._running else []

    def release(
        self, notes: Iterable[tuple[int, int, int]], channels: Iterable[int], now_ns: int
    ) -> list[Due]:
        """Give the offs of `notes`, (note_id, channel, pitch), and what makes `channels` silent, now.

        For what another sender left sounding: their ons and offs, should they come, are not sent.
        """
        out = []
        for note_id, channel, pitch in notes:
            self._strike(note_id)
            self._sounding.pop((channel, pitch), None)
            out.append(self._count(Due(now_ns, note_id, note_off(channel, pitch))))
        for channel in sorted(channels):
            for data in (
                control(channel, SUSTAIN, 0),
                control(channel, NOTES_OFF, 0),
                wheel_centred(channel),
            ):
                out.append(self._count(Due(now_ns, 0, data)))
        return out
