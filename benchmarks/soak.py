"""Hours of playing: does memory grow, a note hang, a queue fill, the form slip, whatever happens meanwhile?

    python benchmarks/soak.py [--hours 8] [--minutes 20]

First eight hours under the manual clock (some six minutes), with the band, log and recording on, and
something changed every ten minutes. Then twenty minutes in real time through JACK into a synth that only
listens: the tempo is changed four times by lines on standard input, the sender process is killed (kill -9),
the receiver process is, and the JACK server is killed and comes back three seconds later, with the synth.
Printed is what was promised beside what was found; the status is 1 where a promise is broken. 0 hours or
minutes: not that part. Needs Linux, and jackd for the second part.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import _report as report
import jack
import numpy as np
from _soak_manual import soak
from _soak_parts import JackServer, Memory, Synth, astray_ns, processes

from improv.health.health import Health, running
from improv.music.tempo import TempoMap
from improv.session.reader import read_file

LOOK_S = 2.0
DARK_S = 3.0
"""How long there is no JACK server."""
BURST_MS = 20.0
"""Notes that waited for a port to come back would all come later than this."""
AFTER_NS = 5_000_000_000
LATE_MS = 80.0
"""A note-on later than this must not be sent (midi.send_queue.LATE_NS)."""
HANGS_NS = 30_000_000_000
"""No note of the band is half so long."""
MOST_WAITING = 500
GROWTH_MIB = 2.0
BACK_S = 2.0
ASTRAY_US = 1.0

Check = tuple[str, str, str, bool]
"""What, what was promised, what was found, whether it is kept."""


@dataclass
class Seen:
    """What was seen while it played."""

    memory: Memory = field(default_factory=Memory)
    health: Health = field(default_factory=Health)
    most_waiting: int = 0
    looks: int = 0
    incidents: list[tuple[str, int]] = field(default_factory=list)
    lives: list[Synth] = field(default_factory=list)
    sounding_at_kill: set[tuple[int, int]] = field(default_factory=set)
    killed_ns: int = 0
    back_s: float = float("inf")
    status: int | None = None


class Stage:
    """A JACK server, the synth and the session, and what is done to them."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.seconds, self.seen = folder, seconds, Seen()
        self.log, self.take = folder / "log.jsonl", folder / "take.mid"
        self.server = JackServer(f"soak{os.getpid()}")
        self.synth = Synth("synth", self.server.environment)
        self.seen.lives.append(self.synth)
        runtime = folder / "run"
        os.environ["JAZZ_IMPROV_RUNTIME"] = str(runtime)  # for `running` in this process too
        self.session = subprocess.Popen(
            [
                *(sys.executable, "-m", "improv", "--backend", "jack", "--port", "synth"),
                *("--chart", "rhythm", "--choruses", "0", "--tempo", "140", "--seed", "7"),
                *("--record", str(self.take), "--log", str(self.log), "--steer"),
            ],
            env=os.environ | self.server.environment | {"JAZZ_IMPROV_STATE": str(folder / "state")},
            stdin=subprocess.PIPE,
            stdout=(folder / "out.txt").open("w"),
            stderr=(folder / "err.txt").open("w"),
            cwd=Path(__file__).resolve().parent.parent,
            start_new_session=True,
        )

    def type(self, line: str) -> None:
        """Steer."""
        assert self.session.stdin is not None
        self.session.stdin.write(f"{line}\n".encode())
        self.session.stdin.flush()
        self.seen.incidents.append((line, time.perf_counter_ns()))

    def kill(self, role: str) -> None:
        """kill -9 one of its processes; one that is not there (no receiver is needed) is not killed."""
        pid = processes(self.session.pid).get(role)
        if pid is None:
            print(f"({role}: no such process)")
            return
        if role == "sender":
            self.seen.sounding_at_kill = set(self.synth.notes.sounding)
            self.seen.killed_ns = time.perf_counter_ns()
        os.kill(pid, signal.SIGKILL)
        self.seen.incidents.append((f"kill -9 of the {role}", time.perf_counter_ns()))

    def lose_jack(self) -> None:
        """Kill the server, and bring it and the synth back."""
        self.server.kill()
        self.seen.incidents.append(("JACK server killed", time.perf_counter_ns()))
        self.synth.close()
        self.look_for(DARK_S)
        self.server.start()
        self.synth = Synth("synth", self.server.environment)
        self.seen.lives.append(self.synth)
        self.seen.incidents.append(("JACK server back", self.synth.ready_ns))
        self.seen.back_s = (self.synth.first_on_ns(30.0) - self.synth.ready_ns) / 1e9

    def look_for(self, seconds: float) -> None:
        """Let it play, looking at memory and health."""
        until_s = time.perf_counter() + seconds
        while (left_s := until_s - time.perf_counter()) > 0:
            time.sleep(min(LOOK_S, left_s))
            if self.session.poll() is not None:
                raise RuntimeError(f"it ended with status {self.session.returncode}")
            self.seen.memory.look(time.perf_counter() - self.began_s, self.session.pid)
            for session in running():
                self.seen.looks += 1
                self.seen.health = session.health
                self.seen.most_waiting = max(self.seen.most_waiting, session.health.queue)

    def play(self) -> None:
        """The whole programme, then Ctrl-C."""
        self.began_s = time.perf_counter()
        programme: list[tuple[float, Callable[[], None]]] = [
            (0.20, lambda: self.type("tempo 180")),
            (0.30, lambda: self.kill("sender")),
            (0.42, lambda: self.type("tempo 120 over 4")),
            (0.50, lambda: self.lose_jack()),
            (0.62, lambda: self.type("tempo 200")),
            (0.70, lambda: self.kill("receiver")),
            (0.80, lambda: self.type("tempo 160")),
        ]
        for share, act in programme:
            self.look_for(share * self.seconds - (time.perf_counter() - self.began_s))
            act()
        self.look_for(self.seconds - (time.perf_counter() - self.began_s))

    def end(self) -> None:
        """Stop whatever still runs."""
        if self.session.poll() is None:
            self.session.send_signal(signal.SIGINT)
            try:
                self.seen.status = self.session.wait(20)
            except subprocess.TimeoutExpired:
                self.session.kill()
                self.session.wait()
        time.sleep(0.5)  # what the port has taken reaches the synth within two JACK cycles
        self.synth.close()
        self.server.stop()


def judged(stage: Stage) -> tuple[list[Check], dict[str, Any]]:
    """What was promised against what was found."""
    seen = stage.seen
    first, last = seen.lives[0], seen.lives[-1]
    session = read_file(stage.log)
    lines = [line for line in log_lines(stage.log) if "bytes" in line]
    ons = [line for line in lines if line["bytes"].startswith("9")]
    late_ms = [(n["sent_ns"] - n["planned_ns"]) / 1e6 for n in ons if not n.get("dropped")]
    settle_s = min(60.0, stage.seconds / 6)
    checks: list[Check] = []
    memory = {}
    for role in seen.memory.samples:
        before, after, growth = seen.memory.growth(role, settle_s, settle_s)
        memory[role] = {"mib": round(after, 2), "growth_mib": round(growth, 2)}
        found = f"{before:.1f} -> {after:.1f} MiB"
        promise = f"grows at most {GROWTH_MIB:g} MiB"
        checks.append((f"memory of the {role}", promise, found, growth <= GROWTH_MIB))

    stale = [key for key, ns in first.notes.sounding.items() if lost_ns(seen) - ns > HANGS_NS]
    hanging = len(stale) + len(last.notes.sounding)
    checks.append(("notes left sounding", "0", str(hanging), hanging == 0))
    rest = "silent" if last.notes.silent else "a pedal or a wheel is not at rest"
    checks.append(("pedals and wheels at the end", "at rest", rest, last.notes.silent))
    longest_s = max(life.notes.longest_ns for life in seen.lives) / 1e9
    checks.append(("longest note", "30 s", f"{longest_s:.1f} s", longest_s < HANGS_NS / 1e9))
    freed = {key: ns for ns, key in reversed(first.releases) if ns > seen.killed_ns}
    unfreed = seen.sounding_at_kill - freed.keys()
    found = f"{len(seen.sounding_at_kill)} sounded, {len(unfreed)} were not released"
    checks.append(("when the sender is killed", "all released", found, not unfreed))

    events = [ns for _, ns in seen.incidents]
    near = [(ns, ns + AFTER_NS) for ns in events]
    burst = sum(
        (line["sent_ns"] - line["planned_ns"]) / 1e6 > BURST_MS
        for line in ons
        if not line.get("dropped") and any(low <= line["sent_ns"] < high for low, high in near)
    )
    found = f"{burst} later than {BURST_MS:g} ms"
    checks.append(("late notes after an incident", "none", found, not burst))
    worst_ms = max(late_ms)
    found = f"{worst_ms:.1f} ms"
    checks.append(("latest note-on sent", f"{LATE_MS:g} ms", found, worst_ms <= LATE_MS))
    waiting = f"{seen.most_waiting} ({seen.looks} looks)"
    kept = 0 < seen.looks and seen.most_waiting <= MOST_WAITING
    checks.append(("messages that wait", f"at most {MOST_WAITING}", waiting, kept))
    checks.append(
        ("port taken again", f"{BACK_S:g} s", f"{seen.back_s:.2f} s", seen.back_s <= BACK_S)
    )

    segment = session.segments[0]
    tempo = TempoMap(segment.tempos[0][1], segment.start_ns)
    for tick, bpm in segment.tempos[1:]:
        tempo.change(tick, bpm)
    played = [line for line in ons if line.get("player")]
    astray_us = astray_ns(iter(played), tempo.ns_at) / 1e3
    found = f"{astray_us:.3f} us off ({len(played)} notes)"
    kept = len(session.segments) == 1 and astray_us <= ASTRAY_US
    checks.append(("the form has not slipped", f"{ASTRAY_US:g} us", found, kept))
    recorded = recorded_ons(stage.take)
    sent = sum(not line.get("dropped") for line in played)
    found = f"{recorded} notes of {sent}"
    checks.append(("the recording", "readable, 98 of 100 notes", found, recorded >= 0.98 * sent))
    checks.append(("exit status", "0", str(seen.status), seen.status == 0))
    values = {
        "seconds": stage.seconds,
        "memory": memory,
        "ons": len(ons),
        "dropped_ons": len(ons) - len(late_ms),
        "late_ms": {
            "p50": round(float(np.percentile(late_ms, 50)), 3),
            "p99": round(float(np.percentile(late_ms, 99)), 3),
            "max": round(worst_ms, 3),
        },
        "most_waiting": seen.most_waiting,
        "back_s": round(seen.back_s, 2),
        "astray_us": round(astray_us, 3),
        "reconnects": seen.health.reconnects,
        "restarts": seen.health.restarts,
        "lost_by_jack": lost_by_jack(seen, ons),
        "struck_twice": sum(life.notes.struck_twice for life in seen.lives),
        "hanging": hanging,
    }
    return checks, values


def lost_by_jack(seen: Seen, ons: list[dict[str, Any]]) -> int:
    """Note-ons that were sent while the first synth was there and never reached it."""
    until_ns = lost_ns(seen) - 100_000_000
    sent = sum(line["sent_ns"] < until_ns and not line.get("dropped") for line in ons)
    return sent - sum(ns < until_ns for ns in seen.lives[0].ons_ns)


def lost_ns(seen: Seen) -> int:
    """When the first synth went."""
    return next((ns for what, ns in seen.incidents if what == "JACK server killed"), 0)


def log_lines(path: Path) -> list[dict[str, Any]]:
    """The log."""
    import json

    return [json.loads(line) for line in path.read_text().splitlines()]


def recorded_ons(path: Path) -> int:
    """Notes of a MIDI file."""
    import mido

    return sum(
        message.type == "note_on" and message.velocity > 0
        for track in mido.MidiFile(path).tracks
        for message in track
    )


def in_real_time(minutes: float) -> tuple[list[Check], dict[str, Any]]:
    """Play on a stage where things go wrong."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), 60 * minutes)
        try:
            stage.play()
        finally:
            stage.end()
            for name in ("out.txt", "err.txt"):  # what it said of ports, processes and tempos
                lines = (Path(folder) / name).read_text().splitlines()
                said = [line for line in lines if line and not line.startswith("   ")]
                print(*[f"    | {line[:140]}" for line in said[:30]], sep="\n")
        return judged(stage)


def under_the_manual_clock(hours: float) -> tuple[list[Check], dict[str, Any]]:
    """Play without waiting."""
    with tempfile.TemporaryDirectory() as state:
        os.environ["JAZZ_IMPROV_STATE"] = state
        found = soak(hours)
    growth = found["growth_mib"]
    astray = f"{found['astray_us']:g} us ({found['compared']} messages)"
    hanging, late = found["missed_offs"], found["dropped_ons"]
    waiting = found["most_waiting"]
    checks: list[Check] = [
        ("memory", f"grows at most {GROWTH_MIB:g} MiB", f"{growth} MiB", growth <= GROWTH_MIB),
        ("deadlines off the ideal beat", "1 us", astray, found["astray_us"] <= ASTRAY_US),
        ("notes left sounding", "0", str(hanging), found["silent"]),
        ("notes dropped", "0", str(late), late == 0),
        ("messages that wait", f"at most {MOST_WAITING}", str(waiting), waiting <= MOST_WAITING),
    ]
    return checks, found


def main() -> int:
    """Print the tables and the JSON line; the status."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--hours", type=float, default=8.0)
    arguments.add_argument("--minutes", type=float, default=20.0)
    options = arguments.parse_args()
    values: dict[str, Any] = {}
    kept = True
    parts: list[tuple[str, float, Callable[[float], tuple[list[Check], dict[str, Any]]]]] = [
        ("hours under the manual clock", options.hours, under_the_manual_clock),
        ("minutes in real time", options.minutes, in_real_time),
    ]
    for name, length, part in parts:
        if not length:
            continue
        if part is in_real_time and (why := jack.missing()):
            print(f"({why}: not played in real time)")
            continue
        checks, found = part(length)
        rows = [
            [what, promise, said, "kept" if ok else "BROKEN"] for what, promise, said, ok in checks
        ]
        report.table([f"{length:g} {name}", "promised", "found", ""], rows)
        print()
        values[part.__name__] = found | {"broken": [what for what, *_, ok in checks if not ok]}
        kept = kept and all(ok for *_, ok in checks)
    report.finish("soak", kept=kept, **values)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
