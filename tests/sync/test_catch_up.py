"""What pulses mean that come too fast, or again after a silence."""

from __future__ import annotations

import pytest

from improv.sync.catch_up import CatchUp, Outcome

PERIOD_NS = 20_000_000


def taken(catch_up, times_ns):
    """The first outcome, and after how many pulses."""
    for number, ns in enumerate(times_ns, 1):
        if (outcome := catch_up.take(ns)) is not None:
            return outcome, number
    return None, len(times_ns)


def late(pulses, at_ns, then):
    """So many pulses at one moment, then so many at their distance."""
    return [at_ns] * pulses + [at_ns + (n + 1) * PERIOD_NS for n in range(then)]


def test_pulses_that_come_late_are_counted():
    outcome, after = taken(CatchUp(0, PERIOD_NS, counts=True), late(50, 50 * PERIOD_NS, 10))
    assert outcome == Outcome(after)
    assert after == 55


def test_where_some_are_lost_the_time_says_how_many_have_passed():
    outcome, after = taken(CatchUp(0, PERIOD_NS, counts=True), late(20, 50 * PERIOD_NS, 10))
    assert outcome == Outcome(55)
    assert after == 25


def test_a_place_just_said_makes_every_pulse_count():
    """Start and what follows it come late together: nothing but the count is known."""
    times_ns = late(30, 1_000_000, 10)
    assert taken(CatchUp(0, PERIOD_NS, counts=True), times_ns)[0].pulses == 35
    assert taken(CatchUp(0, PERIOD_NS, counts=False), times_ns)[0].pulses == 5


def test_a_storm_is_no_tempo():
    catch_up = CatchUp(0, PERIOD_NS, counts=True)
    outcome, _ = taken(catch_up, [n * 1_000_000 for n in range(1000)])
    assert outcome is None
    assert catch_up.storms
    assert catch_up.pulses_a_second() == pytest.approx(1000)
    outcome, _ = taken(catch_up, [1_000_000_000 + n * PERIOD_NS for n in range(10)])
    assert outcome.pulses == pytest.approx(50 + 6, abs=1)


def test_steps_that_are_alike_are_a_new_tempo():
    outcome, after = taken(
        CatchUp(0, PERIOD_NS, counts=False), [n * 7_000_000 for n in range(1, 100)]
    )
    assert outcome == Outcome(after, period_ns=7_000_000)
