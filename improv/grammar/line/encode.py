"""A transcription as what a cell is trained on: tokens, and what the cell is shown before each part of one.

Input -> output:  Transcription  ->  EncodedLine

Encoding replays a LineState, so what a cell is trained on is by construction what it is shown live.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from improv.grammar.line.form import Form
from improv.grammar.line.inputs import MELODY, MELODY_COLUMNS, RHYTHM, RHYTHM_COLUMNS
from improv.grammar.line.loudness import classes
from improv.grammar.line.state import LineState
from improv.grammar.line.table import (
    CENTRE_PITCH,
    LEAST_STEPS,
    LONGEST_WAIT_STEPS,
    MEAN_LOUDNESS,
    Token,
    degree_and_octave,
    length_class,
    wait_class,
)
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Heard, Transcription, chart_of


@dataclass(frozen=True)
class Remembered:
    """The answers of a memory to n tokens, end to end; see `line.memory`."""

    starts: NDArray[np.int32]  # (n + 1,) where each token's answers begin
    columns: NDArray[np.int16]
    values: NDArray[np.float32]
    sureness: NDArray[np.float32]  # (n, 2 * experts)


class _Answers:
    """Collects them token by token, without their zeros."""

    def __init__(self, columns: int) -> None:
        self.memory = np.zeros(columns, np.float32)
        self._columns: list[NDArray[np.intp]] = []
        self._values: list[NDArray[np.float32]] = []
        self._sureness: list[NDArray[np.float64]] = []

    def add(self, sureness: NDArray[np.float64]) -> None:
        """What `memory` holds now."""
        (columns,) = self.memory.nonzero()
        self._columns.append(columns)
        self._values.append(self.memory[columns])
        self._sureness.append(sureness)

    def remembered(self) -> Remembered:
        """All answers so far."""
        return Remembered(
            np.cumsum([0, *map(len, self._columns)], dtype=np.int32),
            np.concatenate(self._columns).astype(np.int16),
            np.concatenate(self._values),
            np.array(self._sureness, np.float32),
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


@dataclass(frozen=True)
class _Said:
    """A solo as its tokens, and what is needed to step through them again."""

    tokens: list[Token]
    start_step: int
    notes: tuple[Heard, ...]  # of the tokens but the first
    form: Form


def encode(transcription: Transcription) -> EncodedLine:
    """Raises ChartError where a chord cannot be read and ValueError where there are no notes."""
    said = _said(transcription)
    state = LineState(said.form, transcription.tempo_bpm, said.start_step)
    heard = [note.loudness_db for note in said.notes]
    known = [value is not None for value in classes(heard)]
    rows = _Rows(len(said.tokens))
    for index, token in enumerate(said.tokens):
        note = said.notes[index - 1] if index else None
        rows.melody(index, state)
        if note is not None:
            state.say_pitch(note.pitch)
        rows.rhythm(index, state)
        if note is not None:
            last = index == len(said.notes)
            rows.targets(index, note.pitch, token, not last, known[index - 1])
        else:
            rows.begin(index, token)
        state.say_wait(token.wait_steps)
        state.end(token.length_steps, None if note is None else note.loudness_db)
    dropped = len(transcription.notes) - len(said.notes)
    return rows.encoded(said.tokens, said.start_step, dropped)


def _said(transcription: Transcription) -> _Said:
    chart, shift = chart_of(transcription)
    if not transcription.notes:
        raise ValueError(f"The solo {transcription.id!r} has no notes.")
    form, notes = Form(chart), _sayable(transcription.notes)
    bar_steps = transcription.beats_per_bar * STEPS_PER_BEAT
    first = notes[0].onset_step + shift
    start = first - first % bar_steps
    tokens, last_pitch = [_token(None, 0, first - start, 0, None)], CENTRE_PITCH
    onsets = [note.onset_step for note in notes]
    waits = [*(after - onset for onset, after in pairwise(onsets)), notes[-1].duration_step]
    loudness = classes([note.loudness_db for note in notes])
    for note, wait, loud in zip(notes, waits, loudness, strict=True):
        root = form.root_pc(note.onset_step + shift)
        degree, octave = degree_and_octave(note.pitch, root, last_pitch)
        wait = min(wait, LONGEST_WAIT_STEPS)
        tokens.append(_token(degree, octave, wait, length_class(note.duration_step, wait), loud))
        last_pitch = note.pitch
    return _Said(tokens, start, notes, form)


def _token(
    degree: int | None, octave: int, wait_steps: int, length: int, loudness: int | None
) -> Token:
    kind = wait_class(wait_steps)
    loud = MEAN_LOUDNESS if loudness is None else loudness
    return Token(degree, octave, kind, wait_steps - LEAST_STEPS[kind], length, loud)


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
        self._melody_memory = _Answers(MELODY_COLUMNS)
        self._rhythm_memory = _Answers(RHYTHM_COLUMNS)

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
        self._melody_memory.add(state.melody_answers(self._melody_memory.memory))

    def rhythm(self, row: int, state: LineState) -> None:
        """What the rhythm step of this token is shown."""
        self._rhythm[row] = state.rhythm_inputs()
        self._rhythm_memory.add(state.rhythm_answers(self._rhythm_memory.memory))

    def begin(self, row: int, token: Token) -> None:
        """Add the first token, which is the wait until the first note."""
        self._waits[row] = token.wait

    def targets(
        self, row: int, pitch: int, token: Token, wait_known: bool, loudness_known: bool
    ) -> None:
        """Add a note."""
        self._pitches[row] = pitch
        self._lengths[row] = token.length
        if wait_known:
            self._waits[row] = token.wait
        if loudness_known:
            self._loudness[row] = token.loudness

    def encoded(self, tokens: list[Token], start_step: int, dropped: int) -> EncodedLine:
        """The encoded line."""
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
            melody_memory=self._melody_memory.remembered(),
            rhythm_memory=self._rhythm_memory.remembered(),
            dropped=dropped,
        )
