"""Choosers for tests of the course's decoder: fixed rules, and records of choices that are made again."""

from __future__ import annotations

from collections.abc import Sequence

from improv.course.choose import Candidate, Chooser


def first(candidates: Sequence[Candidate]) -> Candidate:
    """Always the first candidate."""
    return candidates[0]


def last(candidates: Sequence[Candidate]) -> Candidate:
    """Always the last candidate."""
    return candidates[-1]


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
            raise AssertionError(
                f"Cannot replay choice {self._made + 1} of {list(candidates)}: "
                f"the record holds {len(self._log)}."
            )
        recorded, index = self._log[self._made]
        if self._strict and list(recorded) != list(candidates):
            raise AssertionError(
                f"Cannot replay choice {self._made + 1}: the candidates are {list(candidates)}, "
                f"the record has {list(recorded)}."
            )
        self._made += 1
        chosen: Candidate = recorded[index]
        return chosen
