"""The project's own reading of MIDI bytes says what mido says."""

from __future__ import annotations

import io
import random
from pathlib import Path

import mido
import pytest

from improv.charts.midi_bytes import DamagedMidi, read_midi_bytes

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "data").glob("*.mid"))[::12], ROOT / "tests/fixtures/four_bars.mid"]


def by_mido(content: bytes) -> list[list[tuple]]:
    """The same events as mido reads them."""
    tracks = []
    for track in mido.MidiFile(file=io.BytesIO(content), clip=True).tracks:
        tick, events = 0, []
        for message in track:
            tick += message.time
            if message.type in ("note_on", "note_off"):
                events.append((message.type, tick, message.channel, message.note, message.velocity))
            elif message.type == "track_name":
                events.append((message.type, tick, message.name))
            elif message.type in ("text", "lyrics", "marker", "cue_marker"):
                events.append((message.type, tick, message.text))
            elif message.type == "time_signature":
                events.append((message.type, tick, message.numerator, message.denominator))
            elif message.type == "set_tempo":
                events.append((message.type, tick, message.tempo))
            elif message.type == "key_signature":
                events.append((message.type, tick, message.key))
        tracks.append(events)
    return tracks


def by_us(content: bytes) -> list[list[tuple]]:
    tracks = []
    for track in read_midi_bytes(content).tracks:
        events = []
        for event in track:
            if event.type in ("note_on", "note_off"):
                said = (event.channel, event.note, event.velocity)
            elif event.type == "set_tempo":
                said = event.numbers[:1]
            elif event.type == "time_signature":
                said = event.numbers
            else:
                said = (event.text,)
            events.append((event.type, event.tick, *said))
        tracks.append(events)
    return tracks


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_real_files_are_read_as_mido_reads_them(path: Path) -> None:
    """Every note, text, meter, tempo and key, at its tick."""
    assert by_us(path.read_bytes()) == by_mido(path.read_bytes())


@pytest.mark.parametrize("seed", range(20))
def test_files_of_every_kind_of_message_are_read_as_mido_reads_them(seed: int) -> None:
    """Controllers, bends, system exclusives, other texts and all keys among the notes."""
    dice = random.Random(seed)
    midi = mido.MidiFile(type=1, ticks_per_beat=dice.choice((96, 480, 960)))
    keys = "Cb Gb Db Ab Eb Bb F C G D A E B F# C# Abm Ebm Am F#m A#m".split()
    for _ in range(3):
        track = mido.MidiTrack()
        midi.tracks.append(track)
        for _ in range(200):
            time = dice.choice((0, 1, 127, 128, 20_000))
            channel, value = dice.randrange(16), dice.randrange(128)
            track.append(
                dice.choice(
                    (
                        mido.Message("note_on", channel=channel, note=value, velocity=value),
                        mido.Message("note_off", channel=channel, note=value, velocity=64),
                        mido.Message("control_change", channel=channel, control=7, value=value),
                        mido.Message("program_change", channel=channel, program=value),
                        mido.Message("aftertouch", channel=channel, value=value),
                        mido.Message("polytouch", channel=channel, note=value, value=1),
                        mido.Message("pitchwheel", channel=channel, pitch=dice.randrange(8000)),
                        mido.Message("sysex", data=(1, 2, value)),
                        mido.MetaMessage("marker", text="x" * dice.choice((0, 5, 300))),
                        mido.MetaMessage("lyrics", text="Dm7"),
                        mido.MetaMessage("copyright", text="nobody"),
                        mido.MetaMessage("track_name", name="Solo"),
                        mido.MetaMessage("key_signature", key=dice.choice(keys)),
                        mido.MetaMessage("time_signature", numerator=7, denominator=8),
                        mido.MetaMessage("set_tempo", tempo=400_000 + value),
                        mido.MetaMessage("sequencer_specific", data=(1, 2)),
                    )
                ).copy(time=time)
            )
    buffer = io.BytesIO()
    midi.save(file=buffer)
    assert by_us(buffer.getvalue()) == by_mido(buffer.getvalue())


def test_a_file_cut_anywhere_is_damaged_and_nothing_worse() -> None:
    """Every length but the whole one."""
    content = FILES[-1].read_bytes()
    for length in range(0, len(content), 7):
        with pytest.raises(DamagedMidi):
            read_midi_bytes(content[:length])


@pytest.mark.parametrize("seed", range(10))
def test_bytes_that_are_wrong_anywhere_are_read_or_damaged(seed: int) -> None:
    """No other error, whatever is in a track."""
    dice = random.Random(seed)
    content = bytearray(FILES[-1].read_bytes())
    for _ in range(100):
        wrong = bytearray(content)
        for _ in range(dice.randrange(1, 20)):
            wrong[dice.randrange(4, len(wrong))] = dice.randrange(256)
        try:
            read_midi_bytes(bytes(wrong))
        except DamagedMidi:
            pass
