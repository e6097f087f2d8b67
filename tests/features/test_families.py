"""The families of features: what each counts in a line made for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from note_maker import notes, walk

from improv.features.durations import durations
from improv.features.harmony import harmony
from improv.features.lines import Lines
from improv.features.melody import melody
from improv.features.notes import AVOID, OUTSIDE, TONE, Notes
from improv.features.phrases import phrases
from improv.features.repetition import repetition
from improv.features.rhythm import rhythm
from improv.features.table import FAMILIES, NAMES, family_of, feature_rows


def counted(family, line: Notes) -> dict[str, float]:
    """By a family, in a line that stands beside a longer one and a shorter one."""
    longer = walk(np.random.default_rng(2), len(line) + 7)
    found = family(Lines([longer, line, longer.part(0, 2)]))
    return {name: float(values[1]) for name, values in found.items()}


def test_rhythm_of_eighths_with_a_quarter_among_them():
    found = counted(rhythm, notes([0, 6, 12, 18, 24, 36, 42, 48]))
    assert found["steps: eighths"] == pytest.approx(6 / 7)
    assert found["steps: quarters"] == found["lone quarters"] * 5 / 7 == pytest.approx(1 / 7)
    assert found["longest run of equal steps"] == 4
    assert found["longest run of eighths"] == 4
    assert found["the same step again"] == pytest.approx(4 / 6)
    assert found["eighths after three"] == 0.5
    assert found["fullest bar"] == 7
    assert found["on the half beat"] == pytest.approx(3 / 8)
    assert found["off the usual places"] == 0
    assert counted(rhythm, notes([0, 7, 48]))["off the usual places"] == pytest.approx(1 / 3)


def test_durations_of_notes_held_and_cut_short():
    found = counted(durations, notes([0, 6, 12, 48], lengths=[6, 3, 12, 30]))
    assert found["held to the next"] == pytest.approx(1 / 3)
    assert found["eighths cut short"] == 0.5
    assert found["length before a rest"] == 12
    assert found["length: over two beats"] == 0.25
    assert found["silence"] == pytest.approx((3 + 24) / 48)


def test_phrases_end_with_silences_of_a_beat():
    line = notes([0, 6, 12, 48, 54, 96, 102, 108, 120], lengths=6)
    assert np.flatnonzero(Lines([line]).heads()).tolist() == [0, 3, 5]
    found = counted(phrases, line)
    assert found["notes a phrase, median"] == 3
    assert found["phrases of one or two notes"] == pytest.approx(1 / 3)
    assert found["longest rest, beats"] == 3
    assert found["phrases begin on one"] == 1


def test_melody_of_leaps_and_steps():
    found = counted(melody, notes(range(0, 36, 6), [60, 61, 62, 69, 67, 60]))
    assert found["intervals: semitones"] == 0.4
    assert found["intervals: fourths and fifths"] == 0.4
    assert found["chromatic pairs"] == 0.25
    assert found["turns"] == 0.25
    assert found["leaps turned back"] == 1
    assert found["range"] == 9


def test_repetition_sees_a_bar_that_comes_again():
    bar = [0, 6, 9, 12, 24, 30]
    line = notes([48 * at + step for at in range(3) for step in bar], [60, 62, 64, 60, 65, 62] * 3)
    found = counted(repetition, line)
    assert found["bars like the bar before"] == 1
    assert found["uneven rhythm cells again"] > 0.5
    assert found["four intervals again"] > 0.5
    fresh = counted(repetition, notes(np.cumsum(range(3, 21)).tolist(), list(range(50, 68))))
    assert fresh["rhythm cells again"] == 0
    assert fresh["rhythm, packed"] > found["rhythm, packed"]
    assert counted(repetition, notes(range(0, 60, 6), [60, 61] * 5))["stuck on two pitches"] == 1


def test_harmony_of_long_notes_on_strong_beats():
    line = notes(
        [0, 24, 36, 42, 48],
        60,
        lengths=6,
        degrees=[0, 5, 1, 4, 0],
        roles=[TONE, AVOID, OUTSIDE, TONE, TONE],
    )
    found = counted(harmony, line)
    assert found["chord tones"] == pytest.approx(3 / 5)
    assert found["off the chord, long, on 1 and 3"] == pytest.approx(1 / 3)
    assert found["avoided"] == 0.2
    assert found["degrees: 11"] == 0.2
    assert np.isnan([*counted(harmony, notes([0, 6])).values()]).all()


def test_the_table_has_every_feature_of_every_family_once():
    columns = family_of()
    assert len(columns) == len(set(columns)) == sum(map(len, NAMES.values()))
    line = walk(np.random.default_rng(0))
    for family, count in FAMILIES.items():
        assert tuple(count(Lines([line]))) == NAMES[family]
    row = feature_rows([line])[0]
    assert row.shape == (len(columns),)
    assert feature_rows([line], ["rhythm"]).shape == (1, len(NAMES["rhythm"]))
    assert feature_rows([]).shape == (0, len(columns))


@pytest.mark.parametrize("count", range(6))
def test_of_a_few_notes_nothing_is_infinite(count):
    line = walk(np.random.default_rng(1), 8).part(0, count)
    assert not np.isinf(feature_rows([line])).any()


def test_what_is_counted_in_many_is_counted_in_each():
    """However long those are that stand beside it, of whatever meter."""
    rng = np.random.default_rng(3)
    steps = ((3, 6, 6, 12), (6, 60, 4), (24, 100))
    lines = [walk(rng, int(rng.integers(0, 70)), steps[at % 3]) for at in range(150)]
    lines = [replace(line, bar_steps=(48, 36)[at % 2]) for at, line in enumerate(lines)]
    rows = feature_rows(lines)
    for row, line in zip(rows, lines, strict=True):
        assert row == pytest.approx(feature_rows([line])[0], nan_ok=True)


def test_a_first_phrase_of_one_note_ends_with_no_interval():
    """There is none that leads to it."""
    assert counted(phrases, notes([0, 48, 54, 96], [60, 60, 50, 70]))["phrases end by falling"] == 1
