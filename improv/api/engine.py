"""What steps a cell: NumPy, or Keras itself, which is slow and sure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

ENGINES = ("numpy", "keras")


def make_cell_of(engine: str) -> Callable[[Path], Any] | None:
    """What makes the cell of another engine from a model folder; None: the NumPy cell as loaded.

    Raises ValueError for an engine that there is not, MissingError where it is not installed.
    """
    if engine == "numpy":
        return None
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}, not {engine!r}.")
    from improv.keras_backend import require_tensorflow

    require_tensorflow("The engine keras")
    from improv.training.keras_cell import keras_cell_of

    return keras_cell_of
