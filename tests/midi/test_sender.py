"""The sender's loop, run here on pipes of its own: what goes out first, and how it ends."""

from __future__ import annotations

import io
import json
import os
import queue
import subprocess
import sys

import pytest
from fakes import ManualClock

from improv.clock import CommandPipe, MonotonicClock
from improv.errors import PortError
from improv.midi import sender as sender_module
from improv.midi.events import Realtime
from improv.midi.messages import note_off, note_on
from improv.midi.pipe import Reader, Writer
from improv.midi.ports import PortInfo
from improv.midi.sender import Sender
from improv.midi.thru import Thru, ThruIn


def on(pitch: int) -> bytes:
    return bytes((0x90, pitch, 90))


class LongAgo(MonotonicClock):
    """A clock by which it is 4 ns after the beginning."""

    def now_ns(self):
        return 4


class FakePort:
    """Keeps what it is sent; after `most` messages it raises, as a library does when its device has gone."""

    def __init__(self, most=1000):
        self.info = PortInfo("fragile", "alsa", False)
        self.sent, self.closed, self.most = [], queue.SimpleQueue(), most

    def send(self, data):
        if len(self.sent) == self.most:
            raise RuntimeError("device gone")
        self.sent.append(data)

    def close(self):
        self.closed.put("closed")


@pytest.fixture
def run(monkeypatch):
    """Let a sender obey some lines until they end; what it says. One that is no list is sent as it is."""

    def run(lines, port):
        def open_output(*arguments):
            if isinstance(port, Exception):
                raise port
            return port

        monkeypatch.setattr(sender_module, "open_output", open_output)
        monkeypatch.setattr(sender_module, "prepare", Realtime)
        monkeypatch.setattr(sender_module, "LINGER_NS", 0)
        commands_fd, write_fd = os.pipe()
        read_fd, reports_fd = os.pipe()
        for line in lines:
            os.write(
                write_fd, line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
            )
        os.close(write_fd)
        reports = Writer(io.FileIO(reports_fd, "w"))
        Sender(Reader(CommandPipe(commands_fd).read), reports, LongAgo()).run()
        reports.close()
        os.close(commands_fd)
        with os.fdopen(read_fd, "rb") as stream:
            return [json.loads(line) for line in stream]

    return run


OPEN = ["open", None, "auto", None]


def test_what_is_planned_is_sent_in_order_and_reported(run):
    port = FakePort()
    lines = [["plan", 1, 1, "903c5a"], ["plan", 1, 3, "803c40"], ["plan", 0, 2, "f8"]]
    said = run([OPEN, *lines], port)
    assert said[0] == ["opened", said[0][1], said[0][2]]
    assert said[0][1]["name"] == "fragile"
    assert [[*line[:3], line[4]] for line in said[1:4]] == [
        ["sent", 1, 1, "903c5a"],
        ["sent", 0, 2, "f8"],
        ["sent", 1, 3, "803c40"],
    ]
    assert port.sent[:3] == [b"\x90\x3c\x5a", b"\xf8", b"\x80\x3c\x40"]


def test_when_the_pipe_ends_what_sounds_is_silenced_and_what_is_planned_forgotten(run):
    port = FakePort()
    said = run(
        [OPEN, ["plan", 1, 1, "903c5a"], ["plan", 2, 10**18, "904040"], ["plan", 0, 1, "fa"]], port
    )
    assert port.sent == [
        b"\xfa", on(60), b"\x80\x3c\x40", b"\xb0\x40\x00", b"\xb0\x7b\x00", b"\xe0\x00\x40", b"\xfc",
    ]  # fmt: skip
    assert said[-1][0] == "bye"
    assert said[-1][1]["withdrawn"] == 1
    assert port.closed.get(timeout=5) == "closed"


def test_a_new_plan_and_what_another_sender_left(run):
    port = FakePort()
    anew = ["replan", 5, [[2, 1, "903e5a"], [2, 3, "803e40"]]]
    run([OPEN, ["plan", 1, 10**18, "903c5a"], anew, ["release", [[7, 9, 38]], [9]]], port)
    released, played = port.sent[:4], port.sent[4:6]
    assert released == [b"\x89\x26\x40", b"\xb9\x40\x00", b"\xb9\x7b\x00", b"\xe9\x00\x40"]
    assert played == [on(62), b"\x80\x3e\x40"]
    assert on(60) not in port.sent


def test_silence_is_at_once_and_takes_back_what_is_planned(run):
    port = FakePort()
    run([OPEN, ["plan", 1, 1, "903c5a"], ["silence"], ["plan", 0, 1, "c005"]], port)
    assert port.sent[0] == b"\xc0\x05"


def test_what_the_partner_plays_is_sent_at_once_and_silenced_at_the_end(run):
    port, thru = FakePort(), Thru(4)
    into = ThruIn(thru.write_fd)
    into.put(1, note_on(0, 72, 80))
    into.put(2, note_on(0, 74, 80))
    into.put(3, note_off(0, 72))
    said = run([[*OPEN, [thru.read_fd, thru.channel]], ["plan", 0, 1, "c005"]], port)
    thru.close()
    assert port.sent[:5] == [
        b"\xc0\x05", note_on(4, 72, 80), note_on(4, 74, 80), note_off(4, 72), note_off(4, 74),
    ]  # fmt: skip
    assert [line[1] < 0 for line in said if line[0] == "sent"][1:4] == [True] * 3


def test_half_a_line_of_a_performer_that_was_killed_is_not_obeyed(run):
    port = FakePort()
    run([OPEN, b'["plan",1,1,"903c'], port)
    assert port.sent == []


def test_a_port_that_cannot_be_opened_is_said(run):
    said = run([OPEN], PortError("There is none."))
    assert [line[0] for line in said] == ["error", "bye"]
    assert said[0][1:] == ["PortError", "There is none."]


def test_a_port_that_raises_is_said_once_and_no_note_is_lost_count_of(run):
    port = FakePort(most=2)
    said = run([OPEN, *(["plan", index, index, on(60 + index).hex()] for index in (1, 2, 3))], port)
    assert [line[0] for line in said] == ["opened", "broken", *["sent"] * 9, "bye"]
    assert said[1][1] == "The port 'fragile' refuses the messages it is sent (device gone)."
    assert port.sent == [on(61), on(62)]
    assert port.closed.get(timeout=5) == "closed"
    assert (said[-1][1]["ons"], said[-1][1]["offs"]) == (3, 3)


class Quiet:
    """A performer that says some lines and then nothing until `until_ns`; time passes as it is waited for."""

    def __init__(self, clock, lines, until_ns):
        self.clock, self.lines, self.until_ns = clock, lines, until_ns

    def read(self, wake_ns):
        if self.lines:
            return [self.lines.pop(0)]
        if wake_ns is None or wake_ns > self.until_ns:
            return None
        self.clock.wait(queue.SimpleQueue(), wake_ns)
        return []


@pytest.fixture
def stands_still(monkeypatch):
    """What a sender has sent by `until_ns`, if its performer said some lines at first and nothing since."""

    def stands_still(lines, until_ns):
        port, clock = FakePort(), ManualClock()
        monkeypatch.setattr(sender_module, "open_output", lambda *given: port)
        monkeypatch.setattr(sender_module, "prepare", lambda: Realtime(spin_ns=0))
        monkeypatch.setattr(sender_module, "LINGER_NS", 0)
        monkeypatch.setattr(Sender, "_end", lambda self: None)
        with open(os.devnull, "wb", buffering=0) as reports:
            Sender(Quiet(clock, [OPEN, *lines], until_ns), Writer(reports), clock).run()
        return port.sent

    return stands_still


SECOND = 1_000_000_000


def test_what_sounds_is_released_where_the_performer_stands_still(stands_still):
    """A beat or two after the last it has planned, and not a moment before."""
    note = ["plan", 1, 1 * SECOND, "903c5a"]
    assert stands_still([note], 2 * SECOND - 1) == [on(60)]
    released = [on(60), b"\x80\x3c\x40", b"\xb0\x40\x00", b"\xb0\x7b\x00", b"\xe0\x00\x40"]
    assert stands_still([note], 2 * SECOND) == released
    assert stands_still([note], 60 * SECOND) == released, "once"
    later = ["plan", 2, 30 * SECOND, "90405a"]
    assert stands_still([note, later], 31 * SECOND - 1) == [on(60), on(64)], (
        "all that is planned comes first"
    )
    assert stands_still([note, later], 31 * SECOND)[2:4] == [b"\x80\x3c\x40", b"\x80\x40\x40"]


def test_nothing_is_sent_to_a_port_at_rest_however_long_the_performer_is_quiet(stands_still):
    note = [["plan", 1, 1 * SECOND, "903c5a"], ["plan", 1, 2 * SECOND, "803c40"]]
    assert stands_still([], 60 * SECOND) == []
    assert stands_still([["plan", 0, 1, "f8"]], 60 * SECOND) == [b"\xf8"]
    assert stands_still(note, 4 * SECOND - 1)[:2] == [on(60), b"\x80\x3c\x40"]


def test_the_sender_loads_neither_numpy_nor_anything_of_the_performer():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, improv.midi.sender; print(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for heavy in (
        *("numpy", "h5py", "mido", "click", "subprocess"),
        *("improv.cell", "improv.grammar", "improv.music", "improv.midi.own_process"),
    ):
        assert heavy not in loaded
