"""When notes begin: density, steps from onset to onset, runs, places in the beat and in the bar."""

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
from improv.music.note import STEPS_PER_BEAT

EIGHTH, QUARTER = STEPS_PER_BEAT // 2, STEPS_PER_BEAT
_USUAL_PLACES = (0, 3, 4, 6, 8, 9)
"""Of a beat: quarters, eighths, triplets, sixteenths."""
STEPS = {
    "graces": (1, 2),
    "sixteenths": (3, 3),
    "triplets": (4, 4),
    "fives": (5, 5),
    "eighths": (6, 6),
    "sevens": (7, 7),
    "long triplets": (8, 8),
    "dotted eighths": (9, 9),
    "tens": (10, 11),
    "quarters": (12, 12),
    "past quarters": (13, 17),
    "dotted quarters": (18, 18),
    "past dotted": (19, 23),
    "halves": (24, 24),
    "past halves": (25, 47),
    "bars": (48, 1 << 40),
}
"""Name -> least and most steps from onset to onset."""


def rhythm(notes: Notes) -> dict[str, float]:
    """The family "rhythm"."""
    ioi, onset = notes.ioi, notes.onset
    found = {
        f"steps: {name}": share((ioi >= low) & (ioi <= high)) for name, (low, high) in STEPS.items()
    }
    same = ioi[1:] == ioi[:-1]
    ran = runs(same) + 1
    eighths = ioi == EIGHTH
    after_three = eighths[3:][eighths[:-3] & eighths[1:-2] & eighths[2:-1]]
    place = onset % STEPS_PER_BEAT
    beat = onset % notes.bar_steps // STEPS_PER_BEAT
    bars = _bars(notes)
    log_ioi = np.log(np.minimum(ioi, 96)) if len(ioi) else np.zeros(0)
    inner = ioi[1:-1]
    alone = (inner != ioi[:-2]) & (inner != ioi[2:]) if len(ioi) > 2 else np.zeros(0, bool)
    found |= {
        "notes a bar": mean(bars),
        "notes a second": mean(bars) * notes.tempo_bpm / 60 * STEPS_PER_BEAT / notes.bar_steps,
        "notes a bar, deviation": deviation(bars),
        "fullest bar": largest(bars),
        "empty bars": share(bars == 0),
        "the same step again": share(same),
        "longest run of equal steps": largest(ran) if len(ran) else (1.0 if len(ioi) else NOTHING),
        "runs of equal steps, mean": mean(ran),
        "eighths after three": share(after_three),
        "longest run of eighths": largest(runs(eighths)) if eighths.any() else 0.0,
        "lone quarters": share(alone & (inner == QUARTER)),
        "lone eighths": share(alone & (inner == EIGHTH)),
        "lone triplets": share(alone & ((inner == 4) | (inner == 8))),
        "lone sixteenths": share(alone & (inner == 3)),
        "lone others": share(alone & ~np.isin(inner, (3, 4, 6, 8, 12))),
        "steps, entropy": entropy(np.minimum(ioi, 60)),
        "pairs of steps, entropy": entropy(grams([np.minimum(ioi, 60)], 2)),
        "step after step, correlation": autocorrelation(log_ioi),
        "log step, mean": mean(log_ioi),
        "log step, deviation": deviation(log_ioi),
        "change of step, mean": mean(np.abs(np.diff(log_ioi))),
        "kinds of steps": float(len(np.unique(ioi))) / np.sqrt(len(ioi)) if len(ioi) else NOTHING,
        "off the usual places": share(~np.isin(place, _USUAL_PLACES)),
        "steps off the usual": share(
            ~np.isin(np.minimum(ioi, 48), (3, 4, 6, 8, 9, 12, 18, 24, 36, 48))
        ),
        "on the beat": share(place == 0),
        "on the half beat": share(place == EIGHTH),
        "on triplets": share((place == 4) | (place == 8)),
        "on sixteenths": share((place == 3) | (place == 9)),
        "on one": share((place == 0) & (beat == 0)),
        "on three": share((place == 0) & (beat == 2)),
        "places, entropy": entropy(place),
        "places in the bar, entropy": entropy(onset % notes.bar_steps),
        "eighth off the beat": share(eighths & (place[:-1] != 0) & (place[:-1] != EIGHTH)),
        "quarter off the beat": share((ioi == QUARTER) & (place[:-1] != 0)),
        "syncopes": share((place[:-1] >= EIGHTH) & (ioi > STEPS_PER_BEAT - place[:-1])),
    }
    return found


def _bars(notes: Notes) -> np.ndarray:
    """How many notes begin in each bar, from the first note's bar to the last's."""
    if not len(notes):
        return np.zeros(0, np.int64)
    bar = notes.onset // notes.bar_steps
    return np.bincount(bar - bar[0])
