"""The grammar "line" as models name it: its parts, its fingerprint, and what a cell relies on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from improv.errors import ModelError
from improv.grammar.line.form import form_layout
from improv.grammar.line.heads import MELODY_HEADS, RHYTHM_HEADS, heads_layout, width
from improv.grammar.line.inputs import (
    MELODY,
    MELODY_EXPERTS,
    RHYTHM,
    RHYTHM_EXPERTS,
    first_inputs,
    inputs_layout,
)
from improv.grammar.line.table import LENGTHS, LOUDNESSES, WAITS, table_layout

PARTS = ("degree", "octave", "wait", "extra", "length", "loudness")


_TABLE_SHAPES = {
    "melody_sureness": (2 * MELODY_EXPERTS, MELODY_EXPERTS),
    "rhythm_sureness": (2 * RHYTHM_EXPERTS, RHYTHM_EXPERTS),
    "length_by_wait": (WAITS, len(LENGTHS)),
    "loudness_after": (LOUDNESSES + 1, LOUDNESSES),
}
"""What `line.stepper` asks a cell for by name."""


class PairSizes(Protocol):
    """Of a cell; see improv.cell.pair."""

    tables: dict[str, NDArray[np.float32]]
    n_inputs: tuple[int, int]
    n_outputs: tuple[int, int]
    n_labels: int


class LineGrammar:
    """One token a note, in parts (improv.grammar.line.table)."""

    name = "line"
    version = 1
    vocabulary = PARTS
    says_length = True
    says_loudness = True
    n_inputs = sum(size for _, size in (*MELODY, *RHYTHM))

    def __init__(self, vocabulary: Sequence[str] = PARTS) -> None:
        """Raises ValueError unless the vocabulary is the parts."""
        if tuple(vocabulary) != PARTS:
            raise ValueError(f"expected the parts {', '.join(PARTS)}")

    @property
    def layout(self) -> dict[str, object]:
        """Everything besides the names of the parts that a cell trained on this grammar relies on."""
        return {
            "table": table_layout(),
            "form": form_layout(),
            "state": inputs_layout(),
            "heads": heads_layout(),
        }

    def check_cell(self, cell: PairSizes, block_starts: object, n_labels: int, where: str) -> None:
        """Raises ModelError where a cell is not of this grammar's sizes; `where` names the model.

        `block_starts` and the number of labels, `n_labels`, are what its card says.
        """
        shapes = {name: table.shape for name, table in cell.tables.items()}
        rows = (
            ("inputs", cell.n_inputs, tuple(sum(n for _, n in t) for t in (MELODY, RHYTHM))),
            ("answers", cell.n_outputs, (width(MELODY_HEADS), width(RHYTHM_HEADS))),
            ("tables", shapes, _TABLE_SHAPES),
            ("block starts", block_starts, self.block_starts()),
            ("labels", n_labels, cell.n_labels),
        )
        for what, found, expected in rows:
            if found != expected:
                raise ModelError(
                    f"The model {where} does not fit the grammar {self.name!r}: its {what} are {found}, "
                    f"expected {expected}."
                )

    @staticmethod
    def block_starts() -> list[list[int]]:
        """Where the blocks of inputs of both steps begin; a model card keeps them for the cell."""
        return [list(first_inputs(MELODY)), list(first_inputs(RHYTHM))]
