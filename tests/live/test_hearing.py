"""The partner's input: what is not listened to, and what its port's going does. Ports are made up."""

from __future__ import annotations

import pytest
from fakes import ManualClock

from improv.charts.library import load_chart
from improv.config import Config, Plan, Tune
from improv.errors import PortError
from improv.live import hearing as hearing_module
from improv.live.hearing import Hearing
from improv.midi.events import CLOCK_IN, IN, PortEvent
from improv.midi.messages import note_on
from improv.midi.ports import PortInfo
from improv.music.tempo import TempoMap

OURS = PortInfo("jazz-improv", "alsa", True)
MS = 1_000_000


class FakeReceiver:
    """As `ReceiverProcess`; its port opens."""

    def __init__(self, request, watched, inbox, *, role, channel, thru):
        self.request, self.role, self.channel, self.closed = request, role, channel, False

    def opened(self, clock):
        if self.request.name == "none":
            raise PortError("There is none.")
        return PortInfo(self.request.name, "alsa", False)

    def close(self):
        self.closed = True


class FakeThru:
    """As `midi.thru.Thru`."""

    channel, let_go_ns = 5, None

    def let_go(self, ns):
        self.let_go_ns = ns


@pytest.fixture
def listen(monkeypatch):
    monkeypatch.setattr(hearing_module, "ReceiverProcess", FakeReceiver)

    def listen(name, *outputs, thru=None, **settings):
        config = Config((Tune(load_chart("blues"), Plan()),), input=name, **settings)
        return Hearing(config, outputs, ManualClock(), None, thru)

    return listen


@pytest.mark.parametrize(
    ("port", "names"),
    [
        (OURS, ("jazz-improv", "jazz-improv:jazz-improv")),
        (PortInfo("IAC Driver Bus 1", "coremidi", False), ("IAC Driver Bus 1",)),
        (PortInfo("Midi Through:Midi Through Port-0", "alsa", False), ("Midi Through:Midi Through Port-0",)),
        (PortInfo("Piano:Piano MIDI 1", "alsa", False), ()),
        (PortInfo("none", "none", False), ()),
    ],
)  # fmt: skip
def test_what_sends_on_what_this_session_plays_is_not_listened_to(listen, port, names):
    """A piano is sent to and heard by one name, and sends nothing on."""
    made = listen("keys", port, input_channel=3, input_latency_ms=12.0)
    assert made._receiver.request.but == names
    assert (made._receiver.role, made._receiver.channel) == (IN, 3)
    assert made.ears.latency_ns == 12 * MS


def test_what_goes_through_would_go_round_for_ever(listen):
    assert listen("jazz-improv:jazz-improv", OURS).port.name == "jazz-improv:jazz-improv"
    with pytest.raises(PortError, match="would go round for ever"):
        listen("jazz-improv:jazz-improv", OURS, thru=FakeThru())


def test_a_port_that_goes_ends_what_is_heard_and_what_goes_through(listen):
    thru = FakeThru()
    made = listen("keys", thru=thru)
    made.ears.begin(TempoMap(120))
    made.ears.hear(0, note_on(0, 60, 90))
    assert made.attend(PortEvent(CLOCK_IN, "keys", False), 300 * MS) is None
    assert made.attend(PortEvent(IN, "keys", False), 500 * MS) == "The input 'keys' is gone."
    assert [note.end_tick for note in made.ears.heard(500 * MS)] == [None, 480]
    assert thru.let_go_ns == 500 * MS
    assert made.attend(PortEvent(IN, "keys", True), 600 * MS) == "The input 'keys' is back."


def test_an_input_that_cannot_be_opened_leaves_nobody_listening(listen, monkeypatch):
    closed = []
    monkeypatch.setattr(FakeReceiver, "close", lambda self: closed.append(self))
    with pytest.raises(PortError, match="There is none"):
        listen("none")
    assert len(closed) == 1
