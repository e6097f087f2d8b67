"""Who makes the choices the seed's decoder leaves open.

A chooser is any function that takes the list of candidates (pitch texts such as `E-4`, scale note
names, octaves or steps in semitones) and returns ONE OF THEM, not its index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

Candidate: TypeAlias = str | int
Chooser: TypeAlias = Callable[[Sequence[Candidate]], Candidate]
Flip: TypeAlias = Callable[[], bool]


def never() -> bool:
    """Always False: blues scales without their raised fourth."""
    return False


def dice(rng: np.random.Generator) -> Chooser:
    """Choose uniformly."""

    def choose(candidates: Sequence[Candidate]) -> Candidate:
        return candidates[int(rng.integers(len(candidates)))]

    return choose


def coin(rng: np.random.Generator) -> Flip:
    """True or False with equal chances."""

    def flip() -> bool:
        return bool(rng.integers(2))

    return flip
