"""How long notes sound, alone and against the time to the next."""

from __future__ import annotations

import numpy as np

from improv.features.counting import NOTHING, deviation, entropy, grams, mean, share
from improv.features.notes import Notes
from improv.music.note import STEPS_PER_BEAT

KINDS = {
    "1": (1, 1),
    "2": (2, 2),
    "3": (3, 3),
    "4": (4, 4),
    "5": (5, 5),
    "6": (6, 6),
    "7-8": (7, 8),
    "9-11": (9, 11),
    "12": (12, 12),
    "13-24": (13, 24),
    "over two beats": (25, 1 << 40),
}


def durations(notes: Notes) -> dict[str, float]:
    """The family "durations"."""
    length, ioi = notes.duration, notes.ioi
    found = {
        f"length: {name}": share((length >= low) & (length <= high))
        for name, (low, high) in KINDS.items()
    }
    inner = length[:-1]
    part = inner / np.maximum(ioi, 1)
    before_rest = inner[ioi - inner >= STEPS_PER_BEAT]
    in_line = ioi <= STEPS_PER_BEAT
    gaps = ioi - inner
    span = float(ioi.sum()) or NOTHING
    found |= {
        "silence": float(gaps.sum()) / span,
        "gaps under a beat": share((gaps >= 3) & (gaps < STEPS_PER_BEAT)),
        "gaps of half a beat to a beat": share((gaps >= 6) & (gaps < STEPS_PER_BEAT)),
        "log length, mean": mean(np.log(np.maximum(length, 1))),
        "log length, deviation": deviation(np.log(np.maximum(length, 1))),
        "length, entropy": entropy(np.minimum(length, 60)),
        "pairs of lengths, entropy": entropy(grams([np.minimum(length, 60)], 2)),
        "held to the next": share(inner >= ioi),
        "held to the next, in lines": share((inner >= ioi)[in_line]),
        "part of the step": mean(part[in_line]),
        "part of the step, deviation": deviation(part[in_line]),
        "eighths cut short": share((inner <= 3)[ioi == 6]),
        "eighths held": share((inner >= 6)[ioi == 6]),
        "length before a rest": mean(np.minimum(before_rest, 96)),
    }
    return found
