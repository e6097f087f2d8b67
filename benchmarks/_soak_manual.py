"""Eight hours of music without waiting for them: what may grow, drift or hang in all that time."""

from __future__ import annotations

import gc
import os
import queue
import tempfile
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from _soak_parts import MIB, NotesHeard, own_memory
from fakes import LocalSender, ManualClock

from improv.charts.library import load_chart
from improv.config import DEFAULT_MODEL, Config, Plan, Tune
from improv.live.daemon import play
from improv.midi.events import Report, Stop
from improv.music.note import TICKS_PER_BEAT
from improv.performance.form import band_of
from improv.performance.steering import parse_steer

HOUR_NS = 3_600_000_000_000
STEERS = ("tempo 180", "density 0.4", "tempo 96 over 4", "player Charlie Parker", "tempo 223.7")


class Ear:
    """A port that keeps count of the notes, not of the messages: it would grow with those."""

    def __init__(self, sample_ns: int) -> None:
        self.sent, self._sample_ns = self, sample_ns
        self.notes = NotesHeard()
        self.memory: list[tuple[int, int]] = []

    def append(self, message: tuple[int, bytes]) -> None:
        """Hear a message; now and then look at the memory."""
        ns, data = message
        self.notes.hear(ns, data)
        if not self.memory or ns - self.memory[-1][0] >= self._sample_ns:
            gc.collect()  # so that what is free is not taken for growth
            self.memory.append((ns, own_memory(os.getpid())))


KEPT_TEMPOS = 4096
"""More than there are in the longest ramp; a message is compared sixteen beats after its time."""


class WatchedSender(LocalSender):
    """Sees how much waits."""

    most_waiting = 0

    def act(self) -> None:
        """Send what is due now."""
        self.most_waiting = max(self.most_waiting, len(self._queue))
        super().act()


class Beats:
    """A listener that knows where each tick belongs, in fractions of a nanosecond."""

    def __init__(self) -> None:
        self._anchors: list[tuple[int, Fraction, Fraction]] = []
        self._pending: deque[tuple[int, int]] = deque()
        self.worst = Fraction(0)
        self.messages = 0

    def tune(self, performance: Any) -> None:
        """Begin at its first tick."""
        tempo = performance.tempo
        tick = performance.start_tick
        self._anchors = [(tick, Fraction(tempo.ns_at(tick)), exact(tempo.bpm_at(tick)))]
        for later, bpm in tempo.changes_after(tick):
            self.tempo(later, bpm)

    def bar(self, bar: int) -> None:
        """Bars can be told from the ticks."""

    def tempo(self, tick: int, bpm: float) -> None:
        """Another tempo from `tick` on, and what was known of later ones is void."""
        while len(self._anchors) > 1 and self._anchors[-1][0] >= tick:
            self._anchors.pop()
        # To a billionth of a nanosecond: exact fractions would grow with each change, and all the ear's
        # memory with them.
        ideal = Fraction(round(self._ideal(tick) * 10**9), 10**9)
        self._anchors.append((tick, ideal, exact(bpm)))
        del self._anchors[:-KEPT_TEMPOS]

    def _ideal(self, tick: int) -> Fraction:
        at = max(0, bisect_right(self._anchors, tick, key=lambda anchor: anchor[0]) - 1)
        from_tick, ns, bpm = self._anchors[at]
        return ns + (tick - from_tick) * Fraction(60_000_000_000, TICKS_PER_BEAT) / bpm

    def heard(self, report: Report, note: Any, tick: int) -> None:
        """Compare, once it is known what tempos there were by then.

        What is released at the end had no time of its own.
        """
        if note is not None and tick in (note.onset_tick, note.end_tick):
            self._pending.append((tick, report.planned_ns))
            while self._pending[0][0] < tick - 16 * TICKS_PER_BEAT:
                self._compare()

    def _compare(self) -> None:
        tick, planned_ns = self._pending.popleft()
        self.messages += 1
        self.worst = max(self.worst, abs(planned_ns - self._ideal(tick)))


def exact(bpm: float) -> Fraction:
    """As the tempo map takes it."""
    return Fraction(str(bpm))


def soak(
    hours: float,
    *,
    model: str = DEFAULT_MODEL,
    steers: Sequence[str] = STEERS,
    tempo_bpm: float = 180.0,
    looks: int = 1000,
    settle_s: float = 60.0,
) -> dict[str, Any]:
    """Play so long, with one of `steers` typed every ten minutes; what was found.

    `looks` at the memory, whose growth counts from `settle_s` on.
    """
    end_ns = round(hours * HOUR_NS)
    clock, inbox = ManualClock(), queue.SimpleQueue()
    ear, beats = Ear(end_ns // looks), Beats()
    out = WatchedSender(clock, inbox, ear)
    for number, ns in enumerate(range(600_000_000_000, end_ns, 600_000_000_000)):
        clock.at(ns, parse_steer(steers[number % len(steers)]))
    clock.at(end_ns, Stop("the soak is over"))
    began_s = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        config = Config(
            tunes=(Tune(load_chart("rhythm"), Plan(choruses=0), {"tempo_bpm": tempo_bpm}),),
            model=model,
            seed=5,
            band=band_of("piano,bass,drums", 1),
            record=Path(folder) / "take.mid",
            log=Path(folder) / "log.jsonl",
        )
        summary = play(config, clock, inbox, out=out, listeners=[beats])
        log_mib = (Path(folder) / "log.jsonl").stat().st_size / MIB
    settled = [size for ns, size in ear.memory if ns >= settle_s * 1e9] or [0]
    return {
        "hours": hours,
        "took_s": round(time.perf_counter() - began_s, 1),
        "bars": summary.bars,
        "ons": ear.notes.ons,
        "missed_offs": len(ear.notes.sounding),
        "silent": ear.notes.silent,
        "struck_twice": ear.notes.struck_twice,
        "dropped_ons": summary.counters.get("dropped_ons", 0),
        "astray_us": round(float(beats.worst) / 1000, 6),
        "compared": beats.messages,
        "most_waiting": out.most_waiting,
        "log_mib": round(log_mib, 1),
        "memory_mib": [
            round(size / MIB, 2) for _, size in ear.memory[:: max(1, len(ear.memory) // 16)]
        ],
        "growth_mib": round((settled[-1] - settled[0]) / MIB, 2),
        "why": summary.why,
    }
