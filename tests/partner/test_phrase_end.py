"""When a pause is the end of a phrase: by what may still come."""

from __future__ import annotations

import numpy as np

from improv.grammar.line.table import WAITS, wait_class
from improv.partner.phrase_end import end_steps


def scores(**shares):
    """Of waits "w6", with these shares of probability."""
    found = np.full(WAITS, -np.inf, np.float32)
    for name, share in shares.items():
        found[wait_class(int(name[1:]))] = np.log(share)
    return found


def test_a_run_of_eighths_is_over_as_soon_as_the_next_one_does_not_come():
    assert end_steps(scores(w6=0.8, w24=0.2), 5) == 7


def test_where_a_longer_note_may_still_come_it_waits_for_that():
    assert end_steps(scores(w6=0.5, w12=0.3, w36=0.2), 5) == 13


def test_a_beat_of_silence_ends_any_phrase():
    assert end_steps(scores(w15=0.9, w36=0.1), 4) == 16


def test_it_is_not_over_while_the_note_sounds():
    assert end_steps(scores(w96=1.0), 20) == 20
