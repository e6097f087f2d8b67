"""The network that reads."""

from __future__ import annotations

import numpy as np
import pytest
from note_maker import walk

pytest.importorskip("tensorflow", exc_type=ImportError)

from improv.evaluation.judge.auc import auc_of
from improv.evaluation.judge.recurrent import Recurrent

pytestmark = pytest.mark.train


def test_it_hears_who_never_plays_the_same_step_twice():
    rng = np.random.default_rng(0)
    lines = [walk(rng, 40, steps) for _ in range(100) for steps in ((6, 6, 6, 3), (6, 3, 9, 12))]
    people = np.arange(200) % 2 == 0
    fitted = Recurrent(lines[:160], people[:160])
    log_odds = fitted([*lines[160:], walk(rng, 120)])
    assert log_odds.shape == (41,)
    assert auc_of(log_odds[:-1], people[160:]) > 0.9
