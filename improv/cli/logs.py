"""What is logged while it plays, in the form that suits the reader of standard error.

    a terminal, a file     jazz-improv: Port 'Synth' is gone; ...       warnings and errors
    systemd's journal      <4>Port 'Synth' is gone; ...                 from "info" on; it has its own times
    --log-level info       2026-11-28 12:30:00,120 WARNING Port 'Synth' is gone; ...

Everything goes through the logger "improv" of the standard library. Levels: error, it ends; warning, somebody
may want to act; info, what happens once in a while (start, tune, port back, end); debug, the rest.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from improv.cli.help import option
from improv.printable import printable

LOG = logging.getLogger("improv")

LEVELS = ("debug", "info", "warning", "error")

_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}
"""syslog's, as sd-daemon(3) has them at the start of a line."""


log_level_option = option(
    "--log-level LEVEL",
    "Log to standard error from this level on, each line with its time. [default: warnings, without the "
    "time; in systemd's journal, info]",
    click.Choice(LEVELS),
)


def in_journal(fd: int = 2) -> bool:
    """Whether standard error goes to systemd's journal, as it says itself in $JOURNAL_STREAM."""
    try:
        found = os.fstat(fd)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def lead_in(level: int = logging.ERROR) -> str:
    """What stands before a line on standard error that comes without a time."""
    return f"<{_PRIORITIES.get(level, 6)}>" if in_journal() else "jazz-improv: "


class _OneLine(logging.Formatter):
    """A line a message: what reads logs splits them at line ends."""

    def __init__(self, dated: bool) -> None:
        super().__init__()
        self._dated = dated

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        text = printable(record.getMessage())
        if self._dated:
            return f"{self.formatTime(record)} {record.levelname} {text}"
        return f"{lead_in(record.levelno)}{text}"


class _Handler(logging.Handler):
    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line to whoever writes."""
        try:
            self._write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)  # a message that does not fit its arguments ends no music


@contextmanager
def logging_to(write: Callable[[str], None], level: str | None = None) -> Iterator[None]:
    """Have what is logged in this block written by `write`, a line at a time.

    `write` is called by whoever logs, so it must not wait. `level`: one of LEVELS, or None for the usual.
    """
    handler = _Handler(write)
    handler.setFormatter(_OneLine(dated=level is not None and not in_journal()))
    before = LOG.level, LOG.propagate
    LOG.setLevel((level or ("info" if in_journal() else "warning")).upper())
    LOG.propagate = False  # a library that sets up the root logger must not write it twice
    LOG.addHandler(handler)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(before[0])
        LOG.propagate = before[1]
