"""The receiver process on a real JACK server: what comes in, ports that go and come back, a killed server."""

from __future__ import annotations

import os
import queue
import signal

import jack
import pytest

from improv.clock import MonotonicClock
from improv.errors import PortError
from improv.midi.events import ClockMessage, PortEvent, ReceiverGone
from improv.midi.ports import PortInfo, PortRequest
from improv.midi.receiver_process import ReceiverProcess

CLOCK = MonotonicClock()
PULSE = b"\xf8"


@pytest.fixture
def inbox():
    return queue.SimpleQueue()


@pytest.fixture
def start(inbox):
    started = []

    def start(clock_in=None, watched=(), backend="jack"):
        request = PortRequest(clock_in, backend) if clock_in is not None else None
        started.append(ReceiverProcess(request, watched, inbox))
        return started[-1]

    yield start
    for receiver in started:
        receiver.close()


@pytest.fixture
def mortal_server(monkeypatch):
    if why := jack.missing():
        pytest.skip(why)
    server = jack.Server(f"mortal{os.getpid()}", sync=False)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield server
    server.stop()


def out(name):
    return ("out", PortInfo(name, "jack", False))


def gone(pid):
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_with_nothing_to_listen_to_it_opens_nothing_and_ends_when_told(start):
    receiver = start()
    assert receiver.opened(CLOCK) is None
    receiver.close()
    gone(receiver.pid)
    receiver.close()


def test_where_no_midi_system_is_the_clock_cannot_be_opened(start):
    receiver = start("clock", backend="none")
    with pytest.raises(PortError, match="no MIDI input with `--backend none`"):
        receiver.opened(CLOCK)


def test_a_receiver_that_dies_is_replaced_until_it_dies_too_often(start, inbox):
    receiver = start()
    receiver.opened(CLOCK)
    said = []
    for _ in range(5):
        dead = receiver.pid
        os.kill(dead, signal.SIGKILL)
        item = inbox.get(timeout=10)
        assert item == ReceiverGone(dead)
        said.append(receiver.attend(item))
        gone(dead)
    assert said[0].startswith("The process that watches the ports ended by itself (status -9)")
    assert said[1:4] == [None] * 3
    assert "ended 5 times within 10 s" in said[4]
    assert receiver.attend(ReceiverGone(dead)) is None


@pytest.mark.jack
def test_a_clock_arrives_stamped_in_order_and_notes_do_not(jack_server, start, inbox):
    source = jack.ClockSource(jack_server)
    try:
        receiver = start("daw:clock")
        assert receiver.opened(CLOCK).name == "daw:clock"
        before_ns = CLOCK.now_ns()
        sent = [b"\xf2\x04\x01", b"\xfa", PULSE, PULSE, b"\xfc", b"\xfb", PULSE]
        source.send(sent[0], bytes((0x90, 60, 90)), b"\xf0\x7e\x7f\x06\x01\xf7", *sent[1:])
        heard = [inbox.get(timeout=10) for _ in sent]
        assert [message.data for message in heard] == sent
        stamps = [message.ns for message in heard]
        assert before_ns < stamps[0] and stamps == sorted(stamps)
        assert stamps[-1] < CLOCK.now_ns()
    finally:
        source.close()


@pytest.mark.jack
def test_a_port_that_does_not_exist_is_made_and_heard(jack_server, start, inbox):
    receiver = start("my clock")
    info = receiver.opened(CLOCK)
    assert (info.name, info.virtual) == ("my clock", True)
    source = jack.ClockSource(jack_server)
    try:
        jack.connect(jack_server, source.port, f"{info.client}:my clock")
        source.send(PULSE)
        assert inbox.get(timeout=10).data == PULSE
    finally:
        source.close()


@pytest.mark.jack
def test_ports_that_go_and_come_back_are_told_and_the_clock_is_heard_again(
    jack_server, start, inbox
):
    source, synth = jack.ClockSource(jack_server), jack.Capture(client="synth")
    receiver = start("daw:clock", [out("synth:in")])
    receiver.opened(CLOCK)
    synth.close()
    assert inbox.get(timeout=10) == PortEvent("out", "synth:in", False)
    source.close()
    assert inbox.get(timeout=10) == PortEvent("clock-in", "daw:clock", False)
    synth, source = jack.Capture(client="synth"), jack.ClockSource(jack_server)
    try:
        back = {inbox.get(timeout=10).role, inbox.get(timeout=10).role}
        assert back == {"out", "clock-in"}
        source.send(PULSE)
        assert inbox.get(timeout=10).data == PULSE
        receiver.watch("out", None)
    finally:
        synth.close()
        source.close()
    assert inbox.get(timeout=10) == PortEvent("clock-in", "daw:clock", False)


@pytest.mark.jack
def test_a_receiver_in_the_place_of_a_dead_one_listens_on(mortal_server, start, inbox):
    source = jack.ClockSource(mortal_server.environment)
    try:
        receiver = start("daw:clock", [out("nowhere:in")])
        receiver.opened(CLOCK)
        assert inbox.get(timeout=10) == PortEvent("out", "nowhere:in", False)
        os.kill(receiver.pid, signal.SIGKILL)
        assert inbox.get(timeout=10) == PortEvent("clock-in", "daw:clock", False)
        receiver.attend(inbox.get(timeout=10))
        assert inbox.get(timeout=10) == PortEvent("clock-in", "daw:clock", True)
        source.send(PULSE)
        assert inbox.get(timeout=10).data == PULSE, "and what is lost already is not told again"
    finally:
        source.close()


@pytest.mark.jack
def test_a_server_that_is_killed_and_started_again(mortal_server, start, inbox):
    source, synth = (jack.ClockSource(mortal_server.environment, name) for name in ("daw", "synth"))
    watched = [
        ("clock-out", PortInfo("synth:clock", "jack", True, client="synth")),
        ("out", PortInfo("clock", "jack", True, client="synth")),
    ]
    receiver = start("daw:clock", watched)
    receiver.opened(CLOCK)
    pid = receiver.pid
    source.send(PULSE)
    assert inbox.get(timeout=10).data == PULSE
    mortal_server.kill()
    lost = [inbox.get(timeout=10) for _ in range(3)]
    assert {(event.role, event.there) for event in lost} == {
        ("clock-out", False),
        ("out", False),
        ("clock-in", False),
    }
    source.close()
    synth.close()
    mortal_server.start()
    # What is ours can be made again at once; what is another's is back when the other is.
    back = [inbox.get(timeout=10) for _ in range(2)]
    assert {(event.role, event.there) for event in back} == {("clock-out", True), ("out", True)}
    source = jack.ClockSource(mortal_server.environment)
    try:
        assert inbox.get(timeout=10) == PortEvent("clock-in", "daw:clock", True)
        source.send(PULSE)
        assert inbox.get(timeout=10) == ClockMessage(pytest.approx(CLOCK.now_ns(), abs=1e10), PULSE)
        assert receiver.pid == pid
    finally:
        source.close()


@pytest.mark.jack
def test_a_server_that_does_not_answer_is_not_waited_for(mortal_server, start):
    mortal_server.process.send_signal(signal.SIGSTOP)
    receiver = start("daw:clock")
    with pytest.raises(PortError, match=r"The MIDI system does not answer: .* after 1 s"):
        receiver.opened(CLOCK, timeout_ns=1_000_000_000)
