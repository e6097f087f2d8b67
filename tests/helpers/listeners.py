"""Small solos and predictors for the tests of the evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from improv.music.transcription import Heard, Transcription


def solo(
    notes: Sequence[tuple[int, int, int]],
    id: str = "solo",
    chords: Sequence[tuple[int, str]] = ((0, "C7"),),
    beats_per_bar: int = 4,
) -> Transcription:
    """A solo of (onset, duration, pitch)."""
    return Transcription(
        id=id,
        title="Title",
        performer="Player",
        instrument="ts",
        style="BEBOP",
        rhythmfeel="SWING",
        tempo_bpm=120.0,
        key="C-maj",
        beats_per_bar=beats_per_bar,
        chords=tuple(chords),
        sections=(),
        notes=tuple(Heard(onset, duration, pitch) for onset, duration, pitch in notes),
    )


class Even:
    """All classes and all pitches alike; keeps the calls it gets."""

    def __init__(self) -> None:
        self.calls: list[tuple] = []

    def begin(self, solo: Transcription) -> None:
        self.calls.append(("begin", solo.id, solo.notes))

    def rhythm(self) -> np.ndarray:
        self.calls.append(("rhythm",))
        answer = np.full(61, 1 / 60)
        answer[0] = 0
        return answer

    def ended(self, duration_step: int, loudness_db: float | None) -> None:
        self.calls.append(("ended", duration_step, loudness_db))

    def pitch(self, onset_step: int) -> np.ndarray:
        self.calls.append(("pitch", onset_step))
        return np.full(128, 1 / 128)

    def heard(self, onset_step: int, pitch: int) -> None:
        self.calls.append(("heard", onset_step, pitch))
