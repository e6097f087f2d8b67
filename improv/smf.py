"""Write a solo as a standard MIDI file, in the form that `improv.corpus.midi` reads back.

Format 1, 480 ticks a quarter. Track 0: title, tempo, meter and the chord symbols as markers. Track 1: the
solo. What is written here can be trained on, and shows in a DAW with its changes above the notes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import mido

from improv import files
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT, Note

TENOR_SAX = 66


def _track(
    name: str, events: Iterable[tuple[int, int, mido.Message | mido.MetaMessage]]
) -> mido.MidiTrack:
    """A track from (tick, order, message); smaller order first at one tick. Ends with one end_of_track."""
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name, time=0)])
    now_tick = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now_tick))
        now_tick = tick
    return track


def solo_file(
    notes: Sequence[Note],
    chart: Chart,
    *,
    length_tick: int,
    tempo_bpm: float,
    channel: int = 0,
    program: int = TENOR_SAX,
    title: str = "",
) -> mido.MidiFile:
    """The MIDI file of `notes` played over `chart`, repeated up to `length_tick`. `channel` is 0-15."""
    head: list[tuple[int, int, mido.MetaMessage]] = [
        (0, 0, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo_bpm))),
        (
            0,
            1,
            mido.MetaMessage(
                "time_signature",
                numerator=chart.meter.beats_per_bar,
                denominator=chart.meter.beat_unit,
            ),
        ),
    ]
    for top_tick in range(0, max(length_tick, 1), chart.length_tick):
        for tick, chord in chart.changes:
            if top_tick + tick < max(length_tick, 1):
                text = chord.text if chord is not None else "NC"
                head.append((top_tick + tick, 2, mido.MetaMessage("marker", text=text)))
    body: list[tuple[int, int, mido.Message]] = [
        (0, 0, mido.Message("program_change", channel=channel, program=program))
    ]
    for note in notes:
        on = mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=channel, note=note.pitch, velocity=64)
        body += [(note.onset_tick, 2, on), (note.end_tick, 1, off)]
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    midi.tracks = [_track(title or chart.title, head), _track("Solo", body)]
    for track in midi.tracks:
        end_tick = sum(message.time for message in track)
        track.append(mido.MetaMessage("end_of_track", time=max(0, length_tick - end_tick)))
    return midi


def write_midi(path: Path, midi: mido.MidiFile) -> None:
    """Write `midi` to `path`, whole or not at all. Raises OutputFileError."""
    buffer = io.BytesIO()
    midi.save(file=buffer)
    files.write_bytes(path, buffer.getvalue())
