"""What a follower is asked: both have all of it."""

from __future__ import annotations

import random

import pytest

from improv.midi.events import ClockMessage
from improv.sync.follow_link import LinkFollower
from improv.sync.midi_clock import ClockFollower
from improv.sync.moves import (
    PULSE_TICK,
    PULSES_PER_BEAT,
    SIXTEENTH_TICK,
    Follower,
    Follows,
    Halts,
    Rolls,
    Says,
    Seeks,
    summed,
)


@pytest.mark.parametrize("follower", [ClockFollower, LinkFollower])
def test_who_follows_a_clock_answers_all_that_the_performer_asks(follower):
    asked = {name for name in vars(Follower) if not name.startswith("_")} | {"kind"}
    assert asked >= {"hear", "look", "wake_ns", "where", "set_tempo", "close"}
    assert all(hasattr(follower, name) for name in asked)


def test_a_sixteenth_is_six_pulses():
    """MIDI 1.0: 24 pulses a quarter, song positions in sixteenths."""
    assert PULSES_PER_BEAT == 24
    assert SIXTEENTH_TICK == 6 * PULSE_TICK


def done(moves, rolling):
    """Where they lead: (whether it rolls, where it was put, where it is, what was said)."""
    put = at = None
    for move in moves:
        if isinstance(move, Halts):
            rolling, at = False, None
        elif isinstance(move, Rolls):
            rolling = True
        elif isinstance(move, Seeks):
            put, at = move, None
        elif isinstance(move, Follows):
            at = move
    return rolling, put, at if rolling else None, [m for m in moves if isinstance(m, Says)]


@pytest.mark.parametrize("seed", range(100))
def test_what_is_left_of_many_moves_leads_to_where_they_lead(seed):
    rng = random.Random(seed)
    follower, ns = ClockFollower("'DAW'", 500_000_000), 0
    kinds = [b"\xf8"] * rng.randrange(1, 20) + [b"\xfa", b"\xfb", b"\xfc", b"\xf2\x10\x00"]
    moves = []
    for _ in range(rng.randrange(200)):
        ns += rng.choice((1_000_000, 20_000_000, 20_000_000, 900_000_000))
        moves += follower.look(ns)
        moves += follower.hear(ClockMessage(ns, rng.choice(kinds)))
    left = summed(moves)
    assert done(left, False) == done(moves, False)
    assert len([move for move in left if not isinstance(move, Says)]) <= 4
    assert summed(left) == left


def test_one_step_is_left_as_it_is():
    at = Follows(0, 0, 500_000_000)
    for moves in (
        [Halts(), Seeks(0)],
        [at, Rolls(0), Says("a")],
        [Halts(), Says("lost")],
        [at],
        [],
    ):
        assert summed(moves) == moves


def test_it_halts_before_it_goes_elsewhere_and_rolls_there():
    at, later = Follows(0, 0, 1), Follows(20, 1, 1)
    moves = [Halts(), Seeks(0), at, Rolls(0), Halts(), Seeks(480), at, Rolls(480), later]
    assert summed(moves) == [Halts(), Seeks(480), later, Rolls(480)]
    assert summed([Seeks(480), at, Rolls(480), Halts()]) == [Halts(), Seeks(480)]
