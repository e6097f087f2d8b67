"""The classifiers."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs the extra [train]")

from improv.evaluation.judge.auc import auc_of
from improv.evaluation.judge.classifiers import boosting, linear


def rows(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """People have more of the first column; the second is missing here and there, the third always."""
    rng = np.random.default_rng(seed)
    people = np.arange(400) % 2 == 0
    values = rng.normal(size=(400, 4))
    values[:, 0] += people
    values[rng.random(400) < 0.2, 1] = np.nan
    values[:, 2] = np.nan
    values[:, 3] = 7.0
    return values, people


@pytest.mark.parametrize("fit", [linear, boosting])
def test_it_learns_and_answers_the_same_twice(fit):
    values, people = rows(0)
    others, truth = rows(1)
    log_odds = fit(values, people)(others)
    assert log_odds.shape == (400,)
    assert auc_of(log_odds, truth) > 0.68
    assert np.array_equal(fit(values, people)(others), log_odds)


def test_a_row_far_off_does_not_decide_alone():
    values, people = rows(0)
    values[0, 0] = -1e9
    assert auc_of(linear(values, people)(rows(1)[0]), people) > 0.68
