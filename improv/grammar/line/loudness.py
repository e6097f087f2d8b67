"""Loudness as the cell knows it: half standard deviations about a mean, of the solo or of its part so far."""

from __future__ import annotations

import math
from collections.abc import Sequence

from improv.grammar.line.table import LOUDNESS_STEP_SD, LOUDNESSES, MEAN_LOUDNESS
from improv.music.loudness import SD_DB

_WEIGHT = 8.0
"""How many notes of SD_DB are assumed at first, since the first notes say little about mean and spread."""


def loudness_class(loudness_db: float, mean_db: float, spread_db: float) -> int:
    """0..LOUDNESSES - 1."""
    steps = round((loudness_db - mean_db) / (spread_db * LOUDNESS_STEP_SD))
    return max(0, min(LOUDNESSES - 1, MEAN_LOUDNESS + steps))


def decibels(loudness: int) -> float:
    """The middle of a class, in dB about the mean."""
    return (loudness - MEAN_LOUDNESS) * LOUDNESS_STEP_SD * SD_DB


def classes(loudness_db: Sequence[float | None]) -> list[int | None]:
    """The class of each note of a whole solo; None where it is not known."""
    known = [value for value in loudness_db if value is not None and math.isfinite(value)]
    if not known:
        return [None] * len(loudness_db)
    mean = sum(known) / len(known)
    spread = math.sqrt(sum((value - mean) ** 2 for value in known) / len(known)) or SD_DB
    return [
        None if value is None or not math.isfinite(value) else loudness_class(value, mean, spread)
        for value in loudness_db
    ]


class RunningLoudness:
    """The class of each note against the ones up to it, as a listener knows them."""

    def __init__(self) -> None:
        self._count = 0
        self._mean = self._squares = 0.0

    def index(self, loudness_db: float | None) -> int:
        """Hear one more note and give its class, or LOUDNESSES where it is not known."""
        if loudness_db is None or not math.isfinite(loudness_db):
            return LOUDNESSES
        self._count += 1
        off = loudness_db - self._mean
        self._mean += off / self._count
        self._squares += off * (loudness_db - self._mean)
        variance = (self._squares + _WEIGHT * SD_DB**2) / (self._count + _WEIGHT)
        return loudness_class(loudness_db, self._mean, math.sqrt(variance))
