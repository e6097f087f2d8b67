"""What the page is told is set."""

from __future__ import annotations

from dataclasses import replace

import pytest

from improv.charts.library import load_chart
from improv.config import Config, Plan, Tune
from improv.page.told import Values
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_performance
from improv.performance.steering import Steer


def tune(**controls):
    return Tune(load_chart("blues"), Plan(choruses=1), controls, "build")


def begun(values, each, number=0):
    values.begin(make_performance(each, arrange(each.chart, each.plan), number=number))
    return values.message()


@pytest.fixture
def values():
    return Values(Config(tunes=(tune(), tune(swing=2.0))))


def test_what_nobody_has_set_is_automatic(values):
    assert begun(values, tune())["automatic"] == ["swing"]
    assert begun(values, tune(swing=2.0), 1)["automatic"] == []
    assert values.message()["controls"]["swing"] == 2.0


def test_what_was_set_stays_so_in_the_next_tune_until_it_is_automatic_again(values):
    begun(values, tune())
    values.steered(Steer(controls={"swing": 1.2}))
    assert begun(values, tune())["automatic"] == []
    values.steered(Steer(controls={"swing": None}))
    assert values.message()["automatic"] == ["swing"]


def test_the_mixer_the_mode_and_the_players_are_told(values):
    begun(values, tune())
    values.steered(Steer({"Charlie Parker": 1.0}, mutes={"piano": True}, mode="trade 4"))
    told = values.message(playing=False)
    assert (told["player"], told["mode"], told["playing"]) == ("Charlie Parker", "trade 4", False)
    assert told["mixer"]["muted"] == ["piano"]


def test_a_set_that_was_read_again_may_have_more_tunes_and_soloists(values):
    assert begun(values, tune(), 7)["controls"]["density"] == 0.0
    values.steered(replace(Steer(controls={"density": 0.5}), soloist="solo2"))
    assert values.message()["soloists"]["solo2"]["controls"] == {"density": 0.5}
