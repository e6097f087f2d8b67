"""THE table of the grammar "line": what one token says. One token is one note, and the way to the next.

A token has six parts. They are predicted in turn, each given those before it and all earlier notes:

    part      values  said as          what it says
    degree        12  R b9 9 b3 3 ..   pitch class of the note, in semitones above the root of the chord that
                                       sounds where the note begins (no chord: of the last root)
    octave        22  -11 .. +10       which way and how far: the note is the first of its degree at or above
                                       the note before it (0), the one an octave higher (+1), the next below
                                       (-1)
    wait          61  0 .. 60          steps of a twelfth of a beat from this onset to the next one, exactly
                                       up to four beats; longer ones in classes, four to an octave (WAITS)
    extra        any  0 ..             the steps by which a longer wait exceeds the least of its class
    length        35  1 .. 192         steps that the note sounds (LENGTHS), at most up to the next onset: a
                                       rest is what the wait leaves over
    loudness       9  -4 .. +4         half standard deviations from the mean loudness of the solo

    step           0        12        24        36        48          (chord | Dm7       | G7        |)
    notes          D5 ......F5...A5...            B4 ....
    tokens         R+0 w12 l12   b3+0 w6 l5   5+0 w18 l9   3-1 w.. l..

`degree` and `octave` together are the one part "pitch": twelve times twenty-two are the MIDI pitches said
relative to the note before, so that a pitch has exactly one name (`degree_and_octave`). A solo
begins with a token that has no pitch, only the wait until the first note (0 is said there alone); the first
note is counted from CENTRE_PITCH.

Decoding is exact: a token, the chart and the notes before it give one note. What is not said: two notes at
one step, and tempo, swing and everything else below the grid (`improv.feel`).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from improv.music.loudness import LOUDNESS_CLASSES, MEAN_CLASS, SD_PER_CLASS
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import EXACT_IOI_STEPS, LAST_IOI_CLASS, ioi_class

PITCHES = 128
CENTRE_PITCH = 66
"""What the first note of a solo is counted from: the median pitch of the Weimar Jazz Database."""

NEAR_STEPS = EXACT_IOI_STEPS
"""Waits up to this long are said exactly."""
WAITS = LAST_IOI_CLASS + 1
"""Classes of waits: 0..48 are that many steps; c > 48 begins above 48 * 2 ** ((c - 49) / 4).
The classes are those of the evaluation protocol (docs/evaluation.md)."""
LONGEST_WAIT_STEPS = 32 * 4 * STEPS_PER_BEAT
"""Nobody waits longer; a longer rest is begun by a new solo."""

LENGTHS: tuple[int, ...] = (*range(1, 25), 28, 32, 36, 42, 48, 60, 72, 96, 120, 144, 192)
LOUDNESSES = LOUDNESS_CLASSES
MEAN_LOUDNESS = MEAN_CLASS
LOUDNESS_STEP_SD = SD_PER_CLASS

_DEGREES = ("R", "b9", "9", "b3", "3", "11", "#11", "5", "b13", "13", "b7", "7")


def wait_class(steps: int) -> int:
    """The class (0..60) of a wait of so many steps: that of an ioi, and 0, which only begins a solo."""
    return steps if 0 <= steps <= NEAR_STEPS else ioi_class(steps)


LEAST_STEPS: tuple[int, ...] = (
    *range(NEAR_STEPS + 1),
    *(math.floor(NEAR_STEPS * 2 ** ((c - NEAR_STEPS - 1) / 4)) + 1 for c in range(49, WAITS)),
)
"""The shortest wait of each class."""


def class_steps(wait: int) -> range:
    """All waits, in steps, of a class."""
    end = LEAST_STEPS[wait + 1] if wait + 1 < WAITS else LONGEST_WAIT_STEPS + 1
    return range(LEAST_STEPS[wait], end)


def length_class(steps: int, wait_steps: int) -> int:
    """The index in LENGTHS of a note that sounds so long before another follows after `wait_steps`.

    One that sounds up to the next onset is said with a length that reaches it, any other rounded down.
    """
    if steps >= wait_steps:
        return longest_class(wait_steps)
    return max(0, bisect_right(LENGTHS, steps) - 1)


def longest_class(wait_steps: int) -> int:
    """The index of the first length that reaches over `wait_steps`: longer ones are never said."""
    return min(bisect_left(LENGTHS, wait_steps), len(LENGTHS) - 1)


def degree_and_octave(pitch: int, root_pc: int, last_pitch: int) -> tuple[int, int]:
    """The two halves of the part "pitch"."""
    degree = (pitch - root_pc) % 12
    first = last_pitch + (root_pc + degree - last_pitch) % 12
    return degree, (pitch - first) // 12


class Token(NamedTuple):
    """One token; `degree` None is the one that begins a solo."""

    degree: int | None
    octave: int
    wait: int
    extra: int
    length: int
    loudness: int

    @property
    def wait_steps(self) -> int:
        """Steps to the next onset."""
        return LEAST_STEPS[self.wait] + self.extra

    @property
    def length_steps(self) -> int:
        """Steps that the note sounds."""
        return min(LENGTHS[self.length], max(1, self.wait_steps))

    def __str__(self) -> str:
        if self.degree is None:
            return f"begin w{self.wait_steps}"
        loud = f"{self.loudness - MEAN_LOUDNESS:+d}"
        name = _DEGREES[self.degree]
        return f"{name}{self.octave:+d} w{self.wait_steps} l{self.length_steps} {loud}"


def table_layout() -> dict[str, object]:
    """What a trained cell relies on here; part of the grammar's fingerprint."""
    return {
        "steps_per_beat": STEPS_PER_BEAT,
        "centre_pitch": CENTRE_PITCH,
        "least_steps": list(LEAST_STEPS),
        "lengths": list(LENGTHS),
        "loudnesses": LOUDNESSES,
        "loudness_step_sd": LOUDNESS_STEP_SD,
    }
