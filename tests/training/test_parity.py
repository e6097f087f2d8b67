"""The NumPy step beside Keras: the layer over 1,000 steps, and Keras' own cell, through a saved file."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from improv.cell.card import ModelCard
from improv.cell.load import load_model
from improv.cell.save import keras_bytes, save_model
from improv.course.build import build_model
from improv.errors import ModelError
from improv.training.keras_cell import KerasCell

pytestmark = pytest.mark.train
pytest.importorskip("tensorflow", exc_type=ImportError)

STEPS, INPUTS, OUTPUTS = 1000, 78, 50


def saved(folder, units):
    model = build_model(INPUTS, units, OUTPUTS, seed=3)
    rng = np.random.default_rng(1)
    # Larger than fresh ones, so that gates open and close; not so large that the cell is chaotic
    # (at three times the size any rounding grows without end, in Keras as here).
    model.set_weights([w * 1.5 + 0.1 * rng.standard_normal(w.shape) for w in model.get_weights()])
    card = ModelCard(
        name="parity",
        grammar_name="seed",
        grammar_version=1,
        grammar_fingerprint="f",
        vocabulary=tuple(f"t{i}" for i in range(OUTPUTS)),
        n_inputs=INPUTS,
        units=units,
        weights_sha256="",
        scores={"valid_nats_per_token": 1.5},
        licence="CC0-1.0",
    )
    return model, save_model(folder, model, card)


def drawn_inputs():
    rng = np.random.default_rng(2)
    return [
        rng.choice(INPUTS, size=rng.integers(0, 12), replace=False).tolist() for _ in range(STEPS)
    ]


@pytest.mark.parametrize("units", [(64,), (48, 32)], ids=["one layer", "two layers"])
def test_the_step_equals_the_keras_layer_and_the_keras_cell(tmp_path, units):
    """Within 1e-5 at every one of 1,000 steps, state carried all along."""
    model, _ = saved(tmp_path / "m", units)
    steps = drawn_inputs()
    x = np.zeros((1, STEPS, INPUTS), np.float32)
    for row, inputs in enumerate(steps):
        x[0, row, inputs] = 1.0
    layer_logits = model(x, training=False).numpy()[0]
    cell, keras_cell = load_model(tmp_path / "m").cell, KerasCell(tmp_path / "m")
    assert (keras_cell.n_inputs, keras_cell.units) == (cell.n_inputs, cell.units)
    state, keras_state = cell.initial_state(), keras_cell.initial_state()
    for inputs, expected in zip(steps, layer_logits, strict=True):
        logits, state = cell.step(inputs, state)
        keras_logits, keras_state = keras_cell.step(inputs, keras_state)
        np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-5)
        np.testing.assert_allclose(keras_logits, expected, rtol=0, atol=1e-5)
    assert np.ptp(layer_logits) > 1  # the logits did move


def test_the_keras_cell_has_the_same_manners(tmp_path):
    """The same shapes and types, and indices out of range are refused."""
    saved(tmp_path / "m", (64,))
    cell = KerasCell(tmp_path / "m")
    logits, ((h, c),) = cell.step([], cell.initial_state())
    assert (logits.shape, h.shape, c.shape) == ((OUTPUTS,), (64,), (64,))
    assert logits.dtype == h.dtype == np.float32
    with pytest.raises(ValueError, match=r"0\.\.77"):
        cell.step([-1], cell.initial_state())
    with pytest.raises(ModelError, match="no model folder"):
        KerasCell(tmp_path / "none")


def test_the_same_model_gives_the_same_bytes():
    """No time of day and no memory address in the file; Keras itself reads it back."""
    one = keras_bytes(build_model(9, (4, 3), 5, seed=1))
    assert one == keras_bytes(build_model(9, (4, 3), 5, seed=1))
    assert one != keras_bytes(build_model(9, (4, 3), 5, seed=2))


def test_a_model_folder_is_whole_and_explains_itself(tmp_path):
    """Three files; the README says licence, score and hash; saving again replaces the folder."""
    _, card = saved(tmp_path / "m", (8,))
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == [
        "README.md",
        "cell.keras",
        "model.json",
    ]
    readme = (tmp_path / "m" / "README.md").read_text()
    for fact in ("CC0-1.0", "1.5000 (perplexity 4.48)", card.weights_sha256, "50 tokens"):
        assert fact in readme
    with zipfile.ZipFile(tmp_path / "m" / "cell.keras") as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
    (tmp_path / "m" / "old").touch()
    saved(tmp_path / "m", (8,))
    assert not (tmp_path / "m" / "old").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
