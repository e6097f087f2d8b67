"""Lines to a disk that may be slow, full or gone, without ever making the music wait.

    performer ── write(line) ──> queue ──> a thread of its own ── write, and fsync once a second ──> file

What has been handed over is with the system within milliseconds, so that it survives a kill of this process;
what is older than a second survives a loss of power. A file can be held (`held`), so that another process can
tell a session that lives from one that died.
"""

from __future__ import annotations

import hashlib
import os
import queue
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from improv import files
from improv.clock import MonotonicClock
from improv.files import hold, is_there

SUFFIX = ".recording.jsonl"
"""Of the journal of a recording in the state folder, and of one beside what it is to become."""
BESIDE_SUFFIX = ".jazz-improv.recording.jsonl"
MOST_WAITING = 65_536
"""Lines kept for a disk that does not answer: about half an hour with a band. Beyond, lines are lost."""
_SYNC_NS = 1_000_000_000
_SYNC_S = 1.0
_BATCH = 1000


class Lines(Protocol):
    """Where lines go."""

    def write(self, line: bytes) -> None:
        """Have one line written, with its line end; never waits."""

    def close(self, timeout_s: float) -> None:
        """Write what is left, as long as it takes up to `timeout_s`."""

    def problem(self) -> str:
        """Why not all of it is there, as the end of a sentence; empty where all is."""


class Memory:
    """Lines that are kept in memory: the last resort, and for tests."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        """Keep one line."""
        self._lines.append(line)

    def close(self, timeout_s: float) -> None:
        """There is nothing to close."""

    def problem(self) -> str:
        """Never any."""
        return ""

    @property
    def lines(self) -> list[bytes]:
        """All of them."""
        return self._lines


class Journal:
    """A file that lines are written to from a thread of its own.

    `keeps`: what the disk refuses is kept in memory, and is there for `content`; else it is let go.
    """

    def __init__(self, fd: int, *, keeps: bool = False) -> None:
        """`fd` is open for writing; it is closed by the journal."""
        self._fd, self._keeps = fd, keeps
        self._queue: queue.SimpleQueue[bytes | threading.Event | None] = queue.SimpleQueue()
        self._kept = bytearray()
        self._failed: OSError | None = None
        self._lost_here = self.lost = 0
        self._closed = self._stuck = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Have one line written; never waits. A line too many is lost, and counted in the next."""
        if self._closed:
            return
        if self._queue.qsize() >= MOST_WAITING:
            self._lost_here += 1
            self.lost += 1
            return
        if self._lost_here:
            self._queue.put(b'{"lost": %d}\n' % self._lost_here)
            self._lost_here = 0
        self._queue.put(line)

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything handed over is with the system; whether it is."""
        reached = threading.Event()
        self._queue.put(reached)
        return reached.wait(timeout_s)

    def close(self, timeout_s: float) -> None:
        """Write what is left and close the file; give up after `timeout_s`. Safe to call twice."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        self._thread.join(timeout_s)
        self._stuck = self._thread.is_alive()

    def problem(self) -> str:
        """Why not all of it is in the file, as the end of a sentence; empty where all is."""
        if self._failed is not None:
            return str(self._failed.strerror or self._failed)
        if self._stuck:
            return "its file or pipe does not accept it"
        if self.lost:
            lines = "1 line is" if self.lost == 1 else f"{self.lost:,} lines are"
            return f"{lines} missing, because its file or pipe was too slow"
        return ""

    @property
    def kept(self) -> bytes:
        """What the disk refused, in order, where that is kept."""
        return bytes(self._kept)

    def _run(self) -> None:
        clock = MonotonicClock()
        synced_ns, dirty, going = clock.now_ns(), False, True
        while going:
            try:
                items = [self._queue.get(timeout=_SYNC_S if dirty else None)]
            except queue.Empty:
                items = []
            while items and len(items) < _BATCH and not self._queue.empty():
                items.append(self._queue.get_nowait())
            lines = [item for item in items if isinstance(item, bytes)]
            if lines:
                self._put(b"".join(lines))
                dirty = self._failed is None
            for item in items:
                if isinstance(item, threading.Event):
                    item.set()
            going = None not in items
            if dirty and (not going or not items or clock.now_ns() - synced_ns >= _SYNC_NS):
                self._sync()
                synced_ns, dirty = clock.now_ns(), False
        try:
            os.close(self._fd)
        except OSError as error:
            self._failed = self._failed or error

    def _put(self, data: bytes) -> None:
        while data and self._failed is None:
            try:
                data = data[os.write(self._fd, data) :]
            except OSError as error:
                self._failed = error
        if self._keeps:
            self._kept += data

    def _sync(self) -> None:
        try:
            os.fsync(self._fd)
        except OSError:
            pass  # a pipe or a terminal cannot; a disk that is full says so when it is written to


def state_folder() -> Path:
    """Where the program keeps what is its own: JAZZ_IMPROV_STATE, or the platform's place for it."""
    given = os.environ.get("JAZZ_IMPROV_STATE")
    if given:
        return Path(given)
    import platformdirs

    return platformdirs.user_state_path("jazz-improv", appauthor=False)


def open_held(folder: Path, prefix: str, suffix: str) -> tuple[int, Path]:
    """A new file of its own name in `folder`, open for writing and held by this process. OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        fd, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=folder)
        # Somebody who clears up may have come between, and have found it empty and not held.
        if hold(fd) and is_there(fd, Path(name)):
            return fd, Path(name)
        os.close(fd)


class Claim:
    """The name of a file that is to be written at the end, held until then: for processes of this user.

    It is a file in the state folder that is held; where a process is killed, the system lets go of it.
    """

    def __init__(self, target: Path) -> None:
        """Raises FileExistsError where another process holds that name, OSError where none can be held."""
        folder = state_folder() / "names"
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(os.fsencode(os.path.realpath(target))).hexdigest()[:32]
        self._path = folder / name
        while True:
            self._fd = files.open_ordinary(self._path, os.O_WRONLY | os.O_CREAT | files.NO_LINK)
            if not hold(self._fd):
                os.close(self._fd)
                raise FileExistsError(str(target))
            if is_there(self._fd, self._path):
                return
            os.close(self._fd)

    def close(self) -> None:
        """Let go of it. Safe to call twice."""
        if self._fd >= 0:
            with suppress(OSError):
                self._path.unlink()
            os.close(self._fd)
            self._fd = -1
