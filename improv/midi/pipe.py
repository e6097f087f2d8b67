"""Lines of JSON between the program's own processes: one writer and one reader, for every end of every pipe.

    put(...) ──> kept ── flush ──> the pipe ──> Reader.read ──> whole lines, as lists

Neither side ever waits for the other: what the pipe does not take is kept, and goes with a later flush.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import IO, Any

_encode = json.JSONEncoder(separators=(",", ":")).encode


def set_blocking(fd: int, blocking: bool) -> None:
    """As `os.set_blocking`, which Windows has for pipes only from Python 3.12 on; there writes may wait."""
    if sys.platform != "win32":
        os.set_blocking(fd, blocking)


class Writer:
    """Lines to another process, from any thread."""

    def __init__(self, file: IO[bytes], most_lines: int | None = None) -> None:
        """`file` is the pipe, unbuffered. `most_lines`: of more that wait, the oldest are lost."""
        self.file = file
        self._lock = threading.Lock()
        self._lines: deque[bytes] = deque(maxlen=most_lines)
        self._begun = b""  # what is left of lines that the pipe took a part of
        self._gone = False
        set_blocking(file.fileno(), False)

    def put(self, *values: Any) -> None:
        """Keep one line for the next flush."""
        line = _encode(values).encode() + b"\n"
        with self._lock:
            self._lines.append(line)

    def flush(self) -> bool:
        """Write what the pipe takes now; False where that is known to go nowhere."""
        with self._lock:
            try:
                while self._begun or self._lines:
                    if not self._begun:
                        self._begun = b"".join(self._lines)
                        self._lines.clear()
                    taken = self.file.write(self._begun)
                    if taken is None:  # the pipe is full
                        break
                    self._begun = self._begun[taken:]
            except (OSError, ValueError):  # the reader is gone, or this end was closed
                self._gone, self._begun = True, b""
                self._lines.clear()
            return not self._gone

    @property
    def waiting(self) -> int:
        """How many whole lines the pipe has not taken."""
        return len(self._lines)

    def finish(self) -> None:
        """Write the rest, waiting for the reader."""
        set_blocking(self.file.fileno(), True)
        self.flush()

    def close(self) -> None:
        """Close the pipe; what it has not taken is lost. Safe to call twice."""
        with self._lock:
            self._gone = True
            self.file.close()


class Reader:
    """Whole lines from another process."""

    def __init__(self, read: Callable[[int | None], bytes | None], partial: bytes = b"") -> None:
        """`read` is that of a `clock.CommandPipe`, or gives bytes as they come and b"" at the end."""
        self._read = read
        self.partial = partial
        """The beginning of a line whose rest is to come; at the end, of one that was never finished."""

    def read(self, until_ns: int | None = None) -> list[list[Any]] | None:
        """The lines that came in, perhaps none once it is `until_ns`; None when the other end has closed."""
        chunk = self._read(until_ns)
        if chunk is None:
            return []
        if not chunk:
            return None
        *lines, self.partial = (self.partial + chunk).split(b"\n")
        return [json.loads(line) for line in lines]


def to_whoever_started_this(most_lines: int | None = None) -> Writer:
    """In one of the program's own processes: the writer to the performer. Signals are for that one alone.

    The C libraries write to descriptor 1 when they please; the lines get one that nobody else knows.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    file = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return Writer(file, most_lines)
