"""What distinguishes players in a stretch of notes, as numbers for a classifier.

None of them reveals the tune, tempo or key. The register (the range of the instrument) is a group of its own,
because it says more about the horn than about the player: `register=False` leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.evaluation.musical_measures import REST_STEP, Floats, Lines, excerpts, lines_of
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Transcription

PLAYER_EXCERPT_NOTES = 128
"""About twenty bars. With 8 players, 41 % of the excerpts of 64 notes are recognised, 47 % of those of 128,
and 50 % of those of 192, of which there are fewer."""
_WIDEST = 13
_LONGEST = 25


@dataclass(frozen=True)
class Examples:
    """Excerpts of solos: `features` (excerpts, features), and the player, solo and tune of each."""

    features: Floats
    players: tuple[str, ...]
    solos: tuple[str, ...]
    titles: tuple[str, ...]

    def where(self, chosen: NDArray[np.bool_]) -> Examples:
        """The excerpts of a mask (excerpts,)."""
        at = np.flatnonzero(chosen)
        return Examples(
            self.features[at],
            tuple(self.players[i] for i in at),
            tuple(self.solos[i] for i in at),
            tuple(self.titles[i] for i in at),
        )


def examples_of(
    solos: Iterable[Transcription], *, notes: int = PLAYER_EXCERPT_NOTES, register: bool = True
) -> Examples:
    """Every `notes` successive notes of each solo as features, with the player."""
    rows, players, ids, titles = [], [], [], []
    for solo in solos:
        lines = lines_of(solo)
        for first, end in excerpts(lines, notes):
            rows.append(features(lines, first, end, register=register))
            players.append(solo.performer)
            ids.append(solo.id)
            titles.append(solo.title)
    found = np.array(rows) if rows else np.zeros((0, 0))
    return Examples(found, tuple(players), tuple(ids), tuple(titles))


def features(lines: Lines, first: int, end: int, *, register: bool = True) -> Floats:
    """(features,) of the notes from `first` up to but not including `end`, at least three.

    Shares of intervals (-13 and below .. 13 and above), times between onsets (1..24 steps, longer), places
    in the beat and beats of the bar, degrees against the chord and on which of them long notes fall; how
    dense, how broken up, how tied, how wide, how often the line turns.
    """
    onset, pitch = lines.onset[first:end], lines.pitch[first:end]
    steps, waits = np.diff(pitch), np.diff(onset)
    sounding = np.minimum(lines.duration[first : end - 1], waits)
    gaps = waits - sounding
    degree = lines.degree[first:end]
    in_bar = onset % lines.bar_step
    turns = steps[:-1] * steps[1:] < 0
    rests = gaps >= REST_STEP
    tied = sounding / waits
    close = waits <= STEPS_PER_BEAT  # only notes within a line have an articulation
    groups = [
        _shares(np.clip(steps, -_WIDEST, _WIDEST) + _WIDEST, 2 * _WIDEST + 1),
        _shares(np.minimum(waits, _LONGEST) - 1, _LONGEST),
        _shares(in_bar % STEPS_PER_BEAT, STEPS_PER_BEAT),
        _shares(np.minimum(in_bar // STEPS_PER_BEAT, 3), 4),
        _shares(degree[degree >= 0], 12),
        _shares(degree[:-1][(degree[:-1] >= 0) & (waits >= 2 * STEPS_PER_BEAT)], 12),
        np.array(
            [
                np.log(len(onset) / (onset[-1] - onset[0])),
                float(gaps.sum() / waits.sum()),
                float(rests.mean()),
                float(np.log1p(np.diff(np.flatnonzero(np.r_[True, rests, True])).std())),
                float(turns.mean()),
                float(np.abs(steps).mean()),
                float(steps.std()),
                float((steps == 0).mean()),
                float(tied[close].mean()) if close.any() else 1.0,
                float(tied[close].std()) if close.any() else 0.0,
                float((waits[1:] == waits[:-1]).mean()),
                float(np.log(waits).std()),
                float((np.abs(steps) <= 2).mean()),
                _entropy_of_pairs(steps, steps),
                _entropy_of_pairs(waits, waits),
            ]
        ),
    ]
    if register:
        groups.append(np.array([pitch.mean(), pitch.std(), pitch.min(), pitch.max()], np.float64))
    return np.concatenate(groups)


def _shares(values: NDArray[np.int64], bins: int) -> Floats:
    """Square roots of the shares, so that differences of rare and frequent things have the same weight."""
    counts = np.bincount(values, minlength=bins)[:bins]
    return np.sqrt(counts / max(1, counts.sum()))


def _entropy_of_pairs(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    pairs = np.stack([first[:-1], second[1:]], axis=1)
    _, counts = np.unique(pairs, axis=0, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
