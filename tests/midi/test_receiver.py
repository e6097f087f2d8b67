"""The receiver's loop, run here with ports that are made up: what it tells, and when it begins anew."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import asdict
from types import SimpleNamespace

import pytest
from fakes import ManualClock

from improv.errors import PortError
from improv.midi import panic
from improv.midi import receiver as receiver_module
from improv.midi.events import CLOCK_IN, IN, OUT, Realtime
from improv.midi.pipe import Reader, Writer
from improv.midi.ports import Listed, PortInfo
from improv.midi.receiver import TRIES, Receiver
from improv.midi.thru import ThruOut
from improv.midi.watch import POLL_NS

SYNTH, KEYS = PortInfo("synth", "alsa", False), PortInfo("keys", "alsa", False)
THERE, GONE = Listed(["synth 20:0"], ["keys 24:0"]), Listed([], [])


class Ended(Exception):  # noqa: N818 (as the process does)
    """The process has ended, or has become another."""


class World:
    """The MIDI systems, and what comes in from the performer while time passes."""

    def __init__(self, monkeypatch):
        self.clock, self.reading = ManualClock(), os.pipe()
        self.script, self.systems, self.listed = [], {"alsa": THERE, "jack": None}, []
        self.inputs, self.connects, self.became, self.asked = [], True, None, set()
        monkeypatch.setattr(receiver_module, "prepare", Realtime)
        monkeypatch.setattr(receiver_module, "open_input", self.open_input)
        monkeypatch.setattr(receiver_module, "PortLists", lambda backend: FakeLists(self, backend))
        system = SimpleNamespace(
            _exit=self.end,
            execv=self.become,
            dup2=lambda *fds: None,
            set_inheritable=lambda *fd: None,
            sysconf=lambda name: 16,
        )
        monkeypatch.setattr(receiver_module, "os", system)

    def open_input(self, request, heard, only=None, opening=lambda backend: None):
        if not self.connects:
            raise PortError("There is none.")
        opening("alsa")
        self.inputs.append(FakeInput(self, request, heard, only))
        return self.inputs[-1]

    def end(self, status):
        raise Ended(status)

    def become(self, program, argv):
        self.became = json.loads(argv[-1])
        raise Ended("another")

    def read(self, until_ns):
        """One step of the script: a line from the performer, or something that happens as time passes."""
        if not self.script:
            return b""
        step = self.script.pop(0)
        if isinstance(step, list):
            return json.dumps(step).encode() + b"\n"
        if isinstance(step, bytes):
            return step
        self.clock.wait(_Nothing(), until_ns)
        step()
        return None

    def run(self, *script, state=None):
        """Let it run through the script; what it said."""
        self.script = list(script)
        read_fd, write_fd = os.pipe()
        lines = Writer(io.FileIO(write_fd, "w"))
        with pytest.raises(Ended):
            Receiver(Reader(self.read), lines, self.clock).run(state)
        lines.close()
        with os.fdopen(read_fd, "rb") as stream:
            return [json.loads(line) for line in stream]


class _Nothing:
    """An inbox in which nothing ever is."""

    def empty(self):
        return True


class FakeLists:
    """As `ports.PortLists`."""

    def __init__(self, world, backend):
        self.world, self.backend, self.answers = world, backend, True
        if world.systems[backend] is None:
            raise PortError("No MIDI system here.")
        world.listed.append(backend)

    def look(self, named):
        self.world.asked |= {*named}
        self.answers = self.world.systems[self.backend] is not None
        return self.world.systems[self.backend]

    def close(self):
        self.world.listed.remove(self.backend)


class FakeInput:
    """As `ports.RtMidiInput`."""

    def __init__(self, world, request, heard, only):
        self.world, self.heard, self.only, self.again, self.closed = world, heard, only, 0, False
        self.info = PortInfo(request.name, "alsa", False)

    def connect_again(self):
        self.again += 1
        return self.world.connects

    def close(self):
        self.closed = True


@pytest.fixture
def world(monkeypatch):
    return World(monkeypatch)


def nothing():
    """Time passes."""


START = ["start", None, [[OUT, asdict(SYNTH), True]]]
LISTEN = ["start", ["keys", "auto"], []]


def test_it_says_what_it_has_opened_and_lets_go_of_it_at_the_end(world):
    said = world.run(LISTEN)
    assert said == [["opened", asdict(KEYS), asdict(Realtime())]]
    assert world.inputs[0].closed
    assert world.listed == []


def test_what_cannot_be_opened_is_said_and_is_the_end(world):
    world.connects = False
    assert world.run(LISTEN) == [["error", "PortError", "There is none."]]


def test_system_messages_that_come_in_are_told_with_their_time_and_notes_are_not(world):
    def come():
        for data in (b"\xf8", b"\x90\x3c\x5a", b"\xf2\x10\x00"):
            world.inputs[0].heard(data, 0.0)

    said = world.run(LISTEN, come)
    assert said[1:] == [["in", POLL_NS, "f8"], ["in", POLL_NS, "f21000"]]


def test_the_partners_channel_messages_are_told_without_floods_and_go_through_whole(world):
    read_fd, write_fd = os.pipe()
    hears = {"role": IN, "channel": 2, "thru": write_fd}

    def come():
        for data in ("f8", "903c5a", "923c5a", "e20040", "d27f", "a23c40", "b24040", "823c40"):
            world.inputs[0].heard(bytes.fromhex(data), 0.0)

    said = world.run([*LISTEN, hears], come)
    assert said[1:] == [["in", POLL_NS, data] for data in ("923c5a", "b24040", "823c40")]
    through = [message.data.hex() for message in ThruOut(read_fd, 0, -1).read()]
    assert through == ["903c5a", "e00040", "d07f", "a03c40", "b04040", "803c40"]
    os.close(read_fd)
    os.close(write_fd)


def test_a_port_that_goes_and_comes_back_is_told_once_each(world):
    def go():
        world.systems["alsa"] = GONE

    def come():
        world.systems["alsa"] = THERE

    said = world.run(START, nothing, go, nothing, come, nothing)
    assert said[1:] == [["port", OUT, "synth", False], ["port", OUT, "synth", True]]


def test_a_jack_port_that_went_and_came_back_between_two_looks_is_told(world):
    def another():
        world.systems["jack"] = Listed(["synth"], [], {"synth": "2"})

    world.systems["jack"] = Listed(["synth"], [], {"synth": "1"})
    start = ["start", None, [[OUT, asdict(PortInfo("synth", "jack", False)), True]]]
    said = world.run(start, nothing, another, nothing)
    assert said[1:] == [["port", OUT, "synth", False], ["port", OUT, "synth", True]]
    assert world.asked == {"synth"}


@pytest.mark.parametrize(
    ("lines", "lives", "released"),
    [([], False, ["synth"]), ([], True, []), ([["bye"]], False, [])],
    ids=["left alone", "the sender lives", "dismissed"],
)
def test_left_alone_with_a_port_without_a_sender_it_has_that_silenced(
    world, monkeypatch, lines, lives, released
):
    asked = []
    monkeypatch.setattr(panic, "lives", lambda pid: lives)
    monkeypatch.setattr(panic, "release_elsewhere", lambda info, wait_s: asked.append(info.name))
    world.run(START, *lines, nothing)
    assert asked == released


def test_what_is_watched_can_be_changed(world):
    def go():
        world.systems["alsa"] = GONE

    said = world.run(START, ["watch", OUT, None], go)
    assert said[1:] == []
    said = world.run(["start", None, []], ["watch", OUT, asdict(SYNTH)], nothing)
    assert said[1:] == [["port", OUT, "synth", False]]
    none = PortInfo("none", "none", False)
    assert world.run(["start", None, [[OUT, asdict(none), True]]], nothing)[1:] == []


def test_the_clocks_port_is_back_when_it_is_heard_again_and_not_before(world):
    def go():
        world.systems["alsa"], world.connects = GONE, False

    def come():
        world.systems["alsa"] = THERE

    def can_be_opened():
        world.connects = True

    said = world.run(LISTEN, go, come, nothing, can_be_opened)
    assert said[1:] == [["port", CLOCK_IN, "keys", False], ["port", CLOCK_IN, "keys", True]]
    assert world.inputs[0].again == 3
    assert len(world.inputs) == 1


def test_one_in_the_place_of_a_dead_one_takes_its_clock_as_soon_as_it_can(world):
    said = world.run(["start", None, [[CLOCK_IN, asdict(KEYS), False]]], nothing)
    assert said[1:] == [["port", CLOCK_IN, "keys", True]]
    assert world.inputs[0].only == "existing", "no virtual port in its place"


def test_where_the_system_has_gone_it_becomes_a_new_process_with_all_that_is_known(world):
    def die():
        world.systems["alsa"] = None

    said = world.run(START, nothing, b'["wat', die)
    assert said[1:] == [["port", OUT, "synth", False, False]]
    assert world.became == {
        "partial": b'["wat'.hex(),
        "watched": [[OUT, asdict(SYNTH), False]],
        "hears": {"role": CLOCK_IN, "channel": None, "thru": None},
    }


def test_its_new_self_goes_on_where_the_old_one_was(world):
    watched = [[OUT, asdict(SYNTH), False]]
    state = {"partial": b'["watch",'.hex(), "watched": watched, "hears": {"role": IN}}
    said = world.run(nothing, b'"out",null]\n', nothing, state=state)
    assert said == [["port", OUT, "synth", True]]


def test_a_server_that_is_not_there_is_tried_so_often_and_then_by_a_new_process(world):
    """Each try leaves threads behind."""
    world.systems["alsa"] = None
    world.run(START, *[nothing] * (TRIES + 5))
    assert world.became is not None
    assert len(world.script) == 6, "at the twentieth"


def test_the_receiver_loads_neither_numpy_nor_anything_of_the_performer():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, improv.midi.receiver; print(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for heavy in ("numpy", "click", "mido", "subprocess", "improv.music", "improv.live.performer"):
        assert heavy not in loaded
