"""The phase-locked loop: what a trembling clock is taken to mean, against when its pulses were meant."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from improv.sync.phase_lock import PhaseLock

TWO_BARS = 8 * 24


def errors_ms(
    bpm_at: Callable[[float], float], pulses: int, tremble_ms: float, seed: int = 1
) -> list[float]:
    """How far the next pulse is from where it is expected, at every pulse after two bars."""
    rng, lock = random.Random(seed), PhaseLock()
    meant_s, errors = 5.0, []
    for number in range(pulses):
        came_ns = round(meant_s * 1e9 + rng.uniform(-tremble_ms, tremble_ms) * 1e6)
        lock.take(came_ns) if number else lock.begin(came_ns)
        meant_s += 60 / bpm_at(meant_s) / 24
        if number >= TWO_BARS:
            errors.append(abs((lock.time_ns + lock.period_ns) / 1e6 - meant_s * 1e3))
    return errors


@pytest.mark.parametrize("bpm", [60, 97.3, 120, 200, 300])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_tremble_of_3_ms_is_less_than_1_ms_behind_the_loop(bpm, seed):
    assert max(errors_ms(lambda s: bpm, 4000, 3.0, seed)) < 1.0


def test_the_loop_is_needed():
    """What comes in trembles by more than what goes out may."""
    rng = random.Random(1)
    assert max(abs(rng.uniform(-3, 3)) for _ in range(4000)) > 2.9


@pytest.mark.parametrize("bpm", [60, 300])
def test_a_steady_clock_is_followed_to_microseconds(bpm):
    assert max(errors_ms(lambda s: bpm, 1000, 0.0)) < 0.001


@pytest.mark.parametrize("tremble_ms", [0.0, 0.3])
def test_a_ramp_is_followed(tremble_ms):
    """120 to 160 bpm at 5 bpm a second, and on."""
    errors = errors_ms(lambda s: min(160, max(120, 120 + (s - 25) * 5)), 2400, tremble_ms)
    assert max(errors) < 1.0


@pytest.mark.parametrize("to_bpm", [90, 119, 140, 240])
def test_a_jump_of_the_tempo_is_over_within_a_beat(to_bpm):
    """It is not known before it comes; a beat later it is."""
    errors = errors_ms(lambda s: 120 if s < 25 else to_bpm, 2400, 0.2)
    worst = [at for at, error in enumerate(errors) if error > 2.0]
    assert not worst or worst[-1] - worst[0] < 24
    assert max(errors[-1000:]) < 0.2


def test_lost_pulses_are_counted_over():
    lock = PhaseLock()
    lock.begin(0)
    for number in range(1, 100):
        lock.take(number * 20_000_000)
    lock.take(103 * 20_000_000, 4)
    assert lock.time_ns == pytest.approx(103 * 20_000_000)
    assert lock.period_ns == pytest.approx(20_000_000)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bpm", [60, 97, 120, 140, 180, 240, 300])
@pytest.mark.parametrize("held_ms", [5.33, 10.67, 21.33, 42.67])
def test_what_is_handed_over_once_a_period_has_its_own_tempo_still(held_ms, bpm, seed):
    """JACK with 256 to 2048 frames: pulses come in bunches, or two in one period now and then."""
    held_ns, dice, lock = held_ms * 1e6, random.Random(seed), PhaseLock()
    meant_ns, came_ns, periods = 1e9 + dice.uniform(0, held_ns), 0, []
    for number in range(24 * 40):
        handed_ns = (meant_ns // held_ns + 1) * held_ns + dice.uniform(0, 200_000)
        came_ns = round(max(handed_ns, came_ns + dice.uniform(5_000, 60_000)))
        lock.take(came_ns) if number else lock.begin(came_ns, 20e6)
        meant_ns += 60e9 / bpm / 24
        if number > 192:
            periods.append(lock.period_ns * bpm * 24 / 60e9)
            assert abs(lock.time_ns + lock.period_ns - held_ns / 2 - meant_ns) < held_ns
    assert 0.99 < min(periods) and max(periods) < 1.01


def test_no_period_is_one_that_no_clock_has():
    """Whatever comes in: 20 to 1,000 bpm."""
    dice, lock = random.Random(1), PhaseLock()
    ns = 0
    lock.begin(ns)
    for _ in range(5000):
        ns += round(10 ** dice.uniform(3, 10))
        lock.take(ns, dice.choice([1, 1, 1, 5]))
        assert lock.pulses == 1 or 2_500_000 <= lock.period_ns <= 125_000_000


@pytest.mark.parametrize("seed", range(6))
def test_what_came_out_of_a_storm_is_forgotten_in_a_beat_of_a_sane_clock(seed):
    """Messages up to a second apart say nothing of how long the way holds up pulses."""
    dice, lock, ns = random.Random(seed), PhaseLock(), 0
    lock.begin(ns)
    for _ in range(200):
        ns += round(10 ** dice.uniform(6, 9))
        lock.take(ns)
    ns += 50_000_000
    lock.begin(ns, lock.period_ns)
    for number in range(1, 96):
        meant_ns = ns + round(number * 60e9 / 120 / 24)
        lock.take(meant_ns)
        assert number < 24 or abs(lock.time_ns - meant_ns) < 10_000_000
