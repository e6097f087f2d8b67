"""OSC over real sockets of this machine."""

from __future__ import annotations

import json
import queue
import signal
import socket
import subprocess
import sys

import pytest
from plan_maker import plan
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from improv.charts.library import load_chart
from improv.config import Plan, Tune
from improv.errors import PortError
from improv.health.health import Health
from improv.live.inbox import Inbox
from improv.loopback import LOOPBACK
from improv.midi.events import Report, Said
from improv.music.note import Note
from improv.osc.endpoint import LONGEST, MOST_MESSAGES, RATE, Osc, read_host
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_performance
from improv.performance.played import PlayedNote
from improv.performance.steering import Answer, Steer, Turned

WAIT_S = 20


def message(address, *values):
    made = OscMessageBuilder(address)
    for value in values:
        made.add_arg(value)
    return made.build()


@pytest.fixture
def there():
    """A socket of somebody who listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.settimeout(WAIT_S)
        yield made


@pytest.fixture
def osc(there):
    """OSC at a port that is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Osc(Inbox(), ("127.0.0.1", port), there.getsockname())
    made.start()
    yield made
    made.close()


def send(there, osc, *datagrams):
    for data in datagrams:
        there.sendto(data if isinstance(data, bytes) else data.dgram, osc.address)


def asked(osc):
    return osc._inbox.get(timeout=WAIT_S)


def told(there, until=None):
    """(address, values) that come next; with `until` all up to that address."""
    while True:
        got = OscMessage(there.recv(65536))
        if until in (None, got.address):
            return got.address, got.params


def test_messages_and_bundles_become_what_would_be_typed(there, osc):
    bundle = OscBundleBuilder(IMMEDIATELY)
    bundle.add_content(message("/improv/style", "bebop"))
    bundle.add_content(message("/improv/next", 0.0))
    bundle.add_content(message("/improv/mute", "piano"))
    send(
        there, osc, message("/improv/density", 0.5), bundle.build(), message("/improv/density", 2.0)
    )
    assert asked(osc) == Turned(Steer(controls={"density": 0.5}))
    assert asked(osc) == Steer(style="bebop")
    assert asked(osc) == Steer(mutes={"piano": True})
    assert "from -1 to 1" in asked(osc).text


def test_rubbish_is_spoken_of_once_and_the_next_message_is_obeyed(there, osc, tmp_path):
    (tmp_path / "secret.txt").write_text("| Dm7 |")
    rubbish = [
        b"",
        b"\0",
        b"/improv",
        b"#bundle\0" + b"\xff" * 40,
        bytes(range(256)),
        b"x" * (LONGEST + 9),
    ]
    rubbish += [message("/other", 1).dgram, message("/improv/density", b"blob").dgram]
    many = OscBundleBuilder(IMMEDIATELY)
    for _ in range(MOST_MESSAGES + 1):
        many.add_content(message("/improv/tap"))
    send(there, osc, *rubbish, many.build(), message("/improv/chart", str(tmp_path / "secret.txt")))
    first, second = asked(osc), asked(osc)
    assert isinstance(first, Said) and "127.0.0.1" in first.text and first.problem
    assert isinstance(second, Answer) and "from here" in second.text
    send(there, osc, message("/improv/tempo", 150.0))
    assert asked(osc) == Turned(Steer(controls={"tempo_bpm": 150.0}))


def test_a_flood_is_dropped_and_said_once(there, osc):
    osc._clock = Standing()
    osc._counted_ns, osc._tokens = 0, RATE
    obeyed, said = 0, []
    for n in range(int(RATE)):
        send(there, osc, message("/improv/density", n / 1000), message("/improv/density", 0.5))
        while not said and obeyed <= 2 * n + 1:  # so that the system drops none
            item = asked(osc)
            said += [item.text] if isinstance(item, Said) else []
            obeyed += isinstance(item, Turned)
        if said:
            break
    assert obeyed == RATE // 2, "each costs one as it comes and one as it is read"
    assert said == ["More OSC messages come than can be obeyed; some are dropped."]
    for _ in range(20):
        send(there, osc, message("/improv/density", 0.5))
    with pytest.raises(queue.Empty):
        osc._inbox.get(timeout=0.2)


class Standing:
    """A clock on which no time passes."""

    def now_ns(self):
        return 0


def performance(osc):
    tune = Tune(
        load_chart("Title: Two\n| Dm7 G7 | Cmaj7 |"), Plan(choruses=2), {"tempo_bpm": 300.0}
    )
    return make_performance(tune, arrange(tune.chart, tune.plan), osc._clock.now_ns())


def test_what_is_played_goes_out(there, osc):
    made = performance(osc)
    osc.tune(made)
    assert told(there) == ("/improv/tune", [1, "Two"])
    assert told(there) == ("/improv/tempo", [300.0])
    osc.bar(0)
    assert told(there) == ("/improv/bar", [1, 1])
    found = [told(there) for _ in range(6)]
    assert found == [
        ("/improv/beat", [1]),
        ("/improv/chord", ["Dm7"]),
        ("/improv/beat", [2]),
        ("/improv/beat", [3]),
        ("/improv/chord", ["G7"]),
        ("/improv/beat", [4]),
    ]
    note = PlayedNote(
        7, 0, 240, 62, 90, 0, "solo", written=Note(0, 240, 62, 90), plan=plan(takes_up=2)
    )
    drum = PlayedNote(8, 0, 240, 38, 60, 9, "drums")
    for each in (note, drum):
        osc.heard(Report(each.note_id, 0, 0, bytes((0x90 | each.channel, each.pitch, 90))), each, 0)
    assert told(there) == ("/improv/phrase", ["solo", 1])
    assert told(there) == ("/improv/plan", ["solo", 14, "eighths", 76, 3, "as before"])
    assert told(there) == ("/improv/note", ["solo", 62, 90, 1])
    assert told(there) == ("/improv/note", ["drums", 38, 60, 10])
    osc.heard(Report(7, 0, 0, bytes((0x80, 62, 64))), note, 240)
    assert told(there) == ("/improv/note", ["solo", 62, 0, 1])
    assert told(there) == ("/improv/phrase", ["solo", 0])


def test_what_was_changed_and_said_goes_out_for_faders_that_follow(there, osc):
    osc.steered(
        Steer(
            controls={"density": 0.5, "swing": None}, volumes={"bass": 0.25}, mutes={"piano": True}
        )
    )
    osc.said(Answer("There is no 'x'.", problem=True))
    assert [told(there) for _ in range(5)] == [
        ("/improv/density", [0.5]),
        ("/improv/swing", ["auto"]),
        ("/improv/volume/bass", [0.25]),
        ("/improv/mute/piano", [1]),
        ("/improv/said", ["There is no 'x'.", 1]),
    ]


def test_where_it_was_stopped_there_are_no_more_beats(there, osc):
    osc.tune(performance(osc))
    osc.bar(0)
    osc.published(Health(stopped=True))
    osc.said(Answer("end"))
    found = []
    while "/improv/said" not in found:
        found.append(told(there)[0])
    there.settimeout(0.5)
    with pytest.raises(TimeoutError):
        told(there)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("9000", ("127.0.0.1", 9000)),
        ("0.0.0.0:9000", ("0.0.0.0", 9000)),
        ("[::1]:57120", ("::1", 57120)),
        ("tablet.local:8000", ("tablet.local", 8000)),
    ],
)
def test_a_place_is_of_this_machine_unless_a_host_is_named(text, host):
    assert read_host(text) == host
    assert (host[0] in LOOPBACK) == (host[0] in ("127.0.0.1", "::1"))


@pytest.mark.parametrize("text", ["", "host", "host:", "0", "70000", "127.0.0.1:x"])
def test_what_is_no_place_is_said(text):
    with pytest.raises(ValueError, match="a port from 1 to 65535"):
        read_host(text)


def test_a_port_that_is_taken_is_said(there):
    with pytest.raises(PortError, match="a port that is free"):
        Osc(Inbox(), there.getsockname(), None)


def test_a_live_coder_plays_the_program(there, tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = subprocess.Popen(
        [sys.executable, "-m", "improv", "--model", "etudes", "--backend", "none", "--record", "a.mid",
         "--log", "a.jsonl", "--tempo", "240", "--count-in", "0", "--chart", "| C |", "--no-steer", "--quiet",
         "--osc", str(port), "--osc-to", f"127.0.0.1:{there.getsockname()[1]}"],
        cwd=tmp_path,
    )  # fmt: skip
    try:
        assert told(there, "/improv/beat")[1] == [1]
        for data in (message("/improv/chord", "Dm7", "G7"), message("/improv/mute/piano", 1)):
            there.sendto(data.dgram, ("127.0.0.1", port))
        while told(there, "/improv/chord")[1] != ["Dm7"]:
            pass
        while told(there, "/improv/chord")[1] != ["G7"]:
            pass
    finally:
        program.send_signal(signal.SIGTERM)
        assert program.wait(WAIT_S) == 0
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert {"switch": "chart"}.items() <= next(line for line in lines if "switch" in line).items()
    assert any(line.get("steer") == {"mutes": {"piano": True}} for line in lines)
