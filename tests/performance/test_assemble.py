"""Everybody put together: soloists and band from a model and a config."""

from __future__ import annotations

import pytest
from tiny_line import tiny_line

from improv.charts.library import load_chart
from improv.config import Config, Musician, Plan, SoloistConfig, Tune
from improv.performance.arrangement import arrange
from improv.performance.assemble import lineup_of, make_ensemble, make_performance
from improv.performance.steering import Steer

BAR = 1920
BAND = (Musician("bass", 2, 32), Musician("drums", 11, None))
TRIO = (SoloistConfig(), SoloistConfig("solo2", 4, 56), SoloistConfig("solo3", 5, None))


@pytest.fixture
def model(tmp_path):
    return tiny_line(tmp_path)


def made(model, *, soloists=TRIO[:1], band=BAND, seed=3, number=0, start_tick=0, **plan):
    controls = plan.pop("controls", {"tempo_bpm": 140.0})
    tune = Tune(load_chart("blues"), Plan(**{"choruses": 2, **plan}), controls, "wave")
    config = Config((tune,), seed=seed, soloists=soloists, band=band)
    arrangement = arrange(tune.chart, tune.plan)
    performance = make_performance(tune, arrangement, number=number, start_tick=start_tick)
    return make_ensemble(config, tune, performance, model)


def played(ensemble, name=None, bars=24):
    """What is played, or what one plays, without the numbers."""
    return [
        (n.onset_tick, n.end_tick, n.pitch, n.velocity, n.channel, n.player)
        for n in ensemble.advance(bars * BAR)
        if name in (None, n.player)
    ]


def test_the_lineup_has_an_empty_track_for_everybody():
    rows = lineup_of(Config((), soloists=TRIO[:2], band=BAND))
    assert [(t.name, t.channel, t.program, t.written) for t in rows] == [
        ("solo", 0, 66, ()),
        ("solo2", 4, 56, ()),
        ("bass", 2, 32, None),
        ("drums", 11, None, None),
    ]
    assert not any(t.notes for t in rows)


def test_everybody_plays_on_the_channel_of_the_config(model):
    channels = {(n[5], n[4]) for n in played(made(model, soloists=TRIO))}
    assert channels == {("solo", 0), ("solo2", 4), ("solo3", 5), ("bass", 2), ("drums", 11)}


def test_a_soloist_plays_the_same_whoever_plays_beside_it(model):
    """And the band, as far as it does not listen, whoever solos."""
    alone, trio = made(model), made(model, soloists=TRIO)
    assert played(alone, "solo") == played(trio, "solo")
    two = made(model, soloists=(TRIO[0], SoloistConfig("other", 7)))
    again = [row[:4] for row in played(two, "other")]
    assert again == [row[:4] for row in played(made(model, soloists=TRIO[:2]), "solo2")]
    lines = [[row[2] for row in played(made(model, soloists=TRIO), each.name)] for each in TRIO]
    assert lines[0] != lines[1] != lines[2] != lines[0]


@pytest.mark.parametrize("other", [{"seed": 4}, {"number": 1}])
def test_another_seed_or_tune_of_the_set_is_other_music(model, other):
    assert played(made(model)) == played(made(model))
    for name in ("solo", "bass", "drums"):
        assert played(made(model), name) != played(made(model, **other), name)


def test_without_a_band_the_first_soloist_begins_at_once(model):
    for seed in range(4):
        assert played(made(model, soloists=TRIO[:2], band=(), seed=seed), "solo")[0][0] == 0
    begins = [
        played(made(model, soloists=TRIO[:2], band=(), seed=seed), "solo2")[0][0]
        for seed in range(4)
    ]
    assert any(begins)


def test_a_band_plays_without_soloists(model):
    """And there is nobody to play as somebody else."""
    ensemble = made(model, soloists=())
    assert {row[5] for row in played(ensemble)} == {"bass", "drums"}
    assert ensemble.steps == 0
    assert ensemble.steer(Steer(controls={"swing": 1.0})).controls == {"swing": 1.0}


def test_the_count_in_is_on_the_channel_of_the_drums(model):
    clicks = played(made(model, count_in_bars=1), "count-in")
    assert {row[4] for row in clicks} == {11}
    assert [row[0] for row in clicks] == [0, 480, 960, 1440]
    assert {row[4] for row in played(made(model, count_in_bars=1, band=()), "count-in")} == {9}


def test_begun_within_a_tune_nothing_before_is_played(model):
    ensemble = made(model, soloists=TRIO[:2], start_tick=6 * BAR + 480)
    notes = played(ensemble)
    assert min(row[0] for row in notes) >= 6 * BAR + 480
    assert {row[5] for row in notes} == {"solo", "solo2", "bass", "drums"}


def test_swing_that_nobody_set_follows_the_tempo(model):
    """At 340 bpm and above eighths are even."""

    def off_beats(controls):
        ensemble = made(model, controls={"tempo_bpm": 140.0, "human": 0.0, **controls})
        ensemble.steer(Steer(controls={"tempo_bpm": 400.0}))
        solo = [note for note in ensemble.advance(24 * BAR) if note.is_solo]
        return {n.onset_tick % 480 for n in solo if n.written.onset_tick % 480 == 240}

    assert off_beats({}) == {240}
    assert off_beats({"swing": 2.0}) == {320}
