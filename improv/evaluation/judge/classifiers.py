"""Three kinds of classifiers that say of each stretch how likely a person played it: as log odds.

    likelihood ratios   logistic regression of the log-likelihood ratios of n-grams
    linear              the same of all features, standardised, each squashed
    boosting            trees grown one after another on what is left over, of all features

All are of scikit-learn, which is imported when one is fitted. `improv.evaluation.judge.recurrent` is the
fourth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from improv.errors import MissingError
from improv.features.notes import Floats

SEED = 1955
LogOdds = Callable[[Floats], Floats]
"""(rows, columns) -> (rows,) ln P(people) - ln P(machine)."""


def require_sklearn() -> None:
    """Raise MissingError, in one sentence, where scikit-learn is not installed."""
    try:
        import sklearn  # noqa: F401 (only whether it can be)
    except ImportError as error:
        raise MissingError(
            "Judging needs scikit-learn, which is not installed; install it with"
            " `pip install 'jazz-improv[train]'`."
        ) from error


class Standardised(NamedTuple):
    """A logistic regression of columns that are squashed to between `low` and `high` and taken from `middle`
    in units of `scale`; (columns,) each. NaN counts as the middle."""

    low: Floats
    high: Floats
    middle: Floats
    scale: Floats
    weight: Floats
    bias: float

    def ready(self, rows: Floats) -> Floats:
        """The columns as they are weighed."""
        rows = np.clip(rows, self.low, self.high)
        found: Floats = (np.where(np.isnan(rows), self.middle, rows) - self.middle) / self.scale
        return found

    def log_odds(self, rows: Floats) -> Floats:
        """(rows,) log odds."""
        found: Floats = self.ready(rows) @ self.weight + self.bias
        return found


def linear(values: Floats, people: NDArray[np.bool_], strength: float = 0.03) -> LogOdds:
    """Logistic regression; `strength` is sklearn's C."""
    return standardised(values, people, strength).log_odds


def standardised(values: Floats, people: NDArray[np.bool_], strength: float) -> Standardised:
    """The same with what it learned."""
    from sklearn.linear_model import LogisticRegression

    values = _sound(values)
    low, high = np.nanpercentile(values, [1, 99], axis=0)
    middle = np.nanmean(np.clip(values, low, high), axis=0)
    scale = np.nanstd(np.clip(values, low, high), axis=0)
    scale[scale < 1e-9] = 1.0
    found = Standardised(low, high, middle, scale, np.zeros(len(low)), 0.0)
    fitted = LogisticRegression(C=strength, max_iter=2000, class_weight="balanced")
    fitted.fit(found.ready(values), people)
    return found._replace(weight=fitted.coef_[0], bias=float(fitted.intercept_[0]))


def boosting(values: Floats, people: NDArray[np.bool_]) -> LogOdds:
    """Gradient boosting of histogram trees; NaN is a value of its own."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    fitted: Any = HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.06,
        max_leaf_nodes=8,
        min_samples_leaf=30,
        l2_regularization=5.0,
        max_features=0.3,
        early_stopping=False,
        class_weight="balanced",
        random_state=SEED,
    )
    from threadpoolctl import threadpool_limits  # scikit-learn brings it

    with threadpool_limits(1):  # several threads wait busily for each other where cores are taken
        fitted.fit(_sound(values), people)

    def log_odds(rows: Floats) -> Floats:
        with threadpool_limits(1):
            return np.asarray(fitted.decision_function(rows))

    return log_odds


def _sound(values: Floats) -> Floats:
    """A column without any number is all 0: nothing can be said of it, and nothing is."""
    empty = np.isnan(values).all(axis=0)
    return np.where(empty, 0.0, values)
