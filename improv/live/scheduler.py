"""What is on its way to the sender: messages in ticks until shortly before their time, then with deadlines.

    add(tick, ...) ──> queue, in ticks ── commit ──> Output.plan(ns) ──> Report ── hear ──> note, tick
                                          ▲    │
                             tempo map ───┘    └── moved: what is committed and not yet due, planned anew

Ticks are the tempo map's until they are committed, so a change of tempo reaches whatever was not. What was
committed is planned anew in one command to the sender, which knows what it has sent already.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from improv.midi.events import Report
from improv.midi.latency import Latency
from improv.midi.messages import is_off, is_on, note_off, note_on, program
from improv.midi.sender_process import Output
from improv.music.tempo import TempoMap
from improv.performance.played import PlayedNote

if TYPE_CHECKING:
    from improv.performance.takes import Players

GUARD_NS = 15_000_000
"""What is due sooner stays as it was told: a command needs its time to reach the sender."""
NOTICED_NS = 400_000
"""Where another clock is followed, which wavers, deadlines that move by less are left alone: nobody hears
it, and the sender has better things to do."""
PROGRAM_LEAD_NS = 10_000_000
"""How long before the first beat synths are told which sounds to take."""
FORGET_NS = 10_000_000_000
"""What was not reported this long after its time never will be."""

_OFF, _OTHER, _ON = 0, 1, 2


@dataclass(slots=True)
class _Message:
    tick: int
    note_id: int
    data: bytes
    offset_ns: int
    deadline_ns: int = 0

    @property
    def begins(self) -> bool:
        """Whether a note begins with it."""
        return is_on(self.data)


@dataclass
class Scheduler:
    """Messages in ticks and those committed. One for a whole session; `begin` for each stretch of music."""

    out: Output
    latency: Latency = field(default_factory=Latency)
    ahead_ns: int = 2_000_000_000
    """How long before they are due messages are committed. Long where time is our own, so that no pause of
    this process is heard; short where another clock is followed."""
    noticed_ns: int = 0
    """By how much deadlines must move to be planned anew."""
    _tempo: TempoMap = field(default_factory=lambda: TempoMap(120))
    _queue: list[tuple[int, int, int, _Message]] = field(default_factory=list)
    _committed: dict[tuple[int, int, bytes], _Message] = field(default_factory=dict)
    _settled: set[int] = field(default_factory=set)
    _notes: dict[int, PlayedNote] = field(default_factory=dict)
    _serial: int = 0

    def begin(self, tempo: TempoMap, by_tick: int = 0) -> None:
        """Ticks are those of another map from here on; what was committed keeps its time.

        `by_tick` is added to the ticks of that, where the new map counts from another beat.
        """
        self._queue.clear()
        self._tempo = tempo
        self._settled = set(map(id, self._committed.values()))
        for message in self._committed.values():
            message.tick += by_tick
        self._notes = {note_id: _moved(note, by_tick) for note_id, note in self._notes.items()}

    def __len__(self) -> int:
        """How many messages wait, committed or not."""
        return len(self._queue) + len(self._committed)

    def add_note(self, note: PlayedNote) -> None:
        """A note, its on and its off."""
        self._notes[note.note_id] = note
        offset_ns = self.latency.of_note_ns(note.velocity)
        on = note_on(note.channel, note.pitch, note.velocity)
        off = note_off(note.channel, note.pitch)
        self._push(_Message(note.onset_tick, note.note_id, on, offset_ns))
        self._push(_Message(note.end_tick, note.note_id, off, offset_ns))

    def add_system(self, tick: int, data: bytes) -> None:
        """A pulse of the clock or the like."""
        self._push(_Message(tick, 0, data, self.latency.of_system_ns()))

    def _push(self, message: _Message) -> None:
        self._serial += 1
        order = _ON if message.begins else _OTHER if not message.note_id else _OFF
        heapq.heappush(self._queue, (message.tick, order, self._serial, message))

    def choose_sounds(self, players: Players, start_ns: int) -> None:
        """Tell synths which sounds to take, a little before what begins at `start_ns`."""
        ns = start_ns - PROGRAM_LEAD_NS - self.latency.earliest_ns
        for _, channel, number in players:
            if number is not None:
                self.out.plan(0, ns, program(channel, number))

    def send_now(self, ns: int, data: bytes) -> None:
        """A message that no tick is meant for: at `ns`."""
        self.out.plan(0, ns + self.latency.of_system_ns(), data)
        self.out.flush()

    def commit(self, now_ns: int) -> None:
        """Hand over what is due within `ahead_ns`."""
        until_ns = now_ns + self.ahead_ns + self.latency.earliest_ns
        while self._queue and self._tempo.ns_at(self._queue[0][0]) <= until_ns:
            self._plan(heapq.heappop(self._queue)[3])
        self.out.flush()

    def _plan(self, message: _Message) -> None:
        self._place(message, self._due_ns(message))
        self.out.plan(message.note_id, message.deadline_ns, message.data)

    def _due_ns(self, message: _Message) -> int:
        return self._tempo.ns_at(message.tick) + message.offset_ns

    def _place(self, message: _Message, deadline_ns: int) -> None:
        while (deadline_ns, message.note_id, message.data) in self._committed:
            deadline_ns += 1  # two pulses that were to be earlier than they can be
        message.deadline_ns = deadline_ns
        self._committed[deadline_ns, message.note_id, message.data] = message

    def _replan(self, from_ns: int) -> None:
        """Tell the sender all that is committed for `from_ns` or later, in place of what it was told."""
        waiting = (m for m in self._committed.values() if m.deadline_ns >= from_ns)
        self.out.replan(from_ns, [(m.note_id, m.deadline_ns, m.data) for m in waiting])

    def wake_ns(self) -> int | None:
        """When there is something to commit: while half of `ahead_ns` is left, so that many go together."""
        if not self._queue:
            return None
        due_ns = self._tempo.ns_at(self._queue[0][0])
        return due_ns - self.ahead_ns // 2 - self.latency.earliest_ns

    def moved(self, now_ns: int) -> bool:
        """The tempo map has changed: plan anew what is committed, where it moves by what can be noticed."""
        from_ns = now_ns + GUARD_NS
        waiting = [
            m
            for m in self._committed.values()
            if m.deadline_ns >= from_ns and id(m) not in self._settled
        ]
        if not any(abs(self._due_ns(m) - m.deadline_ns) > self.noticed_ns for m in waiting):
            return False
        for m in waiting:
            del self._committed[m.deadline_ns, m.note_id, m.data]
        for m in waiting:
            self._place(m, max(from_ns, self._due_ns(m)))
        self._replan(from_ns)
        return True

    def cut(self, tick: int, now_ns: int) -> None:
        """Take back whatever begins at `tick` or later; what sounds then ends when it was to end."""
        from_ns = now_ns + GUARD_NS
        committed = [
            m
            for m in self._committed.values()
            if m.deadline_ns >= from_ns and id(m) not in self._settled
        ]
        queued = [entry[3] for entry in sorted(self._queue)]
        late = [m for m in (*committed, *queued) if m.tick >= tick]
        begun = {m.note_id for m in late if m.begins}
        gone = {id(m) for m in late if m.note_id in begun or not m.note_id}
        for m in committed:
            if id(m) in gone:
                del self._committed[m.deadline_ns, m.note_id, m.data]
        for m in queued:
            if id(m) not in gone:
                self._plan(m)
        for note_id in begun:
            self._notes.pop(note_id, None)
        self._queue.clear()
        self.out.flush()
        self._replan(from_ns)

    def halt(self, now_ns: int) -> None:
        """Be silent at once, and keep what has not begun for when it goes on."""
        waiting = [m for m in self._committed.values() if m.deadline_ns > now_ns]
        waiting = [m for m in waiting if id(m) not in self._settled]
        waiting += [entry[3] for entry in self._queue]
        begin = {m.note_id for m in waiting if m.begins} | {0}
        self._queue.clear()
        self._committed.clear()
        self._settled.clear()
        for m in waiting:
            if m.note_id in begin:
                self._push(m)
        self.out.silence()

    def hear(self, report: Report) -> tuple[PlayedNote | None, int]:
        """The note that a report is about, if any, and the tick its message was meant for."""
        key = (report.planned_ns, report.note_id, report.data)
        message = self._committed.pop(key, None)
        if message is not None:
            self._settled.discard(id(message))
        note = self._notes.get(report.note_id) if report.note_id else None
        if note is not None and (report.dropped or is_off(report.data)):
            del self._notes[report.note_id]
        tick = message.tick if message is not None else self._tempo.tick_at(report.planned_ns)
        return note, tick

    def forget(self, now_ns: int) -> None:
        """Let go of what was never reported: a sender that died took it along."""
        old = [key for key in self._committed if key[0] < now_ns - FORGET_NS]
        for key in old:
            message = self._committed.pop(key)
            self._settled.discard(id(message))
            if is_off(message.data):
                self._notes.pop(message.note_id, None)


def _moved(note: PlayedNote, by_tick: int) -> PlayedNote:
    written = note.written
    if written is not None:
        written = replace(written, onset_tick=written.onset_tick + by_tick)
    return replace(
        note,
        onset_tick=note.onset_tick + by_tick,
        end_tick=note.end_tick + by_tick,
        written=written,
    )
