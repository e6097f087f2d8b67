"""A tempo that changes while it plays: from which beat on, over how many bars, and what stays of a ritard."""

from __future__ import annotations

from itertools import pairwise

import pytest

from improv.charts.library import load_chart
from improv.config import Plan, Tune
from improv.performance.arrangement import RITARD, arrange
from improv.performance.assemble import make_performance
from improv.performance.tempo_steering import Taps, change_tempo

BAR = 1920
S = 1_000_000_000


def made(chart="blues", plan=None, start_tick=0):
    tune = Tune(load_chart(chart), plan or Plan(choruses=1), {"tempo_bpm": 120.0})
    return make_performance(tune, arrange(tune.chart, tune.plan), start_tick=start_tick)


@pytest.mark.parametrize(
    ("tick", "beat"), [(0, 0), (1, 480), (480, 480), (BAR - 1, BAR), (BAR + 481, BAR + 960)]
)
def test_it_changes_with_the_next_beat(tick, beat):
    performance = made()
    assert change_tempo(performance, tick, 200.0) == beat
    assert performance.tempo.bpm_at(beat) == 200.0
    assert performance.tempo.bpm_at(beat - 1) == (120.0 if beat else 200.0)


def test_a_beat_is_that_of_the_meter_and_a_bar_that_is_cut_short_ends_it():
    six = made("Meter: 6/8\n| C7 | F7 |")
    assert change_tempo(six, 1, 200.0) == 240
    cut = made("| C7 | 7/8 F7 | C7 |")
    assert change_tempo(cut, BAR + 1441, 200.0) == BAR + 1680


def test_before_its_beginning_nothing_changes():
    assert change_tempo(made(start_tick=2 * BAR), 5, 200.0) == 2 * BAR


def test_over_bars_it_goes_there_evenly_and_the_bar_line_stays():
    performance = made()
    change_tempo(performance, 10, 60.0, over_bars=2)
    tempo = performance.tempo
    assert [tempo.bpm_at(tick) for tick in (0, 479, 2 * BAR)] == [120.0, 120.0, 60.0]
    steps = [tempo.bpm_at(tick) for tick in range(480, 2 * BAR, 60)]
    assert steps == sorted(steps, reverse=True)
    falls = [one - other for one, other in pairwise(steps)]
    assert max(falls) - min(falls) < 1e-9


def test_the_ritard_keeps_its_shape_about_the_new_tempo():
    performance = made(plan=Plan(choruses=1, ending="hold"))
    change_tempo(performance, 4 * BAR, 200.0)
    final_tick = performance.arrangement.final_tick
    at = [final_tick - 1440, final_tick - 960, final_tick - 480]
    bpms = [performance.tempo.bpm_at(tick) for tick in at]
    assert bpms == [pytest.approx(200 * share) for share in RITARD]
    assert performance.tempo.bpm_at(at[0] - 1) == 200.0


def test_a_change_over_bars_has_arrived_where_the_ritard_begins():
    performance = made(plan=Plan(choruses=1, ending="hold"))
    final_tick = performance.arrangement.final_tick
    change_tempo(performance, final_tick - BAR, 200.0, over_bars=8)
    assert performance.tempo.bpm_at(final_tick - 1440 - 1) > 190
    assert performance.tempo.bpm_at(final_tick - 480) == pytest.approx(200 * RITARD[2])


def test_within_the_ritard_the_new_tempo_is_what_is_asked_for():
    performance = made(plan=Plan(choruses=1, ending="hold"))
    final_tick = performance.arrangement.final_tick
    change_tempo(performance, final_tick - 480, 200.0)
    assert performance.tempo.bpm_at(final_tick - 480) == 200.0


def tapped(*ms):
    taps = Taps()
    return [taps.bpm(at * 1_000_000) for at in ms]


def test_three_taps_are_a_tempo():
    assert tapped(0, 500, 1000) == [None, None, 120.0]


def test_it_is_the_mean_of_the_last_taps():
    assert tapped(0, 480, 1000)[-1] == 120.0
    steady_at_last = tapped(*range(0, 4000, 1000), *range(4000, 8001, 500))
    assert steady_at_last[-1] == 120.0


def test_a_pause_begins_anew_and_a_tap_out_of_order_too():
    assert tapped(0, 500, 1000, 4100, 4500, 4900) == [None, None, 120.0, None, None, 150.0]
    assert tapped(1000, 500, 900, 1300) == [None, None, None, 150.0]


def test_a_tempo_that_nobody_could_play_is_none():
    assert tapped(0, 50, 100)[-1] is None
    assert tapped(0, 3000, 6000)[-1] == 20.0
