"""The musical measures of generated solos, beside those of the humans who played over the same chords.

    report(model, solos) ──> generate choruses over the chords of the solos ──> Report: a table and JSON

For each measure the report says whether the generated figure could be that of human players:

    inside    among the figures of sets of as many human solos (95 % of them)
    as one    not that, but within those of single human solos (5 to 95 % of them)
    OUTSIDE   neither
    NOBODY    nor is any person like that, of all in the Weimar Jazz Database and of those at hand

A distance from the human histograms that is smaller than that of human sets is *nearer*, which is not a
fault.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from improv.controls.table import Controls
from improv.errors import CorpusError
from improv.evaluation.choruses import generate, playing
from improv.evaluation.musical_measures import (
    HISTOGRAMS,
    INDEX,
    MEASURES,
    Floats,
    Measure,
    Reference,
    Tally,
    divergence,
    tally,
    with_distances,
)
from improv.evaluation.people import Beyond, beyond, people_with
from improv.evaluation.spread import Spread, figures, spread, stacked
from improv.evaluation.table import lines_of
from improv.music.transcription import Transcription
from improv.originality.copying import Copying, copying
from improv.originality.index import INDEX_NAME, QuoteIndex, build_index, load_index

_WIDE = 100
"""Columns of a terminal that has room for the spreads of people."""
SPREAD_SEED = 20_260
"""The seed of the resampling: the same humans have the same spread, whatever is compared with them."""
WITHIN_POINTS = {"chord_tones": 3.0, "scale_tones": 3.0}
"""How many percentage points these may be from the human figure: the goal that was set."""


@dataclass(frozen=True)
class Humans:
    """Human solos, measured once: `valid` are those whose charts are played over; `train` may be empty."""

    valid: tuple[Tally, ...]
    train: tuple[Tally, ...]
    reference: Reference
    index: QuoteIndex | None
    """The index of the training corpus, to find copies; None: do not look for any."""
    spread: Spread

    @property
    def valid_figures(self) -> Floats:
        """(measures,)."""
        return figures(stacked(self.valid))

    def tally(self, solo: Transcription) -> Tally:
        """Count in a generated solo what was counted in the human solos."""
        return tally(solo, self.reference, _copied(solo, self.index))


def _copied(solo: Transcription, index: QuoteIndex | None) -> Copying | None:
    """How much also stands in the corpus, over other tunes."""
    if index is None:
        return None
    return copying(solo.notes, index, without_title=solo.title)


def measure_humans(
    valid: Sequence[Transcription],
    train: Sequence[Transcription] | None = None,
    *,
    index: QuoteIndex | None = None,
) -> Humans:
    """Measure human solos; the spread is that of sets of as many as in `valid`.

    Distances are from all humans, valid and train, and copies are searched in `index` (None: that of
    `train`), both without the tune itself. Raises CorpusError if there is no human solo, ChartError for an
    unreadable chord.
    """
    if not any(len(solo.notes) > 1 for solo in valid):
        raise CorpusError(
            f"There is no human solo to compare with in {len(valid)}: expected at least one of two"
            " notes or more."
        )
    train = train or ()
    if index is None and train:
        index = build_index(train, exact=True)
    solos = (*valid, *train)
    counted = [tally(solo, copied=_copied(solo, index)) for solo in solos]
    reference = Reference(counted)
    found = [
        with_distances(each, solo, reference) for each, solo in zip(counted, solos, strict=True)
    ]
    tallies = tuple(found[: len(valid)])
    widths = spread(stacked(tallies), len(tallies), np.random.default_rng(SPREAD_SEED))
    return Humans(tallies, tuple(found[len(valid) :]), reference, index, widths)


@dataclass(frozen=True)
class Row:
    """One measure: the figures of the three sets (NaN: not measured), the spread and the verdict."""

    measure: Measure
    generated: float
    human: float
    train: float
    solos: tuple[float, float]
    sets: tuple[float, float]
    verdict: str


@dataclass(frozen=True)
class Report:
    """What was measured; `text()` for people, `as_json()` for programs."""

    model: str
    choruses: int
    seed: int
    settings: Mapping[str, Any]
    rows: tuple[Row, ...]
    generated: tuple[Tally, ...]
    humans: Humans
    beyond: tuple[Beyond, ...]
    """The measures that are outside all people: a sign that the model is broken."""

    @property
    def warning(self) -> str:
        """One sentence where something is outside all people, else nothing."""
        if not self.beyond:
            return ""
        return f"Nobody plays like this: {'; '.join(map(str, self.beyond))}."

    def row(self, key: str) -> Row:
        """The row of a measure by its key."""
        return self.rows[INDEX[key]]

    def distances(self) -> dict[str, tuple[float, float]]:
        """Histogram -> divergence in bits, all notes together: generated from valid, valid from train."""
        sums = [_summed(t) for t in (self.generated, self.humans.valid, self.humans.train)]
        return {
            name: (
                divergence(sums[0][name], sums[1][name]),
                divergence(sums[1][name], sums[2][name]),
            )
            for name in HISTOGRAMS
        }

    def text(self, width: int | None = None) -> str:
        """A table; above it what it was made from, below it what is not a figure of a set.

        `width`: of the terminal; where that is narrow, the spreads of people are left out.
        """
        size = self.humans.spread.size
        head = ["", "generated", "human", "train", "one solo, 5-95 %", f"sets of {size}, 95 %", ""]
        table = [head, *(_cells(row) for row in self.rows)]
        if width is not None and width < _WIDE:
            table = [[*row[:4], row[-1]] for row in table]
        notes = sum(tally.notes for tally in self.generated)
        bars = sum(tally.bars for tally in self.generated)
        lines = [
            f"{self.model}: {self.choruses} choruses over {len(self.generated)} charts, {bars:,.0f} bars,"
            f" {notes:,} notes, seed {self.seed}, {_settings_text(self.settings)}",
            "",
            *lines_of(table, width, last_left=True),
            "",
            f"pitches: {_range_text(self.generated)}, human {_range_text(self.humans.valid)}"
            + (f", train {_range_text(self.humans.train)}" if self.humans.train else ""),
        ]
        if self.humans.index is not None:
            longest = [_longest(t) for t in (self.generated, self.humans.valid, self.humans.train)]
            lines.append(
                f"longest run that stands in the training corpus: {longest[0]} notes, human {longest[1]}"
                + (f", train (in its other tunes) {longest[2]}" if self.humans.train else "")
            )
        parts = []
        for name, (ours, theirs) in self.distances().items():
            if math.isnan(ours):
                continue
            scale = f" ({theirs:.3f})" if not math.isnan(theirs) else ""
            parts.append(f"{name} {ours:.3f}{scale}")
        of_humans = " (in brackets: human from train)" if self.humans.train else ""
        if parts:
            lines.append(f"all notes together, bits from the human: {', '.join(parts)}{of_humans}")
        lines += ["", self.warning or "All measures are within what people play."]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The same, with unscaled figures (shares 0-1), and null if nothing was measured."""
        sets = {"generated": self.generated, "human": self.humans.valid, "train": self.humans.train}
        return {
            "model": self.model,
            "choruses": self.choruses,
            "seed": self.seed,
            "settings": dict(self.settings),
            "solos": {name: len(tallies) for name, tallies in sets.items()},
            "notes": {name: sum(t.notes for t in tallies) for name, tallies in sets.items()},
            "bars": {name: round(sum(t.bars for t in tallies)) for name, tallies in sets.items()},
            "pitches": {name: _range(tallies) for name, tallies in sets.items()},
            "longest_copy": {name: _longest(tallies) for name, tallies in sets.items()},
            "measures": {
                row.measure.key: {
                    "generated": _number(row.generated),
                    "human": _number(row.human),
                    "train": _number(row.train),
                    "solos": [_number(value) for value in row.solos],
                    "sets": [_number(value) for value in row.sets],
                    "verdict": row.verdict,
                }
                for row in self.rows
            },
            "outside_all_people": [each.measure.key for each in self.beyond],
            "histograms": {
                name: {"generated_from_human": _number(ours), "human_from_train": _number(theirs)}
                for name, (ours, theirs) in self.distances().items()
            },
        }


def report(
    model_path: str | Path,
    transcriptions: Sequence[Transcription],
    *,
    choruses: int = 100,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
    train: Sequence[Transcription] | None = None,
    settings: Mapping[str, Any] | None = None,
    workers: int | None = None,
) -> Report:
    """Generate at least `choruses` choruses over the charts of `transcriptions`, and measure both.

    `train`: the corpus in which copies are searched, and a third column; without it they are searched in
    the index in the model's folder, if there is one. `settings` are those of `playing`, whose dials are
    otherwise those of `generate`. `progress` is called with the choruses done. Raises ModelError,
    CorpusError, ValueError for a control out of its range.
    """
    own_index = Path(model_path) / INDEX_NAME
    index = load_index(own_index) if not train and own_index.is_file() else None
    humans = measure_humans(transcriptions, train, index=index)
    how = playing(Path(model_path), settings)
    played = generate(
        how, transcriptions, choruses=choruses, seed=seed, workers=workers, progress=progress
    )
    usual = Controls()
    told = {"temperature": usual.temperature, "top_p": usual.top_p, "arc": how.form.arc}
    told |= settings or {}
    return compare_with_humans(
        played, humans, model=Path(model_path).name, seed=seed, settings=told
    )


def compare_with_humans(
    played: Sequence[Transcription],
    humans: Humans,
    *,
    model: str = "",
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> Report:
    """The report on solos that have already been generated."""
    tallies = tuple(humans.tally(solo) for solo in played)
    generated, human = figures(stacked(tallies)), humans.valid_figures
    train = figures(stacked(humans.train))
    known = {measure.key: float(generated[at]) for at, measure in enumerate(MEASURES)}
    found = beyond(known, people_with([*humans.valid, *humans.train]))
    nobody = {each.measure.key for each in found}
    rows = tuple(
        Row(
            measure,
            float(generated[at]),
            float(human[at]),
            float(train[at]),
            (float(humans.spread.solos[at, 0]), float(humans.spread.solos[at, 1])),
            (float(humans.spread.sets[at, 0]), float(humans.spread.sets[at, 1])),
            "NOBODY"
            if measure.key in nobody
            else _verdict(measure.key, float(generated[at]), float(human[at]), humans.spread, at),
        )
        for at, measure in enumerate(MEASURES)
    )
    turns = sum(len({chorus for _, _, chorus in solo.sections}) for solo in played)
    return Report(model, turns, seed, settings or {}, rows, tallies, humans, found)


def _verdict(key: str, generated: float, human: float, within: Spread, at: int) -> str:
    if math.isnan(generated) or math.isnan(human):
        return ""
    if key == "copied":  # less is not a fault
        return "not above" if generated <= human else "ABOVE"
    low, high = within.sets[at]
    if low <= generated <= high:
        verdict = "inside"
    elif key.endswith("_distance") and generated < low:
        verdict = "nearer"
    else:
        low, high = within.solos[at]
        verdict = "as one" if low <= generated <= high else "OUTSIDE"
    points = WITHIN_POINTS.get(key)
    if points is not None:
        difference = 100 * (generated - human)
        verdict += f", {difference:+.1f} points{'' if abs(difference) <= points else ' (!)'}"
    return verdict


# -- as text


def _cells(row: Row) -> list[str]:
    measure = row.measure

    def shown(value: float) -> str:
        return "-" if math.isnan(value) else f"{value * measure.scale:.{measure.decimals}f}"

    def span(pair: tuple[float, float]) -> str:
        return "-" if math.isnan(pair[0]) else f"{shown(pair[0])} - {shown(pair[1])}"

    unit = f", {measure.unit}" if measure.unit else ""
    return [
        measure.label + unit,
        shown(row.generated),
        shown(row.human),
        shown(row.train),
        span(row.solos),
        span(row.sets),
        row.verdict,
    ]


def _settings_text(settings: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, (int, float)) else f"{name} {value}"
        for name, value in settings.items()
    )


def _range(tallies: Sequence[Tally]) -> list[int] | None:
    heard = [tally for tally in tallies if tally.notes]
    if not heard:
        return None
    return [min(tally.low for tally in heard), max(tally.high for tally in heard)]


def _range_text(tallies: Sequence[Tally]) -> str:
    found = _range(tallies)
    return "-" if found is None else f"{found[0]}-{found[1]}"


def _longest(tallies: Sequence[Tally]) -> int:
    return max((tally.longest_copy for tally in tallies), default=0)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def _summed(tallies: Sequence[Tally]) -> dict[str, Floats]:
    total = {name: np.zeros(bins) for name, bins in HISTOGRAMS.items()}
    for each in tallies:
        for name, counts in each.histograms.items():
            total[name] = total[name] + counts
    return total
