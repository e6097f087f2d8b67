"""Where the notes of a phrase fall, in steps (twelve to the beat).

A phrase of running eighths is written beat by beat from the figures below; a motif is one short
figure that is said two or three times, with a breath after each.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from etudes import STEPS_PER_BEAT

T = TypeVar("T")

# One beat's figure -> its weight. A figure without 0 leaves the beat to the note before it.
FIGURES: dict[str, Mapping[tuple[int, ...], float]] = {
    "running": {
        (0, 6): 80, (0, 4, 8): 7, (0,): 3.5, (6,): 4.5, (0, 6, 9): 1.2, (0, 3, 6): 1.2,
    },
    "broken": {
        (0, 6): 44, (0, 4, 8): 5, (0,): 22, (6,): 24, (): 5,
    },
    "blues": {
        (0, 6): 50, (0, 4, 8): 15, (0,): 14, (6,): 15, (0, 8): 3, (0, 3, 6): 2, (): 3,
    },
    "sung": {
        (0, 6): 26, (0,): 30, (6,): 18, (): 16, (0, 4, 8): 7, (0, 8): 3,
    },
    "ballad": {
        (0, 6): 30, (0, 4, 8): 15, (0, 3, 6, 9): 14, (0,): 15, (): 7, (0, 6, 9): 7, (6,): 6, (0, 3, 6): 4,
    },
    "double": {
        (0, 3, 6, 9): 74, (0, 6): 12, (0, 6, 9): 8, (0, 4, 8): 6,
    },
}  # fmt: skip

# Rhythms of two to seven notes for motifs: onsets from the motif's first beat, and its length in
# beats before it comes again.
MOTIFS: tuple[tuple[tuple[int, ...], int], ...] = (
    ((6, 12, 18, 30), 4),
    ((0, 6, 18), 3),
    ((0, 12, 18, 30), 4),
    ((6, 12, 18, 24, 30), 4),
    ((0, 4, 8, 12, 24), 4),
    ((6, 18, 24), 4),
    ((0, 6, 12, 30), 4),
    ((0, 18), 2),
    ((0, 6, 12), 3),
    ((12, 18, 24, 28, 32, 36), 8),
    ((0, 12, 24, 30, 36, 42), 8),
    ((6, 12, 18, 24, 30, 42), 8),
    ((0, 6, 12, 18, 24, 42), 8),
    ((18, 24, 30, 36, 42), 8),
    ((0, 18, 24, 30, 42), 8),
    ((0, 8, 12, 24, 30), 4),
    ((6, 12, 16, 20, 24), 4),
    ((0, 6, 12, 16, 20, 24), 4),
    ((6, 12, 24, 30, 36), 8),
    ((0, 24, 30, 36), 8),
    ((6, 9, 12, 18, 30), 4),
    ((0, 6, 9, 12), 4),
    ((18, 30, 36, 42), 4),
    ((6, 18, 30, 36), 8),
)


def pick(rng: np.random.Generator, weights: Mapping[T, float]) -> T:
    """One key of `weights`, drawn by its weight."""
    at = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        at -= weight
        if at < 0:
            return key
    return list(weights)[-1]


def running(rng: np.random.Generator, figures: str, start: int, end: int) -> list[int]:
    """Onsets from `start` to `end` (both have a note), one figure a beat, in steps."""
    onsets = [start]
    before: tuple[int, ...] | None = None
    weights = FIGURES[figures]
    for beat in range(start // STEPS_PER_BEAT, end // STEPS_PER_BEAT + 1):
        origin = beat * STEPS_PER_BEAT
        figure = pick(rng, weights)
        if origin < start:  # the pick-up's own beat: eighths to the barline, or the figure's rest
            figure = (6, 9) if figures in ("double", "ballad") and rng.random() < 0.4 else (6,)
        elif figure == before and figure not in ((0, 6), (0, 3, 6, 9)):
            figure = (0, 6)  # a colour loses its charm when it comes twice at once
        elif before in ((6,), ()) and 0 not in figure:
            figure = (0, 6)
        before = figure
        onsets += [origin + step for step in figure if start < origin + step < end]
    if end > start:
        if end % STEPS_PER_BEAT == 6:  # the phrase says "be-bop": two eighths and out
            onsets = [onset for onset in onsets if not end - 6 < onset]
            if end - 6 > onsets[-1]:
                onsets.append(end - 6)
        onsets.append(end)
    return onsets


def motif(rng: np.random.Generator, times: int) -> list[list[int]]:
    """A motif said `times` times: onsets of each saying from the first one's beat."""
    steps, beats = MOTIFS[int(rng.integers(len(MOTIFS)))]
    if times > 2 and beats == 8:
        times = 2
    said = [[again * beats * STEPS_PER_BEAT + step for step in steps] for again in range(times)]
    if times > 2 and rng.random() < 0.5:  # the last saying is cut short or runs on
        said[-1] = said[-1][: max(2, len(said[-1]) - 1)]
    return said


def durations(onsets: list[int], last: int, rng: np.random.Generator) -> list[int]:
    """How long each note sounds, in steps: legato, a gap of over a beat is a rest, some notes short.

    `last` is the length of the last note.
    """
    lengths = []
    for onset, following in itertools.pairwise(onsets):
        gap = following - onset
        length = gap
        if gap >= 24:
            length = int(rng.choice([6, 12, 18, gap], p=[0.12, 0.16, 0.22, 0.5]))
        elif gap >= 12:
            roll = rng.random()
            length = 6 if roll < 0.22 else gap
            if gap == 18 and 0.22 <= roll < 0.5:
                length = 12
        elif gap == 6 and rng.random() < 0.05:
            length = 3  # staccato
        lengths.append(length)
    return [*lengths, last]
