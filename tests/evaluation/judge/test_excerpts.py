"""From pairs of solos to rows."""

from __future__ import annotations

import numpy as np
from note_maker import notes
from solo_maker import solo

from improv.evaluation.judge.excerpts import (
    COLUMNS,
    FAMILY_NAMES,
    excerpts_of,
    ratios_with,
    ratios_without,
    rows_of,
    tunes_of,
)


def test_excerpts_are_eight_bars_from_the_bar_of_the_first_note():
    line = notes(range(60, 60 + 48 * 20, 12))
    parts = excerpts_of(line)
    assert [int(part.onset[0]) for part in parts] == [60, 48 + 8 * 48]
    assert [int(part.onset[-1]) for part in parts] == [48 + 8 * 48 - 12, 48 + 16 * 48 - 12]
    assert [len(part) for part in excerpts_of(notes(range(0, 48 * 3, 6)))] == [24], (
        "a short solo is one"
    )
    assert excerpts_of(notes([0, 400])) == []
    assert excerpts_of(notes([])) == []


def test_solos_over_one_tune_are_of_one_tune():
    pairs = [
        (solo(title, seed=at), solo(title, seed=9))
        for at, title in enumerate(["A", "B", "A", "", ""])
    ]
    assert tunes_of(pairs).tolist() == [0, 1, 0, 2, 3]


def test_rows_are_those_of_both_halves_and_ratios_leave_out_their_own_fold():
    pairs = [(solo(title), solo(title, seed=1)) for title in "ABCDEF"]
    without = ratios_without(pairs, folds=3)
    assert without(0) is without(3)
    assert without(0) is not without(1)
    rows = rows_of(pairs, without)
    assert rows.values.shape == (len(rows.notes), len(COLUMNS))
    assert rows.people.sum() == (~rows.people).sum() == 12
    assert rows.tune.tolist() == rows.solo.tolist() == np.repeat(np.arange(6), 4).tolist()
    assert {family for family, _ in COLUMNS} == set(FAMILY_NAMES)
    known = rows_of(pairs, lambda _: ratios_with(pairs))
    at = COLUMNS.index(("n-grams of rhythm", "log ratio: rhythm"))
    apart = [
        found.values[found.people, at].mean() - found.values[~found.people, at].mean()
        for found in (rows, known)
    ]
    assert apart[1] > apart[0], "who was counted is known by heart"
