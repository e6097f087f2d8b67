"""Start one of the program's own processes: the sender and the receiver come up in the same way."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO


def start(module: str) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """`python -m module` with pipes to and from it, and the file that gets what it writes to stderr.

    Raises OSError where no process can be started.
    """
    last_words = tempfile.TemporaryFile()  # C libraries' chatter, a traceback
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=last_words,
            # Python looks for modules in the working folder first: there stands this package, and
            # no `queue.py` of the user's.
            cwd=Path(__file__).resolve().parents[2],
            start_new_session=True,  # Ctrl-C in the terminal is for the performer alone
        )
    except OSError:
        last_words.close()
        raise
    return process, last_words
