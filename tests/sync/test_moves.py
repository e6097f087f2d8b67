"""What a follower is asked: both have all of it."""

from __future__ import annotations

import pytest

from improv.sync.follow_link import LinkFollower
from improv.sync.midi_clock import ClockFollower
from improv.sync.moves import PULSE_TICK, PULSES_PER_BEAT, SIXTEENTH_TICK, Follower


@pytest.mark.parametrize("follower", [ClockFollower, LinkFollower])
def test_who_follows_a_clock_answers_all_that_the_performer_asks(follower):
    asked = {name for name in vars(Follower) if not name.startswith("_")} | {"kind"}
    assert asked >= {"hear", "look", "wake_ns", "where", "set_tempo", "close"}
    assert all(hasattr(follower, name) for name in asked)


def test_a_sixteenth_is_six_pulses():
    """MIDI 1.0: 24 pulses a quarter, song positions in sixteenths."""
    assert PULSES_PER_BEAT == 24
    assert SIXTEENTH_TICK == 6 * PULSE_TICK
