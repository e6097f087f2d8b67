"""How a tune is laid out where nobody says, and who plays it."""

from __future__ import annotations

import pytest

from improv.charts.text import parse_chart
from improv.config import Musician
from improv.errors import ChartError
from improv.performance.form import DEFAULT_BAND, Form, band_of

CHART = parse_chart("| Dm7 | G7 |")


def test_a_band_counts_in_and_ends_with_a_tag_where_there_is_an_end():
    for form, expected in (
        (Form(2), (2, "tag")),
        (Form(0), (2, "none")),
        (Form(2, has_band=False), (0, "none")),
        (Form(2, count_in=1, ending="hold", has_band=False), (1, "hold")),
    ):
        plan = form.tune(CHART).plan
        assert (plan.count_in_bars, plan.ending) == expected


def test_a_tune_has_its_own_controls():
    form = Form(1, controls={"density": 0.5})
    tune = form.tune(CHART)
    tune.controls["density"] = 0.0
    assert form.tune(CHART).controls == {"density": 0.5}


def test_what_is_no_key_or_feel_is_refused():
    for form in (Form(1, key="H"), Form(1, feel="polka")):
        with pytest.raises(ChartError):
            form.tune(CHART)


def test_musicians_have_their_channels_and_sounds_or_those_that_are_given():
    assert [m.instrument for m in band_of(DEFAULT_BAND, 1)] == ["piano", "bass", "drums"]
    assert band_of("bass=3/33", 1) == (Musician("bass", 2, 32),)
    assert band_of("", 1) == ()


@pytest.mark.parametrize(
    ("band", "said"),
    [
        ("kazoo", "is not an instrument"),
        ("bass,bass", "each plays once"),
        ("bass=17", "a channel from 1 to 16"),
        ("bass=1", "bass and the soloist are both on channel 1"),
    ],
)
def test_a_band_that_cannot_play_is_said(band, said):
    with pytest.raises(ValueError, match=said):
        band_of(band, 1)
