"""How well scores tell people from a machine: the area under the ROC curve, with its interval over tunes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from improv.features.notes import Floats

RESAMPLES = 1000
SEED = 1959


class Auc(NamedTuple):
    """How often a stretch of people scores higher than one of the machine (a tie: half), and between what
    95 % of that lie when the tunes are drawn again from themselves."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def auc_of(scores: Floats, people: NDArray[np.bool_]) -> float:
    """The area of (rows,) scores; rows that are NaN do not count. NaN where one kind is missing."""
    known = ~np.isnan(scores)
    wins = _wins(scores[known & people], scores[known & ~people])
    return float(wins.mean()) if wins.size else float("nan")


def _wins(people: Floats, machine: Floats) -> Floats:
    """(people, machine) 1 where the first scores higher, 1/2 where both score alike."""
    found: Floats = (np.sign(people[:, None] - machine[None, :]) + 1) / 2
    return found


def auc_over_tunes(
    scores: Floats,
    people: NDArray[np.bool_],
    tune: NDArray[np.int64],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Auc:
    """The area, and its interval by a bootstrap over tunes: the stretches of one tune are alike."""
    wins = _wins(scores[people], scores[~people])
    names = np.unique(tune)
    # What tune i's people win over tune j's machine, and of how many: resampling weighs these.
    of_people = (tune[people][:, None] == names).astype(np.float64)
    of_machine = (tune[~people][:, None] == names).astype(np.float64)
    won = of_people.T @ wins @ of_machine
    met = np.outer(of_people.sum(axis=0), of_machine.sum(axis=0))
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), resamples)
    weight = drawn.astype(np.float64)
    above = np.einsum("ri,ij,rj->r", weight, won, weight)
    below = np.einsum("ri,ij,rj->r", weight, met, weight)
    areas = above[below > 0] / below[below > 0]
    low, high = np.percentile(areas, [2.5, 97.5]) if len(areas) else (np.nan, np.nan)
    return Auc(auc_of(scores, people), float(low), float(high))
