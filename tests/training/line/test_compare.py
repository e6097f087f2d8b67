"""The table of a comparison, from scores made by hand."""

from __future__ import annotations

import numpy as np
from solo_maker import solo

from improv.evaluation.musical import compare_with_humans, measure_humans
from improv.evaluation.protocol import Gain, Scores, SoloScores
from improv.originality.index import build_index
from improv.training.line.compare import SHOWN, Comparison


def scores(rhythm: float, pitch: float) -> Scores:
    return Scores((SoloScores("a", np.full(10, rhythm), np.full(10, pitch)),))


def comparison(base: Scores | None, gain: Gain | None = None) -> Comparison:
    people = [solo("Air"), solo("Barbados")]
    humans = measure_humans(people, index=build_index([solo("Cheryl", 9)]))
    music = compare_with_humans(people, humans, model="mine")
    return Comparison(
        "mine",
        "bebop" if base else "",
        scores(1.5, 2.0),
        base,
        3.75,
        gain,
        music,
        music if base else None,
    )


def test_from_scratch_there_is_no_column_for_a_base():
    text = comparison(None).text()
    head, nats, *_ = text.splitlines()
    assert head.split() == ["mine", "Markov", "people"]
    assert nats.split() == ["nats", "a", "note", "3.500", "3.750"]
    assert "0.250 nats a note less than Markov chains" in text
    assert "what was learned from has" in text


def test_beside_its_base():
    made = comparison(scores(1.6, 2.1), Gain(0.2, 0.1, 0.3))
    text = made.text()
    assert text.splitlines()[0].split() == ["bebop", "mine", "Markov", "people"]
    assert "0.200 nats a note less than 'bebop' (95 %: +0.100 to +0.300)." in text
    assert "chord tones, %" in text and "longest run that stands there" in text


def test_worse_and_equal_are_said_as_they_are():
    assert "0.100 nats a note more than 'bebop'." in comparison(scores(1.4, 2.0)).text()
    assert "cost it as much as 'bebop'." in comparison(scores(1.5, 2.0)).text()


def test_as_json_and_for_the_card():
    made = comparison(scores(1.6, 2.1), Gain(0.2, 0.1, 0.3))
    told = made.as_json()
    assert told["nats"]["new"] == {
        "nats_per_note": 3.5,
        "rhythm": 1.5,
        "pitch": 2.0,
        "notes": 10,
    }
    assert told["nats"]["markov"] == 3.75
    assert told["gain"] == {"difference": 0.2, "low": 0.1, "high": 0.3}
    assert told["musical"]["base"]["measures"].keys() >= set(SHOWN)
    kept = made.scores()
    assert kept["base_nats_per_note"] == 3.7 and kept["as_it_plays"]["pitch"] == 2.0
    assert list(kept["musical"]) == list(SHOWN)
    assert "base_nats_per_note" not in comparison(None).scores()
