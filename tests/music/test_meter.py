"""Meters in ticks."""

from __future__ import annotations

import pytest

from improv.errors import ChartError
from improv.music.meter import Meter


@pytest.mark.parametrize(
    ("text", "beat", "bar"),
    [
        ("4/4", 480, 1920),
        ("3/4", 480, 1440),
        ("6/8", 240, 1440),
        ("2/2", 960, 1920),
        ("5/4", 480, 2400),
    ],
)
def test_a_meter_in_ticks(text, beat, bar):
    meter = Meter.parse(text)
    assert (meter.ticks_per_beat, meter.ticks_per_bar, str(meter)) == (beat, bar, text)


@pytest.mark.parametrize(
    "text", ["", "4", "C", "4/0", "0/4", "4/3", "33/4", "4/4/4", "-3/4", "x/4"]
)
def test_what_is_no_meter_is_refused_with_its_text(text):
    with pytest.raises(ChartError, match="as in '4/4'"):
        Meter.parse(text)


@pytest.mark.parametrize(
    ("text", "compound"),
    [("6/8", True), ("9/8", True), ("12/8", True), ("3/8", False), ("3/4", False), ("7/8", False)],
)
def test_three_eighths_are_a_pulse_where_there_are_several(text, compound):
    assert Meter.parse(text).is_compound is compound
