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
