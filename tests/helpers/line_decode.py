"""Tokens back to notes: exact, a token, the chart and the notes before it give one note.

Input -> output:  tokens, Chart, the step they begin at  ->  LineNotes, on the grid of twelve steps a beat
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from improv.grammar.line.encode import encode
from improv.grammar.line.form import Form
from improv.grammar.line.table import CENTRE_PITCH, PITCHES, Token
from improv.music.chart import Chart
from improv.music.transcription import Transcription


class LineNote(NamedTuple):
    """A note as a token says it."""

    onset_step: int
    """Steps since the chart's beginning."""
    length_steps: int
    pitch: int
    loudness: int
    """A class of `line.table`: half standard deviations, MEAN_LOUDNESS in the middle."""


def pitch_of(degree: int, octave: int, root_pc: int, last_pitch: int) -> int:
    """The pitch that these two say over this root after this pitch."""
    return last_pitch + (root_pc + degree - last_pitch) % 12 + 12 * octave


def note_of(token: Token, onset_step: int, root_pc: int, last_pitch: int) -> LineNote | None:
    """The note of a token that comes at `onset_step`, over `root_pc`, after `last_pitch`.

    None for the token that begins a solo. Raises ValueError for a pitch outside MIDI's, which no token of
    `line.encode` or of a voice has."""
    if token.degree is None:
        return None
    pitch = pitch_of(token.degree, token.octave, root_pc, last_pitch)
    if not 0 <= pitch < PITCHES:
        raise ValueError(
            f"The token {str(token)!r} says pitch {pitch}: expected 0 to {PITCHES - 1}."
        )
    return LineNote(onset_step, token.length_steps, pitch, token.loudness)


def tokens_of(transcription: Transcription) -> tuple[list[Token], int]:
    """The tokens of a solo, and the step they begin at, on the chart of `chart_of`."""
    line = encode(transcription)
    return list(line.tokens), line.start_step


def decode(tokens: Iterable[Token], chart: Chart, start_step: int = 0) -> list[LineNote]:
    """The notes of a solo that begins at `start_step` of `chart`; it may go on beyond the chart's end."""
    form = Form(chart)
    step, last = start_step, CENTRE_PITCH
    notes = []
    for token in tokens:
        note = note_of(token, step, form.root_pc(step), last)
        if note is not None:
            notes.append(note)
            last = note.pitch
        step += token.wait_steps
    return notes
