"""Learn the judge of rehearsals (improv.soloist.rehearsal): people, or the model that plays as it is?

solos, and what the model plays beside them ──> eight bars up to every two bars ──> logistic regression
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from improv import files
from improv.evaluation.choruses import playing
from improv.evaluation.judge.classifiers import require_sklearn, standardised
from improv.evaluation.judge.excerpts import Pair
from improv.evaluation.judge.machine import beside
from improv.features.notes import Notes, notes_of
from improv.features.table import NAMES, features
from improv.music.transcription import Transcription
from improv.soloist.rehearsal import (
    FAMILIES,
    FEWEST_NOTES,
    HEARD_BARS,
    JUDGE_NAME,
    REHEARSED_BARS,
)

STRENGTH = 0.01
"""Of the regression: sklearn's C."""
_FIRST_BARS = 2
_DECIMALS = 5


def write_judge(folder: Path, solos: Sequence[Transcription]) -> None:
    """Learn that of the model in `folder`, as it plays beside `solos` without rehearsing, and put it there.

    The same solos and model give the same file. Raises ModelError, CorpusError, MissingError,
    OutputFileError.
    """
    require_sklearn()
    pairs = beside(playing(Path(folder), {"rehearse": 0}), solos)
    files.write_bytes(Path(folder) / JUDGE_NAME, judge_text(pairs).encode())


def judge_text(pairs: Sequence[Pair]) -> str:
    """The content of the file, learned from what people and the machine played."""
    rows, people = [], []
    for pair in pairs:
        for human, notes in zip((True, False), map(notes_of, pair), strict=True):
            found = [features(part, FAMILIES) for part in windows(notes)]
            rows += found
            people += [human] * len(found)
    fitted = standardised(np.array(rows), np.array(people), STRENGTH)
    names = [f"{family}: {name}" for family in FAMILIES for name in NAMES[family]]
    columns = np.round(np.array(fitted[:5]).T, _DECIMALS).tolist()
    said = {
        "what": "low, high, middle, scale, weight of each feature (improv.soloist.rehearsal)",
        "features": dict(zip(names, columns, strict=True)),
    }
    return json.dumps(said, indent=0, ensure_ascii=False) + "\n"


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
