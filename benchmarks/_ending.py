"""A benchmark that is stopped ends what it started: spinning loops, sessions, servers; their orphans too.

Importing it is all (`_report` does). SIGTERM and Ctrl-C end the processes and unwind the program. What is
left then, or where the program ends by itself, is ended too. A JACK server is left to who started it until
the program has unwound: one that is not stopped as a user would keeps its name for ever. Only on Linux;
elsewhere a benchmark just unwinds. The sessions of a benchmark have state and runtime folders of their own,
which go with it: what is left of one that was killed is not for the next player to recover.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

_BECOME_REAPER = 36  # prctl's PR_SET_CHILD_SUBREAPER: orphans of ours become our children
_PATIENCE_S = 5.0
_LOOK_S = 0.05
_OWN_PID = os.getpid()
_status: int | None = None
"""Of the end, once it was told to stop."""


def _stop(signum: int, frame: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _at_once)
    global _status
    _status = 128 + signum
    sys.excepthook = lambda *failed: None  # what unwinds misses what was ended: no fault of its own
    _end({"jackd"})
    sys.exit(128 + signum)


def _leave() -> None:
    """End with the signal's status, whatever was raised on the way out."""
    if _status is not None and os.getpid() == _OWN_PID:
        sys.stdout.flush()
        os._exit(_status)


def _at_once(signum: int, frame: object) -> None:
    """Told a second time."""
    _end(patience_s=0.0)
    os._exit(128 + signum)


def _end(spared: set[str] | None = None, patience_s: float = _PATIENCE_S) -> None:
    """Tell every process that came of this one to end, and kill those that have not within `patience_s`."""
    if os.getpid() != _OWN_PID:
        return  # a fork
    told: set[int] = set()
    until = time.monotonic() + patience_s
    while left := _started(spared or set()):
        late = time.monotonic() >= until
        for pid in left if late else left - told:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
                os.kill(pid, signal.SIGCONT)
        told |= left
        time.sleep(_LOOK_S)


def _started(spared: set[str]) -> set[int]:
    """Those that came of this process, near or far, and still run."""
    parents: dict[int, tuple[int, str, str]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            pid, _, rest = entry.read_text().partition(" (")
            name, _, rest = rest.rpartition(") ")
            state, parent, *_ = rest.split()
            parents[int(pid)] = int(parent), name, state
    found, generation = set[int](), {_OWN_PID}
    while generation := {pid for pid, row in parents.items() if row[0] in generation} - found:
        found |= generation
    return {pid for pid in found if parents[pid][2] != "Z" and parents[pid][1] not in spared}


atexit.register(_leave)  # the first to be registered is the last to be called
if sys.platform == "linux":
    ctypes.CDLL(None, use_errno=True).prctl(_BECOME_REAPER, 1, 0, 0, 0)
if multiprocessing.parent_process() is None:
    _FOLDER = tempfile.mkdtemp(prefix="jazz-improv-benchmark-")
    os.environ |= {"JAZZ_IMPROV_STATE": f"{_FOLDER}/state", "JAZZ_IMPROV_RUNTIME": f"{_FOLDER}/run"}
    atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
signal.signal(signal.SIGTERM, _stop)
signal.signal(signal.SIGINT, _stop)
atexit.register(_end)  # the last to be registered is the first to be called
