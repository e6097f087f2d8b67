"""The first line of a log: a config, and the same config again; what is damaged is said."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from session_maker import FOUR_BARS, THREE_FOUR, config_of, header
from tiny_line import tiny_line

from improv.config import Plan, SoloistConfig
from improv.errors import InputFileError, ModelError
from improv.session.header import LOG_FORMAT, header_of, model_path, what_is_played
from improv.session.header import config_of as config_again


def test_a_header_is_the_same_config_again():
    config = config_of(
        FOUR_BARS, THREE_FOUR, plan=Plan(choruses=3, key_cycle="fourths", ending="tag"), seed=7,
        soloists=(
            SoloistConfig("parker", 2, None, "Charlie Parker", "bebop", 8, controls={"density": -1.0}),
            SoloistConfig("low", 3, 70, low_pitch=34, high_pitch=70),
        ),
    )  # fmt: skip
    config = replace(
        config,
        tunes=(replace(config.tunes[0], controls={"density": 0.5, "rehearse": 4.0}, arc="wave"),),
    )
    assert config_again(json.loads(json.dumps(header(config))), "x") == config


def test_users_count_channels_from_1():
    said = what_is_played(config_of(soloists=(SoloistConfig(), SoloistConfig("solo2", 4, None))))
    assert [(each["name"], each["channel"]) for each in said["soloists"]] == [
        ("solo", 1),
        ("solo2", 5),
    ]
    assert said["band"] == [{"instrument": "bass", "channel": 2, "program": 32}]


def test_it_names_the_model_and_its_weights(tmp_path):
    made = header_of(config_of(), tiny_line(tmp_path))
    assert (made["model"], made["model_path"]) == ("tiny", str(tmp_path))
    assert made["weights_sha256"] == "0" * 64
    assert made["log"] == LOG_FORMAT


def damaged(**changes):
    return {**json.loads(json.dumps(header(config_of()))), **changes}


def soloist(**changes):
    (one,) = damaged()["soloists"]
    return {"soloists": [{**one, **changes}]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": -1}, "whole number from 0 on was expected, not -1"),
        ({"seed": True}, "not True"),
        ({"model": 3}, "a text was expected, not 3"),
        ({"engine": "torch"}, "one of numpy, keras was expected, not 'torch'"),
        ({"soloists": [{}]}, "lacks 'name'"),
        ({"soloists": None}, "not iterable"),
        (soloist(channel=17), "a channel from 1 to 16 was expected, not 17"),
        (soloist(channel=0), "not 0"),
        (soloist(program=128), "a program from 0 to 127 was expected, not 128"),
        (soloist(low_pitch=90), "no range goes from pitch 90 to 88"),
        (soloist(high_pitch=128), "from 0 to 127 was expected, not 128"),
        (soloist(max_quote="all"), "not 'all'"),
        (soloist(max_quote=5), "a quote in notes from 6 on was expected, not 5"),
        (soloist(player=["Charlie Parker"]), "a text was expected"),
        (soloist(controls={"tempo_bpm": 90.0}), "'tempo_bpm' is not a control that"),
        (soloist(controls={"density": 3.0}), "density must be from -1 to 1, not 3"),
        (soloist(name="bass"), "2 musicians are called 'bass'"),
        ({"band": [{"instrument": "kazoo", "channel": 1, "program": 0}]}, "not 'kazoo'"),
        ({"tunes": 3}, "not iterable"),
    ],
)
def test_what_is_damaged_is_said_in_a_sentence(changes, words):
    with pytest.raises(InputFileError) as caught:
        config_again(damaged(**changes), "x.jsonl")
    said = str(caught.value)
    assert said.startswith("The first line of the log 'x.jsonl' is damaged: ")
    assert words in said
    assert said.count("\n") == 0


@pytest.mark.parametrize("name", ["plan", "controls", "arc", "chart"])
def test_a_damaged_tune_is_said_too(name):
    made = damaged()
    (tune,) = made["tunes"]
    bad = {"plan": {"choruses": -1}, "controls": {"controls": {"density": 9}}}
    bad |= {"arc": {"arc": "zigzag"}, "chart": {"chart": {"changes": 3}}}
    made["tunes"] = [{**tune, **bad[name]}]
    with pytest.raises(InputFileError, match="is damaged"):
        config_again(made, "x.jsonl")


@pytest.mark.parametrize("version", [None, 1, LOG_FORMAT - 1, LOG_FORMAT + 1, "3"])
def test_a_log_of_another_format_is_refused(version):
    with pytest.raises(InputFileError, match=f"format {LOG_FORMAT} was expected"):
        config_again(damaged(log=version), "x.jsonl")


def test_the_model_is_looked_for_where_it_was_and_then_by_its_name(tmp_path):
    model = tiny_line(tmp_path)
    assert model_path(header_of(config_of(), model), "x") == tmp_path
    shipped = model_path({"model": "bebop", "model_path": "/nowhere/bebop"}, "x")
    assert shipped.name == "bebop"
    for path in ("/nowhere/gone", "\0", ""):
        with pytest.raises(ModelError, match="'x' was played with the model 'gone'"):
            model_path({"model": "gone", "model_path": path}, "x")
