"""Markov chains of any order over any columns, smoothed after Kneser and Ney.

    rows (n, columns), what came (n,) ── Ngrams.learned ──> counts ── distributions(rows) ──> P (n, symbols)

A chain is a list of contexts, each holding the columns of the one before and more. Modified Kneser-Ney
smoothing, interpolated (Chen, Goodman, "An empirical study of smoothing techniques", 1999), from the plainest
context on:

    P(x | c) = (n(c, x) - D(n(c, x))) / n(c)  +  (what was taken off) / n(c) * P(x | the context before)

n is how often x came after c; in all but the last context of a chain, in how many of the next longer contexts
it came. D is 0 for a count of 0 and one number each for 1, 2, and 3 or more, from how many pairs came once,
twice, three and four times. Where c was never seen P is that of the context before; before the first, all
symbols are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]

_MIX_1, _MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(29)


class Contexts:
    """Several lists of columns, each hashed into one key a row."""

    def __init__(self, levels: Sequence[Sequence[int]]) -> None:
        """`levels`: for each context the columns it looks at; none at all is a context too."""
        width = max((len(level) for level in levels), default=0)
        # Column 0 of what is looked at is always 0: short contexts are filled up with it.
        self._columns = np.zeros((len(levels), width), np.intp)
        for index, level in enumerate(levels):
            self._columns[index, : len(level)] = np.asarray(level, np.intp) + 1
        self._salt = (np.arange(1, len(levels) + 1, dtype=np.uint64)) * _MIX_2

    def keys(self, rows: NDArray[np.int32]) -> Keys:
        """(n, levels) uint64 of rows (n, columns)."""
        padded = np.zeros((len(rows), rows.shape[1] + 1), np.int64)
        padded[:, 1:] = rows
        padded[:, 1:] += 1000
        values = padded.astype(np.uint64)
        found = np.repeat(self._salt[None, :], len(rows), axis=0)
        for place in range(self._columns.shape[1]):
            found ^= values[:, self._columns[:, place]] * _MIX_1
            found *= _MIX_2
            found ^= found >> _SHIFT
        return found


@dataclass(frozen=True)
class Ngrams:
    """Counts of all chains of one model, in one sorted table."""

    keys: Keys
    """(contexts,) ascending."""
    starts: NDArray[np.int32]
    """(contexts + 1,) where the symbols of each begin."""
    symbols: NDArray[np.uint8]
    masses: NDArray[np.float32]
    """(n - D) / n of each symbol in its context."""
    backoffs: NDArray[np.float32]
    """(contexts,) what is left to the context before."""
    sizes: NDArray[np.int32]
    """(contexts,) n."""

    @classmethod
    def learned(
        cls, keys: Keys, symbols: NDArray[np.int32], chains: Sequence[int] | None = None
    ) -> Ngrams:
        """Count `symbols` (n, levels), 0..255, after `keys` (n, levels).

        `chains`: how many levels each chain has, from plain to refined (None: all are one chain).
        """
        parts = []
        levels = keys.shape[1]
        last = set(np.cumsum([levels] if chains is None else chains) - 1)
        for level in range(levels):
            key, symbol = keys[:, level], symbols[:, level]
            if level not in last:
                longer = np.lexsort((symbol, keys[:, level + 1]))
                new = _changes(keys[longer, level + 1], symbol[longer])
                key, symbol = key[longer[new]], symbol[longer[new]]
            parts.append(_count(key, symbol))
        contexts = np.concatenate([part[0] for part in parts])
        order = np.argsort(contexts, kind="stable")
        lengths = np.concatenate([np.diff(part[1]) for part in parts])[order]
        starts = np.zeros(len(order) + 1, np.int64)
        np.cumsum(lengths, out=starts[1:])
        firsts = np.concatenate(
            [
                part[1][:-1] + before
                for part, before in zip(
                    parts, np.cumsum([0, *(len(part[2]) for part in parts)]), strict=False
                )
            ]
        )[order]
        taken = np.repeat(firsts - starts[:-1], lengths) + np.arange(starts[-1])
        return cls(
            contexts[order],
            starts.astype(np.int32),
            np.concatenate([part[2] for part in parts])[taken].astype(np.uint8),
            np.concatenate([part[3] for part in parts])[taken].astype(np.float32),
            np.concatenate([part[4] for part in parts])[order].astype(np.float32),
            np.concatenate([part[5] for part in parts])[order].astype(np.int32),
        )

    def at_least(self, count: int) -> Ngrams:
        """Without the contexts that came less often."""
        kept = self.sizes >= count
        lengths = np.diff(self.starts)
        starts = np.concatenate([[0], np.cumsum(lengths[kept])]).astype(np.int32)
        symbols = np.repeat(kept, lengths)
        return Ngrams(
            self.keys[kept],
            starts,
            self.symbols[symbols],
            self.masses[symbols],
            self.backoffs[kept],
            self.sizes[kept],
        )

    def check(self, symbols: int) -> None:
        """Raises ValueError where the table, read from a file, is none of `symbols` symbols."""
        sound = (
            all(
                getattr(self, each.name).ndim == 1 and getattr(self, each.name).dtype == kind
                for each, kind in zip(
                    fields(self), ("u8", "i4", "u1", "f4", "f4", "i4"), strict=True
                )
            )
            and len(self.keys) > 0
            and len(self.starts) == len(self.keys) + 1
            and len(self.backoffs) == len(self.sizes) == len(self.keys)
            and len(self.symbols) == len(self.masses) == self.starts[-1]
            and self.starts[0] == 0
            and bool((np.diff(self.starts) >= 0).all() and (self.keys[1:] > self.keys[:-1]).all())
            and bool(np.isfinite(self.masses).all() and np.isfinite(self.backoffs).all())
            and bool((self.masses >= 0).all() and (self.backoffs >= 0).all())
            and int(self.symbols.max(initial=0)) < symbols
        )
        if not sound:
            raise ValueError("its tables do not fit together")

    def find(self, keys: Keys) -> NDArray[np.intp]:
        """The place of each key in the table, -1 where it is not there."""
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, place, -1)

    def distributions(self, places: NDArray[np.intp], size: int) -> Floats:
        """(n, size) P(symbol) along one chain: places (n, levels), from plain to refined."""
        found = np.full((len(places), size), 1 / size)
        if len(places) == 1:
            self._refine(found[0], places[0].tolist())
            return found
        for level in range(places.shape[1]):
            rows = np.flatnonzero(places[:, level] >= 0)
            if not len(rows):
                continue
            place = places[rows, level]
            found[rows] *= self.backoffs[place][:, None]
            first = self.starts[place]
            count = self.starts[place + 1] - first
            begins = np.cumsum(count) - count
            part = np.repeat(first - begins, count) + np.arange(int(count.sum()))
            found[np.repeat(rows, count), self.symbols[part]] += self.masses[part]
        return found

    def _refine(self, found: Floats, places: list[int]) -> None:
        """The same for one row, in place: a listener asks one at a time."""
        for place in places:
            if place >= 0:
                found *= self.backoffs[place]
                first, end = self.starts[place], self.starts[place + 1]
                found[self.symbols[first:end]] += self.masses[first:end]


def _changes(*columns: NDArray) -> NDArray[np.intp]:
    """Where in sorted columns something new begins."""
    new = np.ones(len(columns[0]), bool)
    new[1:] = False
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new)


def _count(
    key: Keys, symbol: NDArray[np.int32]
) -> tuple[Keys, NDArray, NDArray, NDArray, NDArray, NDArray]:
    """(contexts, starts, symbols, masses, backoffs, sizes) of one level."""
    order = np.lexsort((symbol, key))
    key, symbol = key[order], symbol[order]
    pairs = _changes(key, symbol)
    counts = np.diff(np.append(pairs, len(key)))
    pair_keys = key[pairs]
    heads = _changes(pair_keys)
    starts = np.append(heads, len(pairs))
    sizes = np.add.reduceat(counts, heads) if len(heads) else np.zeros(0, np.int64)
    kinds = np.diff(starts)
    discounts = _discounts(counts)[np.minimum(counts, 3)]
    masses = (counts - discounts) / np.repeat(sizes, kinds)
    lost = np.add.reduceat(discounts, heads) if len(heads) else np.zeros(0)
    return pair_keys[heads], starts, symbol[pairs], masses, lost / sizes, sizes


def _discounts(counts: NDArray[np.intp]) -> Floats:
    """(4,) what is taken off a count of 0, 1, 2 and 3 or more."""
    n1, n2, n3, n4 = (float((counts == n).sum()) for n in (1, 2, 3, 4))
    if not (n1 and n2 and n3):
        return np.array([0, 0.5, 0.5, 0.5])
    share = n1 / (n1 + 2 * n2)
    return np.clip(
        [0, 1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3],
        [0, 0.05, 0.05, 0.05],
        [0, 0.99, 1.98, 2.97],
    )
