"""The end of a phrase: when it is sure enough that the partner has stopped.

Input -> output:  what the cell expects of the wait after the last note, how long the note lasted
                  ->  after how many steps of it a pause is taken for the end of the phrase

A phrase has ended where nothing sounds for a beat. Nobody who answers can wait for that and be in time, so
the pause is judged while it lasts: of all the waits that the cell expects after what was played and that are
still possible, how many are that long? A run of sixteenths that breaks off is over sooner than a line of
long notes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from improv.grammar.line.table import LEAST_STEPS
from improv.music.note import STEPS_PER_BEAT

SURE = 0.87
"""How sure it must be."""
PAUSE_STEPS = STEPS_PER_BEAT
"""The silence that ends a phrase."""


def end_steps(scores: NDArray[np.floating], length_steps: int, sure: float = SURE) -> int:
    """How many steps after its onset a last note of this length has ended a phrase, if nothing came.

    `scores` (61,) are logarithms of the probabilities of the wait's class. At most that is where the pause
    has lasted PAUSE_STEPS, at least where the note has ended.
    """
    weights = np.exp(scores - scores.max(), dtype=np.float64)
    after = weights[::-1].cumsum()[::-1]  # of this class or a longer one
    latest = length_steps + PAUSE_STEPS
    starts = np.array(LEAST_STEPS)
    ends = float(after[min(int(np.searchsorted(starts, latest)), len(after) - 1)])
    for wait in range(length_steps, latest):
        still = float(after[min(int(np.searchsorted(starts, wait)), len(after) - 1)])
        if ends >= sure * still:
            return wait
    return latest
