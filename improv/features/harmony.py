"""Notes over their chords: tones and tensions, where, how long, and how what is outside goes on."""

from __future__ import annotations

import numpy as np

from improv.features.lines import Lines
from improv.features.notes import AVOID, NO_CHORD, OUTSIDE, TONE, Floats
from improv.music.note import STEPS_PER_BEAT

_DEGREES = ("R", "b9", "9", "b3", "3", "11", "#11", "5", "b13", "13", "b7", "7")


def harmony(lines: Lines) -> dict[str, Floats]:
    """The family "harmony"."""
    known = lines.there(lines.role, lines.role != NO_CHORD)
    role, degree = lines.role, lines.degree
    on_beat = lines.onset % STEPS_PER_BEAT == 0
    strong = on_beat & (lines.onset % (2 * STEPS_PER_BEAT) == 0)
    off = (role == OUTSIDE) | (role == AVOID)
    begins = lines.heads()
    ends = np.zeros_like(begins)  # the last note of each phrase
    ends[:, :-1] = begins[:, 1:]
    rows = np.arange(len(ends))[lines.counts > 0]
    ends[rows, lines.counts[rows] - 1] = True
    by_step = np.zeros_like(begins)
    by_step[:, :-1] = np.abs(lines.interval) <= 2
    long = np.zeros_like(begins)
    long[:, :-1] = lines.ioi >= STEPS_PER_BEAT
    long[rows, lines.counts[rows] - 1] = True

    def of(which: np.ndarray, where: np.ndarray) -> Floats:
        return lines.share(which, where & known)

    outside = role == OUTSIDE
    found = lines.shares(
        {f"degrees: {name}": degree == at for at, name in enumerate(_DEGREES)}, known
    )
    found |= lines.shares(
        {"chord tones": role == TONE, "scale tones": ~outside, "avoided": role == AVOID}, known
    )
    found |= {
        "chord tones on the beat": of(role == TONE, on_beat),
        "chord tones off the beat": of(role == TONE, ~on_beat),
        "chord tones on 1 and 3": of(role == TONE, strong),
        "off the chord, on 1 and 3": of(off, strong),
        "off the chord, long": of(off, long),
        "off the chord, long, on 1 and 3": of(off, long & strong),
        "off the chord, long, elsewhere": of(off, long & ~strong),
        "outside, long": of(outside, long),
        "outside goes on by step": of(by_step, ~ends & outside),
        "avoided goes on by step": of(by_step, ~ends & (role == AVOID)),
        "phrases end on chord tones": of(role == TONE, ends),
        "phrases begin on chord tones": of(role == TONE, begins),
        "phrases end on the root": of(degree == 0, ends),
        "degrees, entropy": lines.entropy(degree, known),
        "outside twice running": lines.share(
            outside[:, 1:] & outside[:, :-1],
            np.repeat(np.asarray(known.any(1))[:, None], lines.width - 1, 1),
        ),
    }
    return found
