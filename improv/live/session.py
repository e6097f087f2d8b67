"""What is left of a session: a log line for every message, and a MIDI file of what was heard."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from improv import files
from improv.live.out import Report
from improv.live.performer import PlannedNote
from improv.music.note import Note
from improv.music.tempo import TempoMap


class SessionLog:
    """One JSON line per message, written as it is sent, after one header line.

    {"planned_ns", "sent_ns", "bytes", "tick", "token", "note", "dropped"?}: times from the monotonic
    clock (the header's `start_ns` is that of tick 0), `tick` as performed, `token` null for what no token
    asked for.
    A disk that fills up ends the log, not the music: `failed` then says so.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.failed = path, ""
        try:
            self._stream: TextIO | None = path.open(
                "w", encoding="utf-8", errors="backslashreplace", buffering=1
            )
        except OSError as error:
            raise files.explain(path, error) from error
        self._tempo: TempoMap | None = None

    def start(self, header: dict[str, Any], tempo: TempoMap) -> None:
        """Write the header line: what is played, through what, and when tick 0 is."""
        self._tempo = tempo
        self._write(header)

    def bar(self, bar: int) -> None:
        """Bars can be told from the ticks."""

    def heard(self, report: Report, note: PlannedNote | None) -> None:
        """Write one line."""
        line: dict[str, Any] = {
            "planned_ns": report.planned_ns,
            "sent_ns": report.sent_ns,
            "bytes": report.data.hex(" "),
            "tick": _tick_of(report, note, self._tempo),
            "token": note.token if note else None,
            "note": report.note_id or None,
        }
        if report.dropped:
            line["dropped"] = True
        self._write(line)

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            try:
                self._stream.close()
            except OSError as error:
                self._fail(error)
            self._stream = None

    def _write(self, line: dict[str, Any]) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self.failed = f"The log {str(self.path)!r} ends early: {error.strerror}."
        stream, self._stream = self._stream, None
        try:
            if stream is not None:
                stream.close()
        except OSError:
            pass  # said already


@dataclass
class Recording:
    """The notes that were really sounded, at the ticks they were planned for (the same bytes every time).

    A note cut short by the end of the session ends where it was silenced.
    """

    tempo: TempoMap
    notes: list[Note] = field(default_factory=list)
    _open: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    def bar(self, bar: int) -> None:
        """Bars can be told from the ticks."""

    def heard(self, report: Report, note: PlannedNote | None) -> None:
        """Keep a note when its off has been sent."""
        if note is None or report.dropped:
            return
        if report.data[0] & 0xF0 == 0x90:
            self._open[report.note_id] = (note.onset_tick, note.pitch, note.velocity)
        elif report.note_id in self._open:
            onset_tick, pitch, velocity = self._open.pop(report.note_id)
            duration_tick = max(1, _tick_of(report, note, self.tempo) - onset_tick)
            self.notes.append(Note(onset_tick, duration_tick, pitch, velocity))

    def sorted_notes(self) -> list[Note]:
        """The notes by onset."""
        return sorted(self.notes, key=lambda note: (note.onset_tick, note.pitch))


def _tick_of(report: Report, note: PlannedNote | None, tempo: TempoMap | None) -> int:
    """The tick of a message: as planned where it was planned, else (silence) when it was sent."""
    if note is not None and tempo is not None:
        for tick in (note.onset_tick, note.end_tick):
            if tempo.ns_at(tick) == report.planned_ns:
                return tick
    return tempo.tick_at(report.planned_ns) if tempo is not None else 0
