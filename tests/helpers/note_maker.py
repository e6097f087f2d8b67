"""Lines as arrays, to count in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from improv.features.notes import NO_CHORD, Notes


def notes(
    onsets: Sequence[int],
    pitches: Sequence[int] | int = 60,
    *,
    lengths: Sequence[int] | int = 3,
    degrees: Sequence[int] | int = NO_CHORD,
    roles: Sequence[int] | int = NO_CHORD,
) -> Notes:
    """Of these; a number holds for every note. Nothing sounds beyond the next onset."""
    onset = np.array(onsets, np.int64)

    def each(values: Sequence[int] | int) -> np.ndarray:
        return np.array(np.broadcast_to(values, onset.shape), np.int64)

    end = onset + each(lengths)
    end[:-1] = np.minimum(end[:-1], onset[1:])
    return Notes(onset, end, each(pitches), each(degrees), each(roles))


def walk(rng: np.random.Generator, count: int = 60, steps: Sequence[int] = (3, 6, 6, 12)) -> Notes:
    """A line of random steps and intervals, a random role and degree each."""
    onset = np.cumsum(rng.choice(np.array(steps), count))
    pitch = 62 + np.cumsum(rng.integers(-3, 4, count)) % 24
    return notes(
        onset.tolist(),
        pitch.tolist(),
        degrees=rng.integers(0, 12, count).tolist(),
        roles=rng.integers(0, 4, count).tolist(),
    )
