"""What is on its way to the sender: messages in ticks until shortly before their time, then with deadlines.

    add(tick, ...) ──> queue, in ticks ── commit ──> Output.plan(ns) ──> Report ── hear ──> note, tick
                                          ▲    │
                             tempo map ───┘    └── moved: what waits there and is not yet due, planned anew

Ticks are the tempo map's until they are committed, so a change of tempo reaches whatever was not. What was
committed is the output's (midi.unsent holds it until it is reported), and each message says there where in
the music it belongs; so it can be planned anew, in one command to the sender, which knows what it has sent.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from improv.controls.mixer import Mixer, controller_value
from improv.midi.events import Report
from improv.midi.latency import Latency
from improv.midi.messages import (
    VOLUME,
    Planned,
    control,
    is_off,
    is_on,
    note_off,
    note_on,
    program,
)
from improv.midi.sender_process import Output
from improv.midi.sounding import Latest
from improv.music.tempo import TempoMap
from improv.performance.played import PlayedNote

if TYPE_CHECKING:
    from improv.performance.takes import Lineup

GUARD_NS = 15_000_000
"""What is due sooner stays as it was told: a command needs its time to reach the sender."""
NOTICED_NS = 400_000
"""Where another clock is followed, which wavers, deadlines that move by less are left alone: nobody hears
it, and the sender has better things to do."""
PROGRAM_LEAD_NS = 10_000_000
"""How long before the first beat synths are told which sounds to take."""

_OFF, _OTHER, _ON = 0, 1, 2


class _Place(NamedTuple):
    """Where in the music a message belongs."""

    tick: int
    """Of the session: the tick of the map plus `Scheduler._origin_tick`, which goes along with each map."""
    offset_ns: int
    stretch: int
    """The number of the map that its ticks were of."""


class Watcher(Protocol):
    """Told what is planned, as soon as it is: who shows and sounds it elsewhere, and never waits."""

    def planned(self, note: PlayedNote) -> None:
        """A note, at ticks of the map that was begun last."""

    def moved(self) -> None:
        """The map has changed, and with it the time of whatever has not ended."""

    def withdrawn(self, note_ids: Iterable[int]) -> None:
        """These notes will not be played."""

    def halted(self, waiting: Iterable[int]) -> None:
        """It is silent at once; the notes `waiting`, and what is planned meanwhile, are played when it goes
        on: after the next `moved`."""

    def flush(self) -> None:
        """That is all for now."""


@dataclass
class Scheduler:
    """Messages in ticks and their tempo map. One for a whole session; `begin` for each stretch of music."""

    out: Output
    latency: Latency = field(default_factory=Latency)
    ahead_ns: int = 2_000_000_000
    """How long before they are due messages are committed. Long where time is our own, so that no pause of
    this process is heard; short where another clock is followed."""
    noticed_ns: int = 0
    """By how much deadlines must move to be planned anew."""
    watcher: Watcher | None = None
    _tempo: TempoMap = field(default_factory=lambda: TempoMap(120))
    _stretch: int = 0
    _origin_tick: int = 0
    """What tick 0 of the map is in the session."""
    _queue: list[tuple[int, int, int, Planned]] = field(default_factory=list)
    """(tick of the session, order at one tick, order of adding, message without its deadline)."""
    _notes: Latest[int, tuple[PlayedNote, int]] = field(default_factory=Latest)
    """Each with what `_origin_tick` was when it came: ticks are moved when they are asked for."""
    _chosen: dict[int, bytes] = field(default_factory=dict)
    """Sounds and volumes as they were told last, by status byte."""
    _sent_tick: int = -1
    """Of the session: the latest at which a note has begun or ended."""
    _serial: int = 0
    _halted: bool = False

    def begin(self, tempo: TempoMap, by_tick: int = 0, *, followed: bool = False) -> None:
        """Ticks are those of another map from here on; what was committed keeps its time.

        `by_tick` is added to the ticks of that, where the new map counts from another beat. `followed`: both
        maps are another clock's, and what was committed goes on with that.
        """
        if self.watcher is not None:
            self.watcher.withdrawn(self._begun(entry[3] for entry in self._queue))
        self._queue.clear()
        self._tempo = tempo
        self._stretch += not followed
        self._origin_tick -= by_tick

    def __len__(self) -> int:
        """How many messages wait, committed or not."""
        return len(self._queue) + len(self.out.waiting())

    def add_note(self, note: PlayedNote) -> None:
        """A note, its on and its off."""
        self._notes[note.note_id] = note, self._origin_tick
        offset_ns = self.latency.of_note_ns(note.velocity)
        on, off = (
            note_on(note.channel, note.pitch, note.velocity),
            note_off(note.channel, note.pitch),
        )
        self._add(note.onset_tick, note.note_id, on, offset_ns)
        self._add(note.end_tick, note.note_id, off, offset_ns)
        if self.watcher is not None:
            self.watcher.planned(note)

    def add_system(self, tick: int, data: bytes) -> None:
        """A pulse of the clock or the like."""
        self._add(tick, 0, data, self.latency.of_system_ns())

    def _add(self, tick: int, note_id: int, data: bytes, offset_ns: int) -> None:
        place = _Place(tick + self._origin_tick, offset_ns, self._stretch)
        self._push(place.tick, Planned(note_id, 0, data, place))

    def _push(self, tick: int, message: Planned) -> None:
        self._serial += 1
        order = _ON if is_on(message.data) else _OFF if message.note_id else _OTHER
        heapq.heappush(self._queue, (tick, order, self._serial, message))

    def choose_sounds(self, lineup: Lineup, start_ns: int, mixer: Mixer) -> None:
        """Tell synths which sounds and volumes to take, where they have others, a little before what begins
        at `start_ns`."""
        ns = start_ns - PROGRAM_LEAD_NS - self.latency.earliest_ns
        for track in lineup:
            if track.program is not None:
                self._choose(program(track.channel, track.program), ns)
            if (volume := mixer.volumes.get(track.name)) is not None:
                self._choose(volume_message(track.channel, volume), ns)

    def _choose(self, data: bytes, ns: int) -> None:
        if self._chosen.get(data[0]) != data:
            self._chosen[data[0]] = data
            self.out.plan(Planned(0, ns, data))

    def set_volume(self, channel: int, volume: float, ns: int) -> None:
        """A channel's volume, 0 to 1, at `ns`."""
        data = volume_message(channel, volume)
        self._chosen[data[0]] = data
        self.send_now(ns, data)

    def send_now(self, ns: int, data: bytes) -> None:
        """A message that no tick is meant for: at `ns`."""
        self.out.plan(Planned(0, ns + self.latency.of_system_ns(), data))
        self.out.flush()

    def commit(self, now_ns: int) -> None:
        """Hand over what is due within `ahead_ns`."""
        until_ns = now_ns + self.ahead_ns + self.latency.earliest_ns
        while self._queue and self._ns_at(self._queue[0][0]) <= until_ns:
            self.out.plan(self._timed(heapq.heappop(self._queue)[3]))
        self.out.flush()
        if self.watcher is not None:
            if self._halted:
                self._halted = False
                self.watcher.moved()
            self.watcher.flush()

    def _ns_at(self, tick: int) -> int:
        """The time of a tick of the session."""
        return self._tempo.ns_at(tick - self._origin_tick)

    def _place_of(self, message: Planned) -> _Place | None:
        """Its place by this map; None where another map has committed it, or it belongs to no tick."""
        place = message.place
        return place if isinstance(place, _Place) and place.stretch == self._stretch else None

    def _timed(self, message: Planned) -> Planned:
        """With the deadline that it has by the map as it is now; as it is where it has no place on it."""
        if (place := self._place_of(message)) is None:
            return message
        return message._replace(deadline_ns=self._ns_at(place.tick) + place.offset_ns)

    def wake_ns(self) -> int | None:
        """When there is something to commit: while half of `ahead_ns` is left, so that many go together."""
        if not self._queue:
            return None
        due_ns = self._ns_at(self._queue[0][0])
        return due_ns - self.ahead_ns // 2 - self.latency.earliest_ns

    def moved(self, now_ns: int) -> bool:
        """The tempo map has changed: plan anew what is committed, where it moves by what can be noticed."""
        if self.watcher is not None and not self._halted:
            self.watcher.moved()
        from_ns = now_ns + GUARD_NS
        before = self._committed(from_ns)
        after = [self._timed(message) for message in before]
        steps = (new.deadline_ns - old.deadline_ns for new, old in zip(after, before, strict=True))
        if not any(abs(step_ns) > self.noticed_ns for step_ns in steps):
            return False
        self.out.replan(
            from_ns, [m._replace(deadline_ns=max(from_ns, m.deadline_ns)) for m in after]
        )
        return True

    def _committed(self, from_ns: int) -> list[Planned]:
        return [message for message in self.out.waiting() if message.deadline_ns >= from_ns]

    def cut(self, tick: int, now_ns: int) -> None:
        """Take back whatever begins at `tick` or later; what sounds then ends when it was to end."""
        tick, from_ns = tick + self._origin_tick, now_ns + GUARD_NS
        committed, queued = self._committed(from_ns), [entry[3] for entry in sorted(self._queue)]
        places = [(m, self._place_of(m)) for m in (*committed, *queued)]
        late = [m for m, place in places if place is not None and place.tick >= tick]
        begun = self._begun(late)
        gone = {id(m) for m in late if m.note_id in begun or not m.note_id}
        staying = [m for m in committed if id(m) not in gone]
        staying += [self._timed(m) for m in queued if id(m) not in gone]
        self._queue.clear()
        self._replan(from_ns, staying, begun)

    def open_tick(self, now_ns: int, halted_tick: int | None = None) -> int:
        """The first tick of which nothing has gone out, or will before the sender hears what is changed now.

        `halted_tick`: where it stands still. What has gone out counts, because a clock that is followed may
        have drawn the map back since.
        """
        from_ns = now_ns + GUARD_NS
        tick = halted_tick
        if tick is None:
            tick = self._tempo.tick_at(from_ns + self.latency.earliest_ns - 1) + 1
        waiting = [m for m in self.out.waiting() if m.note_id and m.deadline_ns < from_ns]
        gone = [m.place.tick for m in waiting if isinstance(m.place, _Place)]
        return max(tick, 1 + max([self._sent_tick, *gone]) - self._origin_tick)

    def withdraw(self, which: Callable[[PlayedNote], bool], open_tick: int, now_ns: int) -> None:
        """Take back notes that begin at `open_tick` or later; those that began before end there.

        What another map has committed and has not gone out is taken back too, or ends at once. What ends is
        handed over with the next `commit`.
        """
        open_tick, from_ns = open_tick + self._origin_tick, now_ns + GUARD_NS
        onsets = {n: note.onset_tick + by for n, (note, by) in self._notes.items() if which(note)}
        committed, queued = self._committed(from_ns), [entry[3] for entry in sorted(self._queue)]
        elsewhere = [m for m in committed if self._place_of(m) is None]
        gone = {n for n, tick in onsets.items() if tick >= open_tick}
        gone -= {m.note_id for m in elsewhere}
        gone |= self._begun(elsewhere) & onsets.keys()
        if self.watcher is not None and not self._halted:
            for note_id in onsets.keys() - gone:
                note, origin_tick = self._notes[note_id]
                note = _moved(note, origin_tick - self._origin_tick)
                end_tick = min(note.end_tick, open_tick - self._origin_tick)
                self.watcher.planned(replace(note, end_tick=end_tick))

        def ended(message: Planned) -> Planned:
            if message.note_id not in onsets or is_on(message.data):
                return message
            if (place := self._place_of(message)) is None:
                return message._replace(deadline_ns=from_ns, place=None)
            place = place._replace(tick=min(place.tick, open_tick))
            return self._timed(message._replace(place=place))

        self._queue.clear()
        for message in (ended(m) for m in queued if m.note_id not in gone):
            if isinstance(message.place, _Place):
                self._push(message.place.tick, message)
        self._replan(from_ns, [ended(m) for m in committed if m.note_id not in gone], gone)

    def _replan(self, from_ns: int, staying: Sequence[Planned], gone: Iterable[int]) -> None:
        """Have `staying` in place of what is committed; these notes are not played."""
        for note_id in gone:
            self._notes.pop(note_id, None)
        self.out.replan(from_ns, staying)
        if self.watcher is not None:
            self.watcher.withdrawn(gone)
            self.watcher.flush()

    def _begun(self, messages: Iterable[Planned]) -> set[int]:
        """The notes that begin with one of these."""
        return {message.note_id for message in messages if is_on(message.data)}

    def halt(self) -> None:
        """Be silent at once, and keep what has not begun for when it goes on."""
        # Also what is overdue: a sender that comes late may not have sent it, and sends no note twice.
        later = [
            (m.place.tick, m._replace(place=m.place._replace(stretch=self._stretch)))
            for m in self.out.waiting()
            if isinstance(m.place, _Place)
        ]
        later += [(tick, m) for tick, _, _, m in self._queue]
        begin = self._begun(m for _, m in later) | {0}
        self._queue.clear()
        for tick, message in later:
            if message.note_id in begin:
                self._push(tick, message)
        self.out.silence()
        self._chosen.clear()  # who was to be told something in a moment is told it by the next stretch
        self._halted = True
        if self.watcher is not None:
            self.watcher.halted(begin)

    def forget_systems(self, before_tick: int) -> None:
        """Take out the pulses that wait for a tick before this one."""
        before_tick += self._origin_tick
        self._queue = [e for e in self._queue if e[3].note_id or e[0] >= before_tick]
        heapq.heapify(self._queue)

    def hear(self, report: Report) -> tuple[PlayedNote | None, int]:
        """The note that a report is about, if any, and the tick its message was meant for."""
        note = None
        if report.note_id in self._notes:
            note, origin_tick = self._notes[report.note_id]
            note = _moved(note, origin_tick - self._origin_tick)
            if report.dropped or is_off(report.data):
                del self._notes[report.note_id]
        if isinstance(report.place, _Place):
            if report.note_id:
                self._sent_tick = max(self._sent_tick, report.place.tick)
            return note, report.place.tick - self._origin_tick
        if note is not None and is_on(report.data):  # sent just before all was taken back
            return note, note.onset_tick
        return note, self._tempo.tick_at(report.planned_ns)


def volume_message(channel: int, volume: float) -> bytes:
    """A channel's volume, 0 to 1."""
    return control(channel, VOLUME, controller_value(volume))


def _moved(note: PlayedNote, by_tick: int) -> PlayedNote:
    if not by_tick:
        return note
    written, plan = note.written, note.plan
    if written is not None:
        written = replace(written, onset_tick=written.onset_tick + by_tick)
    if plan is not None:
        plan = plan._replace(begin_tick=plan.begin_tick + by_tick)
    return replace(
        note,
        onset_tick=note.onset_tick + by_tick,
        end_tick=note.end_tick + by_tick,
        written=written,
        plan=plan,
    )
