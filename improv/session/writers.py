"""What is written while it plays: the recording and the log, told the same things.

Input -> output:  Config, what happens while it plays  ->  FILE.mid, FILE.jsonl, lines for the user
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from improv import files
from improv.config import Config
from improv.errors import OutputFileError
from improv.midi.ports import PortInfo
from improv.session.header import header_of
from improv.session.recovery import recover_sessions
from improv.session.writer import Recording, SessionLog

if TYPE_CHECKING:
    from improv.cell.load import Model
    from improv.music.take import Take
    from improv.performance.takes import Lineup


SESSION_FILE = Path("session.mid")
"""The recording that is left where there is no MIDI port and none was asked for."""


class Writers:
    """The recording and the log of a session, as far as they are kept. Iterates over them."""

    def __init__(self) -> None:
        self.record: Path | None = None
        """Where the recording is left; None: there is none."""
        self.remark = ""
        self._recording: Recording | None = None
        self._log: SessionLog | None = None

    def open(self, config: Config, model: Model, port: PortInfo, realtime: bool) -> tuple[str, ...]:
        """Recover what a session before has left, and begin to write; what the user is to know, a line each.

        `port` and `realtime` (whether the sender has that priority) are noted down. Raises OutputFileError.
        """
        self.record, why_none = _recording_path(config, port)
        said = [*recover_sessions(self.record), why_none]
        if self.record is not None:
            self._recording = Recording(self.record)
            self.record = self._recording.target
        self._log = SessionLog(config.log) if config.log is not None else None
        said += [writer.warning for writer in self]
        header = header_of(config, model) | {"port": port.name, "realtime": realtime}
        for writer in self:
            writer.start(header)
        return tuple(filter(None, said))

    def __iter__(self) -> Iterator[SessionLog]:
        return (writer for writer in (self._recording, self._log) if writer is not None)

    def tell(self, what: Callable[[SessionLog], None]) -> None:
        """Have each told what has happened."""
        for writer in self:
            what(writer)

    def let_go(self) -> None:
        """Close them where nothing was played."""
        for writer in self:
            writer.close()

    def close(self, end_tick: int, why: str, lineup: Lineup) -> Take | None:
        """Close them; the take that was recorded, if any. Raises OutputFileError.

        `record` is where it is then, and `remark` says so if that is not where it was to be.
        """
        if self._log is not None:
            self._log.close(end_tick, why)
        if self._recording is None:
            return None
        take = self._recording.leave(end_tick, lineup, why)
        self.record, self.remark = self._recording.target, self._recording.warning
        return take

    @property
    def failed(self) -> tuple[str, ...]:
        """Why they are not whole, a sentence each."""
        return tuple(writer.failed for writer in self if writer.failed)


def _recording_path(config: Config, port: PortInfo) -> tuple[Path | None, str]:
    """Where the recording is left; None, and why, where there is none although one should be."""
    if config.record is not None or port.backend != "none":
        return config.record, ""
    try:
        files.check_writable(SESSION_FILE)
    except OutputFileError as error:
        return None, f"No recording is left: {error}"
    return SESSION_FILE, ""
