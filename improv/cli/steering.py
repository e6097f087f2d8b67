"""Lines that steer, read from standard input while it plays: from the prompt line where there is one.

A thread of its own reads, and nothing waits for it. It takes the next line only when the last one has been
answered, so that endless input cannot fill the inbox.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from improv.cli.prompt import PromptLine, can_prompt
from improv.clock import Mailbox, MonotonicClock
from improv.performance.steering import LONGEST_LINE, asked_of, completions

_STDIN = 0
_LONGEST_BYTES = 4 * LONGEST_LINE + 1
_REST_S = 0.01
"""Between two lines: the music matters more than somebody who writes a thousand a second."""
_LOOK_S = 0.5
"""How often it checks whether the program is back in the foreground."""


def is_terminal() -> bool:
    """Whether somebody may be typing."""
    try:
        return os.isatty(_STDIN)
    except OSError:
        return False


class SteeringLines:
    """Reads lines from a file descriptor to its end, and puts what they ask for into an inbox.

    It reads a terminal only while this program is in the foreground: a program that reads in the background
    is stopped (SIGTTIN), and the music with it.
    """

    def __init__(
        self,
        inbox: Mailbox[Any],
        fd: int = _STDIN,
        names: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        """Where lines are typed into the terminal that is written to, they are typed into `prompt`.

        `names` are what the Tab key knows beside the words themselves, as `completions` has them.
        """
        self._inbox, self._fd = inbox, fd
        self.prompt = (
            PromptLine(self._in_foreground, fd, lambda line: completions(line, names))
            if can_prompt(fd)
            else None
        )
        self._answered = threading.Event()
        self._never = threading.Event()
        self._is_terminal = os.isatty(fd)

    def start(self) -> None:
        """Begin to read. Call this from the main thread."""
        if self._is_terminal and hasattr(signal, "SIGTTIN"):
            # The foreground may change between the check and the read: then an error is better than a stop.
            signal.signal(signal.SIGTTIN, signal.SIG_IGN)
        if self.prompt is not None:
            self.prompt.start()
        # A daemon with `os.read`: the program's end waits neither for it nor for a lock of sys.stdin.
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def typed_here(self) -> bool:
        """Whether lines are typed into the terminal that is written to, where they end the current line."""
        return self._is_terminal and sys.stdout.isatty()

    def answered(self) -> None:
        """Take note that the last line has been answered."""
        self._answered.set()

    def _run(self) -> None:
        if self.prompt is not None:
            for line in self.prompt.lines():
                self._ask(line)
            if not self.prompt.failed:
                return
        rest = b""
        while chunk := self._read():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._ask(line)
            if len(rest) > _LONGEST_BYTES:
                rest = rest[:_LONGEST_BYTES]
        if rest:
            self._ask(rest)

    def _read(self) -> bytes:
        """What came in; b"" at the end."""
        while True:
            try:
                if not self._is_terminal:
                    return os.read(self._fd, 4096)
                if self._in_foreground():
                    if sys.platform != "win32":
                        select.select([self._fd], [], [])
                    if self._in_foreground():
                        return os.read(self._fd, 4096)
            except OSError:
                if not self._is_terminal or self._in_foreground():
                    return b""  # it is gone, or cannot be read
            self._never.wait(_LOOK_S)

    def _in_foreground(self) -> bool:
        if sys.platform == "win32":
            return True
        try:
            return os.tcgetpgrp(self._fd) == os.getpgrp()
        except OSError:
            return True  # it does not control us; what it is, reading will tell

    def _ask(self, line: bytes) -> None:
        asked = asked_of(line.decode(errors="replace"), MonotonicClock().now_ns())
        if asked is None:
            return
        self._answered.clear()
        self._inbox.put(asked)
        self._answered.wait()
        self._never.wait(_REST_S)
