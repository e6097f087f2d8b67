"""Three kinds of classifiers that say of each stretch how likely a person played it: as log odds.

    likelihood ratios   logistic regression of the log-likelihood ratios of n-grams
    linear              the same of all features, standardised, each squashed
    boosting            trees grown one after another on what is left over, of all features

All are of scikit-learn, which is imported when one is fitted. `improv.evaluation.judge.recurrent` is the
fourth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
        import sklearn  # noqa: F401
    except ImportError as error:
        raise MissingError(
            "Judging needs scikit-learn, which is not installed; install it with"
            " `pip install 'jazz-improv[train]'`."
        ) from error


def linear(values: Floats, people: NDArray[np.bool_], strength: float = 0.03) -> LogOdds:
    """Logistic regression; `strength` is sklearn's C. NaN counts as the mean of the column."""
    from sklearn.linear_model import LogisticRegression

    values = _sound(values)
    low, high = np.nanpercentile(values, [1, 99], axis=0)
    middle = np.nanmean(np.clip(values, low, high), axis=0)
    scale = np.nanstd(np.clip(values, low, high), axis=0)
    scale[scale < 1e-9] = 1.0

    def ready(rows: Floats) -> Floats:
        rows = np.clip(rows, low, high)
        standard: Floats = (np.where(np.isnan(rows), middle, rows) - middle) / scale
        return standard

    fitted = LogisticRegression(C=strength, max_iter=2000, class_weight="balanced")
    fitted.fit(ready(values), people)
    return lambda rows: np.asarray(fitted.decision_function(ready(rows)))


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
