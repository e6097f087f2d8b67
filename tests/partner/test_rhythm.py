"""What rhythm was meant of what a hand played early or late."""

from __future__ import annotations

import numpy as np
import pytest

from improv.partner.rhythm import meant


@pytest.mark.parametrize(
    ("played", "tempo_bpm", "waits"),
    [
        ((0, 8, 10, 19, 24), 170, [6, 6, 6, 6]),  # slips of 60 ms
        ((0, 4, 8, 12, 16, 20, 24), 170, [4] * 6),
        ((0, 4, 8, 12, 18, 24), 60, [4, 4, 4, 6, 6]),
        ((0, 3, 6, 9, 12, 24), 100, [3, 3, 3, 3, 12]),
        ((12, 18, 24, 30, 37, 42), 200, [6] * 5),  # one that was heard a step beside
        ((0, 1, 2, 3, 4, 5, 6), 100, [1] * 6),  # whatever it is
    ],
)
def test_slips_are_heard_as_what_was_meant(played, tempo_bpm, waits):
    found = meant(played, tempo_bpm)
    assert (found.first_step, found.waits) == (played[0], waits)


def test_what_is_played_as_it_is_written_is_sure_and_slips_are_not():
    steps = np.cumsum([0, 6, 6, 6, 12, 6, 6, 3, 3, 6, 12, 6, 6])
    clean = meant(steps.tolist(), 180)
    assert clean.waits == np.diff(steps).tolist()
    assert np.exp(min(clean.sure)) > 0.9
    rng = np.random.default_rng(0)
    right, sure = [], []
    for _ in range(40):
        slipped = np.sort(steps + rng.integers(-2, 3, len(steps)))
        found = meant(slipped.tolist(), 180)
        right += (np.abs(np.array(found.waits) - clean.waits) <= 1).tolist()
        sure += found.sure
    played = np.abs(rng.integers(-2, 3, 4000) - rng.integers(-2, 3, 4000)) <= 1
    assert np.mean(right) > np.mean(played) + 0.1
    assert np.exp(sure).mean() < 0.9
    assert np.array(sure)[right].mean() > np.array(sure)[~np.array(right)].mean()


def test_notes_at_one_step_and_one_note_are_no_trouble():
    assert meant([5], 120).waits == []
    assert len(meant([5, 5, 5, 4, 30], 120).waits) == 4
