"""Everything that was ever found to break it, and its relatives, tried at random: what came out?

    python benchmarks/torture.py [--times 1] [--seed 1] [--only NAME] [--write]

About ten minutes; `--times 20` tries twenty times as much. The same seed makes the same attacks
(when which process is hit depends on the machine). `--write` puts the table into docs/robustness.md. The
status is 1 where there was a traceback, a hang of more than 10 s, a note left sounding or a place in the form
lost. The sessions need Linux and jackd; they are left out where it is not installed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import _report as report
import jack
from _attacks import ATTACKS
from _outcomes import ASTRAY, HANG, ROOT, SAID, STUCK, TRACEBACK, WELL

PAGE = ROOT / "docs" / "robustness.md"
BEGIN, END = "<!-- made by benchmarks/torture.py -->", "<!-- end -->"
BAD = (TRACEBACK, HANG, STUCK, ASTRAY)
HEADER = (
    "attack",
    "tried",
    "well",
    "a sentence",
    "tracebacks",
    "hangs",
    "stuck notes",
    "place lost",
    "slowest s",
    "MB",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--times", type=float, default=1.0, help="how many times the usual number (1)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=ATTACKS, help="only this attack")
    parser.add_argument(
        "--write", action="store_true", help="put the table into docs/robustness.md"
    )
    options = parser.parse_args()
    names = [options.only] if options.only else list(ATTACKS)
    if "sessions" in names and (why := jack.missing()):
        print(f"({why}: the sessions are left out)")
        names.remove("sessions")
    rows = [_carried_out(name, options.times, options.seed) for name in names]
    report.table(HEADER, [_cells(row) for row in rows])
    if options.write:
        _write(rows)
    bad = {kind: sum(row.get(kind, 0) for row in rows) for kind in BAD}
    report.finish("torture", seed=options.seed, attacks=rows, **bad)
    sys.exit(any(bad.values()))


def _carried_out(name: str, times: float, seed: int) -> dict[str, Any]:
    """One attack, in a process of its own: what is left of it counts for no other."""
    count = max(6, round(ATTACKS[name].count * times))
    program = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("_attacks.py")), name, str(count), str(seed)],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        out, _ = program.communicate()
    finally:
        program.kill()
    try:
        return json.loads(out.splitlines()[-1])
    except (
        IndexError,
        ValueError,
    ):  # it was ended from outside, or stood still where no signal gets through
        return {"attack": name, HANG: 1}


def _cells(row: dict[str, Any]) -> list[object]:
    counts = [row.get(kind, 0) for kind in (WELL, SAID, *BAD)]
    return [
        row["attack"],
        sum(counts),
        *counts,
        row.get("slowest_s", "-"),
        row.get("memory_mb", "-"),
    ]


def _write(rows: list[dict[str, Any]]) -> None:
    head, _, rest = PAGE.read_text().partition(BEGIN)
    lines = [f"| {' | '.join(HEADER)} |", f"|---{'|--:' * (len(HEADER) - 1)}|"]
    for row in rows:
        name, tried, *cells = _cells(row)
        lines.append(
            f"| **{name}**: {ATTACKS[name].what} | {tried:,} | {' | '.join(map(str, cells))} |"
        )
    PAGE.write_text("\n".join([head + BEGIN, *lines, END]) + rest.partition(END)[2])


if __name__ == "__main__":
    main()
