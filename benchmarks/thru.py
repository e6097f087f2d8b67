"""How long a partner's note takes through the program: from a keyboard's JACK port to a synth's.

    python benchmarks/thru.py [--notes 1000] [--periods 32,64,128] [--busy]

A client that stands for keyboard and synth sends notes at random moments, 5 to 30 ms apart, while the band
plays. It stamps each as it hands it to JACK and as it comes back, on the two ways in turn:

    direct      keyboard -> synth: what JACK takes, up to two periods and the client's own way
    thru        keyboard -> jazz-improv -> synth, two such ways and the program between them
    program     the difference of their medians, and of their 99th percentiles

`--periods`: JACK's, in frames at 48 kHz (64 are 1.3 ms); its server has real-time priority, as on stage.
`--busy`: with a spinning process for each core.
"""

from __future__ import annotations

import argparse
import os
import queue
import signal
import subprocess
import sys
import time

import _report as report
import jack
import numpy as np

NOTES_AT_ONCE = 40
CHANNEL = 5
WAIT_S = 20.0
GOAL_P99_MS = 2.0
SPIN = """
import os
parent = os.getppid()
while os.getppid() == parent:
    pass
"""


class Keyboard:
    """One client that plays, and hears what comes back."""

    def __init__(self) -> None:
        import rtmidi

        self._out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="keys")
        self._in = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="synth")
        self._back: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._in.set_callback(self._heard)
        self._in.open_virtual_port("in")
        self._out.open_virtual_port("out")

    def _heard(self, event: tuple[list[int], float], data: object) -> None:
        self._back.put((time.perf_counter_ns(), bytes(event[0])))

    def measure(self, notes: int, channel: int, rng: np.random.Generator) -> list[float]:
        """Milliseconds that each of so many notes takes, out and in again on `channel`."""
        taken = []
        for number in range(notes):
            time.sleep(float(rng.uniform(0.005, 0.030)))  # a keyboard is played in time
            pitch = 40 + number % NOTES_AT_ONCE
            sent_ns = time.perf_counter_ns()
            self._out.send_message([0x90, pitch, 80])
            taken.append((self._wait(bytes((0x90 | channel, pitch, 80))) - sent_ns) / 1e6)
            self._out.send_message([0x80, pitch, 64])
        return taken

    def _wait(self, data: bytes) -> int:
        while True:
            ns, heard = self._back.get(timeout=WAIT_S)
            if heard == data:
                return ns

    def close(self) -> None:
        """Leave JACK."""
        self._in.cancel_callback()
        time.sleep(0.1)  # the system's thread may be in it still
        for device in (self._in, self._out):
            device.close_port()
            device.delete()


def program() -> subprocess.Popen[str]:
    """jazz-improv with its band, which listens and lets it sound."""
    return subprocess.Popen(
        [sys.executable, "-m", "improv", "--backend", "jack", "--port", "synth", "--input", "keys",
         "--thru", str(CHANNEL + 1), "--tempo", "200", "--seed", "1", "--count-in", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def measured(period: int, notes: int) -> dict[str, list[float]]:
    """The times of both ways, at a JACK period."""
    server = jack.Server(f"thru{os.getpid()}", period=period, realtime=True)
    os.environ.update(server.environment)
    keyboard, rng = Keyboard(), np.random.default_rng(period)
    try:
        jack.connect(server.environment, "keys:out", "synth:in")
        keyboard.measure(50, 0, rng)
        times = {"direct": keyboard.measure(notes, 0, rng)}
        jack.disconnect(server.environment, "synth:in")
        running = program()
        try:
            assert running.stdout is not None
            while "Listening" not in running.stdout.readline():
                pass
            keyboard.measure(50, CHANNEL, rng)
            times["thru"] = keyboard.measure(notes, CHANNEL, rng)
        finally:
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=60)
        return times
    finally:
        keyboard.close()
        server.stop()


def main() -> None:
    """Measure at each period, print a table and a histogram."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--notes", type=int, default=1000)
    parser.add_argument("--periods", default="32,64,128")
    parser.add_argument("--busy", action="store_true")
    asked = parser.parse_args()
    if why := jack.missing():
        sys.exit(f"Without JACK there is nothing to measure: {why}.")
    spinning = [
        subprocess.Popen([sys.executable, "-c", SPIN], start_new_session=True)
        for _ in range(os.cpu_count() or 1)
        if asked.busy
    ]
    rows, values = [], {}
    try:
        for period in map(int, asked.periods.split(",")):
            times = measured(period, asked.notes)
            found = {
                name: report.percentiles([1000 * ms for ms in each]) for name, each in times.items()
            }
            found["program"] = {
                k: round(v - found["direct"][k], 1) for k, v in found["thru"].items()
            }
            values[str(period)] = found
            for name, row in found.items():
                rows.append([f"{period} frames, {name}", *(v / 1000 for v in row.values())])
            print(f"thru at {period} frames ({period / 48:.2f} ms) a period:")
            print(*report.histogram(times["thru"], 0.5, "ms"), sep="\n")
    finally:
        for process in spinning:
            process.kill()
    report.table(["ms", *found["thru"]], rows)
    best = min(row["thru"]["p99"] / 1000 for row in values.values())
    print(f"goal: {GOAL_P99_MS} ms at p99; reached: {best:.2f} ms")
    report.finish("thru", busy=asked.busy, notes=asked.notes, us=values)


if __name__ == "__main__":
    main()
