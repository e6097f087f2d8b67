"""Mix what several models expect: a product of their probabilities, each to a power that is learned.

    P(x) ~ exp( sum over k of w[k, b_k] log p_k(x) )

b_k is how sure expert k has reason to be: a small number, such as the length of the context it found. The
cost of what came is convex in w, so where the fit ends does not depend on where it began.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Logs = NDArray[np.float32]
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

_ROUNDS = 60
_PULL = 2.0
"""Nats in all that a weight pays for being 1 off an even share: what was seldom needed stays there."""
_ANYTHING = 1e-4
"""Share of the mixture in which all outcomes are alike: no product of doubts makes an impossibility."""


@dataclass(frozen=True)
class LogLinear:
    """Learned powers: `weights[offsets[k] + b]` for expert k where it is b sure."""

    weights: Floats
    offsets: Indices

    @classmethod
    def even(cls, kinds: NDArray[np.intp]) -> LogLinear:
        """Every expert alike; `kinds` (experts,): how many degrees of sureness each has."""
        offsets = np.concatenate([[0], np.cumsum(kinds)[:-1]]).astype(np.intp)
        return cls(np.full(int(kinds.sum()), 1 / len(kinds)), offsets)

    def fitted(self, logs: Logs, sure: Indices, came: NDArray[np.int32]) -> LogLinear:
        """Fitted to `came` (n,), given `logs` (experts, n, outcomes) and `sure` (n, experts).

        SciPy comes with scikit-learn, in the extra [train].
        """
        from scipy.optimize import minimize

        index = sure + self.offsets
        each = np.arange(len(came))
        actual = logs[:, each, came]
        start, pull = self.weights, _PULL / max(1, len(came))

        def cost(weights: Floats) -> tuple[float, Floats]:
            mixed = _powers(logs, weights[index])
            likely = mixed[each, came].copy()
            np.exp(mixed, out=mixed)
            total = mixed.sum(axis=1, keepdims=True)
            mixed /= total
            slope = np.zeros(len(weights))
            for expert, log in enumerate(logs):
                excess = np.einsum("ij,ij->i", mixed, log) - actual[expert]
                slope += np.bincount(index[:, expert], excess, minlength=len(weights))
            away = weights - start
            value = float((np.log(total[:, 0]) - likely).mean()) + pull * float(away @ away)
            return value, slope / len(came) + 2 * pull * away

        found = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS})
        return LogLinear(found.x, self.offsets)

    def mixed(self, logs: Logs, sure: Indices) -> Logs:
        """(n, outcomes) log P of the mixture."""
        found = _powers(logs, self.weights[sure + self.offsets])
        np.exp(found, out=found)
        found *= (1 - _ANYTHING) / found.sum(axis=1, keepdims=True)
        found += _ANYTHING / found.shape[1]
        return np.log(found, out=found)


def _powers(logs: Logs, weights: Floats) -> Logs:
    """(n, outcomes) the weighted sum of `logs`, its highest in each row 0."""
    found = np.zeros(logs.shape[1:], np.float32)
    for expert, log in enumerate(logs):
        found += weights[:, expert, None].astype(np.float32) * log
    found -= found.max(axis=1, keepdims=True)
    return found
