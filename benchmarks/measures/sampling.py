"""Search for sampling settings with which the figures of a model's solos are like those of human solos.

    Space ── draw ──> many settings ── a rung: generate, measure, keep the best third ──> Trials, best first

Successive halving (Jamieson and Talwalkar 2016): the first rung plays only one chorus per chart, which
reveals the hopeless ones; the next plays more with the rest, and what was played before still counts. All
settings of a rung get the same seeds, so that less of the difference is luck.

The distance of a set of solos from the human ones is one number:

    sum of weight * |figure - human figure| / half the width of the spread of sets, by the sum of weights

so at 1 the measures are, on average, at the edge of what is "inside" in the report; a figure counts for
MOST_APART at most; copies and the distances from human histograms count only if they exceed those
of the humans. WEIGHTS has the weights.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from improv.evaluation.choruses import Job, done, jobs_of, playing
from improv.evaluation.musical import Humans
from improv.evaluation.musical_measures import INDEX, MEASURES, Floats, Tally
from improv.evaluation.spread import figures, stacked
from improv.music.transcription import Transcription

WEIGHTS: dict[str, float] = {
    # The harmony was set as the goal, so it counts double; measures that say nearly the same share a weight.
    "chord_tones": 2.0,
    "scale_tones": 2.0,
    "notes_per_bar": 1.0,
    "rests": 0.5,
    "rests_eighth": 0.5,
    "bars_with_rest": 1.0,
    "phrase_notes": 0.5,
    "phrase_beats": 0.5,
    "interval": 1.0,
    "repeated": 1.0,
    "range_excerpt": 1.0,
    "bigram_entropy": 1.0,
    # What one hears at once if a cell goes round in circles.
    "self_repeats": 1.5,
    "stuck": 1.5,
    "interval_distance": 0.5,
    "ioi_distance": 0.5,
    "position_distance": 0.5,
    "degree_distance": 0.5,
    "copied": 2.0,
}
"""Measure -> its weight in the distance; others have none."""
MOST_APART = 8.0
"""Larger distances count as this, so that one hopeless measure does not drown the others."""
KEPT = 1 / 3
"""The share of the settings that goes on to the next rung."""

Settings = dict[str, Any]
Span = tuple[float, float]
"""From, to."""


@dataclass(frozen=True)
class Trial:
    """Settings that were tried, with everything played with them so far."""

    settings: Settings
    choruses: int
    distance: float
    tallies: tuple[Tally, ...]

    @property
    def figures(self) -> Floats:
        """(measures,)."""
        return figures(stacked(self.tallies))


def apart(measured: Floats, humans: Humans) -> Floats:
    """(measures,) how far each figure is from the human one, in half widths of the spread of sets, signed.

    NaN if it was not measured or all humans are alike.
    """
    sets = humans.spread.sets
    half = (sets[:, 1] - sets[:, 0]) / 2
    difference = measured - humans.valid_figures
    return np.divide(difference, half, out=np.full(len(half), np.nan), where=half > 0)


def distance(measured: Floats, humans: Humans) -> float:
    """One number for a set of solos, 0 for the human ones; infinite if nothing could be measured."""
    gaps = apart(measured, humans)
    total = weights = 0.0
    for key, weight in WEIGHTS.items():
        gap = float(gaps[INDEX[key]])
        if math.isnan(gap):
            continue
        one_sided = key == "copied" or key.endswith("_distance")
        gap = max(0.0, gap) if one_sided else abs(gap)
        total += weight * min(gap, MOST_APART)
        weights += weight
    return total / weights if weights else math.inf


def grid(space: Mapping[str, Sequence[Any]]) -> list[Settings]:
    """Every combination of the values of each setting, in order."""
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]


def draw(
    space: Mapping[str, Span | Sequence[Any]], count: int, rng: np.random.Generator
) -> list[Settings]:
    """`count` random settings: a tuple (low, high) is a range; from a list, one value is chosen.

    Numbers from ranges are rounded to hundredths, so that people can write them down.
    """
    drawn = []
    for _ in range(count):
        one: Settings = {}
        for name, values in space.items():
            if isinstance(values, tuple):
                one[name] = round(float(rng.uniform(values[0], values[1])), 2)
            else:
                one[name] = values[int(rng.integers(len(values)))]
        drawn.append(one)
    return drawn


def search(
    folder: Path,
    solos: Sequence[Transcription],
    humans: Humans,
    candidates: Sequence[Settings],
    *,
    choruses: Sequence[int] = (39, 78, 234),
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Trial]:
    """Try settings of the model in `folder` over the charts of `solos`. Returns all trials, best first.

    `choruses` are those of each rung, in addition to those before; trials that got further come first.
    `progress` is called with (trials done, trials in all). Raises ModelError, CorpusError, ValueError
    for settings out of range.
    """
    places = [len(candidates)]
    while len(places) < len(choruses):
        places.append(max(1, math.ceil(places[-1] * KEPT)))
    tried_already, out = 0, list[list[Trial]]()
    trials = [Trial(dict(settings), 0, math.inf, ()) for settings in candidates]
    for rung, (count, place) in enumerate(zip(choruses, places, strict=True)):
        out.append(trials[place:])
        trials = trials[:place]
        jobs: list[Job] = []
        of: list[int] = []  # whose job it is
        for number, trial in enumerate(trials):
            how = playing(folder, {"rehearse": 0, **trial.settings})
            more = jobs_of(how, solos, choruses=count, seed=seed + rung)
            jobs += more
            of += [number] * len(more)
        found: list[dict[int, Tally]] = [{} for _ in trials]
        each = of.count(0)
        for job, tally in done(jobs, humans.tally, workers=workers):
            mine = found[of[job]]
            mine[job] = tally
            if len(mine) == each:
                tried_already += 1
                if progress is not None:
                    progress(tried_already, sum(places))
        tried = []
        for number, trial in enumerate(trials):
            tallies = (*trial.tallies, *(found[number][job] for job in sorted(found[number])))
            turns = sum(
                job.choruses for job, owner in zip(jobs, of, strict=True) if owner == number
            )
            far = distance(figures(stacked(tallies)), humans)
            tried.append(Trial(trial.settings, trial.choruses + turns, far, tallies))
        trials = sorted(tried, key=lambda trial: trial.distance)
    return [trial for rung in reversed([*out, trials]) for trial in rung]


SHOWN = {
    "chord_tones": "chord tones %",
    "scale_tones": "scale tones %",
    "notes_per_bar": "notes a bar",
    "rests_eighth": "rests %",
    "bars_with_rest": "bars with rest %",
    "phrase_notes": "phrase, notes",
    "interval": "interval",
    "repeated": "repeated %",
    "range_excerpt": "range",
    "bigram_entropy": "bigram bits",
    "self_repeats": "self-repeats %",
    "stuck": "stuck %",
    "interval_distance": "from intervals",
    "ioi_distance": "from iois",
    "position_distance": "from positions",
    "degree_distance": "from degrees",
    "copied": "copied %",
}
"""The measures in the table of a search, with what stands above their columns."""


def markdown(trials: Sequence[Trial], humans: Humans, rows: int = 20) -> str:
    """The best trials as a table in Markdown, the human figures in its first row."""
    names = list(trials[0].settings) if trials else []
    shown = [MEASURES[INDEX[key]] for key in SHOWN]
    head = [*names, "choruses", "distance", *SHOWN.values()]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]

    def cells(found: Floats) -> list[str]:
        values = [float(found[INDEX[m.key]]) * m.scale for m in shown]
        return [
            "-" if math.isnan(value) else f"{value:.{m.decimals}f}"
            for value, m in zip(values, shown, strict=True)
        ]

    first = ["human", *[""] * (len(names) - 1)] if names else []
    lines.append("| " + " | ".join([*first, "", "0", *cells(humans.valid_figures)]) + " |")
    for trial in trials[:rows]:
        told = [f"{v:g}" if isinstance(v, float) else str(v) for v in trial.settings.values()]
        row = [*told, str(trial.choruses), f"{trial.distance:.2f}", *cells(trial.figures)]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"
