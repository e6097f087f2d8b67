"""How a trade goes in time: a late note heard, the reply chosen again, and its first note where it was meant.

    python benchmarks/trading.py [--trades 8] [--tempos 60,140,300] [--busy] [--no-jack]

Two parts. `chosen again`, without ports: calls over a blues, planned a beat ahead as the performer does it;
100 ms before each bar line one more note is heard, and what that takes is timed: hearing it, taking back what
was planned, and playing that anew. In how many trades a part was planned by then is said below.

`through JACK`: a client plays eighths in its bars, up to 110 ms before each bar line, into a program that
trades twos with its band. By the log: how late the first note of each reply was sent, and how long after the
last note that was heard it came. `answers`: in mode "answer" it plays calls and stops, and what is counted is
how long after the end of its last note the answer came, in milliseconds and, in the histogram, in beats.

`--busy`: with a spinning process for each core.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import _report as report
import jack
import numpy as np

from improv.cell.load import find_model, load_model
from improv.charts.library import load_chart
from improv.config import DEFAULT_MODEL, Config, Plan, Tune
from improv.partner.heard import HeardNote
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_ensemble, make_performance
from improv.performance.form import DEFAULT_BAND, band_of

BEAT, BARS = 480, 2
GOAL_CHOSEN_MS, GOAL_P99_MS = 20.0, 5.0
LATE_S = 0.110
SPIN = """
import os
parent = os.getppid()
while os.getppid() == parent:
    pass
"""


def chosen_again(trades: int, bpm: float) -> dict[str, Any]:
    """Milliseconds that it takes to hear a late note and plan anew, and the share of changed replies."""
    tune = Tune(load_chart("blues"), Plan(choruses=-(-trades * 2 * BARS // 12)), {"tempo_bpm": bpm})
    config = Config((tune,), seed=1, mode=f"trade {BARS}", band=band_of(DEFAULT_BAND, 1))
    arrangement = arrange(tune.chart, tune.plan)
    performance = make_performance(tune, arrangement)
    ensemble = make_ensemble(config, tune, performance, load_model(find_model(DEFAULT_MODEL)))
    rng, took, cpu, changed = np.random.default_rng(1), [], [], 0
    late_tick = round(0.1 * bpm / 60 * BEAT)
    for trade in range(trades):
        start = trade * 2 * BARS * 4 * BEAT
        boundary = start + BARS * 4 * BEAT
        onsets = [*range(start, boundary - late_tick - 60, BEAT // 2), boundary - late_tick]
        for onset in onsets:
            ensemble.advance(onset + BEAT)
            note = HeardNote(onset, onset + 200, int(rng.integers(55, 75)), 80, onset)
            begun, begun_cpu = time.perf_counter(), time.thread_time()
            gone = ensemble.hear(note, onset + 20)
            ensemble.advance(onset + BEAT)
            if onset == onsets[-1]:
                took.append(1000 * (time.perf_counter() - begun))
                cpu.append(1000 * (time.thread_time() - begun_cpu))
                changed += bool(gone)
        ensemble.advance(boundary + BARS * 4 * BEAT - 2 * BEAT)
    return {"ms": took, "cpu": cpu, "changed": changed / trades}


def through_jack(trades: int, bpm: float) -> dict[str, list[float]]:
    """By the logs of programs that trade with a JACK client, and answer it: milliseconds."""
    server = jack.Server(f"trading{os.getpid()}", period=64)
    os.environ.update(server.environment)
    try:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "trading.jsonl"
            found = _traded(log, trades, bpm, server.environment)
            log = Path(folder) / "answers.jsonl"
            return found | _answered(log, trades, bpm, server.environment)
    finally:
        server.stop()


def _traded(
    log: Path, trades: int, bpm: float, environment: dict[str, str]
) -> dict[str, list[float]]:
    with _playing(log, f"trade {BARS}", bpm, environment) as keys:
        begun_ns = _begun_ns(log)
        beat_s = 60 / bpm
        for trade in range(1, trades + 1):  # the first turn may be over by now
            start_s = trade * 2 * BARS * 4 * beat_s
            end_s = start_s + BARS * 4 * beat_s - LATE_S
            at_s = [*np.arange(start_s, end_s - 0.06, max(beat_s / 2, 0.12)), end_s]
            for number, each in enumerate(at_s):
                _press(keys, 60 + (7 * number + trade) % 12, begun_ns, each, 0.05)
        _sleep_until(begun_ns + round((trades + 1) * 2 * BARS * 4 * beat_s * 1e9))
    return _read(log, trades, bpm)


def _answered(
    log: Path, calls: int, bpm: float, environment: dict[str, str]
) -> dict[str, list[float]]:
    """Calls of one to two bars of eighths, every eight bars."""
    beat_s, rng = 60 / bpm, np.random.default_rng(1)
    with _playing(log, "answer", bpm, environment) as keys:
        begun_ns = _begun_ns(log)
        for call in range(1, calls + 1):
            pitch = 62
            for number in range(int(rng.integers(7, 16))):
                pitch += int(rng.choice((-3, -2, -1, 1, 2, 3)))
                _press(keys, pitch, begun_ns, (32 * call + number / 2) * beat_s, 0.45 * beat_s)
        _sleep_until(begun_ns + round(32 * (calls + 1) * beat_s * 1e9))
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    heard = [row["heard"] for row in rows if "heard" in row and row["heard"]["end_tick"]]
    ons = [row for row in rows if row.get("player") == "solo" and row["bytes"].startswith("9")]
    found = []
    for call in range(1, calls + 1):
        end_tick = max(
            h["end_tick"] for h in heard if h["onset_tick"] < 32 * (call + 1) * BEAT - BEAT
        )
        after = [row["tick"] for row in ons if row["tick"] >= end_tick]
        if after:
            found.append((min(after) - end_tick) / BEAT * 1000 * beat_s)
    return {"answers": found}


@contextmanager
def _playing(
    log: Path, mode: str, bpm: float, environment: dict[str, str]
) -> Iterator[jack.ClockSource]:
    """The program, and the keys that it hears."""
    capture, keys = jack.Capture(), jack.ClockSource(environment, client="keys")
    program = subprocess.Popen(
        [sys.executable, "-m", "improv", "--backend", "jack", "--port", "capture", "--input", "keys",
         "--chart", "blues", "--tempo", f"{bpm:g}", "--seed", "1", "--count-in", "0",
         "--mode", mode, "--log", str(log), "--quiet"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield keys
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait(60)
        keys.close()
        capture.close()


def _press(keys: jack.ClockSource, pitch: int, begun_ns: int, at_s: float, for_s: float) -> None:
    _sleep_until(begun_ns + round(at_s * 1e9))
    keys.send(bytes((0x90, pitch, 80)))
    _sleep_until(begun_ns + round((at_s + for_s) * 1e9))
    keys.send(bytes((0x80, pitch, 64)))


def _begun_ns(log: Path) -> int:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if log.exists():
            for line in log.read_text().splitlines():
                if '"start_ns"' in line:
                    return int(json.loads(line)["start_ns"])
        time.sleep(0.05)
    raise TimeoutError("The program did not begin.")


def _sleep_until(ns: int) -> None:
    time.sleep(max(0.0, (ns - time.monotonic_ns()) / 1e9))


def _read(log: Path, trades: int, bpm: float) -> dict[str, list[float]]:
    late, after = [], []
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    heard = sorted(row["heard"]["played_tick"] for row in rows if "heard" in row)
    ons = [row for row in rows if row.get("player") == "solo" and row["bytes"].startswith("9")]
    for trade in range(1, trades + 1):
        boundary = (trade * 2 + 1) * BARS * 4 * BEAT
        reply = [
            row for row in ons if boundary - BEAT // 2 <= row["tick"] < boundary + BARS * 4 * BEAT
        ]
        before = [tick for tick in heard if tick < boundary]
        if reply:
            first = min(reply, key=lambda row: row["tick"])
            late.append((first["sent_ns"] - first["planned_ns"]) / 1e6)
            if before:
                after.append((first["tick"] - before[-1]) / BEAT * 60_000 / bpm)
    return {"late": late, "after": after}


def main() -> None:
    """Measure at each tempo, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--trades", type=int, default=8)
    parser.add_argument("--tempos", default="60,140,300")
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--no-jack", action="store_true")
    asked = parser.parse_args()
    why = "as it was asked for" if asked.no_jack else jack.missing()
    spinning = [
        subprocess.Popen([sys.executable, "-c", SPIN], start_new_session=True)
        for _ in range(os.cpu_count() or 1)
        if asked.busy
    ]
    rows, values = [], {}
    try:
        for bpm in map(float, asked.tempos.split(",")):
            again = chosen_again(10 * asked.trades, bpm)
            found: dict[str, Any] = {
                "changed": again["changed"],
                "chosen": report.percentiles(again["ms"]),
            }
            found["cpu"] = report.percentiles(again["cpu"])
            rows.append([f"{bpm:g} bpm, chosen again", *found["chosen"].values()])
            rows.append([f"{bpm:g} bpm, ... on the processor", *found["cpu"].values()])
            if not why:
                for name, times in through_jack(asked.trades, bpm).items():
                    found[name] = report.percentiles(times) | {"trades": len(times)}
                    rows.append([f"{bpm:g} bpm, {name}", *report.percentiles(times).values()])
                    if name == "answers":
                        times, unit, step = [ms * bpm / 60_000 for ms in times], "beats", 0.25
                    else:
                        unit, step = "ms", 100.0 if name == "after" else 0.1
                    print(f"{bpm:g} bpm, {name}:")
                    print(*report.histogram(times, step, unit), sep="\n")
            values[f"{bpm:g}"] = found
    finally:
        for process in spinning:
            process.kill()
    report.table(["ms", *next(iter(values.values()))["chosen"]], rows)
    if why:
        print(f"Not measured through JACK: {why}.")
    changed = min(row["changed"] for row in values.values())
    print(
        f"goals: chosen again within {GOAL_CHOSEN_MS:g} ms, sent within {GOAL_P99_MS:g} ms at p99"
    )
    print(
        f"a part of the reply was planned when the late note came: in {100 * changed:.0f} % and more"
    )
    report.finish("trading", busy=asked.busy, trades=asked.trades, ms=values)


if __name__ == "__main__":
    main()
