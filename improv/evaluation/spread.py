"""From counts in solos to the figures of sets, and how much the figures of people differ.

Tallies ── stacked ──> counts (solos, measures, 2) ── figures ──> (measures,)
                                                   └─ spread ──> Spread: of single solos, of sets
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from improv.evaluation.musical_measures import MEASURES, Floats, Tally

_RESAMPLES = 2000


def figures(counts: Floats) -> Floats:
    """(measures,) figures of a set from (solos, measures, 2) counts; NaN if a measure applies to no solo."""
    total = counts.sum(axis=0)
    return divide(total[:, 0], total[:, 1])


def divide(above: Floats, below: Floats) -> Floats:
    """Divide element by element; NaN if the denominator is 0."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def stacked(tallies: Sequence[Tally]) -> Floats:
    """(solos, measures, 2) counts."""
    if not tallies:
        return np.zeros((0, len(MEASURES), 2))
    return np.stack([tally.counts for tally in tallies])


@dataclass(frozen=True)
class Spread:
    """How much the figures of human solos differ: two (measures, 2) arrays, low and high.

    `solos`: 5 to 95 % of the single solos; `sets`: 95 % of the figures of sets of `size` solos, drawn with
    replacement.
    """

    solos: Floats
    sets: Floats
    size: int
    deviation: Floats
    """(measures,) the standard deviation of the single solos' figures."""


def spread(counts: Floats, size: int, rng: np.random.Generator) -> Spread:
    """The spread of human solos, from their (solos, measures, 2) counts, for sets as large as `size`."""
    with np.errstate(all="ignore"):
        alone = divide(counts[:, :, 0], counts[:, :, 1])
        drawn = rng.integers(0, len(counts), (_RESAMPLES, size))
        sums = np.zeros((_RESAMPLES, *counts.shape[1:]))
        for column in range(size):  # not counts[drawn]: that is gigabytes for large sets
            sums += counts[drawn[:, column]]
        sets = divide(sums[:, :, 0], sums[:, :, 1])
    return Spread(
        _percentiles(alone, 5, 95), _percentiles(sets, 2.5, 97.5), size, _deviation(alone)
    )


def _percentiles(values: Floats, low: float, high: float) -> Floats:
    found = np.full((values.shape[1], 2), np.nan)
    for column in range(values.shape[1]):
        known = values[:, column][~np.isnan(values[:, column])]
        if len(known):
            found[column] = np.percentile(known, [low, high])
    return found


def _deviation(values: Floats) -> Floats:
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0).sum(axis=0) / count
    squares = np.where(known, (values - mean) ** 2, 0).sum(axis=0) / count
    return np.asarray(np.sqrt(squares))
