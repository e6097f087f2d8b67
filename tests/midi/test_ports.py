"""Opening MIDI devices: which one a request means, and what is said where there is none.

With a stand-in for rtmidi, and at the end with JACK.
"""

from __future__ import annotations

import os
import subprocess
import sys

import jack
import pytest

from improv.errors import MissingError, PortError
from improv.midi.ports import (
    NullPort,
    PortInfo,
    PortLists,
    PortRequest,
    can_make_virtual,
    list_inputs,
    list_outputs,
    open_input,
    open_output,
    own_end,
    own_name,
)
from improv.midi.watch import Watch


class FakeSystem:
    """MIDI systems by name, each with (ports that take MIDI, ports that send it)."""

    class RtMidiError(Exception):
        """As rtmidi's."""

    API_LINUX_ALSA, API_UNIX_JACK, API_MACOSX_CORE, API_WINDOWS_MM = (
        "alsa",
        "jack",
        "coremidi",
        "winmm",
    )

    def __init__(self, **systems):
        self.systems, self.open, self.refuses, self.deleted = systems, [], False, 0

    def get_compiled_api(self):
        return ["alsa", "jack", "coremidi", "winmm"]

    def MidiOut(self, api, name):  # noqa: N802
        return FakeDevice(self, api, 0, name)

    def MidiIn(self, api, name):  # noqa: N802
        return FakeDevice(self, api, 1, name)


class FakeDevice:
    """A client of a FakeSystem."""

    def __init__(self, system, api, way, name):
        if api not in system.systems:
            raise system.RtMidiError("no such system")
        self.system, self.api, self.way, self.name = system, api, way, name
        self.is_deleted, self.sent, self.callback, self.messages = False, [], None, []

    def get_ports(self):
        return list(self.system.systems[self.api][self.way])

    def open_port(self, number, name):
        if self.system.refuses:
            raise self.system.RtMidiError("busy")
        self.system.open.append((self.name, self.get_ports()[number]))

    def open_virtual_port(self, name):
        self.system.open.append((self.name, f"virtual {name}"))
        others = self.system.systems[self.api][
            1 - self.way
        ]  # what we hear with takes MIDI from others
        others.append(f"{self.name}:{name}")

    def send_message(self, data):
        self.sent.append(data)

    def get_message(self):
        return self.messages.pop(0) if self.messages else None

    def ignore_types(self, **which):
        self.ignored = which

    def set_callback(self, callback):
        self.callback = callback

    def cancel_callback(self):
        self.callback = None

    def close_port(self):
        self.closed = True

    def delete(self):
        self.is_deleted = True
        self.system.deleted += 1


@pytest.fixture
def systems(monkeypatch):
    """Have these MIDI systems here."""

    def have(**systems):
        fake = FakeSystem(**systems)
        monkeypatch.setitem(sys.modules, "rtmidi", fake)
        return fake

    return have


FLUID, THROUGH, KEYS = (
    "FLUID Synth (42):Synth input port (42:0) 128:0",
    "Midi Through 14:0",
    "Keys 20:0",
)


def test_a_part_of_its_name_opens_a_port_and_its_numbers_are_not_part_of_it(systems):
    system = systems(alsa=([FLUID, THROUGH], [KEYS]), jack=([], []))
    port = open_output(PortRequest("fluid"))
    assert port.info == PortInfo("FLUID Synth (42):Synth input port (42:0)", "alsa", False)
    assert system.open == [("jazz-improv", FLUID)]
    assert system.deleted == 1, "the client of the other system"
    port.send(b"\xf8")
    port.close()
    assert system.deleted == 2


def test_a_name_that_no_port_has_is_that_of_a_virtual_one(systems):
    system = systems(alsa=([FLUID, THROUGH], [KEYS]))
    assert open_output(PortRequest("lead")).info == PortInfo("lead", "alsa", True)
    assert open_output(PortRequest()).info == PortInfo("jazz-improv", "alsa", True)
    assert open_output(PortRequest("fluid"), "virtual").info.virtual
    assert [name for _, name in system.open] == [
        "virtual lead",
        "virtual jazz-improv",
        "virtual fluid",
    ]


def test_a_virtual_port_knows_the_port_that_may_have_been_meant(systems):
    systems(alsa=([FLUID, THROUGH], [KEYS]))
    near = "FLUID Synth (42):Synth input port (42:0)"
    assert open_output(PortRequest("fluidsinth")).info.near == near
    assert open_output(PortRequest("my own")).info.near == ""
    assert open_output(PortRequest()).info.near == "", "no name was asked for"
    assert open_output(PortRequest("fluidsinth"), "virtual").info.near == "", "it is made anew"
    assert open_input(PortRequest("kesy"), print).info.near == "Keys"


def test_a_port_that_must_exist_is_not_made(systems):
    system = systems(alsa=([FLUID, THROUGH], [KEYS]))
    with pytest.raises(PortError, match="There is no MIDI port named 'lead' now"):
        open_output(PortRequest("lead"), "existing")
    assert system.open == []


def test_a_port_that_another_program_holds_is_said(systems):
    systems(alsa=([FLUID, THROUGH], [KEYS])).refuses = True
    with pytest.raises(
        PortError, match=r"'fluid' cannot be opened \(busy\); another program may hold"
    ):
        open_output(PortRequest("fluid"))


def test_where_no_midi_system_is_a_port_is_missed_only_if_it_was_asked_for(systems):
    systems()
    port = open_output(PortRequest())
    assert isinstance(port, NullPort)
    assert port.info.backend == "none"
    assert (
        "no JACK server is running" in port.info.why and "playing without a port" in port.info.why
    )
    with pytest.raises(PortError, match="so port 'lead' cannot be opened"):
        open_output(PortRequest("lead"))
    with pytest.raises(PortError, match="so backend 'jack' cannot be opened"):
        open_output(PortRequest(None, "jack"))


def test_no_backend_is_no_port(systems):
    systems(alsa=([FLUID, THROUGH], [KEYS]))
    port = open_output(PortRequest("fluid", "none"))
    port.send(b"\xf8")
    port.close()
    assert port.info == PortInfo("none", "none", False)
    with pytest.raises(PortError, match="no MIDI input with `--backend none`"):
        open_input(PortRequest("keys", "none"), print)


@pytest.mark.parametrize(
    ("error", "how"), [("libasound.so.2", "apt install libasound2"), ("no module", "pip install")]
)
def test_without_rtmidi_it_says_how_to_get_it(monkeypatch, error, how):
    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "rtmidi":
                raise ImportError(error)

    monkeypatch.delitem(sys.modules, "rtmidi", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(MissingError, match=how):
        open_output(PortRequest("lead"))
    assert how in open_output(PortRequest()).info.why, "who asked for no port plays without"


def test_windows_makes_no_virtual_ports_and_says_what_does(systems):
    systems(winmm=([], []))
    assert not can_make_virtual("winmm") and can_make_virtual("alsa")
    with pytest.raises(PortError, match="install loopMIDI"):
        open_output(PortRequest("lead"))
    systems(winmm=(["Synth 1"], []))
    with pytest.raises(PortError, match=r"'synht' \(did you mean 'Synth 1'\?\)"):
        open_output(PortRequest("synht"))


def test_two_clients_of_one_name_are_told_apart_on_jack(systems):
    systems(jack=(["jazz-improv:lead"], []))
    assert open_output(PortRequest("solo")).info.client == "jazz-improv-2"


def test_all_ports_are_listed_but_those_that_only_we_know_what_to_do_with(systems):
    systems(alsa=([FLUID, THROUGH], [KEYS]), jack=(["synth:in", "jazz-improv-watch:watch"], []))
    outputs, absent = list_outputs()
    assert [(port.backend, port.name) for port in outputs] == [
        ("alsa", FLUID), ("alsa", THROUGH), ("jack", "synth:in"),
    ]  # fmt: skip
    assert absent == ["CoreMIDI is not on this system", "Windows MIDI is not on this system"]
    assert [port.name for port in list_inputs("alsa")[0]] == ["Keys 20:0"]


def test_what_comes_in_is_given_on_as_bytes_and_the_backend_is_told_before(systems):
    system, heard, opening = systems(alsa=([FLUID, THROUGH], [KEYS])), [], []
    port = open_input(
        PortRequest("keys"), lambda *given: heard.append(given), opening=opening.append
    )
    assert port.info == PortInfo("Keys", "alsa", False, client="jazz-improv-in")
    assert opening == ["alsa"]
    assert port._device.ignored == {"sysex": True, "timing": False, "active_sense": True}
    port._device.callback(([0xF8], 0.0), None)
    port._device.callback(([0x90, 60, 90], 0.25), None)
    assert heard == [(b"\xf8", 0.0), (bytes((0x90, 60, 90)), 0.25)], "with the system's own stamps"
    port.close()
    assert port._device.callback is None and system.deleted == 1


OURS = "jazz-improv:jazz-improv"


@pytest.mark.parametrize("name", ["jazz-improv", "improv", "jazz-improv:jazz"])
def test_an_input_is_not_where_we_play_ourselves(systems, name):
    systems(alsa=([], [f"{OURS} 128:0", "Keys 20:0"]))
    with pytest.raises(PortError, match=f"would hear itself. Give the whole name, '{OURS}'"):
        open_input(PortRequest(name, but=(OURS,)), print)


def test_our_own_output_is_heard_where_it_is_named_in_full_and_stands_in_nobodys_way(systems):
    systems(alsa=([], [f"{OURS} 128:0", "Keys 20:0", "jazz-improv-2:jazz-improv 129:0"]))
    assert open_input(PortRequest(OURS, but=(OURS,)), print).info.name == OURS
    other = open_input(PortRequest("jazz-improv", but=(OURS,)), print)
    assert other.info.name == "jazz-improv-2:jazz-improv", "another session may be heard"


def test_an_input_whose_port_has_another_number_now_is_heard_again(systems):
    system = systems(alsa=([], ["Through 14:0", "Keys 20:0"]))
    port = open_input(PortRequest("keys"), print)
    system.systems["alsa"] = ([], ["Through 14:0"])
    assert not port.connect_again()
    system.systems["alsa"] = ([], ["Keys 24:0", "Through 14:0"])
    port._device.callback = None
    assert port.connect_again()
    assert system.open[-1] == ("jazz-improv-in", "Keys 24:0")
    assert port._device.callback is not None, "closing a port takes it away"
    system.refuses = True
    assert not port.connect_again()
    assert open_input(PortRequest("mine"), print).connect_again(), (
        "a virtual one is there as we are"
    )


class TestPortLists:
    """A look at the ports, again and again, by devices that are made once."""

    def test_what_is_there_now(self, systems):
        system = systems(alsa=([FLUID, THROUGH], [KEYS]))
        lists = PortLists("alsa")
        assert (lists.look().outputs, lists.look().inputs) == ([FLUID, THROUGH], [KEYS])
        system.systems["alsa"] = ([], [])
        assert lists.look().outputs == []
        lists.close()
        assert system.deleted == 2

    def test_a_system_that_is_not_there_is_said(self, systems):
        systems()
        with pytest.raises(PortError, match="no JACK server is running"):
            PortLists("jack")

    def test_a_jack_server_is_gone_when_no_message_comes_round_for_long(self, systems):
        """Its clients are told for ever of the ports that were there."""
        systems(jack=([], []))
        lists = PortLists("jack")
        assert lists.look() is not None, "the first message is on its way"
        assert len(lists._lister.sent) == 1
        lists._watch.messages.append(lists._lister.sent[0])
        assert lists.look() is not None
        for _ in range(11):
            assert lists.look() is not None, "it may pause for a moment"
        assert lists.look() is None
        assert not lists.answers


QUIET = """
import os
from improv.midi.ports import quiet_c_libraries
with quiet_c_libraries():
    os.write(1, b"chatter")
    os.write(2, b"chatter")
os.write(1, b"out")
os.write(2, b"err")
"""


def test_c_libraries_are_not_heard_while_they_are_to_be_quiet():
    done = subprocess.run(
        [sys.executable, "-c", QUIET], capture_output=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == (b"out", b"err")


@pytest.mark.jack
def test_a_real_port_is_opened_listed_and_let_go_of(jack_server):
    name = f"lead{os.getpid()}"
    port = open_output(PortRequest(name, "jack"))
    assert (port.info.name, port.info.backend, port.info.virtual) == (name, "jack", True)
    full = f"{port.info.client}:{name}"
    assert full in [info.name for info in list_inputs("jack")[0]], (
        "what we send is an input of others"
    )
    port.close()
    assert full not in jack.ports(jack_server)


@pytest.mark.jack
def test_a_client_that_closed_and_came_back_between_two_looks_has_another_number(
    jack_server,
):
    capture = jack.Capture(client="synth")
    lists = PortLists("jack")
    watch = Watch(PortInfo(capture.port, "jack", False), listens=False)

    def look():
        """Until a message has come round: only then the server is asked for numbers."""
        while not (listed := lists.look({capture.port: "", "nobody:in": ""})).numbers:
            jack.ports(jack_server)  # takes longer than a message
        assert set(listed.numbers) == {capture.port}
        return listed

    try:
        assert watch.look(look(), 0) == watch.look(look(), 1) == []
        capture.close()
        capture.__post_init__()
        assert watch.look(look(), 2) == [False, True]
        assert watch.look(look(), 3) == []
    finally:
        lists.close()
        capture.close()


@pytest.mark.jack
def test_a_port_that_its_client_made_anew_is_not_connected_any_more(jack_server):
    capture = jack.Capture(client="synth")
    port = open_output(PortRequest(capture.port, "jack"))
    lists = PortLists("jack")

    def look():
        end = own_end(port.info, listens=False)
        while not (listed := lists.look({capture.port: end})).numbers:
            jack.ports(jack_server)  # takes longer than a message
        return listed

    try:
        assert not look().loose
        jack.disconnect(jack_server, capture.port)  # as where its port is closed and opened
        assert look().loose == {capture.port}
        jack.connect(jack_server, f"{port.info.client}:{own_name(os.getpid())}", capture.port)
        assert not look().loose
    finally:
        lists.close()
        port.close()
        capture.close()


def test_the_module_is_not_loaded_before_a_device_is_asked_for():
    code = "import sys, improv.midi.ports; print('rtmidi' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\n"
