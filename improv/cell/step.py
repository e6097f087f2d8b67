"""One LSTM time step in NumPy: the fast path of the cell a Keras model was trained as.

Input -> output:  active input indices + state  ->  logits + new state

The equations and the gate order i, f, c, o are those of Keras' `LSTMCell`:

    z = x . kernel + h . recurrent + bias          z: (4 * units,), the gates side by side
    c' = sigmoid(f) * c + sigmoid(i) * tanh(g)     h' = sigmoid(o) * tanh(c')

Three things make it fast. The input is multi-hot, so `x . kernel` is a sum of rows. Gates are kept
in the order i, f, o, g with i, f, o halved, because sigmoid(x) = tanh(x / 2) / 2 + 1 / 2: one tanh
serves all four. Work happens in place in arrays this step made itself, so nothing is shared between
steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
State = tuple[tuple[Floats, Floats], ...]
"""(h, c) a layer, each (units,) float32. A state is a value: keep it, step it again, compare it."""

_HALF = np.float32(0.5)


@dataclass(frozen=True)
class LstmWeights:
    """One LSTM layer as Keras stores it: gate order i, f, c, o along the last axis, float32."""

    kernel: Floats  # (inputs, 4 * units)
    recurrent: Floats  # (units, 4 * units)
    bias: Floats  # (4 * units,)

    @property
    def units(self) -> int:
        """Size of h and of c."""
        return int(self.recurrent.shape[0])


class _Layer:
    """The weights of one layer, gates reordered to i, f, o, g and i, f, o halved."""

    def __init__(self, weights: LstmWeights) -> None:
        units = weights.units
        order = np.r_[0 : 2 * units, 3 * units : 4 * units, 2 * units : 3 * units]
        scale = np.full(4 * units, 0.5, np.float32)
        scale[3 * units :] = 1.0
        self.units = units
        self.kernel = np.ascontiguousarray(weights.kernel[:, order] * scale, np.float32)
        self.recurrent = np.ascontiguousarray(weights.recurrent[:, order] * scale, np.float32)
        self.bias = np.ascontiguousarray(weights.bias[order] * scale, np.float32)


class TokenCell(Protocol):
    """One LSTM time step of a cell whose tokens are drawn in one piece, by any engine."""

    def initial_state(self) -> Any:
        """The state before the first token."""

    def step(self, inputs: Sequence[int], state: Any) -> tuple[NDArray[np.float32], Any]:
        """(vocabulary,) logits of the next token, and the state after this one."""


class LstmCell:
    """One or more stacked LSTM layers and a linear head, one time step at a time.

    `step` is pure: the same inputs and state give the same answer, and neither is changed, so a
    state may be kept and stepped again (several futures from one past). The cell holds no music and
    no memory.
    """

    def __init__(self, layers: Sequence[LstmWeights], head: tuple[Floats, Floats]) -> None:
        """Take the layers, first to last, and the head: kernel (units, outputs) and bias."""
        _check_shapes(layers, head)
        self.n_inputs = int(layers[0].kernel.shape[0])
        self.n_outputs = int(head[1].shape[0])
        self.units = tuple(layer.units for layer in layers)
        first, *upper = (_Layer(layer) for layer in layers)
        self._first = first
        self._upper = tuple(upper)
        # A list of rows is indexed five times as fast as a matrix; the first row brings the bias
        # along.
        self._rows = list(first.kernel)
        self._rows_and_bias = list(first.kernel + first.bias)
        self._head_kernel = np.ascontiguousarray(head[0], np.float32)
        self._head_bias = np.ascontiguousarray(head[1], np.float32)

    def initial_state(self) -> State:
        """The state before the first token: zeros, as in training."""
        return tuple(
            (np.zeros(units, np.float32), np.zeros(units, np.float32)) for units in self.units
        )

    def is_finite(self) -> bool:
        """Whether the first answer is numbers; where weights overflow it is not."""
        with np.errstate(all="ignore"):
            logits, _ = self.step([], self.initial_state())
        return bool(np.isfinite(logits).all())

    def step(self, inputs: Sequence[int], state: State) -> tuple[Floats, State]:
        """Give the logits (n_outputs,) float32 for the next token and the state after `inputs`.

        `inputs`: distinct indices (0 <= i < n_inputs) of the inputs that are 1; may be empty.
        """
        h, c = state[0]
        gates = h.dot(self._first.recurrent)
        if inputs:
            if min(inputs) < 0 or max(inputs) >= self.n_inputs:
                raise ValueError(
                    f"Cell inputs {list(inputs)} are out of range: expected 0..{self.n_inputs - 1}."
                )
            gates += self._rows_and_bias[inputs[0]]
            for index in inputs[1:]:
                gates += self._rows[index]
        else:
            gates += self._first.bias
        h, c = _gated(gates, c, self._first.units)
        if not self._upper:
            logits = h.dot(self._head_kernel)
            logits += self._head_bias
            return logits, ((h, c),)
        new = [(h, c)]
        for layer, (h_before, c) in zip(self._upper, state[1:], strict=True):
            gates = h_before.dot(layer.recurrent)
            gates += h.dot(layer.kernel)
            gates += layer.bias
            h, c = _gated(gates, c, layer.units)
            new.append((h, c))
        logits = h.dot(self._head_kernel)
        logits += self._head_bias
        return logits, tuple(new)


def _gated(gates: Floats, c: Floats, units: int) -> tuple[Floats, Floats]:
    """Apply the gates (i, f, o, g; overwritten) to the carry; give new h and c."""
    np.tanh(gates, gates)
    three = 3 * units
    sigmoids = gates[:three]
    sigmoids *= _HALF
    sigmoids += _HALF
    new_c = gates[units : 2 * units] * c
    gated_input = gates[:units]
    gated_input *= gates[three:]
    new_c += gated_input
    new_h = np.tanh(new_c)
    new_h *= gates[2 * units : three]
    return new_h, new_c


def _check_shapes(layers: Sequence[LstmWeights], head: tuple[Floats, Floats]) -> None:
    """Raise ValueError where the arrays do not fit each other."""
    if not layers:
        raise ValueError("A cell needs at least one LSTM layer.")
    below: int | None = None
    for number, layer in enumerate(layers):
        units = layer.units
        inputs = layer.kernel.shape[0] if below is None else below
        found = (layer.kernel.shape, layer.recurrent.shape, layer.bias.shape)
        expected = ((inputs, 4 * units), (units, 4 * units), (4 * units,))
        if found != expected:
            raise ValueError(f"LSTM layer {number} has shapes {found}, expected {expected}.")
        below = units
    outputs = head[1].shape[0] if head[1].ndim == 1 else 0
    if head[0].shape != (below, outputs):
        raise ValueError(
            f"The head has shapes {(head[0].shape, head[1].shape)}, expected ({below}, n) and (n,)."
        )
