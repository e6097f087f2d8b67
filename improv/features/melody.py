"""Which notes: intervals, contour, register."""

from __future__ import annotations

import numpy as np

from improv.features.counting import LEAST_WIDTH, Rows, grams
from improv.features.lines import Lines
from improv.features.notes import Floats

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


def melody(lines: Lines) -> dict[str, Floats]:
    """The family "melody"."""
    interval, pitch, ioi = lines.interval, lines.pitch, lines.ioi
    size, way = np.abs(interval), np.sign(interval)
    in_line = ioi <= 12
    a, b = interval[:, :-1], interval[:, 1:]
    a_size, b_size, on = size[:, :-1], size[:, 1:], a * b > 0
    turn = a * b < 0
    one_way = lines.runs(on)
    eighth = ioi == 6
    clipped = np.clip(interval, -_WIDEST, _WIDEST)
    place = np.arange(lines.width)
    third = np.maximum(lines.counts // 3, 1)[:, None]
    later = lines.mean(pitch, place >= lines.counts[:, None] - third)
    found = {
        **lines.shares(
            {
                f"intervals: {name}": (size >= low) & (size <= high)
                for name, (low, high) in INTERVALS.items()
            }
        ),
        "interval, mean": lines.mean(size),
        "interval, deviation": lines.deviation(interval),
        "interval in lines, mean": lines.mean(size, in_line),
        "interval over gaps, mean": lines.mean(size, ~in_line),
        "rising": lines.share(way > 0, way != 0),
        **lines.shares(
            {
                "falling semitones": interval == -1,
                "falling whole tones": interval == -2,
                "rising thirds": (interval == 3) | (interval == 4),
                "falling thirds": (interval == -3) | (interval == -4),
                "rising leaps": interval >= 5,
                "falling leaps": interval <= -5,
                "eighths by semitone": eighth & (size == 1),
                "eighths by sixths to ninths": eighth & (size >= 8) & (size <= 14),
            }
        ),
        "leaps in fast lines": lines.share(size >= 5, ioi <= 6),
        "turns": lines.share(turn),
        "turns in lines": lines.share(turn, in_line[:, 1:] & in_line[:, :-1]),
        "runs one way, mean": one_way.mean() + 1,
        "longest run one way": one_way.largest() + 1.0,
        **lines.shares(
            {
                "chromatic pairs": (a_size == 1) & (a == b),
                "scalar pairs": (a_size <= 2) & (b_size <= 2) & on,
                "broken chords": (a_size >= 3) & (a_size <= 5) & (b_size >= 3) & (b_size <= 5) & on,
                "zigzag of thirds and more": turn & (a_size >= 3) & (b_size >= 3),
                "back again": (a == -b) & (a != 0),
                "enclosures": turn
                & (np.abs(a + b) <= 2)
                & (a_size <= 4)
                & (b_size <= 4)
                & (a != -b),
            }
        ),
        "leaps turned back": lines.share(turn, a_size >= 5),
        "interval after interval, correlation": lines.autocorrelation(interval.astype(np.float64)),
        "intervals, entropy": lines.entropy(clipped),
        "pairs of intervals, entropy": lines.entropy(grams([clipped], 2)),
        "pitches, entropy": lines.entropy(pitch),
        "pitch classes, entropy": lines.entropy(pitch % 12),
        "kinds of pitches": lines.kinds(pitch) / np.sqrt(np.maximum(lines.counts, 1)),
        "range": lines.largest(pitch) - lines.smallest(pitch),
        "pitch, mean": lines.mean(pitch),
        "pitch, deviation": lines.deviation(pitch),
        "lowest pitch": lines.smallest(pitch),
        "highest pitch": lines.largest(pitch),
        "register moves": np.abs(later - lines.mean(pitch, place < third)),
        "register of fifty notes, deviation": _wandering(lines),
    }
    some = lines.counts > 1
    return {name: np.where(some, values, np.nan) for name, values in found.items()}


def _wandering(lines: Lines) -> Floats:
    """The deviation of the mean pitches of fifty notes each."""
    windows = lines.counts // WANDER_NOTES
    rows = Rows(windows, int(windows.max(initial=LEAST_WIDTH)))
    held = np.zeros((len(windows), rows.width * WANDER_NOTES))
    kept = min(held.shape[1], lines.width)
    held[:, :kept] = lines.pitch[:, :kept]
    found = rows.deviation(held.reshape(len(windows), rows.width, WANDER_NOTES).mean(axis=2))
    return np.where(windows > 1, found, np.nan)
