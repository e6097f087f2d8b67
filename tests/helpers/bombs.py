"""Run something in a process of its own and see how much memory it took: for files that claim to be huge."""

from __future__ import annotations

import subprocess
import sys

import improv

MOST_MB, MOST_S = 500, 10
"""Of memory and of processor time, which a busy machine does not stretch."""
_MEASURED = f"""
import pathlib, resource, sys
sys.path.insert(0, {str(improv.__path__[0])!r} + "/..")
resource.setrlimit(resource.RLIMIT_CPU, ({MOST_S}, {MOST_S}))
exec(sys.argv[1])
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
status = pathlib.Path("/proc/self/status")  # what rusage says is that of who started this, if that is more
if status.exists():
    used = int(status.read_text().partition("VmHWM:")[2].split()[0]) // 1024
print(used)
"""


def memory_mb(code: str, *words: str, timeout_s: float = 120) -> int:
    """The most memory, in MB, that a process takes that runs `code`. Raises where it fails or hangs.

    `words` are its `sys.argv` from 2 on.
    """
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, code, *words],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, (done.returncode, done.stderr)
    return int(done.stdout.split()[-1])


def refused_mb(call: str, error: str) -> int:
    """The same for a call that must raise this error of ours, in one line."""
    return memory_mb(
        f"""
from pathlib import Path
from improv.errors import {error}
from improv.corpus.events import read_events
from improv.corpus.wjazzd import read_database, read_tables
from improv.cell.load import load_model
try:
    {call}
except {error} as error:
    assert "\\n" not in str(error), error
else:
    raise AssertionError("it was not refused")
"""
    )


def command_mb(*words: str, status: int, said: str) -> int:
    """The same for a command line that must end with this status and a line that has `said` in it."""
    return memory_mb(
        f"""
import contextlib, io
from improv.cli import main
out, err = io.StringIO(), io.StringIO()
with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
    found = main(sys.argv[2:])
last = err.getvalue().splitlines()[-1:]
assert found == {status} and last and {said!r} in last[0], (found, err.getvalue()[-2000:])
assert "Traceback" not in err.getvalue()
""",
        *words,
    )
