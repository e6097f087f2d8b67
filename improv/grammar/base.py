"""What a grammar is to the loader and to the trainer: a vocabulary and a fingerprint.

A *grammar* turns notes over a chart into tokens and tokens back into notes. The cell sees neither notes
nor what tokens mean: it is given the indices of its active inputs and answers with scores.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Protocol


class Grammar(Protocol):
    """A vocabulary and what ties a cell to it."""

    @property
    def name(self) -> str:
        """As model cards say it."""

    @property
    def version(self) -> int:
        """A cell plays only through the version it was trained on."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """What the cell can answer, in the order of its outputs: tokens, or the parts of one."""

    @property
    def n_inputs(self) -> int:
        """How many inputs the cell has."""

    @property
    def layout(self) -> dict[str, object]:
        """Everything besides the vocabulary that a cell trained on this grammar relies on."""


def fingerprint(
    name: str, version: int, vocabulary: Sequence[str], layout: dict[str, object]
) -> str:
    """sha256 that ties a cell to its grammar: name, version, vocabulary in order, input layout."""
    text = json.dumps([name, version, list(vocabulary), layout], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_of(grammar: Grammar) -> str:
    """The sha256 that a cell trained on this grammar carries."""
    return fingerprint(grammar.name, grammar.version, grammar.vocabulary, grammar.layout)
