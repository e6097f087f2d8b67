"""The sums of tables: one note and whole arrays are looked up alike."""

from __future__ import annotations

import numpy as np
import pytest

from improv.feel.tables import (
    FEW_TEMPI,
    GAPS,
    KIND_OF_FEEL,
    KINDS,
    TEMPI,
    TIMING,
    Block,
    Sum,
    gap_class,
    height_class,
    interval_class,
    is_off_beat,
    tempo_weights,
    timing_rows,
)
from improv.music.feel import FEELS
from improv.music.note import STEPS_PER_BEAT


def test_gaps_intervals_and_heights_fall_into_their_classes():
    assert [gap_class(steps) for steps in (1, 2, 3, 4, 6, 7, 12, 18, 19, 500)] == [
        *(0, 0, 1, 2, 3, 4, 5, 6, 7, 7),
    ]
    assert [interval_class(s) for s in (-12, -7, -1, 0, 1, 2, 12)] == [0, 0, 3, 4, 5, 5, 8]
    assert [height_class(s) for s in (-20, 0, 20)] == [0, 3, 6]


def test_every_feel_of_a_chart_has_a_kind():
    assert set(KIND_OF_FEEL) == set(FEELS)
    assert set(KIND_OF_FEEL.values()) == set(range(len(KINDS)))


def test_between_tempi_values_go_in_straight_lines_and_are_level_outside():
    assert tempo_weights(TEMPI, 20.0) == (0, 0.0)
    assert tempo_weights(TEMPI, 400.0) == (len(TEMPI) - 2, 1.0)
    assert tempo_weights(FEW_TEMPI, 140.0) == (0, 0.5)
    assert tempo_weights((0.0,), 140.0) == (0, 0.0)
    ramp = Sum((Block("step", FEW_TEMPI, ((100, 200, 400),)),))
    assert [ramp.value((0,), bpm) for bpm in (60, 140, 180, 230, 400)] == pytest.approx(
        [0.1, 0.15, 0.2, 0.3, 0.4]
    )


def test_one_note_is_looked_up_like_many():
    rng = np.random.default_rng(4)
    made = Sum(
        tuple(
            Block(name, tempi, tuple(map(tuple, rng.integers(-200, 200, (n, len(tempi))).tolist())))
            for name, n, tempi in TIMING
        )
    )
    n = 200
    step, kind = rng.integers(0, STEPS_PER_BEAT, n), rng.integers(0, len(KINDS), n)
    before, after = rng.integers(0, GAPS, (2, n))
    tempo = rng.uniform(30, 420, n)
    many = made.values(timing_rows(step, before, after, kind), tempo)
    for i in range(n):
        rows = timing_rows(int(step[i]), int(before[i]), int(after[i]), int(kind[i]))
        assert made.value(rows, float(tempo[i])) == pytest.approx(many[i])


def test_a_sixteenth_next_to_it_makes_it_no_off_beat_eighth():
    half, sixteenth, third = gap_class(6), gap_class(3), gap_class(4)
    assert is_off_beat(6, half, half)
    assert not is_off_beat(6, sixteenth, half)
    assert not is_off_beat(6, half, sixteenth)
    assert not is_off_beat(8, third, third)
