"""How much a line repeats itself, and whether it is stuck on a note or two.

    pitches, onsets ──> self_repeats, stuck: how many windows do, and how many there are

People repeat themselves too (riffs, motifs, the same lick in the next chorus), so neither is a fault by
itself: what they do is the goal. A cell that hears itself may do it without end.

A long solo has more in it to repeat than a short one. So self-repeats are looked for in *stretches*: every
STRETCH_NOTES successive notes, what is left over not used, and nothing before a stretch counts. A human
solo of 480 notes and three generated choruses of a blues are then asked the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

STRETCH_NOTES = 128
"""About twenty bars. One chorus of 32 bars has so many, two of a blues; 256, what would show a lick of the
last chorus, few generated solos of a search have."""
REPEATED_NOTES = 8
"""Of the windows that are looked for, as for copies: seven intervals and seven times between onsets."""
STUCK_NOTES = 12
STUCK_PITCHES = 2


def self_repeats(pitch: Integers, onset: Integers) -> tuple[int, int]:
    """(windows of 8 notes that stood before in their stretch, in some key; windows in stretches).

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
    """(windows of 12 successive notes with two different pitches or one, all windows of 12)."""
    if len(pitch) < STUCK_NOTES:
        return 0, 0
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(pitch, STUCK_NOTES), axis=1)
    different = 1 + (np.diff(windows, axis=1) != 0).sum(axis=1)
    return int((different <= STUCK_PITCHES).sum()), len(windows)
