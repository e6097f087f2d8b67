"""A set of four tunes in three meters with the band, through a real port into FluidSynth: is it one band?

    python benchmarks/setlist.py [--tempo 220]

Notes that are meant for one instant, across all channels: how far apart they were planned and really sent.
And what is left at the end: notes that still sound, and how loud the synth's last half second is. Needs jackd
and fluidsynth; takes about a minute and a half.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import wave
from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import _report as report
import jack
import numpy as np

SET = """
blues               x1
waltz               x1
five.txt            x2
bossa               x1 key=Em
"""
FIVE = "Title: Five and Four\nMeter: 5/4\n| Ebm7 | Bbm7 | Ebm7 | Bbm7 | 4/4 Abm7 | 5/4 Ebm7 |\n"
RING_OUT_S = 2.0


def play(folder: Path, environment: dict[str, str], tempo: float) -> tuple[list[dict], list[bytes]]:
    """Play the set; (log lines of messages, what a second client captured)."""
    (folder / "set.txt").write_text(SET)
    (folder / "five.txt").write_text(FIVE)
    log = folder / "out.jsonl"
    capture = jack.Capture()
    try:
        with jack.fluidsynth(environment, folder / "synth.wav") as synth:
            session = subprocess.Popen(
                [
                    *(sys.executable, "-m", "improv", "--port", "Stage", "--backend", "jack"),
                    *("--setlist", str(folder / "set.txt"), "--tempo", str(tempo)),
                    *("--seed", "7", "--log", str(log)),
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2):
                session.stdout.readline()  # the port is open
            jack.connect(environment, "jazz-improv:Stage", capture.port)
            jack.connect(environment, "jazz-improv:Stage", synth)
            session.communicate()
            time.sleep(RING_OUT_S)
        captured = [data for _, data in capture.rest()]
    finally:
        capture.close()
    lines = map(json.loads, log.read_text().splitlines())
    return [line for line in lines if "bytes" in line], captured


def spreads_us(lines: list[dict], key: str) -> list[float]:
    """For each instant at which several channels begin a note: last minus first, in microseconds."""
    onsets: dict[int, dict[int, int]] = defaultdict(dict)
    for line in lines:
        data = bytes.fromhex(line["bytes"])
        if data[0] & 0xF0 == 0x90 and not line.get("dropped"):
            onsets[line["planned_ns"]].setdefault(data[0] & 0x0F, line[key])
    return [(max(at.values()) - min(at.values())) / 1000 for at in onsets.values() if len(at) > 1]


def last_rms(path: Path) -> tuple[float, float]:
    """RMS of the whole recording and of its last half second, of full scale."""
    with wave.open(str(path)) as audio:
        rate = audio.getframerate()
        samples = np.frombuffer(audio.readframes(audio.getnframes()), dtype="<i2") / 32768
    tail = samples[-rate:]  # two channels: half a second
    return float(np.sqrt((samples**2).mean())), float(np.sqrt((tail**2).mean()))


def main() -> None:
    """Print the tables and the JSON line."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--tempo", type=float, default=220.0)
    options = arguments.parse_args()
    if why := jack.missing():
        print(f"{why}: nothing to measure")
        return
    with jack.server(f"bench{os.getpid()}") as environment, TemporaryDirectory() as folder:
        os.environ.update(environment)
        lines, captured = play(Path(folder), environment, options.tempo)
        loud, tail = last_rms(Path(folder) / "synth.wav")
    notes_of = Counter(line["player"] for line in lines if line["bytes"].startswith("9"))
    report.table(["musician", "notes"], [[name, count] for name, count in notes_of.items()])
    planned, sent = spreads_us(lines, "planned_ns"), spreads_us(lines, "sent_ns")
    rows = [
        ["planned", len(planned), *report.percentiles(planned).values()],
        ["sent", len(sent), *report.percentiles(sent).values()],
    ]
    print()
    report.table(["one instant, several channels", "instants", "p50 µs", "p99 µs", "max µs"], rows)
    left = jack.sounding(captured)
    print(f"\nleft sounding: {len(left)}; RMS {loud:.4f}, of the last half second {tail:.6f}")
    report.finish(
        "setlist",
        notes=sum(notes_of.values()),
        instants=len(sent),
        planned_spread_us=report.percentiles(planned),
        sent_spread_us=report.percentiles(sent),
        left_sounding=len(left),
        rms=round(loud, 5),
        rms_at_end=round(tail, 7),
        captured=len(captured),
        sent=len(lines),
    )


if __name__ == "__main__":
    main()
