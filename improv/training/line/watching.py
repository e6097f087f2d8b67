"""The listener that is told how a training goes. Imports nothing heavy: a bar is shown before the work
begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from improv.corpus.reading import Dropped
    from improv.training.line.fit import Score


class Watcher:
    """A listener that shows nothing."""

    def stage(self, name: str, length: int) -> None:
        """A stage begins that has `length` parts; 0: unknown."""

    def reach(self, done: int) -> None:
        """This much of the stage is done."""

    def leave_out(self, dropped: Sequence[Dropped]) -> None:
        """These files and solos are not trained on."""

    def lines(self, markov: float, steps: int) -> None:
        """Training begins, of so many steps at most; the Markov baseline is the line to beat."""

    def step(self, step: int, loss: float, score: Score | None) -> None:
        """A step of training is done."""

    def say(self, sentence: str) -> None:
        """Something that the user should know."""
