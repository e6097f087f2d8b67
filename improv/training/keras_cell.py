"""The cell stepped by Keras itself: slow, for `--engine keras` and to check the NumPy step against.

Input -> output:  as improv.cell.step.LstmCell
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from improv.cell.load import WEIGHTS_NAME, load_model
from improv.cell.pair import PairCell
from improv.cell.step import Floats, State
from improv.errors import ImprovError, ModelError
from improv.keras_backend import tensorflow_and_keras
from improv.training.line.keras_pair import KerasPair


def keras_cell_of(model_folder: Path) -> KerasCell | KerasPair:
    """What steps the cell of a model folder, of whichever kind it is; raises as they do.

    Also ModelError where Keras reads another model out of the file than we do, or none: it takes a step.
    """
    model = load_model(model_folder)
    _check_kinds(model_folder)
    try:
        if isinstance(model.cell, PairCell):
            pair = KerasPair(model)
            begin, label = pair.initial_state(), np.zeros(pair.n_labels)
            first, second = ([0] * len(starts) for starts in model.card.extra["block_starts"])
            pair.second(second, pair.who(label), pair.first(first, pair.who(label), begin)[1])
            return pair
        cell = KerasCell(model_folder)
        cell.step([], cell.initial_state())
        return cell
    except ImprovError:
        raise
    except Exception as error:  # whatever Keras and TensorFlow say of what they were not made for
        said = " ".join(str(error).split())[:200]
        raise ModelError(
            f"Keras cannot play the model {str(model_folder)!r} ({type(error).__name__}: {said}); expected "
            "one that `jazz-improv train` has made, or --engine numpy."
        ) from error


_KINDS = {
    "keras": {"DTypePolicy"},
    "keras.layers": {
        *("Concatenate", "Dense", "Dropout", "Embedding", "InputLayer", "LSTM", "Reshape"),
    },
    "keras.src.models.functional": {"Functional"},
    "keras.src.models.sequential": {"Sequential"},
}
"""What a model may name for Keras to make, by module; of `keras.initializers` anything."""
_MOST_WIDTH = 4096
"""Of anything that a config describes."""


def _check_kinds(model_folder: Path) -> None:
    """Raise ModelError for a model that names what we never write, before Keras looks for it.

    A Lambda layer is code, and a class or function of any module may be named in a `.keras` file. What says
    that it is far larger than the arrays beside it would be made before they are looked at.
    """
    path = model_folder / WEIGHTS_NAME
    with zipfile.ZipFile(path) as archive:
        waiting: list[Any] = [json.loads(archive.read("config.json"))]
    while waiting:
        part = waiting.pop()
        if isinstance(part, int) and part > _MOST_WIDTH:
            raise ModelError(
                f"Keras is not asked to make what {str(path)!r} describes: a size of {part:,}, and at most "
                f"{_MOST_WIDTH:,} was expected."
            )
        if isinstance(part, dict):
            if "class_name" in part and not _is_ours(part):
                kind = f"{part.get('module') or 'no module'}, {part['class_name']}"[:100]
                raise ModelError(
                    f"Keras is not asked to make what {str(path)!r} names ({kind}); expected a cell that "
                    "`jazz-improv train` has made, or --engine numpy."
                )
            waiting += [value for key, value in part.items() if key != "seed"]
        elif isinstance(part, list):
            waiting += part


def _is_ours(part: dict[str, Any]) -> bool:
    module, name, registered = (part.get(k) for k in ("module", "class_name", "registered_name"))
    if name == "function":  # files of the first days name one for their biases (`load_network`)
        return (part.get("config"), registered) == ("biases", "biases")
    if module is None:
        return name == "__keras_tensor__"
    if not isinstance(name, str) or registered not in (None, name):
        return False
    if not isinstance(module, str):
        return False
    if module == "keras.initializers":
        return name.isidentifier()
    return name in _KINDS.get(module, ())


class KerasCell:
    """A saved model's own Keras LSTM cells, one time step at a time through a `tf.function`."""

    def __init__(self, model_folder: Path) -> None:
        """Load the folder; raises ModelError as `load_model` does, MissingError without Keras."""
        model = load_model(model_folder)  # every check of the card and the file is made there
        tf, keras = tensorflow_and_keras()
        network = keras.saving.load_model(
            Path(model_folder) / WEIGHTS_NAME, compile=False, safe_mode=True
        )
        self.n_inputs = model.token_cell.n_inputs
        self.n_outputs = model.token_cell.n_outputs
        self.units = model.token_cell.units
        cells = [layer.cell for layer in network.layers if isinstance(layer, keras.layers.LSTM)]
        head = network.layers[-1]

        @tf.function
        def step(x: Any, states: Any) -> tuple[Any, Any]:
            after = []
            for cell, before in zip(cells, states, strict=True):
                x, (h, c) = cell(x, before)
                after.append((h, c))
            return head(x), after

        self._tf = tf
        self._step = step

    def initial_state(self) -> State:
        """The state before the first token: zeros."""
        return tuple(
            (np.zeros(units, np.float32), np.zeros(units, np.float32)) for units in self.units
        )

    def step(self, inputs: Sequence[int], state: State) -> tuple[Floats, State]:
        """Give the logits (n_outputs,) float32 and the state after `inputs` (active indices)."""
        if inputs and not 0 <= min(inputs) <= max(inputs) < self.n_inputs:
            raise ValueError(
                f"Cell inputs {list(inputs)} are out of range: expected 0..{self.n_inputs - 1}."
            )
        x = np.zeros((1, self.n_inputs), np.float32)
        x[0, list(inputs)] = 1.0
        states = [[self._tf.constant(part[None]) for part in layer] for layer in state]
        logits, after = self._step(self._tf.constant(x), states)
        return logits.numpy()[0], tuple((h.numpy()[0], c.numpy()[0]) for h, c in after)
