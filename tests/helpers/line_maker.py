"""Small solos for the tests of the grammar "line"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from improv.music.transcription import Heard, Transcription

CHANGES = ((0, "D-7"), (24, "G7"), (48, "Cj7"), (96, "A7alt"), (144, "Em7b5"), (168, "A79b"))
SECTIONS = ((0, "A1", 1), (96, "A2", 1), (192, "A1", 2))


def solo(
    notes: Sequence[tuple[int, int, int, float | None]],
    chords: Sequence[tuple[int, str]] = CHANGES,
    *,
    key: str = "C-maj",
    beats_per_bar: int = 4,
    sections: Sequence[tuple[int, str, int]] = SECTIONS,
    performer: str = "Somebody",
    tempo_bpm: float = 180.0,
) -> Transcription:
    """A solo of (onset_step, duration_step, pitch, loudness_db)."""
    return Transcription(
        id="a solo",
        title="A Tune",
        performer=performer,
        instrument="ts",
        style="BEBOP",
        rhythmfeel="SWING",
        tempo_bpm=tempo_bpm,
        key=key,
        beats_per_bar=beats_per_bar,
        chords=tuple(chords),
        sections=tuple(sections),
        notes=tuple(Heard(*note) for note in notes),
    )


def drawn_notes(
    n: int, seed: int, first_step: int = 0, low: int = 50, high: int = 84
) -> list[tuple[int, int, int, float | None]]:
    """A random walk in eighths, triplets and rests, some of its loudness not known."""
    rng = np.random.default_rng(seed)
    step, pitch = first_step, 66
    notes: list[tuple[int, int, int, float | None]] = []
    for _ in range(n):
        wait = int(rng.choice([3, 4, 6, 6, 6, 8, 12, 18, 31, 60, 131]))
        length = int(rng.integers(1, wait + 3))
        loudness = None if rng.random() < 0.1 else float(rng.normal(60.0, 5.0))
        notes.append((step, length, pitch, loudness))
        step += wait
        pitch = int(np.clip(pitch + rng.integers(-5, 6), low, high))
    return notes


def drawn(n: int, seed: int, **facts: object) -> Transcription:
    """A random walk over CHANGES."""
    return solo(drawn_notes(n, seed), **facts)  # type: ignore[arg-type]
