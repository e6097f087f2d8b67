"""The performer's end of the sender process: start it, hand it messages, hear what it sent.

Input -> output:  plan(note_id, deadline_ns, bytes)  ->  Report objects in the performer's inbox
Called by:        live.daemon (start, stop), live.performer (plan)
Thread:           one reader that only parses a line and puts it into the inbox
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from improv import errors
from improv.errors import ImprovError, PortError, SenderError
from improv.live.clock import Clock
from improv.live.ports import PortInfo, PortRequest

OPEN_TIMEOUT_NS = 10_000_000_000
QUIT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Report:
    """One message the sender dealt with, and when it really did. `dropped`: a note-on that came too late."""

    note_id: int
    planned_ns: int
    sent_ns: int
    data: bytes
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """The sender process has ended."""


Inbox = queue.SimpleQueue  # of Report | Gone | whatever else the performer is to hear


class Output(Protocol):
    """Where planned messages go. The real one is a process; tests have `live.fakes.LocalSender`."""

    def opened(self, clock: Clock) -> tuple[PortInfo, bool]:
        """Wait until the port is open: what it is, and whether real-time priority was granted."""

    def plan(self, note_id: int, deadline_ns: int, data: bytes) -> None:
        """Have `data` sent at `deadline_ns`; the note's on and off share `note_id` (0: not a note)."""

    def flush(self) -> None:
        """Hand over what was planned since the last flush, at once."""

    def withdraw(self, from_ns: int) -> None:
        """Take back what is planned for `from_ns` or later and not yet sent."""

    def quit(self) -> dict[str, int]:
        """Silence every note, close the port, end; the remaining reports are in the inbox then."""


class SenderProcess:
    """Starts the sender and speaks with it."""

    def __init__(self, request: PortRequest, inbox: Inbox[Any]) -> None:
        self._inbox = inbox
        self._greetings: Inbox[Any] = queue.SimpleQueue()
        self._unsent: list[str] = []
        self._closed = False
        self._last_words = tempfile.TemporaryFile()  # its stderr: C libraries' chatter, a traceback
        self._counters: dict[str, int] = {}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "improv.live.sender"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._last_words,
                # Python looks for modules in the working folder first: there stands this package, and
                # no `queue.py` of the user's.
                cwd=Path(__file__).resolve().parents[2],
                start_new_session=True,  # Ctrl-C in the terminal is for the performer alone
            )
        except OSError as error:
            raise SenderError(f"The sender process cannot be started: {error}.") from error
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._write(["open", request.name, request.backend])
        self.flush()

    @property
    def pid(self) -> int:
        """Process id of the sender."""
        return self._process.pid

    def opened(self, clock: Clock) -> tuple[PortInfo, bool]:
        """Wait until the port is open: what it is, and whether real-time priority was granted.

        Raises what opening raised: PortError, MissingError; SenderError if the process died.
        """
        answer = clock.wait(self._greetings, clock.now_ns() + OPEN_TIMEOUT_NS)
        if answer is None:
            self.kill()
            raise PortError("The MIDI system does not answer: the port was not open after 10 s.")
        if isinstance(answer, Gone):
            raise self.death()
        if answer[0] == "error":
            kind = getattr(errors, answer[1], ImprovError)
            raise kind(answer[2])
        realtime = answer[1].pop("realtime")
        return PortInfo(**answer[1]), realtime

    def plan(self, note_id: int, deadline_ns: int, data: bytes) -> None:
        """Have `data` sent at `deadline_ns`. Handed over at the next `flush`."""
        self._write(["plan", note_id, deadline_ns, data.hex()])

    def withdraw(self, from_ns: int) -> None:
        """Take back what is planned for `from_ns` or later and not yet sent."""
        self._write(["withdraw", from_ns])
        self.flush()

    def flush(self) -> None:
        """Hand over what was planned since the last flush. Raises SenderError if the sender is gone."""
        text, self._unsent = "".join(self._unsent), []
        stdin = self._process.stdin
        if not text or stdin is None:
            return
        try:
            stdin.write(text.encode())
            stdin.flush()
        except (OSError, ValueError) as error:
            raise self.death() from error

    def quit(self) -> dict[str, int]:
        """Silence every note, close the port, end the process. Safe to call twice, and when it is dead."""
        if not self._closed:
            self._closed = True
            try:
                self._write(["quit"])
                self.flush()
            except SenderError:
                pass
            try:
                self._process.wait(QUIT_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.kill()
            self._reader.join(QUIT_TIMEOUT_S)
            for stream in (self._process.stdin, self._process.stdout, self._last_words):
                if stream is not None:
                    try:
                        stream.close()
                    except OSError:
                        pass  # what could not be handed over to a dead sender
        return self._counters

    def kill(self) -> None:
        """End the process at once; only for one that does not answer."""
        self._process.kill()
        self._process.wait()

    def death(self) -> SenderError:
        """The error that says how the sender ended, with the last line it wrote."""
        status = self._process.wait(QUIT_TIMEOUT_S)
        self._last_words.seek(0)
        lines = self._last_words.read().decode(errors="replace").strip().splitlines()
        said = f": {lines[-1]}" if lines else ""
        return SenderError(f"The sender process ended by itself (status {status}){said}.")

    def _write(self, command: list[Any]) -> None:
        self._unsent.append(json.dumps(command, separators=(",", ":")) + "\n")

    def _read(self) -> None:
        stdout = self._process.stdout
        for line in stdout or ():
            kind, *values = json.loads(line)
            if kind in ("sent", "late"):
                note_id, planned_ns, sent_ns, data = values
                report = Report(note_id, planned_ns, sent_ns, bytes.fromhex(data), kind == "late")
                self._inbox.put(report)
            elif kind == "bye":
                self._counters = values[0]
            else:
                self._greetings.put([kind, *values])
        self._greetings.put(Gone())
        self._inbox.put(Gone())
