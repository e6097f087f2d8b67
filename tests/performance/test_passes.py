"""Faster with each chorus, or each pass of a loop."""

from __future__ import annotations

import pytest

import improv
from improv.charts.library import load_chart
from improv.config import Config, Plan, Tune
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_performance
from improv.performance.loop import parse_faster
from improv.performance.passes import Passes

BAR = 1920


class Band:
    """Has a tempo, and takes another."""

    tempo_bpm = 100.0

    def steer(self, steer):
        self.tempo_bpm = steer.controls["tempo_bpm"]
        return steer


def laid_out(**plan):
    tune = Tune(load_chart("blues"), Plan(**plan), {"tempo_bpm": 100.0})
    return make_performance(tune, arrange(tune.chart, tune.plan))


@pytest.mark.parametrize(
    ("text", "read"),
    [("5", (5.0, False)), ("2.5 Clean", (2.5, True)), (" 10  clean ", (10.0, True))],
)
def test_how_much_is_read(text, read):
    assert parse_faster(text) == read


@pytest.mark.parametrize("text", ["", "0", "-5", "500", "fast", "5 dirty", "clean"])
def test_what_cannot_be_is_refused(text):
    with pytest.raises(ValueError, match="expected bpm such as '5', or '5 clean'"):
        parse_faster(text)


def test_each_pass_is_faster_from_its_first_beat_up_to_the_fastest_there_is():
    performance, band = laid_out(count_in_bars=1, loop="1-2"), Band()
    passes = Passes(performance, "120")
    said = []
    for bar in (3, 5, 7, 9):
        assert passes.tick == bar * BAR
        said.append(passes.begin(band)[0])
        assert performance.tempo.bpm_at(bar * BAR) == band.tempo_bpm
    assert said == ["tempo 220", "tempo 340", "tempo 400", "tempo 400"]
    assert performance.tempo.bpm_at(3 * BAR - 1) == 100


def test_it_can_begin_and_end_while_it_plays():
    """From the next pass on that is not worked out."""
    performance, band = laid_out(count_in_bars=1, loop="1-2"), Band()
    passes = Passes(performance, "")
    passes.set("10", 5 * BAR)
    assert passes.tick == 7 * BAR
    assert passes.begin(band)[0] == "tempo 110"
    passes.set("", 8 * BAR)
    assert passes.tick is None
    passes.set("20", 8 * BAR)
    assert passes.tick == 9 * BAR


def test_without_a_word_of_it_no_pass_has_another_tempo():
    assert Passes(laid_out(loop="1-2"), "").tick is None


def test_the_same_is_made_into_files_with_a_tempo_for_each_pass():
    cell = improv.load("bebop")
    words = dict(seed=4, loop="5-6", faster="30", choruses=3, band="bass", tempo=120, count_in=0)
    take = cell.play("blues", **words)
    assert take.tempos == ((0, 120.0), (2 * BAR, 150.0), (4 * BAR, 180.0))
    assert take.chart.length_tick == 6 * BAR
    assert cell.play("blues", **words).tracks == take.tracks


def test_a_header_without_them_is_of_an_earlier_version():
    from improv.session.header import _tune, what_is_played

    tune = Tune(load_chart("blues"), Plan(choruses=2, loop="3-4", faster="5 clean"))
    row = what_is_played(Config((tune,)))["tunes"][0]
    assert _tune(row).plan == tune.plan
    before = {name: value for name, value in row.items() if name not in ("loop", "faster")}
    assert _tune(before).plan == Plan(choruses=2)
