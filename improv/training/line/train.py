"""From transcriptions to a model folder of grammar "line".

Input -> output:  Transcriptions, split  ->  models/<name>/{cell.keras, model.json, README.md}

A run keeps a checkpoint beside the folder it makes; started again with the same solos and settings it
continues."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.cell.card import ModelCard
from improv.cell.load import WEIGHTS_NAME, Model, load_model
from improv.cell.save import Finish, save_model
from improv.errors import CorpusError, ModelError
from improv.grammar.base import fingerprint_of
from improv.grammar.line.encode import EncodedLine, encode
from improv.grammar.line.grammar import LineGrammar
from improv.grammar.line.labels import Labels
from improv.keras_backend import tensorflow_and_keras
from improv.music.transcription import Transcription
from improv.processes import in_order, side_by_side
from improv.training.line.fit import FitSettings, Fitted, Score, fit
from improv.training.line.network import Sizes, build_model
from improv.training.line.table import LineTable, build_table

_FEWEST_SIDE_BY_SIDE = 8
"""With fewer solos, encoding here takes less time than starting a process."""


@dataclass(frozen=True)
class Description:
    """The texts of a model card."""

    name: str
    corpus: dict[str, Any]
    licence: str
    attribution: str
    sampling: dict[str, float]
    how: dict[str, Any] = field(default_factory=dict)
    """What `training` says before the settings: the command, ..."""


@dataclass(frozen=True)
class Base:
    """A model to go on from: its weights in the order in which they are trained."""

    model: Model
    weights: list[NDArray[np.float32]]
    labels: Labels
    sizes: Sizes


@dataclass(frozen=True)
class Trained:
    """The result of a run."""

    card: ModelCard
    history: tuple[Score, ...]
    best: Score


def encode_all(
    solos: Sequence[Transcription], progress: Callable[[int], None] | None = None
) -> list[EncodedLine]:
    """Encode on all cores, in order; `progress` is told how many are done."""
    died = CorpusError(
        "A process that encoded solos died (out of memory?); try again with fewer programs running."
    )
    lines = side_by_side(
        _encode,
        None,
        solos,
        size=lambda solo: len(solo.notes),
        died=died,
        workers=None if len(solos) >= _FEWEST_SIDE_BY_SIDE else 1,
    )
    return in_order(lines, progress)


def _encode(known: None, solo: Transcription) -> EncodedLine:
    return encode(solo)


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
    begin: Base | None = None,
    encoding: Callable[[int], None] | None = None,
    progress: Callable[[int, float, Score | None], None] | None = None,
    finish: Callable[[Path, ModelCard, Fitted], ModelCard] | None = None,
) -> Trained:
    """Train a cell and write its folder, whole or not at all.

    `begin` is a model to go on from (`base_of`; fine-tuning): its sizes and its names of players stay, so
    solos by others count as nobody's in particular. `finish` is what `save_model` is told. The folder beside
    which the checkpoint lies must be there. Raises CorpusError, OutputFileError."""
    settings = settings or FitSettings()
    weights, labels = None, Labels.of(train)
    if begin is not None:
        weights, labels = begin.weights, begin.labels
        settings = replace(settings, sizes=begin.sizes)
    table = table_of([*train, *valid], labels, encoding)
    n = len(train)
    checkpoint = checkpoint_of(folder)
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

    def finished(temporary: Path, card: ModelCard) -> ModelCard:
        return finish(temporary, card, fitted) if finish is not None else card

    card = save_line(folder, fitted, labels, description, seed, settings, finished)
    checkpoint.unlink(missing_ok=True)
    return Trained(card, fitted.history, fitted.best)


def checkpoint_of(folder: Path) -> Path:
    """The checkpoint of the run that makes this folder."""
    return folder.with_name(folder.name + ".checkpoint")


def base_of(folder: Path) -> Base:
    """The model in a folder, to continue from. Raises ModelError if its grammar is another one."""
    from improv.soloist.make import grammar_of

    model = load_model(folder)
    if model.card.grammar_name != LineGrammar.name:
        raise ModelError(
            f"The model {str(folder)!r} speaks grammar {model.card.grammar_name!r}, which cannot be trained"
            f" further on solos: expected one of grammar {LineGrammar.name!r}."
        )
    grammar_of(model)
    cell = model.pair_cell
    labels = Labels.from_json(model.card.extra.get("labels", {}), repr(str(folder)))
    weights = _weights_in(folder / WEIGHTS_NAME)
    return Base(model, weights, labels, Sizes(*cell.units, weights[0].shape[1]))


def _weights_in(path: Path) -> list[NDArray[np.float32]]:
    """The arrays of a Keras file that was loaded before, layer by layer; nothing in it is run."""
    import h5py

    with zipfile.ZipFile(path) as archive:
        content = archive.read("model.weights.h5")
    with h5py.File(io.BytesIO(content), "r") as file:
        groups = {str(group["vars"].attrs.get("name")): group for group in file["layers"].values()}
        found = []
        for name in LAYERS:
            group = groups[name]
            arrays = group["cell/vars"] if "cell" in group else group["vars"]
            found += [np.asarray(arrays[str(n)][()], np.float32) for n in range(len(arrays))]
    return found


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
    finish: Finish | None = None,
) -> ModelCard:
    """Write the model folder; the card with the weights' sha256."""
    grammar = LineGrammar()
    best = fitted.best
    tf, keras = tensorflow_and_keras()
    model = build_model(fitted.layers, labels.size)
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
        training={
            **description.how,
            "seed": seed,
            "parameters": int(model.count_params()),
            "best_step": best.step,
            **asdict(settings),
            "tensorflow": str(tf.__version__),
            "keras": str(keras.__version__),
            "numpy": str(np.__version__),
        },
        scores={
            "valid_nats_per_note": round(best.nats, 4),
            "valid_rhythm": round(best.rhythm, 4),
            "valid_pitch": round(best.pitch, 4),
            "valid_length": round(best.length, 4),
            "valid_loudness": round(best.loudness, 4),
            "history": [
                {
                    "step": s.step,
                    "train": None if isnan(s.train_nats) else round(s.train_nats, 4),
                    "valid": round(s.nats, 4),
                }
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
    return save_model(folder, model, card, finish)
