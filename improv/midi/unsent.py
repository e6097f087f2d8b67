"""What was handed to a sender and what came of it, so that another sender can go on. No clock, no process.

Input -> output:  plan(...), report(...)  ->  Handover: what the next sender has to release and to send

A sender knows itself what it holds; this is the copy that survives it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from improv.midi.events import Report
from improv.midi.messages import (
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    PULSE,
    SUSTAIN,
    SYSTEM,
    control,
    holds,
    key_of,
    kind_of,
    normal,
    note_off,
    wheel_centred,
)

LOOK_BACK_NS = 3_000_000_000
"""A port is missed up to two seconds after it has gone: offs of that time went to nobody."""

UNDELIVERED_NS = 200_000_000
"""JACK hands over what it is given a cycle later, 43 ms with 2048 frames at 48 kHz, and ALSA at once."""

STALE_NS = 10_000_000_000
"""What a living sender has not reported so long after its time was dropped by its rules, without a word."""

_REMEMBERED = 4096

_Key = tuple[object, ...]
_Message = tuple[int, int, bytes]  # note_id, deadline_ns, data


@dataclass(frozen=True)
class Handover:
    """What a sender that takes over is told first."""

    notes: list[tuple[int, int, int]]
    """(note_id, channel, pitch) of what may still sound; note_id 0 where its off has been reported."""
    channels: list[int]
    """Channels used: their pedals go up, their wheels to the centre."""
    messages: list[_Message]
    """What is to be sent still, in order of time."""


@dataclass
class Unsent:
    """Messages handed over and not yet reported, and what sounds by the reports."""

    _waiting: dict[_Key, _Message] = field(default_factory=dict)
    _sounding: dict[tuple[int, int], int] = field(default_factory=dict)
    _stuck: dict[tuple[int, int], None] = field(default_factory=dict)
    _ended: deque[tuple[int, tuple[int, int]]] = field(default_factory=lambda: deque(maxlen=256))
    _channels: set[int] = field(default_factory=set)
    _held: set[int] = field(default_factory=set)  # channels with a pedal down or a wheel bent since
    _programs: dict[int, bytes] = field(default_factory=dict)
    _struck: dict[int, None] = field(default_factory=dict)
    _last_ns: int = 0  # when the last message was dealt with

    def __len__(self) -> int:
        """How many messages wait for their report."""
        return len(self._waiting)

    @property
    def sounding(self) -> frozenset[tuple[int, int]]:
        """(channel, pitch) of every note that sounds by the reports."""
        return frozenset(self._sounding)

    @property
    def used(self) -> bool:
        """Whether anything was sent that may have to be silenced."""
        return bool(self._channels)

    def plan(self, note_id: int, deadline_ns: int, data: bytes) -> bool:
        """`data` is to be sent at `deadline_ns`; False where it must not: a note is struck once."""
        data = normal(data)
        if kind_of(data) == NOTE_ON and note_id in self._struck:
            return False
        self._waiting[_key(note_id, deadline_ns, data)] = (note_id, deadline_ns, data)
        return True

    def replan(self, from_ns: int, messages: Sequence[_Message]) -> list[_Message]:
        """As `SendQueue.replan`, by what was reported so far; those of `messages` that may be sent."""
        staying = {
            note_id
            for note_id, ns, data in self._waiting.values()
            if ns < from_ns and kind_of(data) == NOTE_ON
        }
        staying.update(self._sounding.values())
        self._waiting = {
            key: message
            for key, message in self._waiting.items()
            if message[1] < from_ns or (kind_of(message[2]) == NOTE_OFF and message[0] in staying)
        }
        # An off takes the place of the one that stayed: they share a key.
        return [message for message in messages if self.plan(*message)]

    def silence(self) -> None:
        """Nothing waits any more."""
        self._waiting.clear()

    def report(self, report: Report) -> None:
        """A sender has dealt with a message."""
        note_id, data, kind = report.note_id, report.data, kind_of(report.data)
        self._last_ns = max(self._last_ns, report.sent_ns)
        self._waiting.pop(_key(note_id, report.planned_ns, data), None)
        if kind >= SYSTEM:
            return
        channel = data[0] & 0x0F
        if kind == NOTE_ON:
            self._strike(note_id)
        if report.dropped:
            self._forget_off(note_id)
            return
        self._channels.add(channel)
        if kind == NOTE_ON:
            self._sounding[key_of(data)] = note_id
        elif kind == NOTE_OFF:
            key = key_of(data)
            if self._sounding.get(key) == note_id:
                del self._sounding[key]
            self._ended.append((report.sent_ns, key))
            self._forget_off(note_id)  # where a note was cut by the next, its own off still waits
        elif holds(data):
            self._held.add(channel)
        elif kind == PROGRAM:
            self._programs[channel] = data

    def lose(self, now_ns: int) -> None:
        """The port has gone: what sounds, or ended just now, may sound on there until it is back."""
        self._stuck.update(dict.fromkeys(self._sounding))
        for sent_ns, key in self._ended:
            if sent_ns >= now_ns - LOOK_BACK_NS:
                self._stuck[key] = None

    def die(self) -> None:
        """The sender has died: what it sent last may not have left the MIDI library, which died with it."""
        since_ns = self._last_ns - UNDELIVERED_NS
        self._stuck.update(dict.fromkeys(key for ns, key in self._ended if ns >= since_ns))

    def pass_by(self, now_ns: int) -> list[Report]:
        """While nobody can send: the ons whose time has come, as dropped; their offs go too.

        A sender that was killed may have sent the last of them without a report, so they are released later.
        """
        missed = []
        for message in sorted(self._waiting.values(), key=lambda message: message[1]):
            note_id, deadline_ns, data = message
            if deadline_ns < now_ns and kind_of(data) == NOTE_ON:
                report = Report(note_id, deadline_ns, now_ns, data, dropped=True)
                self.report(report)
                missed.append(report)
                self._channels.add(data[0] & 0x0F)
                self._stuck[key_of(data)] = None
        return missed

    def hand_over(self, now_ns: int, *, heard: bool = True, pulses: bool = True) -> Handover:
        """What the next sender has to do; `pass_by` is called first.

        `heard` is False where that one has no port either. `pulses`: whether those whose time has passed
        are still to be sent: after a moment without a sender yes, else the receiver's count would be
        short for good; after a long absence of the port no, its count means nothing any more.
        """
        self._held.clear()
        notes = [(note_id, *key) for key, note_id in self._sounding.items()]
        if heard:
            notes += [(0, *key) for key in self._stuck if key not in self._sounding]
            self._stuck.clear()
        for note_id in self._sounding.values():
            self._forget_off(note_id)
        if not pulses:
            self._waiting = {
                key: message
                for key, message in self._waiting.items()
                if message[1] >= now_ns or kind_of(message[2]) != PULSE
            }
        # A synth that was switched off has forgotten its sounds.
        programs = [(0, now_ns, self._programs[channel]) for channel in sorted(self._programs)]
        waiting = sorted(self._waiting.values(), key=lambda message: message[1])
        return Handover(notes, sorted(self._channels), programs + waiting)

    def still_to_release(self, handover: Handover) -> list[bytes]:
        """What silences once more what `handover` did, and nothing that began since."""
        offs = [
            note_off(channel, pitch)
            for _, channel, pitch in handover.notes
            if (channel, pitch) not in self._sounding
        ]
        for channel in handover.channels:
            if channel not in self._held:
                offs += [control(channel, SUSTAIN, 0), wheel_centred(channel)]
        return offs

    def overdue(self, before_ns: int) -> bool:
        """Whether an on or a pulse waits for its report that was due before then: of these each has one."""
        return any(
            ns < before_ns and kind_of(data) in (NOTE_ON, PULSE)
            for _, ns, data in self._waiting.values()
        )

    def tidy(self, now_ns: int) -> None:
        """Let go of what a living sender will not report any more."""
        stale = [k for k, message in self._waiting.items() if message[1] < now_ns - STALE_NS]
        for key in stale:
            del self._waiting[key]

    def _strike(self, note_id: int) -> None:
        if note_id:
            self._struck[note_id] = None
            if len(self._struck) > _REMEMBERED:
                del self._struck[next(iter(self._struck))]

    def _forget_off(self, note_id: int) -> None:
        if note_id:
            self._waiting.pop((note_id, NOTE_OFF), None)


def _key(note_id: int, deadline_ns: int, data: bytes) -> _Key:
    kind = kind_of(data)
    return (note_id, kind) if note_id and kind in (NOTE_ON, NOTE_OFF) else (deadline_ns, data)
