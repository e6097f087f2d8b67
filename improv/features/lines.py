"""Several stretches of lines side by side, so that what is counted is counted in all of them at once.

Input -> output:  [Notes]  ->  Lines, whose arrays have a row each
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from improv.features.counting import LEAST_WIDTH, Flags, Rows
from improv.features.notes import Integers, Notes
from improv.music.note import STEPS_PER_BEAT

REST_STEPS = STEPS_PER_BEAT
"""The silence that ends a phrase (docs/musical-measures.md says why)."""


class Lines(Rows):
    """k stretches. The arrays are those of `Notes`, (k, width); beyond a row's own notes they say nothing.

    `bar_steps` is (k, 1), `tempo_bpm` (k,).
    """

    def __init__(self, stretches: Sequence[Notes]) -> None:
        counts = np.array([len(notes) for notes in stretches], np.int64)
        super().__init__(counts, int(counts.max(initial=LEAST_WIDTH)))
        rows = np.zeros((5, len(counts), self.width), np.int64)
        for at, notes in enumerate(stretches):
            parts = (notes.onset, notes.end, notes.pitch, notes.degree, notes.role)
            rows[:, at, : len(notes)] = parts
        self.onset, self.end, self.pitch, self.degree, self.role = rows
        self.bar_steps = np.array([notes.bar_steps for notes in stretches], np.int64)[:, None]
        self.tempo_bpm = np.array([notes.tempo_bpm for notes in stretches], np.float64)
        self.duration: Integers = np.maximum(self.end - self.onset, 1)
        """(k, width) how long each sounds."""
        self.ioi: Integers = np.maximum(np.diff(self.onset), 1)
        """(k, width - 1) from each onset to the next."""
        self.interval: Integers = np.diff(self.pitch)
        """(k, width - 1) semitones to the next note."""
        self.gap: Integers = self.onset[:, 1:] - self.end[:, :-1]
        """(k, width - 1) of silence after each."""

    def heads(self) -> Flags:
        """(k, width) whether a phrase begins with it."""
        found = np.ones((len(self.counts), self.width), bool)
        np.greater_equal(self.gap, REST_STEPS, out=found[:, 1:])
        found &= self.there(found)
        return found

    def bars(self) -> tuple[Integers, Integers]:
        """(k, width) in which bar each begins, from the first note's on, and (k,) how many bars that is."""
        bar = self.onset // self.bar_steps
        bar -= bar[:, :1]
        counts = np.where(self.there(bar), bar, -1).max(1) + 1
        return np.where(self.there(bar), bar, 0), counts
