"""The one file that reads the time and waits. Everything else takes a clock as an argument.

    MonotonicClock   real time: never steps, never runs backwards, one scale for all processes
                     of the machine, so that a deadline set in the performer is valid in the sender
    fakes.ManualClock of the tests: musical time without waiting

All times are integer nanoseconds (`_ns`) with an arbitrary zero.
"""

from __future__ import annotations

import os
import queue
import select
import sys
import threading
import time
from typing import Any, Protocol, TypeVar

_T = TypeVar("_T")


class Mailbox(Protocol[_T]):
    """What is waited for: a `queue.SimpleQueue`, or what does as one does."""

    def put(self, item: _T, /) -> None:
        """Have it taken; from any thread, and from a signal handler that interrupts the wait."""

    def get(self, *, timeout: float) -> _T:
        """The next thing, waited for for so many seconds at the most. Raises queue.Empty."""

    def get_nowait(self) -> _T:
        """The next thing. Raises queue.Empty."""

    def empty(self) -> bool:
        """Whether nothing is there."""


class Clock(Protocol):
    """A clock: the time now, and waiting for a message until a time."""

    def now_ns(self) -> int:
        """The time now."""

    def wait(self, inbox: Mailbox[Any], until_ns: int) -> Any | None:
        """The next thing put into `inbox`, or None once it is `until_ns`."""


class MonotonicClock:
    """Real time, from `time.perf_counter_ns`.

    It is CLOCK_MONOTONIC on Linux, mach_absolute_time on macOS and QueryPerformanceCounter on Windows. A
    correction of the wall clock (NTP) cannot move the music, and two processes read the same time.
    """

    def now_ns(self) -> int:
        """The time now."""
        return time.perf_counter_ns()

    def wait(self, inbox: Mailbox[Any], until_ns: int) -> Any | None:
        """The next thing put into `inbox`, or None once it is `until_ns`, or now and then before."""
        timeout_s = (until_ns - self.now_ns()) / 1e9
        try:
            return inbox.get(timeout=timeout_s) if timeout_s > 0 else inbox.get_nowait()
        except queue.Empty:
            return None


class CommandPipe:
    """Bytes from a pipe, waited for together with a deadline; the sender process sleeps here.

    On POSIX one `select` does both. Windows cannot select on pipes, so there a thread reads, and the
    wait is on its queue (`threaded`; also tested elsewhere).
    """

    def __init__(
        self, fd: int, *, end_fd: int | None = None, threaded: bool = sys.platform == "win32"
    ) -> None:
        """`end_fd`: something to read there ends the pipe too (`signal.set_wakeup_fd` writes to it)."""
        self._fd = fd
        self._fds = [fd] if end_fd is None else [fd, end_fd]
        self.also_fd: int | None = None
        """What there is to read there ends the wait; POSIX only."""
        self._chunks: queue.SimpleQueue[bytes] | None = None
        if threaded:
            self._chunks = queue.SimpleQueue()
            threading.Thread(target=self._pump, daemon=True).start()

    def _read(self) -> bytes:
        try:
            return os.read(self._fd, 65536)
        except OSError:
            return b""  # the other end is gone: the same as its end

    def _pump(self) -> None:
        chunks = self._chunks
        while chunks is not None:
            chunk = self._read()
            chunks.put(chunk)
            if not chunk:
                return

    def read(self, until_ns: int | None) -> bytes | None:
        """What came in; b"" if the other end has closed (or died); None once it is `until_ns`, or there is
        something to read at `also_fd`."""
        timeout_s = (
            None if until_ns is None else max(0.0, (until_ns - time.perf_counter_ns()) / 1e9)
        )
        if self._chunks is not None:
            try:
                return self._chunks.get(timeout=timeout_s)
            except queue.Empty:
                return None
        fds = self._fds if self.also_fd is None else [*self._fds, self.also_fd]
        readable, _, _ = select.select(fds, [], [], timeout_s)
        if self.also_fd in readable:
            readable.remove(self.also_fd)
        if readable and readable != [self._fd]:
            return b""
        return self._read() if readable else None


def spin_until_ns(deadline_ns: int) -> int:
    """Spin through the last stretch before a deadline. Returns the time at which it was reached.

    The scheduler may wake a sleeping process late, but not a spinning one.
    """
    clock = time.perf_counter_ns
    while (now_ns := clock()) < deadline_ns:
        pass
    return now_ns


def sleep_until_ns(deadline_ns: int) -> None:
    """Sleep until a deadline."""
    while (left_ns := deadline_ns - time.perf_counter_ns()) > 0:
        time.sleep(left_ns / 1e9)


def processor_ns() -> int:
    """How long this process has worked so far: what a busy machine does not stretch."""
    return time.process_time_ns()


def resolution_ns() -> float:
    """The smallest step of the clock, according to the system."""
    return time.get_clock_info("perf_counter").resolution * 1e9
