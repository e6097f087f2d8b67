"""How long `jazz-improv corpus build` takes for 1,000 MIDI files, and what reading one costs.

    python benchmarks/corpus.py [FILES]

The files are made here, in a temporary folder: 64 bars, five tracks (solo, piano, guitar, bass, drums), half
with chord symbols as markers and half with the piano's voicings alone.
"""

from __future__ import annotations

import os
import random
import struct
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import mido
from _report import finish, table

from improv.charts.midi_bytes import read_midi_bytes
from improv.corpus.build import build_corpus
from improv.corpus.midi import read_midi
from improv.processes import cores

BARS = 64
FIFTHS = (0, 5, 10, 3, 8, 1, 6, 11, 4, 9, 2, 7)
KINDS = {"m7": (0, 3, 7, 10), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11)}
NAMES = "C Db D Eb E F F# G Ab A Bb B".split()


def number(value: int) -> bytes:
    """A number of 7 bits a byte."""
    made = [value & 0x7F]
    while value := value >> 7:
        made.append(value & 0x7F | 0x80)
    return bytes(reversed(made))


def track(name: str, events: list[tuple[int, bytes]]) -> bytes:
    """A track of (tick, message)."""
    named = (0, b"\xff\x03" + number(len(name)) + name.encode())
    events = [named, *sorted(events, key=lambda e: e[0])]
    body = bytearray(b"\0" + named[1])
    for (before, _), (tick, message) in pairwise(events):
        body += number(tick - before) + message
    body += b"\0\xff\x2f\0"
    return b"MTrk" + struct.pack(">L", len(body)) + body


def notes(channel: int, rows: list[tuple[int, int, int]], dice: random.Random) -> list[tuple]:
    """Messages of (onset, end, pitch)."""
    events = []
    for onset, end, pitch in rows:
        events.append((onset, bytes((0x90 | channel, pitch, dice.randrange(50, 110)))))
        events.append((end, bytes((0x80 | channel, pitch, 0))))
    return events


def make(path: Path, dice: random.Random, written: bool) -> int:
    """Write one file; its notes."""
    solo, piano, guitar, bass, drums, marks = [], [], [], [], [], []
    root = dice.randrange(12)
    pitch = 65
    for bar in range(BARS):
        tick = bar * 1920
        kind = ("m7", "7", "maj7", "maj7")[bar % 4]
        root = FIFTHS[(FIFTHS.index(root) + 1) % 12]
        tones = [(root + each) % 12 for each in KINDS[kind]]
        symbol = f"{NAMES[root]}{kind}".encode()
        marks.append((tick, b"\xff\x06" + number(len(symbol)) + symbol))
        for beat in range(4):
            at = tick + beat * 480
            bass.append((at, at + 440, 36 + (tones[beat % 3])))
            drums += [(at, at + 100, 51), (at + 320, at + 400, 51)]
            if beat % 2 == 0:
                piano += [(at, at + 400, 48 + tone) for tone in tones]
                guitar += [(at, at + 100, 52 + tone) for tone in tones]
            for place in dice.choice(((0, 240), (0, 160, 320), (0,), (240,), (0, 120, 240, 360))):
                pitch = min(84, max(55, pitch + dice.randrange(-4, 5)))
                solo.append((at + place, at + place + 110, pitch))
    parts = [("Tenor sax", 0, solo), ("Piano", 1, piano), ("Guitar comp", 2, guitar)]
    parts += [("Bass", 3, bass), ("Drums", 9, drums)]
    chunks = [track("", [(0, b"\xff\x51\x03\x06\x1a\x80"), *(marks if written else [])])]
    chunks += [track(name, notes(channel, rows, dice)) for name, channel, rows in parts]
    path.write_bytes(b"MThd" + struct.pack(">LHHH", 6, 1, len(chunks), 480) + b"".join(chunks))
    return sum(len(rows) for _, _, rows in parts)


def timed(function, path: Path, count: int = 10) -> float:
    """Milliseconds of one call, the fastest of several."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        function(path)
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def main(count: int) -> None:
    dice = random.Random(1)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        total = 0
        for index in range(count):
            (folder / "midi" / f"{index // 100:02}").mkdir(parents=True, exist_ok=True)
            path = folder / "midi" / f"{index // 100:02}" / f"tune{index:04}.mid"
            total += make(path, dice, index % 2 == 0)
        size = path.stat().st_size
        one = {
            "mido": timed(mido.MidiFile, path),
            "bytes": timed(lambda p: read_midi_bytes(p.read_bytes()), path),
            "solo": timed(lambda p: read_midi(p, "x"), path),
        }
        try:
            import symusic
        except ImportError:
            pass
        else:
            one["symusic"] = timed(symusic.Score, path)
        seconds, cpu = {}, {}
        for jobs in sorted({1, cores()}):
            start, busy = time.perf_counter(), sum(os.times()[:4])
            corpus = build_corpus([folder / "midi"], folder / f"out{jobs}", jobs=jobs)
            seconds[jobs] = time.perf_counter() - start
            cpu[jobs] = sum(os.times()[:4]) - busy
            assert len(corpus.solos) == count, corpus.dropped[:3]
    names = {
        "mido": "mido.MidiFile",
        "symusic": "symusic.Score (no texts, no channels)",
        "bytes": "charts.midi_bytes",
        "solo": "read_midi: to a checked transcription",
    }
    table(
        (f"one file, {size:,} bytes", "ms"),
        [(names[name], round(one[name], 2)) for name in names if name in one],
    )
    print()
    table(
        (
            f"corpus build, {count:,} files, {total:,} notes",
            "seconds",
            "of the processors",
            "files a second",
        ),
        [
            (
                f"{jobs} {'process' if jobs == 1 else 'processes'}",
                round(s, 1),
                round(cpu[jobs], 1),
                round(count / s),
            )
            for jobs, s in seconds.items()
        ],
    )
    finish(
        "corpus",
        files=count,
        notes=total,
        **{f"{name}_ms": round(value, 2) for name, value in one.items()},
        **{f"seconds_{jobs}": round(value, 2) for jobs, value in seconds.items()},
        **{f"cpu_seconds_{jobs}": round(value, 2) for jobs, value in cpu.items()},
        cores=cores(),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
