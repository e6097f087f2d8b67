"""From pairs of solos to rows: the excerpts of both, their features and log-likelihood ratios, their tunes.

The ratios of a row of `train` come from n-grams that were learned without its tune (in folds), for those that
were learned with it know it by heart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.features.notes import Floats, Notes, notes_of
from improv.features.ratios import STREAMS, Ratios
from improv.features.table import FAMILIES, family_of, feature_rows
from improv.music.transcription import Transcription

EXCERPT_BARS = 8
FEWEST_NOTES = 8
"""An excerpt with fewer says next to nothing."""
RATIO_FAMILY = {
    "rhythm": "n-grams of rhythm",
    "rhythm in the bar": "n-grams of rhythm",
    "intervals": "n-grams of melody",
    "intervals in rhythm": "n-grams of melody",
    "degrees": "n-grams of melody",
    "durations": "durations",
}
"""Stream -> the family its ratio counts with."""
COLUMNS: tuple[tuple[str, str], ...] = (
    *family_of(FAMILIES),
    *((RATIO_FAMILY[name], f"log ratio: {name}") for name in STREAMS),
)
"""(family, feature) of each column."""
FAMILY_NAMES: tuple[str, ...] = tuple(dict.fromkeys(family for family, _ in COLUMNS))

Pair = tuple[Transcription, Transcription]
"""What a human played, and the machine over the same chart."""


@dataclass(frozen=True)
class Rows:
    """A row a stretch: `notes`; `people` (rows,) whether a human played it; `tune` (rows,) the number of
    its tune, `solo` (rows,) that of its solo, one for each of a pair; `values` (rows, COLUMNS)."""

    notes: list[Notes]
    people: NDArray[np.bool_]
    tune: NDArray[np.int64]
    solo: NDArray[np.int64]
    values: Floats


def excerpts_of(notes: Notes) -> list[Notes]:
    """Every EXCERPT_BARS bars from the bar of the first note to that of the last, without what is left over.

    A solo that is shorter is one excerpt. What has too few notes is left out.
    """
    if not len(notes):
        return []
    span = EXCERPT_BARS * notes.bar_steps
    first = int(notes.onset[0]) // notes.bar_steps * notes.bar_steps
    last = int(notes.onset[-1]) // notes.bar_steps * notes.bar_steps + notes.bar_steps
    starts = range(first, max(last - span, first) + 1, span)
    parts = (notes.within(start, start + span) for start in starts)
    return [part for part in parts if len(part) >= FEWEST_NOTES]


def tunes_of(pairs: Sequence[Pair]) -> NDArray[np.int64]:
    """The number of each pair's tune; solos without a title are a tune each."""
    numbers: dict[str, int] = {}
    return np.array(
        [numbers.setdefault(human.title or f"\0{human.id}", len(numbers)) for human, _ in pairs],
        np.int64,
    )


def rows_of(
    pairs: Sequence[Pair],
    ratios_for: Callable[[int], Ratios],
    *,
    cut: Callable[[Notes], list[Notes]] = excerpts_of,
) -> Rows:
    """The rows of both halves of all pairs; `ratios_for` has the n-grams for the tune of this number."""
    notes: list[Notes] = []
    people: list[bool] = []
    tune: list[int] = []
    solo: list[int] = []
    logs: list[list[float]] = []
    for number, (pair, of_tune) in enumerate(zip(pairs, tunes_of(pairs).tolist(), strict=True)):
        ratios = ratios_for(of_tune)
        for human, line in zip((True, False), pair, strict=True):
            for part in cut(notes_of(line)):
                notes.append(part)
                people.append(human)
                tune.append(of_tune)
                solo.append(number)
                logs.append([float(each.mean()) for each in ratios.of(part).values()])
    values = np.concatenate([feature_rows(notes), np.array(logs).reshape(len(notes), -1)], axis=1)
    return Rows(notes, np.array(people), np.array(tune), np.array(solo), values)


def ratios_without(pairs: Sequence[Pair], folds: int = 5) -> Callable[[int], Ratios]:
    """For each tune n-grams of all pairs but those of its fold."""
    tunes = tunes_of(pairs)
    lines = [(notes_of(human), notes_of(machine)) for human, machine in pairs]
    learned = [
        _learned(line for line, tune in zip(lines, tunes, strict=True) if tune % folds != fold)
        for fold in range(folds)
    ]
    return lambda tune: learned[tune % folds]


def ratios_with(pairs: Sequence[Pair]) -> Ratios:
    """N-grams of all pairs."""
    return _learned((notes_of(human), notes_of(machine)) for human, machine in pairs)


def _learned(lines: Iterable[tuple[Notes, Notes]]) -> Ratios:
    people, machine = zip(*lines, strict=True)
    return Ratios.learned(people, machine)
