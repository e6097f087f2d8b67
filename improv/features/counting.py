"""Small sums that several families of features share. What there is nothing to count in is NaN."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from improv.features.notes import Floats, Integers

NOTHING = float("nan")


def share(which: NDArray[np.bool_]) -> float:
    """How many of them, 0 to 1."""
    return float(np.count_nonzero(which)) / len(which) if len(which) else NOTHING


def mean(values: NDArray) -> float:
    """The mean."""
    return float(values.sum()) / len(values) if len(values) else NOTHING


def deviation(values: NDArray) -> float:
    """The standard deviation."""
    return float(np.asarray(values, np.float64).std()) if len(values) else NOTHING


def median(values: NDArray) -> float:
    """The median."""
    return float(np.median(values)) if len(values) else NOTHING


def largest(values: NDArray) -> float:
    """The largest."""
    return float(values.max()) if len(values) else NOTHING


def entropy(symbols: Integers) -> float:
    """Bits a symbol, as often as each comes."""
    if not len(symbols):
        return NOTHING
    counts = np.unique(symbols, return_counts=True)[1] / len(symbols)
    return float(-(counts * np.log2(counts)).sum())


def runs(same: NDArray[np.bool_]) -> Integers:
    """Lengths of the runs of True, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    return np.asarray(edges[1::2] - edges[::2], np.int64)


def grams(columns: list[Integers], size: int) -> Integers:
    """(n - size + 1,) a hash of 64 bits for each `size` successive rows of `columns`, (n,) each: equal where
    the rows are."""
    rows = len(columns[0]) - size + 1
    if rows <= 0:
        return np.zeros(0, np.int64)
    found = np.zeros(rows, np.uint64)
    for at in range(size):
        for column in columns:
            found = found * np.uint64(0x9E3779B97F4A7C15) + (column[at : at + rows] + 1024).astype(
                np.uint64
            )
            found ^= found >> np.uint64(29)
    return found.astype(np.int64)


def again(symbols: Integers) -> NDArray[np.bool_]:
    """(n,) whether the same stood somewhere before."""
    fresh = np.zeros(len(symbols), bool)
    fresh[np.unique(symbols, return_index=True)[1]] = True
    return ~fresh


def autocorrelation(values: Floats) -> float:
    """Of neighbours; 0 where nothing varies."""
    if len(values) < 3:
        return NOTHING
    centred = values - values.mean()
    power = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / power if power > 1e-12 else 0.0
