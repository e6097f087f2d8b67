"""How much a line repeats itself, and whether it is stuck on a note or two.

    pitches, onsets ──> self_repeats, stuck: how many windows are, and how many windows there are

People repeat themselves too (riffs, motifs, the same lick in the next chorus), so neither is a fault in
itself: the goal is what people do. A cell that hears itself may repeat itself endlessly.

A long solo contains more to repeat than a short one. So self-repeats are counted in *stretches*: every
STRETCH_NOTES successive notes, without the remainder, and nothing before a stretch counts. A human
solo of 480 notes and three generated choruses of a blues are then measured alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from improv.features.repetition import on_two_pitches

Integers = NDArray[np.int64]

STRETCH_NOTES = 128
"""About twenty bars: one chorus of 32 bars has as many, or two of a blues. 256, which would show a lick of
the last chorus, is more than most generated solos of a search have."""
REPEATED_NOTES = 8
"""The length of the windows, as for copies: seven intervals and seven times between onsets."""
STUCK_NOTES = 12


def self_repeats(pitch: Integers, onset: Integers) -> tuple[int, int]:
    """(windows of 8 notes that came before in their stretch, in some key; windows in stretches).

    `pitch` and `onset` (in steps) are (notes,). A window and its repeat may share notes: eleven equal notes
    are one window and three repeats of it.
    """
    repeats = windows = 0
    for first in range(0, len(pitch) - STRETCH_NOTES + 1, STRETCH_NOTES):
        here = slice(first, first + STRETCH_NOTES)
        moves = list(zip(np.diff(pitch[here]).tolist(), np.diff(onset[here]).tolist(), strict=True))
        length = REPEATED_NOTES - 1
        found = [tuple(moves[at : at + length]) for at in range(len(moves) - length + 1)]
        windows += len(found)
        repeats += len(found) - len(set(found))
    return repeats, windows


def stuck(pitch: Integers) -> tuple[int, int]:
    """(windows of 12 successive notes with one or two different pitches, all windows of 12)."""
    windows = on_two_pitches(pitch, STUCK_NOTES)
    return int(windows.sum()), len(windows)
