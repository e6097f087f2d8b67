"""What is planned and not sent yet, as the performer has it, and what came of the rest. No clock, no process.

Input -> output:  plan(...), report(...)  ->  what waits; Handover: what the next sender has to do first

The one list of what was handed over. The performer moves it when the tempo changes, and a sender that takes
the place of another begins with it. A sender knows itself what it holds; this survives it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from improv.midi.events import Report
from improv.midi.messages import (
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM,
    PULSE,
    SUSTAIN,
    SYSTEM,
    VOLUME,
    Planned,
    control,
    holds,
    is_off,
    is_on,
    key_of,
    kind_of,
    normal,
    note_off,
    wheel_centred,
)
from improv.midi.sounding import Sounding

LOOK_BACK_NS = 6_000_000_000
"""A port is missed up to five seconds after it has gone: offs of that time went to nobody."""

UNDELIVERED_NS = 200_000_000
"""JACK hands over what it is given a cycle later, 43 ms with 2048 frames at 48 kHz, and ALSA at once."""

STALE_NS = 10_000_000_000
"""What a living sender has not reported so long after its time was dropped by its rules, without a word."""

_Key = tuple[object, ...]


@dataclass(frozen=True)
class Handover:
    """What a sender that takes over is told first."""

    notes: list[tuple[int, int, int]]
    """(note_id, channel, pitch) of what may still sound; note_id 0 where its off has been reported."""
    channels: list[int]
    """Channels used: their pedals go up, their wheels to the centre."""
    messages: list[Planned]
    """What is to be sent still, in order of time."""


@dataclass
class Unsent:
    """Messages handed over and not yet reported, and what sounds by the reports."""

    _waiting: dict[_Key, Planned] = field(default_factory=dict)
    _sounding: Sounding = field(default_factory=Sounding)
    _stuck: dict[tuple[int, int], None] = field(default_factory=dict)
    _ended: deque[tuple[int, tuple[int, int]]] = field(default_factory=lambda: deque(maxlen=256))
    _held: set[int] = field(default_factory=set)  # channels with a pedal down or a wheel bent since
    _chosen: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """By channel and kind: sounds and volumes, which a synth may forget."""
    _last_ns: int = 0  # when the last message was dealt with

    def waiting(self) -> list[Planned]:
        """What waits for its report."""
        return list(self._waiting.values())

    @property
    def used(self) -> bool:
        """Whether anything was sent that may have to be silenced."""
        return bool(self._sounding.channels)

    @property
    def may_sound(self) -> bool:
        """Whether a note may sound at the port."""
        return bool(self._sounding.holders or self._stuck)

    def plan(self, message: Planned) -> Planned | None:
        """`message` is to be sent: as it is then to be handed over, or None where it must not be.

        A note is struck once. Of two that are alike and are no notes, such as pulses that were to be sent
        earlier than they can be, the second comes a nanosecond later, so that each has its report.
        """
        message = message._replace(data=normal(message.data))
        if is_on(message.data) and self._sounding.was_struck(message.note_id):
            return None
        while not _is_note(message.note_id, message.data) and _key(message) in self._waiting:
            message = message._replace(deadline_ns=message.deadline_ns + 1)
        self._waiting[_key(message)] = message
        return message

    def replan(self, from_ns: int, messages: Sequence[Planned]) -> list[Planned]:
        """As `SendQueue.replan`, by what was reported so far; those of `messages` that may be sent."""
        stays = self._sounding.stays(self._waiting.values(), from_ns, messages)
        self._waiting = {key: m for key, m in self._waiting.items() if stays(m)}
        return [planned for planned in map(self.plan, messages) if planned is not None]

    def silence(self) -> None:
        """Nothing waits any more."""
        self._waiting.clear()

    def report(self, report: Report) -> Report:
        """A sender has dealt with a message. Gives the report, with the place that the message has."""
        note_id, data = report.note_id, report.data
        self._last_ns = max(self._last_ns, report.sent_ns)
        message = self._waiting.pop(_key(Planned(note_id, report.planned_ns, data)), None)
        if message is not None and message.place is not None:
            # An off for a note that was cut short comes before the place of its own.
            if not is_off(data) or message.deadline_ns == report.planned_ns:
                report = replace(report, place=message.place)
        if kind_of(data) < SYSTEM:
            self._note(report)
        return report

    def _note(self, report: Report) -> None:
        note_id, data, kind = report.note_id, report.data, kind_of(report.data)
        channel = data[0] & 0x0F
        if kind == NOTE_ON:
            self._sounding.strike(note_id)
        if report.dropped:
            self._forget_off(note_id)
            return
        self._sounding.went_out(note_id, data)
        if kind == NOTE_OFF:
            self._ended.append((report.sent_ns, key_of(data)))
            self._forget_off(note_id)  # where a note was cut by the next, its own off still waits
        elif holds(data):
            self._held.add(channel)
        elif kind == PROGRAM or (kind == CONTROL and data[1] == VOLUME):
            self._chosen[channel, kind] = data

    def lose(self, now_ns: int) -> None:
        """The port has gone: what sounds, or ended just now, may sound on there until it is back."""
        self._stuck.update(dict.fromkeys(self._sounding.holders))
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
        for note_id, deadline_ns, data, place in self._in_time():
            if deadline_ns < now_ns and is_on(data):
                report = Report(note_id, deadline_ns, now_ns, data, dropped=True, place=place)
                missed.append(self.report(report))
                self._sounding.channels.add(data[0] & 0x0F)
                self._stuck[key_of(data)] = None
        return missed

    def _in_time(self) -> list[Planned]:
        return sorted(self._waiting.values(), key=lambda message: message.deadline_ns)

    def hand_over(self, now_ns: int, *, heard: bool = True, pulses: bool = True) -> Handover:
        """What the next sender has to do; `pass_by` is called first.

        `heard` is False where that one has no port either. `pulses`: whether those whose time has passed
        are still to be sent: after a moment without a sender yes, else the receiver's count would be
        short for good; after a long absence of the port no, its count means nothing any more.
        """
        self._held.clear()
        sounding = self._sounding.holders
        notes = [(note_id, *key) for key, note_id in sounding.items()]
        if heard:
            notes += [(0, *key) for key in self._stuck if key not in sounding]
            self._stuck.clear()
        for note_id in sounding.values():
            self._forget_off(note_id)
        if not pulses:
            self._waiting = {
                key: message
                for key, message in self._waiting.items()
                if message.deadline_ns >= now_ns or kind_of(message.data) != PULSE
            }
        # A synth that was switched off has forgotten its sounds.
        chosen = [Planned(0, now_ns, data) for _, data in sorted(self._chosen.items())]
        return Handover(notes, sorted(self._sounding.channels), chosen + self._in_time())

    def still_to_release(self, handover: Handover) -> list[bytes]:
        """What silences once more what `handover` did, and nothing that began since."""
        offs = [
            note_off(channel, pitch)
            for _, channel, pitch in handover.notes
            if (channel, pitch) not in self._sounding.holders
        ]
        for channel in handover.channels:
            if channel not in self._held:
                offs += [control(channel, SUSTAIN, 0), wheel_centred(channel)]
        return offs

    def overdue(self, before_ns: int) -> bool:
        """Whether an on or a pulse waits for its report that was due before then: of these each has one."""
        return any(
            message.deadline_ns < before_ns and kind_of(message.data) in (NOTE_ON, PULSE)
            for message in self._waiting.values()
        )

    def tidy(self, now_ns: int) -> None:
        """Let go of what a living sender will not report any more."""
        stale = [k for k, m in self._waiting.items() if m.deadline_ns < now_ns - STALE_NS]
        for key in stale:
            del self._waiting[key]

    def _forget_off(self, note_id: int) -> None:
        if note_id:
            self._waiting.pop((note_id, NOTE_OFF), None)


def _is_note(note_id: int, data: bytes) -> bool:
    return bool(note_id) and (is_on(data) or is_off(data))


def _key(message: Planned) -> _Key:
    note_id, deadline_ns, data, _ = message
    return (note_id, kind_of(data)) if _is_note(note_id, data) else (deadline_ns, data)
