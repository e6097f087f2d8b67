"""Whose bars they are: blocks on the form of any chart."""

from __future__ import annotations

import pytest

from improv.charts.text import parse_chart
from improv.config import Plan
from improv.errors import SteeringError
from improv.partner.turns import Mode, Turns, parse_mode
from improv.performance.arrangement import arrange

BLUES = parse_chart("| F7 | % | % | % | Bb7 | % | F7 | % | C7 | Bb7 | F7 | C7 |")
MIXED = parse_chart("Meter: 3/4\n| C6 | F6 | 4/4 G7 | C6 | 5/4 Am7 | % |")


def whose(mode, chart=BLUES, plan=None, from_bar=0, bars=None):
    """A letter a bar: m(e), y(ou), b(oth)."""
    arrangement = arrange(chart, plan or Plan(choruses=2))
    turns = Turns(parse_mode(mode), arrangement, from_bar)
    return "".join(turns.at(bar).whose[0] for bar in range(bars or arrangement.chart.bars))


def test_fours_over_a_blues_change_sides_from_chorus_to_chorus():
    assert whose("trade 4") == "yyyymmmmyyyymmmmyyyymmmm"
    assert whose("trade 4 first me") == "mmmmyyyymmmmyyyymmmmyyyy"


def test_blocks_go_on_through_choruses_that_they_do_not_fit():
    assert whose("trade 8") == "y" * 8 + "m" * 8 + "y" * 8


def test_a_chorus_each_whatever_its_meters():
    assert whose("trade chorus", MIXED, Plan(choruses=3)) == "yyyyyymmmmmmyyyyyy"


def test_they_begin_behind_count_in_and_intro_and_everybody_plays_the_last_chord():
    plan = Plan(choruses=1, count_in_bars=2, intro_bars=4, ending="tag")
    assert whose("trade 4", plan=plan) == "bbbbbbyyyymmmmyyyymmmmb"


def test_without_an_end_they_go_on_for_ever():
    assert whose("trade 2", plan=Plan(), bars=26) == "yymm" * 6 + "yy"
    assert whose("trade chorus", plan=Plan(), bars=30) == "y" * 12 + "m" * 12 + "y" * 6


def test_a_mode_that_is_typed_holds_from_the_next_block_on():
    assert whose("trade 4", from_bar=6) == "mmmmmmmmyyyymmmmyyyymmmm"
    assert whose("trade chorus", from_bar=5) == "m" * 12 + "y" * 12


def test_bars_left_count_down():
    turns = Turns(Mode("trade", 4), arrange(BLUES, Plan(choruses=1)))
    assert [turns.at(bar).bars_left(bar) for bar in range(6)] == [4, 3, 2, 1, 4, 3]
    assert [bar for bar in range(12) if turns.begins(bar)] == [4, 8]


@pytest.mark.parametrize(
    "text", ["solo", "trade 2", "trade 12 first me", "trade chorus", "answer", "duet", "back"]
)
def test_a_mode_is_written_as_it_is_read(text):
    assert str(parse_mode(text)) == text


def test_four_bars_and_you_first_unless_it_is_said():
    assert parse_mode("Trade") == parse_mode("trade 4 first you") == Mode("trade", 4, "you")


@pytest.mark.parametrize(
    "text", ["trade 3", "trade 4 first him", "duet 4", "sing", "trade first", "", " "]
)
def test_what_is_no_mode_is_refused_in_a_sentence(text):
    with pytest.raises(SteeringError, match=r"expected 'solo', 'trade 4'"):
        parse_mode(text)
