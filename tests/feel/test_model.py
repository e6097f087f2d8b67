"""feel.json: whole and back, and refused in one sentence when it is damaged."""

from __future__ import annotations

import json

import pytest
from feel_maker import made_feel

from improv.errors import ModelError
from improv.feel.model import EVERYBODY, FILE_NAME, PlayerFeel, load_feel, save_feel

BIRD = PlayerFeel(lay_back=0.02, swing=0.04, spread=1.2, dynamics=1.5, length=0.1)


def test_a_feel_comes_back_and_is_written_alike_twice(tmp_path):
    feel = made_feel({0: 40, 6: 90}, spread=30, players={"Bird": BIRD, "Ann": EVERYBODY})
    save_feel(tmp_path / FILE_NAME, feel)
    first = (tmp_path / FILE_NAME).read_bytes()
    loaded = load_feel(tmp_path)
    assert loaded == feel
    save_feel(tmp_path / FILE_NAME, loaded)
    assert (tmp_path / FILE_NAME).read_bytes() == first


def test_it_is_read_once_and_again_when_it_has_changed(tmp_path):
    """Each seek of a clock that is followed puts everybody together anew."""
    save_feel(tmp_path / FILE_NAME, made_feel(spread=30))
    first = load_feel(tmp_path)
    assert load_feel(tmp_path) is first
    save_feel(tmp_path / FILE_NAME, made_feel(spread=30, players={"Bird": BIRD}))
    assert load_feel(tmp_path).players == {"Bird": BIRD}


def test_a_model_without_one_has_none(tmp_path):
    assert load_feel(tmp_path) is None


def test_players_mix_and_strangers_are_everybody():
    feel = made_feel(players={"Bird": BIRD})
    assert feel.player("Bird") == BIRD
    assert feel.player("Nobody") == feel.player({}) == EVERYBODY
    half = feel.player({"Bird": 1.0, "Nobody": 1.0})
    assert (half.swing, half.spread, half.dynamics) == pytest.approx((0.02, 1.1, 1.25))
    assert feel.player({"Bird": 0.7, "Nobody": 0.3}).lay_back == pytest.approx(0.014)


def damaged(change):
    def spoil(data):
        change(data)
        return json.dumps(data)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: "", "Expecting value"),
        (lambda data: "[1, 2]", "not in the format"),
        (lambda data: "[" * 100_000, ""),
        (damaged(lambda d: d.update(version=9)), "version 9 is not 1"),
        (damaged(lambda d: d.pop("timing")), "'timing' is missing"),
        (
            damaged(lambda d: d.update(sd_db="loud")),
            "a number from 0 to 40 was expected, not 'loud'",
        ),
        (damaged(lambda d: d.update(sd_db=float("nan"))), "was expected, not nan"),
        (damaged(lambda d: d["follows"].pop()), "follows has 7 numbers, not 8"),
        (damaged(lambda d: d["timing"].pop()), "timing has 4 tables, not 5"),
        (damaged(lambda d: d["spread"][0]["rows"].pop()), "another table"),
        (
            damaged(lambda d: d["length"][1]["rows"].__setitem__(0, [0.5])),
            "does not have 1 numbers",
        ),
        (
            damaged(lambda d: d["length"][1]["rows"].__setitem__(0, [10**9])),
            "does not have 1 numbers",
        ),
        (damaged(lambda d: d.update(players={"A": {"swing": 1}})), "is missing"),
        (damaged(lambda d: d.update(players=3)), ""),
        (damaged(lambda d: d.update(timing=None)), ""),
    ],
)
def test_a_damaged_feel_is_refused_in_one_sentence(tmp_path, spoil, said):
    save_feel(tmp_path / FILE_NAME, made_feel())
    path = tmp_path / FILE_NAME
    path.write_text(spoil(json.loads(path.read_text())))
    with pytest.raises(ModelError) as caught:
        load_feel(tmp_path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe{")
    with pytest.raises(ModelError, match=r"feel\.json"):
        load_feel(tmp_path)
