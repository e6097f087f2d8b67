"""How a cell of grammar "line" is asked what it expects; see improv.evaluation.protocol."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from improv.cell.load import Model
from improv.cell.pair import PairCell
from improv.evaluation.protocol import Probabilities
from improv.grammar.line.form import Form
from improv.grammar.line.habits import Habits, LineHabits, load_habits
from improv.grammar.line.labels import Labels
from improv.grammar.line.loudness import RunningLoudness
from improv.grammar.line.stepper import Stepper
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Transcription, chart_of
from improv.soloist.make import grammar_of


class LinePredictor:
    """Steps the cell through a solo as it plays, its state carried; told the tune's feel and nothing else."""

    def __init__(self, cell: PairCell, labels: Labels, habits: Habits | None = None) -> None:
        self._cell, self._labels, self._habits = cell, labels, habits

    def begin(self, solo: Transcription) -> None:
        """Begin a solo at the bar line before its first note, whenever that comes."""
        chart, self._shift = chart_of(solo)
        self._form = Form(chart)
        self._tempo_bpm = solo.tempo_bpm
        self._bar_steps = solo.beats_per_bar * STEPS_PER_BEAT
        self._label: NDArray[np.float32] = self._labels.vector(feel=solo.rhythmfeel)
        self._stepper: Stepper | None = None
        self._running = RunningLoudness()
        self._onset_step = 0
        self._pitch_scores: NDArray[np.float32] | None = None
        self._ended: tuple[int, float | None] = (1, None)

    def rhythm(self) -> Probabilities:
        """(61,)."""
        return _probabilities(self._going().wait_scores())

    def ended(self, duration_step: int, loudness_db: float | None) -> None:
        """Kept until the next onset says how long the wait was."""
        self._ended = (duration_step, loudness_db)

    def pitch(self, onset_step: int) -> Probabilities:
        """(128,)."""
        stepper = self._going()
        stepper.say_wait(onset_step - self._onset_step)
        length, loudness_db = self._ended
        stepper.end_heard(length, loudness_db, None)
        self._onset_step = onset_step
        return _probabilities(stepper.pitch_scores())

    def heard(self, onset_step: int, pitch: int) -> None:
        """A note; the first of a solo is heard without having been asked about."""
        if self._stepper is None:
            first = onset_step + self._shift
            start = first - first % self._bar_steps
            self._stepper = Stepper(
                self._cell,
                self._form,
                self._tempo_bpm,
                self._label,
                start,
                listening=True,
                habits=None if self._habits is None else LineHabits(self._habits),
            )
            self._stepper.begin()
            self._stepper.say_wait(first - start)
            self._stepper.end_heard(1, None, None)
            self._stepper.pitch_scores()
            self._onset_step = onset_step
        self._stepper.say_pitch(pitch)

    def _going(self) -> Stepper:
        if self._stepper is None:
            raise ValueError("No note of the solo was heard yet.")
        return self._stepper


def _probabilities(scores: NDArray[np.float32]) -> Probabilities:
    """Softmax, in double precision."""
    exact = scores.astype(np.float64)
    exact -= exact.max()
    weights = np.exp(exact)
    return np.asarray(weights / weights.sum())


def line_predictor(model: Model) -> LinePredictor:
    """The listener in a model; raises ModelError where its grammar is not this version's."""
    grammar_of(model)
    labels = Labels.from_json(model.card.extra.get("labels", {}), repr(str(model.path)))
    return LinePredictor(model.pair_cell, labels, load_habits(model.path))
