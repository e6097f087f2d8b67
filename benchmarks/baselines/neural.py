"""Plain networks as listeners: what they are shown, and one step of each in NumPy.

    columns of what was heard ── embeddings ──> body ──> state ──> ioi classes
                                                           └─ with where the note falls ──> pitches

The body is one or more LSTM layers, or a causal transformer that looks back over the last 128 notes. Pitch
scores are the sum of three outputs: absolute, relative to the pitch before, relative to the chord's root.
`baselines.training` makes the weights; `shapes` names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.evaluation.baselines.hearing import NONE, PITCH_AT, RHYTHM_AT, Hearing
from improv.evaluation.protocol import IOI_CLASSES, PITCHES, Probabilities
from improv.music.transcription import Transcription

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]

WIDEST = 44
"""Intervals beyond are scored as this one."""
LOOK_BACK = 128

_SIZES = {
    **dict.fromkeys(("i1", "i2"), 2 * WIDEST + 2),
    **dict.fromkeys(("r0", "r1", "r2"), IOI_CLASSES + 1),
    **dict.fromkeys(("qual", "nqual"), 16),
    **dict.fromkeys(("deg", "d1", "d2", "nmot", "k1"), 13),
    **{"p1": PITCHES, "pos": 96, "bar4": 4, "tch": 14, "art": 9, "tempo": 10, "phn": 32, "pht": 17},
}


def index_of(column: str, values: NDArray[np.int32]) -> NDArray[np.int32]:
    """The values of a column as indices 0 .. size - 1 of its embedding."""
    size = _SIZES[column]
    if column.startswith("i"):
        shifted = np.clip(values, -WIDEST, WIDEST) + WIDEST
        return np.where(values == NONE, size - 1, shifted).astype(np.int32)
    return np.where(values == NONE, size - 1, np.clip(values, 0, size - 1)).astype(np.int32)


@dataclass(frozen=True)
class Network:
    """What a network is made of."""

    body: str
    """"lstm" or "transformer"."""
    units: tuple[int, ...]
    """Of each layer; for a transformer all the same."""
    inputs: tuple[str, ...]
    """Columns of RHYTHM that the body is shown."""
    context: tuple[str, ...]
    """Columns of PITCH that the pitch is chosen by, beside the state."""
    embedding: int = 16
    hidden: int = 256
    heads: int = 8

    @property
    def input_sizes(self) -> list[int]:
        """Of each input column."""
        return [_SIZES[name] for name in self.inputs]

    @property
    def context_sizes(self) -> list[int]:
        """Of each context column."""
        return [_SIZES[name] for name in self.context]

    def input_indices(self, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        """(n, inputs) places in the common table of embeddings."""
        return _indices(self.inputs, RHYTHM_AT, rows)

    def context_indices(self, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        """(n, context) places in the common table of embeddings."""
        return _indices(self.context, PITCH_AT, rows)


def _indices(
    names: tuple[str, ...], at: Mapping[str, int], rows: NDArray[np.int32]
) -> NDArray[np.int32]:
    starts = np.cumsum([0, *(_SIZES[name] for name in names[:-1])])
    found = np.empty((len(rows), len(names)), np.int32)
    for number, (name, start) in enumerate(zip(names, starts, strict=True)):
        found[:, number] = index_of(name, rows[:, at[name]]) + start
    return found


PLAIN = Network("lstm", (256, 256), ("r1", "i1", "p1"), ("r0",), embedding=32)
"""A plain LSTM: shown what was played and nothing else, chords only in how a pitch is said."""

PLACED = Network("lstm", (256, 256), ("r1", "i1", "p1", "pos"), ("r0", "pos"), embedding=32)
"""The same, told the place in the bar; it can count that out for itself, but not soon."""

# What a transformer sees of the chord now and next and of the place in the bar, as the best plain cell does.
_SEEN = (
    *("p1", "i1", "deg", "r1", "art", "pos", "bar4", "qual", "nmot", "nqual", "tch", "tempo"),
    *("phn", "pht"),
)
_FALLS_ON = ("r0", "pos", "bar4", "qual", "d1", "nmot", "nqual", "tch", "tempo", "i1", "k1")


def transformer(parameters: int) -> Network:
    """A causal transformer of four layers with about so many weights that sees chords and bar."""
    sizes = range(64, 513, 8)
    units = min(sizes, key=lambda size: abs(count_weights(_transformer(size)) - parameters))
    return _transformer(units)


def _transformer(units: int) -> Network:
    return Network("transformer", (units,) * 4, _SEEN, _FALLS_ON, hidden=192)


def shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight."""
    seen = len(network.inputs) * network.embedding
    last = network.units[-1]
    found: dict[str, tuple[int, ...]] = {
        "embed": (sum(network.input_sizes), network.embedding),
        "falls": (sum(network.context_sizes), network.embedding),
    }
    before = seen
    if network.body == "transformer":
        found |= {"in/kernel": (seen, last), "in/bias": (last,)}
    for number, units in enumerate(network.units):
        at = f"{number}/"
        if network.body == "lstm":
            found[at + "kernel"] = (before, 4 * units)
            found[at + "recurrent"] = (units, 4 * units)
            found[at + "bias"] = (4 * units,)
        else:
            found |= {
                at + "norm1": (units,),
                at + "qkv": (units, 3 * units),
                at + "near": (LOOK_BACK, network.heads),
                at + "out": (units, units),
                at + "norm2": (units,),
                at + "up": (units, 4 * units),
                at + "up_bias": (4 * units,),
                at + "down": (4 * units, units),
                at + "down_bias": (units,),
            }
        before = units
    if network.body == "transformer":
        found["norm"] = (last,)
    falls = len(network.context) * network.embedding
    return found | {
        "ioi/kernel": (last + seen, IOI_CLASSES - 1),
        "ioi/bias": (IOI_CLASSES - 1,),
        "hidden/kernel": (last + falls, network.hidden),
        "hidden/bias": (network.hidden,),
        "absolute": (network.hidden, PITCHES),
        "interval": (network.hidden, 2 * WIDEST + 1),
        "degree": (network.hidden, 12),
        "pitch/bias": (PITCHES,),
    }


def count_weights(network: Network) -> int:
    """How many numbers a network has learned."""
    return int(sum(np.prod(shape) for shape in shapes(network).values()))


def normed(x: Floats, scale: Floats) -> Floats:
    """x over its root mean square, scaled."""
    found: Floats = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-5)) * scale
    return found


def _sigmoid(x: Floats) -> Floats:
    found: Floats = np.float32(0.5) * np.tanh(np.float32(0.5) * x) + np.float32(0.5)
    return found


class Body:
    """The body of a network, one note at a time, its state kept."""

    def __init__(self, network: Network, weights: Weights) -> None:
        self._network, self._weights = network, weights
        self.begin()

    def begin(self) -> None:
        """The state before the first note."""
        zeros = [np.zeros(units, np.float32) for units in self._network.units]
        self._hidden, self._carry = list(zeros), list(zeros)
        self._keys: list[list[Floats]] = [[] for _ in zeros]
        self._values: list[list[Floats]] = [[] for _ in zeros]

    def step(self, shown: Floats) -> Floats:
        """(units,) the state after (inputs * embedding,)."""
        if self._network.body == "lstm":
            for number in range(len(self._hidden)):
                shown = self._lstm(number, shown)
            return shown
        weights = self._weights
        x: Floats = shown @ weights["in/kernel"] + weights["in/bias"]
        for number in range(len(self._keys)):
            x = self._attend(number, x)
        return normed(x, weights["norm"])

    def _lstm(self, number: int, shown: Floats) -> Floats:
        """One layer, gates i, f, c, o as Keras has them."""
        weights, at = self._weights, f"{number}/"
        gates = shown @ weights[at + "kernel"] + weights[at + "bias"]
        gates += self._hidden[number] @ weights[at + "recurrent"]
        i, f, c, o = np.split(gates, 4)
        carry = _sigmoid(f) * self._carry[number] + _sigmoid(i) * np.tanh(c)
        self._carry[number] = carry
        self._hidden[number] = _sigmoid(o) * np.tanh(carry)
        return self._hidden[number]

    def _attend(self, number: int, x: Floats) -> Floats:
        """One layer of a transformer: attention over the last notes, then two dense ones."""
        weights, at, heads = self._weights, f"{number}/", self._network.heads
        query, key, value = np.split(normed(x, weights[at + "norm1"]) @ weights[at + "qkv"], 3)
        keys, values = self._keys[number], self._values[number]
        keys.append(key.reshape(heads, -1))
        values.append(value.reshape(heads, -1))
        del keys[:-LOOK_BACK], values[:-LOOK_BACK]
        size = len(x) // heads
        scores = np.einsum("thd,hd->th", np.stack(keys), query.reshape(heads, -1))
        scores = scores / np.float32(np.sqrt(size)) + weights[at + "near"][: len(keys)][::-1]
        scores = np.exp(scores - scores.max(axis=0))
        scores /= scores.sum(axis=0)
        found = np.einsum("th,thd->hd", scores, np.stack(values)).reshape(-1)
        x = x + found @ weights[at + "out"]
        up = normed(x, weights[at + "norm2"]) @ weights[at + "up"] + weights[at + "up_bias"]
        result: Floats = x + np.maximum(up, 0) @ weights[at + "down"] + weights[at + "down_bias"]
        return result


class NeuralPredictor:
    """A network as a listener (improv.evaluation.protocol.Predictor)."""

    def __init__(self, network: Network, weights: Weights) -> None:
        """Raises ValueError where the weights are not the network's."""
        expected = shapes(network)
        if {name: weights[name].shape for name in weights} != expected:
            raise ValueError("The weights are not those of the network.")
        self._network = network
        self._weights = {name: np.asarray(weights[name], np.float32) for name in weights}
        self._body = Body(network, self._weights)
        self._hearing = Hearing()

    def begin(self, solo: Transcription) -> None:
        """Begin a solo; the state is that before the first note."""
        self._hearing.begin(solo)
        self._body.begin()
        self._duration = 1

    def rhythm(self) -> Probabilities:
        """(61,) P(ioi class)."""
        weights = self._weights
        row = np.array([self._hearing.rhythm_row()], np.int32)
        shown = weights["embed"][self._network.input_indices(row)[0]].reshape(-1)
        self._state = self._body.step(shown)
        scores = np.concatenate([self._state, shown]) @ weights["ioi/kernel"] + weights["ioi/bias"]
        answer = np.zeros(IOI_CLASSES)
        answer[1:] = _softmax(scores)
        return answer

    def ended(self, duration_step: int, loudness_db: float | None) -> None:
        """Keep the length of the note before until the onset is told."""
        self._duration = duration_step

    def pitch(self, onset_step: int) -> Probabilities:
        """(128,) P(pitch)."""
        weights = self._weights
        self._hearing.ended(self._duration, onset_step)
        row = np.array([self._hearing.pitch_row(onset_step)], np.int32)
        falls = weights["falls"][self._network.context_indices(row)[0]].reshape(-1)
        hidden = np.concatenate([self._state, falls]) @ weights["hidden/kernel"]
        hidden = np.maximum(hidden + weights["hidden/bias"], 0)
        before, root = int(row[0, PITCH_AT["p1"]]), int(row[0, PITCH_AT["root"]])
        pitches = np.arange(PITCHES)
        scores = hidden @ weights["absolute"] + weights["pitch/bias"]
        scores += (hidden @ weights["interval"])[
            np.clip(pitches - before, -WIDEST, WIDEST) + WIDEST
        ]
        scores += (hidden @ weights["degree"])[(pitches - root) % 12]
        return _softmax(scores)

    def heard(self, onset_step: int, pitch: int) -> None:
        """Take the note in."""
        self._hearing.heard(onset_step, pitch)


def _softmax(scores: Floats) -> Probabilities:
    powers = np.exp(scores.astype(np.float64) - float(scores.max()))
    found: Probabilities = powers / powers.sum()
    return found
