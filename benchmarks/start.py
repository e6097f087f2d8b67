"""From the start of the process to the first note-on out of the port; and what TensorFlow would cost.

    python benchmarks/start.py [--runs 10]

The first note is the first click of the count-in, sent 30 ms after everything, band and all, is ready.
Times are from just before the process is started, on the clock that all processes share.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import _report as report
import numpy as np


def first_note_ms(backend: str, log: Path, seed: int) -> float:
    """One start of the real program; from the spawn to the send call of the first note-on."""
    began_ns = time.perf_counter_ns()
    subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "improv",
                "--backend",
                backend,
                "--choruses",
                "1",
                "--tempo",
                "400",
            ),
            *("--chart", "| C7 |", "--seed", str(seed), "--log", str(log), "--quiet"),
            *(["--record", str(log.with_suffix(".mid"))]),
        ],
        check=True,
    )
    for line in map(json.loads, log.read_text().splitlines()):
        if line.get("bytes", "").startswith("9"):  # the count-in's first click
            return (line["sent_ns"] - began_ns) / 1e6
    raise SystemExit("no note was played")


def import_ms(module: str) -> float:
    """A Python that only imports `module`."""
    began_ns = time.perf_counter_ns()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True, capture_output=True)
    return (time.perf_counter_ns() - began_ns) / 1e6


def main() -> None:
    """Print the table and the JSON line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=10)
    options = arguments.parse_args()
    with report.midi_system() as backend, tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        first_note_ms(backend, log, 0)  # once for the disk's sake
        notes = [first_note_ms(backend, log, seed) for seed in range(options.runs)]
    rows: list[list[object]] = [
        ["start to first note-on", float(np.median(notes)), min(notes), max(notes)]
    ]
    values = {"first_note_ms": round(float(np.median(notes)), 1)}
    for module in ("sys", "numpy", "h5py", "tensorflow"):
        if importlib.util.find_spec(module) is None:
            continue
        times = [import_ms(module) for _ in range(3)]
        label = "an empty Python" if module == "sys" else f"import {module} alone"
        rows.append([label, float(np.median(times)), min(times), max(times)])
        values[f"import_{module}_ms"] = round(float(np.median(times)), 1)
    report.table(["", "median ms", "min", "max"], rows)
    if "import_tensorflow_ms" in values:
        values["tensorflow_ratio"] = round(
            values["import_tensorflow_ms"] / values["first_note_ms"], 1
        )
    report.finish("start", backend=backend, goal_ms=600, **values)


if __name__ == "__main__":
    main()
