"""Backgrounds: riffs that are said again, and what is held where there is no room for them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from improv.band.backgrounds import Backgrounds
from improv.charts.library import BUILT_IN, load_chart
from improv.charts.text import parse_chart
from improv.music.feel import FEELS
from improv.music.meter import Meter
from tests.band.test_band_rules import METERS, SYMBOLS, chart_of, context

FOUR = parse_chart("| Dm7 | G7 | Cmaj7 | A7 |")


def bars_of(chart, place=0, bars=0, **given):
    horn = Backgrounds("solo", place)
    rows = range(bars or chart.bars)
    return [
        horn.bar(context(chart, bar, "piano", new_section=bar % 4 == 0, **given)) for bar in rows
    ]


def rhythm(notes, bar):
    return [(note.onset_tick - 1920 * bar, note.duration_tick) for note in notes]


@pytest.mark.parametrize("seed", range(6))
def test_a_riff_is_said_again_and_moved_with_the_changes(seed):
    rows = bars_of(FOUR, busy=0.0, seed=seed)
    assert all(2 <= len(row) <= 6 for row in rows[:1])
    assert rhythm(rows[0], 0) == rhythm(rows[2], 2)
    assert rhythm(rows[1], 1) == rhythm(rows[3], 3)
    assert [n.pitch for n in rows[0]] != [n.pitch for n in rows[2]]


def test_another_section_has_another_riff():
    chart = parse_chart("| C7 | % | % | % | % | % | % | % |")
    riffs = {
        tuple(map(tuple, (rhythm(rows[0], 0), rhythm(rows[4], 4))))
        for seed in range(8)
        for rows in [bars_of(chart, busy=0.0, seed=seed)]
    }
    assert any(first != second for first, second in riffs)
    assert len(riffs) > 4


def test_under_a_dense_line_a_guide_tone_is_held_and_led_to_the_next():
    held = [note for row in bars_of(FOUR, busy=0.9) for note in row]
    assert [note.duration_tick for note in held] == [1880] * 4
    assert all(note.pitch % 12 in FOUR.chord_at(note.onset_tick).guide_tones for note in held)
    assert all(abs(a.pitch - b.pitch) <= 4 for a, b in pairwise(held))
    assert max(n.velocity for n in held) < min(n.velocity for n in bars_of(FOUR, busy=0.0)[0])


def test_several_play_the_same_riff_in_several_voices():
    top, under = bars_of(FOUR, busy=0.0), bars_of(FOUR, place=1, busy=0.0)
    for first, second in zip(top, under, strict=True):
        for one, other in zip(first, second, strict=True):
            assert one.onset_tick == other.onset_tick
            assert one.pitch > other.pitch


@pytest.mark.parametrize("feel", FEELS)
@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("busy", [0.0, 1.0])
def test_every_meter_and_chord_in_every_feel(feel, meter, busy):
    chart = chart_of(SYMBOLS, Meter(*meter) if isinstance(meter, tuple) else meter)
    for bar, row in enumerate(bars_of(chart, feel=feel, busy=busy)):
        end_tick = chart.bar_tick(bar + 1)
        for note in row:
            assert chart.bar_tick(bar) <= note.onset_tick < note.end_tick <= end_tick
            chords = (chart.chord_at(note.onset_tick), chart.chord_at(note.onset_tick + 240))
            assert any(each and note.pitch % 12 in each.tone_pcs for each in chords)
            assert 48 <= note.pitch < 76


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_charts(name):
    chart = load_chart(name)
    for busy in (0.0, 1.0):
        assert any(bars_of(chart, busy=busy))
    assert not any(bars_of(chart, kind="final"))
