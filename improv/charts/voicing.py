"""Name the chord that some notes form, by the nearest pattern of intervals."""

from __future__ import annotations

from collections.abc import Sequence

from improv.music.chord import Chord, parse_chord
from improv.music.pitch import FLAT_NAMES

_TEMPLATES: tuple[tuple[str, frozenset[int], frozenset[int]], ...] = tuple(
    (symbol, frozenset(must), frozenset(may))
    for symbol, must, may in (
        # symbol, semitones above the root that make it what it is, those that may be added
        ("maj7", (4, 11), (2, 6, 7, 9)),
        ("7", (4, 10), (2, 6, 7, 9)),
        ("m7", (3, 10), (2, 5, 7, 9)),
        ("m7b5", (3, 6, 10), (2, 5, 8)),
        ("dim7", (3, 6, 9), ()),
        ("mMaj7", (3, 11), (2, 5, 7, 9)),
        ("7b9", (1, 4, 10), (7, 9)),
        ("7alt", (4, 8, 10), (1, 3, 6)),
        ("7#9", (3, 4, 10), (7,)),
        ("7sus4", (5, 10), (2, 7, 9)),
        ("6", (4, 7, 9), (2,)),
        ("m6", (3, 7, 9), (2,)),
        ("", (4, 7), (2,)),
        ("m", (3, 7), (2,)),
        ("dim", (3, 6), ()),
        ("+", (4, 8), ()),
        ("sus4", (5, 7), ()),
    )
)
"""In the order of how usual they are: of two equally good names the earlier is taken."""

FEWEST_PITCH_CLASSES = 3
"""The fewest notes of a chord: fewer are an interval."""


def recognise(pitches: Sequence[int], bass_pc: int | None = None) -> Chord | None:
    """The chord these MIDI pitches form together, or None; the lowest is taken for its root if it can be.

    `bass_pc` is the pitch class that a bass plays with them: if it is one of theirs, it is taken for the
    lowest. The fifth may be missing, and the root too where nothing else fits. Inversions are named by their
    root, without a slash: where the left hand happens to be is not part of the harmony.
    """
    classes = {pitch % 12 for pitch in pitches}
    if len(classes) < FEWEST_PITCH_CLASSES:
        return None
    lowest = bass_pc if bass_pc in classes else min(pitches) % 12
    best: tuple[int, str] | None = None
    for root in range(12):
        above = {(pc - root) % 12 for pc in classes}
        for symbol, must, may in _TEMPLATES:
            if not must <= above or above - must - may - {0}:
                continue
            score = (
                3 * (0 in above)
                + 2 * (root == lowest)
                + 2 * min(len(must), 2)
                - len(above & may - {7})
            )
            if best is None or score > best[0]:
                best = (score, FLAT_NAMES[root] + symbol)
    return parse_chord(best[1]) if best is not None else None
