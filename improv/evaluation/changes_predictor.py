"""What a cell of the grammar "changes" expects of a human solo.

Its tokens say a pitch together with a length, and silence in tokens of its own, so what the protocol asks
for is summed over the tokens that say it:

    rhythm   P(ioi | pitch) = the sum over every way to fill the time: a length of the note sounding, then
             any rests, then any note. The likeliest ways are followed until 1 % of the probability is
             left, or 60 steps of the cell have been taken; what is left goes to all classes alike.
    pitch    P(pitch | onset) = the sum over the tokens of that pitch among those that are notes.

A hundredth is kept for all that the vocabulary cannot say, evenly. The solo heard is said to the cell as the
trainer would have said it: the length nearest to the note's own, then rests.
"""

from __future__ import annotations

import copy
import heapq

import numpy as np
from numpy.typing import NDArray

from improv.cell.load import Model
from improv.cell.step import LstmCell, State
from improv.errors import ModelError
from improv.evaluation.protocol import IOI_CLASSES, PITCHES, Probabilities
from improv.grammar.changes import ChangesGrammar
from improv.grammar.context import ChartView
from improv.grammar.decode import ChangesDecoder, TokenArrays
from improv.grammar.encode import GridNote, alternatives, rests, said_length
from improv.grammar.tokens import (
    STEP_TICK,
    STEPS_PER_BEAT,
    Token,
    interval_of,
    motion_of,
    parse_token,
)
from improv.music.transcription import Transcription, chart_of, ioi_class
from improv.soloist.grammars import grammar_for

UNSAID = 0.01
"""What is kept for notes that no token says."""
_LEFT_OVER = 0.01
_MOST_STEPS = 60
_USUAL_LENGTH = 6


class ChangesPredictor:
    """A cell of grammar "changes" as a listener (improv.evaluation.protocol.Predictor)."""

    def __init__(self, cell: LstmCell, grammar: ChangesGrammar) -> None:
        tokens = tuple(parse_token(name) for name in grammar.vocabulary)
        self._cell, self._tokens = cell, tokens
        self._arrays = TokenArrays(tokens)
        self._ids = {token: index for index, token in enumerate(tokens)}
        self._is_note = np.array([not token.is_rest for token in tokens])
        # One row for each distance from the last pitch's class up to the root: semitones a token moves.
        self._moves = np.array(
            [
                [
                    0 if t.is_rest else interval_of(t.motion, (distance + t.degree) % 12)
                    for t in tokens
                ]
                for distance in range(12)
            ]
        )

    def begin(self, solo: Transcription) -> None:
        """Take the chart; the cell starts from nothing at the top of the first note's four bars."""
        chart, self._shift = chart_of(solo)
        self._view = ChartView(chart)
        self._bar_tick = chart.meter.ticks_per_bar
        self._begun = False
        self._duration = _USUAL_LENGTH

    def heard(self, onset_step: int, pitch: int) -> None:
        """Say all up to this note, and keep in mind that its pitch is known and its length not."""
        if not self._begun:
            self._begun = True
            tick = (onset_step + self._shift) * STEP_TICK
            start_tick = tick // (4 * self._bar_tick) * 4 * self._bar_tick
            self._decoder = ChangesDecoder(
                self._arrays, self._view, low_pitch=0, high_pitch=127, start_tick=start_tick
            )
            self._logits, self._state = self._cell.step(
                self._decoder.inputs(), self._cell.initial_state()
            )
            self._rest_until(onset_step)
        self._onset, self._pitch = onset_step, pitch

    def ended(self, duration_step: int, loudness_db: float | None) -> None:
        """Remember how long the note was."""
        self._duration = duration_step

    def rhythm(self) -> Probabilities:
        """(61,) P(ioi class) given the pitch that sounds."""
        answer = np.zeros(IOI_CLASSES)
        here = self._weights(self._logits) * self._is_note
        said = here * (self._moved(self._decoder) == self._pitch)
        # A pitch that no token says tells nothing about its length.
        weights = said if said.sum() > 1e-9 else here
        weights /= weights.sum()
        lengths: dict[int, float] = {}
        for index in np.flatnonzero(weights):
            length = self._tokens[index].length
            lengths[length] = lengths.get(length, 0.0) + float(weights[index])
        # (-probability, number, steps so far, the token that takes it there, decoder and state before it)
        ways: list[tuple[float, int, int, int, ChangesDecoder, State]] = []
        for length, weight in lengths.items():
            token = self._token_for(self._decoder, self._pitch, length)
            heapq.heappush(ways, (-weight, len(ways), length, token, self._decoder, self._state))
        left, number = 1.0, len(ways)
        for _ in range(_MOST_STEPS):
            if left < _LEFT_OVER or not ways:
                break
            negative, _, steps, token, decoder, state = heapq.heappop(ways)
            decoder = copy.copy(decoder)
            decoder.feed(token)
            logits, state = self._cell.step(decoder.inputs(), state)
            each = self._weights(logits)
            ends = -negative * float((each * self._is_note).sum())
            answer[ioi_class(steps)] += ends
            left -= ends
            for index in np.flatnonzero(~self._is_note):
                weight = -negative * float(each[index])
                if weight > 1e-5:
                    number += 1
                    further = steps + self._tokens[index].length
                    heapq.heappush(ways, (-weight, number, further, int(index), decoder, state))
        answer[1:] += max(left, 0.0) / (IOI_CLASSES - 1)
        answer *= (1 - UNSAID) / answer.sum()
        answer[1:] += UNSAID / (IOI_CLASSES - 1)
        return answer

    def pitch(self, onset_step: int) -> Probabilities:
        """(128,) P(pitch) once the note before and the silence after it have been said."""
        decoder = self._decoder
        span = onset_step - self._onset
        length = said_length(GridNote(self._onset, self._duration, self._pitch), span)
        self._feed(self._token_for(decoder, self._pitch, length))
        self._rest_until(onset_step)
        weights = self._weights(self._logits) * self._is_note
        answer: Probabilities = np.zeros(PITCHES)
        np.add.at(answer, self._moved(decoder), weights)
        answer *= (1 - UNSAID) / answer.sum()
        answer += UNSAID / PITCHES
        return answer

    def _moved(self, decoder: ChangesDecoder) -> NDArray[np.intp]:
        """(vocabulary,) the pitch each token would mean now."""
        row = self._moves[(decoder.root_pc - decoder.pitch) % 12]
        return np.clip(decoder.pitch + row, 0, PITCHES - 1)

    @staticmethod
    def _weights(logits: NDArray[np.float32]) -> NDArray[np.float64]:
        powers = np.exp(logits.astype(np.float64) - float(logits.max()))
        return powers / powers.sum()

    def _token_for(self, decoder: ChangesDecoder, pitch: int, length: int) -> int:
        """The token that says this pitch, or the nearest thing that the vocabulary has to it."""
        motion = motion_of(pitch - decoder.pitch)
        meant = Token((pitch - decoder.root_pc) % 12, motion, length)
        for token in alternatives(meant, (motion, 1, 2, 3, 4)):
            if token in self._ids:
                return self._ids[token]
        return self._ids[Token(meant.degree, 1, _USUAL_LENGTH)]  # every vocabulary has it

    def _feed(self, token: int) -> None:
        self._decoder.feed(token)
        self._logits, self._state = self._cell.step(self._decoder.inputs(), self._state)

    def _rest_until(self, onset_step: int) -> None:
        step = self._decoder.tick // STEP_TICK
        target = onset_step + self._shift
        if target > step:
            for token in rests(target - step, step % STEPS_PER_BEAT, self._ids.__contains__):
                self._feed(self._ids[token])


def changes_predictor(model: Model) -> ChangesPredictor:
    """The listener in a model of grammar "changes". Raises ModelError where the grammar is another."""
    card = model.card
    grammar = grammar_for(
        card.grammar_name,
        card.grammar_version,
        card.vocabulary,
        card.grammar_fingerprint,
        repr(str(model.path)),
    )
    if not isinstance(grammar, ChangesGrammar):
        raise ModelError(
            f"The model {str(model.path)!r} speaks grammar {grammar.name!r}; 'changes' was expected."
        )
    return ChangesPredictor(model.token_cell, grammar)
