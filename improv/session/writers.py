"""What is written while it plays: the recording and the log, told the same things.

Input -> output:  Config, what happens while it plays  ->  FILE.mid, FILE.jsonl, lines for the user
"""

from __future__ import annotations

from collections.abc import Iterator
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
    from improv.partner.heard import HeardNote
    from improv.performance.steering import Steer
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

    def steered(self, steer: Steer, tick: int, planned_tick: int) -> None:
        """What was changed while it plays."""
        for writer in self:
            writer.steered(steer, tick, planned_tick)

    def partner(self, note: HeardNote, planned_tick: int, open_tick: int) -> None:
        """What the partner has played."""
        for writer in self:
            writer.partner(note, planned_tick, open_tick)

    def said(self, text: str, problem: bool) -> None:
        """What the user was told."""
        for writer in self:
            writer.said(text, problem)

    def switched(self, what: str, tick: int) -> None:
        """Something else is played, because somebody chose it."""
        for writer in self:
            writer.switched(what, tick)

    def clock(self, what: str, tick: int) -> None:
        """What the clock that is followed did."""
        for writer in self:
            writer.clock(what, tick)

    def port(self, role: str, name: str, there: bool) -> None:
        """A port has gone, or is there again."""
        for writer in self:
            writer.port(role, name, there)

    def reloaded(self, config: Config, model: Model) -> None:
        """What is played from the next stretch on."""
        for writer in self:
            writer.reloaded(config, model)

    def tune_changed(self, config: Config, number: int) -> None:
        """The same where only this tune and the seed have changed."""
        for writer in self:
            writer.tune_changed(config, number)

    def ended(self, tick: int) -> None:
        """A stretch of music is over."""
        for writer in self:
            writer.ended(tick)

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
