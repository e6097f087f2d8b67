"""From the start of the process to the first note-on out of the port; and what TensorFlow would cost.

    python benchmarks/start.py [--runs 10]

The first note is the first click of the count-in, sent 30 ms after everything, band and all, is ready.
Times are from just before the process is started, on the clock that all processes share. The program and what
it is measured against take turns. All keep their bytecode, as an installed copy does; --compile lets
nobody keep any, as where PYTHONDONTWRITEBYTECODE is set: then the program is compiled at every start, while
NumPy and h5py come compiled.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import _report as report
import numpy as np

GOAL_RATIO = 1.8
"""From the start to the first note-on, against a fresh `import numpy` and a fresh `import h5py` together."""


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
    arguments.add_argument("--compile", action="store_true")
    options = arguments.parse_args()
    modules = [m for m in ("sys", "numpy", "h5py") if importlib.util.find_spec(m)]
    times: dict[str, list[float]] = {name: [] for name in ("note", *modules)}
    with report.midi_system() as backend, tempfile.TemporaryDirectory() as folder:
        if options.compile:
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        else:
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
            os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/bytecode"
        log = Path(folder) / "log.jsonl"
        first_note_ms(backend, log, 0)  # once for the disk's sake, and that of the bytecode
        for seed in range(options.runs):
            times["note"].append(first_note_ms(backend, log, seed))
            for module in modules:
                times[module].append(import_ms(module))
        if importlib.util.find_spec("tensorflow") is not None:
            times["tensorflow"] = [import_ms("tensorflow") for _ in range(3)]
    labels = {"note": "start to first note-on", "sys": "an empty Python"}
    rows: list[list[object]] = [
        [labels.get(name, f"import {name} alone"), float(np.median(taken)), min(taken), max(taken)]
        for name, taken in times.items()
    ]
    median = {name: round(float(np.median(taken)), 1) for name, taken in times.items()}
    values: dict[str, float] = {"first_note_ms": median.pop("note")}
    values |= {f"import_{name}_ms": taken for name, taken in median.items()}
    report.table(["", "median ms", "min", "max"], rows)
    both = median["numpy"] + median["h5py"]
    values["ratio"] = round(values["first_note_ms"] / both, 2)
    values["ratio_of_shortest"] = round(
        min(times["note"]) / (min(times["numpy"]) + min(times["h5py"])), 2
    )
    print(f"\n{values['ratio']} times import numpy plus import h5py (goal {GOAL_RATIO})\n")
    if "import_tensorflow_ms" in values:
        values["tensorflow_ratio"] = round(
            values["import_tensorflow_ms"] / values["first_note_ms"], 1
        )
    report.finish(
        "start",
        backend=backend,
        goal_ms=600,
        goal_ratio=GOAL_RATIO,
        bytecode=not options.compile,
        **values,
    )


if __name__ == "__main__":
    main()
