"""The short-term memory of the mixture: chains that know only the solo in progress.

Each backs off to what the long-term part expects here, so that before anything is heard they say the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from improv.evaluation.baselines.chains import Chain, Stream

_DISCOUNT = 0.6
_KINDS = 3
"""Sureness of a context: seen once, twice, more often."""


def sureness_kinds(chains: Sequence[Chain]) -> NDArray[np.intp]:
    """(chains,) how many degrees of sureness each has: nothing found, or a level and how often."""
    return np.array([1 + _KINDS * len(chain.levels) for chain in chains], np.intp)


class Memory:
    """Counts of one solo, asked and told note by note."""

    def __init__(self, stream: Stream, chains: Sequence[Chain]) -> None:
        self.chains = tuple(chains)
        self._at, self._size = stream.at, stream.size
        self._chains = [
            (chain.target, [[stream.at[name] for name in level] for level in chain.levels])
            for chain in chains
        ]
        self.begin()

    def begin(self) -> None:
        """Forget."""
        self._seen: list[list[dict[tuple[int, ...], dict[int, int]]]] = [
            [{} for _ in levels] for _, levels in self._chains
        ]

    def expect(
        self, row: Sequence[int], expected: NDArray[np.float64]
    ) -> tuple[NDArray[np.float32], list[int]]:
        """(chains, outcomes) log P after `row`, and how sure each is; `expected` (outcomes,) is the prior."""
        found = np.empty((len(self._chains), self._size), np.float64)
        sure = []
        for (target, levels), seen, likely in zip(self._chains, self._seen, found, strict=True):
            likely[:] = expected
            kind = 0
            shift = self._shift(target, row)
            for number, columns in enumerate(levels):
                counts = seen[number].get(tuple([row[column] for column in columns]))
                if not counts:
                    continue
                total = sum(counts.values())
                likely *= _DISCOUNT * len(counts) / total
                for symbol, count in counts.items():
                    self._add(target, likely, symbol + shift, (count - _DISCOUNT) / total, expected)
                kind = 1 + _KINDS * number + min(total, _KINDS) - 1
            sure.append(kind)
        return np.log(found + 1e-12).astype(np.float32), sure

    def learn(self, row: Sequence[int], came: int) -> None:
        """Remember what came after `row`."""
        for (target, levels), seen in zip(self._chains, self._seen, strict=True):
            symbol = came - self._shift(target, row)
            if target == "degree":
                symbol %= 12
            for number, columns in enumerate(levels):
                counts = seen[number].setdefault(tuple([row[column] for column in columns]), {})
                counts[symbol] = counts.get(symbol, 0) + 1

    def _shift(self, target: str, row: Sequence[int]) -> int:
        """What is added to a symbol to get an outcome."""
        if target == "interval":
            return row[self._at["p1"]]
        return row[self._at["root"]] if target == "degree" else 0

    def _add(
        self,
        target: str,
        likely: NDArray[np.float64],
        outcome: int,
        mass: float,
        expected: NDArray[np.float64],
    ) -> None:
        if target == "degree":  # over the octaves as they were expected
            octaves = slice(outcome % 12, self._size, 12)
            share = expected[octaves]
            likely[octaves] += mass * share / share.sum()
        elif 0 <= outcome < self._size:
            likely[outcome] += mass
