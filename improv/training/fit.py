"""Train a cell on encoded solos: token ids in, a Keras model out; nothing of music.

Input -> output:  EncodedSequences + seed  ->  FitResult (the model of the best epoch, its scores)

Whole solos are held out to validate; the epoch that predicts them best is kept. Scores are *nats
per token*: the mean of -ln(probability of the token that came), so exp(score) is the number of
equally likely tokens the cell still hesitates between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.course.build import Progress, build_model
from improv.errors import CorpusError
from improv.keras_backend import tensorflow_and_keras
from improv.training.dataset import (
    Batch,
    EncodedSequence,
    Table,
    batches,
    build_table,
    check_size,
    split_held_out,
)


@dataclass(frozen=True)
class FitSettings:
    """How to train. The defaults are those of docs/training-log.md."""

    units: tuple[int, ...] = (96,)
    epochs: int = 30
    window: int = 32  # steps through which errors flow back
    lanes: int = 16  # solos side by side
    learning_rate: float = 8e-3  # at its highest; a cosine takes it down to a hundredth
    dropout: float = 0.4
    clip_norm: float = 1.0
    valid_share: float = 0.1  # of the solos, held out whole
    patience: int = 8  # epochs without a better validation before training stops


@dataclass(frozen=True)
class EpochScore:
    """What one epoch came to, in nats per token."""

    epoch: int
    train_nats: float
    valid_nats: float | None


@dataclass(frozen=True)
class FitResult:
    """A trained Keras model (the weights of the best epoch) and how it came about."""

    model: Any
    history: tuple[EpochScore, ...]
    best: EpochScore
    held_out: tuple[int, ...]  # positions of the sequences not trained on
    train_tokens: int
    valid_tokens: int


def fit(
    sequences: Sequence[EncodedSequence],
    *,
    n_inputs: int,
    n_outputs: int,
    seed: int,
    settings: FitSettings | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> FitResult:
    """Train a cell; the same arguments give the same weights on the same kind of machine.

    Raises CorpusError where there is too little to train on.
    """
    settings = settings or FitSettings()
    check_size(sequences, settings.window)
    rng = np.random.default_rng(seed)
    table = build_table(sequences, n_inputs, n_outputs)
    chosen, held_out = split_held_out(len(sequences), settings.valid_share, rng)
    _, keras = tensorflow_and_keras()
    keras.utils.set_random_seed(seed)
    model = build_model(n_inputs, settings.units, n_outputs, seed, settings.dropout)
    plan = batches(table, chosen, window=settings.window, lanes=settings.lanes, rng=rng)
    trainer = _Trainer(model, table, settings, steps=len(plan) * settings.epochs)
    valid_lanes = max(1, min(settings.lanes, len(held_out)))
    valid_plan = (
        batches(table, held_out, window=settings.window, lanes=valid_lanes, rng=None)
        if held_out
        else []
    )
    history: list[EpochScore] = []
    best: EpochScore | None = None
    best_weights: list[NDArray[np.float32]] = []
    for epoch in range(1, settings.epochs + 1):
        total = tokens = 0.0
        for number, batch in enumerate(plan, 1):
            nats, count = trainer.train(batch)
            total, tokens = total + nats, tokens + count
            if progress is not None:
                progress(
                    Progress(
                        epoch,
                        settings.epochs,
                        number,
                        len(plan),
                        nats / max(count, 1.0),
                        total / tokens,
                        history[-1].valid_nats if history else None,
                    )
                )
        score = EpochScore(epoch, total / tokens, trainer.evaluate(valid_plan))
        if not np.isfinite(score.train_nats):
            raise CorpusError(
                f"Training failed: the loss is not a finite number after epoch {epoch}; choose a"
                " lower learning rate."
            )
        history.append(score)
        if best is None or _goal(score) < _goal(best):
            best, best_weights = score, model.get_weights()
        elif epoch - best.epoch >= settings.patience:
            break
        plan = batches(table, chosen, window=settings.window, lanes=settings.lanes, rng=rng)
    if best is None:
        raise ValueError(f"epochs is {settings.epochs}: expected at least 1.")
    model.set_weights(best_weights)
    return FitResult(
        model,
        tuple(history),
        best,
        tuple(held_out),
        sum(len(sequences[i].targets) for i in chosen),
        sum(len(sequences[i].targets) for i in held_out),
    )


def _goal(score: EpochScore) -> float:
    return score.train_nats if score.valid_nats is None else score.valid_nats


class _Trainer:
    """The training step as TensorFlow graphs: one call of each LSTM layer over a whole window."""

    def __init__(self, model: Any, table: Table, settings: FitSettings, steps: int) -> None:
        tf, keras = tensorflow_and_keras()
        self._tf = tf
        self._units = settings.units
        schedule = keras.optimizers.schedules.CosineDecay(
            settings.learning_rate / 10,
            decay_steps=max(1, steps - steps // 20),
            alpha=0.01,  # of the highest
            warmup_target=settings.learning_rate,
            warmup_steps=max(1, steps // 20),
        )
        optimizer = keras.optimizers.Adam(schedule, global_clipnorm=settings.clip_norm)
        optimizer.build(model.trainable_variables)
        inputs, targets = tf.constant(table.inputs), tf.constant(table.targets)
        # The same cells in a layer that also gives its state back, to carry it to the next window.
        body = [
            keras.layers.RNN(layer.cell, return_sequences=True, return_state=True)
            if isinstance(layer, keras.layers.LSTM)
            else layer
            for layer in model.layers
            if not isinstance(layer, keras.layers.InputLayer)
        ]

        def losses(batch: Any, states: Any, training: bool) -> tuple[Any, Any]:
            steps_, weights, keep = batch
            x = tf.cast(tf.gather(inputs, steps_), tf.float32)
            after: list[tuple[Any, Any]] = []
            for layer in body:
                if isinstance(layer, keras.layers.RNN):
                    before = [part * keep for part in states[len(after)]]
                    x, h, c = layer(x, initial_state=before, training=training)
                    after.append((h, c))
                else:
                    x = layer(x, training=training)
            each = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.gather(targets, steps_), logits=x
            )
            return tf.reduce_sum(each * weights), tuple(after)

        @tf.function
        def train(batch: Any, states: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                total, after = losses(batch, states, training=True)
                loss = total / tf.maximum(tf.reduce_sum(batch[1]), 1.0)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients)
            return total, after

        @tf.function
        def evaluate(batch: Any, states: Any) -> tuple[Any, Any]:
            return losses(batch, states, training=False)

        self._train, self._evaluate = train, evaluate
        self._states = self._zeros(settings.lanes)

    def _zeros(self, lanes: int) -> Any:
        zeros = self._tf.zeros
        return tuple((zeros((lanes, size)), zeros((lanes, size))) for size in self._units)

    def train(self, batch: Batch) -> tuple[float, float]:
        """Take one step; give the sum of nats and the number of tokens. Keeps the lanes' state."""
        total, self._states = self._train((batch.steps, batch.weights, batch.keep), self._states)
        return float(total), float(batch.weights.sum())

    def evaluate(self, plan: Sequence[Batch]) -> float | None:
        """Nats per token over a plan, state carried from zero; None for an empty plan."""
        if not plan:
            return None
        states = self._zeros(len(plan[0].keep))
        total = tokens = 0.0
        for batch in plan:
            nats, states = self._evaluate((batch.steps, batch.weights, batch.keep), states)
            total, tokens = total + float(nats), tokens + float(batch.weights.sum())
        return total / tokens
