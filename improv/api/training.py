"""From somebody's solos to a cell; the folder it goes to is looked at before the work."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv import files, resources
from improv.api.cell import Cell, load
from improv.cell.card import MOST_CARD_BYTES
from improv.cell.load import find_model
from improv.errors import OutputFileError
from improv.keras_backend import require_tensorflow
from improv.training.line.card_file import CardFile, read_card_file
from improv.training.line.own import (
    BUILT_IN_CARD,
    BUILT_IN_UNITS,
    DEFAULT_SEED,
    Request,
    check_there,
    train_on,
)
from improv.training.line.watching import Watcher

if TYPE_CHECKING:
    from improv.corpus.reading import Dropped
    from improv.training.line.fit import Score

CELLS = Path("cells")
"""Where trained cells go unless it is said."""


def train(
    *paths: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    base: str | os.PathLike[str] | None = None,
    valid: str | os.PathLike[str] | None = None,
    name: str | None = None,
    melody: str = "",
    steps: int | None = None,
    units: tuple[int, int] | None = None,
    seed: int = DEFAULT_SEED,
    force: bool = False,
    workers: int | None = 1,
    say: Callable[[str], None] | None = None,
) -> Cell:
    """Train a cell on solos, write it to the model folder `out`, and give it back. Needs `[train]`.

    `paths` are what `improv.read_solos` reads; none: the built-in corpus. `out` is cells/NAME unless it is
    given; a model that is there already is replaced with `force`. `base` is the cell to go on from, a name or
    a folder: it keeps what it knows and learns your way from twenty choruses. `valid` are solos that are held
    out, else some tunes of `paths` are. `melody` and `workers` are those of `read_solos`. `steps` is the most
    it may take (1,000, with `base` 120; it stops sooner where more do not help), `units` the LSTM units of
    melody and rhythm (256, 128, with `base` its own). The same solos and `seed` give the same cell. `say` is
    told how it goes, a line at a time. A run that was stopped goes on when the same is asked for again.

    Raises MissingError without TensorFlow, InputFileError for a path that is not there, CorpusError where the
    solos are too few, ModelError for a base that is none, OutputFileError for a folder that must not be
    replaced, ValueError for units of a base.
    """
    require_tensorflow("improv.train")
    if base is not None and units is not None:
        raise ValueError("units are those of the base: give one of the two.")
    request = request_of(
        [Path(path) for path in paths],
        out=None if out is None else Path(out),
        base=None if base is None else os.fspath(base),
        valid=None if valid is None else Path(valid),
        name=name,
        melody=melody,
        steps=steps,
        units=units,
        seed=seed,
        workers=workers,
    )
    check_target(request.target, force)
    train_on(request, _Teller(say) if say is not None else None)
    return load(request.target.resolve())


def request_of(
    paths: Sequence[Path],
    *,
    out: Path | None,
    base: str | None,
    valid: Path | None,
    name: str | None,
    melody: str,
    steps: int | None,
    units: tuple[int, int] | None,
    seed: int,
    card: Path | None = None,
    workers: int | None = None,
) -> Request:
    """What to train on, from what and how; without `paths` the built-in corpus.

    Raises InputFileError for a path or a card that is not there, ModelError for a base that is none.
    """
    if not paths:
        paths = (resources.data_dir(),)
        card = card or resources.models_dir() / BUILT_IN_CARD
        units = units or (BUILT_IN_UNITS if base is None else None)
    for path in paths:
        check_there(path)
    said = read_card_file(card) if card is not None else CardFile()
    name = name or said.name or _name_of(paths[0])
    return Request(
        paths=paths,
        target=out or CELLS / name,
        name=name,
        valid=valid,
        base=find_model(base) if base is not None else None,
        melody=melody,
        steps=steps,
        units=units,
        seed=seed,
        card=said,
        workers=workers,
    )


def _name_of(path: Path) -> str:
    path = path.resolve()
    return path.name if path.is_dir() else path.with_suffix("").stem or "solos"


def check_target(target: Path, force: bool) -> dict[str, Any]:
    """The card of the model that will be replaced, {} for none.

    Raises OutputFileError for a folder that must not be replaced or cannot be written.
    """
    there = (target / "model.json").is_file()
    card = _card_in(target) if there else {}
    if there and not force:
        nats = held_out_nats(card)
        known = f" ({nats:.3f} nats a note on its held-out solos)" if nats else ""
        raise OutputFileError(
            f"There is a model in {str(target)!r} already{known}; choose another place, or replace it with "
            "--force (force=True)."
        )
    files.check_replaceable(target, True, "a model", lambda names: "model.json" in names)
    return card


def _card_in(target: Path) -> dict[str, Any]:
    try:
        card = json.loads(files.read_ordinary(target / "model.json", MOST_CARD_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return card if isinstance(card, dict) else {}


def held_out_nats(card: Mapping[str, Any]) -> float | None:
    """What its held-out solos cost a model, in nats a note, as its card says; None where it does not."""
    scores = card.get("scores")
    nats = scores.get("valid_nats_per_note") if isinstance(scores, dict) else None
    return float(nats) if isinstance(nats, int | float) else None


class _Teller(Watcher):
    """Says how it goes in lines."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def say(self, sentence: str) -> None:
        self._say(sentence)

    def stage(self, name: str, length: int) -> None:
        self.say(f"{name} ...")

    def leave_out(self, dropped: Sequence[Dropped]) -> None:
        for each in dropped:
            self.say(f"left out: {each.sentence}")

    def lines(self, markov: float, steps: int) -> None:
        self.say(f"the line to beat, Markov chains on the same solos: {markov:.3f} nats a note")

    def step(self, step: int, loss: float, score: Score | None) -> None:
        if score is not None:
            self.say(f"step {step}: held out {score.nats:.3f} nats a note")
