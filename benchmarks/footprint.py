"""Resident memory and processor time of both processes while playing at 200 bpm (Linux: reads /proc).

    python benchmarks/footprint.py [--seconds 60]
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import report

MIB = 1 << 20


def children(pid: int) -> list[int]:
    """Process ids started by `pid`."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory_bytes(pid: int) -> tuple[int, int]:
    """(resident, proportional) set size; the second shares common pages out among their users."""
    fields = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value, *_ = line.split()
        fields[name] = int(value) * 1024
    return fields["Rss:"], fields["Pss:"]


def cpu_s(pid: int) -> float:
    """User and system time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the table and the JSON line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--backend", default="auto")
    options = arguments.parse_args()
    player = subprocess.Popen(
        [sys.executable, "-m", "improv", "--tempo", "200", "--seed", "1", "--backend", options.backend,
         "--record", os.devnull + ".mid" if os.name == "nt" else "/tmp/jazz-improv-footprint.mid"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert player.stdout is not None
    while not player.stdout.readline().startswith(b"   1.2"):  # the second bar has begun
        pass
    (sender,) = children(player.pid)
    names = {"performer": player.pid, "sender": sender}
    before = {name: cpu_s(pid) for name, pid in names.items()}
    began = time.perf_counter()
    drain = subprocess.Popen(["cat"], stdin=player.stdout, stdout=subprocess.DEVNULL)
    time.sleep(options.seconds)
    elapsed = time.perf_counter() - began
    rows, total_rss, total_pss, total_cpu = [], 0, 0, 0.0
    for name, pid in names.items():
        rss, pss = memory_bytes(pid)
        cpu = 100 * (cpu_s(pid) - before[name]) / elapsed
        rows.append([name, rss / MIB, pss / MIB, cpu])
        total_rss, total_pss, total_cpu = total_rss + rss, total_pss + pss, total_cpu + cpu
    rows.append(["both", total_rss / MIB, total_pss / MIB, total_cpu])
    player.send_signal(signal.SIGINT)
    player.wait()
    drain.wait()
    report.table(["", "RSS MiB", "PSS MiB", "CPU % of a core"], rows)
    report.finish(
        "footprint",
        seconds=options.seconds,
        rss_mib=round(total_rss / MIB, 1),
        pss_mib=round(total_pss / MIB, 1),
        cpu_percent=round(total_cpu, 2),
        goal_rss_mib=120,
        goal_cpu_percent=6,
    )


if __name__ == "__main__":
    main()
