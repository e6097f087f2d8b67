"""The arc over the choruses."""

from __future__ import annotations

import pytest

from improv.charts.library import load_chart
from improv.config import Plan
from improv.controls.table import Controls
from improv.performance.arc import ARCS, controls_at, level_at
from improv.performance.arrangement import arrange

BLUES = load_chart("blues")
CHORUS = BLUES.length_tick


def levels(arc, choruses, arrangement):
    last = choruses or 16
    return [level_at(arc, arrangement, tick * CHORUS // 4, choruses) for tick in range(4 * last)]


def test_build_rises_to_the_last_chorus():
    rising = levels("build", 5, arrange(BLUES, Plan(choruses=5)))
    assert rising == sorted(rising)
    assert (rising[0], round(rising[-1], 2)) == (0.25, 0.96)


def test_build_falls_back_in_the_ending():
    whole = arrange(BLUES, Plan(choruses=2, ending="tag"))
    assert level_at("build", whole, whole.tag_tick, 2) < 0.75


def test_without_an_end_build_begins_anew_after_eight_choruses():
    rising = levels("build", 0, arrange(BLUES, Plan()))
    assert rising[:32] == sorted(rising[:32]) == rising[32:64]


def test_a_wave_goes_up_and_down():
    wave = levels("wave", 8, arrange(BLUES, Plan(choruses=8)))
    assert wave[:16] == pytest.approx(wave[16:])
    assert wave.index(max(wave)) == 8


@pytest.mark.parametrize("arc", ARCS)
def test_an_arc_never_leaves_the_range_of_a_control(arc):
    whole = arrange(BLUES, Plan(choruses=6, count_in_bars=2, ending="tag"))
    extreme = Controls().with_values(density=1.0, intensity=0.0)
    for tick in range(0, whole.chart.length_tick, 480):
        level = level_at(arc, whole, tick, 6)
        assert 0.0 <= level <= 1.0
        controls_at(extreme, level)  # raises where a control would be out of range


def test_steady_changes_nothing():
    controls = Controls().with_values(density=0.3)
    whole = arrange(BLUES, Plan(choruses=2))
    assert controls_at(controls, level_at("steady", whole, 5 * CHORUS, 2)) is controls
