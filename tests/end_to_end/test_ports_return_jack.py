"""The whole program while what it listens to or leads goes and comes back: clock ports, a Link transport."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import jack
import pytest
from link_peer import Peer, needs_link
from program import Program

from improv.midi.send_queue import CONTINUE, PULSE, SONG_POSITION, STOP

pytestmark = pytest.mark.jack

# Pulses until a line comes; it sleeps because a clock is made of time.
DAW = """
import select, sys, time, rtmidi
out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="daw")
out.open_virtual_port("clock")
print("there", flush=True)
sys.stdin.readline()
if sys.argv[1] == "start":
    out.send_message([0xFA])
due = time.perf_counter()
while not select.select([sys.stdin], [], [], max(0.0, due - time.perf_counter()))[0]:
    out.send_message([0xF8])
    due += 60 / 240 / 24
out.close_port()
out.delete()
"""


@pytest.fixture
def program(patient_jack_server):
    started: list[Program] = []

    def start(*arguments: str) -> Program:
        started.append(
            Program(
                "--backend", "jack", "--chart", "| C7 | F7 |", "--tempo", "240", "--model", "etudes",
                "--human", "0", "--swing", "1", "--count-in", "0", "--seed", "1", *arguments,
            )
        )  # fmt: skip
        return started[-1]

    yield start
    for each in started:
        each.kill()


def test_a_daw_that_is_led_and_comes_back_goes_on_at_the_right_place(patient_jack_server, program):
    """It is told the song position of the pulse that comes next; counted from there, all come."""
    choruses, beats = 9, 8
    notes, daw = jack.Capture(), jack.Capture(client="slave")
    try:
        played = program(
            "--port", "capture", "--clock-out", "slave", "--choruses", str(choruses), "--no-band"
        )
        daw.wait_until(lambda data: data[0] == PULSE)
        daw.close()
        played.until("The port 'slave:in' is gone")
        daw.__post_init__()
        played.until("The port 'slave:in' is back")
        daw.wait_until(lambda data: data[0] == CONTINUE)
        sixteenth = next(data for _, data in reversed(daw.received) if data[0] == SONG_POSITION)[1:]
        before = len(daw.received)
        daw.wait_until(lambda data: data[0] == STOP)
        pulses = sum(data[0] == PULSE for _, data in daw.received[before:])
        place = sixteenth[0] | sixteenth[1] << 7
        assert 0 < place < choruses * beats * 4
        # A message or two may get lost on the way (docs/stage.md); a slip would be a sixteenth: six pulses.
        assert abs(6 * place + pulses - choruses * beats * 24) <= 2
        assert played.end() == 0
        assert jack.sounding([data for _, data in notes.rest()]) == set()
    finally:
        notes.close()
        daw.close()


def test_a_synth_that_makes_its_port_anew_is_played_to_again(patient_jack_server, program):
    """JACK gives such a port the number of the one before; its connections are gone."""
    notes = jack.Capture()
    try:
        played = program("--port", "capture", "--choruses", "0")
        notes.wait_until(lambda data: data[0] & 0xF0 == 0x90)
        jack.disconnect(patient_jack_server.environment, notes.port)
        played.until("The port 'capture:in' is gone")
        played.until("The port 'capture:in' is back")
        notes.rest()
        notes.wait_until(lambda data: data[0] & 0xF0 == 0x90)
        played.process.send_signal(signal.SIGTERM)
        assert played.end() == 0
    finally:
        notes.close()


class Daw:
    """Sends a clock at 240 bpm from a process of its own."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def come(self, how: str) -> None:
        """Open the port and begin to beat; `how` is "start" or "beat"."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", DAW, how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout.readline() == "there\n"

    def beat(self) -> None:
        """Begin."""
        print("go", file=self._process.stdin, flush=True)

    def go(self) -> None:
        """Close the port; it is gone. Safe to call twice."""
        if self._process is not None:
            self._process.communicate("leave\n", timeout=20)
            self._process = None


def test_a_clock_that_is_gone_and_comes_back_is_taken_again_and_no_beat_is_missing(
    program, tmp_path
):
    log, daw = tmp_path / "log.jsonl", Daw()
    daw.come("start")
    played = program(
        "--clock", "midi", "--clock-in", "daw", "--band", "drums", "--choruses", "0", "--log", str(log)
    )  # fmt: skip
    try:
        played.until("Input 'daw:clock' is open for the clock")
        daw.beat()
        played.until("1.2 ")
        daw.go()
        played.until(
            "The clock at 'daw:clock' sends no more pulses; playing on at 2",
            "The clock input 'daw:clock' is gone.",
        )
        daw.come("beat")
        played.until("The clock input 'daw:clock' is back.")
        daw.beat()
        played.until("The clock at 'daw:clock' is heard again.")
        last = played.until(".2 ")
        played.process.terminate()
        assert played.end() == 0, "".join(played.said)
    finally:
        daw.go()
    assert int(last.split(".")[0]) > 1
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    ports = [(line["port"], line["there"]) for line in lines if "there" in line]
    assert ports[-2:] == [("clock-in", False), ("clock-in", True)]
    assert len([line for line in lines if "tune" in line]) == 1, "it has not gone elsewhere"
    struck = {
        round(line["tick"] / 480)
        for line in lines
        if line.get("bytes", "").startswith("99") and not line.get("dropped")
    }
    assert struck == set(range(max(struck) + 1)), "a beat without a stroke"


def test_the_transport_of_a_link_session_starts_and_stops_the_program(patient_jack_server, program):
    needs_link()
    notes, peer = jack.Capture(), Peer(240.0)
    try:
        played = program(
            "--clock", "link", "--link-transport", "--port", "capture", "--choruses", "0"
        )
        played.until("Joined the Link session")
        peer.meet(20.0)
        assert not [data for _, data in notes.rest() if data[0] & 0xF0 == 0x90]
        for _ in range(2):
            peer.play(True)
            notes.wait_until(lambda data: data[0] & 0xF0 == 0x90)
            played.until(".2 ")
            peer.play(False)
            # The first thing it does is to lift the pedals, wherever they are.
            notes.wait_until(lambda data: data[0] & 0xF0 == 0xB0 and data[1:] == b"\x40\x00")
        played.process.terminate()
        assert played.end() == 0, "".join(played.said)
        assert jack.sounding([data for _, data in notes.rest()]) == set()
    finally:
        notes.close()
        peer.close()
