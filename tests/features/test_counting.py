"""The small sums."""

from __future__ import annotations

import math

import numpy as np
import pytest

from improv.features.counting import Rows, grams


def rows(*values: list[int]) -> tuple[Rows, np.ndarray]:
    """Of these, padded with what nobody should count."""
    counts = np.array([len(row) for row in values])
    return Rows(counts, 12), np.array([row + [9] * (12 - len(row)) for row in values])


def test_what_is_there_is_counted_and_no_more():
    each, values = rows([1, 2, 6], [9], [])
    for found, expected in (
        (each.mean(values), [3, 9]),
        (each.median(values), [2, 9]),
        (each.largest(values), [6, 9]),
        (each.smallest(values), [1, 9]),
        (each.share(values > 1), [2 / 3, 1]),
        (each.deviation(values), [math.sqrt(14 / 3), 0]),
        (each.shares({"x": values > 1}, values < 6)["x"], [0.5, math.nan]),
        (each.mean(np.diff(values)), [2.5, math.nan]),
    ):
        assert found == pytest.approx([*expected, math.nan], nan_ok=True)
    assert each.total(values, values > 1).tolist() == [8, 9, 0]


def test_runs_are_counted_row_by_row():
    each, values = rows([1, 1, 0, 1, 0, 0, 1, 1, 1], [0, 0], [1, 1, 1, 1])
    found = each.runs(values > 0)
    assert found.largest().tolist() == [3, 0, 4]
    assert found.mean() == pytest.approx([2, math.nan, 4], nan_ok=True)


def test_grams_are_equal_where_all_their_values_are():
    one, other = np.array([[1, 2, 1, 2, 1, 2]]), np.array([[0, 0, 0, 0, 5, 0]])
    alike = grams([one], 2)[0]
    assert len(alike) == 5
    assert alike[0] == alike[2] == alike[4] != alike[1]
    both = grams([one, other], 2)
    assert both[0, 0] == both[0, 2] != both[0, 4]
    each = Rows(np.array([6]), 6)
    assert each.kinds(both).tolist() == [4]
    assert each.again(both).tolist() == [0.2]


def test_symbols_and_neighbours():
    each, values = rows([1, 1, 2, 2], [5, 5], [])
    assert each.entropy(values) == pytest.approx([1, 0, math.nan], nan_ok=True)
    other = Rows(np.array([100, 5, 2]), 100)
    found = other.autocorrelation(np.array([[1.0, -1.0] * 50, [1.0] * 100, [1.0, 2.0] * 50]))
    assert found[0] < -0.9 and found[1] == 0.0 and math.isnan(found[2])


def test_what_is_picked_keeps_its_row_and_place():
    each, values = rows([1, 0, 1, 0, 1], [0, 1], [])
    picked, places = each.picked(values > 0)
    assert picked.counts.tolist() == [3, 1, 0]
    assert places[picked.there(places)].tolist() == [0, 2, 4, 1]
