"""Interval names of the seed's grammar, both ways, and the ranges `<U,L>` made of them.

    steps, semitones  --interval_name-->  "P-4"  --interval_semitones-->  semitones
    previous, this    --range_text----->  "<m2,P-4>"  --read_range----->  (1, -5)

A range is the interval just played, a third up and a third down: it always spans seven semitones,
and its middle is the interval itself.
"""

from __future__ import annotations

import re

from improv.course.pitch import NATURAL_PCS, SpelledPitch
from improv.errors import ModelError

RANGE_UP = (2, 3)
"""A minor third: two steps, three semitones; what a range adds above and below the interval."""

_PERFECT_DEGREES = frozenset({0, 3, 4})
_NAME = re.compile(r"(P|M|m|A+|d+)(-?)(\d+)")


def _standard_size(generic: int) -> int:
    """Semitones of the major or perfect interval over `generic` steps (0 = unison)."""
    return NATURAL_PCS[generic % 7] + 12 * (generic // 7)


def interval_name(steps: int, semitones: int) -> str:
    """Name of the interval of `steps` letters and `semitones`; descending ones carry a `-`.

    Unisons are named by the sign of their semitones: (0, 1) is `A1`, (0, -1) is `d1`.
    """
    sign = -1 if steps < 0 else 1
    generic = abs(steps)
    alteration = semitones * sign - _standard_size(generic)
    if generic % 7 in _PERFECT_DEGREES:
        quality = "P" if alteration == 0 else "A" * alteration or "d" * -alteration
    elif alteration == 0:
        quality = "M"
    elif alteration == -1:
        quality = "m"
    else:
        quality = "A" * alteration or "d" * (-alteration - 1)
    return f"{quality}{'-' if steps < 0 else ''}{generic + 1}"


def interval_semitones(name: str) -> int:
    """Semitones of an interval name; a small descending one may come out positive (`dd-2` is 1)."""
    match = _NAME.fullmatch(name)
    if match is None or match[3] == "0":
        raise ModelError(f"Cannot read the interval {name!r}: expected a name as 'm3' or 'P-4'.")
    quality, direction, number = match[1], match[2], int(match[3])
    generic = number - 1
    perfect = generic % 7 in _PERFECT_DEGREES
    if quality in ("P", "M"):
        alteration = 0
    elif quality == "m":
        alteration = -1
    elif quality[0] == "A":
        alteration = len(quality)
    else:
        alteration = -len(quality) - (not perfect)
    return (-1 if direction else 1) * (_standard_size(generic) + alteration)


def range_text(previous: SpelledPitch, this: SpelledPitch) -> str:
    """The range `<U,L>` of the step from `previous` to `this`."""
    steps = this.step - previous.step
    semitones = this.midi - previous.midi
    up_steps, up_semitones = RANGE_UP
    upper = interval_name(steps + up_steps, semitones + up_semitones)
    lower = interval_name(steps - up_steps, semitones - up_semitones)
    return f"<{upper},{lower}>"


def read_range(text: str) -> tuple[int, int]:
    """(upper, lower) semitones of `<U,L>`, as they are written."""
    parts = text[1:-1].split(",") if text.startswith("<") and text.endswith(">") else []
    if len(parts) != 2:
        raise ModelError(f"Cannot read the range {text!r}: expected two intervals as '<m2,P-4>'.")
    return interval_semitones(parts[0]), interval_semitones(parts[1])
