"""Write a take as a standard MIDI file, in the form that `improv.corpus.midi` reads back.

    track 0     title, composer, tempos, meters, keys, chord symbols as markers, sections as cues "[A]"
    track 1 ..  one for each instrument, with its name: program, volume and place in the mix, notes

Format 1, 480 ticks a quarter; every track ends with the chart. The files can be trained on, and
a DAW shows the changes above the notes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mido

from improv import files
from improv.midi.messages import NOTE_OFF, NOTE_ON
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.spelling import read_key
from improv.music.take import Take, Track

_VOLUME, _PAN = 7, 10  # controllers
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
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    midi.tracks.append(_track(take.chart.title, _conductor(take), length_tick))
    placed: set[int] = set()
    for track in take.tracks:
        set_up = [] if track.channel in placed else _set_up(track)
        placed.add(track.channel)
        midi.tracks.append(_musician(track, set_up, length_tick))
    return midi


def take_bytes(take: Take) -> bytes:
    """What `take_file(take)` is saved as, in a fifth of the time: mido writes all but the notes."""
    bare = replace(take, tracks=tuple(replace(track, notes=()) for track in take.tracks))
    header, conductor, *heads = _chunks(midi_bytes(take_file(bare)))
    length_tick = take.chart.length_tick
    ending = _quantity(length_tick) + _END_OF_TRACK
    written = [header, conductor]
    for track, head in zip(take.tracks, heads, strict=True):
        body = head[_CHUNK:].removesuffix(ending) + _note_bytes(track, length_tick)
        written.append(b"MTrk" + len(body).to_bytes(4, "big") + body)
    return b"".join(written)


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


def _conductor(take: Take) -> list[tuple[int, mido.MetaMessage]]:
    chart = take.chart
    events = []
    if chart.composer:
        events.append((0, _meta("text", text=_text(f"Composer: {chart.composer}"))))
    for tick, bpm in take.tempos:
        events.append((tick, _meta("set_tempo", tempo=mido.bpm2tempo(bpm))))
    for tick, meter in ((0, chart.meter), *chart.meter_changes):
        beats, unit = meter.beats_per_bar, meter.beat_unit
        events.append((tick, _meta("time_signature", numerator=beats, denominator=unit)))
    for tick, text in take.keys or ((0, chart.key),):
        name = key_signature(text)
        if name:
            events.append((tick, _meta("key_signature", key=name)))
    events += [(tick, _meta("marker", text=text)) for tick, text in _symbols(chart)]
    for number, tick in enumerate(chart.tops, 1):
        events.append((tick, _meta("cue_marker", text=f"Chorus {number}")))
    for tick, label in chart.sections:
        events.append((tick, _meta("cue_marker", text=f"[{_text(label)}]")))
    events += [(tick, _meta("text", text=_text(text))) for tick, text in chart.remarks]
    return [event for event in events if event[0] < chart.length_tick]


def _symbols(chart: Chart) -> list[tuple[int, str]]:
    symbols = [(tick, chord.text if chord else "NC") for tick, chord in chart.changes]
    if len(symbols) == 1 and chart.bars > 1:
        # A single marker could be anything; a reader recognises two as chords.
        symbols.append((chart.bar_tick(1), symbols[0][1]))
    return symbols


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


def _strokes(track: Track, length_tick: int) -> list[tuple[int, int, int, int]]:
    """(tick, 0 for off and 1 for on, pitch, velocity): offs before ons at one tick."""
    events: list[tuple[int, int, int, int]] = []
    for onset_tick, end_tick, pitch, velocity in playable(track.notes, length_tick):
        events.append((onset_tick, 1, pitch, velocity))
        events.append((end_tick, 0, pitch, _CENTRE))
    events.sort()
    return events


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


def playable(notes: Iterable[Note], length_tick: int) -> list[tuple[int, int, int, int]]:
    """(onset, end, pitch, velocity) of those of `notes` that one channel can play, up to `length_tick`."""
    found: list[tuple[int, int, int, int]] = []
    latest: dict[int, int] = {}  # pitch -> where its last note is
    for note in sorted(notes, key=lambda note: (note.onset_tick, note.pitch, note.velocity)):
        onset_tick, end_tick = note.onset_tick, min(note.end_tick, length_tick)
        if onset_tick >= length_tick:
            break
        before = latest.get(note.pitch)
        if before is not None and found[before][1] > onset_tick:
            if found[before][0] == onset_tick:
                longer = max(end_tick, found[before][1])
                found[before] = (onset_tick, longer, note.pitch, note.velocity)
                continue
            found[before] = (found[before][0], onset_tick, *found[before][2:])
        latest[note.pitch] = len(found)
        found.append((onset_tick, end_tick, note.pitch, note.velocity))
    return found
