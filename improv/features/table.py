"""Every feature there is, by family, and all of them of a stretch of a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from improv.features.durations import durations
from improv.features.harmony import harmony
from improv.features.lines import Lines
from improv.features.melody import melody
from improv.features.notes import Floats, Notes
from improv.features.phrases import phrases
from improv.features.repetition import repetition
from improv.features.rhythm import rhythm

FAMILIES: dict[str, Callable[[Lines], dict[str, Floats]]] = {
    "rhythm": rhythm,
    "durations": durations,
    "phrases": phrases,
    "melody": melody,
    "repetition": repetition,
    "harmony": harmony,
}
"""Family -> what works out its features, (lines,) each; NaN where there is nothing to count."""


_AT_ONCE = 64
"""Stretches that are counted in together: more would no longer fit where they are read fast."""


def _names() -> dict[str, tuple[str, ...]]:
    """The names of each family, from a line that has everything."""
    steps = np.arange(0, 60 * 6, 6)
    steps[30:] += 24
    degree = steps % 12
    some = Notes(steps, steps + 3, 60 + steps // 6 % 7, degree, steps // 6 % 4)
    return {family: tuple(count(Lines([some]))) for family, count in FAMILIES.items()}


NAMES: dict[str, tuple[str, ...]] = _names()
"""Family -> its features, in order."""


def feature_rows(stretches: Sequence[Notes], families: Iterable[str] = FAMILIES) -> Floats:
    """(stretches, features) in the order of NAMES; NaN where there is nothing to count.

    Many at once cost little more than one.
    """
    chosen = tuple(families)
    found = np.zeros((len(stretches), sum(len(NAMES[family]) for family in chosen)))
    for first in range(0, len(stretches), _AT_ONCE):
        lines = Lines(stretches[first : first + _AT_ONCE])
        columns = [value for family in chosen for value in FAMILIES[family](lines).values()]
        np.stack(columns, axis=1, out=found[first : first + _AT_ONCE])
    return found


def family_of(columns: Iterable[str] = FAMILIES) -> list[tuple[str, str]]:
    """(family, name) of each column of `feature_rows`."""
    return [(family, name) for family in columns for name in NAMES[family]]
