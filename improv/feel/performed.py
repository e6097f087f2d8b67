"""A written note as it is played with the band's swing, without any feel of its own."""

from __future__ import annotations

from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.swing import swing_tick


def performed(note: Note, ratio: float, bar_tick: int = 0) -> tuple[int, int]:
    """(onset_tick, end_tick) of a note swung at `ratio`, in a bar that begins at `bar_tick`.

    Never shorter than one tick.
    """
    if ratio == 1.0:
        return note.onset_tick, max(note.end_tick, note.onset_tick + 1)
    onset_tick = bar_tick + swing_tick(note.onset_tick - bar_tick, ratio)
    end_tick = note.end_tick - bar_tick
    # A note that fills an eighth up to the swung off-beat ends there too, whatever its articulation.
    grid_tick = TICKS_PER_BEAT // 2
    off_beat = -(-end_tick // grid_tick) * grid_tick
    if off_beat - end_tick < grid_tick // 4:
        end_tick += swing_tick(off_beat, ratio) - off_beat
    return onset_tick, max(bar_tick + end_tick, onset_tick + 1)
