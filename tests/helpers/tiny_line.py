"""A tiny model of the grammar "line" out of random numbers, for tests: three players, two styles."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from improv.cell.card import ModelCard
from improv.cell.load import Model
from improv.cell.pair import PairCell, StageWeights
from improv.grammar.base import fingerprint_of
from improv.grammar.line.grammar import LineGrammar
from improv.grammar.line.heads import MELODY_HEADS, RHYTHM_HEADS, slices, width
from improv.grammar.line.inputs import MELODY, MELODY_EXPERTS, RHYTHM, RHYTHM_EXPERTS
from improv.grammar.line.labels import Labels
from improv.grammar.line.table import LENGTHS, LOUDNESSES, WAITS, wait_class

LABELS = Labels(
    ("Bud Powell", "Charlie Parker", "John Coltrane"), ("BEBOP", "HARDBOP"), ("SWING", "LATIN")
)
_UNITS, _WIDE = 12, 4


def tiny_line(folder: Path, seed: int = 1) -> Model:
    """The same seed makes the same cell; `folder` is where its other files would be."""
    rng = np.random.default_rng(seed)

    def drawn(*shape: int, spread: float = 0.3) -> np.ndarray:
        return rng.normal(0.0, spread, shape).astype(np.float32)

    def stage(blocks, below: int, heads) -> StageWeights:
        return StageWeights(
            embedding=drawn(sum(size for _, size in blocks), _WIDE),
            blocks=len(blocks),
            kernel=drawn(below + len(blocks) * _WIDE + _WIDE, 4 * _UNITS),
            recurrent=drawn(_UNITS, 4 * _UNITS),
            bias=drawn(4 * _UNITS),
            heads=drawn(_UNITS, width(heads), spread=0.5),
            heads_bias=drawn(width(heads)),
        )

    rhythm = stage(RHYTHM, _UNITS, RHYTHM_HEADS)
    # With hardly a gate open to the memory: else it plays what it began with for ever.
    rhythm.heads_bias[slices(RHYTHM_HEADS)["gates"]] = -5.0
    for steps in (4, 6, 12):  # triplets, eighths, quarters
        rhythm.heads_bias[slices(RHYTHM_HEADS)["wait"]][wait_class(steps)] += 3.0
    starts = LineGrammar.block_starts()
    cell = PairCell(
        stage(MELODY, 0, MELODY_HEADS),
        rhythm,
        drawn(LABELS.size, _WIDE, spread=3.0),
        {
            "melody_sureness": drawn(2 * MELODY_EXPERTS, MELODY_EXPERTS, spread=0.02),
            "rhythm_sureness": drawn(2 * RHYTHM_EXPERTS, RHYTHM_EXPERTS, spread=0.02),
            "length_by_wait": drawn(WAITS, len(LENGTHS)),
            "loudness_after": drawn(LOUDNESSES + 1, LOUDNESSES),
        },
        (starts[0], starts[1]),
    )
    grammar = LineGrammar()
    card = ModelCard(
        name="tiny",
        grammar_name=grammar.name,
        grammar_version=grammar.version,
        grammar_fingerprint=fingerprint_of(grammar),
        vocabulary=tuple(grammar.vocabulary),
        n_inputs=grammar.n_inputs,
        units=(_UNITS, _UNITS),
        weights_sha256="0" * 64,
        extra={"labels": LABELS.as_json(), "block_starts": starts},
    )
    return Model(card, cell, folder)
