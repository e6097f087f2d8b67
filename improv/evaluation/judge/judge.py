"""The judge: can anybody tell the machine from people, and by what?

    pairs of `train` ── classifiers are fitted ──> pairs of `valid` ── classifiers say ──> Judgement

Everything is told by excerpts of eight bars, and by whole solos too. No tune of `valid` was seen while
fitting. How long notes sound is judged apart: transcribers, and grids, have ways of their own there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from improv.errors import CorpusError
from improv.evaluation.judge.auc import Auc, auc_of, auc_over_tunes, auc_within_tunes
from improv.evaluation.judge.classifiers import LogOdds, boosting, linear, require_sklearn
from improv.evaluation.judge.excerpts import (
    COLUMNS,
    EXCERPT_BARS,
    FAMILY_NAMES,
    Pair,
    Rows,
    excerpts_of,
    ratios_with,
    ratios_without,
    rows_of,
    tunes_of,
)
from improv.features.notes import Floats, Notes

DURATIONS = "durations"
TELLING = 20
"""How many features are named."""
FEWEST_TUNES = 5
"""To fit on: as many folds of tunes as there are n-grams."""
_FIT: dict[str, Callable[[Floats, NDArray[np.bool_]], LogOdds]] = {
    "linear": linear,
    "boosting": boosting,
}


class Telling(NamedTuple):
    """A feature by itself: how well it tells (0.5: not at all; below 0.5 the machine has more of it), and
    its means over the excerpts of both."""

    feature: str
    family: str
    auc: float
    people: float
    machine: float


@dataclass(frozen=True)
class Judgement:
    """What the judge found. Every `Auc` is of `valid`; 0.5 is a machine that nobody can tell from people."""

    judge: Auc
    """All classifiers together, without how long notes sound: the figure."""
    within_tunes: Auc
    """The same over the same chart, each tune counting alike, however many excerpts it has."""
    with_durations: Auc
    classifiers: Mapping[str, Auc]
    families: Mapping[str, Auc]
    whole_solos: Auc
    telling: tuple[Telling, ...]
    telling_of_durations: tuple[Telling, ...]
    excerpts: Mapping[str, tuple[int, int]]
    """Part ("train", "valid") -> how many of people and of the machine."""
    tunes: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """For programs: AUCs as {"auc", "low", "high"}."""

        def area(found: Auc) -> dict[str, float | None]:
            return dict(zip(("auc", "low", "high"), map(_number, found), strict=True))

        def rows(found: Sequence[Telling]) -> list[dict[str, Any]]:
            return [
                {"feature": feature, "family": family}
                | dict(zip(("auc", "people", "machine"), map(_number, figures), strict=True))
                for feature, family, *figures in found
            ]

        return {
            **area(self.judge),
            "within_tunes": area(self.within_tunes),
            "with_durations": area(self.with_durations),
            "whole_solos": area(self.whole_solos),
            "classifiers": {name: area(each) for name, each in self.classifiers.items()},
            "families": {name: area(each) for name, each in self.families.items()},
            "telling": rows(self.telling),
            "telling_of_durations": rows(self.telling_of_durations),
            "excerpts": {
                part: {"people": people, "machine": machine}
                for part, (people, machine) in self.excerpts.items()
            },
            "tunes": dict(self.tunes),
        }

    def text(self) -> str:
        """Tables."""
        people, machine = self.excerpts["valid"]
        lines = [
            f"The judge tells {people} excerpts of {EXCERPT_BARS} bars by people from {machine} by the"
            f" machine, over {self.tunes['valid']} tunes that it has not seen.",
            "AUC: 0.5 it cannot tell, 1.0 it always can; in brackets 95 % over tunes.",
            "",
            *_areas(
                {
                    "judge": self.judge,
                    "... over the same tune": self.within_tunes,
                    "... and how long notes sound": self.with_durations,
                    "whole solos": self.whole_solos,
                }
            ),
            "",
            "By kind of classifier",
            *_areas(self.classifiers),
            "",
            "By family of features",
            *_areas(self.families),
            "",
            "What gives it away                                    AUC    people   machine",
            *map(_told, self.telling),
            "",
            "... of how long notes sound",
            *map(_told, self.telling_of_durations),
        ]
        return "\n".join(lines)


def _areas(areas: Mapping[str, Auc]) -> list[str]:
    return [f"  {name:<30}{area}" for name, area in areas.items()]


def _told(row: Telling) -> str:
    name = f"{row.family}: {row.feature}"
    return f"  {name:<48}{row.auc:>8.3f}{_plain(row.people):>10}{_plain(row.machine):>10}"


def _plain(value: float) -> str:
    return f"{value:.1f}" if abs(value) >= 20 else f"{value:.3f}"


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def judge(
    train: Sequence[Pair],
    valid: Sequence[Pair],
    *,
    recurrent: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Judgement:
    """Fit on the pairs of `train` and tell those of `valid` apart; the same pairs give the same figures.

    `recurrent`: with the network too, which needs TensorFlow. `progress` is called with the percent done.
    Raises CorpusError where there is too little to fit or to judge, MissingError where a library is missing.
    """
    require_sklearn()
    reach = progress or (lambda done: None)
    if len(np.unique(tunes_of(train))) < FEWEST_TUNES:
        raise CorpusError(
            f"There is too little to fit a judge on: {len(train)} solos, expected at least"
            f" {FEWEST_TUNES} tunes."
        )
    without, everything = ratios_without(train), ratios_with(train)
    seen = rows_of(train, without)
    reach(10)
    heard = rows_of(valid, lambda _: everything)
    if len(np.unique(heard.tune)) < 2 or len(np.unique(heard.people)) < 2:
        raise CorpusError(
            f"There is too little to judge: {len(valid)} solos with {len(heard.notes)} excerpts, expected"
            " at least two tunes, and some of people and of the machine."
        )
    reach(15)
    area = partial(auc_over_tunes, people=heard.people, tune=heard.tune)
    unheard = _columns(lambda family: family != DURATIONS)
    ratios = _columns(lambda family: family != DURATIONS, only="log ratio: ")
    scores = {"likelihood ratios": _scores(linear, ratios, seen, heard)}
    for name, fit in _FIT.items():
        scores[name] = _scores(fit, unheard, seen, heard)
    reach(35)
    if recurrent:
        scores["recurrent"] = _recurrent(seen, heard)
    reach(60)
    all_columns = _columns(lambda family: True)
    with_durations = [_scores(fit, all_columns, seen, heard) for fit in _FIT.values()]
    reach(75)
    families = {}
    for family in FAMILY_NAMES:
        columns = _columns(lambda each, wanted=family: each == wanted)
        families[family] = area(
            _together([_scores(f, columns, seen, heard) for f in _FIT.values()])
        )
    reach(95)
    told, together = _telling(heard), _together(scores.values())
    found = Judgement(
        judge=area(together),
        within_tunes=auc_within_tunes(together, heard.people, heard.tune),
        with_durations=area(_together([*scores.values(), *with_durations])),
        classifiers={name: area(each) for name, each in scores.items()},
        families=families,
        whole_solos=_whole(train, valid, unheard),
        telling=tuple(each for each in told if each.family != DURATIONS)[:TELLING],
        telling_of_durations=tuple(each for each in told if each.family == DURATIONS)[
            : TELLING // 2
        ],
        excerpts={"train": _halves(seen), "valid": _halves(heard)},
        tunes={"train": len(np.unique(seen.tune)), "valid": len(np.unique(heard.tune))},
    )
    reach(100)
    return found


def _columns(wanted: Callable[..., bool], only: str = "") -> NDArray[np.intp]:
    return np.array(
        [
            at
            for at, (family, name) in enumerate(COLUMNS)
            if wanted(family) and name.startswith(only)
        ]
    )


def _scores(
    fit: Callable[[Floats, NDArray[np.bool_]], LogOdds],
    columns: NDArray[np.intp],
    seen: Rows,
    heard: Rows,
) -> Floats:
    """(rows of `heard`,)."""
    return fit(seen.values[:, columns], seen.people)(heard.values[:, columns])


def _recurrent(seen: Rows, heard: Rows) -> Floats:
    from improv.evaluation.judge.recurrent import Recurrent

    return Recurrent(seen.notes, seen.people)(heard.notes)


def _together(scores: Any) -> Floats:
    """The mean of several classifiers' log odds, each against how much it varies."""
    return np.mean([each / max(float(each.std()), 1e-9) for each in scores], axis=0)


def _whole(train: Sequence[Pair], valid: Sequence[Pair], columns: NDArray[np.intp]) -> Auc:
    """Whole solos, of which there are few: `seen` has a row a solo of each of a pair."""
    without, everything = ratios_without(train), ratios_with(train)
    seen = rows_of(train, without, cut=_as_a_whole)
    heard = rows_of(valid, lambda _: everything, cut=_as_a_whole)
    scores = _together([_scores(fit, columns, seen, heard) for fit in _FIT.values()])
    return auc_over_tunes(scores, heard.people, heard.tune)


def _as_a_whole(notes: Notes) -> list[Notes]:
    return [notes] if excerpts_of(notes) else []


def _telling(heard: Rows) -> list[Telling]:
    """Every feature by itself, the most telling first."""
    found = []
    people = heard.people
    for at, (family, name) in enumerate(COLUMNS):
        values = heard.values[:, at]
        area = auc_of(values, people)
        if not math.isnan(area):
            means = float(np.nanmean(values[people])), float(np.nanmean(values[~people]))
            found.append(Telling(name, family, area, *means))
    return sorted(found, key=lambda each: (-abs(each.auc - 0.5), each.family, each.feature))


def _halves(rows: Rows) -> tuple[int, int]:
    return int(rows.people.sum()), int((~rows.people).sum())
