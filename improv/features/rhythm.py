"""When notes begin: density, steps from onset to onset, runs, places in the beat and in the bar."""

from __future__ import annotations

import numpy as np

from improv.features.counting import LEAST_WIDTH, Rows, grams
from improv.features.lines import Lines
from improv.features.notes import Floats
from improv.music.note import STEPS_PER_BEAT

EIGHTH, QUARTER = STEPS_PER_BEAT // 2, STEPS_PER_BEAT
_USUAL_PLACES = np.isin(np.arange(STEPS_PER_BEAT), (0, 3, 4, 6, 8, 9))
"""Of a beat: quarters, eighths, triplets, sixteenths."""
_USUAL_STEPS = np.isin(np.arange(49), (3, 4, 6, 8, 9, 12, 18, 24, 36, 48))
_USUAL_ALONE = np.isin(np.arange(49), (3, 4, 6, 8, 12))
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


def rhythm(lines: Lines) -> dict[str, Floats]:
    """The family "rhythm"."""
    ioi, onset = lines.ioi, lines.onset
    few = np.minimum(ioi, 48)
    same = ioi[:, 1:] == ioi[:, :-1]
    ran = lines.runs(same)
    eighths = ioi == EIGHTH
    three = eighths[:, :-3] & eighths[:, 1:-2] & eighths[:, 2:-1]
    place = onset % STEPS_PER_BEAT
    before = place[:, :-1]
    beat = onset % lines.bar_steps // STEPS_PER_BEAT
    bars, in_bar = _bars(lines)
    log_ioi = np.log(np.minimum(ioi, 96))
    inner = few[:, 1:-1]
    alone = (ioi[:, 1:-1] != ioi[:, :-2]) & (ioi[:, 1:-1] != ioi[:, 2:])
    steps = np.minimum(ioi, 60)
    a_bar = bars.mean(in_bar)
    some = lines.counts > 1
    return {
        **lines.shares(
            {f"steps: {name}": (ioi >= low) & (ioi <= high) for name, (low, high) in STEPS.items()}
        ),
        "notes a bar": a_bar,
        "notes a second": a_bar * lines.tempo_bpm / 60 * STEPS_PER_BEAT / lines.bar_steps[:, 0],
        "notes a bar, deviation": bars.deviation(in_bar),
        "fullest bar": bars.largest(in_bar),
        "empty bars": bars.share(in_bar == 0),
        "the same step again": lines.share(same),
        "longest run of equal steps": np.where(some, ran.largest() + 1.0, np.nan),
        "runs of equal steps, mean": ran.mean() + 1,
        "eighths after three": lines.share(eighths[:, 3:], three),
        "longest run of eighths": lines.runs(eighths).largest() + 0.0,
        **lines.shares(
            {
                "lone quarters": alone & (inner == QUARTER),
                "lone eighths": alone & (inner == EIGHTH),
                "lone triplets": alone & ((inner == 4) | (inner == 8)),
                "lone sixteenths": alone & (inner == 3),
                "lone others": alone & ~_USUAL_ALONE[inner],
            }
        ),
        "steps, entropy": lines.entropy(steps),
        "pairs of steps, entropy": lines.entropy(grams([steps], 2)),
        "step after step, correlation": lines.autocorrelation(log_ioi),
        "log step, mean": lines.mean(log_ioi),
        "log step, deviation": lines.deviation(log_ioi),
        "change of step, mean": lines.mean(np.abs(np.diff(log_ioi))),
        "kinds of steps": lines.kinds(ioi) / np.sqrt(np.where(some, lines.counts - 1, np.nan)),
        **lines.shares({"off the usual places": ~_USUAL_PLACES[place]}),
        "steps off the usual": lines.share(~_USUAL_STEPS[few]),
        **lines.shares(
            {
                "on the beat": place == 0,
                "on the half beat": place == EIGHTH,
                "on triplets": (place == 4) | (place == 8),
                "on sixteenths": (place == 3) | (place == 9),
                "on one": (place == 0) & (beat == 0),
                "on three": (place == 0) & (beat == 2),
            }
        ),
        "places, entropy": lines.entropy(place),
        "places in the bar, entropy": lines.entropy(onset % lines.bar_steps),
        **lines.shares(
            {
                "eighth off the beat": eighths & (before != 0) & (before != EIGHTH),
                "quarter off the beat": (ioi == QUARTER) & (before != 0),
                "syncopes": (before >= EIGHTH) & (ioi > STEPS_PER_BEAT - before),
            }
        ),
    }


def _bars(lines: Lines) -> tuple[Rows, np.ndarray]:
    """How many notes begin in each bar, from the first note's bar to the last's."""
    bar, counts = lines.bars()
    rows = Rows(counts, int(counts.max(initial=LEAST_WIDTH)))
    there = lines.there(bar)
    at = bar + rows.width * np.arange(len(counts))[:, None]
    found = np.bincount(at[there], minlength=rows.width * len(counts))
    return rows, found.reshape(len(counts), rows.width)
