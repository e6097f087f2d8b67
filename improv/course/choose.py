"""Who makes the choices the seed's decoder leaves open: dice, a fixed rule, or a record of them.

A chooser is any function that takes the list of candidates (pitch texts such as `E-4`, scale note
names, octaves or steps in semitones) and returns ONE OF THEM, not its index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from improv.errors import ModelError

Candidate: TypeAlias = str | int
Chooser: TypeAlias = Callable[[Sequence[Candidate]], Candidate]
Flip: TypeAlias = Callable[[], bool]


def first(candidates: Sequence[Candidate]) -> Candidate:
    """Always the first candidate."""
    return candidates[0]


def last(candidates: Sequence[Candidate]) -> Candidate:
    """Always the last candidate."""
    return candidates[-1]


def never() -> bool:
    """The coin that never shows heads: blues scales without their raised fourth."""
    return False


def dice(rng: np.random.Generator) -> Chooser:
    """Choose uniformly."""

    def choose(candidates: Sequence[Candidate]) -> Candidate:
        return candidates[int(rng.integers(len(candidates)))]

    return choose


def coin(rng: np.random.Generator) -> Flip:
    """True or False, even chances."""

    def flip() -> bool:
        return bool(rng.integers(2))

    return flip


class Recorder:
    """Lets another chooser choose and keeps `log`: [candidates, chosen index] for every choice."""

    def __init__(self, choose: Chooser) -> None:
        self._choose = choose
        self.log: list[tuple[list[Candidate], int]] = []

    def __call__(self, candidates: Sequence[Candidate]) -> Candidate:
        chosen = self._choose(candidates)
        self.log.append((list(candidates), list(candidates).index(chosen)))
        return chosen


class Replay:
    """Makes the recorded choices again: `log` holds [candidates, chosen index] for every choice.

    `strict` asks that each list of candidates be the recorded one, order included; without it the
    recorded candidate is returned whatever the list (scale names have no order of their own).
    """

    def __init__(
        self, log: Sequence[tuple[Sequence[Candidate], int] | list], *, strict: bool = True
    ) -> None:
        self._log = list(log)
        self._strict = strict
        self._made = 0

    @property
    def left(self) -> int:
        """How many recorded choices have not been asked for."""
        return len(self._log) - self._made

    def __call__(self, candidates: Sequence[Candidate]) -> Candidate:
        if not self.left:
            raise ModelError(
                f"Cannot replay choice {self._made + 1} of {list(candidates)}: "
                f"the record holds {len(self._log)}."
            )
        recorded, index = self._log[self._made]
        if self._strict and list(recorded) != list(candidates):
            raise ModelError(
                f"Cannot replay choice {self._made + 1}: the candidates are {list(candidates)}, "
                f"the record has {list(recorded)}."
            )
        self._made += 1
        chosen: Candidate = recorded[index]
        return chosen
