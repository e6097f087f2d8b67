"""The neural baselines: what is trained all at once is what is stepped note by note."""

from __future__ import annotations

import math

import numpy as np
import pytest
from baselines.neural import (
    PLAIN,
    Network,
    NeuralPredictor,
    count_weights,
    shapes,
    transformer,
)
from baselines.seed_tokens import SeedPredictor, SeedVocabulary
from baselines.training import Recipe, forward, seed_cell, train_network, train_seed
from listeners import solo

from improv.evaluation.baselines.hearing import PITCH_AT, rows_of
from improv.evaluation.protocol import score_solo
from improv.keras_backend import tensorflow_and_keras
from improv.music.transcription import Transcription

pytestmark = pytest.mark.train

SEES = transformer(500_000)
SMALL = {
    "lstm": Network("lstm", (8, 8), PLAIN.inputs, PLAIN.context, 4, 8),
    "transformer": Network("transformer", (16, 16), SEES.inputs, SEES.context, 4, 8, 2),
}
BRIEF = Recipe(steps=25, windows=6, length=24, rate=3e-2, dropout=0.0)


def tune(number: int, notes: int = 40) -> Transcription:
    """Up and down a scale in eighths and quarters, over two chords."""
    pitches = (60, 62, 64, 65, 67, 65, 64, 62)
    onset, found = 0, []
    for at in range(notes):
        found.append((onset, 5, pitches[(at + number) % 8]))
        onset += (6, 6, 12)[at % 3]
    return solo(found, f"tune {number}", [(0, "C7"), (96, "F-7"), (144, "NC")])


@pytest.mark.parametrize("body", sorted(SMALL))
def test_stepping_is_what_was_trained(body):
    network = SMALL[body]
    rng = np.random.default_rng(1)
    weights = {
        name: rng.normal(0, 0.3, shape).astype(np.float32)
        for name, shape in shapes(network).items()
    }
    heard = tune(0, 30)
    scores = score_solo(NeuralPredictor(network, weights), heard)
    tf, _ = tensorflow_and_keras()
    rhythm, pitch, _ = rows_of([heard])
    rhythms, pitches = forward(
        tf,
        network,
        weights,
        network.input_indices(rhythm)[None],
        network.context_indices(pitch)[None],
        pitch[None, :, PITCH_AT["p1"]],
        pitch[None, :, PITCH_AT["root"]],
    )
    each = np.arange(len(rhythm))
    for given, came, costs in (
        (rhythms, rhythm[:, -1] - 1, scores.rhythm),
        (pitches, pitch[:, -1], scores.pitch),
    ):
        logs = tf.nn.log_softmax(given[0]).numpy()
        assert costs == pytest.approx(-logs[each, came], abs=1e-4)


@pytest.mark.parametrize("body", sorted(SMALL))
def test_training_learns(body):
    train = [tune(number) for number in range(8)]
    told: list[tuple[int, float]] = []
    weights = train_network(SMALL[body], train, BRIEF, 3, lambda *now: told.append(now))
    assert told[-1][0] == BRIEF.steps
    cost = score_solo(NeuralPredictor(SMALL[body], weights), tune(20)).costs.mean()
    assert cost < 0.7 * math.log(60 * 128)


def test_the_seed_cell_learns():
    train = [tune(number) for number in range(8)]
    vocabulary = SeedVocabulary.learned(train)
    weights = train_seed(vocabulary, train, BRIEF, 1, units=12)
    cost = score_solo(SeedPredictor(seed_cell(weights), vocabulary), tune(20)).costs.mean()
    assert cost < 0.7 * math.log(60 * 128)


def test_sizes():
    assert count_weights(transformer(1_300_000)) == pytest.approx(1_300_000, rel=0.06)
    assert 1_000_000 < count_weights(PLAIN) < 1_300_000
    with pytest.raises(ValueError, match="not those of the network"):
        NeuralPredictor(PLAIN, {})
