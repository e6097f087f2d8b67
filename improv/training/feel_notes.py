"""Transcribed notes with their seconds, as what feel is learned from.

Input -> output:  the tables of the Weimar Jazz Database (solos, beats, notes)  ->  Notes: columns of numbers

    behind   how far a note's onset is behind its place on the grid, in beats of that place's own beat
    share    its duration against the time to the next onset
    loud     its loudness in standard deviations about the solo's mean

A solo's feel is one of four kinds; solos in which it changes are left out, and notes that are two steps or
more away from where they are written (the annotation's slips).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from improv.corpus.wjazzd import table_rows
from improv.errors import CorpusError, InputFileError
from improv.feel.tables import (
    KIND_OF_RHYTHMFEEL,
    MIDDLE_NOTES,
    Floats,
    Ints,
    gap_class,
    height_class,
    interval_class,
)
from improv.music.note import STEPS_PER_BEAT

_BEATS_AROUND = 4
"""How many beats before and after a note its tempo is taken from."""
_FAR_STEPS = 3.5
_LONG_STEPS = 10_000

_COLUMNS = ("solo", "step", "before", "after", "kind", "interval", "turn", "height")
_INTS = frozenset(_COLUMNS)


@dataclass(frozen=True)
class Notes:
    """(n,) columns, a note each, in order within a solo. Names of solos and players by number."""

    solo: Ints
    step: Ints
    before: Ints
    after: Ints
    kind: Ints
    interval: Ints
    turn: Ints
    height: Ints
    pitch: Floats
    """MIDI."""
    gap_steps: Floats
    """To the next note, as written; nan at the end."""
    tempo_bpm: Floats
    beat_ms: Floats
    behind: Floats
    duration_steps: Floats
    """As it sounds, not rounded."""
    share: Floats
    """Sounding share of the time to the next note; nan at the end."""
    loud_db: Floats
    """Above the solo's mean; nan where it was not measured."""
    loud: Floats
    names: tuple[str, ...]
    performers: tuple[str, ...]
    """Of each solo."""

    def __len__(self) -> int:
        return len(self.solo)


def read_notes(folder: Path, split: str) -> Notes:
    """The notes of one part (`train`, `valid`). Raises InputFileError, CorpusError."""
    try:
        return _read(folder, split)
    except (ValueError, ZeroDivisionError) as error:
        raise InputFileError(
            f"The tables in {str(folder)!r} have a number that cannot be read: {error}."
        ) from error


def _read(folder: Path, split: str) -> Notes:
    solos = {
        row["id"]: row
        for row in table_rows(folder, "solos", ("id", "performer", "rhythmfeel", "split"))
        if row["split"] == split and row["rhythmfeel"] in KIND_OF_RHYTHMFEEL
    }
    if not solos:
        raise CorpusError(f"No solo of the part {split!r} in {str(folder)!r}.")
    beats: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    for row in table_rows(folder, "beats", ("id", "bar", "beat", "onset")):
        if row["id"] in solos:
            beats[row["id"]].append((int(row["bar"]), int(row["beat"]), float(row["onset"])))
    wanted = ("id", "onset", "duration", "division", "bar", "beat", "tatum", "beat_duration")
    played: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in table_rows(folder, "notes", (*wanted, "pitch", "loud_median")):
        if row["id"] in solos:
            played[row["id"]].append(row)
    names = sorted(name for name in solos if len(beats[name]) > 2 and len(played[name]) > 2)
    parts = [
        _solo(number, KIND_OF_RHYTHMFEEL[solos[name]["rhythmfeel"]], beats[name], played[name])
        for number, name in enumerate(names)
    ]
    columns = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    for key in columns:
        columns[key] = columns[key].astype(np.int64 if key in _INTS else np.float64)
    return Notes(
        **columns,
        names=tuple(names),
        performers=tuple(solos[name]["performer"] for name in names),
    )


def _solo(
    number: int, kind: int, beats: list[tuple[int, int, float]], rows: list[Mapping[str, Any]]
) -> dict[str, Floats]:
    place = {(bar, beat): index for index, (bar, beat, _) in enumerate(beats)}
    at = np.array([onset for _, _, onset in beats])
    kept: list[tuple[float, ...]] = []
    last = -1
    for row in rows:
        index = place.get((int(row["bar"]), int(row["beat"])))
        beat_s = float(row["beat_duration"])
        if index is None or beat_s <= 0:
            continue
        within = round(STEPS_PER_BEAT * (int(row["tatum"]) - 1) / int(row["division"]))
        step = index * STEPS_PER_BEAT + within
        if step <= last:  # of notes that fall on one step the first counts
            continue
        last = step
        low, high = max(0, index - _BEATS_AROUND), min(len(at) - 1, index + _BEATS_AROUND)
        local_s = max(0.1, (at[high] - at[low]) / (high - low))
        onset = float(row["onset"])
        loud = float(row["loud_median"] or "nan")
        kept.append(
            (
                *(step, (onset - at[index]) / beat_s - within / STEPS_PER_BEAT, beat_s, local_s),
                *(onset, float(row["duration"]), float(row["pitch"]), loud),
            )
        )
    step_s, behind, beat_s, local_s, onset, duration, pitch, loud_db = np.array(kept).T
    gaps = np.diff(step_s)
    before, after = np.r_[_LONG_STEPS, gaps], np.r_[gaps, _LONG_STEPS]
    interval = np.r_[0.0, np.diff(pitch)]
    seconds = np.r_[np.diff(onset), np.nan]
    measured = np.isfinite(loud_db)
    if measured.any():
        loud_db = loud_db - loud_db[measured].mean()
    sd = loud_db[measured].std() if measured.any() else 0.0
    columns = {
        "solo": np.full(len(kept), float(number)),
        "step": step_s % STEPS_PER_BEAT,
        "before": np.array([gap_class(gap) for gap in before]),
        "after": np.array([gap_class(gap) for gap in after]),
        "kind": np.full(len(kept), float(kind)),
        "interval": np.array([interval_class(semitones) for semitones in interval]),
        "turn": _turns(interval),
        "height": np.array(
            [height_class(p - m) for p, m in zip(pitch, middles(pitch), strict=True)]
        ),
        "pitch": pitch,
        "gap_steps": np.r_[gaps, np.nan],
        "tempo_bpm": 60.0 / local_s,
        "beat_ms": beat_s * 1000.0,
        "behind": behind,
        "duration_steps": duration / beat_s * STEPS_PER_BEAT,
        "share": np.where(seconds > 0, duration / np.where(seconds > 0, seconds, 1.0), np.nan),
        "loud_db": loud_db,
        "loud": loud_db / sd if sd > 0 else np.full(len(kept), np.nan),
    }
    near = np.abs(behind) * STEPS_PER_BEAT < _FAR_STEPS
    return {key: column[near] for key, column in columns.items()}


def _turns(interval: Floats) -> Floats:
    direction = np.sign(interval) + 1
    return np.r_[1.0, direction[:-1]] * 3 + direction


def middles(pitch: Floats) -> Floats:
    """(n,) the middle of the line before each note (of the first: itself), as it is followed live."""
    out = np.empty(len(pitch))
    middle = float(pitch[0])
    for i, value in enumerate(pitch):
        out[i] = middle
        middle += (value - middle) / min(i + 2, MIDDLE_NOTES)
    return out
