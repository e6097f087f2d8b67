"""Processes held to a share of a core, as on a busy laptop or a small board.

A process beside them lets them run for a moment, again and again, and has them stand still in between. It
needs no rights and no cgroup. It sleeps, because a share is made of time; nothing waits for it. Who talks
to JACK is spared: JACK keeps nothing for a client that stands still, so what goes in or out would be lost.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TURN_S = 0.1
_HOLD = """
import os, select, signal, sys
pid, run_s, rest_s = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
def family(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as line:
            found = [] if "improv.midi." in line.read() else [pid]
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as children:
                for child in children.read().split():
                    found += family(int(child))
    except OSError:  # it has ended
        return []
    return found
def tell(signum):
    for each in family(pid):
        try:
            os.kill(each, signum)
        except ProcessLookupError:
            pass
print("there", flush=True)
try:
    while True:
        tell(signal.SIGCONT)
        if select.select([0], [], [], run_s)[0] or not os.path.exists(f"/proc/{pid}"):
            break
        tell(signal.SIGSTOP)
        if select.select([0], [], [], rest_s)[0]:
            break
finally:
    tell(signal.SIGCONT)
"""


def missing() -> str:
    """Why processes cannot be held here, or an empty text."""
    if not hasattr(signal, "SIGSTOP") or not Path("/proc/self/task").is_dir():
        return "processes can be held to a share of a core on Linux only"
    return ""


@contextmanager
def held(pid: int, share: float = 0.1) -> Iterator[None]:
    """Let a process and its children, also those to come, run for this share of the time only."""
    times = [str(_TURN_S * share), str(_TURN_S * (1 - share))]
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(pid), *times],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "there\n"
        yield
    finally:
        holder.communicate(timeout=20)
