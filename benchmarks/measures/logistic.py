"""Multinomial logistic regression, regularised: the plainest classifier that gives probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = 400


@dataclass(frozen=True)
class Logistic:
    """A fitted classifier of `classes` from standardised features."""

    classes: tuple[str, ...]
    mean: Floats
    scale: Floats
    weights: Floats
    """(features + 1, classes); the last row is the bias."""

    def log_probabilities(self, features: Floats) -> Floats:
        """(rows, classes) of (rows, features)."""
        return _log_softmax(_with_one((features - self.mean) / self.scale) @ self.weights)


def fit(
    features: Floats, labels: Sequence[str], *, penalty: float = 0.01, classes: Sequence[str] = ()
) -> Logistic:
    """Fit on (rows, features); every class has the same weight, however many rows it has.

    Minimises the weighted mean of -ln P(label) plus `penalty` / 2 times the sum of the squared weights (of
    standardised features, without the bias), by accelerated gradient descent (Nesterov 1983) with the step
    that its curvature allows: the same rows give the same weights. Raises ValueError without two classes.
    """
    names = tuple(classes) or tuple(sorted(set(labels)))
    if len(names) < 2:
        raise ValueError(f"Nothing to classify: {len(names)} classes, expected two or more.")
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale < 1e-9] = 1.0
    rows = _with_one((features - mean) / scale)
    truth = np.array([[label == name for name in names] for label in labels], np.float64)
    each = truth.sum(axis=0)
    weight = (truth / np.maximum(each, 1)).sum(axis=1) / (each > 0).sum()
    shrink = np.full((rows.shape[1], 1), penalty)
    shrink[-1] = 0.0
    # The Hessian of the loss is at most half of the weighted second moments (Böhning 1992).
    moments = (rows * weight[:, None]).T @ rows
    step = 1.0 / (0.5 * float(np.linalg.eigvalsh(moments)[-1]) + penalty)
    weights = ahead = np.zeros((rows.shape[1], len(names)))
    pace = 1.0
    for _ in range(_STEPS):
        error = np.exp(_log_softmax(rows @ ahead)) - truth
        slope = rows.T @ (error * weight[:, None]) + shrink * ahead
        moved = ahead - step * slope
        next_pace = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        ahead = moved + (pace - 1) / next_pace * (moved - weights)
        weights, pace = moved, next_pace
    return Logistic(names, mean, scale, weights)


def _with_one(rows: Floats) -> Floats:
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


def _log_softmax(scores: Floats) -> Floats:
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))


def folds(labels: Sequence[str], groups: Sequence[str], count: int = 5) -> NDArray[np.int64]:
    """(rows,) the fold of each row: rows of a group stay together, and each label is spread evenly.

    The largest groups come first, each to the fold that has the fewest of its label (then the fewest rows).
    """
    names = sorted(set(labels))
    sizes = {group: np.zeros(len(names)) for group in groups}
    for label, group in zip(labels, groups, strict=True):
        sizes[group][names.index(label)] += 1
    filled = np.zeros((count, len(names)))
    place: dict[str, int] = {}
    for group in sorted(sizes, key=lambda g: (-sizes[g].sum(), g)):
        has = sizes[group] > 0
        load = [(float(filled[at][has].sum()), float(filled[at].sum()), at) for at in range(count)]
        place[group] = min(load)[2]
        filled[place[group]] += sizes[group]
    return np.array([place[group] for group in groups], np.int64)


def cross_validated(
    features: Floats,
    labels: Sequence[str],
    groups: Sequence[str],
    *,
    count: int = 5,
    penalty: float = 0.01,
) -> Floats:
    """(rows, classes) log probabilities of each row, from a classifier that has not seen its group."""
    names = tuple(sorted(set(labels)))
    fold = folds(labels, groups, count)
    found = np.zeros((len(labels), len(names)))
    for at in range(count):
        held = fold == at
        if held.any():
            known = [label for label, out in zip(labels, held, strict=True) if not out]
            model = fit(features[~held], known, penalty=penalty, classes=names)
            found[held] = model.log_probabilities(features[held])
    return found
