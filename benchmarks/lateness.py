"""How late messages are sent, idle and with every core busy, beside a bare timer loop in the same run.

    python benchmarks/lateness.py [--seconds 300]

The real program plays at 200 bpm; lateness is its log's sent_ns - planned_ns, at the send call. Beside it,
at the same time and under the same load, runs a loop that does nothing but sleep to a deadline every
75 ms (a sixteenth at 200 bpm) and look at the clock. "busy" adds one spinning process per core. All of it
once with real-time priority asked for and once without (the bare loop never asks): 20 minutes in all.
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

import _report as report

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


def play(seconds: float, log: Path, backend: str) -> tuple[list[float], list[float], bool]:
    """(the program's lateness, the bare loop's) in microseconds; whether real-time priority was had."""
    choruses = max(1, round(seconds / (12 * 4 * 60 / 200)))
    bare = subprocess.Popen(
        [sys.executable, "-c", BARE_LOOP, str(round(seconds / 0.075))],
        stdout=subprocess.PIPE,
        text=True,
    )
    subprocess.run(
        [
            *(sys.executable, "-m", "improv", "--tempo", "200", "--choruses", str(choruses)),
            *("--seed", "1", "--backend", backend, "--log", str(log), "--quiet"),
            *("--record", str(log.with_suffix(".mid"))),
        ],
        check=True,
    )
    bare_us = [int(line) / 1e3 for line in bare.communicate()[0].split()]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    late_us = [(line["sent_ns"] - line["planned_ns"]) / 1e3 for line in lines if line.get("token")]
    return late_us, bare_us, lines[0]["realtime"]


def main() -> None:
    """Print the table and the JSON line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=300, help="of each of four runs")
    options = arguments.parse_args()
    rows, values = [], {}
    with report.midi_system() as backend:
        for realtime in ("1", "0"):
            os.environ["JAZZ_IMPROV_REALTIME"] = realtime
            for load, busy in (("idle", False), ("busy", True)):
                with tempfile.TemporaryDirectory() as folder, all_cores_busy(busy):
                    log = Path(folder) / "log.jsonl"
                    ours, bare, granted = play(options.seconds, log, backend)
                if realtime == "1" and not granted:
                    print("(real-time priority was asked for and refused)")
                priority = "real-time" if granted else "ordinary"
                for who, late in (
                    (f"jazz-improv, {priority}", ours),
                    ("bare loop, ordinary", bare),
                ):
                    figures = report.percentiles(late)
                    rows.append([f"{who} priority, {load}", len(late), *figures.values()])
                    name = "ours" if late is ours else "bare"
                    asked = "asked" if realtime == "1" else "not_asked"
                    values[f"{name}_{load}_realtime_{asked}_us"] = figures
    report.table(["lateness", "messages", "p50 us", "p99 us", "max us"], rows)
    report.finish("lateness", seconds=options.seconds, backend=backend, **values)


if __name__ == "__main__":
    main()
