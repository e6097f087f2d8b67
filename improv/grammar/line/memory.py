"""The short-term memory: what this solo has done so far in situations like this one.

Input -> output:  contexts (one an expert)  ->  for each expert, how often each candidate followed, by column
Called by:        line.state; what it answers is mixed into the cell's scores by gates that were learned

An *expert* counts what came after one kind of context: after the same last two intervals, after the same
pitch, at the same place of an earlier chorus. For a candidate that came c of the n times, it answers
c / (n + 1/2), and n, so that the cell can learn whom to believe when. The counts begin empty with each solo:
nothing here was trained. Several players may share a memory: what another one plays is learned by the same
call.

The experts are viewpoints of Conklin and Witten, "Multiple viewpoint systems for music prediction" (1995); a
memory of the piece in progress beside a model of the corpus is theirs too.
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Hashable, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

NOTES_KEPT = 2000
"""What is remembered: the last so many notes, about thirty choruses of blues; some 6 MiB. With half as many
the cell scores 3.583 nats a note on `valid`, for 3.579."""
HALF = 0.5
FADE = 0.97
"""By which the last expert, which knows no context, lets every older note fade when a new one comes."""
_LARGEST_SCALE = 1e100
_LN_AFTER = [math.log1p(n) for n in range(NOTES_KEPT + 2)]
_MANY = 5
"""Followers of one context that are better kept as a row of all candidates: measured."""


class _Followers:
    """What came after one context: one column, several, or once there are many a row of counts.

    Most contexts have one follower for ever; a table for it would be most of what the memory takes.
    """

    __slots__ = ("column", "counts", "largest", "row", "total")

    def __init__(self, column: int) -> None:
        self.total = self.largest = 1
        self.column = column
        self.counts: dict[int, int] | None = None
        self.row: NDArray[np.uint16] | None = None

    def add(self, column: int, first: int, width: int) -> None:
        """One more; `first` and `width` are the expert's columns."""
        self.total += 1
        if self.row is not None:
            count = int(self.row[column - first]) + 1
            self.row[column - first] = count
        elif self.counts is None:
            if column == self.column:
                self.largest = self.total
                return
            self.counts = {self.column: self.total - 1, column: 1}
            count = 1
        else:
            count = self.counts[column] = self.counts.get(column, 0) + 1
            if len(self.counts) == _MANY:
                self.row = np.zeros(width, np.uint16)
                for each, times in self.counts.items():
                    self.row[each - first] = times
                self.counts = None
        if count > self.largest:
            self.largest = count

    def take(self, column: int, first: int) -> None:
        """One less, and never the last."""
        self.total -= 1
        if self.row is not None:
            count = int(self.row[column - first])
            self.row[column - first] = count - 1
            if count == self.largest:
                self.largest = int(self.row.max())
        elif self.counts is None:
            self.largest = self.total
        else:
            count = self.counts[column]
            if count > 1:
                self.counts[column] = count - 1
            else:
                del self.counts[column]
            if count == self.largest:
                self.largest = max(self.counts.values())
            if len(self.counts) == 1:
                (self.column,) = self.counts
                self.counts = None


class Experts:
    """Counts of what followed each context, one table an expert; the last expert's counts fade."""

    def __init__(self, widths: Sequence[int], notes_kept: int = NOTES_KEPT) -> None:
        """`widths`: how many candidates each expert tells apart; their columns follow one another."""
        self.columns = sum(widths)
        self._widths = tuple(widths)
        self._firsts = tuple(accumulate(widths[:-1], initial=0))
        self._tables: list[dict[Hashable, _Followers]] = [{} for _ in widths[:-1]]
        self._kept: deque[tuple[Sequence[Hashable], array[int]]] = deque()
        self._limit = notes_kept
        self._scale = 1.0
        self._faded = np.zeros(widths[-1])
        self._faded_total = 0.0
        self._answers = np.zeros(self.columns)
        self._parts = [
            self._answers[first : first + width]
            for first, width in zip(self._firsts, widths, strict=True)
        ]
        # What the last look found: as a rule the same contexts are learned next.
        self._looked: Sequence[Hashable] = ()
        self._found: list[_Followers | None] = []

    @property
    def size(self) -> int:
        """Contexts that something is known of, over all experts."""
        return sum(map(len, self._tables))

    def look(self, contexts: Sequence[Hashable], memory: NDArray[np.float32]) -> list[float]:
        """What came after these contexts, one an expert (the last one's is not looked at).

        The answers are written into `memory` (columns,), 0 where there is none. Given back is how sure each
        expert is: ln(1 + n) of each, then the largest answer of each.
        """
        answers = self._answers
        answers.fill(0.0)
        columns: list[int] = []
        values: list[float] = []
        experts = len(self._widths)
        sureness = [0.0] * (2 * experts)
        self._looked = contexts
        self._found = [
            table.get(context) for table, context in zip(self._tables, contexts, strict=False)
        ]
        for expert, found in enumerate(self._found):
            if found is None:
                continue
            total = found.total
            factor = 1.0 / (total + HALF)
            sureness[expert] = _LN_AFTER[total]
            sureness[experts + expert] = found.largest * factor
            if found.row is not None:
                np.multiply(found.row, factor, self._parts[expert])
            elif found.counts is None:
                columns.append(found.column)
                values.append(total * factor)
            else:
                columns += found.counts
                values += [count * factor for count in found.counts.values()]
        if columns:
            answers[columns] = values
        if self._faded_total:
            factor = 1.0 / (self._faded_total + HALF * self._scale)
            np.multiply(self._faded, factor, self._parts[-1])
            sureness[experts - 1] = math.log1p(self._faded_total / self._scale)
            sureness[2 * experts - 1] = float(self._faded.max()) * factor
        memory[:] = answers
        return sureness

    def learn(self, contexts: Sequence[Hashable], columns: Sequence[int]) -> None:
        """After these contexts this came, said as each expert's column."""
        firsts, widths = self._firsts, self._widths
        if contexts is not self._looked:
            self._found = [
                table.get(context) for table, context in zip(self._tables, contexts, strict=False)
            ]
        for expert, found in enumerate(self._found):
            if found is None:
                self._tables[expert][contexts[expert]] = _Followers(columns[expert])
            else:
                found.add(columns[expert], firsts[expert], widths[expert])
        self._looked = ()
        # Instead of making all older counts smaller, the new one is made larger.
        self._scale /= FADE
        self._faded[columns[-1] - firsts[-1]] += self._scale
        self._faded_total += self._scale
        if self._scale > _LARGEST_SCALE:
            self._faded /= self._scale
            self._faded_total /= self._scale
            self._scale = 1.0
        self._kept.append((contexts, array("H", columns)))
        if len(self._kept) > self._limit:
            self._forget(*self._kept.popleft())

    def _forget(self, contexts: Sequence[Hashable], columns: Sequence[int]) -> None:
        for expert, table in enumerate(self._tables):
            found = table[contexts[expert]]
            if found.total == 1:
                del table[contexts[expert]]
            else:
                found.take(columns[expert], self._firsts[expert])
