"""The seed's training arrays."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from improv.course.arrays import build_arrays, snippet_starts
from improv.errors import CorpusError

CORPUS = [f"t{number % 7}" for number in range(40)]
VALUES = sorted(set(CORPUS))


def test_shapes_and_blanks() -> None:
    inputs, targets = build_arrays(CORPUS, VALUES, m=5, tx=10)
    assert inputs.shape == (5, 10, 7)
    assert targets.shape == (10, 5, 7)
    assert not inputs[:, 0].any()
    assert not targets[-1].any()
    assert (inputs[:, 1:].sum(axis=2) == 1).all()
    assert (targets[:-1].sum(axis=2) == 1).all()


def test_targets_are_the_next_inputs() -> None:
    inputs, targets = build_arrays(CORPUS, VALUES, m=5, tx=10)
    assert (targets[1:-1] == inputs.swapaxes(0, 1)[2:]).all()
    for i, start in enumerate(snippet_starts(len(CORPUS), m=5, tx=10)):
        assert VALUES[int(targets[0, i].argmax())] == CORPUS[start + 1]


def test_the_real_last_target() -> None:
    _, targets = build_arrays(CORPUS, VALUES, m=5, tx=10, real_last_target=True)
    for i, start in enumerate(snippet_starts(len(CORPUS), m=5, tx=10)):
        assert VALUES[int(targets[9, i].argmax())] == CORPUS[start + 10]


def test_the_global_generator_is_left_alone() -> None:
    before = np.random.get_state()[1].copy()  # type: ignore[union-attr]
    snippet_starts(100)
    assert (np.random.get_state()[1] == before).all()  # type: ignore[index]


def test_too_small_a_corpus_is_refused() -> None:
    with pytest.raises(CorpusError, match="at least 31 tokens"):
        snippet_starts(30)
    assert snippet_starts(31) == [0] * 60


def test_an_unknown_token_is_named() -> None:
    with pytest.raises(CorpusError, match="'t6'"):
        build_arrays(CORPUS, VALUES[:-1], tx=10)


@pytest.mark.shared
def test_the_reference_arrays(shared_dir: Path) -> None:
    golden_dir = shared_dir / "seed" / "golden"
    facts = json.loads((golden_dir / "arrays.json").read_text())
    corpus = json.loads((golden_dir / "corpus.json").read_text())
    tokens, values = corpus["corpus"], corpus["values_sorted"]
    assert snippet_starts(len(tokens)) == facts["starts"]
    assert len(set(facts["starts"])) == facts["n_distinct_starts"]
    inputs, targets = build_arrays(tokens, values)
    assert list(inputs.shape) == facts["X_shape"]
    assert list(targets.shape) == facts["Y_shape"]
    assert str(inputs.dtype) == facts["X_dtype"]
    assert str(targets.dtype) == facts["Y_dtype"]
    expected_x, expected_y = np.zeros((60, 30, 78), bool), np.zeros((30, 60, 78), bool)
    index_of = {value: index for index, value in enumerate(values)}
    for i, start in enumerate(facts["starts"]):
        for j in range(1, 30):
            expected_x[i, j, index_of[tokens[start + j]]] = True
            expected_y[j - 1, i, index_of[tokens[start + j]]] = True
    assert (inputs == expected_x).all()
    assert (targets == expected_y).all()
    assert inputs.sum() == targets.sum() == 1740
    seen = inputs.any(axis=(0, 1)) | targets.any(axis=(0, 1))
    never = [value for value, was in zip(values, seen, strict=True) if not was]
    assert never == sorted(facts["values_never_seen_in_X_or_Y"])
    assert int(targets.any(axis=(0, 1)).sum()) == facts["distinct_tokens_seen_in_targets"]
    first = targets[0].sum(axis=0)
    for value, count in facts["target_at_step_0_counts"].items():
        assert int(first[index_of[value]]) == count
    for bound in facts["theoretical_bounds_per_step"]:
        best, entropy = _bounds(tokens, facts["starts"], bound["step"])
        assert best == pytest.approx(bound["max_accuracy"], abs=5e-5)
        assert entropy == pytest.approx(bound["min_mean_cross_entropy"], abs=5e-5)


def _bounds(tokens: list[str], starts: list[int], step: int) -> tuple[float, float]:
    """Best accuracy and cross-entropy of a predictor that knows all it has been shown."""
    contexts: dict[tuple[str, ...], dict[str, int]] = {}
    for start in starts:
        context = tuple(tokens[start + 1 : start + step])
        counts = contexts.setdefault(context, {})
        target = tokens[start + step]
        counts[target] = counts.get(target, 0) + 1
    best = sum(max(counts.values()) for counts in contexts.values()) / len(starts)
    entropy = 0.0
    for counts in contexts.values():
        total = sum(counts.values())
        entropy -= sum(n * np.log(n / total) for n in counts.values()) / len(starts)
    return best, float(entropy)
