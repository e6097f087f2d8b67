"""The token table: every pitch has one name, every wait one class, every token one text."""

from __future__ import annotations

import pytest
from line_decode import pitch_of

from improv.grammar.line.table import (
    LEAST_STEPS,
    LENGTHS,
    LONGEST_WAIT_STEPS,
    PITCHES,
    WAITS,
    Token,
    class_steps,
    degree_and_octave,
    length_class,
    longest_class,
    wait_class,
)


@pytest.mark.parametrize("root_pc", range(12))
def test_degree_and_octave_name_every_pitch_once(root_pc):
    """From every pitch before it, over every root; and back."""
    for last in range(PITCHES):
        names = [degree_and_octave(pitch, root_pc, last) for pitch in range(PITCHES)]
        assert len(set(names)) == PITCHES
        assert [pitch_of(*name, root_pc, last) for name in names] == list(range(PITCHES))
        assert all(0 <= degree < 12 and -11 <= octave <= 10 for degree, octave in names)


def test_the_octave_counts_from_the_first_of_the_degree_at_or_above_the_last_note():
    """D over a Dm7, after a D, the D above it, and the one below."""
    assert degree_and_octave(62, 2, 62) == (0, 0)
    assert degree_and_octave(74, 2, 62) == (0, 1)
    assert degree_and_octave(50, 2, 62) == (0, -1)
    assert degree_and_octave(65, 2, 62) == (3, 0)
    assert degree_and_octave(60, 2, 62) == (10, -1)


def test_every_wait_is_in_the_class_whose_range_holds_it():
    """And each class holds at least one, in order, with no gap."""
    together = [step for wait in range(WAITS) for step in class_steps(wait)]
    assert together == list(range(LONGEST_WAIT_STEPS + 1))
    for wait in range(WAITS):
        assert {wait_class(step) for step in class_steps(wait)} == {wait}
        assert class_steps(wait).start == LEAST_STEPS[wait]


def test_a_length_is_the_last_that_is_not_longer_or_reaches_the_next_onset():
    """Rounded down; what sounds up to the next onset says so."""
    for wait in (1, 2, 6, 25, 29, 60, 200, 1500):
        for steps in range(1, wait):
            said = LENGTHS[length_class(steps, wait)]
            assert said <= steps
            assert said == max(length for length in LENGTHS if length <= steps)
        for steps in (wait, wait + 1, 10 * wait):
            assert length_class(steps, wait) == longest_class(wait)
            assert LENGTHS[longest_class(wait)] >= min(wait, LENGTHS[-1])


def test_the_text_of_tokens():
    """As docs and logs show them."""
    assert str(Token(3, 0, 6, 0, 4, 5)) == "b3+0 w6 l5 +1"
    assert str(Token(None, 0, 12, 0, 0, 4)) == "begin w12"
    assert str(Token(11, -1, 50, 3, 34, 2)) == f"7-1 w{LEAST_STEPS[50] + 3} l61 -2"
