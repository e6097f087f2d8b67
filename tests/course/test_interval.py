"""Interval names and ranges of the seed's grammar, both ways."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.course.interval import interval_name, interval_semitones, range_text, read_range
from improv.course.pitch import SpelledPitch, parse_pitch, spell
from improv.errors import InputFileError, ModelError

NAMES = st.builds(
    SpelledPitch,
    st.sampled_from([letter + accidental for letter in "CDEFGAB" for accidental in ("", "-", "#")]),
    st.integers(-1, 9),
)


@pytest.mark.parametrize(
    ("steps", "semitones", "name"),
    [
        (0, 0, "P1"),
        (0, 1, "A1"),
        (0, -1, "d1"),
        (1, 0, "d2"),
        (-1, 0, "d-2"),
        (1, 2, "M2"),
        (2, 3, "m3"),
        (-3, -5, "P-4"),
        (-3, -6, "A-4"),
        (4, 5, "dd5"),
        (10, 17, "P11"),
        (-7, -12, "P-8"),
    ],
)
def test_interval_names(steps: int, semitones: int, name: str) -> None:
    assert interval_name(steps, semitones) == name
    assert interval_semitones(name) == semitones


@given(NAMES, NAMES)
def test_every_interval_name_reads_back_its_semitones(a: SpelledPitch, b: SpelledPitch) -> None:
    semitones = b.midi - a.midi
    assert interval_semitones(interval_name(b.step - a.step, semitones)) == semitones


@given(NAMES, NAMES)
def test_a_range_is_the_interval_a_minor_third_up_and_down(
    a: SpelledPitch, b: SpelledPitch
) -> None:
    semitones = b.midi - a.midi
    assert read_range(range_text(a, b)) == (semitones + 3, semitones - 3)


def test_a_range_keeps_the_spelling() -> None:
    assert range_text(spell(75), spell(72)) == "<P1,d-5>"
    assert range_text(parse_pitch("D#5"), parse_pitch("C5")) == "<d2,A-4>"


@given(st.integers(12, 127))
def test_spelling_keeps_the_pitch(midi: int) -> None:
    assert spell(midi).midi == midi
    assert parse_pitch(str(spell(midi))) == spell(midi)


def test_the_octave_belongs_to_the_letter() -> None:
    assert parse_pitch("C-4").midi == 59
    assert parse_pitch("B#3").midi == 60


@pytest.mark.parametrize("midi", [116, 127, 128, 140])
def test_pitches_above_midi_come_down_by_octaves(midi: int) -> None:
    key = spell(midi).midi_key
    assert 116 <= key <= 127
    assert key % 12 == midi % 12


@pytest.mark.parametrize("text", ["", "<m2>", "m2,P4", "<m2,H4>", "<m0,P4>"])
def test_a_bad_range_is_named(text: str) -> None:
    with pytest.raises(ModelError, match="Cannot read"):
        read_range(text)


@pytest.mark.parametrize("text", ["", "H4", "C", "E-", "Cb4"])
def test_a_bad_pitch_is_named(text: str) -> None:
    with pytest.raises(InputFileError, match="Cannot read the pitch"):
        parse_pitch(text)


@pytest.mark.shared
def test_the_reference_tables(shared_dir: Path) -> None:
    golden = shared_dir / "seed" / "golden"
    names = json.loads((golden / "interval_names.json").read_text())
    assert len(names) == 36
    for name, facts in names.items():
        generic = facts["generic_directed"]
        steps = generic - 1 if generic > 0 else generic + 1
        assert interval_semitones(name) == facts["semitones"]
        assert interval_name(steps, facts["semitones"]) == name
    ranges = json.loads((golden / "range_pairs.json").read_text())
    assert len(ranges) == 23
    for text, pair in ranges.items():
        assert list(read_range(text)) == pair
