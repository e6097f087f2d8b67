"""Those who send the same notes in `lateness.py`, each run as a program of its own.

    python benchmarks/_contenders.py WHO NOTES RATE [--busy-thread] [--backend jack|none]
    python benchmarks/_contenders.py beside COMMAND ...

WHO is `ours`, `mido` or `isobar`; `clock_nanosleep` is C and compiled by `lateness.py`. NOTES notes begin at
RATE a second and sound for half of what lies between two. Prints one JSON line: how late each note-on was
handed to the port, in ns, and how many were dropped. Only `ours` imports anything of jazz-improv, so that the
others can run in a Python that has nothing but them. `beside` runs a command in a session of its own, as our
sender is, while a thread here is busy.
"""

from __future__ import annotations

import argparse
import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

LEAD_NS = 1_000_000_000
"""Before the first note: time for whoever starts a thread or reads a file."""

COMMIT_NS = 200_000_000
"""How far ahead the notes are handed over, as the performer does."""

C_LOOP = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static long long ns(struct timespec t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }
int main(int argc, char **argv) {
    long notes = atol(argv[1]);
    long long half = 500000000LL / atol(argv[2]), deadline;
    long long *late = malloc(notes * sizeof *late);
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    deadline = ns(t) + 1000000000LL;
    for (long i = 0; i < 2 * notes; i++, deadline += half) { /* a note's on, its off, ... */
        struct timespec until = {deadline / 1000000000LL, deadline % 1000000000LL};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {}
        clock_gettime(CLOCK_MONOTONIC, &t);
        if (i % 2 == 0) late[i / 2] = ns(t) - deadline;
    }
    printf("{\"dropped\": 0, \"late_ns\": [");
    for (long i = 0; i < notes; i++) printf(i ? ", %lld" : "%lld", late[i]);
    puts("]}");
}
"""


def spin() -> None:
    """Work that never lets go of the interpreter by itself, as making music does."""
    number = 0
    while True:
        number = (number * 1103515245 + 12345) % 2147483648


def pitch(index: int) -> int:
    """Something of a melody."""
    return 48 + index * 7 % 36


def ours(notes: int, rate: int, backend: str) -> dict[str, Any]:
    """Through the sender process, handed over a little ahead."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from improv.clock import MonotonicClock
    from improv.midi.events import Gone
    from improv.midi.messages import Planned
    from improv.midi.ports import PortRequest
    from improv.midi.sender_process import SenderProcess

    clock, inbox = MonotonicClock(), queue.SimpleQueue()
    out = SenderProcess(PortRequest("Lateness", backend), inbox)
    _, realtime = out.opened(clock)
    begin_ns, half_ns = clock.now_ns() + LEAD_NS, 500_000_000 // rate
    late_ns: list[int] = []
    dropped = planned = 0

    def hear(item: object) -> None:
        nonlocal dropped
        if isinstance(item, Gone):
            raise RuntimeError("the sender process is gone")
        if item.data[0] & 0xF0 == 0x90:
            dropped += item.dropped
            late_ns.append(item.sent_ns - item.planned_ns)

    while len(late_ns) < notes:
        now_ns = clock.now_ns()
        while planned < notes and begin_ns + 2 * planned * half_ns < now_ns + COMMIT_NS:
            on_ns, key = begin_ns + 2 * planned * half_ns, pitch(planned)
            out.plan(Planned(planned + 1, on_ns, bytes((0x90, key, 90))))
            out.plan(Planned(planned + 1, on_ns + half_ns, bytes((0x80, key, 64))))
            planned += 1
        out.flush()
        until_ns = now_ns + COMMIT_NS // 2
        while (item := clock.wait(inbox, until_ns)) is not None:
            hear(item)
    out.quit()
    return {"late_ns": late_ns, "dropped": dropped, "realtime": realtime.granted}


def mido_play(notes: int, rate: int, backend: str) -> dict[str, Any]:
    """`for message in MidiFile.play(): port.send(message)`, mido's way, on the monotonic clock."""
    import mido

    port = mido_port(mido, backend)
    unit = 1_000_000 // rate  # of half a microsecond: 2,000,000 units a second
    file = mido.MidiFile(ticks_per_beat=20_000)
    track = file.add_track()
    track.append(mido.MetaMessage("set_tempo", tempo=10_000))
    for index in range(notes):
        wait = unit if index else LEAD_NS // 500
        track.append(mido.Message("note_on", note=pitch(index), velocity=90, time=wait))
        track.append(mido.Message("note_off", note=pitch(index), time=unit))
    asked_ns: list[int] = []

    def now() -> float:
        now_ns = time.perf_counter_ns()
        if not asked_ns:
            asked_ns.append(now_ns)  # its start: what all its times count from
        return (now_ns - asked_ns[0]) / 1e9

    late_ns, due_ns = [], LEAD_NS
    for message in file.play(now=now):
        now_ns = time.perf_counter_ns()
        port.send(message)
        if message.type == "note_on":
            late_ns.append(now_ns - asked_ns[0] - due_ns)
            due_ns += 1_000_000_000 // rate
    port.close()
    return {"late_ns": late_ns, "dropped": 0}


def isobar_timeline(notes: int, rate: int, backend: str) -> dict[str, Any]:
    """isobar's Timeline with its own clock (480 ticks a beat) and its MIDI output."""
    import isobar
    import isobar.timelines.clock as its_clock
    import mido

    bpm = 150.0
    beat_s = 60 / bpm
    asked_s: list[float] = []

    def now_s() -> float:
        now = time.perf_counter()
        if not asked_s:
            asked_s.append(now)  # its start: what all its ticks count from
        return now

    # Its clock is the wall clock, which may be set; the comparison is not to hang on that.
    its_clock.time = SimpleNamespace(time=now_s, sleep=time.sleep)
    mido.set_backend(mido_backend(backend))
    late_s: list[float] = []

    class Output(isobar.MidiOutputDevice if backend == "jack" else isobar.DummyOutputDevice):
        """Looks at the clock before it sends."""

        def note_on(self, note: int = 60, velocity: int = 64, channel: int = 0) -> None:
            late_s.append(time.perf_counter())
            super().note_on(note, velocity, channel)

    device = Output("Lateness", virtual=True) if backend == "jack" else Output()
    timeline = isobar.Timeline(bpm, output_device=device)
    timeline.stop_when_done = True
    timeline.schedule(
        {
            "note": isobar.PSequence([pitch(index) for index in range(notes)], 1),
            "duration": 1 / (rate * beat_s),
            "gate": 0.5,
        },
        delay=LEAD_NS / 1e9 / beat_s,
    )
    timeline.run()
    # The first tick comes one tick after the start: so it is meant (`Clock.run`).
    first_s = asked_s[0] + beat_s / 480 + LEAD_NS / 1e9
    late_ns = [
        round((sent_s - first_s - index / rate) * 1e9) for index, sent_s in enumerate(late_s)
    ]
    return {"late_ns": late_ns, "dropped": 0}


def mido_backend(backend: str) -> str:
    """The name mido has for the same MIDI system."""
    return "mido.backends.rtmidi/UNIX_JACK" if backend == "jack" else "mido.backends.rtmidi"


def mido_port(mido: Any, backend: str) -> Any:
    """A virtual port in JACK; without it, one that only takes."""
    if backend != "jack":
        return SimpleNamespace(send=lambda message: None, close=lambda: None)
    mido.set_backend(mido_backend(backend))
    return mido.open_output("Lateness", virtual=True)


def beside(command: list[str]) -> int:
    """Run `command` as the child of a busy process; its status."""
    child = subprocess.Popen(command, start_new_session=True)
    threading.Thread(target=spin, daemon=True).start()
    return child.wait()


def main() -> None:
    """Send, then print the line."""
    if sys.argv[1:2] == ["beside"]:
        sys.exit(beside(sys.argv[2:]))
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("who", choices=["ours", "mido", "isobar"])
    arguments.add_argument("notes", type=int)
    arguments.add_argument("rate", type=int)
    arguments.add_argument("--busy-thread", action="store_true")
    arguments.add_argument("--backend", default="none")
    options = arguments.parse_args()
    if options.busy_thread:
        threading.Thread(target=spin, daemon=True).start()
    send = {"ours": ours, "mido": mido_play, "isobar": isobar_timeline}[options.who]
    print(json.dumps(send(options.notes, options.rate, options.backend)), flush=True)


if __name__ == "__main__":
    main()
