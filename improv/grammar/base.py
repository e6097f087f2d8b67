"""What a grammar is to the performer and to the trainer.

A *grammar* turns notes over a chart into tokens and tokens back into notes. The cell sees neither notes
nor tokens' meaning: it is given the indices of its active inputs and answers with one logit a token.

    inputs = decoder.inputs()                    grammar -> cell     which inputs are on
    logits, state = cell.step(inputs, state)     cell
    token = sample(logits, mask=decoder.mask())  cell
    note = decoder.feed(token)                   grammar -> performer (None: a rest)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from improv.music.chart import Chart
from improv.music.note import Note


class Decoder(Protocol):
    """Tokens to notes over one chart, one at a time. Holds the place in the music and the last note."""

    @property
    def tick(self) -> int:
        """Where the next token begins, in ticks from the start of the first chorus."""

    def inputs(self) -> list[int]:
        """Indices (0 <= i < n_inputs) of the cell inputs that are on: the last token and its context."""

    def mask(self, landing: bool = False) -> NDArray[np.bool_] | None:
        """(vocabulary,) bool, True where a token may come next; None if all may.

        `landing`: the line comes to its end here, on a tone of the chord.
        """

    def bias(self, density: float) -> NDArray[np.float32] | None:
        """(vocabulary,) what to add to the logits for a denser (up to 1) or sparser (down to -1) line.

        None: nothing, at density 0 or where the grammar cannot tell.
        """

    def feed(self, token: int) -> Note | None:
        """Take the next token, move on in time, give the note it stands for, or None for a rest."""


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
        """What can be said, in the order of the cell's answers: tokens, or the parts of one."""

    @property
    def n_inputs(self) -> int:
        """Inputs of the cell."""

    @property
    def layout(self) -> dict[str, object]:
        """Everything besides the vocabulary that a cell trained on this grammar relies on."""


class TokenGrammar(Grammar, Protocol):
    """A grammar whose tokens are drawn in one piece, and the way to read them."""

    def decoder(
        self,
        chart: Chart,
        rng: np.random.Generator,
        *,
        low_pitch: int = ...,
        high_pitch: int = ...,
        start_tick: int = ...,
    ) -> Decoder:
        """A fresh decoder at `start_tick` of `chart`, which has no end; notes stay within the pitches."""


def fingerprint(
    name: str, version: int, vocabulary: Sequence[str], layout: dict[str, object]
) -> str:
    """sha256 that ties a cell to its grammar: name, version, vocabulary in order, input layout."""
    text = json.dumps([name, version, list(vocabulary), layout], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_of(grammar: Grammar) -> str:
    """The sha256 that a cell trained on this grammar carries."""
    return fingerprint(grammar.name, grammar.version, grammar.vocabulary, grammar.layout)
