"""Train the course's model as the course builds it, beside ours, in one run.

    python benchmarks/seed_training.py [--epochs 100]

The course's `djmodel` in today's Keras: 30 copies of Reshape -> LSTM(64) -> Dense(78, softmax) that
share their weights, outer a0 and c0, a list of 30 targets, `fit` with m = 60. Both start from the
same weights and see the same snippets. Prints a table and ends with one JSON line.
The MIDI file is JAZZ_IMPROV_SHARED/seed/original_metheny.mid (default ../shared); without it a
random sequence of the same sizes is used, and that is said. Importing TensorFlow is in neither
time.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.course.arrays import build_arrays
from improv.course.build import Progress, build_model
from improv.course.reader import read_seed_corpus
from improv.course.train import BATCH, COURSE_BATCH, UNITS, course_optimizer, fit_arrays
from improv.keras_backend import tensorflow_and_keras

ROOT = Path(__file__).resolve().parent.parent
TARGET_RATIO = 10.0


def tokens_and_values() -> tuple[list[str], list[str], str]:
    """The corpus, its values, and where they came from."""
    shared = Path(os.environ.get("JAZZ_IMPROV_SHARED", ROOT.parent / "shared"))
    path = shared / "seed" / "original_metheny.mid"
    if path.is_file():
        corpus = read_seed_corpus(path)
        return list(corpus.tokens), list(corpus.values), path.name
    rng = np.random.default_rng(0)
    values = [f"v{number:02}" for number in range(78)]
    drawn = [values[int(i)] for i in rng.permutation(np.r_[0:78, rng.integers(0, 78, 115)])]
    return drawn, values, f"a random sequence (there is no {path})"


def djmodel(keras: Any, steps: int, n_values: int) -> Any:
    """The course's model: the steps of one LSTM written out, each with its own output."""
    reshaper = keras.layers.Reshape((1, n_values))
    lstm_cell = keras.layers.LSTM(UNITS, return_state=True)
    densor = keras.layers.Dense(n_values, activation="softmax")
    x = keras.Input((steps, n_values))
    a0, c0 = keras.Input((UNITS,), name="a0"), keras.Input((UNITS,), name="c0")
    a, c = a0, c0
    outputs = []
    for t in range(steps):
        step = reshaper(keras.layers.Lambda(lambda z, t=t: z[:, t, :])(x))
        a, _, c = lstm_cell(step, initial_state=[a, c])
        outputs.append(densor(a))
    return keras.Model([x, a0, c0], outputs), lstm_cell, densor


def run_course(
    keras: Any, x: NDArray, y: NDArray, weights: list[NDArray], epochs: int
) -> dict[str, float]:
    """Build, compile and fit the course's model; seconds and losses."""
    started = time.perf_counter()
    model, lstm_cell, densor = djmodel(keras, x.shape[1], x.shape[2])
    lstm_cell.set_weights(weights[:3])
    densor.set_weights(weights[3:])
    model.compile(
        optimizer=course_optimizer(keras),
        loss=["categorical_crossentropy"] * len(y),
        metrics=["accuracy"] * len(y),
    )
    built = time.perf_counter()
    ends: list[float] = []
    zeros = np.zeros((len(x), UNITS), np.float32)
    history = model.fit(
        [x.astype(np.float32), zeros, zeros],
        [target.astype(np.float32) for target in y],
        epochs=epochs,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter())
            )
        ],
    )
    losses = [float(loss) for loss in history.history["loss"]]
    return _row(started, built, ends, losses, targets=int(y.any(axis=(1, 2)).sum()))


def run_ours(
    x: NDArray, y: NDArray, weights: list[NDArray], epochs: int, seed: int, batch: int
) -> dict[str, float]:
    """Build and fit ours; seconds and losses."""
    started = time.perf_counter()
    model = build_model(x.shape[2], (UNITS,), x.shape[2], seed)
    model.set_weights(weights)
    built = time.perf_counter()
    ends: list[float] = []

    def progress(at: Progress) -> None:
        if at.batch == at.batches:
            ends.append(time.perf_counter())

    report = fit_arrays(model, x, y, epochs=epochs, seed=seed, batch=batch, progress=progress)
    return _row(started, built, ends, list(report.losses), report.targets)


def _row(
    started: float, built: float, ends: list[float], losses: list[float], targets: int
) -> dict[str, float]:
    later = np.diff(ends)
    return {
        "build_s": built - started,
        "first_epoch_s": ends[0] - built,
        "epoch_s": float(np.median(later)) if len(later) else float("nan"),
        "total_s": ends[-1] - started,
        "first_loss": losses[0],
        "final_loss": losses[-1],
        "targets": targets,
        "loss_per_step": losses[-1] / targets,
    }


def main() -> None:
    """Train both and print the table and the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    tokens, values, source = tokens_and_values()
    _, keras = tensorflow_and_keras()
    keras.utils.set_random_seed(arguments.seed)
    x, y = build_arrays(tokens, values)
    _, y_real = build_arrays(tokens, values, real_last_target=True)
    weights = build_model(len(values), (UNITS,), len(values), arguments.seed).get_weights()
    course = run_course(keras, x, y, weights, arguments.epochs)
    ours = run_ours(x, y_real, weights, arguments.epochs, arguments.seed, BATCH)
    faithful = run_ours(x, y, weights, arguments.epochs, arguments.seed, COURSE_BATCH)
    rows = {"course (djmodel)": course, "ours": ours, "ours, --faithful": faithful}
    print(f"Trained on {source}: X {x.shape}, Y {y.shape}, {arguments.epochs} epochs\n")
    print(f"{'':<26}" + "".join(f"{key:>15}" for key in course))
    for name, row in rows.items():
        print(f"{name:<26}" + "".join(f"{value:>15.4g}" for value in row.values()))
    ratio = {
        key: round(course[key] / ours[key], 1)
        for key in ("build_s", "first_epoch_s", "epoch_s", "total_s")
    }
    result = {
        "benchmark": "seed_training",
        "source": source,
        "epochs": arguments.epochs,
        **{
            key: {name: round(value, 5) for name, value in row.items()} for key, row in rows.items()
        },
        "times_as_fast": ratio,
        "target_ratio": TARGET_RATIO,
        "ok": ratio["total_s"] >= TARGET_RATIO and ours["loss_per_step"] <= course["loss_per_step"],
    }
    print("\n" + json.dumps(result))


if __name__ == "__main__":
    main()
