"""The bytes of a MIDI file -> its events, track by track.

mido can read files too, but it checks and builds an object of many parts for every message; here a file is
read about ten times as fast, which matters if there are thousands (docs/corpus.md has the figures). Only what
charts and solos need is kept: notes, texts, meters, tempos and keys. The events have mido's names.

    MThd  length 6   format, tracks, division
    MTrk  length     (delta, event) ...     a delta and the length of a text are numbers of 7 bits a byte

Sizes and counts are only hints: files get cut short, patched and wrapped, and still hold the music.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from improv.midi.messages import (
    CHANNEL_PRESSURE,
    CONTROL,
    KEY_PRESSURE,
    NOTE_OFF,
    NOTE_ON,
    PITCH_BEND,
    PROGRAM,
    SONG_POSITION,
    SONG_SELECT,
    SYSTEM,
    TIME_CODE,
)

_TEXTS = {1: "text", 3: "track_name", 5: "lyrics", 6: "marker", 7: "cue_marker"}
_NOTES = ("note_on", "note_off")
_TEMPO, _METER, _KEY = 0x51, 0x58, 0x59
_ESCAPE, _META = 0xF7, 0xFF  # of files alone
_END_OF_TRACK = 0x2F
_TRACK, _END = b"MTrk", b"\xff\x2f\x00"
_LONGEST_NUMBER = 6  # bytes of a delta or length, two more than there may be
_BROKEN = "is damaged or cut short; it is read as far as it goes"
MOST_EVENTS, MOST_TEXTS = 1_000_000, 50_000
"""Of all kinds, and of those that are no notes: many times what an hour of music has."""
MOST_BEFORE = 4096
"""Bytes in which the header is looked for."""
_TWO_BYTES = (NOTE_OFF, NOTE_ON, KEY_PRESSURE, CONTROL, PITCH_BEND)
_DATA_BYTES = {PROGRAM: 1, CHANNEL_PRESSURE: 1} | dict.fromkeys(_TWO_BYTES, 2)
_SYSTEM_BYTES = {TIME_CODE: 1, SONG_POSITION: 2, SONG_SELECT: 1}
MAJORS = "Cb Gb Db Ab Eb Bb F C G D A E B F# C#".split()
MINORS = "Abm Ebm Bbm Fm Cm Gm Dm Am Em Bm F#m C#m G#m D#m A#m".split()


class DamagedMidi(Exception):  # noqa: N818 (its caller makes an error of it that names the file)
    """The bytes are not MIDI, or hold no track; with what else is wrong, as "it ..."."""


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
    remarks: list[str] = field(default_factory=list)
    """What the file says of itself that is wrong, a remark each."""


def read_midi_bytes(content: bytes) -> MidiBytes:
    """The events of a MIDI file, as far as they can be read; wrong sizes become remarks.

    Chunks are read up to the end of the bytes, however many the header counts. A track ends where it says so
    itself, where the next begins, or with its last whole event. Raises DamagedMidi if there is no header, or
    more than MOST_EVENTS or MOST_TEXTS.
    """
    start = _start(content)
    try:
        length, format_, counted, division = struct.unpack(">4xLHHh", content[start : start + 14])
    except struct.error as error:
        raise DamagedMidi from error
    midi = MidiBytes(format_, division)
    said = midi.remarks
    if start:
        said.append(
            "the MIDI file inside the RIFF is read"
            if content.startswith(b"RIFF")
            else f"{start} bytes before its header are passed over"
        )
    at, size, chunks = start + 8 + length, len(content), 0
    ends = _Ends(content)
    left, left_texts = MOST_EVENTS, MOST_TEXTS
    if not _is_chunk(content, at):
        at = start + 14
    while at < size:
        if not content.startswith(_TRACK, at) or at + 8 > size:
            end = _chunk_end(content, at)
            if end == -1 or not (end == size or _is_chunk(content, end)):
                end = content.find(_TRACK, at + 1)
                if end == -1:
                    if chunks >= counted and start == 0:
                        said.append(f"{size - at} bytes after its last track are passed over")
                    break
            else:
                chunks += 1
            at = end
            continue
        chunks += 1
        events, tick, at, remark = _chunk(content, at, ends)
        left -= len(events) + 1
        if left < 0:
            raise DamagedMidi(f"it has over {MOST_EVENTS:,} events")
        left_texts -= sum(event.type not in _NOTES for event in events)
        if left_texts < 0:
            raise DamagedMidi(f"it has over {MOST_TEXTS:,} texts, tempi and meters")
        midi.tracks.append(events)
        midi.ends.append(tick)
        if remark:
            said.append(f"track {len(midi.tracks)} {remark}")
    if chunks != counted:
        tracks = "track" if counted == 1 else "tracks"
        said.append(f"its header counts {counted} {tracks}, and there are {chunks}")
    if counted and not midi.tracks:
        raise DamagedMidi
    return midi


def _start(content: bytes) -> int:
    """Where the header is: at the beginning, in a RIFF, or after what a mail program or a Mac put before
    it."""
    start = content[:MOST_BEFORE].find(b"MThd")
    if start == -1:
        raise DamagedMidi
    return start


def _is_chunk(content: bytes, at: int) -> bool:
    """Whether a chunk may begin there: four letters, and a length that fits unless it is a track's."""
    return content.startswith(_TRACK, at) or _chunk_end(content, at) != -1


def _chunk_end(content: bytes, at: int) -> int:
    """Where a chunk that is no track ends; -1 where none begins or it would not fit."""
    name, size = content[at : at + 4], content[at + 4 : at + 8]
    if len(size) < 4 or not all(48 <= byte < 127 or byte == 32 for byte in name):
        return -1
    end = at + 8 + int.from_bytes(size, "big")
    return end if end <= len(content) else -1


class _Ends:
    """Where a track ends and the next begins, looked for once on the way through the file."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._from, self._found = 0, 0

    def after(self, at: int) -> int:
        """The first place from `at` on, which only grows; -1 for none."""
        if self._found != -1 and not self._from < at <= self._found:
            self._from, self._found = at, self._content.find(_END + _TRACK, at)
        return self._found


def _chunk(content: bytes, at: int, ends: _Ends) -> tuple[list[Event], int, int, str]:
    """(events, last tick, where to read on, remark) of the track chunk that begins at `at`."""
    begin, size = at + 8, len(content)
    said = begin + int.from_bytes(content[at + 4 : begin], "big")
    inside = ends.after(begin)
    if (said <= inside + len(_END) or inside == -1) and (said == size or _is_chunk(content, said)):
        events, tick, end = _track(content, begin, said)
        return events, tick, said, "" if end else _BROKEN
    after = content.find(_TRACK, begin)
    after = after if after != -1 else size
    events, tick, end = _track(content, begin, after)
    if end == said:  # what follows is no chunk
        return events, tick, end, ""
    if not end and begin < said < after:
        short = _track(content, begin, said)
        if short[2]:  # it lacks only the event that ends it
            return *short[:2], said, ""
    if not end:
        return events, tick, after, _BROKEN
    return events, tick, end, f"says that it has {said - begin:,} bytes, and has {end - begin:,}"


def _track(content: bytes, begin: int, limit: int) -> tuple[list[Event], int, int]:
    """(events that say something, last tick, where it ends) of bytes from `begin`.

    It ends with its end of track, or at `limit`; at 0 where an event is cut short or is none: then the events
    are those before.
    """
    events: list[Event] = []
    append = events.append
    data = content[begin:limit]
    at = tick = status = 0
    try:
        while at < len(data):
            byte = data[at]
            if byte < 0x80:
                now = tick + byte
                at += 1
            else:
                delta, at = _number(data, at)
                now = tick + delta
            byte = data[at]
            if byte >= 0x80:
                at += 1
                if byte < SYSTEM:
                    status = byte
            else:
                byte = status  # the status goes on, also behind texts, as many programs write it
            kind = byte & 0xF0
            if not byte or len(events) > MOST_EVENTS:
                return events, tick, 0
            if kind == NOTE_ON or kind == NOTE_OFF:
                pitch, velocity = min(data[at], 127), min(data[at + 1], 127)
                name = "note_on" if kind == NOTE_ON else "note_off"
                append(Event(name, now, byte & 0x0F, pitch, velocity))
                at += 2
            elif kind < SYSTEM:
                at += _DATA_BYTES[kind]
            elif byte == _META or byte in (SYSTEM, _ESCAPE):
                number = -1
                if byte == _META:
                    number = data[at]
                    at += 1
                length, at = _number(data, at)
                if at + length > len(data):
                    return events, tick, 0
                if number == _END_OF_TRACK:
                    return events, now, begin + at + length
                if (event := _meta(number, data[at : at + length], now)) is not None:
                    append(event)
                at += length
            else:
                at += _SYSTEM_BYTES.get(byte, 0)
            if at > len(data):
                return events, tick, 0
            tick = now
    except (IndexError, ValueError):
        return events, tick, 0
    return events, tick, begin + at


def _number(data: bytes, at: int) -> tuple[int, int]:
    """(number, where it ends) of the number that begins at `at`; IndexError or ValueError for none."""
    number = 0
    for place in range(at, at + _LONGEST_NUMBER):
        number = number << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return number, place + 1
    raise ValueError


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
            return Event("key_signature", tick, text=(MINORS if data[1] else MAJORS)[place])
    return None
