"""Train a cell on encoded solos, so that it can be stopped at any moment and go on with the same result.

Input -> output:  LineTable, settings, seed  ->  Fitted (layers with the best averaged weights, history)

Scores are nats a note as the evaluation protocol counts them. The weights that are kept are averages over the
last few hundred steps (Polyak and Juditsky 1992), of the evaluation that scored best.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.errors import CorpusError
from improv.grammar.line.table import LOUDNESSES
from improv.keras_backend import tensorflow_and_keras
from improv.training.line import checkpoint as checkpoints
from improv.training.line.network import Dice, Drops, Sizes, Window, answer, build_layers
from improv.training.line.table import (
    Batch,
    Lanes,
    LineTable,
    Settings,
    melody_dense,
    rhythm_dense,
    whole_solos,
)

_VALID_WINDOW = 128


@dataclass(frozen=True)
class FitSettings:
    """How to train; the numbers are those of docs/training-log.md."""

    sizes: Sizes = field(default_factory=Sizes)
    drops: Drops = field(default_factory=Drops)
    lanes: Settings = field(default_factory=Settings)
    steps: int = 1000
    evaluate_every: int = 100
    patience: int = 3  # evaluations without a better one before training stops
    learning_rate: float = 3e-3  # at its highest
    warm_up: float = 0.15  # share of the steps
    weight_decay: float = 0.1
    average: float = 0.998
    side_weight: float = 0.2  # of length and loudness in the loss
    memory: bool = True  # False: without the short-term memory, to see what it brings
    pull: float = 0.0  # towards the weights begun from, as a share of the learning rate


@dataclass(frozen=True)
class Score:
    """One evaluation, in nats a note; `train_nats` is the training loss, with dropout."""

    step: int
    train_nats: float
    rhythm: float
    pitch: float
    length: float
    loudness: float

    @property
    def nats(self) -> float:
        """The score by which evaluations are compared."""
        return self.rhythm + self.pitch


@dataclass(frozen=True)
class Fitted:
    """Trained layers, by name, and the history of their training."""

    layers: dict[str, Any]
    history: tuple[Score, ...]
    best: Score


def fit(
    table: LineTable,
    train: Sequence[int],
    valid: Sequence[int],
    *,
    seed: int,
    settings: FitSettings | None = None,
    checkpoint: Path | None = None,
    begin: Sequence[NDArray[np.float32]] | None = None,
    progress: Callable[[int, float, Score | None], None] | None = None,
) -> Fitted:
    """Train on the solos `train`, keep what does best on the solos `valid`.

    `checkpoint` is a file that is written at every evaluation; if it exists and belongs to this very run,
    training continues from it (same settings, seed and data); `begin` are weights to start from
    (fine-tuning). The same arguments give the same weights on the same kind of machine, whether or not the
    run was interrupted. Raises CorpusError where the loss is not finite."""
    settings = settings or FitSettings()
    run = _Run(table, settings, seed, begin)
    lanes = Lanes(table, train, settings.lanes, seed)
    valid_plan = whole_solos(table, valid, _VALID_WINDOW)
    history: list[Score] = []
    best_weights: list[NDArray[np.float32]] = run.average_weights()
    step = 0
    what = checkpoints.identity(table, asdict(settings), seed, train, begin)
    if checkpoint is not None and checkpoint.exists():
        own_bytes = sum(array.nbytes for array in (*best_weights, *run.arrays()))
        saved = checkpoints.read(checkpoint, what, own_bytes + checkpoints.MOST_ABOUT_BYTES)
        # One that agrees in name and not in content, as no run of ours writes it: from the beginning, then.
        if saved is not None:
            try:
                if not _fits(saved, best_weights, run.arrays()):
                    raise ValueError("These are the arrays of another cell.")
                lanes.restore(saved.lanes)
                history = [Score(**row) for row in saved.history]
            except (KeyError, TypeError, ValueError, IndexError, AttributeError):
                lanes, history = Lanes(table, train, settings.lanes, seed), []
            else:
                step, best_weights = saved.step, saved.best
                run.restore(saved.arrays, step)
    if begin is not None and not history:
        history.append(run.evaluate(valid_plan, 0, float("nan")))
        if progress is not None:
            progress(0, float("nan"), history[0])
    nats = notes = 0.0
    while step < settings.steps and not _is_stuck(history, settings.patience):
        total, count = run.train(lanes.next(), step)
        step += 1
        nats, notes = nats + total, notes + count
        if not np.isfinite(nats):
            raise CorpusError(
                f"Training failed: the loss is not a finite number at step {step}; choose a lower "
                "learning rate."
            )
        score = None
        if step % settings.evaluate_every == 0 or step == settings.steps:
            score = run.evaluate(valid_plan, step, nats / max(notes, 1.0))
            if not history or score.nats < min(s.nats for s in history):
                best_weights = run.average_weights()
            history.append(score)
            nats = notes = 0.0
            if checkpoint is not None:
                checkpoints.write(
                    checkpoint,
                    checkpoints.Saved(
                        step,
                        [asdict(s) for s in history],
                        best_weights,
                        run.arrays(),
                        lanes.state(),
                    ),
                    what,
                )
        if progress is not None:
            progress(step, total / max(count, 1.0), score)
    run.set_weights(best_weights)
    return Fitted(run.layers, tuple(history), min(history, key=lambda s: s.nats))


def _fits(
    saved: checkpoints.Saved, best: Sequence[NDArray[Any]], arrays: Sequence[NDArray[Any]]
) -> bool:
    def kinds(those: Sequence[NDArray[Any]]) -> list[tuple[Any, ...]]:
        return [(array.shape, array.dtype.kind) for array in those]

    return (
        kinds(saved.best) == kinds(best)
        and kinds(saved.arrays) == kinds(arrays)
        and saved.step >= 0
        and bool(saved.history)
        and all(isinstance(value, int | float) for row in saved.history for value in row.values())
    )


def _is_stuck(history: Sequence[Score], patience: int) -> bool:
    if not history:
        return False
    best = min(range(len(history)), key=lambda i: history[i].nats)
    return len(history) - 1 - best >= patience


class _Run:
    """Weights, their average, the optimizer and the state of each lane."""

    def __init__(
        self,
        table: LineTable,
        settings: FitSettings,
        seed: int,
        begin: Sequence[NDArray[np.float32]] | None,
    ) -> None:
        tf, keras = tensorflow_and_keras()
        self._tf, self._table, self._settings = tf, table, settings
        label_size = table.labels.shape[2]
        self.layers = build_layers(settings.sizes, label_size, seed)
        self.variables = [v for layer in self.layers.values() for v in layer.trainable_variables]
        if begin is not None:
            self.set_weights(begin)
        self._optimizer = keras.optimizers.AdamW(
            1e-4, weight_decay=settings.weight_decay, beta_2=0.99, global_clipnorm=1.0
        )
        self._optimizer.exclude_from_weight_decay(
            var_list=[v for v in self.variables if len(v.shape) < 2]
        )
        self._optimizer.build(self.variables)
        self._average = [tf.Variable(v.value) for v in self.variables]
        self._begun = [tf.constant(v.value) for v in self.variables] if settings.pull else []
        self._states = self._zeros(settings.lanes.lanes)
        side, layers, drops = settings.side_weight, self.layers, settings.drops
        pitches, scored = tf.constant(table.pitches), tf.constant(table.scored)
        waits, lengths = tf.constant(table.waits), tf.constant(table.lengths)
        louds = tf.constant(table.loudness)

        def nats(labels: Any, scores: Any, weights: Any) -> Any:
            each = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.maximum(labels, 0), logits=scores
            )
            return each * weights

        def parts(window: Window, rows: Any, weights: Any, states: Any, dice: Any) -> Any:
            pitch, wait, length, loud, after = answer(
                layers, window, states, dice, drops if dice is not None else None
            )
            rows, weights = tf.reshape(rows, (-1,)), tf.reshape(weights, (-1,))
            came, next_ = tf.gather(pitches, rows), tf.gather(waits, rows)
            how_long, how_loud = tf.gather(lengths, rows), tf.gather(louds, rows)
            heard = weights * tf.cast(came > 0, "float32")
            # After a note something must be waited; only a solo may begin at once.
            at_once = tf.one_hot(0, wait.shape[-1]) * tf.cast(came > 0, "float32")[:, None]
            wait -= 1e9 * at_once
            counted = tf.gather(scored, rows)
            # Whether a wait is scored is whether the note it leads to is.
            leads = weights * tf.cast(next_ >= 0, "float32")
            each = (
                nats(next_, wait, leads),
                nats(came, pitch, heard),
                nats(how_long, length, heard * tf.cast(next_ >= 0, "float32")),
                nats(how_loud, loud, weights * tf.cast(how_loud >= 0, "float32")),
            )
            return each, counted, heard, after

        @tf.function
        def train(window: Any, rows: Any, weights: Any, keep: Any, states: Any, step: Any) -> Any:
            window = Window(*window)
            states = tuple(tuple(part * keep for part in layer) for layer in states)
            with tf.GradientTape() as tape:
                (wait, pitch, length, loud), *_, after = parts(
                    window, rows, weights, states, Dice(seed, step)
                )
                notes = tf.reduce_sum(weights)
                main = tf.reduce_sum(wait) + tf.reduce_sum(pitch)
                other = tf.reduce_sum(length) + tf.reduce_sum(loud)
                loss = (main + side * other) / tf.maximum(notes, 1.0)
            gradients = tape.gradient(loss, self.variables)
            self._optimizer.apply(gradients, self.variables)
            if self._begun:
                pull = settings.pull * self._optimizer.learning_rate
                for variable, begun in zip(self.variables, self._begun, strict=True):
                    variable.assign_sub(pull * (variable - begun))
            return main, notes, after

        @tf.function
        def evaluate(window: Any, rows: Any, weights: Any, keep: Any, states: Any) -> Any:
            window = Window(*window)
            states = tuple(tuple(part * keep for part in layer) for layer in states)
            (wait, pitch, length, loud), counted, heard, after = parts(
                window, rows, weights, states, None
            )
            # The wait of the opening token leads to the first note, which is not scored.
            first = tf.cast(tf.gather(pitches, tf.reshape(rows, (-1,))) > 0, "float32")
            sums = [
                tf.reduce_sum(wait * first),
                tf.reduce_sum(pitch * counted),
                tf.reduce_sum(length),
                tf.reduce_sum(loud),
                tf.reduce_sum(heard * counted),
            ]
            return sums, after

        self._train, self._evaluate = train, evaluate

    def _zeros(self, lanes: int) -> Any:
        sizes, zeros = self._settings.sizes, self._tf.zeros
        return tuple(
            (zeros((lanes, units)), zeros((lanes, units)))
            for units in (sizes.melody_units, sizes.rhythm_units)
        )

    def _window(self, batch: Batch) -> tuple[Any, ...]:
        table, rows = self._table, batch.rows
        flat = rows.reshape(-1)
        before = np.maximum(rows - 1, 0)
        loud = table.loudness[before]
        loud = np.where((loud < 0) | (table.pitches[rows] == 0), LOUDNESSES, loud)
        tensors = (
            table.melody[rows],
            table.rhythm[rows],
            table.views[rows],
            table.bars[rows],
            table.waits[rows],
            loud,
            batch.shift,
            batch.label,
            *(
                answers if self._settings.memory else np.zeros_like(answers)
                for answers in (
                    melody_dense(table, flat),
                    rhythm_dense(table, flat),
                    table.melody_memory.sureness[flat],
                    table.rhythm_memory.sureness[flat],
                )
            ),
        )
        return tuple(self._tf.convert_to_tensor(tensor) for tensor in tensors)

    def _tensors(self, batch: Batch) -> tuple[Any, ...]:
        constant = self._tf.constant
        return (
            self._window(batch),
            constant(batch.rows),
            constant(batch.weights),
            constant(batch.keep),
        )

    def train(self, batch: Batch, step: int) -> tuple[float, float]:
        """Take one step; the sum of nats and the number of notes."""
        settings = self._settings
        done = step / settings.steps
        if done < settings.warm_up:
            share = min(1.0, done / settings.warm_up + 0.02)
        else:
            rest = (done - settings.warm_up) / (1 - settings.warm_up)
            share = 0.5 * (1 + np.cos(np.pi * rest)) + 0.002
        self._optimizer.learning_rate.assign(settings.learning_rate * share)
        main, notes, self._states = self._train(
            *self._tensors(batch), self._states, self._tf.constant(step)
        )
        # At first the average is short, since early weights are not worth keeping.
        decay = min(settings.average, (1 + step) / (10 + step))
        for mean, variable in zip(self._average, self.variables, strict=True):
            mean.assign(mean * decay + variable.value * (1 - decay))
        return float(main), float(notes)

    def evaluate(self, plan: Sequence[Batch], step: int, train_nats: float) -> Score:
        """Score the averaged weights, state carried through whole solos."""
        kept = [variable.numpy() for variable in self.variables]
        self.set_weights(self.average_weights())
        states = self._zeros(len(plan[0].keep))
        sums = np.zeros(5)
        for batch in plan:
            each, states = self._evaluate(*self._tensors(batch), states)
            sums += [float(value) for value in each]
        self.set_weights(kept)
        notes = max(sums[4], 1.0)
        return Score(step, train_nats, *(float(value) for value in sums[:4] / notes))

    def average_weights(self) -> list[NDArray[np.float32]]:
        """The weights, in the order of the layers' variables."""
        return [mean.numpy() for mean in self._average]

    def set_weights(self, weights: Sequence[NDArray[np.float32]]) -> None:
        """Set the weights."""
        for variable, value in zip(self.variables, weights, strict=True):
            variable.assign(value)

    def arrays(self) -> list[NDArray[Any]]:
        """Everything that the next step depends on, besides the batches."""
        states = [part.numpy() for layer in self._states for part in layer]
        return [
            *(variable.numpy() for variable in self.variables),
            *self.average_weights(),
            *(np.asarray(variable) for variable in self._optimizer.variables),
            *states,
        ]

    def restore(self, arrays: Sequence[NDArray[Any]], step: int) -> None:
        """Go on from `arrays()`."""
        rest = iter(arrays)
        for variable in (*self.variables, *self._average, *self._optimizer.variables):
            variable.assign(next(rest))
        parts = [self._tf.constant(part) for part in rest]
        self._states = ((parts[0], parts[1]), (parts[2], parts[3]))
