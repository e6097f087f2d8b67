"""The originality meter: what it costs a note, and how much human solos quote each other.

    python benchmarks/originality.py [EVENTS.jsonl.gz ...]

The first file is indexed, all are measured against the index, each solo against the other tunes only.
Without files those of the protocol in the shared data are taken; without those, invented solos, which cost
about as much and mean nothing. Prints tables and ends with one JSON line.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _report import finish, percentiles, table

from improv.corpus.events import read_events
from improv.music.transcription import Heard, Transcription
from improv.originality.copying import Copying, copying, copying_of_all
from improv.originality.guard import QuoteGuard
from improv.originality.index import QuoteIndex, build_index, load_index
from improv.originality.quotes import QuoteMeter, Runs

TARGET_US = 100.0
LENGTHS = range(6, 13)


def main() -> None:
    """Measure and print."""
    shared = Path(os.environ.get("JAZZ_IMPROV_SHARED", "../shared")) / "eval"
    paths = [Path(name) for name in sys.argv[1:]] or [
        path for path in (shared / "train.jsonl.gz", shared / "valid.jsonl.gz") if path.is_file()
    ]
    parts = {path.name.split(".")[0]: read_events(path) for path in paths}
    if not parts:
        print("(no solos: invented ones are measured)")
        parts = {"invented": invented()}
    first = next(iter(parts.values()))
    build_ms, index = timed(lambda: build_index(first))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "quotes.bin"
        index.save(path)
        size = path.stat().st_size
        load_ms, index = timed(lambda: load_index(path))
    notes = sum(len(solo.notes) for solo in first)
    print(
        f"{len(first)} solos, {notes:,} notes: {size:,} bytes, {8 * size / notes:.1f} bits a note"
    )
    print(f"built in {build_ms:.0f} ms, loaded in {load_ms:.0f} ms\n")

    costs = {
        f"--max-quote {most}" if most else "meter alone": costs_us(index, last_of(parts), most)
        for most in (None, 6, 8, 12)
    }
    costs["--max-quote 8, a quote all along"] = costs_us(index, first[::10], 8)
    rows = [[name, *percentiles(list(took)).values()] for name, took in costs.items()]
    table(["us a note, meter and mask", "p50", "p99", "max"], rows)
    print()

    exact = build_index(first, exact=True)
    shares = {name: shares_of(exact, solos) for name, solos in parts.items()}
    rows = [[name, *(100 * share for share in row)] for name, row in shares.items()]
    table(["% of windows in other tunes, of notes:", *LENGTHS], rows)
    print()
    figures = {name: figures_of(exact, solos) for name, solos in parts.items()}
    rows = [[name, *row.values()] for name, row in figures.items()]
    table(["windows of 8 copied", *next(iter(figures.values()))], rows)
    print()
    said = said_of(index, exact, last_of(parts))
    table(["what the meter says of the last of them", ""], [*said.items()])
    print()
    worst_us = max(float(np.median(took)) for took in costs.values())  # p99 is the machine's
    finish(
        "originality",
        index_bytes=size,
        notes=notes,
        build_ms=round(build_ms, 1),
        load_ms=round(load_ms, 1),
        us_a_note={name: percentiles(list(took)) for name, took in costs.items()},
        copying=figures,
        said=said,
        target_us=TARGET_US,
        ok=worst_us <= TARGET_US,
    )


def timed(make: Callable[[], QuoteIndex]) -> tuple[float, QuoteIndex]:
    """Milliseconds it takes, and what it makes; an index is made ready to be asked."""
    started_ns = time.perf_counter_ns()
    made = make()
    made.run_ends((0, 0, 0))  # the tables for it are made when it is first asked
    return (time.perf_counter_ns() - started_ns) / 1e6, made


def last_of(parts: dict[str, list[Transcription]]) -> list[Transcription]:
    return [*parts.values()][-1]


def costs_us(index: QuoteIndex, solos: list[Transcription], most: int | None) -> np.ndarray:
    """(notes,) microseconds that asking and telling the guard take together, on human solos."""
    took = []
    for solo in solos:
        guard = QuoteGuard(index, most)
        for note in solo.notes:
            started_ns = time.perf_counter_ns()
            guard.allowed(note.onset_step)
            guard.heard(note.onset_step, note.pitch)
            took.append((time.perf_counter_ns() - started_ns) / 1e3)
    return np.array(took)


def shares_of(index: QuoteIndex, solos: list[Transcription]) -> list[float]:
    """For each of LENGTHS: the share of windows of so many notes that stand in solos over other tunes."""
    found, windows = np.zeros(len(LENGTHS)), np.zeros(len(LENGTHS))
    for solo in solos:
        runs = Runs(index, index.numbers_of(solo.title))
        longest = [
            max(runs.heard(note.onset_step, note.pitch).values(), default=0) for note in solo.notes
        ]
        for at, notes in enumerate(LENGTHS):
            found[at] += sum(run >= notes for run in longest)
            windows[at] += max(0, len(longest) - notes + 1)
    return (found / np.maximum(windows, 1)).tolist()


def figures_of(index: QuoteIndex, solos: list[Transcription]) -> dict[str, float | int]:
    """The protocol's copying figures of human solos, and how many of them the meter names something in."""
    rows: list[Copying] = [copying(solo.notes, index, without_title=solo.title) for solo in solos]
    shares = np.array([row.share for row in rows])
    together = copying_of_all(rows)
    return {
        "all %": round(100 * together.share, 3),
        "mean of solos %": round(100 * float(shares.mean()), 3),
        "median %": round(100 * float(np.median(shares)), 3),
        "p90 %": round(100 * float(np.percentile(shares, 90)), 3),
        "most %": round(100 * float(shares.max()), 3),
        "solos with none %": round(100 * float((shares == 0).mean()), 1),
        "longest": together.longest,
    }


def said_of(
    index: QuoteIndex, exact: QuoteIndex, solos: list[Transcription]
) -> dict[str, float | int]:
    """How often the meter says something of solos, and how far that is true (no tunes in the index)."""
    titles = {solo.title for solo in index.solos}
    notes = said = too_long = nothing = quotes = silent = 0
    for solo in solos:
        if solo.title in titles:
            continue
        meter, runs, before = QuoteMeter(index), Runs(exact), False
        for note in solo.notes:
            notes += 1
            quote = meter.heard(note.onset_step, note.pitch)
            true = max(runs.heard(note.onset_step, note.pitch).values(), default=0)
            if quote is not None:
                said += 1
                quotes += not before
                too_long += quote.notes > true > 0
                nothing += not true
            before = quote is not None
        silent += meter.longest is None
    return {
        "notes": notes,
        "quotes said": quotes,
        "notes with a quote": said,
        "of these, quotes said to be too long": too_long,
        "of these, nothing of 6 notes or more": nothing,
        "solos of which nothing is said": silent,
    }


def invented() -> list[Transcription]:
    """As many notes as the protocol's training part, by dice."""
    rng = np.random.default_rng(0)
    solos = []
    for number in range(355):
        iois = rng.choice((3, 4, 6, 6, 6, 12, 18), 420)
        pitches = 60 + np.cumsum(rng.integers(-2, 3, 420)) % 24
        notes = tuple(
            Heard(int(onset), 1, int(pitch))
            for onset, pitch in zip(np.cumsum(iois), pitches, strict=True)
        )
        solos.append(
            Transcription(
                *(str(number), str(number), "dice", "", "", "", 120.0, "", 4, (), (), notes)
            )
        )
    return solos


if __name__ == "__main__":
    main()
