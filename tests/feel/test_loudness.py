"""Loudness classes as velocities."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from improv.feel.loudness import (
    MEAN_VELOCITY,
    as_velocity,
    louder,
    velocity_of,
)
from improv.music.loudness import LOUDNESS_CLASSES, SD_DB


def test_the_table_of_the_docstring():
    assert [velocity_of(c) for c in range(LOUDNESS_CLASSES)] == [
        *(34, 41, 50, 60, 72, 87, 104, 125, 127),
    ]


def test_the_middle_class_is_the_mean_whatever_the_spread():
    assert {velocity_of(4, sd) for sd in (0.0, 3.0, 12.0)} == {MEAN_VELOCITY}
    assert {velocity_of(c, sd_db=0.0) for c in range(9)} == {MEAN_VELOCITY}


def test_classes_are_half_standard_deviations_apart_in_the_square_law():
    for soft, loud in pairwise(range(7)):
        decibel = 40 * math.log10(velocity_of(loud) / velocity_of(soft))
        assert decibel == pytest.approx(SD_DB / 2, abs=0.3)  # velocities are whole numbers


def test_velocities_stay_in_midi():
    assert [velocity_of(c, sd_db=40.0) for c in (0, 8)] == [1, 127]
    assert as_velocity(-3.0) == 1
    assert louder(60.0, 40.0) == pytest.approx(600.0)
