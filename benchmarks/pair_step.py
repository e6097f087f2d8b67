"""Time one token of a line, from what the cell is shown to the note: NumPy beside Keras, in one run.

    python benchmarks/pair_step.py

Prints a table and ends with one JSON line. One thread for all of them: a daemon shares its machine.
Needs the extra [train] for the Keras row; without it only NumPy is timed, and that is said.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from _report import finish, percentiles, table
from cell_step import one_threaded

from improv.cell.load import load_model
from improv.cell.sample import sample
from improv.charts.library import load_chart
from improv.controls.table import Controls
from improv.errors import MissingError
from improv.grammar.line.form import Form
from improv.grammar.line.inputs import MELODY_COLUMNS, RHYTHM_COLUMNS
from improv.grammar.line.labels import Labels
from improv.grammar.line.state import LineState
from improv.music.chart import Chart
from improv.music.note import Note
from improv.soloist.line_voice import LineVoice

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "helpers"))
import pair_maker  # random pair cells, as the tests make them

UNITS, WIDTH, LABELS = (256, 128), 24, 100
TOKENS, KERAS_TOKENS = 2000, 300
TARGET_US = 250.0


def timed(action: Callable[[], object], count: int) -> dict[str, float]:
    """p50, p99 and max of `action` in microseconds, after a tenth as many to warm up."""
    for _ in range(count // 10):
        action()
    took_ns = np.empty(count)
    for index in range(count):
        started_ns = time.perf_counter_ns()
        action()
        took_ns[index] = time.perf_counter_ns() - started_ns
    return percentiles(took_ns / 1e3)


def whole(cell: Any, chart: Chart, count: int) -> tuple[dict[str, float], list[Note]]:
    """A voice's step: features, memory, both LSTM steps, four draws; and the notes it played."""
    label = np.zeros(cell.n_labels, np.float32)
    voice = LineVoice(cell, chart, np.random.default_rng(0), label=label, tempo_bpm=180.0)
    controls, notes = Controls(), []
    voice.step(controls)

    def step() -> None:
        notes.append(voice.step(controls).note)

    return timed(step, count), notes


def parts(cell: Any, chart: Chart, notes: list[Note]) -> dict[str, dict[str, float]]:
    """What a token's time goes into, each by itself."""
    line = LineState(Form(chart), 180.0)
    memories = [np.zeros(n, np.float32) for n in (MELODY_COLUMNS, RHYTHM_COLUMNS)]
    shown: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    place = iter(range(len(notes) - 1))
    line.say_wait(notes[0].onset_tick // 40)
    line.end(1, None)

    def features() -> None:
        index = next(place)
        note, after = notes[index], notes[index + 1]
        melody = line.melody_inputs()
        line.melody_answers(memories[0])
        line.views()
        line.say_pitch(note.pitch)
        shown.append((melody, line.rhythm_inputs()))
        line.rhythm_answers(memories[1])
        line.say_wait((after.onset_tick - note.onset_tick) // 40)
        line.end(note.duration_tick // 40, 0.0)

    rows = {"features and memory": timed(features, int(len(notes) / 1.1) - 2)}
    state, who = cell.initial_state(), cell.who(np.zeros(cell.n_labels, np.float32))
    inputs = iter(shown * 2)

    def lstm() -> None:
        nonlocal state
        melody, rhythm = next(inputs)
        _, state = cell.first(melody, who, state)
        _, state = cell.second(rhythm, who, state)

    rows["both LSTM steps and heads"] = timed(lstm, len(shown))
    rng = np.random.default_rng(0)
    scores = [rng.standard_normal(n).astype(np.float32) for n in (128, 61, 35, 9)]

    def draws() -> None:
        for each in scores:
            sample(each, rng, top_p=0.95)

    rows["four draws"] = timed(draws, len(shown))
    return rows


def keras_model(folder: Path) -> Path:
    """A model folder of the benchmark's size, as the trainer writes it. MissingError without Keras."""
    from improv.keras_backend import tensorflow_and_keras

    tensorflow_and_keras()
    from improv.training.line.fit import FitSettings, Fitted, Score
    from improv.training.line.network import Sizes, build_layers
    from improv.training.line.train import Description, save_line

    sizes = Sizes(*UNITS, WIDTH)
    labels = Labels(tuple(f"player {n}" for n in range(LABELS)))
    best = Score(1, 4.0, 1.6, 2.2, 1.0, 1.0)
    fitted = Fitted(build_layers(sizes, labels.size, 0), (best,), best)
    description = Description("bench", {}, "", "", {})
    save_line(folder, fitted, labels, description, 0, FitSettings(sizes=sizes))
    return folder


def main() -> None:
    """Time it all and print the table and the JSON line."""
    one_threaded()
    chart = load_chart("blues")
    rows: dict[str, dict[str, float]] = {}
    keras_us = None
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = keras_model(Path(folder) / "cell")
        except MissingError:
            print("TensorFlow is not installed: only the NumPy step is timed.")
            cell: Any = pair_maker.pair_cell(0, 0.05, UNITS, WIDTH, LABELS)
        else:
            from improv.training.keras_cell import keras_cell_of

            cell = load_model(path).pair_cell
            keras_us, _ = whole(keras_cell_of(path), chart, KERAS_TOKENS)
    rows["a token (NumPy)"], notes = whole(cell, chart, TOKENS)
    rows |= {f"  {name}": took_us for name, took_us in parts(cell, chart, notes).items()}
    if keras_us is not None:
        rows["a token (Keras, tf.function)"] = keras_us
    print(f"One token, {UNITS[0]} and {UNITS[1]} units, one thread, microseconds\n")
    table(["way", "median", "p99", "max"], [[way, *row.values()] for way, row in rows.items()])
    median_us = rows["a token (NumPy)"]["p50"]
    print()
    finish(
        "pair_step",
        units=UNITS,
        us={way.strip(): row for way, row in rows.items()},
        target_us=TARGET_US,
        ok=median_us <= TARGET_US,
    )


if __name__ == "__main__":
    main()
