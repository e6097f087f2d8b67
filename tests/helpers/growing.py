"""The lines of a log while another process writes it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_LOOK_S = 0.02


def lines_of(path: Path, process: subprocess.Popen) -> Iterator[str]:
    """Each line as soon as it is whole; ends when the process has ended and nothing is left."""
    while not path.exists() and process.poll() is None:
        _pause(process)
    with path.open(encoding="utf-8") as stream:
        begun = ""
        while True:
            ended = process.poll() is not None
            begun += stream.readline()
            if begun.endswith("\n"):
                yield begun
                begun = ""
            elif ended:
                return
            else:
                _pause(process)


def _pause(process: subprocess.Popen) -> None:
    """Wait for its end, for a moment."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(_LOOK_S)
