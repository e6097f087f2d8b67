"""From transcriptions to a model folder of grammar "line".

Input -> output:  Transcriptions, split  ->  models/<name>/{cell.keras, model.json, README.md}
Called by:        the command `train`

A run keeps a checkpoint beside the folder it makes; started again with the same solos and settings it goes
on from there.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.cell.card import ModelCard
from improv.cell.load import load_model
from improv.grammar.line.encode import EncodedLine, encode
from improv.grammar.line.grammar import LineGrammar
from improv.grammar.line.labels import Labels
from improv.grammar.registry import fingerprint_of
from improv.music.transcription import Transcription
from improv.training.line.fit import FitSettings, Fitted, Score, fit
from improv.training.line.network import build_model
from improv.training.line.table import LineTable, build_table
from improv.training.save import save_model


@dataclass(frozen=True)
class Description:
    """What the card of a model says besides its numbers."""

    name: str
    corpus: dict[str, Any]
    licence: str
    attribution: str
    sampling: dict[str, float]


@dataclass(frozen=True)
class Trained:
    """What a run came to."""

    card: ModelCard
    history: tuple[Score, ...]
    best: Score


def encode_all(
    solos: Sequence[Transcription], progress: Callable[[int], None] | None = None
) -> list[EncodedLine]:
    """Encode on all cores, in order; `progress` is told how many are done."""
    if len(solos) < 8:
        lines = []
        for number, solo in enumerate(solos, 1):
            lines.append(encode(solo))
            if progress is not None:
                progress(number)
        return lines
    context = multiprocessing.get_context("spawn")  # TensorFlow's threads do not survive a fork
    lines = []
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context) as pool:
        for number, line in enumerate(pool.map(encode, solos, chunksize=4), 1):
            lines.append(line)
            if progress is not None:
                progress(number)
    return lines


def table_of(
    solos: Sequence[Transcription],
    labels: Labels,
    progress: Callable[[int], None] | None = None,
) -> LineTable:
    """The solos as what is trained on."""
    return build_table(encode_all(solos, progress), [labels.blocks(solo) for solo in solos])


def train_line(
    train: Sequence[Transcription],
    valid: Sequence[Transcription],
    folder: Path,
    description: Description,
    *,
    seed: int = 0,
    settings: FitSettings | None = None,
    begin: Path | None = None,
    encoding: Callable[[int], None] | None = None,
    progress: Callable[[int, float, Score | None], None] | None = None,
) -> Trained:
    """Train a cell and write its folder, whole or not at all.

    `begin` is the folder of a model of this grammar to go on from (fine-tuning): its names of players stay,
    so solos by others are nobody's in particular. Raises ModelError, CorpusError, OutputFileError.
    """
    settings = settings or FitSettings()
    weights, labels = None, Labels.of(train)
    if begin is not None:
        weights, labels = weights_of(begin)
    table = table_of([*train, *valid], labels, encoding)
    n = len(train)
    checkpoint = folder.with_name(folder.name + ".checkpoint")
    fitted = fit(
        table,
        range(n),
        range(n, n + len(valid)),
        seed=seed,
        settings=settings,
        checkpoint=checkpoint,
        begin=weights,
        progress=progress,
    )
    card = save_line(folder, fitted, labels, description, seed, settings)
    checkpoint.unlink(missing_ok=True)
    return Trained(card, fitted.history, fitted.best)


def weights_of(folder: Path) -> tuple[list[NDArray[np.float32]], Labels]:
    """The weights of a model in the order in which they are trained, and its labels. ModelError."""
    from improv.cell.load import WEIGHTS_NAME
    from improv.live.improviser import grammar_of
    from improv.training.backend import tensorflow_and_keras

    model = load_model(folder)
    grammar_of(model)
    model.pair_cell  # noqa: B018 (raises ModelError where it is another kind)
    labels = Labels.from_json(model.card.extra.get("labels", {}), repr(str(folder)))
    _, keras = tensorflow_and_keras()
    network = keras.saving.load_model(folder / WEIGHTS_NAME, compile=False, safe_mode=True)
    by_name = {layer.name: layer for layer in network.layers}
    return [
        np.asarray(variable) for name in LAYERS for variable in by_name[name].trainable_variables
    ], labels


LAYERS = (
    *("melody_embedding", "rhythm_embedding", "who", "melody", "rhythm", "melody_heads"),
    *("rhythm_heads", "melody_sureness", "rhythm_sureness", "length_by_wait", "loudness_after"),
)
"""The layers with weights, in the order of `improv.training.line.network.build_layers`."""


def save_line(
    folder: Path,
    fitted: Fitted,
    labels: Labels,
    description: Description,
    seed: int,
    settings: FitSettings,
) -> ModelCard:
    """Write the model folder; the card with the weights' sha256."""
    grammar = LineGrammar()
    best = fitted.best
    card = ModelCard(
        name=description.name,
        grammar_name=grammar.name,
        grammar_version=grammar.version,
        grammar_fingerprint=fingerprint_of(grammar),
        vocabulary=grammar.vocabulary,
        n_inputs=grammar.n_inputs,
        units=(settings.sizes.melody_units, settings.sizes.rhythm_units),
        weights_sha256="",
        corpus=description.corpus,
        training={"seed": seed, "steps": best.step, **asdict(settings)},
        scores={
            "valid_nats_per_note": round(best.nats, 4),
            "valid_rhythm": round(best.rhythm, 4),
            "valid_pitch": round(best.pitch, 4),
            "valid_length": round(best.length, 4),
            "valid_loudness": round(best.loudness, 4),
            "history": [
                {"step": s.step, "train": round(s.train_nats, 4), "valid": round(s.nats, 4)}
                for s in fitted.history
            ],
        },
        licence=description.licence,
        attribution=description.attribution,
        extra={
            "labels": labels.as_json(),
            "block_starts": grammar.block_starts(),
            "sampling": description.sampling,
        },
    )
    return save_model(folder, build_model(fitted.layers, labels.size), card)
