"""The judge."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from solo_maker import solo
from solos import solo as solo_of

pytest.importorskip("sklearn", reason="needs the extra [train]")

from improv.errors import CorpusError
from improv.evaluation.judge.excerpts import FAMILY_NAMES
from improv.evaluation.judge.judge import TELLING, judge


def machine(title: str, seed: int):
    """What plays eighths up and down, for ever."""
    start = int(np.random.default_rng((seed, *title.encode())).integers(0, 9))
    line = [(6 * at, 6, 60 + abs((at + start) % 16 - 8)) for at in range(160)]
    return solo_of(line, [(0, "F7")], title=title, id=f"{title} {seed}")


TRAIN = [(solo(title, seed=seed), machine(title, seed)) for title in "ABCDEFGH" for seed in (0, 1)]
VALID = [(solo(title), machine(title, 0)) for title in "UVWXYZ"]


def test_what_is_no_person_is_told_from_people():
    told: list[int] = []
    found = judge(TRAIN, VALID, recurrent=False, progress=told.append)
    assert told[-1] == 100
    assert told == sorted(told)
    assert found.judge.value > 0.95
    assert found.whole_solos.value > 0.95
    assert set(found.classifiers) == {"likelihood ratios", "linear", "boosting"}
    assert set(found.families) == set(FAMILY_NAMES)
    assert len(found.telling) == TELLING
    assert all(each.family != "durations" for each in found.telling)
    assert {each.family for each in found.telling_of_durations} == {"durations"}
    assert found.tunes == {"train": 8, "valid": 6}
    assert found.excerpts["valid"] == (12, 12)
    assert judge(TRAIN, VALID, recurrent=False) == found


def test_people_are_not_told_from_people():
    train = [(solo(title, seed=0), solo(title, seed=1)) for title in "ABCDEFGHIJKLMNOP"]
    valid = [(solo(title, seed=2), solo(title, seed=3)) for title in "QRSTUVWXYZabcdefghijklmnopqr"]
    assert 0.35 < judge(train, valid, recurrent=False).judge.value < 0.65


def test_it_is_told_to_people_and_to_programs():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = judge(TRAIN, VALID, recurrent=False)
    text, value = found.text(), json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert f"{found.judge.value:.3f}" in text
    assert "What gives it away" in text
    assert value["auc"] == pytest.approx(found.judge.value, abs=1e-4)
    assert value["low"] <= value["auc"] <= value["high"]
    assert set(value["families"]) == set(FAMILY_NAMES)
    assert len(value["telling"]) == TELLING


@pytest.mark.parametrize(
    ("train", "valid", "said"),
    [
        (TRAIN[:4], VALID, "too little to fit a judge on: 4 solos"),
        (TRAIN, VALID[:1], "too little to judge: 1 solos"),
    ],
)
def test_too_little_is_said_in_a_sentence(train, valid, said):
    with pytest.raises(CorpusError, match=said):
        judge(train, valid, recurrent=False)
