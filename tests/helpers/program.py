"""jazz-improv in a process of its own, whose lines can be waited for."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
import time
from typing import Any


class Program:
    """All that it has said is in `said`, line by line, as far as somebody waited for it."""

    def __init__(self, *arguments: str, **how: Any) -> None:
        """`how` is for the process, as `subprocess.Popen` has it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "improv", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how,
        )  # fmt: skip
        self.said: list[str] = []
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(
            target=lambda: [*map(self._lines.put, self.process.stdout)], daemon=True
        )
        self._reader.start()

    def until(self, *texts: str, timeout_s: float = 40.0) -> str:
        """Wait for a line with each of `texts`, in any order; the last of them."""
        until_s, missing = time.monotonic() + timeout_s, set(texts)
        while missing:
            try:
                self.said.append(self._lines.get(timeout=max(0.0, until_s - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"{missing} was not said: {''.join(self.said)}") from None
            missing = {text for text in missing if text not in self.said[-1]}
        return self.said[-1]

    def type(self, line: str) -> None:
        """Say a line to it, where it has a pipe as `stdin`."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def child(self, module: str) -> int:
        """The process id of its own process that runs `module`; of several the last."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid), "-f", module],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return int(found.stdout.split()[-1])

    def end(self, name: str = "") -> int:
        """End it with the signal of this name, or wait for its end; its status."""
        if name:
            self.process.send_signal(getattr(signal, name))
        status = self.process.wait(60)
        self._reader.join(10)
        while not self._lines.empty():
            self.said.append(self._lines.get())
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return status

    def kill(self) -> None:
        """End it if a test has failed."""
        self.process.kill()
        self.end()
