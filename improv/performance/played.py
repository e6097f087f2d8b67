"""A note as it is performed: what the ensemble gives, the scheduler sends and a log holds."""

from __future__ import annotations

from dataclasses import dataclass

from improv.music.note import Note
from improv.originality.quote import Quote

SOLO = "solo"


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """A note as it is performed. `token` is what the soloist's cell said; `written` the note before swing;
    `quote` what the line quotes with it."""

    note_id: int
    onset_tick: int
    end_tick: int
    pitch: int
    velocity: int
    channel: int
    player: str
    token: str = ""
    written: Note | None = None
    quote: Quote | None = None
