"""The seed's grammar as a listener: what a token allows is what is paid for."""

from __future__ import annotations

import numpy as np
import pytest
from baselines.seed_tokens import (
    LENGTHS,
    UNSAID,
    SeedPredictor,
    SeedVocabulary,
    nearest_length,
    tokens_of,
)
from listeners import solo

from improv.cell.step import LstmCell, LstmWeights
from improv.evaluation.protocol import score_solo


def vocabulary_of(*tokens: str) -> SeedVocabulary:
    shares = np.zeros((len(LENGTHS), 61))
    shares[np.arange(len(LENGTHS)), LENGTHS] = 1
    return SeedVocabulary(tokens, shares)


def predictor_that_says(vocabulary: SeedVocabulary, *odds: float) -> SeedPredictor:
    size = len(vocabulary.tokens)
    zeros = [np.zeros(shape, np.float32) for shape in ((size, 4), (1, 4), (4,))]
    head = (np.zeros((1, size), np.float32), np.log(np.array(odds, np.float32)))
    return SeedPredictor(LstmCell([LstmWeights(*zeros)], head), vocabulary)


def test_what_can_be_said_of_time():
    assert LENGTHS[:8] == (3, 4, 6, 8, 9, 12, 15, 16)
    assert LENGTHS[-1] == 48
    assert [nearest_length(steps) for steps in (1, 5, 7, 11, 200)] == [3, 4, 6, 12, 48]


def test_a_bar_and_the_next():
    said = tokens_of(solo([(0, 6, 60), (6, 3, 62), (36, 6, 63), (48, 6, 64), (54, 6, 60)]))
    assert said[0] == "C,0.500"  # the first of a bar has no range
    assert said[1].startswith("S,2.500,<")
    assert said[2] == "A,1.000,<d4,M-2>"  # D to E flat, and a minor third above and below that
    assert said[3] == "C,0.500"


def test_dice_are_paid_for():
    """Over C7, around C4: chord tones a third about a step up (Bb, C, E less the note before)."""
    model = predictor_that_says(vocabulary_of("C,0.500,<P4,m-2>"), 1.0)
    model.begin(solo([]))
    model.heard(0, 60)
    found = model.pitch(6)  # -1 to +5: C, E; C was the last note
    assert found.sum() == pytest.approx(1)
    assert found[64] == pytest.approx(1 - UNSAID + UNSAID / 128)
    assert found[60] == pytest.approx(UNSAID / 128)


def test_a_token_without_a_range_is_within_a_fifth():
    model = predictor_that_says(vocabulary_of("C,0.500"), 1.0)
    model.begin(solo([]))
    model.heard(0, 60)
    found = model.pitch(48)
    allowed = np.flatnonzero(found > 0.01)
    assert allowed.tolist() == [55, 58, 64, 67]


def test_the_pitch_that_sounds_tells_about_the_time():
    model = predictor_that_says(vocabulary_of("C,0.500", "S,1.000"), 1.0, 1.0)
    model.begin(solo([]))
    model.heard(0, 60)
    model.ended(6, None)
    model.pitch(6)
    model.heard(6, 64)
    assert model.rhythm()[6] == pytest.approx(1 - UNSAID, abs=0.01)
    assert model.rhythm().sum() == pytest.approx(1)


def test_iois_are_shared_out_as_they_came():
    tune = solo([(0, 3, 60), (6, 3, 62), (13, 3, 64), (20, 3, 65), (220, 3, 60)])
    learned = SeedVocabulary.learned([tune])
    half = learned.shares[LENGTHS.index(6)]
    assert half[[6, 7]] == pytest.approx([0.5, 0.5])  # 6, 7, 7 and the one that is always there
    assert learned.shares.sum(axis=1) == pytest.approx(1)
    assert learned.shares[-1, 57] > 0  # two hundred steps, said as four beats


def test_a_token_never_learned_is_said_with_the_nearest():
    vocabulary = vocabulary_of("C,0.500", "C,1.000,<m2,P-4>", "S,0.500,<m2,P-4>")
    assert vocabulary.ids(["S,2.000,<m2,P-4>", "A,0.500", "C,1.000,<m2,P-4>"]) == [2, 0, 1]


def test_any_solo_is_heard_to_its_end():
    model = predictor_that_says(vocabulary_of("C,0.500", "A,0.250,<m2,P-4>"), 1.0, 2.0)
    notes = [(-13, 3, 60), (-2, 1, 61), (400, 90, 127), (401, 1, 0), (2000, 5, 60)]
    chords = [(0, "NC"), (48, "F7"), (96, "C-7")]
    assert np.isfinite(score_solo(model, solo(notes, chords=chords)).costs).all()
