"""A pair cell stepped by Keras itself: slow, for `--engine keras` and to check the NumPy step against.

Input -> output:  as improv.cell.pair.PairCell
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.cell.load import WEIGHTS_NAME, Model
from improv.cell.load_pair import TABLES
from improv.cell.pair import Floats, PairState
from improv.keras_backend import tensorflow_and_keras


def load_network(folder: Path) -> Any:
    """The Keras model of a folder that `load_model` has found whole. MissingError without Keras."""
    _, keras = tensorflow_and_keras()
    # Early files name a function that initialises biases; the weights replace them anyway.
    first_days = {"biases": keras.initializers.Zeros()}
    return keras.saving.load_model(
        Path(folder) / WEIGHTS_NAME, compile=False, safe_mode=True, custom_objects=first_days
    )


class KerasPair:
    """A saved model's own Keras layers, each of the two steps through a `tf.function`."""

    def __init__(self, model: Model) -> None:
        """Raises ModelError where the model is of another kind, MissingError without Keras."""
        pair = model.pair_cell  # every check of the card and the file was made when it was loaded
        tf, _ = tensorflow_and_keras()
        layer = load_network(model.path).get_layer
        self.units, self.n_labels = pair.units, pair.n_labels
        self.n_inputs, self.n_outputs = pair.n_inputs, pair.n_outputs
        self.tables: dict[str, Floats] = {name: layer(name).get_weights()[0] for name in TABLES}
        self._starts = [np.array(starts, np.int32) for starts in model.card.extra["block_starts"]]
        self._label = layer("who")
        self._tf = tf

        def stage(name: str) -> Any:
            embedding, cell, heads = (
                layer(f"{name}_embedding"),
                layer(name).cell,
                layer(f"{name}_heads"),
            )

            @tf.function
            def step(inputs: Any, below: Any, who: Any, h: Any, c: Any) -> tuple[Any, Any, Any]:
                x = tf.reshape(embedding(inputs), (1, -1))
                out, (h, c) = cell(tf.concat([*below, x, who], -1), [h, c])
                return heads(out)[0], h[0], c[0]

            return step

        self._first, self._second = stage("melody"), stage("rhythm")

    def initial_state(self) -> PairState:
        """Before the first token: zeros."""
        first, second = self.units
        return PairState(*(np.zeros(n, np.float32) for n in (first, first, second, second)))

    def hidden(self, state: PairState) -> tuple[Floats, Floats]:
        """h of both stages, (units,) each."""
        return state.first_h, state.second_h

    def who(self, label: NDArray[np.floating]) -> Any:
        """(1, width) what a label, a vector of shares (n_labels,), adds to the inputs."""
        if label.shape != (self.n_labels,):
            raise ValueError(f"A label of shape {label.shape}, expected ({self.n_labels},).")
        return self._label(self._tf.constant(label[None], self._tf.float32))

    def first(self, inputs: Sequence[int], who: Any, state: PairState) -> tuple[Floats, PairState]:
        """Answers of the melody step and the state after it; `inputs` is one value a block."""
        answer, h, c = self._step(self._first, 0, inputs, (), who, state.first_h, state.first_c)
        return answer, PairState(h, c, state.second_h, state.second_c)

    def second(self, inputs: Sequence[int], who: Any, state: PairState) -> tuple[Floats, PairState]:
        """Answers of the rhythm step, which sees the melody step's h, and the state after it."""
        below = (self._tf.constant(state.first_h[None]),)
        answer, h, c = self._step(
            self._second, 1, inputs, below, who, state.second_h, state.second_c
        )
        return answer, PairState(state.first_h, state.first_c, h, c)

    def _step(
        self,
        step: Any,
        stage: int,
        inputs: Sequence[int],
        below: tuple[Any, ...],
        who: Any,
        h: Floats,
        c: Floats,
    ) -> tuple[Floats, Floats, Floats]:
        constant = self._tf.constant
        places = constant(self._starts[stage] + np.array(inputs, np.int32))
        parts = step(places, below, who, constant(h[None]), constant(c[None]))
        answer, new_h, new_c = (np.array(part) for part in parts)  # arrays of our own
        return answer, new_h, new_c
