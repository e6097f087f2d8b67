"""Two LSTM layers that take turns within one token, in NumPy: the fast path of the cell of grammar "line".

Input -> output:  active inputs, who plays, state  ->  answers of the heads, new state

    first    embedding of the inputs, who  ->  LSTM  ->  heads
    second   the first's h, embedding of the inputs, who  ->  LSTM  ->  heads

As in `improv.cell.step` the product of one-hot inputs with weights is a sum of rows. Here a row is an input's
embedding times its part of the kernel, worked out once when the cell is made: no embedding is looked up while
it plays.

k lines can be stepped at once: `inputs`, `who` and state with a leading axis k (`together`) give answers that
have one. The weights are read once for all of them then, but their products are summed in another order, so
that an answer may differ in the last bits from that of its line alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Inputs = Sequence[int] | NDArray[np.intp]
"""One value a block."""
_HALF = np.float32(0.5)


@dataclass(frozen=True)
class StageWeights:
    """One of the two as Keras stores it, float32; gates in the order i, f, c, o."""

    embedding: Floats  # (inputs, width)
    blocks: int  # inputs that are on at a time, one a block
    kernel: Floats  # (below + blocks * width + width of who, 4 * units)
    recurrent: Floats  # (units, 4 * units)
    bias: Floats  # (4 * units,)
    heads: Floats  # (units, outputs)
    heads_bias: Floats  # (outputs,)


class PairState(NamedTuple):
    """h and c of both, each (units,). A value: keep it, step it again."""

    first_h: Floats
    first_c: Floats
    second_h: Floats
    second_c: Floats


class Who(NamedTuple):
    """What a label adds to the gates of both, (4 * units,) each."""

    first: Floats
    second: Floats


_Arrays = TypeVar("_Arrays", PairState, Who)


def together(lines: Sequence[_Arrays]) -> _Arrays:
    """States, or labels made ready, of k lines as one with a leading axis k."""
    return type(lines[0])(*map(np.array, zip(*lines, strict=True)))


def apart(lines: _Arrays) -> list[_Arrays]:
    """The k that `together` was given, or what they have become; they share its arrays."""
    return [type(lines)(*line) for line in zip(*lines, strict=True)]


def _reordered(array: Floats, units: int) -> Floats:
    """Gates i, f, c, o along the last axis as i, f, o, c, all but the last halved."""
    found = np.empty(array.shape, np.float32)
    np.multiply(array[..., : 2 * units], _HALF, found[..., : 2 * units])
    np.multiply(array[..., 3 * units :], _HALF, found[..., 2 * units : 3 * units])
    found[..., 3 * units :] = array[..., 2 * units : 3 * units]
    return found


class _Stage:
    """One LSTM layer with its heads, gates reordered to i, f, o, g and i, f, o halved (see cell.step)."""

    def __init__(self, weights: StageWeights, block_starts: Sequence[int], below: int) -> None:
        units = weights.recurrent.shape[0]
        width = weights.embedding.shape[1]
        kernel = _reordered(weights.kernel, units)
        self.units = units
        self._i, self._f, self._o, self._g, self._ifo = (
            (..., slice(start * units, end * units))
            for start, end in ((0, 1), (1, 2), (2, 3), (3, 4), (0, 3))
        )
        self.recurrent = _reordered(weights.recurrent, units)
        self.below = kernel[:below]
        self.bias = _reordered(weights.bias, units)
        ends = [*block_starts[1:], weights.embedding.shape[0]]
        self.rows = np.empty((weights.embedding.shape[0], 4 * units), np.float32)
        for block, (start, end) in enumerate(zip(block_starts, ends, strict=True)):
            part = kernel[below + block * width : below + (block + 1) * width]
            np.matmul(weights.embedding[start:end], part, self.rows[start:end])
        self.who = kernel[below + weights.blocks * width :]
        self.heads = np.ascontiguousarray(weights.heads, np.float32)
        self.heads_bias = weights.heads_bias.astype(np.float32)

    def step(self, inputs: NDArray[np.intp], gates: Floats, c: Floats) -> tuple[Floats, Floats]:
        """New h and c; `gates` holds what comes from elsewhere and is overwritten."""
        gates += np.add.reduce(self.rows.take(inputs, 0), -2)
        np.tanh(gates, gates)
        sigmoids = gates[self._ifo]
        sigmoids *= _HALF
        sigmoids += _HALF
        new_c: Floats = gates[self._f] * c
        gated = gates[self._i]
        gated *= gates[self._g]
        new_c += gated
        new_h: Floats = np.tanh(new_c)
        new_h *= gates[self._o]
        return new_h, new_c

    def answer(self, h: Floats) -> Floats:
        """(..., outputs) of the heads."""
        answer: Floats = h.dot(self.heads)
        answer += self.heads_bias
        return answer


class PairCell:
    """Both stages, and small tables of the cell that the grammar asks for by name. Steps are pure."""

    def __init__(
        self,
        first: StageWeights,
        second: StageWeights,
        who: Floats,
        tables: dict[str, Floats],
        block_starts: tuple[Sequence[int], Sequence[int]],
    ) -> None:
        """`who` is (labels, width); `block_starts` where each block of inputs begins, of both stages.

        Raises ValueError where the arrays do not fit each other.
        """
        _check(first, who, 0, block_starts[0], "first")
        _check(second, who, first.recurrent.shape[0], block_starts[1], "second")
        self._first = _Stage(first, block_starts[0], 0)
        self._second = _Stage(second, block_starts[1], self._first.units)
        self._starts = tuple(np.array(starts, np.intp) for starts in block_starts)
        self._who = who.astype(np.float32)
        self.tables = tables
        self.units = (self._first.units, self._second.units)
        self.n_inputs = (first.embedding.shape[0], second.embedding.shape[0])
        self.n_outputs = (first.heads.shape[1], second.heads.shape[1])
        self.n_labels = int(who.shape[0])

    def initial_state(self) -> PairState:
        """Before the first token: zeros, as in training."""
        first, second = self.units
        return PairState(*(np.zeros(n, np.float32) for n in (first, first, second, second)))

    def is_finite(self) -> bool:
        """Whether the first answers are numbers; where weights overflow they are not."""
        first, second = (np.zeros(len(starts), np.intp) for starts in self._starts)
        with np.errstate(all="ignore"):
            who = self.who(np.zeros(self.n_labels))
            answer, state = self.first(first, who, self.initial_state())
            other, _ = self.second(second, who, state)
        return bool(np.isfinite(answer).all() and np.isfinite(other).all())

    def hidden(self, state: PairState) -> tuple[Floats, Floats]:
        """h of both stages, (units,) each."""
        return state.first_h, state.second_h

    def who(self, label: NDArray[np.floating]) -> Who:
        """What a label, a vector of shares (n_labels,), adds; worked out once, for many steps."""
        if label.shape != (self.n_labels,):
            raise ValueError(f"A label of shape {label.shape}, expected ({self.n_labels},).")
        embedded: Floats = label.astype(np.float32) @ self._who
        return Who(
            np.asarray(self._first.bias + embedded @ self._first.who, np.float32),
            np.asarray(self._second.bias + embedded @ self._second.who, np.float32),
        )

    def first(self, inputs: Inputs, who: Who, state: PairState) -> tuple[Floats, PairState]:
        """Answers of the first stage and the state after it; `inputs` is one value a block."""
        gates = who.first + state.first_h.dot(self._first.recurrent)
        h, c = self._first.step(self._starts[0] + inputs, gates, state.first_c)
        return self._first.answer(h), PairState(h, c, state.second_h, state.second_c)

    def second(self, inputs: Inputs, who: Who, state: PairState) -> tuple[Floats, PairState]:
        """Answers of the second stage, which sees the first's h, and the state after it."""
        gates = state.first_h.dot(self._second.below)
        gates += who.second
        gates += state.second_h.dot(self._second.recurrent)
        h, c = self._second.step(self._starts[1] + inputs, gates, state.second_c)
        return self._second.answer(h), PairState(state.first_h, state.first_c, h, c)


def _check(
    weights: StageWeights, who: Floats, below: int, block_starts: Sequence[int], name: str
) -> None:
    units = weights.recurrent.shape[0]
    width = weights.embedding.shape[1]
    found = (
        weights.kernel.shape,
        weights.recurrent.shape,
        weights.bias.shape,
        weights.heads.shape[0],
        weights.heads_bias.shape,
        weights.blocks,
    )
    expected = (
        (below + weights.blocks * width + who.shape[1], 4 * units),
        (units, 4 * units),
        (4 * units,),
        units,
        (weights.heads.shape[1],),
        len(block_starts),
    )
    if found != expected:
        raise ValueError(f"The {name} stage has shapes {found}, expected {expected}.")
    rows = weights.embedding.shape[0]
    if block_starts[-1] >= rows:
        raise ValueError(
            f"A block of the {name} stage begins at {block_starts[-1]}: expected below {rows}."
        )
