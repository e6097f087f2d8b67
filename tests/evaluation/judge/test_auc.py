"""The area and its interval."""

from __future__ import annotations

import numpy as np
import pytest

from improv.evaluation.judge.auc import auc_of, auc_over_tunes, auc_within_tunes

PEOPLE = np.array([True, True, False, False])


@pytest.mark.parametrize(
    ("scores", "area"),
    [
        ([2, 3, 0, 1], 1.0),
        ([0, 1, 2, 3], 0.0),
        ([1, 1, 1, 1], 0.5),
        ([0, 3, 1, 2], 0.5),
        ([1, 3, 1, 2], 0.625),
    ],
)
def test_how_often_people_score_higher(scores, area):
    assert auc_of(np.array(scores, float), PEOPLE) == area


def test_rows_without_a_score_do_not_count():
    assert auc_of(np.array([2, np.nan, 1, np.nan]), PEOPLE) == 1.0
    assert np.isnan(auc_of(np.array([np.nan, np.nan, 1, 2]), PEOPLE))


def test_the_interval_is_that_of_drawing_tunes_again():
    rng = np.random.default_rng(0)
    tune = np.repeat(np.arange(12), 6)
    people = np.tile([True, False], 36)
    scores = rng.normal(size=72) + people * 0.8 + rng.normal(size=12)[tune]
    found = auc_over_tunes(scores, people, tune)
    assert found.value == auc_of(scores, people)
    areas = []
    for _ in range(500):  # the plain way
        rows = np.concatenate([np.flatnonzero(tune == at) for at in rng.integers(0, 12, 12)])
        areas.append(auc_of(scores[rows], people[rows]))
    assert found.low == pytest.approx(np.percentile(areas, 2.5), abs=0.03)
    assert found.high == pytest.approx(np.percentile(areas, 97.5), abs=0.03)


def test_within_tunes_each_counts_alike():
    """The second tune has far more stretches, and higher scores of both kinds."""
    tune = np.array([0, 0, *[1] * 40])
    people = np.array([True, False, *[True, False] * 20])
    scores = np.array([1.0, 0.0, *[5.0, 6.0] * 20])
    assert auc_over_tunes(scores, people, tune).value < 0.1
    found = auc_within_tunes(scores, people, tune)
    assert found.value == 0.5
    assert (found.low, found.high) == (0.0, 1.0)
    assert np.isnan(auc_within_tunes(scores[:1], people[:1], tune[:1]).value)
