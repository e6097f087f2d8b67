"""Windows over solos: every step once, state kept within a solo and started afresh at its start."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.errors import CorpusError
from improv.training.dataset import (
    SEGMENT_WINDOWS,
    EncodedSequence,
    batches,
    build_table,
    check_size,
    split_held_out,
)


def sequence(length: int, first: int = 0) -> EncodedSequence:
    targets = [(first + i) % 10 for i in range(length)]
    return EncodedSequence([[] if i == 0 else [targets[i - 1]] for i in range(length)], targets)


def test_the_table_is_multi_hot_and_knows_where_solos_begin():
    """The first step of a solo shows no previous token."""
    table = build_table([sequence(3), EncodedSequence([[1, 4]], [9])], 5, 10)
    assert table.inputs.tolist() == [[0] * 5, [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 1]]
    assert table.targets.tolist() == [0, 1, 2, 9]
    assert table.spans == ((0, 3), (3, 4))


@pytest.mark.parametrize(
    "bad",
    [
        EncodedSequence([[5]], [0]),
        EncodedSequence([[-1]], [0]),
        EncodedSequence([[0]], [10]),
        EncodedSequence([[0], [1]], [1]),
    ],
)
def test_ids_out_of_range_are_refused(bad):
    """NumPy would take a negative index without a word."""
    with pytest.raises(ValueError, match="expected"):
        build_table([bad], 5, 10)


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    window=st.integers(1, 7),
    lanes=st.integers(1, 5),
    seed=st.none() | st.integers(0, 99),
)
def test_every_step_comes_once_and_in_order(lengths, window, lanes, seed):
    """Whatever the layout, a lane goes through a solo without a gap and resets only at starts."""
    table = build_table([sequence(length) for length in lengths], 10, 10)
    rng = None if seed is None else np.random.default_rng(seed)
    plan = batches(table, range(len(lengths)), window=window, lanes=lanes, rng=rng)
    starts = {first for first, _ in table.spans}
    if seed is not None:
        cut = SEGMENT_WINDOWS * window
        starts |= {step for first, end in table.spans for step in range(first, end, cut)}
    seen: list[int] = []
    expected = [-1] * lanes
    for batch in plan:
        for lane in range(lanes):
            steps = batch.steps[lane][batch.weights[lane] > 0].tolist()
            if not steps:
                continue
            assert steps == list(range(steps[0], steps[0] + len(steps)))
            if batch.keep[lane, 0]:
                assert steps[0] == expected[lane]
            else:
                assert steps[0] in starts
            expected[lane] = steps[-1] + 1
            seen += steps
    assert sorted(seen) == list(range(sum(lengths)))


def test_a_corpus_too_small_for_its_window_is_refused_with_numbers():
    """The longest solo must fill a window."""
    with pytest.raises(CorpusError, match=r"12 tokens.*window of 64"):
        check_size([sequence(5), sequence(12)], 64)
    with pytest.raises(CorpusError, match="0 tokens"):
        check_size([], 64)
    check_size([sequence(64)], 64)


@given(st.integers(1, 200), st.floats(0, 0.9), st.integers(0, 99))
def test_solos_are_held_out_whole(count, share, seed):
    """Every solo is on one side; something is always trained on; few solos are all needed."""
    train, held = split_held_out(count, share, np.random.default_rng(seed))
    assert sorted(train + held) == list(range(count))
    assert train
    assert bool(held) == (count >= 5 and share > 0)
