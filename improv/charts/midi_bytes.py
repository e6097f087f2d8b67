"""The bytes of a MIDI file -> its events, track by track.

mido can read files too, but it checks and builds an object of many parts for every message; here a file is
read about ten times as fast, which matters if there are thousands (docs/corpus.md has the figures). Only what
charts and solos need is kept: notes, texts, meters, tempos and keys. The events have mido's names.

    MThd  length 6   format, tracks, division
    MTrk  length     (delta, event) ...     a delta and the length of a text are numbers of 7 bits a byte
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

_TEXTS = {1: "text", 3: "track_name", 5: "lyrics", 6: "marker", 7: "cue_marker"}
_TEMPO, _METER, _KEY = 0x51, 0x58, 0x59
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_MAJORS = "Cb Gb Db Ab Eb Bb F C G D A E B F# C#".split()
_MINORS = "Abm Ebm Bbm Fm Cm Gm Dm Am Em Bm F#m C#m G#m D#m A#m".split()


class DamagedMidi(Exception):  # noqa: N818 (its caller makes an error of it that names the file)
    """The bytes end too early, or are not MIDI."""


@dataclass(slots=True)
class Event:
    """One event; `tick` is in the file's own ticks, from its beginning. Fields it does not have are empty."""

    type: str
    tick: int
    channel: int = 0
    note: int = 0
    velocity: int = 0
    text: str = ""
    """A text, as latin-1, or the name of a key signature, such as "Bb" or "Cm"."""
    numbers: tuple[int, int] = (0, 0)
    """A meter (beats, unit), or a tempo (microseconds a quarter, 0)."""


@dataclass
class MidiBytes:
    """A MIDI file's format, its ticks a quarter (0 or less: it counts in frames) and its tracks."""

    format: int
    ticks_per_beat: int
    tracks: list[list[Event]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    """The last tick of each track."""


def read_midi_bytes(content: bytes) -> MidiBytes:
    """The events of a MIDI file. Raises DamagedMidi, also if it is cut short."""
    try:
        length, format_, tracks, division = struct.unpack(">4xLHHh", content[:14])
        midi = MidiBytes(format_, division)
        at = 8 + length
        while len(midi.tracks) < tracks:
            name, length = struct.unpack(">4sL", content[at : at + 8])
            at += 8
            if at + length > len(content):
                raise DamagedMidi
            if name == b"MTrk":  # other chunks may come in between
                events, end = _track(content[at : at + length])
                midi.tracks.append(events)
                midi.ends.append(end)
            at += length
    except (struct.error, IndexError) as error:
        raise DamagedMidi from error
    return midi


def _track(data: bytes) -> tuple[list[Event], int]:
    """The meaningful events of a track, and its last tick. IndexError if it is cut short."""
    events: list[Event] = []
    append = events.append
    at = tick = status = 0
    size = len(data)
    while at < size:
        byte = data[at]
        at += 1
        if byte < 0x80:
            tick += byte
        else:
            delta = byte & 0x7F
            while byte >= 0x80:
                byte = data[at]
                at += 1
                delta = delta << 7 | byte & 0x7F
            tick += delta
        byte = data[at]
        if byte >= 0x80:
            at += 1
            if byte < 0xF0:
                status = byte
        else:
            byte = status  # running status continues, also after texts, as many programs write it
            if not status:
                raise DamagedMidi
        kind = byte & 0xF0
        if kind == 0x90 or kind == 0x80:
            velocity = data[at + 1]
            append(
                Event(
                    "note_on" if kind == 0x90 else "note_off",
                    tick,
                    byte & 0x0F,
                    min(data[at], 127),
                    min(velocity, 127),
                )
            )
            at += 2
        elif kind < 0xF0:
            at += _DATA_BYTES[kind]
        elif byte == 0xFF or byte in (0xF0, 0xF7):
            number = -1
            if byte == 0xFF:
                number = data[at]
                at += 1
            length = 0
            while True:
                part = data[at]
                at += 1
                length = length << 7 | part & 0x7F
                if part < 0x80:
                    break
            if at + length > size:
                raise DamagedMidi
            if (event := _meta(number, data[at : at + length], tick)) is not None:
                append(event)
            at += length
        else:
            at += _SYSTEM_BYTES.get(byte, 0)
    if at > size:
        raise DamagedMidi
    return events, tick


def _meta(number: int, data: bytes, tick: int) -> Event | None:
    if number in _TEXTS:
        return Event(_TEXTS[number], tick, text=data.decode("latin-1"))
    if number == _METER and len(data) >= 2:
        return Event("time_signature", tick, numbers=(data[0], 2 ** min(data[1], 16)))
    if number == _TEMPO and len(data) >= 3:
        return Event("set_tempo", tick, numbers=(int.from_bytes(data[:3], "big"), 0))
    if number == _KEY and len(data) >= 2:
        place = (data[0] - 256 if data[0] > 127 else data[0]) + 7
        if 0 <= place <= 14 and data[1] in (0, 1):
            return Event("key_signature", tick, text=(_MINORS if data[1] else _MAJORS)[place])
    return None
