"""Encoded solos end to end, and the batches that are cut from them.

Input -> output:  EncodedLines  ->  a LineTable; each step of training a Batch of windows

Several *lanes* run side by side, each through one solo after another, a *window* of tokens at a time. State
is carried from window to window as it is live, and starts from zero where a solo, or a segment of a long one,
starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.grammar.line.encode import EncodedLine, Remembered
from improv.grammar.line.inputs import MELODY, MELODY_COLUMNS, RHYTHM, RHYTHM_COLUMNS, first_inputs

SEGMENT_WINDOWS = 8
"""How many windows a lane follows one solo before it may be cut: it balances the lanes and keeps long
contexts."""


@dataclass(frozen=True)
class LineTable:
    """All tokens of all solos, end to end; columns as in EncodedLine."""

    melody: NDArray[np.int32]  # on the number line of inputs: block starts added
    rhythm: NDArray[np.int32]
    views: NDArray[np.int32]
    pitches: NDArray[np.int32]
    waits: NDArray[np.int32]
    lengths: NDArray[np.int32]
    loudness: NDArray[np.int32]
    bars: NDArray[np.int32]
    scored: NDArray[
        np.float32
    ]  # 1 where the pitch counts in the protocol (not a solo's first note)
    melody_memory: Remembered
    rhythm_memory: Remembered
    spans: tuple[tuple[int, int], ...]
    labels: NDArray[np.float32]  # (solos, 3, label size)


@dataclass(frozen=True)
class Batch:
    """One window of every lane. L lanes, T tokens."""

    rows: NDArray[np.int32]  # (L, T) rows of the table, 0 where there is none
    weights: NDArray[np.float32]  # (L, T)
    keep: NDArray[np.float32]  # (L, 1) 0 where a lane begins anew
    shift: NDArray[np.int32]  # (L,) semitones that absolute pitch is moved by
    label: NDArray[np.float32]  # (L, label size)


def build_table(
    lines: Sequence[EncodedLine], labels: Sequence[tuple[NDArray[np.float32], ...]]
) -> LineTable:
    """Put the solos into one table."""
    spans, row = [], 0
    for line in lines:
        spans.append((row, row + len(line.tokens)))
        row += len(line.tokens)

    def all_of(name: str) -> NDArray[np.int32]:
        return np.concatenate([getattr(line, name) for line in lines]).astype(np.int32)

    scored = np.ones(row, np.float32)
    for start, _ in spans:
        scored[start : start + 2] = 0.0
    return LineTable(
        melody=all_of("melody") + np.array(first_inputs(MELODY), np.int32),
        rhythm=all_of("rhythm") + np.array(first_inputs(RHYTHM), np.int32),
        views=all_of("views"),
        pitches=all_of("pitches"),
        waits=all_of("waits"),
        lengths=all_of("lengths"),
        loudness=all_of("loudness"),
        bars=all_of("bars"),
        scored=scored,
        melody_memory=_joined([line.melody_memory for line in lines]),
        rhythm_memory=_joined([line.rhythm_memory for line in lines]),
        spans=tuple(spans),
        labels=np.array([np.stack(parts) for parts in labels], np.float32),
    )


def _joined(parts: Sequence[Remembered]) -> Remembered:
    starts = [np.zeros(1, np.int64)]
    place = 0
    for part in parts:
        starts.append(part.starts[1:].astype(np.int64) + place)
        place += int(part.starts[-1])
    return Remembered(
        np.concatenate(starts).astype(np.int32),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.sureness for part in parts]),
    )


def dense(memory: Remembered, rows: NDArray[np.int32], columns: int) -> NDArray[np.float32]:
    """(rows, columns) of what a memory answers at these rows of the table."""
    starts, ends = memory.starts[rows], memory.starts[rows + 1]
    counts = ends - starts
    total = int(counts.sum())
    at = np.repeat(np.arange(len(rows)), counts)
    # Where each entry is: its row's start, and how far into the row it is.
    within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    entries = np.repeat(starts, counts) + within
    answer = np.zeros((len(rows), columns), np.float32)
    answer[at, memory.columns[entries]] = memory.values[entries]
    return answer


def melody_dense(table: LineTable, rows: NDArray[np.int32]) -> NDArray[np.float32]:
    """(rows, MELODY_COLUMNS)."""
    return dense(table.melody_memory, rows, MELODY_COLUMNS)


def rhythm_dense(table: LineTable, rows: NDArray[np.int32]) -> NDArray[np.float32]:
    """(rows, RHYTHM_COLUMNS)."""
    return dense(table.rhythm_memory, rows, RHYTHM_COLUMNS)


@dataclass(frozen=True)
class Settings:
    """How windows are cut and what is varied."""

    lanes: int = 48
    window: int = 80
    shift: int = 6  # absolute pitch is moved by up to so many semitones either way
    label_kept: tuple[float, float, float] = (0.5, 0.5, 0.8)  # player, style, feel


class Lanes:
    """Endless shuffled batches of the chosen solos. Its whole state is `state()`: a run can be resumed."""

    def __init__(
        self, table: LineTable, chosen: Sequence[int], settings: Settings, seed: int
    ) -> None:
        self._table, self._chosen, self._settings = table, tuple(chosen), settings
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._queue: list[tuple[int, int, int]] = []
        lanes = settings.lanes
        self._now = [(0, 0, 0)] * lanes  # solo, next row, end
        self._shift = np.zeros(lanes, np.int32)
        self._label = np.zeros((lanes, table.labels.shape[2]), np.float32)

    def state(self) -> dict[str, Any]:
        """Everything that the next batches depend on, as plain values."""
        return {
            "rng": self._rng.bit_generator.state,
            "queue": [list(map(int, item)) for item in self._queue],
            "now": [list(map(int, item)) for item in self._now],
            "shift": self._shift.tolist(),
            "label": self._label.tolist(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state()`. Raises ValueError, KeyError or TypeError for what is none."""
        queue, now = (
            [(int(solo), int(row), int(end)) for solo, row, end in state[name]]
            for name in ("queue", "now")
        )
        shift = np.array(state["shift"], np.int32)
        label = np.array(state["label"], np.float32)
        rows, solos = len(self._table.pitches), len(self._table.labels)
        if (len(now), shift.shape, label.shape) != (
            len(self._now),
            self._shift.shape,
            self._label.shape,
        ) or not all(
            0 <= solo < solos and 0 <= row and 0 <= end <= rows for solo, row, end in (*queue, *now)
        ):
            raise ValueError("This is the state of other lanes.")
        self._rng.bit_generator.state = state["rng"]
        self._queue, self._now, self._shift, self._label = queue, now, shift, label

    def next(self) -> Batch:
        """The next window of every lane."""
        lanes, window = self._settings.lanes, self._settings.window
        rows = np.zeros((lanes, window), np.int32)
        weights = np.zeros((lanes, window), np.float32)
        keep = np.ones((lanes, 1), np.float32)
        for lane in range(lanes):
            solo, row, end = self._now[lane]
            if row >= end:
                solo, row, end = self._next_segment()
                keep[lane] = 0.0
                self._shift[lane] = self._rng.integers(
                    -self._settings.shift, self._settings.shift + 1
                )
                kept = self._rng.random(3) < self._settings.label_kept
                self._label[lane] = self._table.labels[solo][kept].sum(0)
            n = min(window, end - row)
            rows[lane, :n] = np.arange(row, row + n)
            weights[lane, :n] = 1.0
            self._now[lane] = (solo, row + window, end)
        return Batch(rows, weights, keep, self._shift.copy(), self._label.copy())

    def _next_segment(self) -> tuple[int, int, int]:
        if not self._queue:
            longest = SEGMENT_WINDOWS * self._settings.window
            for solo in self._chosen:
                start, end = self._table.spans[solo]
                while end - start > longest * 1.3:
                    self._queue.append((solo, start, start + longest))
                    start += longest
                self._queue.append((solo, start, end))
            order = self._rng.permutation(len(self._queue))
            self._queue = [self._queue[int(i)] for i in order]
        return self._queue.pop()


def whole_solos(table: LineTable, chosen: Sequence[int], window: int) -> list[Batch]:
    """The chosen solos side by side from beginning to end, unvaried; of the label only the feel is given."""
    longest = max(table.spans[solo][1] - table.spans[solo][0] for solo in chosen)
    batches = []
    label = table.labels[list(chosen), 2]
    for first in range(0, longest, window):
        rows = np.zeros((len(chosen), window), np.int32)
        weights = np.zeros((len(chosen), window), np.float32)
        for lane, solo in enumerate(chosen):
            start, end = table.spans[solo]
            n = max(0, min(window, end - start - first))
            rows[lane, :n] = np.arange(start + first, start + first + n)
            weights[lane, :n] = 1.0
        keep = np.full((len(chosen), 1), float(first > 0), np.float32)
        batches.append(Batch(rows, weights, keep, np.zeros(len(chosen), np.int32), label))
    return batches
