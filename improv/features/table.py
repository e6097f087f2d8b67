"""Every feature there is, by family, and all of them of a stretch of a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from improv.features.durations import durations
from improv.features.harmony import harmony
from improv.features.melody import melody
from improv.features.notes import Floats, Notes
from improv.features.phrases import phrases
from improv.features.repetition import repetition
from improv.features.rhythm import rhythm

FAMILIES: dict[str, Callable[[Notes], dict[str, float]]] = {
    "rhythm": rhythm,
    "durations": durations,
    "phrases": phrases,
    "melody": melody,
    "repetition": repetition,
    "harmony": harmony,
}
"""Family -> what works out its features; a name that is missing in an answer could not be counted."""


def _names() -> dict[str, tuple[str, ...]]:
    """The names of each family, from a line that has everything."""
    steps = np.arange(0, 60 * 6, 6)
    steps[30:] += 24
    degree = steps % 12
    some = Notes(steps, steps + 3, 60 + steps // 6 % 7, degree, steps // 6 % 4)
    return {family: tuple(count(some)) for family, count in FAMILIES.items()}


NAMES: dict[str, tuple[str, ...]] = _names()
"""Family -> its features, in order."""


def features(notes: Notes, families: Iterable[str] = FAMILIES) -> Floats:
    """(features,) of a stretch of a line, in the order of NAMES; NaN where there is nothing to count."""
    found: list[float] = []
    for family in families:
        counted = FAMILIES[family](notes)
        found += [counted.get(name, np.nan) for name in NAMES[family]]
    return np.array(found)


def feature_rows(stretches: Sequence[Notes], families: Iterable[str] = FAMILIES) -> Floats:
    """(stretches, features)."""
    chosen = tuple(families)
    width = sum(len(NAMES[family]) for family in chosen)
    rows = [features(notes, chosen) for notes in stretches]
    return np.stack(rows) if rows else np.zeros((0, width))


def family_of(columns: Iterable[str] = FAMILIES) -> list[tuple[str, str]]:
    """(family, name) of each column of `feature_rows`."""
    return [(family, name) for family in columns for name in NAMES[family]]
