"""The short-term memory beside a count by brute force over everything that was said."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from improv.grammar.line.memory import FADE, HALF, NOTES_BACK, NOTES_KEPT, Experts

EXPERTS = 4
WIDTHS = (10, 12, 11, 13)
FIRSTS = (0, 10, 22, 33)


def drawn(n: int, seed: int) -> list[tuple[list[int], list[int]]]:
    """(contexts, columns): few contexts and candidates, so that they come again."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[list[int], list[int]]] = []
    for _ in range(n):
        contexts = [int(rng.integers(3)), int(rng.integers(9)) << 40, 1]
        candidate = int(rng.integers(10))
        rows.append((contexts, [first + candidate for first in FIRSTS]))
    return rows


def by_brute_force(
    said: list[tuple[list[int], list[int]]], contexts: list[int], kept: int
) -> tuple[dict[int, float], list[float]]:
    """Values by column, and sureness, from the definition."""
    values: dict[int, float] = {}
    totals, largest = [0.0] * EXPERTS, [0.0] * EXPERTS
    for expert in range(EXPERTS):
        counts: dict[int, float] = {}
        if expert < EXPERTS - 1:
            for then, columns in said[-kept:]:
                if then[expert] == contexts[expert]:
                    counts[columns[expert]] = counts.get(columns[expert], 0.0) + 1.0
        else:
            for age, (_, columns) in enumerate(reversed(said)):
                counts[columns[expert]] = counts.get(columns[expert], 0.0) + FADE**age
        total = totals[expert] = sum(counts.values())
        for column, count in counts.items():
            values[column] = count / (total + HALF)
        largest[expert] = max((values[c] for c in counts), default=0.0)
    return values, [*(math.log1p(total) for total in totals), *largest]


def look(memory: Experts, contexts: list[int]) -> tuple[dict[int, float], list[float]]:
    """The answers that are not 0, by column, and how sure the experts are."""
    answers = np.full(memory.columns, 7.0, np.float32)
    sureness = memory.look(contexts, answers)
    return {int(c): float(answers[c]) for c in answers.nonzero()[0]}, sureness


def agree(memory: Experts, said: list, contexts: list[int], kept: int = NOTES_KEPT) -> None:
    values, sureness = look(memory, contexts)
    expected, sure = by_brute_force(said, contexts, kept)
    assert values == pytest.approx(expected)
    assert sureness == pytest.approx(sure)


def test_an_empty_memory_says_nothing():
    """And is sure of nothing."""
    memory = Experts(WIDTHS)
    assert memory.columns == sum(WIDTHS)
    values, sureness = look(memory, [0, 0, 0])
    assert values == {} and list(sureness) == [0.0] * (2 * EXPERTS)


def test_what_came_once_is_two_thirds_sure():
    """1 / (1 + 1/2)."""
    memory = Experts((5, 5))
    memory.learn([7], [3, 8])
    values, sureness = look(memory, [7])
    assert values == pytest.approx({3: 2 / 3, 8: 2 / 3})
    assert sureness == pytest.approx([math.log(2), math.log(2), 2 / 3, 2 / 3])
    assert list(look(memory, [8])[0]) == [8]


OFTEN = [(), (0, 2), (1,), (2, 0, 1)]
"""Experts whose contexts come often: how they are kept changes no answer."""


@pytest.mark.parametrize("often", OFTEN)
@pytest.mark.parametrize("seed", range(3))
def test_answers_are_the_counts_of_what_followed(seed, often):
    """c / (n + 1/2) for each expert, the fading one among them, at every note."""
    memory, said = Experts(WIDTHS, often=often), []
    for contexts, columns in drawn(150, seed):
        agree(memory, said, contexts)
        memory.learn(contexts, columns)
        said.append((contexts, columns))
    agree(memory, said, [-1, -1, -1])


@pytest.mark.parametrize("often", OFTEN)
@pytest.mark.parametrize("kept", [1, 7, 40, 90])
def test_older_notes_are_forgotten(kept, often):
    """All but the last so many count no more; the fading expert lets them fade only."""
    memory, said = Experts(WIDTHS, kept, often), []
    for contexts, columns in drawn(120, 9):
        agree(memory, said, contexts, kept)
        memory.learn(contexts, columns)
        said.append((contexts, columns))


@pytest.mark.parametrize("often", OFTEN)
def test_it_does_not_grow_and_the_fading_scale_stays_finite(often):
    """20,000 notes, each with a context of its own; and nothing overflows."""
    memory = Experts(WIDTHS, 50, often)
    rng = np.random.default_rng(1)
    said = []
    for number in range(20_000):
        candidate = int(rng.integers(5))
        said.append(([number, number << 40, candidate], [first + candidate for first in FIRSTS]))
    for contexts, columns in said[:100]:
        memory.learn(contexts, columns)
    tracemalloc.start()
    try:
        for contexts, columns in said[100:]:
            memory.learn(contexts, columns)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 4000 + 200 * 50 * len(often)  # the strings of the fifty notes
    agree(memory, said[-2000:], said[-1][0], 50)


def test_it_goes_back_to_where_it_was():
    """Not full, getting full, and full; with what was pushed out."""
    said = drawn(900, 5)
    for before in (0, 30, 45, 300):
        memory = Experts(WIDTHS, notes_kept=50, often=(1,))
        for contexts, columns in said[:before]:
            memory.learn(contexts, columns)
        saved = memory.save()
        for contexts, columns in said[before : before + 200]:
            memory.learn(contexts, columns)
        memory.restore(saved)
        for at in range(before, before + 100):
            agree(memory, said[:at], said[at][0], 50)
            memory.learn(*said[at])


def test_it_goes_back_no_farther_than_it_knows():
    """And not forward."""
    memory, said = Experts(WIDTHS, notes_kept=50), drawn(NOTES_BACK + 1, 5)
    first = memory.save()
    for contexts, columns in said:
        memory.learn(contexts, columns)
    last = memory.save()
    with pytest.raises(ValueError, match="heard 513 notes cannot go back to 0"):
        memory.restore(first)
    memory.restore(last._replace(heard=10))
    with pytest.raises(ValueError, match="heard 10 notes cannot go back to 513"):
        memory.restore(last)


@pytest.mark.parametrize("often", [(), (0, 2)])
def test_what_is_learned_again_is_surer_and_can_be_taken_back(often):
    """Two notes after one context: what came last and was praised is four in six and a half."""
    memory = Experts(WIDTHS, often=often)
    contexts = [7, 8, 9]
    memory.learn(contexts, [1, 10, 22, 33])
    memory.learn(contexts, [2, 11, 23, 34])
    saved, faded = memory.save(), look(memory, contexts)[0][34]
    memory.learn_again(1, 3)
    said = look(memory, contexts)[0]
    assert said[1] == pytest.approx(1 / 5.5)
    assert said[2] == pytest.approx(4 / 5.5)
    assert said[34] == faded
    memory.restore(saved)
    assert look(memory, contexts)[0][2] == pytest.approx(1 / 2.5)
