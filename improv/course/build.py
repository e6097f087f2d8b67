"""Build the Keras model of a cell: LSTM layers and a linear head, over sequences of any length.

    inputs (batch, time, n_inputs) -> LSTM ... LSTM -> Dense -> logits (batch, time, n_outputs)

The layers are trained; the cells inside them are what is played (improv.cell.step).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from improv.keras_backend import tensorflow_and_keras


@dataclass(frozen=True)
class Progress:
    """Where training is; one a batch."""

    epoch: int  # from 1
    epochs: int
    batch: int  # from 1
    batches: int
    train_nats: float  # this epoch so far

    @property
    def share(self) -> float:
        """How much of the training is done, 0 to 1."""
        return (self.epoch - 1 + self.batch / self.batches) / self.epochs


def build_model(n_inputs: int, units: Sequence[int], n_outputs: int, seed: int) -> Any:
    """Give an untrained Keras model; the same arguments give the same weights."""
    _, keras = tensorflow_and_keras()
    layers, initializers = keras.layers, keras.initializers
    inputs = keras.Input((None, n_inputs), name="inputs")
    x = inputs
    for number, size in enumerate(units):
        x = layers.LSTM(
            size,
            return_sequences=True,
            kernel_initializer=initializers.GlorotUniform(seed=seed + 10 * number + 1),
            recurrent_initializer=initializers.Orthogonal(seed=seed + 10 * number + 2),
            name=f"lstm_{number}",
        )(x)
    head = layers.Dense(
        n_outputs, kernel_initializer=initializers.GlorotUniform(seed=seed + 4), name="head"
    )
    return keras.Model(inputs, head(x), name="cell")
