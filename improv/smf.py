"""Write a take as a standard MIDI file, in the form that `improv.corpus.midi` reads back.

    track 0     title, composer, tempos, meters, keys, chord symbols as markers, sections as cues "[A]"
    track 1 ..  one for each instrument, with its name: program, volume and place in the mix, notes

Format 1, 480 ticks a quarter; every track ends with the chart. The files can be trained on, and
a DAW shows the changes above the notes.
"""

from __future__ import annotations

import io
import struct
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import chain, groupby, pairwise
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

import mido
from mido.midifiles.meta import meta_charset

from improv import files
from improv.charts.midi_bytes import MAJORS, MINORS
from improv.midi.messages import NOTE_OFF, NOTE_ON, SYSTEM
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.spelling import read_key
from improv.music.take import Take, Track

_VOLUME, _PAN = 7, 10  # controllers
_CHARSET = "utf-8"
_END_OF_TRACK = b"\xff\x2f\x00"
_CENTRE = 64
_MIX: tuple[tuple[str, int, int], ...] = (
    ("solo", 104, _CENTRE),
    ("piano", 110, 42),
    ("guitar", 98, 86),
    ("bass", 92, _CENTRE),
    ("drum", 118, _CENTRE),
    ("count", 118, _CENTRE),
)
"""A word of the track's name, volume, pan: soloists, whatever their names, are in front, then the bass, then
piano and drums, whose samples in General MIDI SoundFonts are soft (`tests/test_audio.py` measures it)."""
_USUAL_MIX = (100, _CENTRE)


def midi_bytes(music: Take | mido.MidiFile) -> bytes:
    """The content of a MIDI file.

    Of a take, notes are cut at the end of the chart, and notes that would begin after it are left out. A
    pitch struck again while it sounds ends there, and of two struck at once the louder is written, because a
    MIDI channel knows a pitch only as on or off. mido gives the bytes of all but the notes, and no message is
    kept: a long take needs a fifth of the time and room that a file of mido's does.
    """
    if isinstance(music, mido.MidiFile):
        buffer = io.BytesIO()
        music.save(file=buffer)
        return buffer.getvalue()
    length_tick = music.chart.length_tick
    with meta_charset(_CHARSET):
        tracks = [_track(music.chart.title, _conductor(music), length_tick)]
        for track, set_up in _set_ups(music):
            placed = ((0, bytes(message.bytes())) for message in set_up)
            tracks.append(
                _track(track.name, chain(placed, _notes(track, length_tick)), length_tick)
            )
    header = struct.pack(">4sLHHH", b"MThd", 6, 1, len(tracks), TICKS_PER_BEAT)
    return b"".join((header, *tracks))


def write_midi(path: Path, music: Take | mido.MidiFile) -> None:
    """Write a MIDI file to `path`, whole or not at all. Raises OutputFileError."""
    files.write_bytes(path, midi_bytes(music))


def _text(text: str) -> str:
    """Text on one line that can be encoded."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def _meta(kind: str, **values: Any) -> mido.MetaMessage:
    return mido.MetaMessage(kind, **values)


def _track(name: str, events: Iterable[tuple[int, bytes]], length_tick: int) -> bytes:
    """The chunk of a track of (tick, bytes), in order, with its name and its end.

    A status is said once for all that follow with the same one.
    """
    content = bytearray(b"\0" + bytes(_meta("track_name", name=_text(name)).bytes()))
    now_tick = running = 0
    for tick, said in events:
        waited = tick - now_tick
        if waited < 0x80:
            content.append(waited)
        else:
            content += _quantity(waited)
        content += said[1:] if said[0] == running else said
        now_tick, running = tick, said[0] if said[0] < SYSTEM else 0
    content += _quantity(max(0, length_tick - now_tick)) + _END_OF_TRACK
    return b"MTrk" + len(content).to_bytes(4, "big") + content


# -- track 0


def _conductor(take: Take) -> list[tuple[int, bytes]]:
    same: dict[bytes, bytes] = {}
    events = []
    for tick, message in _signs(take):
        if tick < take.chart.length_tick:
            content = bytes(message.bytes())
            events.append((tick, same.setdefault(content, content)))
    return sorted(events, key=itemgetter(0))


def _signs(take: Take) -> Iterator[tuple[int, mido.MetaMessage]]:
    """All that stands above the notes, one kind after another."""
    chart = take.chart
    if chart.composer:
        yield 0, _meta("text", text=_text(f"Composer: {chart.composer}"))
    for tick, bpm in take.tempos:
        yield tick, _meta("set_tempo", tempo=mido.bpm2tempo(bpm))
    for tick, meter in ((0, chart.meter), *chart.meter_changes):
        beats, unit = meter.beats_per_bar, meter.beat_unit
        yield tick, _meta("time_signature", numerator=beats, denominator=unit)
    for tick, text in take.keys or ((0, chart.key),):
        name = key_signature(text)
        if name:
            yield tick, _meta("key_signature", key=name)
    for tick, text in _symbols(chart):
        yield tick, _meta("marker", text=text)
    for number, tick in enumerate(chart.tops, 1):
        yield tick, _meta("cue_marker", text=f"Chorus {number}")
    for tick, label in chart.sections:
        yield tick, _meta("cue_marker", text=f"[{_text(label)}]")
    for tick, text in chart.remarks:
        yield tick, _meta("text", text=_text(text))


def _symbols(chart: Chart) -> Iterator[tuple[int, str]]:
    for tick, chord in chart.changes:
        yield tick, chord.text if chord else "NC"
    if len(chart.changes) == 1 and chart.bars > 1:
        # A single marker could be anything; a reader recognises two as chords.
        chord = chart.changes[0][1]
        yield chart.bar_tick(1), chord.text if chord else "NC"


def key_signature(text: str) -> str:
    """MIDI's name for the signature of a key ("Bb", "Cm"); other modes have that of a major key.

    "D dorian" has the signature of C; "" for what is not a key.
    """
    key = read_key(text)
    if key is None:
        return ""
    names = MINORS if key.mode in ("minor", "aeolian") else MAJORS
    return names[key.fifths + 7]


# -- musicians


def _set_ups(take: Take) -> Iterator[tuple[Track, list[mido.Message]]]:
    """Each track, and what sets its channel up, which only the first on a channel does."""
    placed: set[int] = set()
    for track in take.tracks:
        yield track, [] if track.channel in placed else _set_up(track)
        placed.add(track.channel)


def _set_up(track: Track) -> list[mido.Message]:
    name = track.name.lower() if track.written is None else "solo"
    volume, pan = next((row[1:] for row in _MIX if row[0] in name), _USUAL_MIX)
    program = [] if track.program is None else [("program_change", {"program": track.program})]
    controls = [(_VOLUME, volume), (_PAN, pan)]
    settings: list[tuple[str, dict[str, int]]] = [
        *program,
        *(("control_change", {"control": number, "value": value}) for number, value in controls),
    ]
    return [mido.Message(kind, channel=track.channel, **values) for kind, values in settings]


def _notes(track: Track, length_tick: int) -> Iterator[tuple[int, bytes]]:
    for tick, on, pitch, velocity in _strokes(track, length_tick):
        yield tick, bytes(((NOTE_ON if on else NOTE_OFF) | track.channel, pitch, velocity))


def _strokes(track: Track, length_tick: int) -> Iterator[tuple[int, int, int, int]]:
    """(tick, 0 for off and 1 for on, pitch, velocity) in order: offs before ons at one tick."""
    offs: list[tuple[int, int]] = []  # (tick, pitch) of what sounds
    for onset_tick, group in groupby(playable(track.notes, length_tick), key=itemgetter(0)):
        ons = []
        for _, end_tick, pitch, velocity in group:
            ons.append((onset_tick, 1, pitch, velocity))
            heappush(offs, (end_tick, pitch))
        while offs and offs[0][0] <= onset_tick:
            tick, pitch = heappop(offs)
            yield tick, 0, pitch, _CENTRE
        ons.sort()
        yield from ons
    while offs:
        tick, pitch = heappop(offs)
        yield tick, 0, pitch, _CENTRE


def _quantity(number: int) -> bytes:
    """A variable-length quantity: seven bits a byte, the upper ones first."""
    content = [number & 0x7F]
    while number := number >> 7:
        content.append(number & 0x7F | 0x80)
    return bytes(reversed(content))


def playable(notes: Sequence[Note], length_tick: int) -> Iterator[tuple[int, int, int, int]]:
    """(onset, end, pitch, velocity) of those of `notes` that one channel can play, up to `length_tick`.

    By onset; where a note ends is known once all that begins before has been seen.
    """
    waiting: deque[list[int]] = deque()
    """Rows in order, of which the first may still be cut short."""
    latest: dict[int, list[int]] = {}  # pitch -> its last row
    for note in _in_order(notes):
        onset_tick, end_tick = note.onset_tick, min(note.end_tick, length_tick)
        if onset_tick >= length_tick:
            break
        while waiting and waiting[0][0] < onset_tick and waiting[0][1] <= onset_tick:
            yield _row(waiting.popleft())
        before = latest.get(note.pitch)
        if before is not None and before[1] > onset_tick:
            if before[0] == onset_tick:
                before[1], before[3] = max(end_tick, before[1]), note.velocity
                continue
            before[1] = onset_tick
        latest[note.pitch] = row = [onset_tick, end_tick, note.pitch, note.velocity]
        waiting.append(row)
    yield from map(_row, waiting)


def _row(row: list[int]) -> tuple[int, int, int, int]:
    onset_tick, end_tick, pitch, velocity = row
    return onset_tick, end_tick, pitch, velocity


def _in_order(notes: Sequence[Note]) -> Iterator[Note]:
    """By onset, then by pitch, then by velocity; what is by onset already is not copied."""

    def by_all(note: Note) -> tuple[int, int, int]:
        return note.onset_tick, note.pitch, note.velocity

    if any(a.onset_tick > b.onset_tick for a, b in pairwise(notes)):
        notes = sorted(notes, key=by_all)
    for _, group in groupby(notes, key=attrgetter("onset_tick")):
        yield from sorted(group, key=by_all)
