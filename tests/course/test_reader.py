"""The seed's MIDI reader: pairing, grouping, grids, voices, window, and what it refuses."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.course.pitch import (
    SeedNote,
    as_time,
    chord_sets_from_json,
    chord_sets_to_json,
)
from improv.course.reader import corpus_facts, quantize, read_parts, read_seed_corpus
from improv.errors import InputFileError

TICKS = 96
Event = tuple[int, int, int, int]
"""(on tick, off tick, pitch, velocity)"""


def write(path: Path, **tracks: list[Event]) -> Path:
    """A MIDI file with a track for each keyword, 96 ticks a quarter."""
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS)
    for name, events in tracks.items():
        messages = [mido.Message("note_on", note=p, velocity=v, time=on) for on, _, p, v in events]
        messages += [mido.Message("note_off", note=p, time=off) for _, off, p, _ in events]
        messages.sort(key=lambda message: (message.time, message.type == "note_on"))
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        now = 0
        for message in messages:
            track.append(message.copy(time=message.time - now))
            now = message.time
        file.tracks.append(track)
    file.save(path)
    return path


def chord_events(tick: int, *pitches: int, length: int = 180) -> list[Event]:
    return [(tick, tick + length, pitch, 70 + place) for place, pitch in enumerate(pitches)]


TWO_BARS = {
    "Guitar": [
        (0, 46, 60, 90),
        (48, 80, 64, 80),
        (80, 110, 67, 70),
        (384, 384 + 96, 65, 60),
        (384 + 192, 384 + 193, 69, 50),
    ],
    "Piano": chord_events(0, 48, 52, 55) + chord_events(384, 50, 53, 57),
}


def test_the_corpus_of_two_bars(tmp_path: Path) -> None:
    corpus = read_seed_corpus(write(tmp_path / "two.mid", **TWO_BARS), window=(0, 8))
    assert corpus.tokens == (
        "C,0.500",
        "C,0.333,<P5,A1>",
        "C,0.333,<d5,P1>",
        "C,1.000",
        "C,0.250,<P5,A1>",
    )
    assert corpus.values == tuple(sorted(corpus.tokens))
    assert [measure.start_quarter for measure in corpus.measures] == [0, 4]
    assert corpus_facts(corpus) == {
        "source": "two.mid",
        "tokens": 5,
        "values": 5,
        "measures": 2,
    }
    first = corpus.measures[0].notes[0]
    assert first == SeedNote(Fraction(0), Fraction(1, 2), first.pitch, 90)
    assert corpus.chord_sets[0][0].velocities == (70, 71, 72)


def test_chord_sets_survive_json(tmp_path: Path) -> None:
    corpus = read_seed_corpus(write(tmp_path / "two.mid", **TWO_BARS), window=None)
    text = json.dumps(chord_sets_to_json(corpus.chord_sets))
    assert chord_sets_from_json(json.loads(text)) == corpus.chord_sets


def test_notes_within_a_64th_are_one_chord(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.mid", Piano=[(0, 96, 60, 1), (6, 102, 64, 2), (7, 96, 67, 3), (6, 103, 70, 4)]
    )
    voices = read_parts(path)[0].voices
    assert voices[0][0].pitches == (60, 64)
    assert voices[0][0].velocities == (1, 2)
    assert voices[0][0].length == 1


def test_a_note_on_takes_the_first_unused_off(tmp_path: Path) -> None:
    """Two ons of one pitch: the earlier on has the earlier off; velocity 0 is an off."""
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS)
    file.tracks.append(
        mido.MidiTrack(
            [
                mido.Message("note_on", note=60, velocity=9, time=0),
                mido.Message("note_on", note=60, velocity=8, time=48),
                mido.Message("note_on", note=60, velocity=0, time=48),
                mido.Message("note_off", note=60, time=96),
                mido.Message("note_on", note=61, velocity=7, time=0),
            ]
        )
    )
    file.save(tmp_path / "a.mid")
    elements = read_parts(tmp_path / "a.mid")[0].elements
    assert [(e.offset, e.length, e.velocities) for e in elements] == [
        (0, 1, (9,)),
        (Fraction(1, 2), Fraction(3, 2), (8,)),
    ]


def test_overlapping_notes_take_voices(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mid", Guitar=[(0, 96, 60, 1), (48, 120, 62, 1), (96, 144, 64, 1)])
    assert [[e.pitches[0] for e in voice] for voice in read_parts(path)[0].voices] == [
        [60, 64],
        [62],
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", "0"),
        ("1/8", "0"),
        ("7/24", "1/4"),
        ("29/96", "1/3"),
        ("33/96", "1/3"),
        ("59/96", "2/3"),
        ("1/96", "0"),
        ("1430/3", "1430/3"),
    ],
)
def test_the_grids(value: str, expected: str) -> None:
    assert quantize(Fraction(value)) == Fraction(expected)


@given(st.integers(0, 5000))
def test_quantising_is_near_and_settles(tick: int) -> None:
    value = Fraction(tick, TICKS)
    grid = quantize(value)
    assert abs(grid - value) <= Fraction(1, 8)
    assert quantize(grid) == grid
    assert (grid * 4).denominator == 1 or (grid * 3).denominator == 1


def test_tracks_are_found_by_any_case_or_number(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mid", Solo=TWO_BARS["Guitar"], Comping=TWO_BARS["Piano"])
    by_name = read_seed_corpus(path, melody="solo", chords="COMPING", window=None)
    assert by_name.tokens == read_seed_corpus(path, melody=0, chords=1, window=None).tokens
    assert len(by_name.tokens) == 5


def test_a_measure_without_chords_keeps_the_last(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.mid",
        Guitar=[(bar * 384, bar * 384 + 96, 60, 90) for bar in range(3)],
        Piano=chord_events(384, 48, 52) + chord_events(400 + 180, 50, 53),
    )
    corpus = read_seed_corpus(path, window=None)
    assert [len(measure.chords) for measure in corpus.measures] == [1, 2, 1]
    assert corpus.measures[2].chords[0].pitches == corpus.measures[1].chords[1].pitches
    assert corpus.measures[2].chords[0].offset == 0
    assert corpus.measures[0].chords[0].pitches == corpus.measures[1].chords[0].pitches


def test_missing_tracks_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mid", Sax=TWO_BARS["Guitar"], Piano=TWO_BARS["Piano"])
    with pytest.raises(InputFileError, match=r"the melody .* named 'Guitar' .* 0 'Sax', 1 'Piano'"):
        read_seed_corpus(path)
    with pytest.raises(InputFileError, match=r"the chords .* named 'Organ'"):
        read_seed_corpus(path, melody="Sax", chords="Organ")


def test_an_empty_window_says_where_the_notes_are(tmp_path: Path) -> None:
    path = write(tmp_path / "two.mid", **TWO_BARS)
    with pytest.raises(InputFileError, match=r"from quarter 476 to 548; .* from quarter 0 to 6"):
        read_seed_corpus(path)


def test_a_track_of_single_notes_has_no_chords(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mid", Guitar=TWO_BARS["Guitar"], Piano=TWO_BARS["Guitar"])
    with pytest.raises(InputFileError, match=r"expected chords .* none anywhere"):
        read_seed_corpus(path, window=None)


def test_a_file_without_notes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="no track holds notes"):
        read_seed_corpus(write(tmp_path / "a.mid", Guitar=[]))


@pytest.mark.parametrize("content", [b"", b"not music", b"MThd", b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk"])
def test_rubbish_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rubbish.mid"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=r"rubbish\.mid"):
        read_seed_corpus(path)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="no such file"):
        read_seed_corpus(tmp_path / "nothing.mid")
    with pytest.raises(InputFileError, match="Cannot read"):
        read_seed_corpus(tmp_path)


@pytest.mark.shared
def test_the_reference_corpus(shared_dir: Path) -> None:
    golden = json.loads((shared_dir / "seed" / "golden" / "corpus.json").read_text())
    corpus = read_seed_corpus(shared_dir / "seed" / "original_metheny.mid")
    assert list(corpus.tokens) == golden["corpus"]
    assert list(corpus.values) == golden["values_sorted"]
    assert (len(corpus.tokens), len(corpus.values)) == (193, 78)
    lines = "\n".join(measure.text for measure in corpus.measures)
    assert hashlib.sha256(lines.encode()).hexdigest() == golden["grammars_sha256"]
    tokens = " ".join(corpus.tokens)
    assert hashlib.sha256(tokens.encode()).hexdigest() == golden["corpus_sha256"]
    assert list(dict.fromkeys(corpus.tokens)) == golden["values_first_occurrence_order"]
    for value, count in golden["value_counts"].items():
        assert corpus.tokens.count(value) == count
    kinds = [token[0] for token in corpus.tokens]
    assert {kind: kinds.count(kind) for kind in "CSAX"} == golden["kind_counts_tokens"]
    kinds = [value[0] for value in corpus.values]
    assert {kind: kinds.count(kind) for kind in "CSAX"} == golden["kind_counts_values"]
    lengths = [token.split(",")[1] for token in corpus.tokens]
    assert {text: lengths.count(text) for text in set(lengths)} == golden["durations_counts"]
    for measure, facts in zip(corpus.measures, golden["measures"][1:], strict=True):
        start = measure.start_quarter
        assert start == facts["start_quarter"]
        assert measure.text == facts["grammar"]
        assert [
            (note.offset + start, note.length, note.name, note.midi, note.velocity)
            for note in measure.notes
        ] == [
            (as_time(e["offset"]), as_time(e["ql"]), e["pitch"], e["midi"], e["velocity"])
            for e in facts["melody"]
        ]
        assert [
            (each.offset + start, each.length, [str(pitch) for pitch in each.pitches])
            for each in measure.chords
        ] == [(as_time(e["offset"]), as_time(e["ql"]), e["pitches"]) for e in facts["chords"]]


@pytest.mark.shared
def test_the_reference_parts(shared_dir: Path) -> None:
    """Tracks, chords and notes of all 19 parts, and how many voices overlap.

    The reference splits voices with floats and loses one piano note outside the solo, so only the
    number of voices is compared, for the parts it splits.
    """
    seed = shared_dir / "seed"
    golden = json.loads((seed / "golden" / "midi_parts.json").read_text())
    content = (seed / "original_metheny.mid").read_bytes()
    assert hashlib.sha256(content).hexdigest() == golden["file"]["sha256"]
    parts = read_parts(seed / "original_metheny.mid")
    for part, facts in zip(parts, golden["parts"], strict=True):
        counts = facts["flat_counts"]
        chords = sum(len(element.pitches) > 1 for element in part.elements)
        notes = len(part.elements) - chords
        assert part.track == facts["midi_track_index"]
        assert part.name == facts["midi_track_name"]
        assert chords == counts["Chord"]
        assert notes == counts["Note"] + (part.name == "Piano")
        if facts["voices"]:
            assert len(part.voices) == len(facts["voices"])
