"""A note as it is performed: what the ensemble gives, the scheduler sends and a log holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from improv.music.note import Note
from improv.originality.quote import Quote

if TYPE_CHECKING:  # it brings NumPy
    from improv.soloist.phrase_plan import PhrasePlan


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """A note as it is performed. `player` says who plays it: a soloist, an instrument or "count-in", by name.
    Of a soloist's note `token` is what the cell said, `written` the note before swing, `quote` what the line
    quotes with it, `plan` that of the phrase that begins with it; the band's have none."""

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
    plan: PhrasePlan | None = None

    @property
    def is_solo(self) -> bool:
        """Whether a soloist plays it."""
        return self.written is not None
