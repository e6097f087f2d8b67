"""The course's training, done well: one LSTM over 30 steps instead of 30 copies of one step.

Input -> output:  the course's MIDI file  ->  a model folder that speaks the grammar "seed"

Same cell (64 units), same snippets, same optimizer, same loss (categorical cross-entropy summed
over the outputs of a snippet, averaged over snippets). Three differences: the graph is a loop; the
target of the last step is the token that came, not zeros; and an epoch is three equal batches, not
one of 32 and one of 28. `faithful` takes back the last two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.cell.card import ModelCard
from improv.cell.save import save_model
from improv.course.arrays import build_arrays
from improv.course.build import Progress, build_model
from improv.course.grammar import SeedGrammar
from improv.course.pitch import chord_sets_to_json
from improv.course.reader import corpus_facts, read_seed_corpus
from improv.grammar.base import fingerprint_of
from improv.keras_backend import tensorflow_and_keras

UNITS = 64
EPOCHS = 100
COURSE_BATCH = 32  # Keras' default, which the course's call of `fit` uses: 32 snippets, then 28
BATCH = 20  # three equal batches an epoch: a lower loss per step in the same epochs
LEARNING_RATE = 0.01
DECAY = 0.01  # learning rate of step k: LEARNING_RATE / (1 + DECAY * k)

Arrays = NDArray[np.bool_]


@dataclass(frozen=True)
class CourseraReport:
    """What a training came to. Losses are summed over a snippet's outputs, as the course prints."""

    losses: tuple[float, ...]  # one an epoch, averaged over the snippets
    loss_per_step: float  # of the last epoch: its loss over the number of targets of a snippet
    targets: int  # of a snippet: 30, or 29 where the last one is zeros
    card: ModelCard | None = None


def course_optimizer(keras: Any) -> Any:
    """Adam as the course sets it, in today's Keras (whose Adam lost the argument `decay`)."""
    schedule = keras.optimizers.schedules.InverseTimeDecay(
        LEARNING_RATE, decay_steps=1, decay_rate=DECAY
    )
    return keras.optimizers.Adam(schedule, beta_1=0.9, beta_2=0.999)


def fit_arrays(
    model: Any,
    inputs: Arrays,
    targets: Arrays,
    *,
    epochs: int,
    seed: int,
    batch: int = BATCH,
    progress: Callable[[Progress], None] | None = None,
) -> CourseraReport:
    """Train `model` on inputs (m, tx, n) and targets (tx, m, n); a zero target costs nothing."""
    tf, keras = tensorflow_and_keras()
    optimizer = course_optimizer(keras)
    optimizer.build(model.trainable_variables)
    x = tf.constant(inputs, tf.float32)
    y = tf.constant(np.swapaxes(targets, 0, 1), tf.float32)
    snippets = len(inputs)
    per_snippet = int(targets.any(axis=(1, 2)).sum())

    # Any number of rows, so that it is traced once also where the last batch is smaller.
    @tf.function(input_signature=[tf.TensorSpec((None,), tf.int32)])
    def train(rows: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(tf.gather(x, rows), training=True)
            each = tf.nn.softmax_cross_entropy_with_logits(tf.gather(y, rows), logits)
            loss = tf.reduce_mean(tf.reduce_sum(each, axis=1))
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss

    rng = np.random.default_rng(seed)
    losses: list[float] = []
    cuts = range(0, snippets, batch)
    for epoch in range(1, epochs + 1):
        order = rng.permutation(snippets).astype(np.int32)
        total = 0.0
        for number, first in enumerate(cuts, 1):
            rows = order[first : first + batch]
            loss = float(train(rows))
            total += loss * len(rows)
            if progress is not None:
                mean = total / min(first + batch, snippets)
                progress(
                    Progress(
                        epoch,
                        epochs,
                        number,
                        len(cuts),
                        mean / per_snippet,
                    )
                )
        losses.append(total / snippets)
    return CourseraReport(tuple(losses), losses[-1] / per_snippet, per_snippet)


def train_coursera(
    midi_path: Path,
    out: Path,
    *,
    epochs: int = EPOCHS,
    seed: int = 0,
    faithful: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> CourseraReport:
    """Train the course's cell on its MIDI file and save it in the folder `out`.

    Raises InputFileError or CorpusError for a file that does not hold such a solo, OutputFileError
    where the folder cannot be written.
    """
    if epochs < 1:
        raise ValueError(f"epochs is {epochs}: expected at least 1.")
    corpus = read_seed_corpus(midi_path)
    # The snippets are the course's own whatever the seed: it draws them with NumPy's seed 0.
    inputs, targets = build_arrays(corpus.tokens, corpus.values, real_last_target=not faithful)
    _, keras = tensorflow_and_keras()
    keras.utils.set_random_seed(seed)
    model = build_model(len(corpus.values), (UNITS,), len(corpus.values), seed)
    batch = COURSE_BATCH if faithful else BATCH
    report = fit_arrays(
        model, inputs, targets, epochs=epochs, seed=seed, batch=batch, progress=progress
    )
    grammar = SeedGrammar(corpus.values)
    card = ModelCard(
        name=Path(out).name,
        grammar_name=grammar.name,
        grammar_version=grammar.version,
        grammar_fingerprint=fingerprint_of(grammar),
        vocabulary=grammar.vocabulary,
        n_inputs=grammar.n_inputs,
        units=(UNITS,),
        weights_sha256="",
        corpus=corpus_facts(corpus),
        training={
            "preset": "coursera",
            "seed": seed,
            "epochs": epochs,
            "batch": batch,
            "learning_rate": LEARNING_RATE,
            "decay": DECAY,
            "snippets": len(inputs),
            "steps": len(targets),
            "last_target": "zeros" if faithful else "real",
            "keras": str(keras.__version__),
        },
        scores={
            "loss_summed_over_outputs": report.losses[-1],
            "train_nats_per_token": report.loss_per_step,
        },
        licence="that of the training file",
        attribution="Trained on one solo of the file named above; its rights are its owners'.",
        extra={"chord_sets": chord_sets_to_json(corpus.chord_sets)},
    )
    return CourseraReport(
        report.losses, report.loss_per_step, report.targets, save_model(out, model, card)
    )
