"""What the page's process keeps of what it told, so that it can be taken home as a file.

tune, tempo, notes, withdraw, welcome  ──Kept.take──>  Stretches  ──documents.file_of──>  MIDI, MusicXML, WAV
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from improv.page.protocol import Message

_MOST_NOTES = 300_000
"""Of a session that lasts days the last ten hours or so are kept."""


@dataclass
class Stretch:
    """A tune, or a part of one that was played in one go."""

    tune: Message
    tempos: dict[int, float] = field(default_factory=dict)
    """Tick -> quarter notes a minute from there on."""
    map: list[list[float]] = field(default_factory=list)
    """The last rows of [tick, ms, bpm]."""
    notes: dict[int, list[Any]] = field(default_factory=dict)

    def tick_at(self, ms: float) -> int:
        """How far it had come by then."""
        if not self.map:
            return int(self.tune["start_tick"])
        row = next((row for row in reversed(self.map) if row[1] <= ms), self.map[0])
        return int(row[0] + (ms - row[1]) * row[2] * 480 / 60_000)


class Kept:
    """The stretches of a session so far, and who plays."""

    def __init__(self) -> None:
        self.musicians: list[dict[str, Any]] = []
        self.stretches: list[Stretch] = []

    def take(self, message: Message) -> None:
        """Keep what a message says."""
        kind = message["type"]
        if kind == "welcome":
            self.musicians = message.get("musicians", [])
        elif kind == "tune":
            self.stretches.append(Stretch(message))
        elif not self.stretches:
            return
        elif kind == "tempo":
            last = self.stretches[-1]
            from_tick = message["map"][0][0]
            last.tempos = {tick: bpm for tick, bpm in last.tempos.items() if tick < from_tick}
            last.tempos |= {tick: bpm for tick, _, bpm in message["map"]}
            last.map = message["map"]
        elif kind == "notes":
            self.stretches[-1].notes.update((note[0], note) for note in message["notes"])
            self._forget()
        elif kind == "withdraw":
            for note_id in message["ids"]:
                self.stretches[-1].notes.pop(note_id, None)

    def _forget(self) -> None:
        while sum(len(each.notes) for each in self.stretches) > _MOST_NOTES:
            if len(self.stretches) > 1:
                del self.stretches[0]
            else:
                notes = self.stretches[0].notes
                for note_id in list(notes)[: len(notes) // 4]:
                    del notes[note_id]

    def until(self, ms: float) -> Heard:
        """What had been heard by then."""
        found = []
        for stretch, after in zip(self.stretches, [*self.stretches[1:], None], strict=False):
            end_ms = min(ms, after.map[0][1]) if after is not None and after.map else ms
            notes = [note for note in stretch.notes.values() if note[1] < end_ms]
            start_tick = stretch.tune["start_tick"]
            reached_tick = max(0, stretch.tick_at(end_ms))
            found.append(
                Played(stretch.tune, dict(stretch.tempos), start_tick, reached_tick, notes)
            )
        return Heard(list(self.musicians), found)


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
