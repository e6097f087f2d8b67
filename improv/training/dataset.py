"""Cut encoded solos into windows, so that a cell can be trained on many at once.

Input -> output:  EncodedSequences  ->  a Table of all tokens and, each epoch, Batches of windows

Several *lanes* run side by side, each through one solo after another, a *window* of steps at a
time. The LSTM state is carried from window to window as it is live, and starts from zero where a
solo (or, in a long one, a segment) starts; there the inputs show no previous token either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.errors import CorpusError

SEGMENT_WINDOWS = 8
"""Windows a lane follows one solo before it may be cut: balances the lanes, keeps long contexts."""


@dataclass(frozen=True)
class EncodedSequence:
    """One solo as the cell sees it: at step i the inputs `inputs[i]` are on, `targets[i]` comes."""

    inputs: list[list[int]]
    targets: list[int]


@dataclass(frozen=True)
class Table:
    """All steps of all sequences, end to end."""

    inputs: NDArray[np.uint8]  # (steps, n_inputs), multi-hot
    targets: NDArray[np.int32]  # (steps,)
    spans: tuple[tuple[int, int], ...]  # first and one past the last step of each sequence


@dataclass(frozen=True)
class Batch:
    """One window of every lane."""

    steps: NDArray[np.int32]  # (lanes, window) row of the table; 0 where there is none
    weights: NDArray[np.float32]  # (lanes, window) 1, or 0 where there is no step
    keep: NDArray[np.float32]  # (lanes, 1) 1 to carry the state on, 0 to start from zero


def build_table(sequences: Sequence[EncodedSequence], n_inputs: int, n_outputs: int) -> Table:
    """Put the sequences into one table; raise ValueError where an id is out of range."""
    total = sum(len(sequence.targets) for sequence in sequences)
    inputs = np.zeros((total, n_inputs), np.uint8)
    targets = np.zeros(total, np.int32)
    spans = []
    row = 0
    for number, sequence in enumerate(sequences):
        if len(sequence.inputs) != len(sequence.targets):
            raise ValueError(
                f"Sequence {number} has {len(sequence.inputs)} inputs for"
                f" {len(sequence.targets)} targets: expected as many."
            )
        start = row
        for active, target in zip(sequence.inputs, sequence.targets, strict=True):
            if not 0 <= target < n_outputs or any(not 0 <= i < n_inputs for i in active):
                raise ValueError(
                    f"Sequence {number}, step {row - start}: inputs {active} or target {target} out"
                    f" of range: expected 0..{n_inputs - 1} and 0..{n_outputs - 1}."
                )
            inputs[row, active] = 1
            targets[row] = target
            row += 1
        spans.append((start, row))
    return Table(inputs, targets, tuple(spans))


def check_size(sequences: Sequence[EncodedSequence], window: int) -> None:
    """Raise CorpusError if no sequence fills even one window."""
    longest = max((len(sequence.targets) for sequence in sequences), default=0)
    if longest < window:
        raise CorpusError(
            f"The corpus is too small for its window: its longest solo has {longest} tokens, fewer"
            f" than the window of {window}; add longer solos."
        )


def split_held_out(
    count: int, share: float, rng: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Split sequences 0..count-1, whole, into those to train on and those held out to validate.

    At least one is held out, but none where there are fewer than five: they are needed.
    """
    held = min(count - 1, max(1, round(share * count))) if count >= 5 and share > 0.0 else 0
    order = rng.permutation(count)
    return sorted(int(i) for i in order[held:]), sorted(int(i) for i in order[:held])


def batches(
    table: Table,
    chosen: Sequence[int],
    *,
    window: int,
    lanes: int,
    rng: np.random.Generator | None,
) -> list[Batch]:
    """Lay the chosen sequences out over `lanes`, shuffled by `rng` (None: in order, uncut)."""
    segments = list(_segments(table, chosen, window, cut=rng is not None))
    if rng is not None:
        segments = [segments[int(i)] for i in rng.permutation(len(segments))]
    queues: list[list[tuple[int, int, bool]]] = [[] for _ in range(lanes)]
    for start, end in segments:
        shortest = min(queues, key=len)
        for first in range(start, end, window):
            shortest.append((first, min(first + window, end), first == start))
    return [_batch(queues, turn, window) for turn in range(max(len(queue) for queue in queues))]


def _segments(
    table: Table, chosen: Sequence[int], window: int, *, cut: bool
) -> Iterator[tuple[int, int]]:
    for number in chosen:
        start, end = table.spans[number]
        length = SEGMENT_WINDOWS * window if cut else max(end - start, 1)
        for first in range(start, end, length):
            yield first, min(first + length, end)


def _batch(queues: Sequence[Sequence[tuple[int, int, bool]]], turn: int, window: int) -> Batch:
    steps = np.zeros((len(queues), window), np.int32)
    weights = np.zeros((len(queues), window), np.float32)
    keep = np.ones((len(queues), 1), np.float32)
    for lane, queue in enumerate(queues):
        if turn < len(queue):
            first, end, is_start = queue[turn]
            steps[lane, : end - first] = np.arange(first, end)
            weights[lane, : end - first] = 1.0
            keep[lane] = 0.0 if is_start else 1.0
    return Batch(steps, weights, keep)
