"""How long notes sound, alone and against the time to the next."""

from __future__ import annotations

import numpy as np

from improv.features.counting import grams, over
from improv.features.lines import Lines
from improv.features.notes import Floats
from improv.music.note import STEPS_PER_BEAT

KINDS = {str(steps): (steps, steps) for steps in range(1, 7)} | {
    "7-8": (7, 8),
    "9-11": (9, 11),
    "12": (12, 12),
    "13-24": (13, 24),
    "over two beats": (25, 1 << 40),
}


def durations(lines: Lines) -> dict[str, Floats]:
    """The family "durations"."""
    length, ioi = lines.duration, lines.ioi
    inner = length[:, :-1]
    part = inner / ioi
    in_line = ioi <= STEPS_PER_BEAT
    gaps = ioi - inner
    log_length = np.log(length)
    short = np.minimum(length, 60)
    held = inner >= ioi
    found = lines.shares(
        {
            f"length: {name}": (length >= low) & (length <= high)
            for name, (low, high) in KINDS.items()
        }
    )
    found |= {
        "silence": over(lines.total(gaps), lines.total(ioi)),
        **lines.shares(
            {
                "gaps under a beat": (gaps >= 3) & (gaps < STEPS_PER_BEAT),
                "gaps of half a beat to a beat": (gaps >= 6) & (gaps < STEPS_PER_BEAT),
            }
        ),
        "log length, mean": lines.mean(log_length),
        "log length, deviation": lines.deviation(log_length),
        "length, entropy": lines.entropy(short),
        "pairs of lengths, entropy": lines.entropy(grams([short], 2)),
        "held to the next": lines.share(held),
        "held to the next, in lines": lines.share(held, in_line),
        "part of the step": lines.mean(part, in_line),
        "part of the step, deviation": lines.deviation(part, in_line),
        "eighths cut short": lines.share(inner <= 3, ioi == 6),
        "eighths held": lines.share(inner >= 6, ioi == 6),
        "length before a rest": lines.mean(np.minimum(inner, 96), gaps >= STEPS_PER_BEAT),
    }
    return found
