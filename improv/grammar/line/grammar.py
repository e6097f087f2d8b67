"""The grammar "line" as models name it: its parts, its fingerprint, and what a cell relies on."""

from __future__ import annotations

from collections.abc import Sequence

from improv.grammar.line.form import form_layout
from improv.grammar.line.heads import heads_layout
from improv.grammar.line.state import MELODY, RHYTHM, first_inputs, state_layout
from improv.grammar.line.table import table_layout

PARTS = ("degree", "octave", "wait", "extra", "length", "loudness")


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
            "state": state_layout(),
            "heads": heads_layout(),
        }

    @staticmethod
    def block_starts() -> list[list[int]]:
        """Where the blocks of inputs of both steps begin; a model card keeps them for the cell."""
        return [list(first_inputs(MELODY)), list(first_inputs(RHYTHM))]
