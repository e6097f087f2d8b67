"""What is written while it plays: the recording and the log, told the same things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv.config import Config
from improv.session.header import header_of
from improv.session.writer import Recording, SessionLog

if TYPE_CHECKING:
    from improv.cell.load import Model
    from improv.music.take import Take
    from improv.performance.steering import Steer
    from improv.performance.takes import Lineup


class Writers:
    """The recording and the log of a session, as far as they are kept. Iterates over them."""

    def __init__(self) -> None:
        self.recording: Recording | None = None
        self._log: SessionLog | None = None

    def open(
        self, config: Config, model: Model, record: Path | None, facts: dict[str, Any]
    ) -> None:
        """`record`: where the recording is left; `facts` go into the header. Raises OutputFileError."""
        self.recording = Recording(record) if record is not None else None
        self._log = SessionLog(config.log) if config.log is not None else None
        header = header_of(config, model) | facts
        for writer in self:
            writer.start(header)

    def __iter__(self) -> Iterator[SessionLog]:
        return (writer for writer in (self.recording, self._log) if writer is not None)

    def steered(self, steer: Steer, tick: int, planned_tick: int) -> None:
        """What was changed while it plays."""
        for writer in self:
            writer.steered(steer, tick, planned_tick)

    def said(self, text: str, problem: bool) -> None:
        """What the user was told."""
        for writer in self:
            writer.said(text, problem)

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

    def ended(self, tick: int) -> None:
        """A stretch of music is over."""
        for writer in self:
            writer.ended(tick)

    def let_go(self) -> None:
        """Close them where nothing was played."""
        for writer in self:
            writer.close()

    def close(self, end_tick: int, why: str, lineup: Lineup) -> Take | None:
        """Close them; the take that was recorded, if any. Raises OutputFileError."""
        if self._log is not None:
            self._log.close(end_tick, why)
        return None if self.recording is None else self.recording.leave(end_tick, lineup, why)

    @property
    def failed(self) -> tuple[str, ...]:
        """Why they are not whole, a sentence each."""
        return tuple(writer.failed for writer in self if writer.failed)
