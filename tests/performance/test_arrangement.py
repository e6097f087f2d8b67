"""How a chart becomes a performance."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts.library import load_chart
from improv.config import Plan
from improv.errors import ChartError
from improv.performance.arrangement import (
    ENDINGS,
    KEY_CYCLES,
    RITARD,
    arrange,
    chorus_share,
    with_rest,
)

BLUES = load_chart("blues")
WALTZ = load_chart("waltz")
BAR = 1920


def bars_of(arrangement):
    """(kind, chord) of every bar."""
    chart = arrangement.chart
    found = []
    for bar in range(chart.bars):
        chord = chart.chord_at(chart.bar_tick(bar))
        found.append((arrangement.kind_of(bar), chord.text if chord else "NC"))
    return found


def test_a_performance_begins_and_ends_like_one():
    whole = arrange(BLUES, Plan(choruses=2, count_in_bars=2, intro_bars=4, ending="tag"))
    kinds = [kind for kind, _ in bars_of(whole)]
    assert kinds == (
        ["count-in"] * 2 + ["intro"] * 4 + ["chorus"] * 24 + ["ending"] * 4 + ["final"]
    )
    chords = [chord for _, chord in bars_of(whole)]
    assert chords[:6] == ["NC", "NC", "Gm7", "C7", "F7", "Gm7"]
    assert chords[-5:] == ["Gm7", "C7", "F7", "Gm7", "F7"]
    assert whole.solo_tick == 6 * BAR
    assert whole.chart.tops == (6 * BAR, 18 * BAR)
    assert whole.end_tick == whole.chart.length_tick == 35 * BAR


def test_the_ritard_is_on_the_last_beats_and_the_last_chord():
    whole = arrange(BLUES, Plan(choruses=1, ending="tag"))
    assert whole.final_tick == 16 * BAR
    end = 16 * BAR
    assert [tick for tick, _ in whole.ritard] == [end - 1440, end - 960, end - 480, end]
    assert [share for _, share in whole.ritard] == [*RITARD, RITARD[-1]]


def test_without_an_end_it_goes_on_at_the_first_chorus():
    whole = arrange(BLUES, Plan(count_in_bars=1, intro_bars=4))
    assert whole.end_tick is None
    assert whole.chart.repeat_tick == whole.solo_tick == 5 * BAR
    assert whole.kind_of(4) == "intro"
    assert {whole.kind_of(bar) for bar in range(5, 500)} == {"chorus"}
    assert whole.chart.chord_at(17 * BAR) == BLUES.chord_at(0)


@pytest.mark.parametrize("cycle", KEY_CYCLES)
def test_a_key_cycle_comes_home_and_visits_each_key_once(cycle):
    whole = arrange(BLUES, Plan(key_cycle=cycle))
    roots = [whole.chart.chord_at(top).root_pc for top in whole.chart.tops]
    assert len(set(roots)) == len(roots)
    assert (roots[-1] + KEY_CYCLES[cycle] - roots[0]) % 12 == 0
    assert whole.keys[0] == (0, "F")
    assert len(whole.keys) == len(roots)


@pytest.mark.parametrize(
    ("plan", "first"),
    [
        (Plan(key="Eb"), "Eb7"),
        (Plan(key="C"), "C7"),
        (Plan(key="-3"), "D7"),
        (Plan(key="F#"), "Gb7"),
    ],
)
def test_any_key(plan, first):
    assert bars_of(arrange(BLUES, plan))[0][1] == first


def test_another_feel():
    assert arrange(BLUES, Plan(feel="Bossa Nova")).chart.feel == "bossa"


def test_a_tune_that_never_says_its_key_is_moved_from_its_first_chord():
    chart = load_chart("| Dm7 | G7 | Cmaj7 | % |")
    assert bars_of(arrange(chart, Plan(key="Em")))[0][1] == "Em7"


def test_the_last_time_may_go_another_way():
    coda = replace(BLUES, title="coda", length_tick=4 * BAR, changes=BLUES.changes[:3])
    whole = arrange(replace(BLUES, last=coda), Plan(choruses=3))
    assert whole.chart.bars == 12 + 12 + 4
    assert arrange(replace(BLUES, last=coda), Plan()).chart.bars == 12


def test_a_tune_s_own_intro_is_played_once():
    tune = load_chart("[Intro]\n| Cm7 | F7 |\n[A]\n| Bb6 | Gm7 | Cm7 | F7 |")
    assert tune.repeat_tick == 2 * BAR
    finite = arrange(tune, Plan(choruses=3))
    assert finite.chart.bars == 2 + 3 * 4
    assert finite.chart.tops == (0, 6 * BAR, 10 * BAR)
    endless = arrange(tune, Plan(count_in_bars=1))
    assert endless.chart.repeat_tick == 3 * BAR
    assert [endless.chart.chord_at(bar * BAR).text for bar in range(6, 9)] == ["F7", "Bb6", "Gm7"]


def test_sections_and_choruses_begin():
    whole = arrange(WALTZ, Plan(choruses=2, ending="tag"))
    begins = [bar for bar in range(whole.chart.bars) if whole.begins(bar)]
    assert begins == [0, 16, 32, 48, 64, 68]


def test_a_rest_before_the_next_tune():
    for lead_bars in (0, 2):
        whole = with_rest(arrange(WALTZ, Plan(choruses=2, count_in_bars=lead_bars)))
        end_tick = lead_bars * 1440 + 2 * WALTZ.length_tick
        assert whole.end_tick == end_tick + 3 * 480
        assert whole.chart.chord_at(end_tick) is None
        assert whole.solo_end_tick == end_tick
        assert len(whole.chart.tops) == 2
        assert whole.kind_of(whole.chart.bars - 1) == "rest"


def test_a_rest_behind_a_tune_that_ends_in_another_meter():
    tune = load_chart("Meter: 3/4\n| C | F | G | 4/4 C | F |")
    whole = with_rest(arrange(tune, Plan(choruses=3, count_in_bars=2)))
    assert whole.chart.tops == arrange(tune, Plan(choruses=3, count_in_bars=2)).chart.tops
    assert str(whole.chart.meter_of(whole.chart.bars - 1)) == "4/4"


def test_how_far_a_chorus_is_over():
    whole = arrange(BLUES, Plan(choruses=2, count_in_bars=1))
    assert chorus_share(whole, 0) == (-1, 0.0)
    assert chorus_share(whole, 7 * BAR) == (0, 0.5)
    assert chorus_share(whole, 16 * BAR) == (1, 0.25)


@pytest.mark.parametrize("plan", [Plan(choruses=10**6)])
def test_what_cannot_be_laid_out_is_said(plan):
    with pytest.raises(ChartError, match="too long"):
        arrange(BLUES, plan)


@given(
    st.integers(0, 5),
    st.sampled_from(["", *KEY_CYCLES]),
    st.integers(0, 4),
    st.integers(0, 40),
    st.sampled_from(ENDINGS),
    st.sampled_from(["blues", "waltz", "modal", "vamp", "thirds"]),
)
def test_everything_lies_on_bars(choruses, cycle, count_in, intro, ending, name):
    tune = load_chart(name)
    plan = Plan(choruses, "", cycle, "", count_in, intro, ending)
    whole = arrange(tune, plan)
    ticks = {whole.solo_tick, *whole.chart.tops} - {whole.chart.length_tick}
    assert ticks <= set(whole.chart.bar_ticks)
    assert len(whole.chart.tops) == (choruses or len({k for _, k in whole.keys}) or 1)
    if choruses:
        assert whole.end_tick == whole.chart.length_tick
