"""The listener inside a cell of grammar "changes"."""

from __future__ import annotations

import numpy as np
import pytest
from listeners import solo

from improv.cell.step import LstmCell, LstmWeights
from improv.evaluation.changes_predictor import UNSAID, ChangesPredictor
from improv.evaluation.protocol import score_solo
from improv.grammar.changes import ChangesGrammar
from improv.grammar.tokens import FLOOR, learned_vocabulary


def predictor_that_says(**likely: float) -> ChangesPredictor:
    """A cell that always gives these tokens these odds, and others next to none."""
    names = {name.replace("_", ":"): odds for name, odds in likely.items()}
    grammar = ChangesGrammar(learned_vocabulary({*names, *FLOOR}))
    bias = np.full(len(grammar.vocabulary), -30, np.float32)
    for name, odds in names.items():
        bias[grammar.vocabulary.index(name)] = np.log(odds)
    zeros = [np.zeros(shape, np.float32) for shape in ((grammar.n_inputs, 4), (1, 4), (4,))]
    cell = LstmCell([LstmWeights(*zeros)], (np.zeros((1, len(bias)), np.float32), bias))
    return ChangesPredictor(cell, grammar)


def test_a_pitch_is_summed_over_the_lengths_that_go_with_it():
    model = predictor_that_says(**{"3^_6": 2, "3^_12": 1, "5v_6": 1})
    model.begin(solo([]))
    model.heard(0, 60)
    model.ended(6, None)
    found = model.pitch(6)
    assert found.sum() == pytest.approx(1)
    assert found[64] == pytest.approx(0.75 * (1 - UNSAID) + UNSAID / 128, abs=1e-6)
    assert found[55] == pytest.approx(0.25 * (1 - UNSAID) + UNSAID / 128, abs=1e-6)


def test_a_rhythm_is_summed_over_the_ways_to_fill_the_time():
    """After E, an eighth or a quarter; then a note or an eighth rest, three to one."""
    model = predictor_that_says(**{"3^_6": 2, "3^_12": 1, "r_6": 1})
    model.begin(solo([]))
    model.heard(0, 76)  # E, said as 3^ from G4
    found = model.rhythm()
    assert found.sum() == pytest.approx(1)
    assert found[0] == 0
    eighth = 2 / 3 * 3 / 4
    quarter = 1 / 3 * 3 / 4 + 2 / 3 * 1 / 4 * 3 / 4
    dotted = 1 / 3 * 1 / 4 * 3 / 4 + 2 / 3 * (1 / 4) ** 2 * 3 / 4
    assert found[6] == pytest.approx(eighth, abs=0.01)
    assert found[12] == pytest.approx(quarter, abs=0.01)
    assert found[18] == pytest.approx(dotted, abs=0.01)
    assert found[5] == pytest.approx(0, abs=0.001)


def test_what_it_cannot_say_costs_a_share_of_what_is_kept_for_it():
    model = predictor_that_says(**{"3^_6": 1})
    found = score_solo(model, solo([(0, 6, 60), (7, 6, 61)]))
    assert found.rhythm[0] == pytest.approx(-np.log(UNSAID / 60), abs=0.7)
    assert found.pitch[0] == pytest.approx(-np.log(UNSAID / 128), abs=0.01)


def test_a_solo_with_a_pickup_long_silences_and_chords_of_all_kinds_is_heard_to_its_end():
    model = predictor_that_says(**{"3^_6": 1, "r_6": 1})
    chords = [(0, "NC"), (48, "F7"), (54, "Bb7alt"), (96, "C-7")]
    notes = [(-13, 3, 60), (-2, 1, 61), (400, 90, 90), (401, 1, 20), (2000, 5, 60)]
    found = score_solo(model, solo(notes, chords=chords))
    assert np.isfinite(found.costs).all()
