"""A scripted partner trades eights with the band: four tunes in three meters, ten minutes, through JACK.

    python benchmarks/jam.py [--out FOLDER] [--choruses 1] [--valid valid.jsonl.gz]

The partner is a JACK client that plays what people have played (the solos of the evaluation's `valid`), in
its own bars: of each turn the window, in the key, that fits the chart best, swung and a little uneven. It
knows where the music is by the log, which the program writes as it plays. What is left: gig.mid, gig.jsonl,
roll.png (needs [plot]). Said at the end: what of the partner was heard on the step it was written on, whether
anything sounded on, whether the replay is the same.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import _report as report
import jack
import numpy as np

from improv.charts.library import load_chart
from improv.config import Plan
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_STEP
from improv.music.swing import swing_tick
from improv.partner.turns import YOU, Turns, parse_mode
from improv.performance.arrangement import Arrangement, arrange, with_rest
from improv.session.reader import read_file

FIVE = """Title: Five
Tempo: 160
Key: Cm
Feel: swing
5/4 | Cm7 F7 | Cm7 F7 | Dm7b5 | G7alt | Ebmaj7 | Abmaj7 | Dm7b5 G7 | Cm7 |
"""
TUNES = (("blues", 8), ("waltz", 4), (FIVE, 10), ("rhythm", 4))
"""Charts, and how many choruses last two and a half minutes."""
MODE, CHANNEL, THRU = "trade 8", 0, 6
WINDOWS, LEAST_NOTES, UNEVEN_S = 80, 24, 0.008
LOW, HIGH = 55, 84


def solos(path: Path) -> list[list[tuple[int, int, int]]]:
    """(onset step, length in steps, pitch) of each solo in 4/4."""
    with gzip.open(path, "rt") as stream:
        rows = [json.loads(line) for line in stream]
    return [[tuple(n[:3]) for n in row["notes"]] for row in rows if row["beats_per_bar"] == 4]


def call(
    people: list[Any], chart: Chart, start_tick: int, end_tick: int, rng: np.random.Generator
) -> list[tuple[int, int, int]]:
    """(onset tick, end tick, pitch) of what is played in a turn."""
    best: list[tuple[int, int, int]] = []
    best_fit = -1.0
    for _ in range(WINDOWS):
        solo = people[rng.integers(len(people))]
        first = 48 * int(rng.integers(max(1, solo[-1][0] // 48)))
        by_pitch = int(rng.integers(-6, 7))
        notes = []
        for step, steps, pitch in solo:
            tick = start_tick + (step - first) * TICKS_PER_STEP
            if start_tick <= tick < end_tick - TICKS_PER_STEP and LOW <= pitch + by_pitch <= HIGH:
                end = min(tick + steps * TICKS_PER_STEP, end_tick)
                notes.append((tick, end, pitch + by_pitch))
        chords = [chart.chord_at(tick) for tick, _, _ in notes]
        fits = [
            c is not None and n[2] % 12 in c.scale_pcs for c, n in zip(chords, notes, strict=True)
        ]
        if len(notes) >= LEAST_NOTES and (fit := sum(fits) / len(fits)) > best_fit:
            best, best_fit = notes, fit
    return best


class Partner:
    """Plays in its bars, in a thread of its own."""

    def __init__(self, people: list[Any], arrangements: list[Arrangement]) -> None:
        import rtmidi

        self._people, self._arrangements = people, arrangements
        self._rng = np.random.default_rng(14)
        self._out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="keys")
        self._out.open_virtual_port("out")
        self.written: list[tuple[int, int, int]] = []
        """(tune, tick, pitch) of all that was played."""

    def play(self, tune: dict[str, Any]) -> None:
        """Play through one tune, of which the log says when it begins."""
        arrangement = self._arrangements[tune["tune"]]
        chart, turns = arrangement.chart, Turns(parse_mode(MODE), arrangement)
        tempo_bpm = tune["tempos"][0][1]
        tick_ns, ratio = 60e9 / tempo_bpm / 480, 1.6 if chart.feel == "swing" else 1.0
        bar = chart.bar_of(arrangement.solo_tick)
        while arrangement.end_tick is None or chart.bar_tick(bar) < arrangement.end_tick:
            turn = turns.at(bar)
            end_bar = turn.end_bar if turn.end_bar is not None else bar + 1
            if turn.whose == YOU:
                notes = call(
                    self._people, chart, chart.bar_tick(bar), chart.bar_tick(end_bar), self._rng
                )
                events = []
                for tick, end, pitch in notes:
                    self.written.append((tune["tune"], tick, pitch))
                    at = tune["start_ns"] + swing_tick(tick, ratio) * tick_ns
                    at += self._rng.normal(0.0, UNEVEN_S) * 1e9
                    until = max(at + 50e6, tune["start_ns"] + end * tick_ns - 15e6)
                    velocity = int(np.clip(self._rng.normal(82, 12), 30, 120))
                    events += [(at, (0x90, pitch, velocity)), (until, (0x80, pitch, 64))]
                for at, data in sorted(events):
                    time.sleep(max(0.0, (at - time.perf_counter_ns()) / 1e9))
                    self._out.send_message(data)
            bar = end_bar

    def close(self) -> None:
        """Leave JACK."""
        self._out.close_port()
        self._out.delete()


def follow(log: Path, partner: Partner, running: subprocess.Popen[str]) -> None:
    """Have the partner play each tune that the log begins, until the program has ended."""
    begun = set()
    while running.poll() is None:
        for line in log.read_text().splitlines() if log.exists() else []:
            if '"tune"' in line and '"start_ns"' in line and line not in begun:
                begun.add(line)
                partner.play(json.loads(line))
        time.sleep(0.05)  # the program writes what it plays, and says nothing of it


def heard_rightly(log: Path, partner: Partner) -> tuple[int, int]:
    """How many notes of the partner were heard on the step they were written on, of how many."""
    session = read_file(log)
    found = {
        (part.number, note.onset_tick, pitch)
        for part in session.parts
        for note in part.partner
        for pitch in (*note.under, note.pitch)
    }
    return sum(note in found for note in partner.written), len(partner.written)


def roll(log: Path, folder: Path) -> str:
    """Draw a turn of each, and give the file's name."""
    from improv import piano_roll
    from improv.performance.takes import from_bar
    from improv.session.restore import take_of

    session = read_file(log)
    take = take_of(replace(session, parts=session.parts[:1]))
    if take is None:
        return "nothing was played"
    data, _ = piano_roll.png(from_bar(take, 2), 16)  # after the count-in
    (folder / "roll.png").write_bytes(data)
    return "roll.png"


def main() -> None:
    """Play, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=Path("jam"))
    parser.add_argument("--choruses", type=float, default=1.0, help="how much of the ten minutes")
    shared = Path(os.environ.get("JAZZ_IMPROV_SHARED", Path(__file__).parents[2] / "shared"))
    parser.add_argument("--valid", type=Path, default=shared / "eval" / "valid.jsonl.gz")
    asked = parser.parse_args()
    if why := jack.missing():
        sys.exit(f"Without JACK nobody can play: {why}.")
    asked.out.mkdir(parents=True, exist_ok=True)
    tunes = [(text, max(1, round(n * asked.choruses))) for text, n in TUNES]
    rows, arrangements = [], []
    for (text, choruses), number in zip(tunes, count(1), strict=False):
        name = text
        if "\n" in text:
            name = f"tune{number}.txt"
            (asked.out / name).write_text(text)
        rows.append(f"{name} x{choruses} count-in=2 ending=tag\n")
        plan = Plan(choruses, count_in_bars=2, ending="tag")
        arranged = arrange(load_chart(text), plan)
        arrangements.append(with_rest(arranged) if number < len(tunes) else arranged)
    (asked.out / "set.txt").write_text("".join(rows))
    log = asked.out / "gig.jsonl"
    log.unlink(missing_ok=True)
    server = jack.Server(f"jam{os.getpid()}", period=256, realtime=True)
    os.environ.update(server.environment)
    capture, partner = jack.Capture(), Partner(solos(asked.valid), arrangements)
    running = subprocess.Popen(
        [sys.executable, "-m", "improv", "--backend", "jack", "--port", "capture", "--input", "keys",
         "--thru", str(THRU + 1), "--mode", MODE, "--setlist", str(asked.out / "set.txt"),
         "--seed", "14", "--record", str(asked.out / "gig.mid"), "--log", str(log)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(
        target=lambda: [lines.put(line) for line in running.stdout or ()], daemon=True
    )
    reader.start()
    begun_s = time.monotonic()
    try:
        follow(log, partner, running)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)
        reader.join(10)
        hung = jack.sounding([data for _, data in capture.rest()])
        capture.close()
        partner.close()
        server.stop()
    said = []
    while not lines.empty():
        said.append(lines.get())
    right, all_notes = heard_rightly(log, partner)
    again = asked.out / "again.mid"
    replayed = subprocess.run(
        [sys.executable, "-m", "improv", "replay", str(log), "--out", str(again)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    same = replayed.returncode == 0 and again.read_bytes() == (asked.out / "gig.mid").read_bytes()
    print(*said[-4:], sep="")
    print(
        f"{time.monotonic() - begun_s:.0f} s; heard on the written step: {right:,} of {all_notes:,}"
    )
    print(
        f"sounding at the end: {len(hung)}; the replay is the same: {same}; {roll(log, asked.out)}"
    )
    report.finish("jam", right=right, notes=all_notes, hung=len(hung), same=same)


if __name__ == "__main__":
    main()
