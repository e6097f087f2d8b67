"""Sums over several stretches of a line at once, which several families of features share.

Each is a row, padded to the longest: a sum that is made for one costs hardly more for sixteen. What there is
nothing to count in is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from improv.features.notes import Floats, Integers

Flags = NDArray[np.bool_]
LEAST_WIDTH = 10
"""So wide are rows at the least, so that no slice of them is empty: NumPy sorts and reduces any then."""
_LAST = np.iinfo(np.int64).max
"""Sorts after every symbol."""


def over(sums: NDArray, counts: NDArray) -> Floats:
    """sums / counts; NaN where nothing was counted."""
    parts = counts.astype(np.float64)
    parts[counts <= 0] = np.nan
    found: Floats = sums / parts
    return found


class Rows:
    """Sums over k rows of `width` values, of which the first `counts[row]` (k,) are there.

    Values may be narrower by m, as the steps between notes are by one: the first `counts[row] - m` are there
    then. `among` keeps fewer, True for each value that counts. Every answer is (k,).
    """

    def __init__(self, counts: Integers, width: int) -> None:
        self.counts, self.width = counts, width
        self._there = np.arange(width) < counts[:, None]

    def there(self, values: NDArray, among: Flags | None = None) -> Flags:
        """Which of the values are there, of the same shape."""
        there = self._there[:, self.width - values.shape[-1] :]
        return there if among is None else there & among

    def share(self, which: Flags, among: Flags | None = None) -> Floats:
        """How many of them, 0 to 1."""
        there = self.there(which, among)
        return over((which & there).sum(1), there.sum(1))

    def shares(self, table: Mapping[str, Flags], among: Flags | None = None) -> dict[str, Floats]:
        """The same for several of the same width, by name."""
        which = np.array([*table.values()])
        there = self.there(which[0], among)
        return dict(zip(table, over((which & there).sum(2), there.sum(1)), strict=True))

    def total(self, values: NDArray, among: Flags | None = None) -> NDArray:
        """The sum."""
        found: NDArray = np.where(self.there(values, among), values, 0).sum(1)
        return found

    def mean(self, values: NDArray, among: Flags | None = None) -> Floats:
        """The mean."""
        there = self.there(values, among)
        return over(np.where(there, values, 0).sum(1), there.sum(1))

    def deviation(self, values: NDArray, among: Flags | None = None) -> Floats:
        """The standard deviation."""
        there = self.there(values, among)
        counts = there.sum(1)
        off = values - over(np.where(there, values, 0).sum(1), counts)[:, None]
        return np.sqrt(over(np.where(there, off * off, 0.0).sum(1), counts))

    def median(self, values: NDArray, among: Flags | None = None) -> Floats:
        """The median."""
        there = self.there(values, among)
        rising = np.sort(np.where(there, values, np.inf), axis=1)
        counts = there.sum(1)
        middle = np.stack([np.maximum(counts - 1, 0) // 2, counts // 2], axis=1)
        return np.where(counts > 0, np.take_along_axis(rising, middle, 1).mean(1), np.nan)

    def largest(self, values: NDArray, among: Flags | None = None) -> Floats:
        """The largest."""
        there = self.there(values, among)
        found = np.where(there, values, -np.inf).max(1)
        return np.where(np.isinf(found), np.nan, found)

    def smallest(self, values: NDArray, among: Flags | None = None) -> Floats:
        """The smallest."""
        return -self.largest(-values, among)

    def _groups(self, symbols: Integers, among: Flags | None) -> tuple[Integers, Integers]:
        """(row, how often) of each symbol that comes in a row."""
        there = self.there(symbols, among)
        k, width = symbols.shape
        rising = np.sort(np.where(there, symbols, _LAST), axis=1)
        fresh = np.ones((k, width), bool)
        np.not_equal(rising[:, 1:], rising[:, :-1], out=fresh[:, 1:])
        at = np.flatnonzero(fresh)
        often = np.diff(at, append=k * width)
        known = rising.reshape(-1)[at] != _LAST
        return at[known] // width, often[known]

    def entropy(self, symbols: Integers, among: Flags | None = None) -> Floats:
        """Bits a symbol, as often as each comes."""
        row, often = self._groups(symbols, among)
        k = len(self.counts)
        parts = often / np.bincount(row, often, k)[row]
        found = -np.bincount(row, parts * np.log2(parts), k)
        return np.where(np.bincount(row, minlength=k) > 0, found + 0.0, np.nan)

    def kinds(self, symbols: Integers, among: Flags | None = None) -> Integers:
        """How many different ones there are."""
        row, _ = self._groups(symbols, among)
        found: Integers = np.bincount(row, minlength=len(self.counts))
        return found

    def again(self, symbols: Integers, among: Flags | None = None) -> Floats:
        """How many of them stood before in the row, 0 to 1."""
        counts = self.there(symbols, among).sum(1)
        return over(counts - self.kinds(symbols, among), counts)

    def runs(self, same: Flags) -> Runs:
        """The runs of True."""
        k, width = same.shape
        edges = np.zeros((k, width + 2), np.int8)
        edges[:, 1:-1] = same & self.there(same)
        at = np.flatnonzero(np.diff(edges.reshape(-1)))
        return Runs(at[::2] // (width + 2), at[1::2] - at[::2], k)

    def autocorrelation(self, values: Floats) -> Floats:
        """Of neighbours; 0 where nothing varies."""
        there = self.there(values)
        centred = np.where(there, values - self.mean(values)[:, None], 0.0)
        power = (centred * centred).sum(1)
        flat = power <= 1e-12
        found = (centred[:, 1:] * centred[:, :-1]).sum(1) / np.where(flat, 1.0, power)
        return np.where(there.sum(1) < 3, np.nan, np.where(flat, 0.0, found))

    def picked(self, which: Flags) -> tuple[Rows, Integers]:
        """Rows of those values alone, and where each stood, (k, as many as any row has)."""
        row, at = (which & self.there(which)).nonzero()
        counts = np.bincount(row, minlength=len(self.counts))
        rows = Rows(counts, int(counts.max(initial=LEAST_WIDTH)))
        places = np.zeros((len(counts), rows.width), np.int64)
        places[rows._there] = at
        return rows, places


class Runs:
    """Runs in k rows: the row and the length of each."""

    def __init__(self, row: Integers, length: Integers, k: int) -> None:
        self._row, self._length, self._k = row, length, k

    def mean(self) -> Floats:
        """(k,) their mean length."""
        sums = np.bincount(self._row, self._length, self._k)
        return over(sums, np.bincount(self._row, minlength=self._k))

    def largest(self) -> Integers:
        """(k,) the longest; 0 where there is none."""
        found = np.zeros(self._k, np.int64)
        np.maximum.at(found, self._row, self._length)
        return found


def grams(columns: list[Integers], size: int) -> Integers:
    """(k, n - size + 1) a hash of 64 bits for each `size` successive values of `columns`, (k, n) each: equal
    where the values are."""
    width = columns[0].shape[-1] - size + 1
    found = np.zeros((len(columns[0]), width), np.uint64)
    columns = [(column + 1024).astype(np.uint64) for column in columns]
    for at in range(size):
        for column in columns:
            found *= np.uint64(0x9E3779B97F4A7C15)
            found += column[:, at : at + width]
            found ^= found >> np.uint64(29)
    return found.view(np.int64)
