"""The NumPy step: golden numbers, purity, and the equations written out slowly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.cell.step import LstmCell, LstmWeights


def random_cell(
    n_inputs: int, units: tuple[int, ...], n_outputs: int, seed: int = 0
) -> tuple[LstmCell, list[LstmWeights], tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)

    def array(*shape: int) -> np.ndarray:
        return (0.5 * rng.standard_normal(shape)).astype(np.float32)

    layers = [
        LstmWeights(array(below, 4 * size), array(size, 4 * size), array(4 * size))
        for below, size in zip((n_inputs, *units), units, strict=False)
    ]
    head = (array(units[-1], n_outputs), array(n_outputs))
    return LstmCell(layers, head), layers, head


def slow_step(layers, head, inputs, state):
    """The equations of Keras' LSTMCell in float64, gate order i, f, c, o."""

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    x = np.zeros(layers[0].kernel.shape[0])
    x[list(inputs)] = 1.0
    after = []
    for layer, (h, c) in zip(layers, state, strict=True):
        z = x @ layer.kernel.astype(float) + h @ layer.recurrent.astype(float) + layer.bias
        i, f, g, o = np.split(z, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        x = sigmoid(o) * np.tanh(c)
        after.append((x, c))
    return x @ head[0].astype(float) + head[1], after


def flat(state) -> list[float]:
    return [float(value) for layer in state for part in layer for value in part]


def test_golden_numbers_of_one_unit():
    """Gates i, f, c, o = 0, 1, 2, -1 and an old carry of 0.5, worked out by hand."""
    layer = LstmWeights(
        np.array([[0, 0, 2, 0]], np.float32),
        np.zeros((1, 4), np.float32),
        np.array([0, 1, 0, -1], np.float32),
    )
    cell = LstmCell([layer], (np.array([[2, -1]], np.float32), np.array([0, 1], np.float32)))
    state = ((np.zeros(1, np.float32), np.array([0.5], np.float32)),)
    logits, ((h, c),) = cell.step([0], state)
    assert c[0] == pytest.approx(0.7310585786 * 0.5 + 0.5 * 0.9640275801, abs=1e-6)
    assert h[0] == pytest.approx(0.2689414214 * np.tanh(0.8475430794), abs=1e-6)
    assert logits == pytest.approx([2 * h[0], 1 - h[0]], abs=1e-6)


def test_without_inputs_only_bias_and_state_count():
    """An empty input is allowed: there is no token before the first."""
    cell, layers, head = random_cell(5, (3,), 4)
    logits, _ = cell.step([], cell.initial_state())
    expected, _ = slow_step(layers, head, [], [(np.zeros(3), np.zeros(3))])
    assert logits == pytest.approx(expected, abs=1e-6)


@given(
    units=st.sampled_from([(1,), (5,), (3, 4), (4, 2, 3)]),
    steps=st.lists(st.sets(st.integers(0, 6), max_size=4), min_size=1, max_size=12),
)
def test_equals_the_equations_written_out(units, steps):
    """Whatever the inputs, one layer or several, the fast step is the slow one."""
    cell, layers, head = random_cell(7, units, 6)
    state = cell.initial_state()
    slow_state = [(np.zeros(size), np.zeros(size)) for size in units]
    for inputs in steps:
        logits, state = cell.step(sorted(inputs), state)
        slow_logits, slow_state = slow_step(layers, head, inputs, slow_state)
        np.testing.assert_allclose(logits, slow_logits, atol=1e-5)
        np.testing.assert_allclose(flat(state), flat(slow_state), atol=1e-5)


@pytest.mark.parametrize("units", [(8,), (8, 5)])
def test_is_pure(units):
    """An old state can be stepped again: same answer, and nothing given or returned was changed."""
    cell, _, _ = random_cell(6, units, 4)
    _, old = cell.step([1], cell.initial_state())
    before = flat(old)
    first_logits, first_state = cell.step((2, 3), old)
    kept = first_logits.copy(), flat(first_state)
    other_logits, _ = cell.step([0], old)
    again_logits, again_state = cell.step([2, 3], old)
    assert flat(old) == before
    assert (first_logits == kept[0]).all() and flat(first_state) == kept[1]
    assert (again_logits == first_logits).all() and flat(again_state) == kept[1]
    assert (other_logits != first_logits).any()


def test_sizes_and_types():
    """A cell says its sizes, and all it gives is float32."""
    cell, _, _ = random_cell(6, (8, 5), 4)
    logits, state = cell.step([0], cell.initial_state())
    assert (cell.n_inputs, cell.n_outputs, cell.units) == (6, 4, (8, 5))
    assert logits.shape == (4,) and logits.dtype == np.float32
    assert [part.shape for layer in state for part in layer] == [(8,), (8,), (5,), (5,)]
    assert all(part.dtype == np.float32 for layer in state for part in layer)


@pytest.mark.parametrize("inputs", [[6], [-1], [0, 6], [2, -3]])
def test_inputs_out_of_range_are_refused(inputs):
    """Also negative ones, which NumPy would count from the end."""
    cell, _, _ = random_cell(6, (3,), 4)
    with pytest.raises(ValueError, match=r"expected 0\.\.5"):
        cell.step(inputs, cell.initial_state())


def test_arrays_that_do_not_fit_are_refused():
    """The second layer takes what the first gives; the head what the last gives."""
    _, layers, head = random_cell(6, (3, 4), 5)
    with pytest.raises(ValueError, match="LSTM layer 1"):
        LstmCell([layers[0], layers[0]], head)
    with pytest.raises(ValueError, match="head"):
        LstmCell(layers[:1], head)
    with pytest.raises(ValueError, match="at least one"):
        LstmCell([], head)
