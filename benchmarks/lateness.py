"""How late messages are sent, idle and with every core busy, beside a bare timer loop in the same run.

    python benchmarks/lateness.py [--seconds 300]

The real program plays at 200 bpm; lateness is its log's sent_ns - planned_ns, at the send call. Beside it,
at the same time and under the same load, runs a loop that does nothing but sleep to a deadline every
75 ms (a sixteenth at 200 bpm) and look at the clock. "busy" adds one spinning process per core.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import report

BARE_LOOP = """
import sys, time
deadline = time.perf_counter_ns()
for _ in range(int(sys.argv[1])):
    deadline += 75_000_000
    while (left := deadline - time.perf_counter_ns()) > 0:
        time.sleep(left / 1e9)
    print(time.perf_counter_ns() - deadline)
"""


@contextlib.contextmanager
def all_cores_busy(wanted: bool) -> Iterator[None]:
    """One spinning process per core."""
    count = (os.cpu_count() or 1) if wanted else 0
    spinners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


def play(seconds: float, log: Path, backend: str) -> tuple[list[float], list[float]]:
    """(the program's lateness, the bare loop's), in microseconds."""
    choruses = max(1, round(seconds / (12 * 4 * 60 / 200)))
    bare = subprocess.Popen(
        [sys.executable, "-c", BARE_LOOP, str(round(seconds / 0.075))],
        stdout=subprocess.PIPE,
        text=True,
    )
    subprocess.run(
        [
            *(sys.executable, "-m", "improv", "--tempo", "200", "--choruses", str(choruses), "--seed", "1"),
            *("--backend", backend, "--log", str(log), "--quiet", "--record", str(log.with_suffix(".mid"))),
        ],
        check=True,
    )
    bare_us = [int(line) / 1e3 for line in bare.communicate()[0].split()]
    lines = [line for line in map(json.loads, log.read_text().splitlines()) if line.get("token")]
    return [(line["sent_ns"] - line["planned_ns"]) / 1e3 for line in lines], bare_us


def main() -> None:
    """Print the table and the JSON line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=300, help="of playing, for idle and for busy")
    arguments.add_argument("--backend", default="auto")
    options = arguments.parse_args()
    rows, values = [], {}
    for name, busy in (("idle", False), ("busy", True)):
        with tempfile.TemporaryDirectory() as folder, all_cores_busy(busy):
            ours, bare = play(options.seconds, Path(folder) / "log.jsonl", options.backend)
        for who, late in (("jazz-improv", ours), ("bare timer loop", bare)):
            figures = report.percentiles(late)
            rows.append([f"{who}, {name}", len(late), *figures.values()])
            values[f"{'ours' if late is ours else 'bare'}_{name}_us"] = figures
    report.table(["lateness", "messages", "p50 us", "p99 us", "max us"], rows)
    report.finish("lateness", seconds=options.seconds, backend=options.backend, **values)


if __name__ == "__main__":
    main()
