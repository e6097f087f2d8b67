"""Solos to quote from, and a matcher that knows nothing of hashes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from improv.music.transcription import Heard, Transcription

Line = list[tuple[int, int]]
"""(onset in steps, pitch) of each note."""


def transcription(
    line: Sequence[tuple[int, int]], performer="Nobody", title="Nothing", sections=(), beats=4
) -> Transcription:
    notes = tuple(Heard(onset, 1, pitch) for onset, pitch in line)
    return Transcription(
        f"{performer} {title}", title, performer, "", "", "", 120.0, "", beats, (), sections, notes
    )


def line_of(solo: Transcription) -> Line:
    return [(note.onset_step, note.pitch) for note in solo.notes]


def random_line(rng: np.random.Generator, notes: int, ioi_steps=(3, 4, 6, 12), step=4) -> Line:
    """Notes within three octaves."""
    onset, pitch, line = 0, 60, []
    for _ in range(notes):
        line.append((onset, pitch))
        onset += int(rng.choice(ioi_steps))
        interval = int(rng.integers(-step, step + 1))
        pitch += interval if 42 <= pitch + interval <= 78 else -interval
    return line


def transposed(line: Line, semitones: int, steps: int = 0) -> Line:
    return [(onset + steps, pitch + semitones) for onset, pitch in line]


class BruteForce:
    """Compares every note with every note of a corpus: which run ends there."""

    def __init__(self, solos: Sequence[Transcription]) -> None:
        self.owners: list[Transcription] = []
        intervals, iois = [], []
        for solo in solos:
            # Before its first note a solo has a move that nobody can make: no run crosses it.
            intervals.append([1000, *np.diff([note.pitch for note in solo.notes])])
            iois.append([-1, *np.diff([note.onset_step for note in solo.notes])])
            self.owners += [solo] * len(solo.notes)
        self._intervals = np.concatenate(intervals)
        self._iois = np.concatenate(iois)

    def follow(self, line: Sequence[tuple[int, int]]) -> Iterator[np.ndarray]:
        """After each note: (notes of the corpus,) how many notes of the run that ends at each, at least 1."""
        moves = np.zeros(len(self.owners), np.int64)
        yield moves + 1
        for (before, from_pitch), (onset, pitch) in pairwise(line):
            same = (self._intervals == pitch - from_pitch) & (self._iois == onset - before)
            moves = np.where(same, np.concatenate(([0], moves[:-1])) + 1, 0)
            yield moves + 1

    def longest(self, line: Sequence[tuple[int, int]]) -> list[int]:
        """After each note: notes of the longest run that ends with it."""
        return [int(runs.max()) for runs in self.follow(line)]
