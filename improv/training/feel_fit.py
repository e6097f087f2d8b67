"""Fit the sums of tables of improv.feel to notes, and players beside everybody, without TensorFlow.

A sum is fitted by least squares with a ridge: every cell of a table is held towards 0, as if `held` notes of
value 0 stood in it, so a cell with few notes leaves the matter to the other tables; and neighbours along the
tempo are held towards a straight line. Players are random effects over solos (below).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from improv.feel.tables import Block, Floats, Ints, Shapes, Sum

HELD_NOTES = 40.0
_FIRST_HELD_NOTES = 1.0
"""The first table carries the level, which is hardly held."""
_BENT_NOTES = 300.0
_FEWEST_NOTES = 12
_BENT_FROM = 5
"""Rows with so many tempi are smoothed."""


def fit(shapes: Shapes, rows: Sequence[Ints], tempo_bpm: Floats, value: Floats) -> Sum:
    """The sum of tables of these shapes nearest to `value` (n,); `rows` are (n,) indices for each block."""
    starts = np.cumsum([0, *(n * len(tempi) for _, n, tempi in shapes)])
    size = int(starts[-1])
    indices, weights = [], []
    for (_, _, tempi), index, start in zip(shapes, rows, starts, strict=False):
        if len(tempi) == 1:
            indices.append(start + index)
            weights.append(np.ones(len(value)))
            continue
        at = np.clip(tempo_bpm, tempi[0], tempi[-1])
        low = np.clip(np.searchsorted(tempi, at, side="right") - 1, 0, len(tempi) - 2)
        steps = np.diff(tempi)
        high_weight = (at - np.array(tempi)[low]) / steps[low]
        base = start + index * len(tempi) + low
        indices += [base, base + 1]
        weights += [1.0 - high_weight, high_weight]
    normal = np.zeros(size * size)
    right = np.zeros(size)
    for i, w in zip(indices, weights, strict=True):
        right += np.bincount(i, w * value, minlength=size)
        for j, v in zip(indices, weights, strict=True):
            normal += np.bincount(i * size + j, w * v, minlength=size * size)
    matrix = normal.reshape(size, size)
    for number, (_, n, tempi) in enumerate(shapes):
        length = len(tempi)
        own = np.eye(length) * (HELD_NOTES if number else _FIRST_HELD_NOTES)
        if length >= _BENT_FROM:
            bend = np.diff(np.eye(length), 2, axis=0)
            own += _BENT_NOTES * bend.T @ bend
        for row in range(n):
            at_row = slice(starts[number] + row * length, starts[number] + (row + 1) * length)
            matrix[at_row, at_row] += own
    found = np.rint(np.linalg.solve(matrix, right) * 1000.0).astype(int)
    blocks = []
    for (name, n, tempi), start in zip(shapes, starts, strict=False):
        table = found[start : start + n * len(tempi)].reshape(n, len(tempi))
        blocks.append(Block(name, tempi, tuple(tuple(int(v) for v in row) for row in table)))
    return Sum(tuple(blocks))


def players_beside(
    value: Floats, solo: Ints, performers: Sequence[str]
) -> tuple[dict[str, float], float, float]:
    """({performer: offset}, SD between players, SD between a player's solos) of `value` (n,), a note each.

    value = player + solo + note, all random. The variances are estimated by moments; a player's offset is the
    mean of the player's solos, each weighted by how well it is known, shrunk by what is known of players: a
    player with few solos or few notes is played nearly like everybody. Solos with fewer notes than
    _FEWEST_NOTES are left out. Neighbouring notes deviate alike, so two notes count as one.
    """
    means: list[float] = []
    noises: list[float] = []
    who: list[str] = []
    for number, performer in enumerate(performers):
        own = value[(solo == number) & np.isfinite(value)]
        if len(own) >= _FEWEST_NOTES:
            means.append(float(own.mean()))
            noises.append(float(own.var()) * 2 / len(own))
            who.append(performer)
    mean, noise = np.array(means), np.array(noises)
    groups = {name: np.flatnonzero(np.array(who) == name) for name in sorted(set(who))}
    many = [index for index in groups.values() if len(index) > 1]
    left = sum(len(index) - 1 for index in many)
    if not left:
        return dict.fromkeys(groups, 0.0), 0.0, 0.0
    within = sum(float(((mean[i] - mean[i].mean()) ** 2).sum()) for i in many) / left
    solo_variance = max(0.0, within - float(noise.mean()))
    centre = float(np.average(mean, weights=1 / (solo_variance + noise)))
    known = {
        name: (
            float(np.average(mean[i], weights=1 / (solo_variance + noise[i]))) - centre,
            float(1 / np.sum(1 / (solo_variance + noise[i]))),
        )
        for name, i in groups.items()
    }
    spread = float(np.mean([offset**2 - error for offset, error in known.values()]))
    variance = max(0.0, spread)
    offsets = {
        name: offset * variance / (variance + error) if variance else 0.0
        for name, (offset, error) in known.items()
    }
    return offsets, variance**0.5, solo_variance**0.5
