"""Write a take as a standard MIDI file, in the form that `improv.corpus.midi` reads back.

    track 0     title, composer, tempos, meters, keys, chord symbols as markers, sections as cues "[A]"
    track 1 ..  one for each instrument, with its name: program, volume and place in the mix, notes

Format 1, 480 ticks a quarter; every track ends with the chart. The files can be trained on, and
a DAW shows the changes above the notes.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import groupby, pairwise
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

import mido
from mido.midifiles.meta import meta_charset

from improv import files
from improv.midi.messages import NOTE_OFF, NOTE_ON
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.spelling import read_key
from improv.music.take import Take, Track

_VOLUME, _PAN = 7, 10  # controllers
_CHARSET = "utf-8"
_CHUNK = 8
"""Bytes of a chunk's name and size."""
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

_MAJORS = "Cb Gb Db Ab Eb Bb F C G D A E B F# C#".split()
_MINORS = "Abm Ebm Bbm Fm Cm Gm Dm Am Em Bm F#m C#m G#m D#m A#m".split()


def take_file(take: Take) -> mido.MidiFile:
    """The MIDI file of a take.

    Notes are cut at the end of the chart, and notes that would begin after it are left out. A pitch struck
    again while it sounds ends there, and of two struck at once the louder is written, because a MIDI channel
    knows a pitch only as on or off.
    """
    length_tick = take.chart.length_tick
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset=_CHARSET)
    midi.tracks.append(_track(take.chart.title, _conductor(take), length_tick))
    for track, set_up in _set_ups(take):
        midi.tracks.append(_musician(track, set_up, length_tick))
    return midi


def take_bytes(take: Take) -> bytes:
    """What `take_file(take)` is saved as, in a fifth of the time and room: mido writes all but the notes, and
    what stands above them a message at a time.
    """
    length_tick = take.chart.length_tick
    heads = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset=_CHARSET)
    heads.tracks.append(mido.MidiTrack())  # in the place of the conductor
    for track, set_up in _set_ups(take):
        heads.tracks.append(_track(track.name, [(0, message) for message in set_up], 0))
    header, _, *chunks = _chunks(midi_bytes(heads))
    written = [header, _chunk(_conductor_bytes(take))]
    for track, head in zip(take.tracks, chunks, strict=True):
        body = bytearray(head[_CHUNK:].removesuffix(b"\0" + _END_OF_TRACK))
        written.append(_chunk(body + _note_bytes(track, length_tick)))
    return b"".join(written)


def _chunk(body: bytes | bytearray) -> bytes:
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def midi_bytes(music: Take | mido.MidiFile) -> bytes:
    """The content of a MIDI file."""
    if isinstance(music, Take):
        return take_bytes(music)
    buffer = io.BytesIO()
    music.save(file=buffer)
    return buffer.getvalue()


def write_midi(path: Path, music: Take | mido.MidiFile) -> None:
    """Write a MIDI file to `path`, whole or not at all. Raises OutputFileError."""
    files.write_bytes(path, midi_bytes(music))


def _text(text: str) -> str:
    """Text on one line that can be encoded."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def _meta(kind: str, **values: Any) -> mido.MetaMessage:
    return mido.MetaMessage(kind, **values)


def _track(
    name: str, events: Iterable[tuple[int, mido.MetaMessage]], length_tick: int
) -> mido.MidiTrack:
    """A track of (tick, message); messages at the same tick keep their order."""
    track = mido.MidiTrack([_meta("track_name", name=_text(name), time=0)])
    now_tick = 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        message.time = tick - now_tick
        track.append(message)
        now_tick = tick
    track.append(_meta("end_of_track", time=max(0, length_tick - now_tick)))
    return track


# -- track 0


def _conductor(take: Take) -> Iterator[tuple[int, mido.MetaMessage]]:
    return (event for event in _signs(take) if event[0] < take.chart.length_tick)


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


def _conductor_bytes(take: Take) -> bytes:
    """The conductor's track as mido would write it, no message of which is kept."""
    same: dict[bytes, bytes] = {}
    with meta_charset(_CHARSET):

        def said(message: mido.MetaMessage) -> bytes:
            content = bytes(message.bytes())
            return same.setdefault(content, content)

        name = said(_meta("track_name", name=_text(take.chart.title)))
        events = [(tick, said(message)) for tick, message in _conductor(take)]
    events.sort(key=lambda event: event[0])
    content = bytearray(b"\0" + name)
    now_tick = 0
    for tick, said_bytes in events:
        content += _quantity(tick - now_tick) + said_bytes
        now_tick = tick
    return bytes(content) + _quantity(max(0, take.chart.length_tick - now_tick)) + _END_OF_TRACK


def key_signature(text: str) -> str:
    """MIDI's name for the signature of a key ("Bb", "Cm"); other modes have that of a major key.

    "D dorian" has the signature of C; "" for what is not a key.
    """
    key = read_key(text)
    if key is None:
        return ""
    names = _MINORS if key.mode in ("minor", "aeolian") else _MAJORS
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


def _musician(track: Track, set_up: list[mido.Message], length_tick: int) -> mido.MidiTrack:
    written = mido.MidiTrack([_meta("track_name", name=_text(track.name), time=0), *set_up])
    now_tick = 0
    kinds = ("note_off", "note_on")
    for tick, on, pitch, velocity in _strokes(track, length_tick):
        # Unchecked, because a long take has 200,000 of these and checking takes as long as all the rest.
        written.append(
            mido.Message(
                kinds[on],
                skip_checks=True,
                channel=track.channel,
                note=pitch,
                velocity=velocity,
                time=tick - now_tick,
            )
        )
        now_tick = tick
    written.append(_meta("end_of_track", time=max(0, length_tick - now_tick)))
    return written


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


def _note_bytes(track: Track, length_tick: int) -> bytes:
    """The notes of a track and its end, a status said once for all that follow with the same one."""
    content = bytearray()
    now_tick, running = 0, -1
    for tick, on, pitch, velocity in _strokes(track, length_tick):
        waited = tick - now_tick
        if waited < 0x80:
            content.append(waited)
        else:
            content += _quantity(waited)
        if on != running:
            content.append((NOTE_ON if on else NOTE_OFF) | track.channel)
            running = on
        content.append(pitch)
        content.append(velocity)
        now_tick = tick
    return bytes(content) + _quantity(max(0, length_tick - now_tick)) + _END_OF_TRACK


def _quantity(number: int) -> bytes:
    """A variable-length quantity: seven bits a byte, the upper ones first."""
    content = [number & 0x7F]
    while number := number >> 7:
        content.append(number & 0x7F | 0x80)
    return bytes(reversed(content))


def _chunks(content: bytes) -> list[bytes]:
    """The chunks of a MIDI file, each with its name and size."""
    found, at = [], 0
    while at < len(content):
        end = at + _CHUNK + int.from_bytes(content[at + 4 : at + _CHUNK], "big")
        found.append(content[at:end])
        at = end
    return found


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
