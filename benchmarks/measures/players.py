"""Do the players that a model can be asked for sound different, and like the people they are named after?

    human solos of some players ── features of excerpts ──> a linear classifier
       cross-validated by tune: how well people are recognised, beside chance
    choruses generated as each player over the same charts ── the same classifier ──> the player it names
       beside chance, and beside choruses generated with no player asked for

All players play over the same charts, so that they are not recognised by what they play
over. Every player has the same weight, whatever the number of excerpts, so chance is one in the number of
players.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from measures.logistic import cross_validated, fit
from measures.player_features import PLAYER_EXCERPT_NOTES, Examples, examples_of
from numpy.typing import NDArray

from improv.errors import CorpusError
from improv.evaluation.choruses import Playing, generate
from improv.evaluation.musical_measures import Floats
from improv.music.transcription import Transcription

PENALTY = 0.03
"""The penalty of the classifier; 0.003 to 0.1 make no difference beyond chance."""
FEWEST_TUNES = 5
"""The number of tunes a player must have played over: one for each part of the cross-validation."""


@dataclass(frozen=True)
class Told:
    """How often excerpts of each player were taken for each: `confusion` (players, players), rows sum to 1
    (NaN where a player has no excerpt)."""

    confusion: Floats
    excerpts: int
    solos_right: float
    """The share of whole solos (all their excerpts together) that were recognised, weighing players alike."""

    @property
    def right(self) -> float:
        """The share of the excerpts that were recognised, with equal weight per player."""
        return float(np.nanmean(np.diag(self.confusion)))


@dataclass(frozen=True)
class PlayersReport:
    """What the classifier said; `human` of people it had not heard over that tune, `valid` of solos the model
    did not learn from (None: there are too few)."""

    players: tuple[str, ...]
    register: bool
    human: Told
    valid: Told | None
    generated: Told
    centred: Told
    """The same, after subtracting what all generated choruses have in common: a model may be off
    as a whole (too smooth, say), and then be taken for the same player whoever is asked for."""
    apart: Told
    """A classifier of the generated choruses alone, cross-validated by chart: is there any difference?"""
    no_player: Floats | None
    """(players,) the players named for choruses in nobody's manner; None: not generated."""
    interval: tuple[float, float]
    """95 % of `generated.right`, by a bootstrap over the charts."""

    @property
    def chance(self) -> float:
        """What guessing gets right."""
        return 1 / len(self.players)

    def text(self) -> str:
        """A table."""
        low, high = self.interval
        what = "line and time alone" if not self.register else "line, time and register"
        lines = [
            f"Recognised by {what}, {PLAYER_EXCERPT_NOTES} notes at a time (chance"
            f" {100 * self.chance:.1f} %):",
            f"  human solos over tunes it has not heard  {_percent(self.human)}",
        ]
        if self.valid is not None:
            lines.append(f"  ... of valid                             {_percent(self.valid)}")
        lines += [
            f"  generated as each player                 {_percent(self.generated)},"
            f" {100 * low:.1f} to {100 * high:.1f} % with 95 % confidence",
            f"  ... against the model's own average      {_percent(self.centred)}",
            f"  ... by a classifier of themselves        {_percent(self.apart)}",
            "",
            "Generated as (rows), taken for (columns), %:",
        ]
        head = ["", *(name.split()[-1] for name in self.players)]
        rows = [
            [name, *(f"{100 * share:.0f}" if share == share else "-" for share in row)]
            for name, row in zip(self.players, self.generated.confusion, strict=True)
        ]
        if self.no_player is not None:
            rows.append(["nobody", *(f"{100 * share:.0f}" for share in self.no_player)])
        widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
        for row in [head, *rows]:
            first, *others = zip(row, widths, strict=True)
            cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
            lines.append("  " + "  ".join(cells).rstrip())
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The same; shares 0 to 1."""
        return {
            "players": list(self.players),
            "register": self.register,
            "chance": self.chance,
            "human": _told(self.human),
            "valid": _told(self.valid) if self.valid else None,
            "generated": _told(self.generated) | {"interval": list(self.interval)},
            "centred": _told(self.centred),
            "apart": _told(self.apart),
            "no_player": None if self.no_player is None else self.no_player.round(4).tolist(),
        }


def players_with_most(solos: Sequence[Transcription], count: int = 8) -> tuple[str, ...]:
    """The players with the most notes among those who played over FEWEST_TUNES tunes or more, most first.

    Raises CorpusError for fewer than two.
    """
    notes: dict[str, int] = {}
    tunes: dict[str, set[str]] = {}
    for solo in solos:
        if solo.performer:
            notes[solo.performer] = notes.get(solo.performer, 0) + len(solo.notes)
            tunes.setdefault(solo.performer, set()).add(solo.title)
    enough = [name for name in notes if len(tunes[name]) >= FEWEST_TUNES]
    found = tuple(sorted(enough, key=lambda name: (-notes[name], name))[:count])
    if len(found) < 2:
        raise CorpusError(
            f"Players cannot be compared: {len(found)} of {len(notes)} played over {FEWEST_TUNES} tunes or"
            " more, expected two."
        )
    return found


def generate_as(
    playing_as: Callable[[str | None], Playing],
    names: Sequence[str | None],
    solos: Sequence[Transcription],
    *,
    choruses: int = 78,
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Transcription]:
    """Choruses as each player (None: nobody) over the same charts, at least `choruses` each.

    The performer of each is the player it was generated as, "" for nobody. `progress` is called with the
    choruses done. Raises ModelError, CorpusError.
    """
    found: list[Transcription] = []
    done = 0

    def reach(now: int) -> None:
        if progress is not None:
            progress(done + now)

    for name in names:
        made = generate(
            playing_as(name),
            solos,
            choruses=choruses,
            seed=seed,  # the same seed for all, so that only the player differs
            workers=workers,
            progress=reach,
        )
        done += sum(len(solo.sections) for solo in made)
        found += [replace(solo, performer=name or "") for solo in made]
    return found


def tell_players(
    train: Sequence[Transcription],
    generated: Sequence[Transcription],
    names: Sequence[str],
    *,
    valid: Sequence[Transcription] = (),
    register: bool = True,
    seed: int = 0,
) -> PlayersReport:
    """Fit the classifier on the solos of `names` in `train`, and ask it about the `generated` ones.

    Generated solos whose performer is "" are nobody's. Raises CorpusError if a player has no excerpt.
    """
    names = tuple(sorted(names))
    human = examples_of(_of(names, train), register=register)
    played = examples_of(_of(names, generated), register=register)
    for what, examples in (("human", human), ("generated", played)):
        missing = [name for name in names if name not in examples.players]
        if missing:
            raise CorpusError(
                f"There is no {what} excerpt of {missing[0]!r}: expected a solo of"
                f" {PLAYER_EXCERPT_NOTES} notes or more."
            )
    crossed = cross_validated(human.features, human.players, human.titles, penalty=PENALTY)
    model = fit(human.features, human.players, penalty=PENALTY, classes=names)
    said = model.log_probabilities(played.features)
    centred = model.log_probabilities(
        played.features - _mean_of(names, played) + _mean_of(names, human)
    )
    own = cross_validated(played.features, played.players, played.titles, penalty=PENALTY)
    held = examples_of(_of(names, valid), register=register)
    told_valid = None
    if held.players:
        told_valid = told(held, model.log_probabilities(held.features), names)
    nobody = examples_of([solo for solo in generated if not solo.performer], register=register)
    taken = None
    if nobody.players:
        best = model.log_probabilities(nobody.features).argmax(axis=1)
        taken = np.bincount(best, minlength=len(names)) / len(best)
    return PlayersReport(
        names,
        register,
        told(human, crossed, names),
        told_valid,
        told(played, said, names),
        told(played, centred, names),
        told(played, own, names),
        taken,
        _interval(played, said, names, np.random.default_rng(seed)),
    )


def _of(names: Sequence[str], solos: Sequence[Transcription]) -> list[Transcription]:
    return [solo for solo in solos if solo.performer in names]


def _mean_of(names: Sequence[str], examples: Examples) -> Floats:
    """(features,) the mean over the players, with equal weights."""
    players = np.array(examples.players)
    means = [examples.features[players == name].mean(axis=0) for name in names]
    return np.asarray(np.mean(means, axis=0))


def told(examples: Examples, said: Floats, names: Sequence[str]) -> Told:
    """Count which players the excerpts were taken for, from their (excerpts, players) log probabilities."""
    truth = np.array([names.index(player) for player in examples.players])
    confusion = np.full((len(names), len(names)), math.nan)
    best = said.argmax(axis=1)
    for at in range(len(names)):
        if (truth == at).any():
            confusion[at] = (
                np.bincount(best[truth == at], minlength=len(names)) / (truth == at).sum()
            )
    rows: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(examples.solos, examples.players, strict=True)):
        rows.setdefault(key, []).append(row)
    right: dict[int, list[bool]] = {}
    for those in rows.values():
        one = int(truth[those[0]])
        right.setdefault(one, []).append(int(said[those].sum(axis=0).argmax()) == one)
    return Told(confusion, len(truth), float(np.mean([np.mean(hits) for hits in right.values()])))


def _interval(
    examples: Examples, said: Floats, names: Sequence[str], rng: np.random.Generator
) -> tuple[float, float]:
    """95 % of the recognised share, by a bootstrap over the solos (charts)."""
    charts = sorted(set(examples.solos))
    hits: NDArray[np.float64] = np.zeros((len(charts), len(names)))
    counts = np.zeros_like(hits)
    for solo, player, row in zip(examples.solos, examples.players, said, strict=True):
        at, truth = charts.index(solo), names.index(player)
        hits[at, truth] += int(row.argmax()) == truth
        counts[at, truth] += 1
    drawn = rng.integers(0, len(charts), (2000, len(charts)))
    shares = hits[drawn].sum(axis=1) / np.maximum(counts[drawn].sum(axis=1), 1)
    low, high = np.percentile(shares.mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _percent(told: Told) -> str:
    return f"{100 * told.right:.1f} % ({100 * told.solos_right:.0f} % of whole solos)"


def _told(told: Told) -> dict[str, Any]:
    return {
        "right": round(told.right, 4),
        "solos_right": round(told.solos_right, 4),
        "excerpts": told.excerpts,
        "confusion": [
            [None if math.isnan(share) else round(float(share), 4) for share in row]
            for row in told.confusion
        ],
    }
