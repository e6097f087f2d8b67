"""A transcription: a solo as the corpora hold it, on a grid of twelve steps a beat, with its chords.

This is the form in which solos are kept in files (one JSON object a line, `improv.corpus.events`), learned
from and measured on. A `Solo` (improv.music.note) is the same in the ticks that are played.
"""

from __future__ import annotations

from dataclasses import dataclass

STEPS_PER_BEAT = 12
"""Grid steps a beat: eighths, triplets, sixteenths and their mixtures fall on it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One transcribed note. Steps count from the first bar line that is annotated (earlier: below 0)."""

    onset_step: int
    duration_step: int
    """At least 1; may reach over the next note's onset by the rounding of the grid."""
    pitch: int
    loudness_db: float | None = None
    """Relative to nothing in particular: compare it within one solo only."""


@dataclass(frozen=True)
class Transcription:
    """A monophonic solo with what is known about it; texts are empty where something is not known."""

    id: str
    title: str
    performer: str
    instrument: str
    style: str
    rhythmfeel: str
    tempo_bpm: float
    key: str
    """As the Weimar database spells it, "Bb-maj"."""
    beats_per_bar: int
    """Quarter notes in a bar."""
    chords: tuple[tuple[int, str], ...]
    """(step, symbol), as written; "NC": no chord. Known in advance, the whole solo long."""
    sections: tuple[tuple[int, str, int], ...]
    """(step, label, chorus), where labels are known."""
    notes: tuple[Heard, ...]
    """By onset, strictly later each time."""
