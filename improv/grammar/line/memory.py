"""The short-term memory: what this solo has done so far in situations like this one.

Input -> output:  contexts (one an expert)  ->  for each expert, how often each candidate followed, by column

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
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

NOTES_KEPT = 2000
"""What is remembered: the last so many notes, about thirty choruses of blues. With half as many the cell
scores 3.583 nats a note on `valid`, for 3.579."""
HALF = 0.5
FADE = 0.97
"""By which the last expert, which knows no context, lets every older note fade when a new one comes."""
_LARGEST_SCALE = 1e100
_LN_AFTER = [math.log1p(n) for n in range(NOTES_KEPT + 2)]


class Experts:
    """Counts of what followed each context; the last expert's counts fade.

    Nothing is counted before it is asked for: kept are the contexts and columns of the last notes, in two
    arrays that are as large at the first note as after hours (0.3 MiB for sixteen experts), and a look goes
    through all of them at once. Tables of counts by context take as long (120 us for both looks and learning
    when full), but 6 MiB, for which a player would grow for ten minutes.
    """

    def __init__(self, widths: Sequence[int], notes_kept: int = NOTES_KEPT) -> None:
        """`widths`: how many candidates each expert tells apart; their columns follow one another."""
        self.columns = sum(widths)
        self._firsts = np.array([0, *accumulate(widths[:-1])])
        self._widths = np.array(widths)
        self._limit = notes_kept
        counting = len(widths) - 1
        # Written to, so that the system gives all of it now and not page by page.
        self._contexts = np.full((notes_kept, counting), -1, np.int64)
        self._followers = np.full((notes_kept, counting), 0xFFFF, np.uint16)
        self._heard = 0
        self._scale = 1.0
        self._faded = np.zeros(widths[-1])
        self._faded_total = 0.0

    def look(self, contexts: Sequence[int], memory: NDArray[np.float32]) -> list[float]:
        """What came after these contexts, one an expert but the last.

        A context is any number of 64 bits that no other context of the same expert has. The answers are
        written into `memory` (columns,), 0 where there is none. Given back is how sure each expert is:
        ln(1 + n) of each, then the largest answer of each.
        """
        kept = min(self._heard, self._limit)
        alike = np.flatnonzero(self._contexts[:kept] == np.array(contexts, np.int64))
        counts = np.bincount(self._followers[:kept].ravel()[alike], minlength=self.columns)
        totals = np.add.reduceat(counts, self._firsts)
        factors = 1.0 / (totals + HALF)
        largest = np.maximum.reduceat(counts, self._firsts) * factors
        np.multiply(counts, np.repeat(factors, self._widths), memory, casting="unsafe")
        lns = [_LN_AFTER[total] for total in totals.tolist()]
        sure = largest.tolist()
        if self._faded_total:
            factor = 1.0 / (self._faded_total + HALF * self._scale)
            memory[self._firsts[-1] :] = self._faded * factor
            lns[-1] = math.log1p(self._faded_total / self._scale)
            sure[-1] = float(self._faded.max()) * factor
        return lns + sure

    def learn(self, contexts: Sequence[int], columns: Sequence[int]) -> None:
        """After these contexts this came, said as each expert's column."""
        place = self._heard % self._limit
        self._contexts[place] = contexts
        self._followers[place] = columns[:-1]
        self._heard += 1
        # Instead of making all older counts smaller, the new one is made larger.
        self._scale /= FADE
        self._faded[columns[-1] - self._firsts[-1]] += self._scale
        self._faded_total += self._scale
        if self._scale > _LARGEST_SCALE:
            self._faded /= self._scale
            self._faded_total /= self._scale
            self._scale = 1.0
