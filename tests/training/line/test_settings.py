"""How long and hard to train, by how much there is."""

from __future__ import annotations

from improv.training.line.fit import FitSettings
from improv.training.line.settings import FINE, settings_for


def test_a_large_corpus_is_trained_on_as_the_default_model_is():
    assert settings_for(149_053, fine=False) == FitSettings()


def test_of_few_notes_a_batch_is_a_part():
    few = settings_for(4_000, fine=False)
    assert few.lanes.lanes * few.lanes.window * 4 <= 4_000
    assert few.steps == FitSettings().steps
    assert settings_for(100, fine=False).lanes.lanes >= 1


def test_fine_tuning_is_short_and_pulled_back():
    fine = settings_for(4_000, fine=True)
    assert fine.steps <= 200 < FitSettings().steps
    assert fine.learning_rate < FitSettings().learning_rate
    assert fine.pull == FINE.pull > 0


def test_what_is_asked_for_holds():
    asked = settings_for(4_000, fine=False, units=(8, 4), steps=8)
    assert (asked.sizes.melody_units, asked.sizes.rhythm_units) == (8, 4)
    assert (asked.steps, asked.evaluate_every) == (8, 2)
    assert settings_for(4_000, fine=False, steps=1).evaluate_every == 1
