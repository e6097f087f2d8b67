"""What the page's process keeps of what it told, so that it can be taken home as a file.

tune, tempo, notes, withdraw, welcome  ──Kept.take──>  lines of a file  ──Kept.until──>  Heard
Heard  ──documents.file_of──>  MIDI, MusicXML, WAV

It lies in a file, so that a process that serves for days does not grow, and one that takes over has it all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from improv.page.protocol import Message

_MOST_BYTES = 64_000_000
"""Of a session that lasts days the last ten hours or so are kept, then half of them."""
_KINDS = ("welcome", "tune", "tempo", "notes", "withdraw", "setlist")


@dataclass
class Stretch:
    """A tune, or a part of one that was played in one go."""

    tune: Message
    tempos: dict[int, float] = field(default_factory=dict)
    """Tick -> quarter notes a minute from there on."""
    map: list[list[float]] = field(default_factory=list)
    """The last rows of [tick, ms, bpm]."""
    notes: dict[int, list[Any]] = field(default_factory=dict)

    def take(self, message: Message) -> None:
        """What was told while it was played."""
        kind = message["type"]
        if kind == "tempo":
            from_tick = message["map"][0][0]
            self.tempos = {tick: bpm for tick, bpm in self.tempos.items() if tick < from_tick}
            self.tempos |= {tick: bpm for tick, _, bpm in message["map"]}
            self.map = message["map"]
        elif kind == "notes":
            self.notes.update((note[0], note) for note in message["notes"])
        elif kind == "withdraw":
            for note_id in message["ids"]:
                self.notes.pop(note_id, None)

    def tick_at(self, ms: float) -> int:
        """How far it had come by then."""
        if not self.map:
            return int(self.tune["start_tick"])
        row = next((row for row in reversed(self.map) if row[1] <= ms), self.map[0])
        return int(row[0] + (ms - row[1]) * row[2] * 480 / 60_000)


def _line(message: Message) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


class Kept:
    """A session so far, in a file that this process may have from one before it."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where the file cannot be opened."""
        self._path = path
        self._write(b"\n")  # a process that was killed may have left half a line
        self._last = {message["type"]: _line(message) for message in self._messages()}

    @property
    def setlist(self) -> Message | None:
        """The set list, where there was one."""
        line = self._last.get("setlist")
        return None if line is None else json.loads(line)

    def take(self, message: Message) -> None:
        """Keep what a message says."""
        kind, line = message["type"], _line(message)
        if kind not in _KINDS or (kind == "tune" and line == self._last.get(kind)):
            return  # whoever takes over is told once more which tune it is
        self._last[kind] = line
        if self._write(line) > _MOST_BYTES:
            self._halve()

    def _write(self, line: bytes) -> int:
        """Append it; how long the file is then."""
        with open(self._path, "ab") as file:
            file.write(line)
            return file.tell()

    def _messages(self) -> Iterator[Message]:
        with open(self._path, "rb") as lines:
            for line in lines:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue  # it is being written, or never was to its end

    def _halve(self) -> None:
        """Forget the older half, but what of it still holds."""
        lines = self._path.read_bytes().splitlines(keepends=True)
        older, newer = lines[: len(lines) // 2], lines[len(lines) // 2 :]
        holds = {}
        for line in filter(None, map(bytes.strip, older)):
            kind = json.loads(line)["type"]
            if kind not in ("notes", "withdraw"):
                holds[kind] = line + b"\n"
        text = b"".join(holds[kind] for kind in _KINDS if kind in holds)
        fresh = self._path.with_name(f"{self._path.name}.new")
        fresh.write_bytes(text + b"".join(newer))
        os.replace(fresh, self._path)

    def until(self, ms: float) -> Heard:
        """What had been heard by then."""
        musicians: list[dict[str, Any]] = []
        stretches: list[Stretch] = []
        for message in self._messages():
            kind = message["type"]
            if kind == "welcome":
                musicians = message.get("musicians", [])
            elif kind == "tune":
                stretches.append(Stretch(message))
            elif stretches:
                stretches[-1].take(message)
        found = []
        for stretch, after in zip(stretches, [*stretches[1:], None], strict=False):
            end_ms = min(ms, after.map[0][1]) if after is not None and after.map else ms
            notes = [note for note in stretch.notes.values() if note[1] < end_ms]
            start_tick = stretch.tune["start_tick"]
            reached_tick = max(0, stretch.tick_at(end_ms))
            found.append(Played(stretch.tune, stretch.tempos, start_tick, reached_tick, notes))
        return Heard(musicians, found)


@dataclass(frozen=True)
class Played:
    """What of a stretch had begun: from `start_tick` to where it had come."""

    tune: Message
    tempos: dict[int, float]
    start_tick: int
    reached_tick: int
    notes: list[list[Any]]


@dataclass(frozen=True)
class Heard:
    """Who plays, and the stretches so far."""

    musicians: list[dict[str, Any]]
    stretches: list[Played]
