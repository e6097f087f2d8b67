"""What a MIDI file says that no music has is passed over with a remark; the notes stay on the grid."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from improv.charts.midi import read_midi_chart
from improv.charts.midi_file import Contents, read_contents
from improv.corpus.midi import read_midi

END = b"\0\xff\x2f\0"
ONE = b"\0\x90\x3c\x50\x60\x80\x3c\0"


def meta(kind: int, data: bytes, delta: int = 0) -> bytes:
    return bytes((delta, 0xFF, kind, len(data))) + data


def tempo(microseconds: int) -> bytes:
    return meta(0x51, microseconds.to_bytes(3, "big"))


def meter(beats: int, power: int, delta: int = 0) -> bytes:
    return meta(0x58, bytes((beats, power, 24, 8)), delta)


def contents(folder: Path, *tracks: bytes) -> Contents:
    """What a file of these tracks says, 96 ticks a quarter."""
    chunks = b"".join(b"MTrk" + struct.pack(">L", len(t + END)) + t + END for t in tracks)
    path = folder / "x.mid"
    path.write_bytes(b"MThd" + struct.pack(">LHHH", 6, 1, len(tracks), 96) + chunks)
    return read_contents(path)


def test_the_first_tempo_that_music_has_is_taken(tmp_path: Path) -> None:
    """Nothing, a second's hundred-millionth, a minute a beat: passed over, each said."""
    read = contents(tmp_path, tempo(0) + tempo(1) + tempo(0xFFFFFF) + tempo(400_000) + ONE)
    assert read.tempo_bpm == 150
    assert read.remarks == [
        f"the tempo of {bpm} beats a minute is passed over" for bpm in (0, 60000000, 4)
    ]
    assert contents(tmp_path, tempo(0) + ONE).tempo_bpm is None


def test_a_meter_that_no_music_has_is_passed_over(tmp_path: Path) -> None:
    """No beats, units that are no notes; the right one beside it counts."""
    read = contents(tmp_path, meter(0, 2) + meter(4, 200) + meter(255, 2) + meter(3, 2) + ONE)
    assert [str(meter) for _, meter in read.meters] == ["3/4"]
    assert len(read.remarks) == 3 and read.remarks[0].startswith("the meter 0/4")


def test_one_beat_a_bar_throughout_is_no_meter(tmp_path: Path) -> None:
    """As programs write it that count no bars; a single bar of one beat is an upbeat."""
    for bars in (meter(1, 2), meter(1, 2) + meter(1, 3, 96)):
        read = contents(tmp_path, bars + ONE)
        assert not read.meters and "throughout is none" in read.remarks[0]
    assert len(contents(tmp_path, meter(1, 2) + meter(4, 2, 96) + ONE).meters) == 2


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("Café".encode(), "Café"),
        ("Café".encode("latin-1"), "Café"),
        ("枯葉".encode(), "枯葉"),
        ("枯葉".encode("shift-jis"), "\ufffdÍ\ufffdt"),
        (b"\xff\xfeA\0", "ÿþA"),
        (b"Solo\x1b[31m red\x07\r\n\tnext", "Solo red next"),
        ("a\u202eb\u009b2Jc\u2028d".encode(), "abc d"),
        (b"\x1b]0;owned\x07Solo", "Solo"),
    ],
)
def test_names_have_no_bytes_that_are_no_text(tmp_path: Path, name: bytes, read: str) -> None:
    """Other encodings are replaced; what a terminal would obey is gone."""
    assert contents(tmp_path, meta(3, name) + ONE).parts[0].name == read


@pytest.mark.parametrize(
    "name", ["Tempo Track", "untitled", "Track 1", "Music21 Fragment", "\x1b[2J"]
)
def test_the_name_that_a_program_gives_is_no_title(tmp_path: Path, name: str) -> None:
    """The file's name counts then."""
    assert contents(tmp_path, meta(3, name.encode()), ONE).title == ""
    assert contents(tmp_path, meta(3, b"Blue Sequence"), ONE).title == "Blue Sequence"


def test_a_note_that_never_ends_does_not_last_to_a_far_end(tmp_path: Path) -> None:
    """A beat at most behind what else is played."""
    path = tmp_path / "x.mid"
    track = b"\0\x90\x3c\x50" + b"\xff\xff\x7f\xff\x2f\0"
    path.write_bytes(b"MThd" + struct.pack(">LHHH", 6, 1, 1, 96) + b"MTrk\0\0\0\x0a" + track)
    read = read_contents(path)
    assert read.parts[0].notes[0].duration_tick == 480 and read.end_tick == 480


CASES = {
    "00_base": "",
    "07_ntrks_too_few": "its header counts 1 track",
    "09_track_len_too_long": "track 2 says",
    "12_track_len_zero_last": "track 2 says",
    "13_truncated_last": "track 2 is damaged or cut short",
    "18_alien_counted": "",
    "21_rmi": "the MIDI file inside the RIFF is read",
    "29_tempo_first_slow_then_120": "the tempo of 13",
    "32_ts_0_4": "the meter 0/4",
    "48_eot_far": "",
    "51_sjis_name": "",
}


@pytest.mark.parametrize("name", CASES)
def test_the_public_cases_have_their_right_values(shared_dir: Path, name: str) -> None:
    """Chart and solo are those of the sound file, as far as the bytes go."""
    folder = shared_dir / "cases" / "midi"
    path, base = folder / f"{name}.mid", folder / "00_base.mid"
    chart, right = read_midi_chart(path), read_midi_chart(base)
    reading, sound = read_midi(path, "x"), read_midi(base, "x").solos[0]
    [solo] = reading.solos
    cut = len(solo.notes) if name == "13_truncated_last" else len(sound.notes)
    assert solo.notes[: cut - 1] == sound.notes[: cut - 1] and cut > 90
    assert (solo.chords, solo.beats_per_bar) == (sound.chords, 4)
    assert (chart.changes, chart.bars, chart.tempo_bpm) == (right.changes, right.bars, 120)
    remarks = [text for _, text in reading.remarks if "key" not in text]
    assert len(remarks) == len(chart.warnings) == bool(CASES[name])
    assert all(text.startswith(CASES[name]) for text in remarks)
