"""Learning while listening: the heads follow the solo that is being heard, note by note.

Input -> output:  the scores of a part, what came  ->  corrections of the heads' answers from then on

After each note the scores are moved a little towards what came: one step of gradient descent on the heads'
weights; each new solo begins anew. This is dynamic evaluation (Mikolov et al. 2010; Krause et al.
2018) of the last layer only: the correction to a score is a sum over the notes heard, each counting as much
as the state then was like the state now.

It is for the notes of others. A line's own notes teach nothing this way: they were drawn from these scores,
so that on average the step is zero and what is left is chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class HeadListener:
    """Corrections of some heads of one step of the cell."""

    def __init__(self, sizes: Mapping[str, int], units: int, rate: float) -> None:
        """Heads of these sizes over `units`; `rate` is that of the steps, in weight a nat."""
        self._at, place = {}, 0
        for name, size in sizes.items():
            self._at[name] = slice(place, place + size)
            place += size
        self._weights: Floats = np.zeros((units, place), np.float32)
        self._rate = np.float32(rate)

    def corrections(self, h: Floats) -> dict[str, Floats]:
        """What to add to each head's answer in this state (units,)."""
        moved = h.dot(self._weights)
        return {name: moved[at] for name, at in self._at.items()}

    def learn(
        self, h: Floats, scores: Floats, came: int, seen: Mapping[str, NDArray[np.intp]]
    ) -> None:
        """`came` of the candidates that had these scores in this state.

        `seen` is for each head which of its entries each candidate was scored by; there may be fewer
        entries than candidates, where the head speaks of the first ones only.
        """
        weights = np.exp(scores - scores.max())
        step = -(weights / weights.sum())
        step[came] += 1.0
        moved = np.zeros(self._weights.shape[1], np.float32)
        for name, entries in seen.items():
            at = self._at[name]
            moved[at] = np.bincount(entries, step[: len(entries)], at.stop - at.start)
        self._weights = self._weights + np.outer(h * self._rate, moved)

    def save(self) -> Floats:
        """What it has learned, for `restore`."""
        return self._weights

    def restore(self, saved: Floats) -> None:
        """Know what it knew then."""
        self._weights = saved
