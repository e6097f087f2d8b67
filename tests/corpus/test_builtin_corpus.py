"""Facts about the shipped corpus: that it is what its program writes, and that it is music."""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import mido
import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
STEP_TICKS = 40  # a twelfth of a beat
HALF_BAR_TICKS = 960
BAR_TICKS = 1920

# Written here a second time on purpose, so that the program's own table is checked against something.
CHORD_TONES = {
    "maj7": (0, 4, 7, 11),
    "6": (0, 4, 7, 9),
    "7": (0, 4, 7, 10),
    "7alt": (0, 1, 3, 4, 6, 8, 10),
    "m7": (0, 3, 7, 10),
    "m6": (0, 3, 7, 9),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
}
NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class Sung:
    """One note of a solo track, in ticks."""

    onset: int
    end: int
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Piece:
    """One shipped file, read with mido alone."""

    row: dict
    file: mido.MidiFile
    notes: tuple[Sung, ...]
    markers: tuple[tuple[int, str], ...]

    @property
    def length(self) -> int:
        return self.row["bars"] * BAR_TICKS

    def chord_tones(self, tick: int) -> set[int]:
        text = next(text for at, text in reversed(self.markers) if at <= tick)
        size = 2 if text[1:2] in ("#", "b") else 1
        root = NATURALS[text[0]] + {"": 0, "#": 1, "b": -1}[text[1:size]]
        return {(root + tone) % 12 for tone in CHORD_TONES[text[size:]]}


def read(row: dict) -> Piece:
    file = mido.MidiFile(DATA / row["name"])
    markers, notes, sounding, tick = [], [], {}, 0
    for message in file.tracks[0]:
        tick += message.time
        if message.type == "marker":
            markers.append((tick, message.text))
    tick = 0
    for message in file.tracks[1]:
        tick += message.time
        if message.type == "note_on":
            assert not sounding, "one note at a time"
            sounding[message.note] = (tick, message.velocity)
        elif message.type == "note_off":
            onset, velocity = sounding.pop(message.note)
            notes.append(Sung(onset, tick, message.note, velocity))
    assert not sounding
    return Piece(row, file, tuple(notes), tuple(markers))


@pytest.fixture(scope="module")
def manifest() -> dict:
    return json.loads((DATA / "manifest.json").read_text())


@pytest.fixture(scope="module")
def pieces(manifest: dict) -> list[Piece]:
    return [read(row) for row in manifest["files"]]


def test_the_program_writes_the_shipped_files_byte_for_byte(tmp_path: Path, manifest: dict) -> None:
    command = [sys.executable, str(DATA / "compose.py"), "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    shipped = {path.name for path in DATA.glob("*.mid")} | {"manifest.json"}
    assert {path.name for path in tmp_path.iterdir()} == shipped
    assert shipped == {row["name"] for row in manifest["files"]} | {"manifest.json"}
    for name in shipped:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_the_manifest_counts_what_is_there(manifest: dict, pieces: list[Piece]) -> None:
    for piece in pieces:
        row = piece.row
        assert hashlib.sha256((DATA / row["name"]).read_bytes()).hexdigest() == row["sha256"]
        assert len(piece.notes) == row["notes"]
        assert row["bars"] % row["choruses"] == 0
    totals = manifest["totals"]
    assert totals["files"] == len(pieces)
    for key in ("choruses", "bars", "notes"):
        assert totals[key] == sum(piece.row[key] for piece in pieces)
    assert manifest["licence"] == "CC0-1.0"
    assert totals["choruses"] >= 240
    assert 25_000 <= totals["notes"] <= 40_000
    assert sum(path.stat().st_size for path in DATA.glob("*.mid")) < 1_500_000


def test_every_form_is_there_and_the_first_in_every_key(manifest: dict) -> None:
    keys: dict[str, set[str]] = {}
    for row in manifest["files"]:
        keys.setdefault(row["form"], set()).add(row["key"])
    for form in ("blues", "minor_blues", "rhythm", "ii_v_i", "minor_ii_v_i"):
        assert len(keys[form]) == 12, form
    others = {
        "ii_v_i_whole_tones",
        "ii_v_i_fourths",
        "dorian",
        "vamp",
        "ballad",
        "song",
        "dominants",
    }
    assert others <= set(keys)


def test_the_files_have_the_documented_form(pieces: list[Piece]) -> None:
    for piece in pieces:
        file = piece.file
        assert (file.type, file.ticks_per_beat) == (1, 480)
        names = [track.name for track in file.tracks]
        assert names == [piece.row["title"], "Solo", "Chords"]
        for track in file.tracks:
            assert [message.type for message in track].count("end_of_track") == 1
            assert sum(message.time for message in track) == piece.length
        head = {message.type: message for message in file.tracks[0] if message.type != "marker"}
        assert mido.tempo2bpm(head["set_tempo"].tempo) == pytest.approx(
            piece.row["tempo_bpm"], abs=0.01
        )
        assert (head["time_signature"].numerator, head["time_signature"].denominator) == (4, 4)
        assert head["key_signature"].key == piece.row["key"]
        programs = [
            (message.program, message.channel)
            for track in file.tracks
            for message in track
            if message.type == "program_change"
        ]
        assert programs == [(66, 0), (0, 1)]


def test_chords_are_markers_on_half_bars_and_restated_at_every_chorus(pieces: list[Piece]) -> None:
    for piece in pieces:
        ticks = [tick for tick, _ in piece.markers]
        assert ticks == sorted(set(ticks))
        assert all(tick % HALF_BAR_TICKS == 0 for tick in ticks)
        chorus = piece.length // piece.row["choruses"]
        sung = [
            [(tick % chorus, text) for tick, text in piece.markers if tick // chorus == number]
            for number in range(piece.row["choruses"])
        ]
        assert sung[0][0][0] == 0
        assert all(changes == sung[0] for changes in sung)


def test_notes_keep_to_the_grid_the_range_and_one_at_a_time(pieces: list[Piece]) -> None:
    for piece in pieces:
        for note, following in zip(piece.notes, piece.notes[1:], strict=False):
            assert note.onset < following.onset
            assert note.end <= following.onset
        for note in piece.notes:
            assert note.onset % STEP_TICKS == 0
            assert (note.end - note.onset) % STEP_TICKS == 0
            assert note.onset < note.end <= piece.length
            assert 52 <= note.pitch <= 84
            assert 45 <= note.velocity <= 115


def test_strong_beats_carry_chord_tones_and_the_rest_moves_between(pieces: list[Piece]) -> None:
    strong, all_notes = Counter(), Counter()
    for piece in pieces:
        for note in piece.notes:
            inside = note.pitch % 12 in piece.chord_tones(note.onset)
            all_notes[inside] += 1
            if note.onset % HALF_BAR_TICKS == 0:
                strong[inside] += 1
    assert strong[True] / strong.total() >= 0.85  # 0.95 measured
    assert 0.45 <= all_notes[True] / all_notes.total() <= 0.70  # 0.66 measured


def test_phrases_breathe(pieces: list[Piece]) -> None:
    """The share of bars with a rest of a beat or more."""
    bars = resting = 0
    for piece in pieces:
        rests = set()
        edges = [
            0,
            *(tick for note in piece.notes for tick in (note.onset, note.end)),
            piece.length,
        ]
        for begin, end in zip(edges[0::2], edges[1::2], strict=True):
            for bar in range(begin // BAR_TICKS, (end - 1) // BAR_TICKS + 1):
                inside = min(end, (bar + 1) * BAR_TICKS) - max(begin, bar * BAR_TICKS)
                if inside >= 480:
                    rests.add(bar)
        bars += piece.row["bars"]
        resting += len(rests)
    assert 0.15 <= resting / bars <= 0.45  # 0.40 measured


def test_no_chorus_and_hardly_a_line_comes_twice(pieces: list[Piece]) -> None:
    choruses: list[tuple] = []
    windows: Counter = Counter()
    bars: Counter = Counter()
    for piece in pieces:
        length = piece.length // piece.row["choruses"]
        for number in range(piece.row["choruses"]):
            # relative to the first note's pitch: a chorus in another key would be the same chorus
            notes = [note for note in piece.notes if note.onset // length == number]
            choruses.append(tuple((n.onset % length, n.pitch - notes[0].pitch) for n in notes))
        by_bar: dict[int, list[tuple[int, int]]] = {}
        for note in piece.notes:
            by_bar.setdefault(note.onset // BAR_TICKS, []).append(
                (note.onset % BAR_TICKS, note.pitch)
            )
        bars.update(tuple(bar) for bar in by_bar.values() if len(bar) >= 6)
        for eight in zip(*(piece.notes[start:] for start in range(8)), strict=False):
            steps = itertools.pairwise(eight)
            windows[tuple((b.pitch - a.pitch, b.onset - a.onset) for a, b in steps)] += 1
    assert len(set(choruses)) == len(choruses)
    assert 1 - len(windows) / windows.total() <= 0.002  # 0.0006 measured
    assert 1 - len(bars) / bars.total() <= 0.01  # 0.0013 measured


def test_rhythm_is_eighths_with_triplets_and_upbeats(pieces: list[Piece]) -> None:
    places = Counter(note.onset // STEP_TICKS % 12 for piece in pieces for note in piece.notes)
    assert set(places) <= {0, 3, 4, 6, 8, 9}
    assert (places[4] + places[8]) / places.total() >= 0.04
    assert places[6] / places.total() >= 0.35
