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


def auc_over_tunes(scores: Floats, people: NDArray[np.bool_], tune: NDArray[np.int64]) -> Auc:
    """The area, and its interval by a bootstrap over tunes: the stretches of one tune are alike."""
    won, met = _between_tunes(scores, people, tune)
    weight = _drawn(len(won))
    above = np.einsum("ri,ij,rj->r", weight, won, weight)
    below = np.einsum("ri,ij,rj->r", weight, met, weight)
    return Auc(auc_of(scores, people), *_interval(above, below))


def auc_within_tunes(scores: Floats, people: NDArray[np.bool_], tune: NDArray[np.int64]) -> Auc:
    """The mean over tunes of the areas within each: people against the machine over the same chart.

    A tune with many stretches counts no more than another. NaN where no tune has both kinds.
    """
    won, met = (np.diag(each) for each in _between_tunes(scores, people, tune))
    both = met > 0
    if not both.any():
        return Auc(float("nan"), float("nan"), float("nan"))
    areas = won[both] / met[both]
    weight = _drawn(len(areas))
    return Auc(float(areas.mean()), *_interval(weight @ areas, weight.sum(axis=1)))


def _between_tunes(
    scores: Floats, people: NDArray[np.bool_], tune: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """(tunes, tunes) what the people of one tune win over the machine of another, and of how many."""
    names = np.unique(tune)
    of_people = (tune[people][:, None] == names).astype(np.float64)
    of_machine = (tune[~people][:, None] == names).astype(np.float64)
    won = of_people.T @ _wins(scores[people], scores[~people]) @ of_machine
    return won, np.outer(of_people.sum(axis=0), of_machine.sum(axis=0))


def _drawn(tunes: int) -> Floats:
    """(RESAMPLES, tunes) how often each tune is drawn."""
    shares = np.full(tunes, 1 / tunes)
    return np.random.default_rng(SEED).multinomial(tunes, shares, RESAMPLES).astype(np.float64)


def _interval(above: Floats, below: Floats) -> tuple[float, float]:
    areas = above[below > 0] / below[below > 0]
    if not len(areas):
        return float("nan"), float("nan")
    low, high = np.percentile(areas, [2.5, 97.5])
    return float(low), float(high)
