"""Run something in a process of its own and see how much memory it took: for files that claim to be huge."""

from __future__ import annotations

import subprocess
import sys

MOST_MB = 500
_MEASURED = """
import resource, sys
exec(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def memory_mb(code: str, timeout_s: float = 120) -> int:
    """The most memory, in MB, that a process takes that runs `code`. Raises where it fails or hangs."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, code],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr
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
