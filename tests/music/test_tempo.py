"""Ticks and nanoseconds: exact, without drift, without jumps."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.music.tempo import TempoMap

TEMPI = st.decimals(min_value=20, max_value=400, places=3).map(float)
TICKS = st.integers(min_value=0, max_value=50_000_000)
CHANGES = st.lists(st.tuples(TICKS, TEMPI), max_size=6).map(sorted)


def build(bpm, changes, start_ns=0):
    tempo = TempoMap(bpm, start_ns)
    for tick, new_bpm in changes:
        tempo.change(tick, new_bpm)
    return tempo


def test_a_quarter_at_120_lasts_half_a_second():
    tempo = TempoMap(120, start_ns=1000)
    assert [tempo.ns_at(tick) for tick in (0, 480, 960)] == [1000, 500_001_000, 1_000_001_000]


@pytest.mark.parametrize("bpm", [133, 137.7, 201.3, 59.94, 399.999])
def test_eight_hours_do_not_drift(bpm):
    """Every tick within half a nanosecond of its exact place, after eight hours too."""
    tempo = TempoMap(bpm)
    last = math.floor(8 * 60 * bpm * 480)
    exact = Fraction(last) * 60_000_000_000 / (480 * Fraction(str(bpm)))
    assert abs(tempo.ns_at(last) - exact) <= Fraction(1, 2) + Fraction(1, 1_000_000)


def test_ten_thousand_tempo_changes_do_not_drift():
    """Eight hours in which the tempo changes every few beats end within 1 us of the exact time."""
    tempo, exact, bpm = TempoMap(133), Fraction(0), Fraction(133)
    for step in range(1, 10_001):
        exact += Fraction(3 * 480 * 60_000_000_000) / (480 * bpm)
        bpm = Fraction(60 + step * 7 % 200) + Fraction(step % 10, 10)
        tempo.change(step * 3 * 480, float(bpm))
        exact = Fraction(round(exact * 10**9), 10**9)
    assert abs(tempo.ns_at(30_000 * 480) - exact) < 1000


def test_a_tempo_change_keeps_the_position():
    tempo = TempoMap(120)
    tempo.change(960, 60)
    assert [tempo.ns_at(tick) for tick in (480, 960, 1440)] == [
        500_000_000,
        1_000_000_000,
        2_000_000_000,
    ]
    assert (tempo.bpm_at(959), tempo.bpm_at(960)) == (120, 60)


@given(TEMPI, CHANGES, TEMPI, TICKS, TICKS)
def test_a_change_moves_nothing_before_it(bpm, changes, new_bpm, change_tick, tick):
    before, after = build(bpm, changes), build(bpm, changes)
    after.change(change_tick, new_bpm)
    tick = min(tick, change_tick)
    assert before.ns_at(tick) == after.ns_at(tick)


@given(TEMPI, CHANGES, TICKS, st.integers(-(10**15), 10**15))
def test_tick_at_is_the_inverse_of_ns_at(bpm, changes, tick, start_ns):
    tempo = build(bpm, changes, start_ns)
    assert tempo.tick_at(tempo.ns_at(tick)) == tick
    assert tempo.tick_at(tempo.ns_at(tick) - 1) == tick - 1


@given(TEMPI, CHANGES, TICKS, st.integers(1, 10_000))
def test_later_ticks_are_later(bpm, changes, tick, more):
    tempo = build(bpm, changes)
    assert tempo.ns_at(tick) < tempo.ns_at(tick + more)


def test_an_earlier_change_replaces_what_was_planned_after_it():
    tempo = build(120, [(960, 60), (480, 240)])
    assert tempo.ns_at(1440) == 500_000_000 + 2 * 250_000_000


@pytest.mark.parametrize("bpm", [0, 19.99, 400.1, 10_000, -5, math.nan, math.inf])
def test_a_tempo_out_of_range_is_refused(bpm):
    with pytest.raises(ValueError, match="20 to 400"):
        TempoMap(bpm)
    with pytest.raises(ValueError, match="20 to 400"):
        TempoMap(120).change(0, bpm)


def test_a_ramp_goes_evenly_and_arrives():
    """From 120 to 60 over four beats: the mean beat of an even ritard, and the new tempo from its end on."""
    tempo = TempoMap(120)
    tempo.ramp(480, 480 * 5, 60)
    assert tempo.bpm_at(479) == 120
    bpms = [tempo.bpm_at(tick) for tick in range(480, 480 * 5 + 1, 60)]
    assert bpms == sorted(bpms, reverse=True)
    assert tempo.bpm_at(480 * 3) == pytest.approx(90, abs=1)
    assert tempo.bpm_at(480 * 5) == 60
    lasted_s = (tempo.ns_at(480 * 5) - tempo.ns_at(480)) / 1e9
    assert lasted_s == pytest.approx(4 * math.log(2), rel=1e-3), (
        "the integral of 60 / bpm over beats"
    )


def test_a_ramp_of_no_length_is_a_change():
    tempo = TempoMap(120)
    tempo.ramp(480, 480, 240)
    assert (tempo.bpm_at(479), tempo.bpm_at(480)) == (120, 240)


@given(TEMPI, CHANGES, TEMPI, st.integers(0, 10**6), st.integers(0, 5000), TICKS)
def test_a_ramp_moves_nothing_before_it(bpm, changes, new_bpm, start, length, tick):
    before, after = build(bpm, changes), build(bpm, changes)
    after.ramp(start, start + length, new_bpm)
    tick = min(tick, start)
    assert before.ns_at(tick) == after.ns_at(tick)


def test_a_lock_holds_for_before_and_after():
    tempo = build(120, [(960, 60)], start_ns=5)
    tempo.lock(960, 1_000_000, 480_000)
    assert [tempo.ns_at(tick) for tick in (0, 960, 1440)] == [40_000, 1_000_000, 1_480_000]
    assert tempo.tick_at(tempo.ns_at(12_345)) == 12_345
    with pytest.raises(ValueError, match="cannot last 0 ns"):
        tempo.lock(0, 0, 0)


def test_what_is_forgotten_changes_no_later_time():
    tempo, other = (build(133.7, [(480 * step, 100 + step) for step in range(1, 50)]) for _ in "12")
    other.forget(480 * 30)
    assert len(other._anchors) < len(tempo._anchors)
    assert all(tempo.ns_at(t) == other.ns_at(t) for t in range(480 * 30, 480 * 60, 37))
    assert other.changes_after(480 * 48) == [(480 * 49, 149.0)]
