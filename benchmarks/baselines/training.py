"""Train the neural baselines: plain LSTMs, a transformer, and the seed's cell over the seed's tokens.

    solos ── rows ──> random windows, transposed ──> AdamW, one cycle ──> averaged weights, by name

Nothing is chosen by looking at `valid`: so many steps, then the average of the last weights. `neural` and
`seed_tokens` beside this file step what comes out in NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from baselines.neural import LOOK_BACK, WIDEST, Network, shapes
from baselines.seed_tokens import SeedVocabulary, tokens_of
from numpy.typing import NDArray

from improv.cell.step import LstmCell, LstmWeights
from improv.evaluation.baselines.hearing import PITCH_AT, rows_of
from improv.evaluation.protocol import PITCHES
from improv.keras_backend import tensorflow_and_keras
from improv.music.transcription import Transcription

Weights = dict[str, NDArray[np.float32]]
Progress = Callable[[int, float], None]
"""Told the step and the mean cost of the last ones."""

_SHIFT = 6
_TOLD_EVERY = 25


@dataclass(frozen=True)
class Recipe:
    """How long and how hard a network is trained."""

    steps: int = 900
    windows: int = 24
    length: int = 160
    rate: float = 3e-3
    decay: float = 0.05
    dropout: float = 0.5
    averaged: float = 0.995
    """How much of the average of the weights is kept at each step."""


def train_network(
    network: Network,
    solos: Sequence[Transcription],
    recipe: Recipe,
    seed: int,
    progress: Progress | None = None,
) -> Weights:
    """The weights of `network`, named as `shapes` says; the same for the same seed, but for rounding."""
    tf, _ = tensorflow_and_keras()
    rng = np.random.default_rng(seed)
    tf.random.set_seed(seed)
    rhythm, pitch, spans = rows_of(solos)
    shown = network.input_indices(rhythm)
    falls = network.context_indices(pitch)
    starts = np.cumsum([0, *network.input_sizes])
    column = network.inputs.index("p1")
    low, high = int(starts[column]), int(starts[column + 1]) - 1
    before, root = pitch[:, PITCH_AT["p1"]], pitch[:, PITCH_AT["root"]]
    ioi, came = rhythm[:, -1] - 1, pitch[:, -1]

    def batch() -> list[NDArray]:
        index, here = _windows(rng, spans, recipe)
        shift = rng.integers(-_SHIFT, _SHIFT + 1, (len(index), 1))
        x = shown[index]
        x[:, :, column] = np.clip(x[:, :, column] + shift, low, high)
        return [
            x,
            falls[index],
            ioi[index],
            np.clip(came[index] + shift, 0, PITCHES - 1).astype(np.int32),
            np.clip(before[index] + shift, 0, PITCHES - 1).astype(np.int32),
            ((root[index] + shift) % 12).astype(np.int32),
            here,
        ]

    values = {name: _first(rng, name, shape) for name, shape in shapes(network).items()}

    def cost(weights: Mapping[str, Any], inputs: list[Any]) -> Any:
        x, falls_on, ioi_came, pitch_came, last, roots, here = inputs
        rhythms, pitches = forward(tf, network, weights, x, falls_on, last, roots, recipe.dropout)
        each = _surprise(tf, rhythms, ioi_came) + _surprise(tf, pitches, pitch_came)
        return tf.reduce_sum(each * here) / tf.reduce_sum(here)

    return _descend(tf, values, cost, batch, recipe, progress)


def forward(
    tf: Any,
    network: Network,
    weights: Mapping[str, Any],
    shown: Any,
    falls: Any,
    before: Any,
    root: Any,
    dropout: float = 0.0,
) -> tuple[Any, Any]:
    """Scores of ioi classes (batch, time, 60) and pitches (batch, time, 128), all notes at once."""

    def drop(x: Any, share: float = 1.0) -> Any:
        return tf.nn.dropout(x, dropout * share) if dropout else x

    def flat(x: Any) -> Any:
        return tf.reshape(x, (tf.shape(x)[0], tf.shape(x)[1], x.shape[2] * x.shape[3]))

    seen = drop(flat(tf.gather(weights["embed"], shown)), 0.4)
    state = seen
    if network.body == "lstm":
        for number in range(len(network.units)):
            at = f"{number}/"
            state = drop(
                lstm(
                    tf,
                    state,
                    weights[at + "kernel"],
                    weights[at + "recurrent"],
                    weights[at + "bias"],
                )
            )
    else:
        state = state @ weights["in/kernel"] + weights["in/bias"]
        for number in range(len(network.units)):
            state = _attend(tf, network, weights, f"{number}/", state, drop)
        state = drop(_normed(tf, state, weights["norm"]))
    rhythms = tf.concat([state, seen], -1) @ weights["ioi/kernel"] + weights["ioi/bias"]
    where = drop(flat(tf.gather(weights["falls"], falls)), 0.4)
    hidden = tf.concat([state, where], -1) @ weights["hidden/kernel"] + weights["hidden/bias"]
    hidden = drop(tf.nn.relu(hidden), 0.6)
    candidates = tf.range(PITCHES)
    steps = tf.clip_by_value(candidates - before[..., None], -WIDEST, WIDEST) + WIDEST
    degrees = (candidates - root[..., None]) % 12
    pitches = hidden @ weights["absolute"] + weights["pitch/bias"]
    pitches += tf.gather(hidden @ weights["interval"], steps, batch_dims=2)
    pitches += tf.gather(hidden @ weights["degree"], degrees, batch_dims=2)
    return rhythms, pitches


def lstm(tf: Any, x: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
    """(batch, time, units) of one layer from zeros, gates i, f, c, o as Keras has them."""
    gates_of_x = tf.transpose(x @ kernel + bias, (1, 0, 2))
    zeros = tf.zeros((tf.shape(x)[0], recurrent.shape[0]))

    def step(state: tuple[Any, Any], gates: Any) -> tuple[Any, Any]:
        h, carry = state
        i, f, c, o = tf.split(gates + h @ recurrent, 4, axis=1)
        carry = tf.sigmoid(f) * carry + tf.sigmoid(i) * tf.tanh(c)
        return tf.sigmoid(o) * tf.tanh(carry), carry

    states, _ = tf.scan(step, gates_of_x, (zeros, zeros))
    return tf.transpose(states, (1, 0, 2))


def _normed(tf: Any, x: Any, scale: Any) -> Any:
    return x * tf.math.rsqrt(tf.reduce_mean(x * x, -1, keepdims=True) + 1e-5) * scale


def _attend(
    tf: Any,
    network: Network,
    weights: Mapping[str, Any],
    at: str,
    x: Any,
    drop: Callable[..., Any],
) -> Any:
    heads, units = network.heads, x.shape[-1]
    batch, time = tf.shape(x)[0], tf.shape(x)[1]
    mixed = _normed(tf, x, weights[at + "norm1"]) @ weights[at + "qkv"]
    query, key, value = (
        tf.reshape(part, (batch, time, heads, units // heads)) for part in tf.split(mixed, 3, -1)
    )
    back = tf.range(time)[:, None] - tf.range(time)[None, :]
    near = tf.gather(weights[at + "near"], tf.clip_by_value(back, 0, LOOK_BACK - 1))
    seen = tf.cast((back >= 0) & (back < LOOK_BACK), tf.float32)
    scores = tf.einsum("bthd,bshd->bhts", query, key) / math.sqrt(units // heads)
    scores += tf.transpose(near, (2, 0, 1)) - 1e9 * (1 - seen)
    found = tf.einsum("bhts,bshd->bthd", drop(tf.nn.softmax(scores), 0.4), value)
    x += drop(tf.reshape(found, (batch, time, units)) @ weights[at + "out"], 0.6)
    up = _normed(tf, x, weights[at + "norm2"]) @ weights[at + "up"] + weights[at + "up_bias"]
    return x + drop(tf.nn.relu(up) @ weights[at + "down"] + weights[at + "down_bias"], 0.6)


def train_seed(
    vocabulary: SeedVocabulary,
    solos: Sequence[Transcription],
    recipe: Recipe,
    seed: int,
    progress: Progress | None = None,
    units: int = 64,
) -> Weights:
    """kernel, recurrent, bias, head, head_bias of the seed's cell: one LSTM layer, then all tokens."""
    tf, _ = tensorflow_and_keras()
    rng = np.random.default_rng(seed)
    tf.random.set_seed(seed)
    said = [vocabulary.ids(tokens_of(solo)) for solo in solos]
    ends = np.cumsum([len(ids) for ids in said])
    spans = np.stack([ends - [len(ids) for ids in said], ends], 1).astype(np.int32)
    tokens = np.concatenate(said).astype(np.int32)
    first = np.zeros(len(tokens), bool)
    first[spans[spans[:, 0] < spans[:, 1], 0]] = True
    size = len(vocabulary.tokens)
    # Before the first token of a solo there is none: the row after the last, which stays zero.
    before = np.where(first, size, np.roll(tokens, 1)).astype(np.int32)
    values = {
        name: _first(rng, name, shape)
        for name, shape in {
            "kernel": (size, 4 * units),
            "recurrent": (units, 4 * units),
            "bias": (4 * units,),
            "head": (units, size),
            "head_bias": (size,),
        }.items()
    }

    def batch() -> list[NDArray]:
        index, here = _windows(rng, spans, recipe)
        return [before[index], tokens[index], here]

    def cost(weights: Mapping[str, Any], inputs: list[Any]) -> Any:
        last, came, here = inputs
        rows = tf.concat([weights["kernel"], tf.zeros((1, 4 * units))], 0)
        shown = tf.gather(rows, last)
        state = lstm(tf, shown, tf.eye(4 * units), weights["recurrent"], weights["bias"])
        state = tf.nn.dropout(state, recipe.dropout) if recipe.dropout else state
        each = _surprise(tf, state @ weights["head"] + weights["head_bias"], came)
        return tf.reduce_sum(each * here) / tf.reduce_sum(here)

    return _descend(tf, values, cost, batch, recipe, progress)


def seed_cell(weights: Mapping[str, NDArray[np.float32]]) -> LstmCell:
    """The cell that `train_seed` gave the weights of."""
    layer = LstmWeights(weights["kernel"], weights["recurrent"], weights["bias"])
    return LstmCell([layer], (weights["head"], weights["head_bias"]))


def _windows(
    rng: np.random.Generator, spans: NDArray[np.int32], recipe: Recipe
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Random windows: rows (windows, length) and 1.0 where they are inside their solo."""
    sizes = (spans[:, 1] - spans[:, 0]).astype(np.float64)
    solos = rng.choice(len(spans), recipe.windows, p=sizes / sizes.sum())
    spare = np.maximum(sizes[solos] - recipe.length, 0)
    starts = spans[solos, 0] + (rng.random(recipe.windows) * (spare + 1)).astype(int)
    index = starts[:, None] + np.arange(recipe.length)
    here = (index < spans[solos, 1][:, None]).astype(np.float32)
    return np.minimum(index, spans[solos, 1][:, None] - 1), here


def _first(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Where a weight begins."""
    kind = name.rsplit("/", 1)[-1]
    if kind.startswith("norm"):
        return np.ones(shape, np.float32)
    if kind in ("embed", "falls"):
        return rng.normal(0, 0.1, shape).astype(np.float32)
    if kind == "near" or kind.endswith("bias"):
        values = np.zeros(shape, np.float32)
        if kind == "bias" and (name == "bias" or name.split("/")[0].isdigit()):
            values[shape[0] // 4 : shape[0] // 2] = 1.0  # remember, to begin with
        return values
    limit = math.sqrt(6 / (shape[0] + shape[1]))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def _surprise(tf: Any, scores: Any, came: Any) -> Any:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(came, scores)


def _descend(
    tf: Any,
    values: Weights,
    cost: Callable[[Mapping[str, Any], list[Any]], Any],
    batch: Callable[[], list[NDArray]],
    recipe: Recipe,
    progress: Progress | None,
) -> Weights:
    """AdamW with gradients of norm 1 at most, one cycle of rates, and an average of the weights."""
    weights = {name: tf.Variable(value) for name, value in values.items()}
    means = {name: tf.Variable(value) for name, value in values.items()}
    moments = {name: tf.Variable(tf.zeros_like(value)) for name, value in values.items()}
    squares = {name: tf.Variable(tf.zeros_like(value)) for name, value in values.items()}
    decayed = {name for name, value in values.items() if value.ndim > 1}

    @tf.function
    def descend(inputs: list[Any], step: Any, rate: Any, kept: Any) -> Any:
        with tf.GradientTape() as tape:
            value = cost(weights, inputs)
        names = list(weights)
        slopes = tape.gradient(value, [weights[name] for name in names])
        slopes = [tf.convert_to_tensor(slope) for slope in slopes]
        slopes, _ = tf.clip_by_global_norm(slopes, 1.0)
        for name, slope in zip(names, slopes, strict=True):
            moments[name].assign(0.9 * moments[name] + 0.1 * slope)
            squares[name].assign(0.99 * squares[name] + 0.01 * slope * slope)
            move = moments[name] / (1 - 0.9**step)
            move /= tf.sqrt(squares[name] / (1 - 0.99**step)) + 1e-8
            if name in decayed:
                move += recipe.decay * weights[name]
            weights[name].assign_sub(rate * move)
            means[name].assign(kept * means[name] + (1 - kept) * weights[name])
        return value

    last: list[float] = []
    warm = max(1, recipe.steps // 10)
    for step in range(1, recipe.steps + 1):
        if step <= warm:
            rate = recipe.rate * step / warm
        else:
            way = (step - warm) / max(1, recipe.steps - warm)
            rate = recipe.rate * (0.5 + 0.5 * math.cos(math.pi * way)) + 1e-6
        kept = min(recipe.averaged, step / (step + 10))
        inputs = [tf.constant(each) for each in batch()]
        numbers = [tf.constant(each, tf.float32) for each in (step, rate, kept)]
        last.append(float(descend(inputs, *numbers)))
        if progress is not None and (step % _TOLD_EVERY == 0 or step == recipe.steps):
            progress(step, sum(last[-_TOLD_EVERY:]) / len(last[-_TOLD_EVERY:]))
    return {name: value.numpy().astype(np.float32) for name, value in means.items()}
