"""The short-term memory: what this solo has done so far in situations like this one.

Input -> output:  contexts (one an expert)  ->  for each expert, how often each candidate followed, by column

An *expert* counts what came after one kind of context: after the same last two intervals, after the same
pitch, at the same place of an earlier chorus. For a candidate that came c of the n times, it answers c / (n +
1/2), and n, so that the cell can learn which expert to believe when. The counts begin empty with each solo:
nothing here was trained. Several players may share a memory: what another one plays is learned by the same
call.

The experts are viewpoints of Conklin and Witten, "Multiple viewpoint systems for music prediction" (1995); a
memory of the piece in progress beside a model of the corpus is theirs too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NOTES_KEPT = 2000
"""What is remembered: the last so many notes, about thirty choruses of blues. With half as many the cell
scores 3.583 nats a note on `valid`, for 3.579."""
HALF = 0.5
FADE = 0.97
"""By which the last expert, which knows no context, lets every older note fade when a new one comes."""
NOTES_BACK = 512
"""A full memory can be set back by so many notes: those that they pushed out are kept so long."""
_LARGEST_SCALE = 1e100
_COLUMN = np.dtype(np.uint16)
_LN_AFTER = np.array([math.log1p(n) for n in range(NOTES_KEPT + 2)])
_PART_OF = 1.0 / (np.arange(NOTES_KEPT + 2) + HALF)


@cache
def _columns_as_bytes(columns: int) -> list[bytes]:
    return [column.tobytes() for column in np.arange(columns, dtype=_COLUMN)]


class SavedExperts(NamedTuple):
    """Where a memory was, and the counts that fade."""

    heard: int
    scale: float
    faded: NDArray[np.float64]
    faded_total: float


class Experts:
    """Counts of what followed each context; the last expert's counts fade.

    Nothing is counted before it is asked for: kept are the contexts of the last notes and what followed them.
    Most contexts of most experts come once or twice in a solo: they are looked for among those of all notes,
    in arrays that are as large at the first note as after hours (0.3 MiB for a soloist). The contexts of the
    experts in `often` are few and come again and again: what followed each of them is a string of its own
    besides. When the memory is full, both looks and learning take 40 us so and the strings 0.6 MiB. Arrays
    alone take 58 us; strings for every expert 6 MiB, for which a player would grow for ten minutes.
    """

    def __init__(
        self, widths: Sequence[int], notes_kept: int = NOTES_KEPT, often: Sequence[int] = ()
    ) -> None:
        """`widths`: how many candidates each expert tells apart; their columns follow one another."""
        self.columns = sum(widths)
        firsts = [0, *accumulate(widths[:-1])]
        self._firsts, self._last = np.array(firsts), firsts[-1]
        self._widths = np.array(widths)
        self._limit = notes_kept
        counting = len(widths) - 1
        self._order = [*often, *(expert for expert in range(counting) if expert not in often)]
        self._often = len(often)
        # A row an expert, in that order, so that comparing goes along the notes. Written to, so that the
        # system gives all of it now and not page by page.
        self._contexts = np.full((counting, notes_kept), -1, np.int64)
        self._followers = np.full((counting, notes_kept), 0xFFFF, _COLUMN)
        self._gone_contexts = np.full((counting, NOTES_BACK), -1, np.int64)
        self._gone_followers = np.full((counting, NOTES_BACK), 0xFFFF, _COLUMN)
        self._known: list[dict[int, bytearray]] = [{} for _ in often]
        self._as_bytes = _columns_as_bytes(self.columns)
        self._heard = 0
        self._scale = 1.0
        self._faded = np.zeros(widths[-1])
        self._faded_total = 0.0

    def look(self, contexts: Sequence[int], memory: NDArray[np.float32]) -> NDArray[np.float64]:
        """What came after these contexts, one an expert but the last.

        A context is any number of 64 bits that no other context of the same expert has. The answers are
        written into `memory` (columns,), 0 where there is none. Given back is how sure each expert is:
        ln(1 + n) of each, then the largest answer of each.
        """
        kept, often = min(self._heard, self._limit), self._often
        picked = [contexts[expert] for expert in self._order]
        wanted = np.array(picked[often:], np.int64)[:, None]
        alike = (self._contexts[often:, :kept] == wanted).reshape(-1).nonzero()[0]
        came = self._followers[often:, :kept].reshape(-1).take(alike).tobytes()
        came += b"".join(
            [known.get(context, b"") for known, context in zip(self._known, picked, strict=False)]
        )
        counts = np.bincount(np.frombuffer(came, _COLUMN), minlength=self.columns)
        totals = np.add.reduceat(counts, self._firsts)
        factors = _PART_OF.take(totals)
        experts = len(totals)
        sure = np.empty(2 * experts)
        _LN_AFTER.take(totals, out=sure[:experts])
        np.multiply(np.maximum.reduceat(counts, self._firsts), factors, sure[experts:])
        np.multiply(counts, factors.repeat(self._widths), memory, casting="unsafe")
        if self._faded_total:
            factor = 1.0 / (self._faded_total + HALF * self._scale)
            np.multiply(self._faded, factor, memory[self._last :], casting="unsafe")
            sure[experts - 1] = math.log1p(self._faded_total / self._scale)
            sure[-1] = self._faded.item(self._faded.argmax()) * factor
        return sure

    def learn(self, contexts: Sequence[int], columns: Sequence[int]) -> None:
        """Learn what came after these contexts, as a column of each expert."""
        self._keep(
            [contexts[expert] for expert in self._order],
            [columns[expert] for expert in self._order],
        )
        # Instead of making all older counts smaller, the new one is made larger.
        self._scale /= FADE
        self._faded[columns[-1] - self._last] += self._scale
        self._faded_total += self._scale
        if self._scale > _LARGEST_SCALE:
            self._faded /= self._scale
            self._faded_total /= self._scale
            self._scale = 1.0

    def learn_again(self, notes: int, times: int) -> None:
        """Count the last so many so often more, but for the counts that fade."""
        places = [at % self._limit for at in range(max(0, self._heard - notes), self._heard)]
        kept = [(self._contexts[:, at].tolist(), self._followers[:, at].tolist()) for at in places]
        for picked, followers in kept * times:
            self._keep(picked, followers)

    def _keep(self, picked: Sequence[int], followers: Sequence[int]) -> None:
        """Keep what came after contexts, both in the order of `_order`; the oldest goes."""
        place = self._heard % self._limit
        if self._heard >= self._limit:
            spare = self._heard % NOTES_BACK
            self._gone_contexts[:, spare] = self._contexts[:, place]
            self._gone_followers[:, spare] = self._followers[:, place]
            oldest = self._contexts[: self._often, place].tolist()
            for known, context in zip(self._known, oldest, strict=True):
                came = known[context]
                if len(came) > _COLUMN.itemsize:
                    del came[: _COLUMN.itemsize]
                else:
                    del known[context]
        self._heard += 1
        self._contexts[:, place] = picked
        self._followers[:, place] = followers
        for known, context, column in zip(self._known, picked, followers, strict=False):
            if context in known:
                known[context] += self._as_bytes[column]
            else:
                known[context] = bytearray(self._as_bytes[column])

    def save(self) -> SavedExperts:
        """Where it is, for `restore`: a value, and small, for what was learned stays where it is."""
        return SavedExperts(self._heard, self._scale, self._faded.copy(), self._faded_total)

    def restore(self, saved: SavedExperts) -> None:
        """Take back what was learned since `saved`: at most NOTES_BACK notes.

        Raises ValueError for more, and for a place it has not reached or has taken back.
        """
        if not 0 <= self._heard - saved.heard <= NOTES_BACK:
            raise ValueError(
                f"A memory that has heard {self._heard} notes cannot go back to {saved.heard}."
            )
        while self._heard > saved.heard:
            self._heard -= 1
            self._take_back()
        self._scale, self._faded_total = saved.scale, saved.faded_total
        self._faded[:] = saved.faded

    def _take_back(self) -> None:
        """Undo what `learn` did to the note that is now the next one."""
        place, often, size = self._heard % self._limit, self._often, _COLUMN.itemsize
        newest = self._contexts[:often, place].tolist()
        for known, context in zip(self._known, newest, strict=True):
            came = known[context]
            if len(came) > size:
                del came[-size:]
            else:
                del known[context]
        if self._heard < self._limit:
            return  # it lies beyond what is looked at
        spare = self._heard % NOTES_BACK
        self._contexts[:, place] = self._gone_contexts[:, spare]
        self._followers[:, place] = self._gone_followers[:, spare]
        oldest = zip(
            self._known,
            self._contexts[:often, place].tolist(),
            self._followers[:often, place].tolist(),
            strict=True,
        )
        for known, context, column in oldest:
            known[context] = bytearray(self._as_bytes[column]) + known.get(context, b"")
