"""One of the program's own processes, as the performer has it: the sender and the receiver come up alike.

Input -> output:  say(...), flush()  ->  its standard input;  what it says  ->  `hear`, line by line
Thread:           one reader that only parses lines
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, cast

from improv.midi.pipe import Reader, Writer

_CHUNK = 65536


class OwnProcess:
    """`python -m module`, with a pipe to it and one from it."""

    def __init__(self, module: str, fds: Sequence[int] = ()) -> None:
        """Start it; it has the descriptors `fds` too. Raises OSError where no process can be started."""
        self._last_words = tempfile.TemporaryFile()  # C libraries' chatter, a traceback
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._last_words,
                # Python looks for modules in the working folder first: there stands this package, and
                # no `queue.py` of the user's.
                cwd=Path(__file__).resolve().parents[2],
                start_new_session=True,  # Ctrl-C in the terminal is for the performer alone
                pass_fds=fds,
            )
        except OSError:
            self._last_words.close()
            raise
        self._writer = Writer(cast(IO[bytes], self._process.stdin))
        self._stdout = cast(IO[bytes], self._process.stdout)
        self._reader: threading.Thread | None = None

    def listen(self, hear: Callable[..., None], gone: Callable[[], None]) -> None:
        """Have `hear(*values)` called for each line it says and `gone()` when it has ended, in a thread."""
        self._reader = threading.Thread(target=self._read, args=(hear, gone), daemon=True)
        self._reader.start()

    def _read(self, hear: Callable[..., None], gone: Callable[[], None]) -> None:
        with self._stdout as stdout:
            reader = Reader(lambda until_ns: stdout.read(_CHUNK))
            while (lines := reader.read()) is not None:
                for values in lines:
                    hear(*values)
        gone()  # what is left was cut in the middle of a word

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def say(self, *values: Any) -> None:
        """Keep one line for it, for the next `flush`."""
        self._writer.put(*values)

    def flush(self) -> bool:
        """Hand over what was said, without waiting; False where it has ended."""
        return self._writer.flush()

    @property
    def waiting(self) -> int:
        """How many lines wait for it to read."""
        return self._writer.waiting

    def kill(self) -> None:
        """End it at once; only where it does not answer."""
        self._process.kill()
        self._process.wait()

    def end(self, timeout_s: float) -> bool:
        """Close the pipe to it, at which it ends, and kill it if that takes longer. Safe to call twice.

        Whether it ended by itself.
        """
        self._writer.close()
        by_itself = True
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            by_itself = False
            self.kill()
        if self._reader is not None and self._reader is not threading.current_thread():
            self._reader.join(timeout_s)
        self._last_words.close()
        return by_itself

    def status(self, timeout_s: float) -> int:
        """Its exit status; below 0: the signal that ended it."""
        return self._process.wait(timeout_s)

    def ending(self, timeout_s: float) -> str:
        """How it ended: its status and, where it said why, its last line."""
        status = self.status(timeout_s)
        if self._last_words.closed:
            return f"status {status}"
        self._last_words.seek(0)
        lines = self._last_words.read().decode(errors="replace").strip().splitlines()
        return f"status {status}: {lines[-1]}" if lines and status > 0 else f"status {status}"
