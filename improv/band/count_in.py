"""The count-in: clicks that tell tempo and meter before the first bar."""

from __future__ import annotations

from improv.band import kit
from improv.band.pulse import pulse_of
from improv.music.meter import Meter
from improv.music.note import Note

_FIRST, _OTHER = 92, 78
_MOST_CLICKS = 8


def count_in(meter: Meter, bars: int) -> list[Note]:
    """Side-stick clicks for whole bars of a meter, from tick 0, for the drum channel.

    The last bar counts every beat, those before it only the strong ones: "1 . 2 . | 1 2 3 4" in 4/4,
    "1 . . | 1 2 3" in 3/4, "1 . . 4 . . | 1 2 3 4 5 6" in 6/8. Zero bars have no clicks. ValueError for a
    negative number.
    """
    if bars < 0:
        raise ValueError(f"Cannot count in {bars} bars: expected 0 or more.")
    pulse = pulse_of(meter, meter.ticks_per_bar)
    every = range(0, meter.ticks_per_bar, meter.ticks_per_beat)
    last = list(every) if 2 <= len(every) <= _MOST_CLICKS else list(pulse.beats)
    strong = [beat for beat in pulse.beats if beat in pulse.strong]
    if pulse.compound and len(pulse.beats) <= 4:
        strong = list(pulse.beats)
    notes = []
    for bar in range(bars):
        for tick in last if bar == bars - 1 else strong:
            notes.append(
                Note(
                    bar * meter.ticks_per_bar + tick,
                    kit.STROKE_TICK,
                    kit.SIDE_STICK,
                    _FIRST if tick in strong else _OTHER,
                )
            )
    return notes
