"""Training on tiny sequences: it learns, it is repeatable, it keeps the best epoch, it tells."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from improv.cell.save import keras_bytes
from improv.errors import CorpusError
from improv.training.dataset import EncodedSequence
from improv.training.fit import FitSettings, fit

pytestmark = pytest.mark.train
pytest.importorskip("tensorflow", exc_type=ImportError)

TINY = FitSettings(units=(12,), epochs=3, window=8, lanes=4, learning_rate=0.02, dropout=0.1)


def counting(length: int, first: int) -> EncodedSequence:
    """0 1 2 3 4 5 0 1 ...: the next token follows from the last."""
    targets = [(first + i) % 6 for i in range(length)]
    return EncodedSequence([[] if i == 0 else [targets[i - 1]] for i in range(length)], targets)


def corpus(count: int = 8) -> list[EncodedSequence]:
    return [counting(20 + number, number) for number in range(count)]


def digest(result) -> str:
    return hashlib.sha256(keras_bytes(result.model)).hexdigest()


def test_the_same_seed_gives_the_same_file_and_another_seed_another():
    """Byte for byte, dropout and shuffling included."""
    one = fit(corpus(), n_inputs=6, n_outputs=6, seed=5, settings=TINY)
    again = fit(corpus(), n_inputs=6, n_outputs=6, seed=5, settings=TINY)
    other = fit(corpus(), n_inputs=6, n_outputs=6, seed=6, settings=TINY)
    assert digest(one) == digest(again)
    assert one.history == again.history
    assert digest(one) != digest(other)


def test_it_learns_to_count_and_keeps_its_best_epoch():
    """From about ln 6 nats a token to nearly none; the model given is the best epoch's."""
    settings = FitSettings(
        units=(16,), epochs=25, window=8, lanes=4, learning_rate=0.03, dropout=0.0, patience=25
    )
    result = fit(corpus(), n_inputs=6, n_outputs=6, seed=1, settings=settings)
    assert result.history[0].train_nats == pytest.approx(math.log(6), abs=0.4)
    assert result.best.valid_nats == min(score.valid_nats for score in result.history)
    assert len(result.held_out) == 1
    held_out = corpus()[result.held_out[0]]
    x = np.zeros((1, len(held_out.targets), 6), np.float32)
    for step, inputs in enumerate(held_out.inputs):
        x[0, step, inputs] = 1.0
    logits = result.model(x).numpy()[0].astype(float)
    chances = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    nats = -chances[np.arange(len(held_out.targets)), held_out.targets].mean()
    assert nats == pytest.approx(result.best.valid_nats, abs=1e-5)
    assert nats < 0.3  # the first token of a solo cannot be known


def test_it_stops_early_where_validation_gets_no_better():
    """What was held out is noise: after `patience` epochs in vain the best is taken."""
    rng = np.random.default_rng(0)
    noise = [EncodedSequence([[]] * 30, [int(t) for t in rng.integers(0, 6, 30)]) for _ in range(6)]
    settings = FitSettings(
        units=(8,), epochs=200, window=10, lanes=2, learning_rate=0.05, dropout=0.0, patience=2
    )
    result = fit(noise, n_inputs=1, n_outputs=6, seed=1, settings=settings)
    assert len(result.history) == result.best.epoch + 2 < 200


def test_progress_is_told_every_batch():
    """Epochs and batches count from 1."""
    told = []
    result = fit(
        corpus(),
        n_inputs=6,
        n_outputs=6,
        seed=1,
        settings=TINY,
        progress=told.append,
    )
    assert [at.epoch for at in told if at.batch == at.batches] == [1, 2, 3]
    assert told[0].batch == 1 and told[0].valid_nats is None
    ends = [at for at in told if at.batch == at.batches]
    assert [at.train_nats for at in ends] == [score.train_nats for score in result.history]
    assert ends[1].valid_nats == result.history[0].valid_nats
    assert ends[-1].share == 1.0
    assert told[0].share == pytest.approx(1 / (3 * told[0].batches))


def test_few_solos_are_all_trained_on():
    """With fewer than five nothing is held out, and the best epoch is the best in training."""
    result = fit(corpus(2), n_inputs=6, n_outputs=6, seed=1, settings=TINY)
    assert result.held_out == ()
    assert result.best.valid_nats is None
    assert result.best.train_nats == min(score.train_nats for score in result.history)


def test_a_corpus_too_small_is_refused_before_anything_is_built():
    """With the numbers."""
    with pytest.raises(CorpusError, match=r"27 tokens.*window of 32"):
        fit(corpus(), n_inputs=6, n_outputs=6, seed=1)
