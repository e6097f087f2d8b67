"""Resident memory and processor time of its processes while playing at 200 bpm (Linux: reads /proc).

python benchmarks/footprint.py [--seconds 60]                   while it plays
python benchmarks/footprint.py --choruses 10000                 of `generate` (minutes), at most
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import _report as report
from _soak_parts import processes

MIB = 1 << 20


def memory_bytes(pid: int) -> tuple[int, int]:
    """(resident set size, of that the JACK server's own segment, which every JACK client maps)."""
    total = server = 0
    mapping = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        first = line.split(maxsplit=1)[0]
        if "-" in first and not first.endswith(":"):
            mapping = line
        elif first == "Rss:":
            size = int(line.split()[1]) * 1024
            total += size
            server += size if "/dev/shm/jack" in mapping else 0
    return total, server


def cpu_s(pid: int) -> float:
    """User and system time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(seconds: float, backend: str) -> None:
    """Play for `seconds` and look at the player, its sender and its receiver."""
    recording = Path(tempfile.gettempdir()) / "jazz-improv-footprint.mid"
    player = subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "improv",
                "--tempo",
                "200",
                "--seed",
                "1",
                "--backend",
                backend,
            ),
            *("--record", str(recording)),
        ],
        stdout=subprocess.PIPE,
    )
    assert player.stdout is not None
    while not player.stdout.readline().startswith(b"   1.2"):  # the second bar has begun
        pass
    names = processes(player.pid)
    before = {name: cpu_s(pid) for name, pid in names.items()}
    began = time.perf_counter()
    drain = subprocess.Popen(["cat"], stdin=player.stdout, stdout=subprocess.DEVNULL)
    time.sleep(seconds)
    elapsed = time.perf_counter() - began
    rows = []
    for name, pid in names.items():
        rss, server = memory_bytes(pid)
        cpu = 100 * (cpu_s(pid) - before[name]) / elapsed
        rows.append([name, rss / MIB, server / MIB, (rss - server) / MIB, cpu])
    rows.append(["all", *(sum(column) for column in list(zip(*rows, strict=True))[1:])])
    player.send_signal(signal.SIGINT)
    player.wait()
    drain.wait()
    recording.unlink(missing_ok=True)
    report.table(["", "RSS MiB", "JACK server's MiB", "own MiB", "CPU % of a core"], rows)
    _, rss, server, own, cpu = rows[-1]
    report.finish(
        "footprint",
        seconds=seconds,
        backend=backend,
        rss_mib=round(rss, 1),
        jack_server_mib=round(server, 1),
        own_mib=round(own, 1),
        cpu_percent=round(cpu, 2),
        goal_own_mib=120,
        goal_cpu_percent=6,
    )


def measure_generate(choruses: int) -> None:
    """The most memory that `generate` takes for a blues with a band, and for one chorus of it."""
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (1, choruses):
            command = ["-m", "improv", "generate", "--chart", "blues", "--seed", "1"]
            process = subprocess.Popen(
                [
                    *(sys.executable, *command, "--choruses", str(count)),
                    *("--out", str(Path(folder) / "x.mid")),
                ],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            _, _, used = os.wait4(process.pid, 0)
            peaks.append(used.ru_maxrss * 1024)
    each_kib = (peaks[1] - peaks[0]) / max(1, choruses - 1) / 1024
    report.table(
        ["choruses", "peak RSS MiB"],
        [[1, peaks[0] / MIB], [choruses, peaks[1] / MIB]],
    )
    report.finish(
        "footprint_generate",
        choruses=choruses,
        peak_mib=round(peaks[1] / MIB, 1),
        kib_a_chorus=round(each_kib, 1),
        goal_peak_mib=500,
    )


def main() -> None:
    """Print the table and the JSON line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--choruses", type=int, default=0)
    options = arguments.parse_args()
    if options.choruses:
        measure_generate(options.choruses)
        return
    with report.midi_system() as backend:
        measure(options.seconds, backend)


if __name__ == "__main__":
    main()
