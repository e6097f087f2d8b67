"""Notes over their chords: tones and tensions, where, how long, and how what is outside goes on."""

from __future__ import annotations

import numpy as np

from improv.features.counting import NOTHING, entropy, share
from improv.features.notes import AVOID, NO_CHORD, OUTSIDE, TONE, Notes
from improv.features.phrases import heads
from improv.music.note import STEPS_PER_BEAT

_DEGREES = ("R", "b9", "9", "b3", "3", "11", "#11", "5", "b13", "13", "b7", "7")


def harmony(notes: Notes) -> dict[str, float]:
    """The family "harmony"."""
    known = notes.role != NO_CHORD
    if not known.any():
        return {}
    role, degree, pitch = notes.role, notes.degree, notes.pitch
    wait = np.append(notes.ioi, STEPS_PER_BEAT)
    on_beat = notes.onset % STEPS_PER_BEAT == 0
    strong = on_beat & (notes.onset % (2 * STEPS_PER_BEAT) == 0)
    long = wait >= STEPS_PER_BEAT
    off = (role == OUTSIDE) | (role == AVOID)
    first = heads(notes)
    last = np.append(first[1:], len(notes)) - 1
    by_step = np.append(np.abs(notes.interval) <= 2, False)
    by_step[last] = False
    inner = np.ones(len(notes), bool)
    inner[last] = False

    def of(which: np.ndarray, where: np.ndarray) -> float:
        return share(which[where & known])

    whole = np.ones(len(notes), bool)
    ends, begins = np.zeros(len(notes), bool), np.zeros(len(notes), bool)
    ends[last], begins[first] = True, True
    found = {f"degrees: {name}": of(degree == at, whole) for at, name in enumerate(_DEGREES)}
    found |= {
        "chord tones": of(role == TONE, whole),
        "scale tones": of(role != OUTSIDE, whole),
        "avoided": of(role == AVOID, whole),
        "chord tones on the beat": of(role == TONE, on_beat),
        "chord tones off the beat": of(role == TONE, ~on_beat),
        "chord tones on 1 and 3": of(role == TONE, strong),
        "off the chord, on 1 and 3": of(off, strong),
        "off the chord, long": of(off, long),
        "off the chord, long, on 1 and 3": of(off, long & strong),
        "off the chord, long, elsewhere": of(off, long & ~strong),
        "outside, long": of(role == OUTSIDE, long),
        "outside goes on by step": of(by_step, inner & (role == OUTSIDE)),
        "avoided goes on by step": of(by_step, inner & (role == AVOID)),
        "phrases end on chord tones": of(role == TONE, ends),
        "phrases begin on chord tones": of(role == TONE, begins),
        "phrases end on the root": of(degree == 0, ends),
        "degrees, entropy": entropy(degree[known]),
        "outside twice running": share((role[1:] == OUTSIDE) & (role[:-1] == OUTSIDE))
        if len(pitch) > 1
        else NOTHING,
    }
    return found
