"""Train a cell on solos: files in, a model folder out. The whole offline road in one function.

Input -> output:  MIDI files  ->  Solos  ->  tokens  ->  Keras model  ->  models/<name>/

One bad file is left out, and said so in the report and in the model's card; no good file is an
error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from improv import resources
from improv.cell.card import ModelCard
from improv.cell.save import save_model
from improv.corpus.midi import read_solo
from improv.course.build import Progress
from improv.errors import CorpusError, ImprovError, InputFileError
from improv.files import exists
from improv.grammar.base import fingerprint_of
from improv.grammar.changes import ChangesGrammar, EncodedSolo
from improv.keras_backend import tensorflow_and_keras
from improv.music.solo import Solo
from improv.training.dataset import EncodedSequence, check_size
from improv.training.fit import EpochScore, FitResult, FitSettings, fit

SUFFIXES = (".mid", ".midi")
DEFAULT_SEED = 1
BUILT_IN_NAME = "etudes"


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class TrainReport:
    """What a training came to."""

    out: Path
    card: ModelCard
    history: tuple[EpochScore, ...]
    best: EpochScore
    files: int
    skipped: tuple[Skipped, ...]


@dataclass
class _Corpus:
    """The files that were read, and what became of each."""

    paths: list[Path] = field(default_factory=list)
    solos: list[Solo] = field(default_factory=list)
    encoded: list[EncodedSolo] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def midi_files(paths: Sequence[Path]) -> list[Path]:
    """The files named, and the MIDI files in the folders named and below, each once.

    Raises InputFileError for a path that is not there, CorpusError where there is no file at all.
    """
    found: dict[Path, Path] = {}
    for path in map(Path, paths):
        if exists(path) and path.is_dir():
            inside = (p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            chosen = sorted(inside)
        elif exists(path):
            chosen = [path]
        else:
            raise InputFileError(
                f"There is no file or folder {str(path)!r}; expected MIDI files to train on."
            )
        for each in chosen:
            found.setdefault(each.resolve(), each)
    if not found:
        names = ", ".join(repr(str(path)) for path in paths) or "nothing"
        raise CorpusError(f"There is no MIDI file (*.mid, *.midi) in {names} to train on.")
    return list(found.values())


def train_solos(
    paths: Sequence[Path],
    out: Path,
    *,
    name: str = "",
    seed: int = DEFAULT_SEED,
    units: Sequence[int] | None = None,
    epochs: int | None = None,
    window: int | None = None,
    settings: FitSettings | None = None,
    licence: str = "that of the training files",
    attribution: str = "",
    progress: Callable[[Progress], None] | None = None,
) -> TrainReport:
    """Train a cell on the solos in `paths` (files, and folders of files) and save it in `out`.

    `units`, `epochs` and `window`, where given, replace those of `settings`. The same files, seed
    and settings give the same bytes. Raises InputFileError for a path that is not there,
    CorpusError where nothing or too little can be trained on, OutputFileError, MissingError.
    """
    settings = _settings(settings or FitSettings(), units, epochs, window)
    corpus = _read(midi_files(paths))
    grammar = ChangesGrammar.from_solos(corpus.solos)
    corpus.encoded = [grammar.encode(solo) for solo in corpus.solos]
    sequences = [EncodedSequence(each.inputs, each.tokens) for each in corpus.encoded]
    check_size(sequences, settings.window)
    result = fit(
        sequences,
        n_inputs=grammar.n_inputs,
        n_outputs=len(grammar.vocabulary),
        seed=seed,
        settings=settings,
        progress=progress,
    )
    out = Path(out)
    card = ModelCard(
        name=name or out.name,
        grammar_name=grammar.name,
        grammar_version=grammar.version,
        grammar_fingerprint=fingerprint_of(grammar),
        vocabulary=grammar.vocabulary,
        n_inputs=grammar.n_inputs,
        units=settings.units,
        weights_sha256="",
        corpus=_manifest(corpus, result),
        training=_how(settings, seed),
        scores=_scores(result),
        licence=licence,
        attribution=attribution or "Trained on the files listed above; credit their authors.",
    )
    card = save_model(out, result.model, card)
    return TrainReport(
        out, card, result.history, result.best, len(corpus.paths), tuple(corpus.skipped)
    )


def train_builtin(
    out: Path,
    *,
    seed: int = DEFAULT_SEED,
    progress: Callable[[Progress], None] | None = None,
) -> TrainReport:
    """Train the cell that is shipped, from the built-in corpus, with the defaults."""
    return train_solos(
        [resources.data_dir()],
        out,
        name=BUILT_IN_NAME,
        seed=seed,
        licence="CC0-1.0",
        attribution="Trained on the études that come with jazz-improv, original music placed in the"
        " public domain (CC0); no credit is needed.",
        progress=progress,
    )


def sha256_of(path: Path) -> str:
    """The sha256 of a file, as the card lists it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _settings(
    settings: FitSettings,
    units: Sequence[int] | None,
    epochs: int | None,
    window: int | None,
) -> FitSettings:
    changed: dict[str, Any] = {"units": tuple(units)} if units is not None else {}
    if epochs is not None:
        changed["epochs"] = epochs
    if window is not None:
        changed["window"] = window
    return FitSettings(**{**vars(settings), **changed})


def _read(paths: Sequence[Path]) -> _Corpus:
    corpus = _Corpus()
    for path in paths:
        try:
            solo = read_solo(path)
        except ImprovError as error:
            corpus.skipped.append(Skipped(path, str(error)))
            continue
        if not solo.notes:
            corpus.skipped.append(Skipped(path, f"{str(path)!r} has no melody."))
            continue
        corpus.paths.append(path)
        corpus.solos.append(solo)
    if not corpus.paths:
        first = corpus.skipped[0]
        raise CorpusError(
            f"None of the {len(corpus.skipped)} MIDI files can be trained on; the first:"
            f" {first.reason}"
        )
    return corpus


def _manifest(corpus: _Corpus, result: FitResult) -> dict[str, Any]:
    """What the cell was trained on: totals, then every file with its hash and what was left out."""
    files = [
        {
            "file": path.name,
            "sha256": sha256_of(path),
            "notes": len(solo.notes),
            "tokens": len(encoded.tokens),
            "notes_dropped": encoded.dropped,
            "notes_folded": encoded.folded,
            "notes_shortened": encoded.shortened,
            "held_out": number in result.held_out,
        }
        for number, (path, solo, encoded) in enumerate(
            zip(corpus.paths, corpus.solos, corpus.encoded, strict=True)
        )
    ]
    return {
        "solos": len(files),
        "notes": sum(len(solo.notes) for solo in corpus.solos),
        "tokens": result.train_tokens + result.valid_tokens,
        "tokens_held_out": result.valid_tokens,
        "solos_held_out": len(result.held_out),
        "notes_dropped": sum(each.dropped for each in corpus.encoded),
        "notes_folded_to_another_octave": sum(each.folded for each in corpus.encoded),
        "notes_shortened": sum(each.shortened for each in corpus.encoded),
        "files": files,
        "skipped": [
            # Without the folder: the card is the same wherever the files lay.
            {"file": left.path.name, "reason": left.reason.replace(str(left.path), left.path.name)}
            for left in corpus.skipped
        ],
    }


def _how(settings: FitSettings, seed: int) -> dict[str, Any]:
    tf, keras = tensorflow_and_keras()
    return {
        "command": "jazz-improv train",
        "seed": seed,
        **{
            key: list(value) if isinstance(value, tuple) else value
            for key, value in vars(settings).items()
        },
        "tensorflow": str(tf.__version__),
        "keras": str(keras.__version__),
        "numpy": str(np.__version__),
    }


def _scores(result: FitResult) -> dict[str, Any]:
    scores: dict[str, Any] = {
        "best_epoch": result.best.epoch,
        "train_nats_per_token": round(result.best.train_nats, 6),
    }
    if result.best.valid_nats is not None:
        scores["valid_nats_per_token"] = round(result.best.valid_nats, 6)
    return scores
