"""Learn the judge of rehearsals (improv.soloist.rehearsal): people, or the model that plays as it is?

solos, and what the model plays beside them ──> eight bars up to every two bars ──> logistic regression
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from improv import files
from improv.evaluation.choruses import playing
from improv.evaluation.judge.classifiers import require_sklearn, standardised
from improv.evaluation.judge.excerpts import Pair, ratios_with, ratios_without, tunes_of
from improv.evaluation.judge.machine import beside
from improv.features.notes import Notes, notes_of
from improv.features.table import feature_rows
from improv.music.transcription import Transcription
from improv.soloist.rehearsal import (
    COLUMNS,
    FAMILIES,
    FEATURES,
    FEWEST_NOTES,
    HEARD_BARS,
    JUDGE_NAME,
    REHEARSED_BARS,
)

STRENGTH = 0.03
"""Of the regression: sklearn's C."""
_FIRST_BARS = 2


def write_judge(folder: Path, solos: Sequence[Transcription]) -> None:
    """Learn that of the model in `folder`, as it plays beside `solos` without rehearsing, and put it there.

    The same solos and model give the same file. Raises ModelError, CorpusError, MissingError,
    OutputFileError.
    """
    require_sklearn()
    pairs = beside(playing(Path(folder), {"rehearse": 0}), solos)
    files.write_arrays(Path(folder) / JUDGE_NAME, judge_arrays(pairs))


def judge_arrays(pairs: Sequence[Pair]) -> dict[str, Any]:
    """The content of the file, learned from what people and the machine played.

    The ratios of a row come from n-grams of other tunes: those learned with it know it by heart.
    """
    rows, people = [], []
    without = ratios_without(pairs)
    for pair, tune in zip(pairs, tunes_of(pairs).tolist(), strict=True):
        for human, notes in zip((True, False), map(notes_of, pair), strict=True):
            parts = windows(notes)
            if parts:
                rows.append(np.hstack([feature_rows(parts, FAMILIES), without(tune).means(parts)]))
                people += [human] * len(parts)
    fitted = standardised(np.vstack(rows), np.array(people), STRENGTH)
    columns = dict(zip(COLUMNS, fitted[:5], strict=True))
    return {"features": np.array(FEATURES), **columns, **ratios_with(pairs).arrays()}


def windows(notes: Notes) -> list[Notes]:
    """What the judge would have heard, had the line been rehearsed, every two bars from its third bar on."""
    if not len(notes):
        return []
    bar = notes.bar_steps
    first = int(notes.onset[0]) // bar * bar + (_FIRST_BARS + REHEARSED_BARS) * bar
    ends = range(first, int(notes.onset[-1]) + bar, REHEARSED_BARS * bar)
    found = []
    for end in ends:
        part = notes.within(end - HEARD_BARS * bar, end)
        if len(part) >= FEWEST_NOTES:
            found.append(part)
    return found
