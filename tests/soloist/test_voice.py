"""A voice whose tokens are drawn in one piece: what it asks of its cell and decoder, token by token."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from improv.controls.table import Controls
from improv.music.note import Note
from improv.soloist.voice import TokenVoice

VOCABULARY = ("a", "b", "rest")


class Cell:
    """Its state counts its steps; it likes every token as well, but for the last that was shown."""

    def initial_state(self):
        return 0

    def step(self, inputs, state):
        logits = np.zeros(3, np.float32)
        logits[list(inputs)] -= 5.0
        return logits, state + 1


class Decoder:
    """A beat a token; before the first note no rest."""

    tokens = VOCABULARY

    def __init__(self):
        self.tick, self.fed = 0, []

    def inputs(self):
        return self.fed[-1:]

    def mask(self):
        return None if self.fed else np.array([True, True, False])

    def feed(self, token):
        self.fed.append(token)
        self.tick += 480
        return None if token == 2 else Note(self.tick - 480, 400, 60 + token, 80)


def voice(seed=1):
    return TokenVoice(Cell(), Decoder(), np.random.default_rng(seed))


def said(voice, n=40, controls=None):
    return [voice.step(controls or Controls()) for _ in range(n)]


def test_a_step_is_a_token_its_place_and_its_note():
    steps = said(voice())
    assert [step.tick for step in steps] == [*range(0, 40 * 480, 480)]
    assert all(step.next_tick == step.tick + 480 for step in steps)
    assert {step.text for step in steps} == {*VOCABULARY}
    for step in steps:
        assert step.text == step.token, "as its grammar writes it"
        assert (step.note is None) == (step.text == "rest")
        assert step.note is None or step.note.onset_tick == step.tick


def test_the_cell_is_shown_what_was_said_before():
    steps = [step.token for step in said(voice(), 400)]
    again = sum(one == other for one, other in pairwise(steps))
    assert again < 20, "of 400; a third without that"


def test_the_same_seed_says_the_same_and_another_seed_from_there_on_something_else():
    one, other = voice(), voice()
    assert [s.text for s in said(one)] == [s.text for s in said(other)]
    other.reseed((7,))
    assert [s.text for s in said(one)] != [s.text for s in said(other)]


def test_what_is_masked_is_not_said():
    assert {said(voice(seed), 1)[0].text for seed in range(40)} == {"a", "b"}


def test_at_temperature_0_the_likeliest_is_said_whatever_the_seed():
    cold = Controls(temperature=0.0)
    assert [s.text for s in said(voice(1), controls=cold)] == [
        s.text for s in said(voice(2), controls=cold)
    ]


def test_a_tempo_is_nothing_to_it():
    one, other = voice(), voice()
    other.set_tempo(300.0)
    assert [s.text for s in said(one)] == [s.text for s in said(other)]
