"""The arc: how much is going on, over the choruses. One curve for the soloist's density and the band.

    build    rises from the first chorus to the last (0.25 -> 1)
    steady   0.5 throughout
    wave     up and down again, four choruses each time (0.2 -> 0.9)

Played without an end, `build` rises over eight choruses and begins anew, as one soloist follows another. In
an ending it falls back.
"""

from __future__ import annotations

import math

from improv.controls.table import Controls
from improv.performance.arrangement import Arrangement, chorus_share

ARCS = ("build", "steady", "wave")
ENDLESS_CHORUSES = 8
_WAVE_CHORUSES = 4
_STEADY = 0.5
DENSITY_SPAN = 1.0
INTENSITY_SPAN = 0.9


def level_at(arc: str, arrangement: Arrangement, tick: int, choruses: int) -> float:
    """The arc's level, 0 to 1, at an absolute tick. `choruses` is how many are played; 0: no end."""
    if arc == "steady":
        return _STEADY
    number, share = chorus_share(arrangement, tick)
    at = max(0.0, number + share)
    if arc == "wave":
        return 0.55 - 0.35 * math.cos(2 * math.pi * at / _WAVE_CHORUSES)
    span = choruses or ENDLESS_CHORUSES
    level = 0.25 + 0.75 * min(1.0, (at if choruses else at % span) / span)
    ending = arrangement.tag_tick if arrangement.tag_tick is not None else arrangement.final_tick
    return level * 0.7 if ending is not None and tick >= ending else level


def controls_at(controls: Controls, level: float) -> Controls:
    """The controls as the arc moves them: density and intensity, around the values that were set."""
    if level == _STEADY:
        return controls
    off = level - _STEADY
    return controls.with_values(
        density=max(-1.0, min(1.0, controls.density + DENSITY_SPAN * off)),
        intensity=max(0.0, min(1.0, controls.intensity + INTENSITY_SPAN * off)),
    )
