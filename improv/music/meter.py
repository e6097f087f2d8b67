"""Meter: how many beats a bar has and what a beat is, as 4/4 or 6/8."""

from __future__ import annotations

import re
from dataclasses import dataclass

from improv.errors import ChartError
from improv.music.note import TICKS_PER_BEAT

BEAT_UNITS = (2, 4, 8, 16)
MOST_BEATS = 32

_METER = re.compile(r"(\d{1,3})\s*/\s*(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter: `beats_per_bar` beats, each a 1/`beat_unit` note.

    480 ticks are a quarter note, whatever the beat is: a beat of 6/8 has 240, its bar 1440.
    """

    beats_per_bar: int
    beat_unit: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.beats_per_bar <= MOST_BEATS or self.beat_unit not in BEAT_UNITS:
            raise ChartError(
                f"Cannot use meter '{self.beats_per_bar}/{self.beat_unit}': expected 1 to "
                f"{MOST_BEATS} beats of 2, 4, 8 or 16, as in '4/4', '3/4' or '6/8'."
            )

    @classmethod
    def parse(cls, text: str) -> Meter:
        """Read "4/4", "3/4", "6/8"; ChartError if it is not a meter."""
        found = _METER.fullmatch(text.strip())
        if not found:
            raise ChartError(
                f"Cannot read meter {text.strip()!r}: expected beats and unit, "
                "as in '4/4', '3/4' or '6/8'."
            )
        return cls(int(found[1]), int(found[2]))

    @property
    def ticks_per_beat(self) -> int:
        """Ticks of one beat of this meter: 480 for a quarter, 240 for an eighth."""
        return TICKS_PER_BEAT * 4 // self.beat_unit

    @property
    def ticks_per_bar(self) -> int:
        """Ticks of one bar: 1920 in 4/4, 1440 in 3/4 and 6/8."""
        return self.beats_per_bar * self.ticks_per_beat

    @property
    def is_compound(self) -> bool:
        """Whether three beats make one pulse, as in 6/8 and 12/8."""
        return self.beat_unit == 8 and self.beats_per_bar > 3 and self.beats_per_bar % 3 == 0

    def __str__(self) -> str:
        return f"{self.beats_per_bar}/{self.beat_unit}"
