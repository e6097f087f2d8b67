"""Time one token of a line, from what the cell is shown to the note: NumPy beside Keras, in one run.

    python benchmarks/pair_step.py

Prints a table and ends with one JSON line. One thread for all of them: a daemon shares its machine.
Needs the extra [train] for the Keras row; without it only NumPy is timed, and that is said.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from _report import finish, percentiles, table
from cell_step import one_threaded

from improv.cell.load import load_model
from improv.cell.pair import PairCell, together
from improv.cell.sample import sample
from improv.charts.library import load_chart
from improv.controls.table import Controls
from improv.errors import MissingError
from improv.grammar.line.form import Form
from improv.grammar.line.inputs import MELODY, MELODY_COLUMNS, RHYTHM, RHYTHM_COLUMNS
from improv.grammar.line.labels import Labels
from improv.grammar.line.memory import Experts
from improv.grammar.line.state import LineState
from improv.music.chart import Chart
from improv.music.note import Note
from improv.soloist import line_voice
from improv.soloist.line_voice import LineVoice

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "helpers"))
import pair_maker  # random pair cells, as the tests make them

UNITS, WIDTH, LABELS = (256, 128), 24, 100
TOKENS, KERAS_TOKENS = 2000, 300
TARGET_US = 250.0
GOAL_GLUE, GOAL_NOTOCHORD = 1.5, 20
LINES = 16


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


def bare(cell: Any, chart: Chart, count: int) -> tuple[float, float]:
    """p50 in us of a token of a voice, and of its LSTM steps, memory and draws alone, in turns.

    What these are given is noted down from a voice first, so that the second loop has the same work and
    nothing else.
    """
    label = np.zeros(cell.n_labels, np.float32)
    work: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def noting(name: str, function: Any, skip: int) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            work.append((name, tuple(copy(value) for value in given[skip:]), named))
            return function(*given, **named)

        return call

    def voice() -> LineVoice:
        rng = np.random.default_rng(0)
        return LineVoice(cell, chart, rng, label=label, tempo_bpm=180.0)

    with (
        mock.patch.object(PairCell, "first", noting("first", PairCell.first, 1)),
        mock.patch.object(PairCell, "second", noting("second", PairCell.second, 1)),
        mock.patch.object(Experts, "look", noting("look", Experts.look, 1)),
        mock.patch.object(Experts, "learn", noting("learn", Experts.learn, 1)),
        mock.patch.object(line_voice, "sample", noting("sample", sample, 0)),
    ):
        noted, controls = voice(), Controls()
        for _ in range(count):
            noted.step(controls)
    whole_ns, bare_ns = [], []
    for _ in range(3):
        line, who, state = LineState(Form(chart), 180.0), cell.who(label), cell.initial_state()
        memories = {15: line.melody_memory, 11: line.rhythm_memory}
        buffers = {at: np.zeros(each.columns, np.float32) for at, each in memories.items()}
        rng, began_ns = np.random.default_rng(0), time.perf_counter_ns()
        for name, given, named in work:
            if name == "first":
                now_ns = time.perf_counter_ns()
                bare_ns.append(now_ns - began_ns)
                began_ns = now_ns
                _, state = cell.first(given[0], who, state)
            elif name == "second":
                _, state = cell.second(given[0], who, state)
            elif name == "look":
                memories[len(given[0])].look(given[0], buffers[len(given[0])])
            elif name == "learn":
                memories[len(given[0])].learn(*given)
            else:
                sample(given[0], rng, **named)
        played, controls = voice(), Controls()
        for _ in range(count):
            began_ns = time.perf_counter_ns()
            played.step(controls)
            whole_ns.append(time.perf_counter_ns() - began_ns)
    return float(np.median(whole_ns)) / 1e3, float(np.median(bare_ns)) / 1e3


def at_once(cell: Any, k: int) -> float:
    """p50 in us of both steps of k lines at once (k 1: of one line alone)."""
    rng, label = np.random.default_rng(0), np.zeros(cell.n_labels, np.float32)
    shown = [
        np.array([[rng.integers(size) for _, size in table] for _ in range(k)])
        for table in (MELODY, RHYTHM)
    ]
    who, state = cell.who(label), cell.initial_state()
    if k > 1:
        who, state = together([who] * k), together([state] * k)
    else:
        shown = [rows[0] for rows in shown]

    def step() -> None:
        _, after = cell.first(shown[0], who, state)
        cell.second(shown[1], who, after)

    return timed(step, 2000)["p50"]


def notochord_us() -> tuple[str, float]:
    """One event of Notochord, untrained (its size counts): the package where it is installed, else as many
    products of its sizes in NumPy, which is less than it does."""
    if importlib.util.find_spec("notochord") is not None:
        import torch
        from notochord import Notochord

        torch.set_num_threads(1)
        noto = Notochord().eval()
        noto.reset()

        def event() -> None:
            if len(noto.held_notes) > 20:
                noto.held_notes.clear()
            noto.query_feed(next_inst=1)

        return "an event of Notochord", timed(event, 200)["p50"]
    mlp = [(512, 1024), (512, 1024)]
    heads = [layer for n in (321, 129, 96, 48) for layer in (*mlp, (512, n))]
    sizes = [(512, 3072), *[(1024, 3072)] * 3, (1024, 1024), (512, 1024), (512, 512), *heads]
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal(size).astype(np.float32) for size in sizes]
    inputs = {rows: rng.standard_normal(rows).astype(np.float32) for rows in (512, 1024)}

    def products() -> None:
        for matrix in weights:
            inputs[len(matrix)].dot(matrix)

    return "the products of Notochord's size alone (NumPy)", timed(products, 200)["p50"]


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
    whole_us, bare_us = bare(cell, chart, TOKENS)
    one_us, many_us = at_once(cell, 1), at_once(cell, LINES)
    who, noto_us = notochord_us()
    if keras_us is not None:
        rows["a token (Keras, tf.function)"] = keras_us
    print(f"One token, {UNITS[0]} and {UNITS[1]} units, one thread, microseconds\n")
    table(["way", "median", "p99", "max"], [[way, *row.values()] for way, row in rows.items()])
    median_us = rows["a token (NumPy)"]["p50"]
    print(
        f"\nA token costs {whole_us / bare_us:.2f} times its LSTM steps, memory and draws alone "
        f"({whole_us:.0f} and {bare_us:.0f} us, in turns; goal {GOAL_GLUE}).\n"
        f"{LINES} lines at once cost {many_us / one_us:.1f} times one ({many_us:.0f} and {one_us:.0f} us).\n"
        f"A token is 1/{noto_us / whole_us:.0f} of {who}, {noto_us / 1e3:.1f} ms (goal 1/{GOAL_NOTOCHORD}).\n"
    )
    finish(
        "pair_step",
        units=UNITS,
        us={way.strip(): row for way, row in rows.items()},
        target_us=TARGET_US,
        glue_ratio=round(whole_us / bare_us, 2),
        lines_at_once_ratio=round(many_us / one_us, 2),
        notochord=who,
        notochord_ratio=round(noto_us / whole_us, 1),
        ok=median_us <= TARGET_US,
    )


if __name__ == "__main__":
    main()
