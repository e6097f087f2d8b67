"""Draw one token from the cell's logits.

Input -> output:  logits (+ mask, temperature, top-p, generator)  ->  token id
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

_TINY = 1e-3
"""Above it no float32 divided by a temperature overflows in double precision."""
_FEW = 40
"""So few weights are summed and sorted faster as a list."""


def sample(
    logits: NDArray[np.floating],
    rng: np.random.Generator,
    *,
    temperature: float = 1.0,
    top_p: float = 1.0,
    mask: NDArray[np.bool_] | None = None,
) -> int:
    """Draw one token id from `logits` (vocabulary,).

    `mask` (vocabulary,) is True where a token may come. `temperature` divides the logits: 0 is
    argmax (the lowest id wins a tie) and uses no random number; any other temperature uses exactly
    one. `top_p` keeps the smallest set of likeliest tokens whose probability reaches it (Holtzman
    et al. 2020), after mask and temperature; at least one token is always kept.
    Raises ValueError where nothing may be drawn or an argument is out of range.
    """
    if not temperature >= 0.0:
        raise ValueError(f"Temperature {temperature} is out of range: expected 0 or more.")
    if not 0.0 < top_p <= 1.0:
        raise ValueError(f"top_p {top_p} is out of range: expected above 0, at most 1.")
    scores: NDArray[np.float64] = logits.astype(np.float64)
    if mask is not None:
        if mask.shape != scores.shape:
            raise ValueError(f"The mask has shape {mask.shape}, expected {scores.shape}.")
        np.putmask(scores, ~mask, -np.inf)
    best = int(scores.argmax())
    top = scores.item(best)
    if not -np.inf < top < np.inf:  # argmax finds a NaN too
        raise ValueError(
            "No token can be drawn: the mask leaves none, or the logits are not finite numbers."
        )
    if temperature == 0.0:
        return best
    scores -= top
    if temperature != 1.0:
        if temperature < _TINY or logits.dtype != np.float32:
            with np.errstate(over="ignore"):  # others may go to -inf: that is meant
                scores /= temperature
        else:
            scores /= temperature
    weights: NDArray[np.float64] = np.exp(scores, scores)
    if len(weights) <= _FEW:
        return _drawn_of_few(weights.tolist(), top_p, rng)
    if top_p < 1.0:
        _keep_nucleus(weights, top_p)
    cumulative = weights.cumsum()
    total = cumulative.item(-1)
    drawn = rng.random() * total
    # side="right": the first id whose cumulative weight exceeds the draw, never one of weight 0.
    token = int(cumulative.searchsorted(drawn, side="right"))
    return token if drawn < total else min(token, int(weights.nonzero()[0][-1]))


def _keep_nucleus(weights: NDArray[np.float64], top_p: float) -> None:
    """Set to 0 all but the smallest set of largest weights that holds `top_p` of the total."""
    rising = weights.copy()
    rising.sort()
    falling = rising[::-1]
    cumulative = falling.cumsum()
    kept = int(cumulative.searchsorted(top_p * cumulative.item(-1), side="left")) + 1
    if kept >= len(falling):
        return
    least = falling.item(kept - 1)
    if falling.item(kept) < least:
        np.putmask(weights, weights < least, 0.0)
    else:  # others are as likely as the least one that is kept: the lower ids are
        order = (-weights).argsort(kind="stable")
        weights[order[kept:]] = 0.0


def _drawn_of_few(weights: list[float], top_p: float, rng: np.random.Generator) -> int:
    """The same steps and sums one number after another, which for few takes half as long."""
    if top_p < 1.0:
        falling = sorted(weights, reverse=True)
        cumulative = list(accumulate(falling))
        kept = bisect_left(cumulative, top_p * cumulative[-1]) + 1
        if kept < len(falling):
            least = falling[kept - 1]
            if falling[kept] < least:
                weights = [weight if weight >= least else 0.0 for weight in weights]
            else:
                order = sorted(range(len(weights)), key=weights.__getitem__, reverse=True)
                for token in order[kept:]:
                    weights[token] = 0.0
    cumulative = list(accumulate(weights))
    drawn = rng.random() * cumulative[-1]
    token = bisect_right(cumulative, drawn)
    if drawn < cumulative[-1]:
        return token
    return min(token, max(at for at, weight in enumerate(weights) if weight))
