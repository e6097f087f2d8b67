"""Phrases: notes between silences of a beat and more; how long, how many, where they begin and end.

Shorter silences are a matter of how long notes are held: they are of the family "durations".
"""

from __future__ import annotations

import numpy as np

from improv.features.counting import NOTHING, deviation, largest, mean, median, share
from improv.features.notes import Integers, Notes
from improv.music.note import STEPS_PER_BEAT

REST_STEPS = STEPS_PER_BEAT
"""The silence that ends a phrase (docs/musical-measures.md says why)."""


def heads(notes: Notes) -> Integers:
    """The first note of each phrase, by its number."""
    if not len(notes):
        return np.zeros(0, np.int64)
    return np.append(0, 1 + np.flatnonzero(notes.onset[1:] - notes.end[:-1] >= REST_STEPS))


def phrases(notes: Notes) -> dict[str, float]:
    """The family "phrases"."""
    first = heads(notes)
    if not len(first):
        return {}
    last = np.append(first[1:], len(notes)) - 1
    sizes = last - first + 1
    beats = (notes.end[last] - notes.onset[first]) / STEPS_PER_BEAT
    rests = (notes.onset[first[1:]] - notes.end[last[:-1]]) / STEPS_PER_BEAT
    gaps = notes.onset[1:] - notes.end[:-1]
    span = float(notes.onset[-1] - notes.onset[0]) or NOTHING
    start, stop = notes.onset[first], notes.onset[last]
    rise = notes.pitch[last] - notes.pitch[first]
    inner = slice(1, None) if len(first) > 1 else slice(0, None)
    ending = notes.interval[last[:-1] - 1] if len(first) > 1 else np.zeros(0)
    return {
        "phrases a bar": len(first) * notes.bar_steps / span,
        "notes a phrase, median": median(sizes),
        "notes a phrase, mean": mean(sizes),
        "notes a phrase, deviation": deviation(np.log(sizes)),
        "longest phrase, notes": largest(sizes),
        "shortest phrase, notes": float(sizes.min()),
        "phrases of one or two notes": share(sizes <= 2),
        "phrases of three to five notes": share((sizes > 2) & (sizes <= 5)),
        "notes in phrases of twelve and more": float(sizes[sizes >= 12].sum()) / len(notes),
        "beats a phrase, median": median(beats),
        "longest phrase, beats": largest(beats),
        "rests, mean beats": mean(rests),
        "rests, deviation": deviation(rests),
        "longest rest, beats": largest(rests) if len(rests) else 0.0,
        "silence in rests": float(gaps[gaps >= REST_STEPS].sum()) / span,
        "phrases begin on the beat": share(start[inner] % STEPS_PER_BEAT == 0),
        "phrases begin on one": share(start[inner] % notes.bar_steps == 0),
        "phrases begin on half beats": share(start[inner] % STEPS_PER_BEAT == 6),
        "phrases end on the beat": share(stop % STEPS_PER_BEAT == 0),
        "phrases end on half beats": share(stop % STEPS_PER_BEAT == 6),
        "phrases rise, semitones": mean(rise),
        "phrases end by falling": share(ending < 0),
        "phrases end by leaping": share(np.abs(ending) > 4),
    }
