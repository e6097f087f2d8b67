"""The small sums."""

from __future__ import annotations

import math

import numpy as np
import pytest

from improv.features.counting import again, autocorrelation, entropy, grams, mean, runs, share


def test_runs_are_counted_in_order():
    assert runs(np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], bool)).tolist() == [2, 1, 3]
    assert runs(np.zeros(0, bool)).tolist() == []


def test_grams_are_equal_where_all_their_rows_are():
    one, other = np.array([1, 2, 1, 2, 1, 2]), np.array([0, 0, 0, 0, 5, 0])
    alike = grams([one], 2)
    assert len(alike) == 5
    assert alike[0] == alike[2] == alike[4] != alike[1]
    both = grams([one, other], 2)
    assert both[0] == both[2] != both[4]
    assert again(both).tolist() == [False, False, True, False, False]
    assert len(grams([one], 7)) == 0


def test_nothing_to_count_in_is_nan():
    nothing = np.zeros(0)
    assert all(math.isnan(each) for each in (share(nothing > 0), mean(nothing), entropy(nothing)))
    assert entropy(np.array([1, 1, 2, 2])) == pytest.approx(1.0)
    assert autocorrelation(np.array([1.0, -1.0] * 50)) < -0.9
    assert autocorrelation(np.ones(5)) == 0.0
