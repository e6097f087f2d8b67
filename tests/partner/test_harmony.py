"""A chord that is heard and the chord on the chart: which tones become likelier, and for how long."""

from __future__ import annotations

import pytest

from improv.charts.text import parse_chart
from improv.partner.harmony import colour_of
from improv.partner.heard import HeardNote

CHART = parse_chart("| G7 | % | Cmaj7 | NC |")
B9_AND_13 = (53, 59, 64, 68)  # F B E Ab


def chord(*pitches, tick=0):
    return HeardNote(tick, None, pitches[-1], 80, tick, pitches[:-1])


def test_what_is_struck_is_likelier_and_what_rubs_against_it_less_up_to_the_next_chord():
    colour = colour_of(chord(*B9_AND_13, tick=480), CHART, 0.5)
    assert (colour.from_tick, colour.until_tick) == (480, 2 * 1920)
    assert colour.leans.shape == (128,)
    by_pc = {pc: float(colour.leans[60 + pc]) for pc in range(12)}
    e, ab, f, eb, a, c = (by_pc[pc] for pc in (4, 8, 5, 3, 9, 0))
    assert ab > e > f > 0, "what is outside the scale needs most help"
    assert eb < 0 and a < 0 and c == 0
    assert by_pc[7] == 0, "the root stays: it is on the chart"
    assert (colour.leans[:12] == colour.leans[108:120]).all()


def test_a_chord_that_is_struck_early_is_the_next_one():
    colour = colour_of(chord(52, 57, 62, tick=2 * 1920 - 240), CHART, 0.5)  # E A D: C6/9
    assert (colour.from_tick, colour.until_tick) == (2 * 1920, 3 * 1920)


@pytest.mark.parametrize("listen", [0.0, 0.25, 1.0])
def test_the_control_listen_says_how_much(listen):
    colour = colour_of(chord(*B9_AND_13), CHART, listen)
    full = colour_of(chord(*B9_AND_13), CHART, 1.0)
    assert colour is None if not listen else colour.leans == pytest.approx(listen * full.leans)


def test_the_chords_own_tones_say_nothing_new_and_without_a_chord_all_do():
    assert colour_of(chord(55, 59, 65), CHART, 1.0) is None
    alone = colour_of(chord(52, 57, 62, tick=3 * 1920), CHART, 1.0)
    assert {pc for pc in range(12) if alone.leans[pc] > 0} == {2, 4, 9}
