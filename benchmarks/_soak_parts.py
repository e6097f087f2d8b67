"""What the soak looks with: a synth that only listens, the notes it hears, the memory of processes, the log.

    python benchmarks/_soak_parts.py NAME     the listening synth: a JACK input NAME:in; one line a message

The synth is a process of its own, because a JACK client does not outlive its server in good health.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MIB = 1 << 20
ON, OFF, CONTROL, BEND, PEDAL = 0x90, 0x80, 0xB0, 0xE0, 64


@dataclass
class NotesHeard:
    """Who sounds, as a synth sees it."""

    sounding: dict[tuple[int, int], int] = field(default_factory=dict)
    """(channel, pitch) and since when, in ns."""
    pedals: set[int] = field(default_factory=set)
    bent: set[int] = field(default_factory=set)
    ons: int = 0
    offs: int = 0
    struck_twice: int = 0
    """A note that was struck while it sounded, without its off."""
    longest_ns: int = 0

    def hear(self, ns: int, data: bytes) -> None:
        """Take note of a message."""
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        if kind == ON and data[2]:
            self.ons += 1
            self.struck_twice += (channel, data[1]) in self.sounding
            self.sounding[channel, data[1]] = ns
        elif kind in (ON, OFF):
            self.offs += 1
            since_ns = self.sounding.pop((channel, data[1]), None)
            if since_ns is not None:
                self.longest_ns = max(self.longest_ns, ns - since_ns)
        elif kind == CONTROL and data[1] == PEDAL:
            (self.pedals.add if data[2] >= 64 else self.pedals.discard)(channel)
        elif kind == BEND:
            (self.bent.discard if (data[1], data[2]) == (0, 64) else self.bent.add)(channel)

    @property
    def silent(self) -> bool:
        """Nothing sounds, no pedal is down, no wheel is off its centre."""
        return not (self.sounding or self.pedals or self.bent)


class Synth:
    """The listening process and what it heard."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), name],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        self.notes = NotesHeard()
        self.ons_ns: list[int] = []
        self.releases: list[tuple[int, tuple[int, int]]] = []
        self._told: queue.SimpleQueue[int] = queue.SimpleQueue()
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError("the listening synth could not open its port")
        self.ready_ns = time.perf_counter_ns()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            ns_text, _, data_text = line.partition(" ")
            ns, data = int(ns_text), bytes.fromhex(data_text)
            before = set(self.notes.sounding)
            self.notes.hear(ns, data)
            self.releases += [(ns, key) for key in before - set(self.notes.sounding)]
            if data[0] & 0xF0 == ON and data[2]:
                self.ons_ns.append(ns)
                if len(self.ons_ns) == 1:
                    self._told.put(ns)

    def first_on_ns(self, timeout_s: float) -> int:
        """When the first note came in; `queue.Empty` if none does."""
        return self._told.get(timeout=timeout_s)

    def close(self) -> None:
        """End it; what it has written is read."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join(10)


class JackServer:
    """A server that can be killed and started again under its name."""

    def __init__(self, name: str) -> None:
        self.environment = {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
        self._name = name
        self.start()

    def start(self) -> None:
        """Start it and wait until it serves.

        Asynchronous, as it runs on people's machines: in synchronous mode (-S) it waits for every client,
        and when one is killed all stand still for five seconds, or ten. What a client hands over too late
        for its cycle is lost, though; with cycles of 21 ms none is late even on a busy machine.
        """
        self._process = subprocess.Popen(
            ["jackd", "--name", self._name, "-r", "-d", "dummy", "-r", "48000", "-p", "1024"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        subprocess.run(
            ["jack_wait", "--server", self._name, "--wait", "--timeout", "20"],
            env=os.environ | self.environment,
            capture_output=True,
            timeout=30,
            check=True,
        )

    def kill(self) -> None:
        """As a crash would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()


def processes(pid: int) -> dict[str, int]:
    """Process ids by role: the session and what it has started."""
    found = {"performer": pid}
    with contextlib.suppress(OSError):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        children = [int(c) for task in tasks for c in (task / "children").read_text().split()]
        for child in children:
            command = Path(f"/proc/{child}/cmdline").read_bytes().decode(errors="replace")
            for role in ("sender", "receiver"):
                if f"improv.midi.{role}" in command:
                    found[role] = child
    return found


def own_memory(pid: int) -> int:
    """Resident bytes, without the segment of the JACK server that every client maps; 0 where it is gone."""
    total, mapping = 0, ""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
            first = line.split(maxsplit=1)[0]
            if "-" in first and not first.endswith(":"):
                mapping = line
            elif first == "Rss:" and "/dev/shm/jack" not in mapping:
                total += int(line.split()[1]) * 1024
    return total


@dataclass
class Memory:
    """Samples of each role's memory: (seconds since the start, bytes)."""

    samples: dict[str, list[tuple[float, int]]] = field(default_factory=dict)

    def look(self, elapsed_s: float, pid: int) -> None:
        """Take one sample of each."""
        for role, its_pid in processes(pid).items():
            if size := own_memory(its_pid):
                self.samples.setdefault(role, []).append((elapsed_s, size))

    def growth(self, role: str, from_s: float, span_s: float) -> tuple[float, float, float]:
        """(MiB from `from_s` on for `span_s`, MiB in the last `span_s`, their difference): medians."""
        rows = self.samples.get(role, [])
        last_s = rows[-1][0] if rows else 0.0
        first = [size for at, size in rows if from_s <= at <= from_s + span_s]
        last = [size for at, size in rows if at >= last_s - span_s]
        if not first or not last:
            return 0.0, 0.0, 0.0
        before, after = (sorted(sizes)[len(sizes) // 2] / MIB for sizes in (first, last))
        return before, after, after - before


def astray_ns(messages: Iterator[dict[str, Any]], ideal: Any) -> int:
    """How far a message was planned from where its tick belongs, at the most."""
    return max((abs(line["planned_ns"] - ideal(line["tick"])) for line in messages), default=0)


def listen(name: str) -> None:
    """Be the synth."""
    import rtmidi

    device = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=name)
    device.ignore_types(False, False, False)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def arrived(event: tuple[list[int], float], data: object) -> None:
        lines.put(f"{time.perf_counter_ns()} {bytes(event[0]).hex()}\n")

    device.set_callback(arrived)
    device.open_virtual_port("in")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        sys.stdout.write(lines.get())
        if lines.empty():
            sys.stdout.flush()


if __name__ == "__main__":
    listen(sys.argv[1])
