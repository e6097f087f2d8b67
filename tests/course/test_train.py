"""The course's training: its loss, its optimizer, and the course's own file."""

from __future__ import annotations

import numpy as np
import pytest

from improv.cell.load import load_model
from improv.course.build import build_model
from improv.course.train import course_optimizer, fit_arrays, train_coursera
from improv.errors import InputFileError
from improv.keras_backend import tensorflow_and_keras
from improv.soloist.grammars import grammar_for

pytestmark = pytest.mark.train
pytest.importorskip("tensorflow", exc_type=ImportError)


def snippets(zero_last: bool):
    """12 snippets of 5 steps over 7 values, as the seed's arrays are."""
    ids = np.random.default_rng(0).integers(0, 7, (12, 6))
    x, y = np.zeros((12, 5, 7), bool), np.zeros((5, 12, 7), bool)
    for i in range(12):
        for j in range(5):
            x[i, j, ids[i, j]] = j > 0
            y[j, i, ids[i, j + 1]] = not (zero_last and j == 4)
    return x, y


@pytest.mark.parametrize(("zero_last", "targets"), [(False, 5), (True, 4)])
def test_the_loss_is_summed_over_the_targets_that_are_not_zeros(zero_last, targets):
    """One batch of all: the first loss is that of the fresh model, worked out here."""
    x, y = snippets(zero_last)
    model = build_model(7, (6,), 7, seed=1)
    logits = model(x.astype(np.float32)).numpy().astype(float)
    chances = logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))
    expected = -(chances * np.swapaxes(y, 0, 1)).sum(axis=(1, 2)).mean()
    report = fit_arrays(model, x, y, epochs=1, seed=1, batch=12)
    assert report.losses[0] == pytest.approx(expected, rel=1e-5)
    assert report.targets == targets
    assert report.loss_per_step == pytest.approx(expected / targets, rel=1e-5)


def test_it_is_repeatable_and_tells_its_progress():
    """Same seed, same losses; a smaller last batch counts by its size."""
    x, y = snippets(zero_last=False)
    told = []
    one = fit_arrays(
        build_model(7, (6,), 7, 1), x, y, epochs=3, seed=1, batch=8, progress=told.append
    )
    again = fit_arrays(build_model(7, (6,), 7, 1), x, y, epochs=3, seed=1, batch=8)
    assert one == again
    assert [(at.epoch, at.batch, at.batches) for at in told][-1] == (3, 2, 2)
    assert told[-1].train_nats == pytest.approx(one.loss_per_step)


def test_the_learning_rate_falls_as_the_course_set_it():
    """0.01 / (1 + 0.01 k) at step k."""
    _, keras = tensorflow_and_keras()
    rate = course_optimizer(keras)._learning_rate
    assert [float(rate(k)) for k in (0, 100, 300)] == pytest.approx([0.01, 0.005, 0.0025])


@pytest.mark.shared
def test_the_courses_file_becomes_a_model_that_loads(tmp_path, shared_dir):
    """78 values in order, five chord sets, a first loss of about 125.8 as the course prints it."""
    midi = shared_dir / "seed" / "original_metheny.mid"
    report = train_coursera(midi, tmp_path / "course", epochs=3, seed=0, faithful=True)
    assert report.losses[0] == pytest.approx(125.8, abs=0.5)
    assert report.losses[2] < report.losses[0]
    model = load_model(tmp_path / "course")
    card = model.card
    assert (card.grammar_name, len(card.vocabulary), card.units) == ("seed", 78, (64,))
    assert len(card.extra["chord_sets"]) == 5
    assert card.training["last_target"] == "zeros"
    grammar = grammar_for(
        "seed", card.grammar_version, card.vocabulary, card.grammar_fingerprint, "course"
    )
    assert grammar.n_inputs == model.cell.n_inputs


def test_a_file_that_is_not_there_is_refused(tmp_path):
    """By name, and nothing is written."""
    with pytest.raises(InputFileError, match=r"none\.mid"):
        train_coursera(tmp_path / "none.mid", tmp_path / "out")
    assert not (tmp_path / "out").exists()
