"""Silence for a port that somebody left sounding, whoever that was and whatever it was.

Input -> output:  Port  ->  every channel: pedal up, sound off, controllers reset, notes off, wheel centred
Process:          `release_elsewhere` has it done by one of its own, which may outlive this one

    python -m improv.midi.panic NAME BACKEND
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from improv.clock import Clock, MonotonicClock, sleep_until_ns
from improv.errors import ImprovError
from improv.midi.messages import (
    NOTES_OFF,
    RESET_CONTROLLERS,
    SOUND_OFF,
    SUSTAIN,
    control,
    note_off,
    wheel_centred,
)
from improv.midi.ports import Port, PortInfo, PortRequest, open_output, quiet_c_libraries

PAUSE_NS = 50_000_000
"""After each batch: a JACK cycle lasts up to 43 ms and takes a limited number of messages along; a DIN cable
needs as long for 50 messages, and what is behind it buffers the rest."""

WAIT_S = 3.0
"""How long to wait for another process to silence a port: it takes a second and its start."""
TRY_S = 60
"""How long that one goes on where the MIDI system does not answer."""

CHANNELS, PITCHES = 16, 128


def batches() -> list[list[bytes]]:
    """What to send: first what silences most synths on all channels, then an off for each single note."""
    first = []
    for channel in range(CHANNELS):
        first += [
            control(channel, controller, 0)
            for controller in (SUSTAIN, SOUND_OFF, RESET_CONTROLLERS, NOTES_OFF)
        ]
        first.append(wheel_centred(channel))
    offs = [[note_off(channel, pitch) for pitch in range(PITCHES)] for channel in range(CHANNELS)]
    return [first, *offs]


def silence(port: Port, clock: Clock, sleep: Callable[[int], None] = sleep_until_ns) -> int:
    """Silence all that listens to `port`, in about 0.9 s; give how many messages that took.

    Raises whatever the port's library raises where the port has gone.
    """
    count = 0
    for batch in batches():
        for data in batch:
            port.send(data)
        count += len(batch)
        sleep(clock.now_ns() + PAUSE_NS)
    return count


def release_elsewhere(info: PortInfo, wait_s: float = WAIT_S) -> bool:
    """Have another process silence the port `info`, for one whose sender may have left notes.

    Whether it has done so within `wait_s`; if it has not, it goes on trying for a minute. A virtual port is
    gone with whoever made it, and with it the way to those who were connected to it.
    """
    if info.virtual or info.backend == "none":
        return False
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "improv.midi.panic", info.name, info.backend],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parents[2],
            start_new_session=True,
        )
        return process.wait(wait_s) == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def wake(pid: int) -> None:
    """Let a process of ours go on that was stopped (SIGSTOP); nothing to one that runs or is gone."""
    if pid and hasattr(signal, "SIGCONT"):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGCONT)


def lives(pid: int) -> bool:
    """Whether a process of ours lives; 0 (unknown) does. One that is dead and not yet waited for does not."""
    if not pid:
        return True
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self/stat").exists()  # a system without /proc has to be believed
    except OSError:
        return False


def main(name: str, backend: str) -> int:
    """Silence one port that exists; 0 where that is done."""
    if hasattr(signal, "alarm"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(TRY_S)  # the kernel ends it, whatever blocks
    try:
        with quiet_c_libraries():
            port = open_output(PortRequest(name, backend), "existing")
            silence(port, MonotonicClock())
            port.close()
    except (ImprovError, RuntimeError):  # what the MIDI libraries raise is a RuntimeError
        return 1
    return 0


if __name__ == "__main__":
    os._exit(
        main(*sys.argv[1:])
    )  # what a library holds of a dead server crashes when it is cleaned up
