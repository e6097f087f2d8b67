"""What the cell is shown and what the memory speaks of: the tables of grammar "line" beside the tokens'.


The inputs of a step are indices, one in each block of a table (MELODY, RHYTHM): block sizes below, values in
the comments. Absent things (no note before, no key) have an index of their own.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from improv.grammar.line.form import (
    BAR_STEPS,
    CHANGE_STEPS,
    CHORUSES,
    CLASSES,
    NO_MOTION,
    SECTION_BARS,
)
from improv.grammar.line.table import LOUDNESSES, PITCHES, WAITS

WIDEST = 44
"""Intervals are told apart up to this many semitones, wider ones count as this wide."""
INTERVALS = 2 * WIDEST + 1
_NEXT = (NO_MOTION + 1) * len(CLASSES)
_DEGREES = 13  # twelve, and none
ARTICULATIONS = 8
_TEMPOS = 10
PHRASE_NOTES = 32
PHRASE_STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 36, 48, 72, 96)
_CONTOUR = 24

MELODY: tuple[tuple[str, int], ...] = (
    ("pitch", PITCHES),  # of the last note; 0: none yet
    ("interval", INTERVALS),  # that led to it
    ("interval_before", INTERVALS),
    ("wait", WAITS),  # from the last onset to this one
    ("wait_before", WAITS),
    ("articulation", ARTICULATIONS),  # eighths of that wait in which the last note sounded
    ("degree_then", _DEGREES),  # of the last note over its own chord
    ("degree_now", _DEGREES),  # of the last note over the chord now
    ("degree_before_now", _DEGREES),  # of the one before over the chord now
    ("degree_tonic", _DEGREES),  # of the last note in the key
    ("position", BAR_STEPS),
    ("bar", 4),
    ("class", len(CLASSES)),
    ("next", _NEXT),
    ("after", _NEXT),
    ("change", len(CHANGE_STEPS) + 1),
    ("bass", 12),
    ("tonality", 24),
    ("section_bar", SECTION_BARS),
    ("tempo", _TEMPOS),
    ("phrase_notes", PHRASE_NOTES),
    ("phrase_steps", len(PHRASE_STEPS) + 1),
    ("chorus", CHORUSES),
    ("below_top", _CONTOUR),  # semitones of the last note below the highest of the phrase
    ("above_bottom", _CONTOUR),
    ("from_strong", INTERVALS),  # last note above the last one that fell on beat 1 or 3
    (
        "loudness",
        LOUDNESSES + 1,
    ),  # of the last note against those so far; the last value: not known
)
RHYTHM: tuple[tuple[str, int], ...] = (
    ("pitch", PITCHES),  # of this note; 0 in the token that begins a solo
    ("interval", INTERVALS),
    ("interval_before", INTERVALS),
    ("wait", WAITS),
    ("wait_before", WAITS),
    ("degree", _DEGREES),
    ("degree_tonic", _DEGREES),
    ("position", BAR_STEPS),
    ("bar", 4),
    ("class", len(CLASSES)),
    ("next", _NEXT),
    ("change", len(CHANGE_STEPS) + 1),
    ("articulation", ARTICULATIONS),
    ("tempo", _TEMPOS),
    ("phrase_notes", PHRASE_NOTES),
    ("phrase_steps", len(PHRASE_STEPS) + 1),
    ("section_bar", SECTION_BARS),
    ("below_top", _CONTOUR),
    ("loudness", LOUDNESSES + 1),  # of the note before this one
)
MELODY_EXPERTS = 16
"""Six on intervals, five on pitches, four on degrees, and one, fading, on pitches again."""
RHYTHM_EXPERTS = 12
_INTERVAL_EXPERTS, _PITCH_EXPERTS, _DEGREE_EXPERTS = 6, 5, 4
PITCH_COLUMN = _INTERVAL_EXPERTS * INTERVALS
DEGREE_COLUMN = PITCH_COLUMN + _PITCH_EXPERTS * PITCHES
FADING_COLUMN = DEGREE_COLUMN + _DEGREE_EXPERTS * 12
MELODY_COLUMNS = FADING_COLUMN + PITCHES
"""Columns of the melody's memory, one expert after another: candidates are intervals, pitches or degrees."""
RHYTHM_COLUMNS = RHYTHM_EXPERTS * WAITS
MELODY_MEMORY: tuple[tuple[str, slice, slice], ...] = (
    ("interval", slice(0, 6), slice(0, PITCH_COLUMN)),
    ("pitch", slice(6, 11), slice(PITCH_COLUMN, DEGREE_COLUMN)),
    ("degree", slice(11, 15), slice(DEGREE_COLUMN, FADING_COLUMN)),
    ("pitch", slice(15, 16), slice(FADING_COLUMN, MELODY_COLUMNS)),
)
"""To which head of the cell which experts speak: (head, experts, columns)."""
MELODY_WIDTHS = (
    *(INTERVALS,) * _INTERVAL_EXPERTS,
    *(PITCHES,) * _PITCH_EXPERTS,
    *(12,) * _DEGREE_EXPERTS,
    PITCHES,
)
RHYTHM_WIDTHS = (WAITS,) * RHYTHM_EXPERTS
LONG_AGO = 99  # stands for a note before the first


def first_inputs(table: tuple[tuple[str, int], ...]) -> tuple[int, ...]:
    """Where each block of a table begins on the number line of inputs."""
    starts, place = [], 0
    for _, size in table:
        starts.append(place)
        place += size
    return tuple(starts)


class Views(NamedTuple):
    """From which points of view the cell scores the candidates of a part; see cell.line."""

    last_pitch: int
    pitch_before: int
    root_pc: int
    tonic_pc: int
    next_root_pc: int


def interval_index(semitones: int) -> int:
    """The index of an interval, wide ones clipped."""
    return max(-WIDEST, min(WIDEST, semitones)) + WIDEST


def tempo_index(tempo_bpm: float) -> int:
    """Class of a tempo: four an octave from 60 bpm on."""
    return max(0, min(_TEMPOS - 1, int(math.log2(max(tempo_bpm, 1.0) / 60) * 4)))


def inputs_layout() -> dict[str, object]:
    """What a trained cell relies on here; part of the grammar's fingerprint."""
    return {
        "melody": [list(block) for block in MELODY],
        "rhythm": [list(block) for block in RHYTHM],
        "phrase_steps": list(PHRASE_STEPS),
        "experts": [MELODY_EXPERTS, RHYTHM_EXPERTS],
    }
