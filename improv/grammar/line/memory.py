"""The short-term memory: what this solo has done so far in situations like this one.

Input -> output:  contexts (one an expert)  ->  for each expert, how often each candidate followed
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
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

NOTES_KEPT = 2000
"""What is remembered: the last so many notes, about forty choruses of blues."""
HALF = 0.5
FADE = 0.97
"""By which the last expert, which knows no context, lets every older note fade when a new one comes."""
_LARGEST_SCALE = 1e100
_LN_AFTER = [math.log1p(n) for n in range(NOTES_KEPT + 2)]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a memory says: the columns where it says anything, and how sure each expert is.

    A column stands for an expert and a candidate; where which is, is the business of the caller.
    """

    columns: list[int]
    values: list[float]
    sureness: list[float]
    """ln(1 + n) of each expert, then the largest value of each."""


class Experts:
    """Counts of what followed each context, one table an expert; the last expert's counts fade."""

    def __init__(self, experts: int, notes_kept: int = NOTES_KEPT) -> None:
        self._experts = experts
        # For each context: how often it came, and by column what followed.
        self._totals: list[dict[Hashable, int]] = [{} for _ in range(experts - 1)]
        self._counts: list[dict[Hashable, dict[int, int]]] = [{} for _ in range(experts - 1)]
        self._kept: deque[tuple[Sequence[Hashable], Sequence[int]]] = deque()
        self._limit = notes_kept
        self._scale = 1.0
        self._faded: dict[int, float] = {}
        self._faded_total = 0.0

    def look(self, contexts: Sequence[Hashable]) -> Answers:
        """What came after these contexts, one an expert (the last one's is not looked at)."""
        columns: list[int] = []
        values: list[float] = []
        experts = self._experts
        sureness = [0.0] * (2 * experts)
        for expert in range(experts - 1):
            context = contexts[expert]
            counts = self._counts[expert].get(context)
            if counts is None:
                continue
            total = self._totals[expert][context]
            factor = 1.0 / (total + HALF)
            sureness[expert] = _LN_AFTER[total]
            columns += counts
            if len(counts) == 1:
                largest = total * factor
                values.append(largest)
            else:
                added = [count * factor for count in counts.values()]
                values += added
                largest = max(added)
            sureness[experts + expert] = largest
        if self._faded:
            scale = self._scale
            factor = 1.0 / (self._faded_total + HALF * scale)
            added = [count * factor for count in self._faded.values()]
            columns += self._faded
            values += added
            sureness[experts - 1] = math.log1p(self._faded_total / scale)
            sureness[2 * experts - 1] = max(added)
        return Answers(columns, values, sureness)

    def learn(self, contexts: Sequence[Hashable], columns: Sequence[int]) -> None:
        """After these contexts this came, said as each expert's column."""
        for expert in range(self._experts - 1):
            context, column = contexts[expert], columns[expert]
            counts = self._counts[expert].get(context)
            if counts is None:
                self._counts[expert][context] = {column: 1}
                self._totals[expert][context] = 1
            else:
                counts[column] = counts.get(column, 0) + 1
                self._totals[expert][context] += 1
        # Instead of making all older counts smaller, the new one is made larger.
        self._scale /= FADE
        self._faded[columns[-1]] = self._faded.get(columns[-1], 0.0) + self._scale
        self._faded_total += self._scale
        if self._scale > _LARGEST_SCALE:
            self._faded = {c: value / self._scale for c, value in self._faded.items()}
            self._faded_total /= self._scale
            self._scale = 1.0
        self._kept.append((contexts, columns))
        if len(self._kept) > self._limit:
            self._forget(*self._kept.popleft())

    def _forget(self, contexts: Sequence[Hashable], columns: Sequence[int]) -> None:
        for expert in range(self._experts - 1):
            context, column = contexts[expert], columns[expert]
            counts = self._counts[expert][context]
            if counts[column] > 1:
                counts[column] -= 1
                self._totals[expert][context] -= 1
            elif len(counts) > 1:
                del counts[column]
                self._totals[expert][context] -= 1
            else:
                del self._counts[expert][context], self._totals[expert][context]
