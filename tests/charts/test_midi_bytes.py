"""The project's own reading of MIDI bytes says what mido says."""

from __future__ import annotations

import io
import random
import struct
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


def chunk(name: bytes, data: bytes, length: int | None = None) -> bytes:
    return name + struct.pack(">L", len(data) if length is None else length) + data


END = b"\0\xff\x2f\0"
ONE = b"\0\x90\x3c\x50\x60\x80\x3c\0"
TWO = b"\0\x90\x40\x50\x60\x80\x40\0\0\x90\x41\x50\x60\x80\x41\0"


def file(*chunks: bytes, counted: int | None = None, header: int = 6) -> bytes:
    count = len(chunks) if counted is None else counted
    return b"MThd" + struct.pack(">LHHH", header, 1, count, 96) + b"".join(chunks)


def heard(content: bytes) -> list[list[int]]:
    """The pitches that begin, track by track."""
    return [[e.note for e in t if e.type == "note_on"] for t in read_midi_bytes(content).tracks]


FIRST, SECOND = chunk(b"MTrk", ONE + END), chunk(b"MTrk", TWO + END)
WHOLE = [[0x3C], [0x40, 0x41]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (file(FIRST, SECOND), ""),
        (file(FIRST, SECOND, counted=1), "its header counts 1 track, and there are 2"),
        (file(FIRST, SECOND, counted=9), "its header counts 9 tracks, and there are 2"),
        (file(FIRST, SECOND, header=0), ""),
        (file(FIRST, SECOND, header=400), ""),
        *(
            (
                file(chunk(b"MTrk", ONE + END, length), SECOND),
                f"track 1 says that it has {length:,}",
            )
            for length in (0, 3, 5, 13, 20, 31, 10**9)
        ),
        *(
            (file(FIRST, chunk(b"MTrk", TWO + END, length)), f"track 2 says that it has {length:,}")
            for length in (0, 8, 19, 21, 10**9)
        ),
        (file(FIRST, chunk(b"XFIH", b"1234"), SECOND), ""),
        (file(FIRST, chunk(b"XFIH", b"1234"), SECOND, counted=2), "its header counts 2 tracks"),
        (file(FIRST, chunk(b"XFIH", b"1234", 10**9), SECOND, counted=2), ""),
        (file(chunk(b"XFIH", b""), FIRST, SECOND), ""),
        (file(FIRST, SECOND) + b"\0" * 40, "40 bytes after its last track are passed over"),
        (file(FIRST, SECOND) + b"TAG some words", "14 bytes after its last track are passed over"),
        (file(chunk(b"MTrk", ONE), SECOND), ""),
        (file(FIRST, chunk(b"MTrk", TWO)) + b"\1\2", "2 bytes after its last track"),
        (file(chunk(b"MTrk", ONE, 99), SECOND), "track 1 says that it has 99 bytes, and has 8"),
        (file(chunk(b"MTrk", ONE + b"\0\x90", 99), SECOND), "track 1 is damaged or cut short"),
        (b"\0" * 128 + file(FIRST, SECOND), "128 bytes before its header are passed over"),
    ],
)
def test_counts_and_lengths_that_lie_are_passed_over_with_a_remark(
    content: bytes, said: str
) -> None:
    """Every note of both tracks is read all the same."""
    assert heard(content) == WHOLE
    remarks = read_midi_bytes(content).remarks
    assert any(remark.startswith(said) for remark in remarks) if said else not remarks


def test_the_midi_file_inside_a_riff_is_read() -> None:
    """Also with its size odd and padded, and other chunks around it."""
    inside = file(FIRST, SECOND)
    for before, after in ((b"", b""), (b"DISP\4\0\0\0abcd", b"\0LIST\4\0\0\0INFO")):
        data = before + b"data" + struct.pack("<L", len(inside)) + inside + after
        content = b"RIFF" + struct.pack("<L", 4 + len(data)) + b"RMID" + data
        assert heard(content) == WHOLE
        assert read_midi_bytes(content).remarks == ["the MIDI file inside the RIFF is read"]


def test_of_a_file_cut_anywhere_what_is_there_is_read() -> None:
    """Every length but the whole one: the more bytes, the more notes, and a remark."""
    content = FILES[-1].read_bytes()
    first = content.index(b"MTrk")
    before = 0
    for length in range(len(content)):
        cut = content[:length]
        if length < first + 8:
            with pytest.raises(DamagedMidi):
                read_midi_bytes(cut)
            continue
        midi = read_midi_bytes(cut)
        count = sum(map(len, midi.tracks))
        assert count >= before and midi.remarks
        before = count
    assert before > 30


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


@pytest.mark.parametrize("seed", range(5))
def test_files_with_bytes_put_in_and_taken_out_are_read_or_damaged(seed: int) -> None:
    """Whatever its sizes say, never more events than bytes."""
    dice = random.Random(seed)
    content = FILES[-1].read_bytes()
    for _ in range(100):
        wrong = bytearray(content)
        for _ in range(dice.choice((1, 2, 10))):
            at = dice.randrange(len(wrong))
            put = dice.choice(
                (b"", b"MTrk", b"MTrk\0\0\0\0", b"\xff\xff\xff\x7f", dice.randbytes(5))
            )
            wrong[at : at + dice.choice((0, 4, 30))] = put
        try:
            midi = read_midi_bytes(bytes(wrong))
        except DamagedMidi:
            continue
        assert sum(map(len, midi.tracks)) <= len(wrong)
        assert len(midi.tracks) == len(midi.ends)
