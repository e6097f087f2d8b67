"""What an OSC message says."""

from __future__ import annotations

import pytest

from improv.osc.language import line_of
from improv.performance.steering import asked_of


@pytest.mark.parametrize(
    ("address", "values", "line"),
    [
        ("/improv/density", [0.5], "density 0.5"),
        ("/improv/density", [0.30000001192092896], "density 0.3"),
        ("/improv/tempo", [160], "tempo 160"),
        ("/improv/tempo", ["90 over 4"], "tempo 90 over 4"),
        ("/improv/swing", ["auto"], "swing auto"),
        ("/improv/@solo2/density", [1], "@solo2 density 1"),
        ("/improv/player", ["Charlie Parker"], "player Charlie Parker"),
        (
            "/improv/player",
            ["Bud Powell", 0.7, "Sonny Stitt", 0.3],
            "player Bud Powell:0.7, Sonny Stitt:0.3",
        ),
        ("/improv/player", [], "player "),
        ("/improv/style", ["hardbop"], "style hardbop"),
        ("/improv/mode", ["trade 4"], "mode trade 4"),
        ("/improv/line", ["mute piano, bass"], "mute piano, bass"),
        ("/improv/chart", ["| Dm7 | G7 |"], "chart | Dm7 | G7 |"),
        ("/improv/chart/now", ["blues"], "chart blues now"),
        ("/improv/chord", ["Dm7"], "chart | Dm7 | now"),
        ("/improv/chord", ["Dm7", "G7"], "chart | Dm7 | G7 | now"),
        ("/improv/volume/bass", [0.5], "volume bass 0.5"),
        ("/improv/volume", ["bass", 0.5], "volume bass 0.5"),
        ("/improv/mute/piano", [1.0], "mute piano"),
        ("/improv/mute/piano", [0.0], "unmute piano"),
        ("/improv/mute", ["piano"], "mute piano"),
        ("/improv/solo/bass", [True], "solo bass"),
        ("/improv/solo/bass", [False], "solo off"),
        ("/improv/next", [1.0], "next"),
        ("/improv/next", [0.0], ""),
        ("/improv/next", [], "next"),
        ("/improv/next/now", [], "next now"),
        ("/improv/tap", [1], "tap"),
        ("/improv/tune", [2], "tune 2"),
        ("/improv/stop/", [None], "stop"),
    ],
)
def test_a_message_is_the_line_that_would_be_typed(address, values, line):
    assert line_of(address, values) == line
    assert not getattr(asked_of(line), "problem", False) or line == "trade 4"


@pytest.mark.parametrize("address", ["", "/", "/improv", "/improv/", "/improv/@", "/other/density"])
def test_what_is_not_for_us_is_said(address):
    with pytest.raises(ValueError, match="such as /improv/density"):
        line_of(address, [1])


def test_a_blob_or_a_list_is_no_value():
    for value in (b"123", [1, 2]):
        with pytest.raises(ValueError, match="numbers and texts"):
            line_of("/improv/density", [value])
