"""Tables of leanings, and a line that something is asked about."""

from __future__ import annotations

import numpy as np

from improv.soloist.leaning import CANDIDATES, Table, key_of
from improv.soloist.situation import Follower


def table(part: int, rows: dict[tuple[int, ...], dict[int, int]]) -> Table:
    """In units of UNIT_NATS, by context and candidate."""
    values = np.zeros((len(rows), CANDIDATES[part]), np.int8)
    for row, added in zip(values, rows.values(), strict=True):
        row[list(added)] = list(added.values())
    return np.array([key_of(context) for context in rows], np.int64), values


def followed(notes: list[tuple[int, int, int]], tempo_bpm: float = 200.0) -> Follower:
    """A line of (pitch, wait, length)."""
    follower = Follower(tempo_bpm)
    for pitch, wait, length in notes:
        follower.say_pitch(pitch)
        follower.end(wait, length)
    return follower
