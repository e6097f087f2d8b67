"""A small recurrent network that reads a stretch note by note and says how likely a person played it.

It sees of each note the steps before and after it, the interval that led to it, its place in the bar and
what it is over the chord; not how long it sounds. Keras, imported when one is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from improv.evaluation.judge.classifiers import SEED
from improv.features.notes import Floats, Notes
from improv.features.ratios import columns_of
from improv.keras_backend import tensorflow_and_keras

_SHOWN = ("ioi 1", "ioi", "interval", "bar place", "degree")
_VALUES = 65
"""What a column can be, and one more, 0, where there is no note."""
_LONGEST_NOTES = 96
_WIDTH, _UNITS, _EPOCHS, _BATCH = 12, 40, 10, 64


class Recurrent:
    """Fitted on stretches; answers with log odds."""

    def __init__(self, stretches: Sequence[Notes], people: NDArray[np.bool_]) -> None:
        """Raises MissingError where TensorFlow is not installed. The same stretches give the same network."""
        _, keras = tensorflow_and_keras()
        keras.utils.set_random_seed(SEED)
        shown = keras.Input((_LONGEST_NOTES, len(_SHOWN)), dtype="int32")
        x = keras.layers.Embedding(_VALUES * len(_SHOWN), _WIDTH)(shown)
        x = keras.layers.Reshape((_LONGEST_NOTES, _WIDTH * len(_SHOWN)))(x)
        x = keras.layers.SpatialDropout1D(0.2)(x)
        x = keras.layers.Bidirectional(keras.layers.GRU(_UNITS, return_sequences=True))(x)
        x = keras.layers.GlobalAveragePooling1D()(x)
        x = keras.layers.Dropout(0.4)(x)
        self._model = keras.Model(shown, keras.layers.Dense(1)(x))
        self._model.compile(
            keras.optimizers.Adam(3e-3), keras.losses.BinaryCrossentropy(from_logits=True)
        )
        self._model.fit(
            _shown(stretches),
            people.astype(np.float32),
            batch_size=_BATCH,
            epochs=_EPOCHS,
            verbose=0,
        )

    def __call__(self, stretches: Sequence[Notes]) -> Floats:
        """(stretches,) ln P(people) - ln P(machine)."""
        answer = self._model.predict(_shown(stretches), batch_size=256, verbose=0)
        return np.asarray(answer, np.float64)[:, 0]


def _shown(stretches: Sequence[Notes]) -> NDArray[np.int32]:
    """(stretches, _LONGEST_NOTES, columns), each column with its own values; longer stretches are cut off."""
    found = np.zeros((len(stretches), _LONGEST_NOTES, len(_SHOWN)), np.int32)
    found += np.arange(len(_SHOWN), dtype=np.int32) * _VALUES
    for row, notes in zip(found, stretches, strict=True):
        columns = columns_of(notes.part(0, _LONGEST_NOTES))
        for at, name in enumerate(_SHOWN):
            row[: min(len(notes), _LONGEST_NOTES), at] += columns[name].astype(np.int32) + 1
    return found
