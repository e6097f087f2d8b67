"""How far human solos are from each other."""

from __future__ import annotations

import numpy as np
import pytest
from solos import solo

from improv.evaluation.musical_measures import INDEX, tally
from improv.evaluation.spread import figures, spread, stacked
from improv.music.transcription import Transcription


def run(pitches: list[int]) -> Transcription:
    """Notes one after another without gaps."""
    return solo([(at * 6, 6, pitch) for at, pitch in enumerate(pitches)])


def test_the_spread_holds_the_figure_of_the_humans() -> None:
    solos = [run([60 + (at * step) % 13 for at in range(80)]) for step in range(1, 9)]
    counts = stacked([tally(each) for each in solos])
    found = spread(counts, len(solos), np.random.default_rng(1))
    at = INDEX["interval"]
    alone = counts[:, at, 0] / counts[:, at, 1]
    assert found.solos[at] == pytest.approx(np.percentile(alone, [5, 95]))
    assert found.sets[at, 0] < figures(counts)[at] < found.sets[at, 1]
    assert found.deviation[at] == pytest.approx(alone.std())
    # a larger set differs less from another
    larger = spread(counts, 50, np.random.default_rng(1))
    assert np.ptp(larger.sets[at]) < np.ptp(found.sets[at])
    assert np.isnan(found.sets[INDEX["copied"]]).all()
