"""What is planned and what is sounding: the pure half of the sender. No clock, no port, no process.

Input -> output:  plan(Planned) ... due(now_ns)  ->  messages to send now, in order

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
from typing import NamedTuple

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
    Planned,
    control,
    key_of,
    kind_of,
    normal,
    note_off,
    wheel_centred,
)
from improv.midi.sounding import Sounding

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


class Due(NamedTuple):
    """A message whose time has come. `dropped`: a note-on too late to be sent."""

    note_id: int
    deadline_ns: int
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
    _heap: list[tuple[int, int, int, Planned]] = field(default_factory=list)
    """(deadline, order at one instant, order of planning, message)."""
    _serial: int = 0
    _sounding: Sounding = field(default_factory=Sounding)
    _running: bool = False  # whether who follows our clock was started

    def plan(self, message: Planned) -> None:
        """Put a message in its place.

        An off with note_id 0 is for a pitch that may sound from before: it is sent if no note here holds that
        pitch. A note-on with velocity 0 is taken as a note-off.
        """
        heapq.heappush(self._heap, self._entry(message))

    def _entry(self, message: Planned) -> tuple[int, int, int, Planned]:
        data = normal(message.data)
        if data is not message.data:
            message = message._replace(data=data)
        self._serial += 1
        return message.deadline_ns, _ORDER.get(kind_of(data), _OTHER), self._serial, message

    def __len__(self) -> int:
        """How many messages wait for their time."""
        return len(self._heap)

    @property
    def next_deadline_ns(self) -> int | None:
        """When the next message is due; None if nothing is planned."""
        return self._heap[0][0] if self._heap else None

    def due(self, now_ns: int) -> list[Due]:
        """Take out every message whose time has come, in the order it must be sent."""
        out: list[Due] = []
        while self._heap and self._heap[0][0] <= now_ns:
            _, order, _, message = heapq.heappop(self._heap)
            out.extend(self._pass(order, message, now_ns))
        return out

    def _pass(self, order: int, message: Planned, now_ns: int) -> list[Due]:
        note_id, deadline_ns, data, _ = message
        out = []
        if order == _ON:
            if not self._sounding.strike(note_id):
                return []
            late_ns = now_ns - deadline_ns
            if late_ns > self.late_ns:
                self.counters.dropped_ons += 1
                return [Due(note_id, deadline_ns, data, dropped=True)]
            self.counters.late += late_ns > HEARD_LATE_NS
            key = key_of(data)
            holder = self._sounding.holders.get(key)
            if holder is not None:
                out.append(self._count(Due(holder, deadline_ns, note_off(*key))))
        elif order == _OFF:
            holder = self._sounding.holders.get(key_of(data))
            if holder != note_id and (note_id or holder is not None):
                return []  # its on was dropped, or the pitch has been struck again since
        return [*out, self._count(Due(note_id, deadline_ns, data))]

    def _count(self, due: Due) -> Due:
        kind, counters = kind_of(due.data), self.counters
        if kind < SYSTEM:
            self._sounding.went_out(due.note_id, due.data)
            counters.ons += kind == NOTE_ON
            counters.offs += kind == NOTE_OFF
        elif kind in (START, CONTINUE, STOP):
            self._running = kind != STOP
        counters.sent += 1
        return due

    def replan(self, from_ns: int, messages: Sequence[Planned]) -> int:
        """Take back what is planned for `from_ns` or later and plan `messages` instead; see `Sounding.stays`.

        Gives how many messages went.
        """
        stays = self._sounding.stays((entry[3] for entry in self._heap), from_ns, messages)
        before = len(self._heap)
        self._heap = [entry for entry in self._heap if stays(entry[3])]
        gone = before - len(self._heap)
        self.counters.withdrawn += gone
        self._heap += map(self._entry, messages)
        heapq.heapify(self._heap)
        return gone

    def silence(self, now_ns: int) -> list[Due]:
        """Forget all plans and give what makes every channel used so far silent, now."""
        self.counters.withdrawn += len(self._heap)
        self._heap.clear()
        notes = [(note_id, *key) for key, note_id in self._sounding.holders.items()]
        return self.release(notes, self._sounding.channels, now_ns)

    def stop_clock(self, now_ns: int) -> list[Due]:
        """Give the stop for whoever was told to start; nothing where nobody runs."""
        return [self._count(Due(0, now_ns, bytes((STOP,))))] if self._running else []

    def release(
        self, notes: Iterable[tuple[int, int, int]], channels: Iterable[int], now_ns: int
    ) -> list[Due]:
        """Give the offs of `notes`, (note_id, channel, pitch), and what makes `channels` silent, now.

        For what another sender left sounding: their ons and offs, should they come, are not sent.
        """
        out = []
        for note_id, channel, pitch in notes:
            self._sounding.strike(note_id)
            self._sounding.holders.pop((channel, pitch), None)
            out.append(self._count(Due(note_id, now_ns, note_off(channel, pitch))))
        for channel in sorted(channels):
            for data in (
                control(channel, SUSTAIN, 0),
                control(channel, NOTES_OFF, 0),
                wheel_centred(channel),
            ):
                out.append(self._count(Due(0, now_ns, data)))
        return out
