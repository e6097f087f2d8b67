"""One tune in time: where its ticks lie, and how it slows down at its end."""

from __future__ import annotations

import pytest

from improv.charts.library import load_chart
from improv.config import Plan, Tune
from improv.performance.arrangement import RITARD, arrange
from improv.performance.assemble import HELD_AT_LEAST_S, make_performance

BAR = 1920
S = 1_000_000_000


def made(plan=None, controls=None, chart="blues", **more):
    tune = Tune(load_chart(chart), plan or Plan(choruses=1), controls or {})
    return make_performance(tune, arrange(tune.chart, tune.plan), **more)


def test_its_first_tick_is_where_it_is_begun():
    performance = made(controls={"tempo_bpm": 120.0}, start_ns=5 * S, start_tick=2 * BAR)
    assert performance.tempo.ns_at(2 * BAR) == 5 * S
    assert performance.tempo.ns_at(3 * BAR) == 7 * S
    assert performance.start_tick == 2 * BAR
    assert (performance.number, performance.song_tick) == (0, 0)


def test_its_controls_are_those_of_the_tune():
    """Swing by tempo and feel where nobody has set it."""
    assert made(controls={"tempo_bpm": 250.0}).controls.swing == 1.4
    assert made(controls={"tempo_bpm": 250.0, "swing": 2.0}).controls.swing == 2.0
    assert made().controls.tempo_bpm == load_chart("blues").tempo_bpm


@pytest.mark.parametrize("tempo_bpm", [60.0, 140.0, 280.0, 400.0])
@pytest.mark.parametrize("name", ["blues", "waltz"])
def test_the_last_chord_is_held_however_fast_the_tune_is(name, tempo_bpm):
    tune = Tune(load_chart(name), Plan(choruses=1, ending="tag"), {"tempo_bpm": tempo_bpm})
    whole = arrange(tune.chart, tune.plan)
    tempo = make_performance(tune, whole).tempo
    held_s = (tempo.ns_at(whole.end_tick) - tempo.ns_at(whole.final_tick)) / 1e9
    assert held_s >= HELD_AT_LEAST_S - 0.01
    assert tempo.bpm_at(whole.final_tick) <= tempo_bpm * RITARD[-1] + 0.01


def test_the_ritard_is_that_of_the_tempo_at_its_place():
    performance = made(Plan(choruses=1, ending="hold"), {"tempo_bpm": 100.0})
    final_tick = performance.arrangement.final_tick
    at = [final_tick - 1440, final_tick - 960, final_tick - 480]
    assert [performance.tempo.bpm_at(tick) for tick in at] == [100 * share for share in RITARD]
    assert performance.tempo.bpm_at(at[0] - 1) == 100.0


def test_begun_within_the_ritard_it_is_as_slow_as_it_would_be():
    plan = Plan(choruses=1, ending="hold")
    whole = made(plan, {"tempo_bpm": 100.0})
    final_tick = whole.arrangement.final_tick
    part = made(plan, {"tempo_bpm": 100.0}, start_tick=final_tick - 480)
    for tick in (final_tick - 480, final_tick):
        assert part.tempo.bpm_at(tick) == whole.tempo.bpm_at(tick)


def test_no_tempo_is_slower_than_there_is():
    performance = made(Plan(choruses=1, ending="hold"), {"tempo_bpm": 21.0})
    assert performance.tempo.bpm_at(performance.arrangement.final_tick) == 20.0
