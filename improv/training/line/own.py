"""From a user's own files to a cell: all of `jazz-improv train PATHS`.

    PATHS ── corpus.read ──> solos ── enough? split by tune ──> learned from, held out
                                                     │ Markov baseline: the line to beat
    --from NAME ── base_of ──────────────────────────┤
                                                     ▼ train_line (checkpoint beside the folder)
                 cell.keras, model.json ── compare ──> README.md, quotes.bin, feel.json, curves.png, rolls.png

The folder is written whole or not at all. The same files, options and seed give the same cell.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from improv import files
from improv.cell.card import ModelCard
from improv.corpus.build import Corpus, read_corpus
from improv.corpus.clean import content_hash
from improv.corpus.reading import DUPLICATE, Dropped
from improv.corpus.sources import NOT_STATED
from improv.errors import CorpusError, InputFileError, MissingError
from improv.feel.model import FILE_NAME as FEEL_NAME
from improv.grammar.line.habits import FILE_NAME as HABITS_NAME
from improv.music.transcription import Transcription
from improv.originality.index import INDEX_NAME, QuoteIndex, build_index, load_index
from improv.soloist.leaning import LEANINGS_NAME
from improv.soloist.rehearsal import JUDGE_NAME
from improv.training.line.card_file import CardFile
from improv.training.line.compare import CHORUSES, Comparison, compare_models
from improv.training.line.curves import draw_curves
from improv.training.line.fit import Fitted, Score
from improv.training.line.settings import settings_for
from improv.training.line.solos import (
    bars_of,
    check_enough,
    is_one_tune,
    sha256_of,
    split_by_tune,
    split_in_tune,
    without_tunes_of,
)
from improv.training.line.train import Base, Description, base_of, train_line
from improv.training.line.watching import Watcher

CURVES_NAME, ROLLS_NAME = "curves.png", "rolls.png"
DEFAULT_SEED = 1
BUILT_IN_CARD = "etudes.card.json"
"""In the folder of the shipped cells: what the card of the built-in corpus' cell says of its corpus."""
BUILT_IN_UNITS = (96, 48)
"""The built-in corpus is small and regular: a larger cell learns no more from it (docs/training-log.md)."""
OWN_LICENCE = "yours; check the rights of what you trained on"
_ROLLS = 5


@dataclass(frozen=True)
class Request:
    """What to train on, what to start from, and how; None: as usual."""

    paths: Sequence[Path]
    target: Path
    name: str
    valid: Path | None = None
    base: Path | None = None
    melody: str = ""
    steps: int | None = None
    units: tuple[int, int] | None = None
    seed: int = DEFAULT_SEED
    card: CardFile | None = None
    choruses: int = CHORUSES
    workers: int | None = None
    """Processes that measure; training has its own threads."""


@dataclass(frozen=True)
class Outcome:
    """What a training came to."""

    card: ModelCard
    comparison: Comparison
    choruses: int
    learned: int
    """Solos."""
    held_out: int
    left_out: tuple[Dropped, ...]

    @property
    def kept_base(self) -> bool:
        """Whether no step was better than the cell it started from."""
        return int(self.card.training["best_step"]) == 0


@dataclass(frozen=True)
class _Parts:
    """The solos in two parts, and where they are from."""

    corpus: Corpus
    train: list[Transcription]
    valid: list[Transcription]
    choruses: int
    dropped: tuple[Dropped, ...]


def train_on(request: Request, watcher: Watcher | None = None) -> Outcome:
    """Read, train, measure and write `request.target`.

    Raises InputFileError for a path that is not there, CorpusError where the solos are too few or cannot be
    split, ModelError for a base that is none, OutputFileError, MissingError.
    """
    watcher = watcher or Watcher()
    base = base_of(request.base) if request.base is not None else None
    parts = _parts(request, watcher)
    watcher.stage("Learning the Markov baseline", 0)
    from improv.evaluation.baselines.markov import markov_line

    markov = markov_line(parts.train, parts.valid)
    notes = sum(len(solo.notes) for solo in parts.train)
    settings = settings_for(notes, base is not None, request.units, request.steps)
    try:
        request.target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.explain(request.target, error) from error
    watcher.stage("Encoding", len(parts.train) + len(parts.valid))
    lined = False

    def step(number: int, loss: float, score: Score | None) -> None:
        nonlocal lined
        if not lined:
            watcher.lines(markov, settings.steps)
            lined = True
        watcher.step(number, loss, score)

    found: list[Comparison] = []

    def finish(folder: Path, card: ModelCard, fitted: Fitted) -> ModelCard:
        index = _index(parts.train, base, watcher)
        index.save(folder / INDEX_NAME)
        _copy_feel(folder, base, watcher)
        for name in (HABITS_NAME, LEANINGS_NAME, JUDGE_NAME):
            if base is not None and (base.model.path / name).is_file():
                shutil.copyfile(base.model.path / name, folder / name)
        watcher.stage("Comparing", 0)
        comparison = compare_models(
            folder,
            card.name,
            parts.valid,
            markov,
            base=base.model if base is not None else None,
            index=index,
            choruses=request.choruses,
            seed=request.seed,
            workers=request.workers,
        )
        found.append(comparison)
        _draw(folder, card.name, fitted, comparison, parts.valid, watcher)
        return replace(card, scores={**card.scores, **comparison.scores()})

    trained = train_line(
        parts.train,
        parts.valid,
        request.target,
        _description(request, parts, base),
        seed=request.seed,
        settings=settings,
        begin=base,
        encoding=watcher.reach,
        progress=step,
        finish=finish,
    )
    return Outcome(
        trained.card,
        found[0],
        parts.choruses,
        len(parts.train),
        len(parts.valid),
        parts.dropped,
    )


# -- the solos


def _parts(request: Request, watcher: Watcher) -> _Parts:
    corpus = _read(request.paths, request, watcher)
    dropped = [each for each in corpus.dropped if each.reason != DUPLICATE]
    train = corpus.solos
    valid: list[Transcription] = []
    if request.valid is not None:
        held = _read([request.valid], request, watcher)
        valid = held.solos
        dropped += [each for each in held.dropped if each.reason != DUPLICATE]
        train, same = without_tunes_of(train, valid)
        known = {content_hash(solo) for solo in valid}
        same += [solo for solo in train if content_hash(solo) in known]
        train = [solo for solo in train if content_hash(solo) not in known]
        dropped += [
            Dropped(s.id, DUPLICATE, f"{s.id}: its tune {s.title!r} is among the held-out solos.")
            for s in same
        ]
    for solos, where in ((corpus.solos, request.paths), (train or valid, [request.valid])):
        if not solos and where:
            names = ", ".join(repr(str(path)) for path in where)
            watcher.leave_out(dropped)
            why = f": {len(dropped)} left out, each for its reason" if dropped else ""
            raise CorpusError(f"There is no solo to train on in {names}{why}.")
    choruses = check_enough(train)
    if request.valid is None and is_one_tune(train):
        title = train[0].title
        train, valid = split_in_tune(train)
        watcher.say(
            f"All solos are over one tune ({title!r}), so its end is held out, which makes the cell seem "
            "better than it is. For a fair figure name solos over another tune with --valid."
        )
    elif request.valid is None:
        train, valid = split_by_tune(train)
    watcher.leave_out(dropped)
    return _Parts(corpus, train, valid, choruses, tuple(dropped))


def check_there(path: Path) -> None:
    """Raise InputFileError where there is nothing of this name."""
    if not files.exists(path):
        raise InputFileError(
            f"There is no file or folder {str(path)!r}; expected solos to train on."
        )


def _read(paths: Sequence[Path], request: Request, watcher: Watcher) -> Corpus:
    for path in paths:
        check_there(path)
    watcher.stage("Reading", 1000)
    return read_corpus(
        paths,
        melody=request.melody,
        jobs=request.workers,
        progress=lambda done, of: watcher.reach(1000 * done // max(of, 1)),
        without=request.target,
    )


# -- what is written beside the weights


def _index(train: Sequence[Transcription], base: Base | None, watcher: Watcher) -> QuoteIndex:
    """An index of everything the cell has learned from, its base's solos included."""
    before = None
    if base is not None:
        path = base.model.path / INDEX_NAME
        if path.is_file():
            before = load_index(path)
        else:
            watcher.say(
                f"the base {base.model.card.name!r} has no {INDEX_NAME}: quotes of what it learned from will"
                " not be noticed."
            )
    return build_index(train, onto=before)


def _copy_feel(folder: Path, base: Base | None, watcher: Watcher) -> None:
    if base is not None and (base.model.path / FEEL_NAME).is_file():
        shutil.copyfile(base.model.path / FEEL_NAME, folder / FEEL_NAME)
        return
    watcher.say(
        "the cell has no feel of its own (feel.json): solos on the grid do not tell when exactly notes are"
        " played; it swings with the band."
    )


def _draw(
    folder: Path,
    name: str,
    fitted: Fitted,
    comparison: Comparison,
    valid: Sequence[Transcription],
    watcher: Watcher,
) -> None:
    from improv.evaluation.rolls import draw_pairs, pairs

    try:
        draw_curves(
            fitted.history, folder / CURVES_NAME, name, comparison.markov, comparison.base_name
        )
        draw_pairs(pairs(valid, comparison.played, _ROLLS), folder / ROLLS_NAME)
    except MissingError:
        watcher.say(
            f"{CURVES_NAME} and {ROLLS_NAME} are not drawn: they need matplotlib, `pip install"
            " 'jazz-improv[plot]'`."
        )
    except CorpusError as error:  # no chord in the held-out solos
        watcher.say(f"{ROLLS_NAME} is not drawn: {error}")


# -- what the card says


def _description(request: Request, parts: _Parts, base: Base | None) -> Description:
    card = request.card or CardFile()
    licence = card.licence or OWN_LICENCE
    attribution = (
        card.attribution or "Trained on the solos listed in model.json; credit their players."
    )
    sampling = dict(card.sampling)
    if base is not None:
        theirs = base.model.card
        licence = (
            f"{licence}; and, as it began as {theirs.name!r}: {theirs.licence or 'not stated'}"
        )
        attribution = f"{attribution}\n\nThe base {theirs.name!r}: {theirs.attribution}".rstrip(
            " :"
        )
        sampling = {**theirs.extra.get("sampling", {}), **sampling}
    command = ["jazz-improv train", *(path.name or str(path) for path in request.paths)]
    if request.valid is not None:
        command.append(f"--valid {request.valid.name}")
    if base is not None:
        command.append(f"--from {base.model.card.name}")
    return Description(
        name=request.name,
        corpus=_corpus(parts, card, base, request.valid is not None),
        licence=licence,
        attribution=attribution,
        sampling=sampling,
        how={"command": " ".join(command)},
    )


def _held_out(parts: _Parts, given: bool) -> str:
    if given:
        return "named with --valid"
    if is_one_tune([*parts.train, *parts.valid]):
        return "the end of the only tune, about 15 % of the bars"
    return "by tune, about 15 % of the bars"


def _corpus(parts: _Parts, card: CardFile, base: Base | None, given: bool) -> dict[str, Any]:
    train, valid = parts.train, parts.valid
    reasons = Counter(each.reason for each in parts.dropped)
    about: dict[str, Any] = {"description": card.corpus} if card.corpus else {}
    return {
        **about,
        "solos": len(train),
        "tunes": len({solo.title for solo in train}),
        "players": len({solo.performer for solo in train if solo.performer}),
        "choruses": parts.choruses,
        "bars": sum(map(bars_of, train)),
        "notes": sum(len(solo.notes) for solo in train),
        "held_out_solos": len(valid),
        "held_out_notes": sum(len(solo.notes) for solo in valid),
        "held_out": _held_out(parts, given),
        "left_out": ", ".join(f"{n} {reason}" for reason, n in sorted(reasons.items()))
        or "nothing",
        "train_sha256": sha256_of(train),
        "valid_sha256": sha256_of(valid),
        "sources": [
            {
                "name": source.path.name or str(source.path),
                "licence": source.licence if source.licence != NOT_STATED else "",
                "sha256": sha256,
            }
            for source, sha256 in zip(parts.corpus.sources, parts.corpus.hashes, strict=True)
        ],
        "files": [
            {
                "id": solo.id,
                "title": solo.title,
                "performer": solo.performer,
                "notes": len(solo.notes),
                "sha256": content_hash(solo),
                "held_out": held,
            }
            for solos, held in ((train, False), (valid, True))
            for solo in solos
        ],
        **(
            {
                "base": base.model.card.name,
                "base_sha256": base.model.card.weights_sha256,
                "base_corpus": {
                    key: value
                    for key, value in base.model.card.corpus.items()
                    if not isinstance(value, list)
                },
            }
            if base is not None
            else {}
        ),
    }
