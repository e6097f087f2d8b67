"""What is left of a session: a log line for every message, and a take of what was heard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TextIO

from improv import files
from improv.live.ensemble import PlayedNote
from improv.live.out import Report
from improv.live.performer import Performance
from improv.live.steering import Steer
from improv.live.studio import cut, in_a_row, take_of
from improv.music.take import Take
from improv.music.tempo import TempoMap


class SessionLog:
    """One JSON line per message, written as it is sent, after one header line; a
    line with "tune" begins each tune.

    {"planned_ns", "sent_ns", "bytes", "tick", "player", "token", "note", "dropped"?}: times from the
    monotonic clock, `tick` as performed and counted from the `start_ns` of the line that began the tune,
    `token` null for what no token asked for.
    {"steer": {"player"?, "style"?, "controls"?}, "tick"}: what was changed when (live.steering); it holds
    for what was not planned up to a beat after that tick.
    Before a note that quotes somebody: {"quote": "quoting Clifford Brown, Joy Spring, 9 notes",
    "performer", "title", "notes", "place", "tick", "note"}, once a note as the quote grows.
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

    def start(self, header: dict[str, Any]) -> None:
        """Write the header line: what is played, and through what."""
        self._write(header)

    def tune(self, performance: Performance) -> None:
        """Write what is played now and when its tick 0 is."""
        self._tempo = performance.tempo
        chart, arrangement = performance.arrangement.chart, performance.arrangement
        self._write(
            {
                "tune": performance.number,
                "title": chart.title,
                "start_ns": performance.tempo.ns_at(0),
                "solo_tick": arrangement.solo_tick,
                "end_tick": arrangement.end_tick,
                "meter": str(chart.meter),
                "feel": chart.feel,
                "keys": [list(row) for row in arrangement.keys],
                "controls": asdict(performance.controls),
            }
        )

    def bar(self, bar: int) -> None:
        """Bars can be told from the ticks."""

    def heard(self, report: Report, note: PlayedNote | None) -> None:
        """Write one line, and one more before it where a quote is heard."""
        if note is not None and note.quote is not None and sounds(report):
            self._write(
                {
                    "quote": str(note.quote),
                    **asdict(note.quote),
                    "tick": note.onset_tick,
                    "note": note.note_id,
                }
            )
        line: dict[str, Any] = {
            "planned_ns": report.planned_ns,
            "sent_ns": report.sent_ns,
            "bytes": report.data.hex(" "),
            "tick": _tick_of(report, note, self._tempo),
            "player": note.player if note else None,
            "token": (note.token or None) if note else None,
            "note": report.note_id or None,
        }
        if report.dropped:
            line["dropped"] = True
        self._write(line)

    def steered(self, steer: Steer, tick: int) -> None:
        """Write what was changed while it plays."""
        self._write({"steer": steer.as_json(), "tick": tick})

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


def sounds(report: Report) -> bool:
    """Whether a note begins to sound with this message: not where it was dropped."""
    return report.data[0] & 0xF0 == 0x90 and not report.dropped


class Recording:
    """The notes that were really sounded, at the ticks they were planned for (the same bytes every time).

    A note cut short by the end of the session ends where it was silenced.
    """

    def __init__(self) -> None:
        self._performances: list[Performance] = []
        self._notes: list[list[PlayedNote]] = []
        self._open: dict[int, PlayedNote] = {}

    def tune(self, performance: Performance) -> None:
        """Begin another tune."""
        self._performances.append(performance)
        self._notes.append([])

    def bar(self, bar: int) -> None:
        """Bars can be told from the ticks."""

    def heard(self, report: Report, note: PlayedNote | None) -> None:
        """Keep a note when its off has been sent."""
        if note is None or report.dropped:
            return
        if report.data[0] & 0xF0 == 0x90:
            self._open[note.note_id] = note
        elif self._open.pop(note.note_id, None) is not None:
            end_tick = _tick_of(report, note, self._performances[-1].tempo)
            self._notes[-1].append(replace(note, end_tick=max(note.onset_tick + 1, end_tick)))

    def take(self, end_tick: int, players: Sequence[tuple[str, int, int | None]]) -> Take | None:
        """All that was heard, the last tune cut at `end_tick`; None if nothing was begun.

        `players` are (name, channel, General MIDI program) in the order of the tracks.
        """
        takes = [
            take_of(performance, notes, players)
            for performance, notes in zip(self._performances, self._notes, strict=True)
        ]
        if not takes or (end_tick <= 0 and len(takes) == 1):
            return None
        if end_tick > 0:
            takes[-1] = cut(takes[-1], end_tick)
        else:
            takes.pop()
        return in_a_row(takes)


def _tick_of(report: Report, note: PlayedNote | None, tempo: TempoMap | None) -> int:
    """The tick of a message: as planned where it was planned, else (silence) when it was sent."""
    if note is not None and tempo is not None:
        for tick in (note.onset_tick, note.end_tick):
            if tempo.ns_at(tick) == report.planned_ns:
                return tick
    return tempo.tick_at(report.planned_ns) if tempo is not None else 0
