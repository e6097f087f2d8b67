"""The Keras layers of the cell, and how they score a window of tokens.

    melody inputs -> embedding -+-> LSTM -> heads (line.heads.MELODY_HEADS)
    who (label) --> embedding --+
    rhythm inputs -> embedding -+-> LSTM -> heads (line.heads.RHYTHM_HEADS)
    melody LSTM, who -----------+

A candidate's score is the sum over the heads that speak of it: the product of experts of Johnson, Keller and
Weintraub, "Learning to create jazz melodies using a product of experts" (2017), here heads of one network. To
it the memory's answers are added, each expert's times a gate that depends on the state and on how sure that
expert is.

Dropped while training: whole blocks of inputs, token by token; outputs of the LSTMs, with one mask a
window (Gal and Ghahramani 2016); recurrent weights, one mask a step (Merity, Keskar and Socher 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from improv.grammar.line.form import BAR_STEPS
from improv.grammar.line.heads import MELODY_HEADS, RHYTHM_HEADS, slices, width
from improv.grammar.line.inputs import (
    MELODY,
    MELODY_EXPERTS,
    MELODY_MEMORY,
    RHYTHM,
    RHYTHM_EXPERTS,
    WIDEST,
)
from improv.grammar.line.table import LENGTHS, LOUDNESSES, NEAR_STEPS, PITCHES, WAITS
from improv.keras_backend import tensorflow_and_keras
from improv.music.note import STEPS_PER_BEAT

_MELODY_AT, _RHYTHM_AT = slices(MELODY_HEADS), slices(RHYTHM_HEADS)
_GATE_BIAS = -1.0
"""Gates begin at softplus(-1) = 0.31: the memory is heard from the first step on."""


@dataclass(frozen=True)
class Sizes:
    """How large a cell is."""

    melody_units: int = 256
    rhythm_units: int = 128
    embedding: int = 24


@dataclass(frozen=True)
class Drops:
    """Shares left out while training."""

    inputs: float = 0.3
    outputs: float = 0.55
    recurrent: float = 0.35


def build_layers(sizes: Sizes, label_size: int, seed: int) -> dict[str, Any]:
    """The layers by name, built, with weights from `seed`."""
    _, keras = tensorflow_and_keras()
    layers, init = keras.layers, keras.initializers
    wide = sizes.embedding
    melody_in, rhythm_in = sum(n for _, n in MELODY), sum(n for _, n in RHYTHM)

    def normal(spread: float, number: int) -> Any:
        return init.RandomNormal(stddev=spread, seed=seed * 100 + number)

    def lstm(units: int, number: int, name: str) -> Any:
        return layers.LSTM(
            units,
            return_sequences=True,
            return_state=True,
            kernel_initializer=init.GlorotUniform(seed=seed * 100 + number),
            recurrent_initializer=init.Orthogonal(seed=seed * 100 + number + 1),
            name=name,
        )

    made = [
        layers.Embedding(
            melody_in, wide, embeddings_initializer=normal(0.1, 1), name="melody_embedding"
        ),
        layers.Embedding(
            rhythm_in, wide, embeddings_initializer=normal(0.1, 2), name="rhythm_embedding"
        ),
        layers.Dense(wide, use_bias=False, kernel_initializer=normal(0.1, 3), name="who"),
        lstm(sizes.melody_units, 4, "melody"),
        lstm(sizes.rhythm_units, 6, "rhythm"),
        layers.Dense(
            width(MELODY_HEADS),
            kernel_initializer=normal(0.04, 8),
            name="melody_heads",
        ),
        layers.Dense(
            width(RHYTHM_HEADS),
            kernel_initializer=normal(0.05, 9),
            name="rhythm_heads",
        ),
        layers.Dense(
            MELODY_EXPERTS,
            use_bias=False,
            kernel_initializer=normal(0.02, 10),
            name="melody_sureness",
        ),
        layers.Dense(
            RHYTHM_EXPERTS,
            use_bias=False,
            kernel_initializer=normal(0.02, 11),
            name="rhythm_sureness",
        ),
        layers.Embedding(
            WAITS, len(LENGTHS), embeddings_initializer="zeros", name="length_by_wait"
        ),
        layers.Embedding(
            LOUDNESSES + 1, LOUDNESSES, embeddings_initializer="zeros", name="loudness_after"
        ),
    ]
    found = {layer.name: layer for layer in made}
    build_model(found, label_size)
    for name, at in (("melody_heads", _MELODY_AT), ("rhythm_heads", _RHYTHM_AT)):
        # Not an initializer of our own: Keras could not load a file that names one.
        biases = np.zeros(found[name].bias.shape, np.float32)
        biases[at["gates"]] = _GATE_BIAS
        found[name].bias.assign(biases)
    return found


def build_model(layers: Mapping[str, Any], label_size: int) -> Any:
    """A Keras model of the layers: inputs to answers, for saving and for checking the NumPy cell against."""
    _, keras = tensorflow_and_keras()
    melody = keras.Input((None, len(MELODY)), dtype="int32", name="melody_inputs")
    rhythm = keras.Input((None, len(RHYTHM)), dtype="int32", name="rhythm_inputs")
    who = keras.Input((None, label_size), name="who_inputs")
    melody_sure = keras.Input((None, 2 * MELODY_EXPERTS), name="melody_sureness_inputs")
    rhythm_sure = keras.Input((None, 2 * RHYTHM_EXPERTS), name="rhythm_sureness_inputs")
    wait = keras.Input((None,), dtype="int32", name="wait_inputs")
    loudness = keras.Input((None,), dtype="int32", name="loudness_inputs")
    flat = keras.layers.Reshape
    wide = layers["who"].units
    label = layers["who"](who)
    x = flat((-1, len(MELODY) * wide), name="melody_flat")(layers["melody_embedding"](melody))
    h, *_ = layers["melody"](keras.layers.Concatenate(name="melody_all")([x, label]))
    y = flat((-1, len(RHYTHM) * wide), name="rhythm_flat")(layers["rhythm_embedding"](rhythm))
    r, *_ = layers["rhythm"](keras.layers.Concatenate(name="rhythm_all")([h, y, label]))
    return keras.Model(
        [melody, rhythm, who, melody_sure, rhythm_sure, wait, loudness],
        [
            layers["melody_heads"](h),
            layers["rhythm_heads"](r),
            layers["melody_sureness"](melody_sure),
            layers["rhythm_sureness"](rhythm_sure),
            layers["length_by_wait"](wait),
            layers["loudness_after"](loudness),
        ],
        name="line",
    )


@dataclass(frozen=True)
class Window:
    """What a window of tokens is scored from. L lanes of T tokens; all are tensors."""

    melody: Any  # (L, T, blocks) on the number line
    rhythm: Any
    views: Any  # (L, T, 5)
    bars: Any  # (L, T, 2)
    waits: Any  # (L, T) classes that came, for the length
    loudness_before: Any  # (L, T)
    shift: Any  # (L,)
    who: Any  # (L, label)
    melody_memory: Any  # (L * T, MELODY_COLUMNS)
    rhythm_memory: Any
    melody_sureness: Any  # (L * T, 2 * experts)
    rhythm_sureness: Any


class Dice:
    """Masks for one step of training, a function of (seed, step) alone: a resumed run draws the same."""

    def __init__(self, seed: int, step: Any) -> None:
        self._tf = tensorflow_and_keras()[0]
        self._seed, self._step, self._count = seed, step, 0

    def mask(self, shape: Any, rate: float) -> Any:
        """1 / (1 - rate) where kept, 0 where dropped."""
        self._count += 1
        drawn = self._tf.random.stateless_uniform(
            shape, [self._seed * 64 + self._count, self._step]
        )
        return self._tf.cast(drawn >= rate, "float32") / (1.0 - rate)


def answer(
    layers: Mapping[str, Any],
    window: Window,
    states: Any,
    dice: Dice | None = None,
    drops: Drops | None = None,
) -> tuple[Any, Any, Any, Any, Any]:
    """(L * T, ...) scores of pitch (128), wait (61), length, loudness, and the states after the window.

    With `dice` and `drops` as in training.
    """
    tf, _ = tensorflow_and_keras()
    drops = drops or Drops(0.0, 0.0, 0.0)
    lanes, length = tf.shape(window.melody)[0], tf.shape(window.melody)[1]
    wide = layers["who"].units

    def embedded(name: str, inputs: Any, blocks: int) -> Any:
        # The first block is the absolute pitch; 0, no note yet, stays.
        pitch = inputs[..., :1]
        moved = tf.clip_by_value(pitch + window.shift[:, None, None], 1, PITCHES - 1)
        inputs = tf.concat([tf.where(pitch > 0, moved, pitch), inputs[..., 1:]], -1)
        x = layers[name](inputs)
        if dice is not None and drops.inputs:
            x *= dice.mask((lanes, length, blocks, 1), drops.inputs)
        return tf.reshape(x, (lanes, length, blocks * wide))

    def recurrent(name: str, x: Any, state: Any) -> tuple[Any, Any]:
        layer = layers[name]
        kernel, weights, bias = layer.trainable_variables
        if dice is not None and drops.recurrent:
            weights = weights * dice.mask(tf.shape(weights), drops.recurrent)
        (h, *after), _ = layer.stateless_call(
            [kernel, weights, bias], layer.non_trainable_variables, x, initial_state=list(state)
        )
        return h, tuple(after)

    def locked(h: Any) -> Any:
        if dice is None or not drops.outputs:
            return h
        return h * dice.mask((lanes, 1, tf.shape(h)[2]), drops.outputs)

    who = tf.repeat(layers["who"](window.who)[:, None], length, 1)
    x = embedded("melody_embedding", window.melody, len(MELODY))
    h, melody_state = recurrent("melody", tf.concat([x, who], -1), states[0])
    h = locked(h)
    y = embedded("rhythm_embedding", window.rhythm, len(RHYTHM))
    r, rhythm_state = recurrent("rhythm", tf.concat([h, y, who], -1), states[1])
    r = locked(r)
    heads = layers["melody_heads"](tf.reshape(h, (-1, h.shape[-1])))
    shift = tf.repeat(window.shift, length)
    gates = tf.nn.softplus(
        heads[:, _MELODY_AT["gates"]] + layers["melody_sureness"](window.melody_sureness)
    )
    pitch = _pitch_scores(
        heads, gates, window.melody_memory, tf.reshape(window.views, (-1, 5)), shift
    )
    heads = layers["rhythm_heads"](tf.reshape(r, (-1, r.shape[-1])))
    wait = _wait_scores(heads, tf.reshape(window.bars, (-1, 2)))
    gates = tf.nn.softplus(
        heads[:, _RHYTHM_AT["gates"]] + layers["rhythm_sureness"](window.rhythm_sureness)
    )
    memory = tf.reshape(window.rhythm_memory, (-1, RHYTHM_EXPERTS, WAITS))
    wait += tf.einsum("ne,new->nw", gates, memory)
    waits = tf.maximum(tf.reshape(window.waits, (-1,)), 0)
    lengths = heads[:, _RHYTHM_AT["length"]] + layers["length_by_wait"](waits)
    loudness = heads[:, _RHYTHM_AT["loudness"]] + layers["loudness_after"](
        tf.reshape(window.loudness_before, (-1,))
    )
    return pitch, wait, lengths, loudness, (melody_state, rhythm_state)


def _pitch_scores(heads: Any, gates: Any, memory: Any, views: Any, shift: Any) -> Any:
    """(n, 128): the sum of what the views and the memory say of each MIDI pitch."""
    tf, _ = tensorflow_and_keras()
    candidates = tf.range(PITCHES)[None]
    remembered: dict[str, Any] = {}
    for name, experts, columns in MELODY_MEMORY:
        answers = tf.reshape(
            memory[:, columns], (-1, experts.stop - experts.start, dict(MELODY_HEADS)[name])
        )
        said = tf.einsum("ne,nec->nc", gates[:, experts], answers)
        remembered[name] = remembered[name] + said if name in remembered else said

    def seen(name: str, index: Any) -> Any:
        scores = heads[:, _MELODY_AT[name]]
        if name in remembered and name != "pitch":  # pitch is moved in training, the memory is not
            scores += remembered[name]
        return tf.gather(scores, index, batch_dims=1)

    def interval(column: int) -> Any:
        away = tf.clip_by_value(candidates - views[:, column : column + 1], -WIDEST, WIDEST)
        return away + WIDEST

    scores = seen("interval", interval(0)) + seen("interval_before", interval(1))
    scores += seen("pitch", tf.clip_by_value(candidates + shift[:, None], 0, PITCHES - 1))
    for name, column in (("degree", 2), ("tonic", 3), ("next", 4)):
        scores += seen(name, (candidates - views[:, column : column + 1]) % 12)
    return scores + remembered["pitch"]


def _wait_scores(heads: Any, bars: Any) -> Any:
    """(n, 61): the class itself, and where the next note would fall if it is near."""
    tf, _ = tensorflow_and_keras()
    steps = tf.range(WAITS)[None]
    landing = (bars[:, :1] + steps) % bars[:, 1:]
    last_beat = BAR_STEPS - STEPS_PER_BEAT
    landing = tf.where(landing < BAR_STEPS, landing, last_beat + landing % STEPS_PER_BEAT)
    near = tf.cast(steps <= NEAR_STEPS, "float32")
    scores = heads[:, _RHYTHM_AT["wait"]]
    by_bar = tf.gather(heads[:, _RHYTHM_AT["landing"]], landing, batch_dims=1)
    by_beat = tf.gather(heads[:, _RHYTHM_AT["landing_beat"]], landing % 12, batch_dims=1)
    return scores + near * (by_bar + by_beat)
