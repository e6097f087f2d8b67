"""Real sender processes that are killed and real ports that go, heard by a JACK capture client."""

from __future__ import annotations

import os
import queue
import signal

import jack
import pytest

from improv.clock import MonotonicClock
from improv.midi.events import Gone, PortEvent, Report, Said
from improv.midi.messages import Planned
from improv.midi.outputs import Outputs
from improv.midi.ports import PortRequest

pytestmark = pytest.mark.jack
MS = 1_000_000
CLOCK = MonotonicClock()


@pytest.fixture
def capture(patient_jack_server):
    capture = jack.Capture(client="synth")
    yield capture
    capture.close()


class Played:
    """Outputs on the capture's port, with notes of a minute on three channels, pedals down, wheels bent."""

    def __init__(self, capture, virtual=False):
        self.inbox: queue.SimpleQueue = queue.SimpleQueue()
        request = PortRequest("lead" if virtual else "synth", "jack")
        self.outputs = Outputs(request, None, self.inbox, CLOCK)
        self.port, _ = self.outputs.opened(CLOCK)
        if virtual:
            jack.connect(dict(os.environ), "jazz-improv:lead", capture.port)
        now_ns = CLOCK.now_ns() + 200 * MS  # a connection holds from one of the next cycles on
        for channel in range(3):
            pitch = 60 + channel
            self.outputs.plan(Planned(0, now_ns, bytes((0xB0 | channel, 64, 127))))
            self.outputs.plan(Planned(0, now_ns, bytes((0xE0 | channel, 0, 100))))
            self.outputs.plan(Planned(channel + 1, now_ns, bytes((0x90 | channel, pitch, 90))))
            self.outputs.plan(
                Planned(channel + 1, now_ns + 60_000 * MS, bytes((0x80 | channel, pitch, 64)))
            )
        self.outputs.flush()
        heard = [data for _, data in capture.wait_for(9)]
        assert jack.sounding(heard) == {(0, 60), (1, 61), (2, 62)}
        for _ in range(9):  # nothing is under way any more
            assert isinstance(self.inbox.get(timeout=5), Report)

    @property
    def pid(self):
        return self.outputs._out._now[1].pid

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)

    def next(self, kind):
        while not isinstance(item := self.inbox.get(timeout=20), kind):
            pass
        return item


def assert_silent(capture):
    """Every note has its off; pedals up, wheels centred, on all three channels."""
    last = b"\xe2\x00\x40"
    if last not in [data for _, data in capture.rest()]:
        capture.wait_until(lambda data: data == last)
    heard = [data for _, data in capture.received]
    assert jack.sounding(heard) == set()
    for channel in range(3):
        assert bytes((0xB0 | channel, 64, 0)) in heard, "pedal up"
        assert bytes((0xE0 | channel, 0, 64)) in heard, "wheel centred"


def test_when_the_sender_is_killed_another_silences_what_sounded_and_plays_on(capture):
    played = Played(capture)
    played.kill()
    line = played.outputs.attend(played.next(Gone))
    assert line == "The sender process ended (status -9); another one plays on."
    assert_silent(capture)
    played.outputs.plan(Planned(9, CLOCK.now_ns(), bytes((0x90, 70, 90))))
    played.outputs.plan(Planned(9, CLOCK.now_ns() + MS, bytes((0x80, 70, 64))))
    played.outputs.flush()
    capture.wait_until(lambda data: data == bytes((0x80, 70, 64)))
    counters = played.outputs.quit()
    assert counters["restarts"] == 1
    assert jack.sounding([data for _, data in capture.rest()]) == set()


@pytest.mark.parametrize("attended", [True, False])
def test_quitting_while_nobody_has_the_port_is_silent_all_the_same(capture, attended):
    played = Played(capture)
    played.kill()
    gone = played.next(Gone)
    if attended:
        played.outputs.attend(gone)
    played.outputs.quit()
    assert_silent(capture)


def test_a_port_that_is_closed_under_us_and_made_again_is_taken_and_silenced(
    patient_jack_server, capture
):
    """What tells of it is the watcher in the program; here the test."""
    played = Played(capture)
    first = played.pid
    capture.close()
    assert "is gone" in played.outputs.attend(PortEvent("out", played.port.name, False))
    played.outputs.plan(Planned(5, CLOCK.now_ns(), bytes((0x90, 71, 90))))
    played.outputs.plan(Planned(5, CLOCK.now_ns() + MS, bytes((0x80, 71, 64))))
    played.outputs.flush()
    assert played.next(Report).note_id == 5, "in time, to nobody"
    capture.__post_init__()
    played.outputs.attend(PortEvent("out", played.port.name, True))
    said = played.next(Said).text
    assert said.startswith("The port 'synth:in' is back after ")
    assert said.endswith(" 1 note was not heard.")
    assert_silent(capture)
    assert played.pid != first
    played.outputs.plan(Planned(6, CLOCK.now_ns(), bytes((0x90, 72, 90))))
    played.outputs.flush()
    capture.wait_until(lambda data: data == bytes((0x90, 72, 90)))
    assert played.outputs.quit()["reconnects"] == 1
    capture.wait_until(lambda data: data == bytes((0x80, 72, 64)))
    assert bytes((0x90, 71, 90)) not in [data for _, data in capture.received]


def test_a_virtual_port_that_is_connected_again_is_silenced_then(patient_jack_server, capture):
    """It went with the process that was killed, and its connections with it."""
    played = Played(capture, virtual=True)
    played.kill()
    played.outputs.attend(played.next(Gone))
    assert "was made again; connect it again" in played.next(Said).text
    assert jack.sounding([data for _, data in capture.rest()]) != set()
    jack.connect(patient_jack_server.environment, "jazz-improv:lead", capture.port)
    while jack.sounding([data for _, data in capture.rest()]):
        played.outputs.flush()
        CLOCK.wait(played.inbox, CLOCK.now_ns() + 20 * MS)  # as the performer does
    assert_silent(capture)
    played.outputs.quit()


def test_a_virtual_port_comes_back_with_a_server_that_was_killed(patient_jack_server):
    """The old sender keeps time without its server; the new one makes the port again, of the same name."""
    inbox: queue.SimpleQueue = queue.SimpleQueue()
    outputs = Outputs(PortRequest("back again", "jack"), None, inbox, CLOCK)
    port, _ = outputs.opened(CLOCK)
    assert port.virtual
    patient_jack_server.kill()
    outputs.attend(PortEvent("out", port.name, False))
    outputs.plan(Planned(1, CLOCK.now_ns(), bytes((0x90, 60, 90))))
    outputs.flush()
    assert inbox.get(timeout=5).note_id == 1
    patient_jack_server.start()
    outputs.attend(PortEvent("out", port.name, True))
    while not isinstance(item := inbox.get(timeout=20), Said):
        pass
    assert item.text.startswith("The port 'back again' is back after ")
    assert "jazz-improv:back again" in jack.ports(patient_jack_server.environment)
    outputs.quit()
