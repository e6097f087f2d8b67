"""What is said when it begins: whom it hears, and how a keyboard gets there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from improv.charts.library import load_chart
from improv.cli.play import _greet
from improv.config import Config, Plan, Tune
from improv.live.daemon import Opening
from improv.midi.ports import PortInfo
from improv.midi.realtime import Realtime

PORT = PortInfo("synth:in", "jack", virtual=False)


@pytest.mark.parametrize(
    ("heard", "mode", "said"),
    [
        (None, "solo", ""),
        (None, "answer", "It hears nobody, so in 'answer' its partner is silent: --input names"),
        (PortInfo("keys:out", "jack", virtual=False), "answer", "the input 'keys:out' (jack).\n"),
        (
            PortInfo("mine", "jack", virtual=True, client="jazz-improv-in"),
            "trade 4",
            "the virtual input 'mine' (jack); connect your keyboard to it: jack_connect KEYBOARD:PORT "
            "'jazz-improv-in:mine'.\n",
        ),
    ],
)
def test_who_is_heard_is_said_and_how_a_keyboard_is_connected(heard, mode, said):
    lines = []
    model = SimpleNamespace(card=SimpleNamespace(name="a cell"), path=Path("/nowhere"))
    config = Config((Tune(load_chart("blues"), Plan()),), mode=mode)
    opening = Opening(model, PORT, Realtime(), None, partner_in=heard)
    _greet(config, opening, False, lines.append, False, None)
    text = "".join(lines)
    assert said in text
    assert ("Listening" in text, "hears nobody" in text) == (
        heard is not None,
        heard is None and mode != "solo",
    )
