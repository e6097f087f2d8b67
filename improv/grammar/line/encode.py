"""A transcription as what a cell is trained on: tokens, and what the cell is shown before each part of one.

Input -> output:  Transcription  ->  EncodedLine
Called by:        training.line (all of it), tests (the round trip)

Encoding replays a LineState, so what a cell is trained on is by construction what it is shown live.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.grammar.line.form import Form
from improv.grammar.line.loudness import classes
from improv.grammar.line.memory import Answers
from improv.grammar.line.state import MELODY, RHYTHM, LineState
from improv.grammar.line.table import (
    LEAST_STEPS,
    LENGTHS,
    LONGEST_WAIT_STEPS,
    MEAN_LOUDNESS,
    Token,
    degree_and_octave,
    length_class,
    wait_class,
)
from improv.music.transcription import Heard, Transcription, chart_of


@dataclass(frozen=True)
class Remembered:
    """The answers of a memory to n tokens, end to end; see `line.state.Answers`."""

    starts: NDArray[np.int32]  # (n + 1,) where each token's answers begin
    columns: NDArray[np.int16]
    values: NDArray[np.float32]
    sureness: NDArray[np.float32]  # (n, 2 * experts)

    @classmethod
    def of(cls, answers: Sequence[Answers]) -> Remembered:
        """Put the answers of one solo together."""
        return cls(
            np.cumsum([0, *(len(answer.columns) for answer in answers)], dtype=np.int32),
            np.array([c for answer in answers for c in answer.columns], np.int16),
            np.array([v for answer in answers for v in answer.values], np.float32),
            np.array([answer.sureness for answer in answers], np.float32),
        )


@dataclass
class EncodedLine:
    """A solo as n tokens; the first has no pitch. Rows of the arrays are tokens."""

    tokens: list[Token]
    start_step: int
    """Where the first token begins, on the chart of `chart_of`."""
    melody: NDArray[np.int16]  # (n, len(MELODY))
    rhythm: NDArray[np.int16]  # (n, len(RHYTHM))
    views: NDArray[np.int16]  # (n, 5): the fields of Views
    pitches: NDArray[np.int16]  # (n,), 0 for the first
    waits: NDArray[np.int16]  # (n,) classes; the last token's is not known: -1
    lengths: NDArray[np.int16]  # (n,) classes; -1 where there is no note
    loudness: NDArray[np.int16]  # (n,) classes; -1 where it is not known
    bars: NDArray[np.int16]  # (n, 2) steps into the bar, steps in it
    melody_memory: Remembered
    rhythm_memory: Remembered
    dropped: int = 0
    """Notes left out, those after a rest that is too long to be said."""


def tokens_of(transcription: Transcription) -> tuple[list[Token], int]:
    """The tokens alone and the step they begin at. The last one waits for as long as its note sounds."""
    encoded = encode(transcription)
    return encoded.tokens, encoded.start_step


def encode(transcription: Transcription) -> EncodedLine:
    """Raises ChartError where a chord cannot be read and ValueError where there are no notes."""
    chart, shift = chart_of(transcription)
    if not transcription.notes:
        raise ValueError(f"The solo {transcription.id!r} has no notes.")
    notes = _sayable(transcription.notes)
    bar_steps = transcription.beats_per_bar * 12
    first = notes[0].onset_step + shift
    start = first - first % bar_steps
    state = LineState(Form(chart), transcription.tempo_bpm, start)
    loud = classes([note.loudness_db for note in notes])
    rows = _Rows(len(notes) + 1)
    tokens: list[Token] = []
    for index in range(len(notes) + 1):
        note = notes[index - 1] if index else None
        rows.melody(index, state)
        root, last = state.place.root_pc, state.last_pitch
        if note is not None:
            state.say_pitch(note.pitch)
        rows.rhythm(index, state)
        is_last = index == len(notes)
        if note is None:
            wait, length, loudness = first - start, 0, None
        else:
            wait = note.duration_step if is_last else notes[index].onset_step - note.onset_step
            wait = min(wait, LONGEST_WAIT_STEPS)
            length, loudness = length_class(note.duration_step, wait), loud[index - 1]
        kind = wait_class(wait)
        degree, octave = (None, 0) if note is None else degree_and_octave(note.pitch, root, last)
        token = Token(
            degree,
            octave,
            kind,
            wait - LEAST_STEPS[kind],
            length,
            MEAN_LOUDNESS if loudness is None else loudness,
        )
        tokens.append(token)
        rows.targets(index, note, -1 if is_last else kind, length, loudness)
        state.say_wait(wait)
        state.end(
            min(LENGTHS[length], max(1, wait)), note.loudness_db if note is not None else None
        )
    return rows.encoded(tokens, start, len(transcription.notes) - len(notes))


def _sayable(notes: tuple[Heard, ...]) -> tuple[Heard, ...]:
    for index in range(1, len(notes)):
        if notes[index].onset_step - notes[index - 1].onset_step > LONGEST_WAIT_STEPS:
            return notes[:index]
    return notes


class _Rows:
    """The arrays, filled row by row."""

    def __init__(self, n: int) -> None:
        self._melody = np.zeros((n, len(MELODY)), np.int16)
        self._rhythm = np.zeros((n, len(RHYTHM)), np.int16)
        self._views = np.zeros((n, 5), np.int16)
        self._bars = np.zeros((n, 2), np.int16)
        self._pitches = np.zeros(n, np.int16)
        self._waits = np.full(n, -1, np.int16)
        self._lengths = np.full(n, -1, np.int16)
        self._loudness = np.full(n, -1, np.int16)
        self._melody_answers: list[Answers] = []
        self._rhythm_answers: list[Answers] = []

    def melody(self, row: int, state: LineState) -> None:
        """What the melody step of this token is shown."""
        self._melody[row] = state.melody_inputs()
        views, place = state.views(), state.place
        self._views[row] = (
            views.last_pitch,
            views.pitch_before,
            views.root_pc,
            views.tonic_pc,
            views.next_root_pc,
        )
        self._bars[row] = (place.bar_position, place.bar_steps)
        self._melody_answers.append(state.melody_answers())

    def rhythm(self, row: int, state: LineState) -> None:
        """What the rhythm step of this token is shown."""
        self._rhythm[row] = state.rhythm_inputs()
        self._rhythm_answers.append(state.rhythm_answers())

    def targets(
        self, row: int, note: Heard | None, wait: int, length: int, loudness: int | None
    ) -> None:
        """What came."""
        self._waits[row] = wait
        if note is not None:
            self._pitches[row] = note.pitch
            self._lengths[row] = length
            self._loudness[row] = -1 if loudness is None else loudness

    def encoded(self, tokens: list[Token], start_step: int, dropped: int) -> EncodedLine:
        """All of it."""
        return EncodedLine(
            tokens=tokens,
            start_step=start_step,
            melody=self._melody,
            rhythm=self._rhythm,
            views=self._views,
            pitches=self._pitches,
            waits=self._waits,
            lengths=self._lengths,
            loudness=self._loudness,
            bars=self._bars,
            melody_memory=Remembered.of(self._melody_answers),
            rhythm_memory=Remembered.of(self._rhythm_answers),
            dropped=dropped,
        )
