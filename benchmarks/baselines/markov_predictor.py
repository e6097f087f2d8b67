"""The Markov chains of the training program as a listener, and plainer ones to put beside them."""

from __future__ import annotations

import numpy as np

from improv.evaluation.baselines.chains import growing
from improv.evaluation.baselines.hearing import Hearing
from improv.evaluation.baselines.markov import Markov
from improv.evaluation.baselines.memory import Memory
from improv.evaluation.protocol import IOI_CLASSES, Probabilities
from improv.music.transcription import Transcription

UNIGRAM = ((growing("ioi"),), (growing("interval"),))

VARIABLE_ORDER = (
    (growing("ioi", "posb", "r1", "r2", "r3"),),
    (growing("interval", "i1", "r0", "i2"),),
)
"""One chain a stream of up to four and three columns over linked views: place in the beat with iois,
intervals with iois. Longer and other ones were tried and did worse."""


class MarkovPredictor:
    """A Markov model as a listener (improv.evaluation.protocol.Predictor)."""

    def __init__(self, model: Markov) -> None:
        self._models = (model.rhythm, model.pitch)
        self._hearing = Hearing()
        self._memories = [Memory(each.stream, each.short) for each in self._models]

    def begin(self, solo: Transcription) -> None:
        """Begin a solo and forget the one before."""
        self._hearing.begin(solo)
        for memory in self._memories:
            memory.begin()
        self._rows: list[list[int]] = [[], []]
        self._onset: int | None = None
        self._duration = 1

    def rhythm(self) -> Probabilities:
        """(61,) P(ioi class)."""
        self._rows[0] = self._hearing.rhythm_row()
        answer = np.zeros(IOI_CLASSES)
        answer[1:] = self._expect(0)
        return answer

    def ended(self, duration_step: int, loudness_db: float | None) -> None:
        """Keep the length of the note before until the onset is told."""
        self._duration = duration_step

    def pitch(self, onset_step: int) -> Probabilities:
        """(128,) P(pitch)."""
        self._hearing.ended(self._duration, onset_step)
        self._rows[1] = self._hearing.pitch_row(onset_step)
        return self._expect(1)

    def heard(self, onset_step: int, pitch: int) -> None:
        """Take the note in, and remember what came after what."""
        self._hearing.heard(onset_step, pitch)
        if self._rows[1]:
            self._memories[0].learn(self._rows[0], self._hearing.last_ioi_class - 1)
            self._memories[1].learn(self._rows[1], pitch)

    def _expect(self, number: int) -> Probabilities:
        model, row = self._models[number], self._rows[number]
        likely = model.long.expect(np.array([row], np.int32))
        if model.mix is not None:
            logs, sure = self._memories[number].expect(row, np.exp(likely[0].astype(np.float64)))
            likely = model.mix.mixed(
                np.concatenate([likely[None], logs[:, None]]), np.array([[0, *sure]], np.intp)
            )
        answer = np.exp(likely[0].astype(np.float64))
        answer /= answer.sum()
        return answer
