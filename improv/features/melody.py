"""Which notes: intervals, contour, register."""

from __future__ import annotations

import numpy as np

from improv.features.counting import (
    NOTHING,
    autocorrelation,
    deviation,
    entropy,
    grams,
    largest,
    mean,
    runs,
    share,
)
from improv.features.notes import Notes

INTERVALS = {
    "repeated": (0, 0),
    "semitones": (1, 1),
    "whole tones": (2, 2),
    "minor thirds": (3, 3),
    "major thirds": (4, 4),
    "fourths and fifths": (5, 7),
    "sixths to octaves": (8, 12),
    "wider": (13, 127),
}
WANDER_NOTES = 50
_WIDEST = 24


def melody(notes: Notes) -> dict[str, float]:
    """The family "melody"."""
    interval, pitch, ioi = notes.interval, notes.pitch, notes.ioi
    if not len(interval):
        return {}
    size, way = np.abs(interval), np.sign(interval)
    found = {
        f"intervals: {name}": share((size >= low) & (size <= high))
        for name, (low, high) in INTERVALS.items()
    }
    in_line = ioi <= 12
    pairs = in_line[1:] & in_line[:-1]
    a, b = interval[:-1], interval[1:]
    turn = a * b < 0
    leap = np.abs(a) >= 5
    eighth = ioi == 6
    clipped = np.clip(interval, -_WIDEST, _WIDEST)
    windows = len(pitch) // WANDER_NOTES
    held = pitch[: windows * WANDER_NOTES].reshape(windows, WANDER_NOTES).mean(axis=1)
    third = max(1, len(pitch) // 3)
    found |= {
        "interval, mean": mean(size),
        "interval, deviation": deviation(interval),
        "interval in lines, mean": mean(size[in_line]),
        "interval over gaps, mean": mean(size[~in_line]),
        "rising": share(way[way != 0] > 0),
        "falling semitones": share(interval == -1),
        "falling whole tones": share(interval == -2),
        "rising thirds": share((interval == 3) | (interval == 4)),
        "falling thirds": share((interval == -3) | (interval == -4)),
        "rising leaps": share(interval >= 5),
        "falling leaps": share(interval <= -5),
        "eighths by semitone": share(eighth & (size == 1)),
        "eighths by sixths to ninths": share(eighth & (size >= 8) & (size <= 14)),
        "leaps in fast lines": share((size >= 5)[ioi <= 6]),
        "turns": share(turn),
        "turns in lines": share(turn[pairs]),
        "runs one way, mean": mean(runs(b * a > 0) + 1),
        "longest run one way": largest(runs(b * a > 0) + 1) if (a * b > 0).any() else 1.0,
        "chromatic pairs": share((np.abs(a) == 1) & (a == b)),
        "scalar pairs": share((np.abs(a) <= 2) & (np.abs(b) <= 2) & (a * b > 0)),
        "broken chords": share(
            (np.abs(a) >= 3) & (np.abs(a) <= 5) & (np.abs(b) >= 3) & (np.abs(b) <= 5) & (a * b > 0)
        ),
        "zigzag of thirds and more": share(turn & (np.abs(a) >= 3) & (np.abs(b) >= 3)),
        "back again": share((a == -b) & (a != 0)),
        "enclosures": share(
            turn & (np.abs(a + b) <= 2) & (np.abs(a) <= 4) & (np.abs(b) <= 4) & (a != -b)
        ),
        "leaps turned back": share(turn[leap]),
        "interval after interval, correlation": autocorrelation(interval.astype(np.float64)),
        "intervals, entropy": entropy(clipped),
        "pairs of intervals, entropy": entropy(grams([clipped], 2)),
        "pitches, entropy": entropy(pitch),
        "pitch classes, entropy": entropy(pitch % 12),
        "kinds of pitches": float(len(np.unique(pitch))) / np.sqrt(len(pitch)),
        "range": float(np.ptp(pitch)),
        "pitch, mean": mean(pitch),
        "pitch, deviation": deviation(pitch),
        "lowest pitch": float(pitch.min()),
        "highest pitch": float(pitch.max()),
        "register moves": abs(mean(pitch[-third:]) - mean(pitch[:third])),
        "register of fifty notes, deviation": deviation(held) if windows > 1 else NOTHING,
    }
    return found
