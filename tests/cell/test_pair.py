"""The pair cell beside the equations of two LSTM layers, written out in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from pair_maker import LABELS, STARTS, UNITS, WIDTH, arrays, pair_cell

from improv.cell.pair import PairCell, StageWeights, apart, together
from improv.grammar.line.inputs import MELODY, RHYTHM

BLOCKS = (len(MELODY), len(RHYTHM))
SIZES = tuple(tuple(size for _, size in table) for table in (MELODY, RHYTHM))


def drawn_inputs(rng, stage):
    """One value a block."""
    return [int(rng.integers(size)) for size in SIZES[stage]]


def lstm_by_the_book(layer, x, h, c):
    """(h, c) after one step; gates in Keras' order i, f, c, o."""
    kernel, recurrent, bias = (array.astype(np.float64) for array in layer)
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("seed", range(3))
def test_the_steps_are_those_of_two_lstm_layers(seed):
    """200 tokens, both stages, state carried, within 2e-5."""
    made, cell = arrays(seed, 0.3), pair_cell(seed, 0.3)
    rng = np.random.default_rng(seed)
    label = rng.random(LABELS.size)
    who, state = cell.who(label), cell.initial_state()
    shown_who = label @ made["who"][0].astype(np.float64)
    exact = [(np.zeros(n), np.zeros(n)) for n in UNITS]
    for _ in range(200):
        inputs = [drawn_inputs(rng, stage) for stage in (0, 1)]
        first, state = cell.first(inputs[0], who, state)
        second, state = cell.second(inputs[1], who, state)
        for stage, name in enumerate(("melody", "rhythm")):
            rows = made[f"{name}_embedding"][0][np.array(STARTS[stage]) + inputs[stage]]
            below = [exact[0][0]] if stage else []
            x = np.concatenate([*below, rows.reshape(-1).astype(np.float64), shown_who])
            exact[stage] = lstm_by_the_book(made[name], x, *exact[stage])
            heads, bias = made[f"{name}_heads"]
            answer = (first, second)[stage]
            np.testing.assert_allclose(answer, exact[stage][0] @ heads + bias, rtol=0, atol=2e-5)
            np.testing.assert_allclose(
                cell.hidden(state)[stage], exact[stage][0], rtol=0, atol=2e-5
            )


@pytest.mark.parametrize("k", [1, 2, 16])
def test_lines_that_are_stepped_at_once_are_those_that_are_stepped_alone(k):
    """50 tokens of k lines with labels of their own: the same answers and states but for the last bits."""
    cell, rng = pair_cell(1, 0.3), np.random.default_rng(k)
    whos = [cell.who(rng.random(LABELS.size)) for _ in range(k)]
    alone = [cell.initial_state() for _ in range(k)]
    at_once = together(alone)
    for _ in range(50):
        for stage, step in enumerate((cell.first, cell.second)):
            inputs = [drawn_inputs(rng, stage) for _ in range(k)]
            answers, at_once = step(np.array(inputs), together(whos), at_once)
            for line in range(k):
                answer, alone[line] = step(inputs[line], whos[line], alone[line])
                np.testing.assert_allclose(answers[line], answer, rtol=0, atol=1e-5)
    for line, state in zip(apart(at_once), alone, strict=True):
        for one, other in zip(line, state, strict=True):
            assert one.shape == other.shape
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


def test_steps_are_pure():
    """The same state gives the same answer again, bit for bit; no state that was handed out changes."""
    cell, rng = pair_cell(), np.random.default_rng(0)
    who, state = cell.who(np.zeros(LABELS.size)), cell.initial_state()
    for _ in range(5):
        inputs = [drawn_inputs(rng, stage) for stage in (0, 1)]
        before = [array.copy() for array in state]
        first, after = cell.first(inputs[0], who, state)
        second, later = cell.second(inputs[1], who, after)
        assert (cell.first(inputs[0], who, state)[0] == first).all()
        assert (cell.second(inputs[1], who, after)[0] == second).all()
        for array, kept in zip(state, before, strict=True):
            assert (array == kept).all()
        assert later.first_h is after.first_h and later.first_c is after.first_c
        state = later


def test_the_rhythm_hears_the_melody():
    """What the first stage was shown reaches the second's answer within the token."""
    cell = pair_cell()
    who, start = cell.who(np.zeros(LABELS.size)), cell.initial_state()
    answers = []
    for pitch in (60, 61):
        _, state = cell.first([pitch] + [0] * (BLOCKS[0] - 1), who, start)
        answers.append(cell.second([0] * BLOCKS[1], who, state)[0])
    assert np.abs(answers[0] - answers[1]).max() > 1e-3


def test_a_label_moves_both_answers_and_mixes_in_proportion():
    """What a mixture adds is the mixture of what its parts add."""
    cell = pair_cell()
    ann, bob = (LABELS.vector({name: 1.0}) for name in LABELS.players)
    who_ann, who_bob, both = (cell.who(v) for v in (ann, bob, 0.7 * ann + 0.3 * bob))
    for stage in ("first", "second"):
        one, other = getattr(who_ann, stage), getattr(who_bob, stage)
        assert np.abs(one - other).max() > 0.01
        np.testing.assert_allclose(getattr(both, stage), 0.7 * one + 0.3 * other, atol=1e-5)


def test_sizes_and_types():
    """As the grammar and the card check them."""
    cell = pair_cell()
    assert cell.units == UNITS
    assert cell.n_inputs == tuple(map(sum, SIZES))
    assert cell.n_labels == LABELS.size
    answer, state = cell.first([0] * BLOCKS[0], cell.who(np.zeros(6)), cell.initial_state())
    assert answer.shape == (cell.n_outputs[0],)
    assert answer.dtype == state.first_h.dtype == state.first_c.dtype == np.float32


def test_a_label_of_another_length_is_refused():
    """With both lengths."""
    with pytest.raises(ValueError, match=r"shape \(5,\), expected \(6,\)"):
        pair_cell().who(np.zeros(5))


@pytest.mark.parametrize("what", ["kernel", "recurrent", "bias", "heads", "heads_bias", "blocks"])
def test_arrays_that_do_not_fit_each_other_are_refused(what):
    """Which stage, what was found and expected."""
    made = arrays()

    def stage(name, blocks):
        return StageWeights(
            made[f"{name}_embedding"][0], blocks, *made[name], *made[f"{name}_heads"]
        )

    first, second = stage("melody", BLOCKS[0]), stage("rhythm", BLOCKS[1])
    fields = dict(vars(second))
    fields[what] = fields[what] - 1 if what == "blocks" else fields[what][..., :-1]
    if what == "heads":
        fields[what] = vars(second)["heads"][:-1]
    with pytest.raises(ValueError, match="The second stage has shapes"):
        PairCell(first, StageWeights(**fields), made["who"][0], {}, STARTS)


def test_weights_that_overflow_are_found_out():
    """Finite themselves, their first answer is not."""
    assert pair_cell().is_finite()
    made = arrays()
    made["melody_heads"][0] = 3e38 * np.sign(made["melody_heads"][0])

    def stage(name, blocks):
        return StageWeights(
            made[f"{name}_embedding"][0], blocks, *made[name], *made[f"{name}_heads"]
        )

    cell = PairCell(
        stage("melody", BLOCKS[0]), stage("rhythm", BLOCKS[1]), made["who"][0], {}, STARTS
    )
    assert not cell.is_finite()
    assert WIDTH == made["who"][0].shape[1]
