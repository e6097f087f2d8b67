"""What no person plays: the least and the most of each measure in all solos of the Weimar Jazz Database.

    figures of a set, further human solos ── beyond ──> the measures that lie outside all of them

A cell that is broken, by a training that went wrong, is often outside by far; one that is sound never is. The
measures that depend on how much is looked at, or on the reference, are not here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from improv.evaluation.musical_measures import INDEX, MEASURES, Measure, Tally
from improv.evaluation.spread import divide, stacked

PEOPLE: dict[str, tuple[float, float]] = {
    "chord_tones": (0.2268, 0.8334),
    "scale_tones": (0.4716, 0.9584),
    "notes_per_bar": (2.656, 23.562),
    "rests": (0.1619, 0.6214),
    "rests_eighth": (0.0449, 0.4877),
    "bars_with_rest": (0.0, 0.7334),
    "phrase_notes": (5.395, 361.5),
    "phrase_beats": (3.38, 127.21),
    "interval": (1.525, 4.773),
    "repeated": (0.0, 0.2693),
    "range_excerpt": (11.75, 37.0),
    "bigram_entropy": (3.456, 5.652),
    "self_repeats": (0.0, 0.124),
    "stuck": (0.0, 0.2425),
}
"""Measure -> the least and the most of the 394 solos in 4/4 that docs/evaluation.md measures on."""


FEWEST_NOTES = 32
"""Of a further solo: any fewer say little."""


class Beyond(NamedTuple):
    """A measure whose figure is outside all people, and the people's least and most (unscaled)."""

    measure: Measure
    figure: float
    least: float
    most: float

    def __str__(self) -> str:
        """In words, such as "notes a bar 39.00 (people: 2.66 to 23.56)"."""
        measure = self.measure

        def shown(value: float) -> str:
            return f"{value * measure.scale:.{measure.decimals}f}"

        unit = f" {measure.unit}" if measure.unit else ""
        people = f"people: {shown(self.least)} to {shown(self.most)}"
        return f"{measure.label} {shown(self.figure)}{unit} ({people})"


def people_with(tallies: Sequence[Tally]) -> dict[str, tuple[float, float]]:
    """PEOPLE, made wider by further human solos of FEWEST_NOTES notes or more."""
    counts = stacked([tally for tally in tallies if tally.notes >= FEWEST_NOTES])
    alone = divide(counts[:, :, 0], counts[:, :, 1])
    found = {}
    for key, (least, most) in PEOPLE.items():
        figures = alone[:, INDEX[key]]
        known = figures[~np.isnan(figures)].tolist()
        found[key] = min([least, *known]), max([most, *known])
    return found


def beyond(
    figures: Mapping[str, float], people: Mapping[str, tuple[float, float]]
) -> tuple[Beyond, ...]:
    """Those of the figures, by measure, that are outside the people's, in the order of the table."""
    found = []
    for measure in MEASURES:
        figure = figures.get(measure.key, math.nan)
        least, most = people.get(measure.key, (-math.inf, math.inf))
        if not math.isnan(figure) and not least <= figure <= most:
            found.append(Beyond(measure, figure, least, most))
    return tuple(found)
