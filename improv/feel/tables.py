"""Sums of small tables: the expected timing, loudness and length of a note in its place.

A `Sum` has one table (`Block`) for each aspect of a note's place; each aspect picks a row, and along a row
the value is interpolated between tempi:

    value = sum over blocks of  row[tempo]          rows: whole numbers, thousandths of the unit

Learning (whole arrays) and playing (one note) use the same classes, so both see a note in the same way:

    step     0-11    twelfths of the beat the note is written on
    gap      0-7     steps to the note before, or to the next: up to 2, 3, 5, 6, 9, 12, 18, more
    kind     0-3     swing, latin, funk, ballad
    interval 0-8     from the note before, in semitones: up to -7, -4, -3, -1, 0, 2, 4, 7, more
    turn     0-8     direction into the note before (down, none, up) x 3 + direction into this one
    height   0-6     semitones above the line's own middle: up to -9, -6, -3, 2, 5, 8, more
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.music.feel import FEELS
from improv.music.note import STEPS_PER_BEAT

GAP_STEPS = (2, 3, 5, 6, 9, 12, 18)
"""Upper ends of the classes of gaps, in steps."""
GAPS = len(GAP_STEPS) + 1
NO_NOTE = GAPS - 1
"""The class if there is no note before, or none is known to follow."""
INTERVALS = (-7, -4, -3, -1, 0, 2, 4, 7)
HEIGHTS = (-9, -6, -3, 2, 5, 8)
KINDS = ("swing", "latin", "funk", "ballad")

KIND_OF_RHYTHMFEEL = {"SWING": 0, "TWOBEAT": 0, "LATIN": 1, "FUNK": 2, "BALLAD": 3}
"""Rhythm feel of the Weimar Jazz Database -> kind."""
KIND_OF_FEEL = {name: KIND_OF_RHYTHMFEEL[feel.rhythmfeel] for name, feel in FEELS.items()}
"""Feel of a chart -> kind. Even eighths are played as over a latin rhythm."""

TEMPI = (60.0, 100.0, 140.0, 180.0, 220.0, 260.0, 300.0, 340.0)
FEW_TEMPI = (100.0, 180.0, 280.0)
MIDDLE_NOTES = 32
"""The middle of a line follows its pitches by one part in this many, once it has begun."""
OFF_BEAT = 6

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def gap_class(steps: float) -> int:
    """The class of a gap of this many steps."""
    return bisect_left(GAP_STEPS, steps)


def interval_class(semitones: float) -> int:
    """The class of a melodic interval, above 0 upwards."""
    return bisect_left(INTERVALS, semitones)


def height_class(semitones: float) -> int:
    """The class of a pitch this far above the middle of its line."""
    return bisect_left(HEIGHTS, semitones)


def is_off_beat(step: Any, before: Any, after: Any) -> Any:
    """Whether it is an off-beat eighth: on step 6, with nothing a sixteenth away. Numbers or arrays."""
    return (step == OFF_BEAT) & (before >= 2) & (after >= 2)


def timing_rows(step: Any, before: Any, after: Any, kind: Any) -> tuple[Any, ...]:
    """Rows of the blocks of `timing_shapes`; numbers or arrays."""
    return (
        step,
        step * GAPS + before,
        step * GAPS + after,
        (step * GAPS + before) * GAPS + after,
        kind * STEPS_PER_BEAT + step,
    )


def spread_rows(step: Any, after: Any) -> tuple[Any, ...]:
    """Rows of the blocks of `spread_shapes`."""
    return step, step * GAPS + after


def loudness_rows(
    step: Any, before: Any, after: Any, interval: Any, turn: Any, height: Any
) -> tuple[Any, ...]:
    """Rows of the blocks of `loudness_shapes`."""
    return step, before, after, interval, turn, height


def length_rows(step: Any, before: Any, after: Any) -> tuple[Any, ...]:
    """Rows of the blocks of `length_shapes`."""
    return step, before, after


Shapes = tuple[tuple[str, int, tuple[float, ...]], ...]
"""(name, rows, tempi) of each block; one tempo: the same at every tempo."""

ALWAYS = (0.0,)
TIMING: Shapes = (
    ("step", STEPS_PER_BEAT, TEMPI),
    ("step, gap before", STEPS_PER_BEAT * GAPS, FEW_TEMPI),
    ("step, gap after", STEPS_PER_BEAT * GAPS, FEW_TEMPI),
    ("step, both gaps", STEPS_PER_BEAT * GAPS * GAPS, ALWAYS),
    ("kind, step", len(KINDS) * STEPS_PER_BEAT, FEW_TEMPI),
)
SPREAD: Shapes = (
    ("step", STEPS_PER_BEAT, TEMPI),
    ("step, gap after", STEPS_PER_BEAT * GAPS, ALWAYS),
)
LOUDNESS: Shapes = (
    ("step", STEPS_PER_BEAT, FEW_TEMPI),
    ("gap before", GAPS, ALWAYS),
    ("gap after", GAPS, ALWAYS),
    ("interval", len(INTERVALS) + 1, ALWAYS),
    ("turn", 9, ALWAYS),
    ("height", len(HEIGHTS) + 1, ALWAYS),
)
LENGTH: Shapes = (
    ("step", STEPS_PER_BEAT, TEMPI),
    ("gap before", GAPS, ALWAYS),
    ("gap after", GAPS, FEW_TEMPI),
)


def tempo_weights(tempi: Sequence[float], tempo_bpm: float) -> tuple[int, float]:
    """(i, w): at this tempo a row's value is (1 - w) row[i] + w row[i + 1]; constant outside."""
    if len(tempi) == 1 or tempo_bpm <= tempi[0]:
        return 0, 0.0
    if tempo_bpm >= tempi[-1]:
        return len(tempi) - 2, 1.0
    i = bisect_left(tempi, tempo_bpm) - 1
    return i, (tempo_bpm - tempi[i]) / (tempi[i + 1] - tempi[i])


@dataclass(frozen=True)
class Block:
    """One table: `rows` of whole numbers (thousandths), one for each of the `tempi`."""

    name: str
    tempi: tuple[float, ...]
    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Sum:
    """Blocks whose rows are added."""

    blocks: tuple[Block, ...]

    def value(self, rows: Sequence[int], tempo_bpm: float) -> float:
        """The value for one note, in the unit of the table."""
        total = 0.0
        seen: dict[int, tuple[int, float]] = {}
        for block, index in zip(self.blocks, rows, strict=True):
            row = block.rows[index]
            if len(row) == 1:
                total += row[0]
                continue
            if len(row) not in seen:
                seen[len(row)] = tempo_weights(block.tempi, tempo_bpm)
            i, w = seen[len(row)]
            total += row[i] if not w else (1.0 - w) * row[i] + w * row[i + 1]
        return total / 1000.0

    def values(self, rows: Sequence[Ints], tempo_bpm: Floats) -> Floats:
        """(n,) values for n notes: `rows` has (n,) indices for every block, `tempo_bpm` is (n,)."""
        total = np.zeros(len(tempo_bpm))
        for block, index in zip(self.blocks, rows, strict=True):
            table = np.array(block.rows, dtype=float)
            if len(block.tempi) == 1:
                total += table[index, 0]
                continue
            for row in range(len(block.tempi)):
                hat = np.zeros(len(block.tempi))
                hat[row] = 1.0
                total += table[index, row] * np.interp(tempo_bpm, block.tempi, hat)
        return total / 1000.0
