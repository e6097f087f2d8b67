"""Whose clock it is: what is opened, what is watched, and who follows."""

from __future__ import annotations

import queue
from types import SimpleNamespace

import pytest
from fakes import ManualClock

from improv.charts.library import load_chart
from improv.config import Config, Plan, Tune
from improv.errors import PortError
from improv.midi import receiver_process
from improv.midi.events import CLOCK_OUT, OUT
from improv.midi.ports import PortInfo, PortRequest
from improv.sync.midi_clock import ClockFollower, Follows
from improv.sync.sources import CLOCK_PORT, Clocks, open_clocks

NONE, SYNTH, DAW = (
    PortInfo("none", "none", False),
    PortInfo("synth", "jack", False),
    PortInfo("daw", "jack", False),
)
CHART = load_chart("| C7 | F7 |")


class FakeReceiver:
    """As ReceiverProcess."""

    found: Exception | str | None = "what was asked for"
    """What comes of opening the clock's port: an error, nothing, or that."""

    def __init__(self, wanted, watched, inbox):
        self.wanted, self.watched, self.closed = wanted, watched, False

    def opened(self, clock):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found and PortInfo(self.wanted.name, self.wanted.backend, False)

    def close(self):
        self.closed = True


@pytest.fixture
def receivers(monkeypatch):
    """Those that are started."""
    started = []

    def start(*arguments):
        started.append(FakeReceiver(*arguments))
        return started[-1]

    monkeypatch.setattr(receiver_process, "ReceiverProcess", start)
    return started


def opened(port=SYNTH, clock_port=None, bpm=120.0, **config):
    tune = Tune(CHART, Plan(), {"tempo_bpm": bpm})
    out = SimpleNamespace(clock_port=clock_port)
    return open_clocks(
        Config((tune,), **config), CHART, out, port, ManualClock(), queue.SimpleQueue()
    )


def test_on_our_own_time_the_port_is_watched_and_nobody_is_followed(receivers):
    clocks = opened()
    (receiver,) = receivers
    assert clocks == Clocks(None, receiver, None)
    assert (receiver.wanted, receiver.watched) == (None, [(OUT, SYNTH)])
    clocks.close()
    assert receiver.closed


def test_where_there_is_no_port_there_is_nothing_to_watch(receivers):
    clocks = opened(NONE)
    assert (clocks, receivers) == (Clocks(), [])
    clocks.close()


@pytest.mark.parametrize(("clock_port", "watched"), [(DAW, [(CLOCK_OUT, DAW)]), (NONE, [])])
def test_the_clocks_own_output_is_watched_too(receivers, clock_port, watched):
    opened(clock_port=clock_port)
    assert receivers[0].watched == [(OUT, SYNTH), *watched]


@pytest.mark.parametrize(("clock_in", "name"), [(None, CLOCK_PORT), ("daw", "daw")])
def test_a_midi_clock_is_listened_to_and_followed_from_the_tempo_of_the_tune_on(
    receivers, clock_in, name
):
    clocks = opened(NONE, bpm=200.0, clock="midi", clock_in=clock_in, backend="jack")
    assert receivers[0].wanted == PortRequest(name, "jack")
    assert clocks.clock_in == PortInfo(name, "jack", False)
    assert isinstance(clocks.follower, ClockFollower)
    assert clocks.follower._follows() == Follows(0, 0, 300_000_000)
    assert not clocks.follower._stops_when_lost


def test_a_clock_that_vanishes_stops_the_music_where_that_is_asked_for(receivers):
    assert opened(clock="midi", clock_lost="stop").follower._stops_when_lost


@pytest.mark.parametrize(
    ("found", "said"), [(PortError("It is taken."), "It is taken"), (None, "'daw' was not opened")]
)
def test_a_clock_that_cannot_be_heard_is_an_error_and_leaves_no_receiver(
    receivers, monkeypatch, found, said
):
    monkeypatch.setattr(FakeReceiver, "found", found)
    with pytest.raises(PortError, match=said):
        opened(clock="midi", clock_in="daw")
    assert receivers[0].closed


@pytest.mark.parametrize("transport", [False, True])
def test_a_link_session_is_joined_with_the_tunes_tempo_and_its_bar(
    receivers, monkeypatch, transport
):
    joined = []

    def join(bpm, quantum_beats, *, start_stop, clock):
        joined.append((bpm, quantum_beats, start_stop))
        return SimpleNamespace(close=lambda: joined.append("closed"))

    monkeypatch.setattr("improv.sync.link.LinkSession", join)
    clocks = opened(bpm=97.0, clock="link", link_transport=transport)
    assert joined == [(97.0, 4.0, transport)]
    assert clocks.follower.kind == "link"
    assert clocks.receiver is receivers[0], "the ports are watched all the same"
    assert clocks.clock_in is None
    clocks.close()
    assert joined[-1] == "closed"
