"""Who is heard, and how loud."""

from __future__ import annotations

import pytest

from improv.controls.mixer import Mixer, controller_value, find_musician, read_volume


def test_one_who_is_alone_or_muted_is_all_that_counts():
    mixer = Mixer().then({"bass": 0.5}, {"piano": True}, None)
    assert [mixer.is_heard(name) for name in ("solo", "piano", "bass")] == [True, False, True]
    alone = mixer.then({}, {}, ("piano", "bass"))
    assert [alone.is_heard(name) for name in ("solo", "piano", "bass")] == [False, False, True]
    assert str(alone) == "bass 0.5, piano muted, only bass and piano"
    assert alone.then({}, {"piano": False}, ()) == Mixer({"bass": 0.5})
    assert str(Mixer()) == ""


@pytest.mark.parametrize("text", ["bass 0.6", "bass=0.6", " bass   0.60 "])
def test_a_volume_is_read(text):
    assert read_volume(text) == ("bass", 0.6)


@pytest.mark.parametrize(
    "text", ["", "bass", "0.6", "bass loud", "bass 1.1", "bass -0.1", "bass nan"]
)
def test_what_is_no_volume_is_said(text):
    with pytest.raises(ValueError, match=r"a number from 0 to 1, as in 'bass 0\.6'"):
        read_volume(text)


def test_the_whole_range_of_the_controller_is_used():
    assert [controller_value(volume) for volume in (0, 0.5, 1)] == [0, 64, 127]
    with pytest.raises(ValueError, match="'bass'"):
        Mixer({"bass": 2.0})


def test_a_musician_is_found_in_any_case():
    assert find_musician("BASS", ["solo", "bass"]) == "bass"
    with pytest.raises(ValueError, match="perhaps 'bass' was meant; expected solo or bass"):
        find_musician("bas", ["solo", "bass"])
