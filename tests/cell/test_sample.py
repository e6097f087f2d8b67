"""Drawing a token: argmax, temperature, top-p, mask, seed."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import improv.cell.sample as module
from improv.cell.sample import sample

LOGITS = st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=12).map(
    lambda values: np.array(values, np.float32)
)
SEEDS = st.integers(0, 2**32)


def softmax(logits, temperature=1.0):
    scores = np.asarray(logits, float) / temperature
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


@given(LOGITS, SEEDS)
def test_temperature_0_is_argmax_and_draws_nothing(logits, seed):
    """The likeliest token, the lowest id of a tie; the generator is as it was."""
    rng = np.random.default_rng(seed)
    assert sample(logits, rng, temperature=0.0) == int(logits.argmax())
    assert rng.random() == np.random.default_rng(seed).random()


@given(LOGITS, SEEDS, st.floats(0.01, 1.0), st.floats(0.05, 5.0))
def test_top_p_keeps_the_smallest_set_that_reaches_it(logits, seed, top_p, temperature):
    """All tokens likelier than the one drawn together do not yet reach p."""
    token = sample(logits, np.random.default_rng(seed), temperature=temperature, top_p=top_p)
    probabilities = softmax(logits, temperature)
    likelier = probabilities[probabilities > probabilities[token]].sum()
    assert likelier < top_p + 1e-9


@given(
    st.lists(st.integers(-8, 8), min_size=1, max_size=90).map(lambda v: np.array(v, np.float32)),
    SEEDS,
    st.floats(0.05, 1.0),
)
def test_few_weights_are_drawn_as_many_are(logits, seed, top_p):
    """As a list and as an array, ties included: the same token."""
    tokens = []
    for few in (0, 100):
        with mock.patch.object(module, "_FEW", few):
            tokens.append(sample(logits, np.random.default_rng(seed), top_p=top_p))
    assert tokens[0] == tokens[1]


@given(LOGITS, SEEDS, st.data())
def test_the_mask_is_respected(logits, seed, data):
    """A masked token never comes, however likely it is."""
    size = len(logits)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    assume(mask.any())
    for temperature in (0.0, 1e-300, 0.5, 3.0):
        token = sample(
            logits, np.random.default_rng(seed), temperature=temperature, top_p=0.9, mask=mask
        )
        assert mask[token]


@given(LOGITS, SEEDS)
def test_the_same_seed_draws_the_same_token_and_one_number(logits, seed):
    """A draw uses exactly one random number, so what follows does not depend on what was drawn."""
    one, other = np.random.default_rng(seed), np.random.default_rng(seed)
    assert sample(logits, one) == sample(logits, other, top_p=1.0)
    other = np.random.default_rng(seed)
    other.random()
    assert one.random() == other.random()


def test_logits_are_not_changed():
    """Neither by the mask nor by the temperature."""
    logits = np.array([1, 2, 3], np.float32)
    sample(logits, np.random.default_rng(0), temperature=0.5, mask=np.array([True, False, True]))
    assert logits.tolist() == [1, 2, 3]


def test_draws_follow_the_probabilities():
    """Over many draws each token comes as often as its softmax says (within 4 standard errors)."""
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05]))
    rng = np.random.default_rng(7)
    draws = 20_000
    counts = np.bincount([sample(logits, rng) for _ in range(draws)], minlength=4) / draws
    expected = softmax(logits)
    assert (abs(counts - expected) < 4 * np.sqrt(expected * (1 - expected) / draws)).all()


def test_a_high_temperature_flattens_and_a_low_one_sharpens():
    """The unlikely token comes more often, and less often, than at 1."""
    logits = np.array([2.0, 0.0])
    shares = []
    for temperature in (0.5, 1.0, 4.0):
        rng = np.random.default_rng(3)
        shares.append(np.mean([sample(logits, rng, temperature=temperature) for _ in range(4000)]))
    assert shares[0] < shares[1] < shares[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mask": np.zeros(3, bool)}, "No token can be drawn"),
        ({"mask": np.ones(4, bool)}, "shape"),
        ({"temperature": -1.0}, "Temperature"),
        ({"temperature": float("nan")}, "Temperature"),
        ({"top_p": 0.0}, "top_p"),
        ({"top_p": 1.5}, "top_p"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message):
    """With one sentence that names the argument."""
    with pytest.raises(ValueError, match=message):
        sample(np.zeros(3), np.random.default_rng(0), **arguments)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_logits_that_are_no_numbers_are_refused(bad):
    """A broken cell is not played."""
    with pytest.raises(ValueError, match="not finite"):
        sample(np.array([0.0, bad, 1.0]), np.random.default_rng(0))
