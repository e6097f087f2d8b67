"""Time one step of the 64-unit cell over 78 values: NumPy beside three ways of Keras, in one run.

    python benchmarks/cell_step.py

Prints a table and ends with one JSON line. One thread for all of them: a daemon shares its machine.
Needs the extra [train] for the Keras rows; without it only NumPy is timed, and that is said.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from improv.cell.card import ModelCard
from improv.cell.load import load_model
from improv.cell.sample import sample
from improv.cell.step import LstmCell, LstmWeights
from improv.errors import MissingError

UNITS, VALUES = 64, 78
TARGET_US = 15.0


def timed(action: Callable[[], object], count: int) -> tuple[float, float]:
    """Median and 99th percentile of `action` in microseconds, after a tenth as many to warm up."""
    for _ in range(max(3, count // 10)):
        action()
    took_ns = np.empty(count)
    for index in range(count):
        started_ns = time.perf_counter_ns()
        action()
        took_ns[index] = time.perf_counter_ns() - started_ns
    return float(np.median(took_ns)) / 1e3, float(np.percentile(took_ns, 99)) / 1e3


def stepping(cell: LstmCell) -> Callable[[], object]:
    """A step that goes on from the state the step before left, over changing tokens."""
    state, token = cell.initial_state(), 0

    def step() -> None:
        nonlocal state, token
        _, state = cell.step((token,), state)
        token = (token + 7) % VALUES

    return step


def random_cell() -> LstmCell:
    """A cell of the benchmark's size with small random weights."""
    rng = np.random.default_rng(0)

    def array(*shape: int) -> np.ndarray:
        return (0.1 * rng.standard_normal(shape)).astype(np.float32)

    layer = LstmWeights(array(VALUES, 4 * UNITS), array(UNITS, 4 * UNITS), array(4 * UNITS))
    return LstmCell([layer], (array(UNITS, VALUES), array(VALUES)))


def one_threaded() -> None:
    """Start this program again with one thread: the variables are read when NumPy is loaded."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    if any(os.environ.get(name) != "1" for name in names):
        os.environ.update(dict.fromkeys(names, "1"))
        os.execv(sys.executable, [sys.executable, *sys.argv])


def main() -> None:
    """Time every way and print the table and the JSON line."""
    one_threaded()
    rows: dict[str, tuple[float, float]] = {}
    try:
        from improv.keras_backend import tensorflow_and_keras

        _, keras = tensorflow_and_keras()
    except MissingError:
        print("TensorFlow is not installed: only the NumPy step is timed.")
        cell = random_cell()
        rows["cell.step (NumPy)"] = timed(stepping(cell), 20_000)
    else:
        from improv.cell.save import save_model
        from improv.course.build import build_model
        from improv.training.keras_cell import KerasCell

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cell"
            names = tuple(str(i) for i in range(VALUES))
            save_model(
                path,
                build_model(VALUES, (UNITS,), VALUES, seed=0),
                ModelCard("bench", "seed", 1, "", names, VALUES, (UNITS,), ""),
            )
            cell = load_model(path).cell
            keras_cell = KerasCell(path)
        inputs = keras.Input((1, VALUES), batch_size=1)
        lstm = keras.layers.LSTM(UNITS, stateful=True)
        one_step = keras.Model(inputs, keras.layers.Dense(VALUES)(lstm(inputs)))
        x = np.zeros((1, 1, VALUES), np.float32)
        x[0, 0, 3] = 1.0
        rows["cell.step (NumPy)"] = timed(stepping(cell), 20_000)
        state = keras_cell.initial_state()
        rows["tf.function (KerasCell.step)"] = timed(lambda: keras_cell.step((3,), state), 1000)
        rows["model(x)"] = timed(lambda: one_step(x), 300)
        rows["model.predict(x)"] = timed(lambda: one_step.predict(x, verbose=0), 60)
    rng = np.random.default_rng(0)
    logits, _ = cell.step((3,), cell.initial_state())
    rows["(sample, top_p 0.9)"] = timed(lambda: sample(logits, rng, top_p=0.9), 20_000)
    print(f"One step, {UNITS} units, {VALUES} inputs, {VALUES} outputs, one thread\n")
    print(f"{'way':<32}{'median us':>12}{'p99 us':>12}{'ratio':>9}")
    numpy_us = rows["cell.step (NumPy)"][0]
    for way, (median_us, p99_us) in rows.items():
        print(f"{way:<32}{median_us:>12.1f}{p99_us:>12.1f}{median_us / numpy_us:>9.1f}")
    result = {
        "benchmark": "cell_step",
        "median_us": {way: round(row[0], 2) for way, row in rows.items()},
        "p99_us": {way: round(row[1], 2) for way, row in rows.items()},
        "ratio_to_numpy": {way: round(row[0] / numpy_us, 1) for way, row in rows.items()},
        "target_us": TARGET_US,
        "ok": numpy_us <= TARGET_US,
    }
    print("\n" + json.dumps(result))


if __name__ == "__main__":
    main()
