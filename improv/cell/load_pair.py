"""Read a pair cell (improv.cell.pair) out of the bytes of its Keras file; no TensorFlow.

Input -> output:  config.json, model.weights.h5  ->  PairCell

Layers are found by the names that `improv.training.line.network` gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from improv.cell.pair import Floats, PairCell, StageWeights
from improv.errors import ModelError

TABLES = ("melody_sureness", "rhythm_sureness", "length_by_wait", "loudness_after")
_STAGES = ("melody", "rhythm")


def is_pair(config: Any) -> bool:
    """Whether the configuration of a Keras file is that of a pair cell."""
    try:
        names = {str(layer["config"]["name"]) for layer in config["config"]["layers"]}
    except (KeyError, TypeError):
        return False
    return {f"{stage}_heads" for stage in _STAGES} <= names


def numbered(group: Any, count: int, layer: str, where: str) -> list[Floats]:
    """The numbered arrays of a layer. Raises ValueError for another count, ModelError for no numbers."""
    if sorted(group) != [str(n) for n in range(count)]:
        raise ValueError(f"the layer {layer!r} holds {len(group)} arrays, expected {count}")
    arrays: list[Floats] = [np.asarray(group[str(n)][()], np.float32) for n in range(count)]
    if not all(np.isfinite(array).all() for array in arrays):
        raise ModelError(
            f"The weights inside {where!r} hold values that are not finite numbers; the training"
            " that made them failed, so train the model again."
        )
    return arrays


def pair_from_groups(
    groups: Any, block_starts: tuple[Sequence[int], Sequence[int]], where: str
) -> PairCell:
    """Build the cell from the layers' groups of an open HDF5 file; raises ModelError."""
    found = {str(group["vars"].attrs.get("name")): group for group in groups.values()}

    def arrays(name: str, count: int) -> list[Floats]:
        group = found.get(name)
        if group is None:
            raise ValueError(f"it has no layer {name!r}")
        variables = group["cell/vars"] if "cell" in group else group["vars"]
        return numbered(variables, count, name, where)

    def stage(name: str, blocks: int) -> StageWeights:
        (embedding,) = arrays(f"{name}_embedding", 1)
        kernel, recurrent, bias = arrays(name, 3)
        heads, heads_bias = arrays(f"{name}_heads", 2)
        return StageWeights(embedding, blocks, kernel, recurrent, bias, heads, heads_bias)

    (who,) = arrays("who", 1)
    tables = {name: arrays(name, 1)[0] for name in TABLES}
    melody, rhythm = (
        stage(name, len(starts)) for name, starts in zip(_STAGES, block_starts, strict=True)
    )
    with np.errstate(all="ignore"):  # what overflows is found out when the cell is tried
        return PairCell(melody, rhythm, who, tables, block_starts)
