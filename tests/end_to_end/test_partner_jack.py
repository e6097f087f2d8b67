"""A partner at a real JACK port: heard, sounding through, written down, played again; and every way out.

The partner's keys are a JACK client in a process of its own; a second client hears what goes out.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise

import jack
import mido
import pytest
from program import Program

from improv.midi.messages import SUSTAIN, control, note_off, note_on, wheel_centred

pytestmark = pytest.mark.jack

THRU = 5
"""The channel on which the partner sounds: 6 to who counts from 1."""


@pytest.fixture
def capture(patient_jack_server):
    capture = jack.Capture()
    yield capture
    capture.close()


@pytest.fixture
def keys(capture):
    source = jack.ClockSource(dict(os.environ), client="keys")
    yield source
    source.close()


@pytest.fixture
def play(capture, keys):
    started: list[Program] = []

    def play(*arguments: str) -> Program:
        command = ["echo"] if arguments[:1] == ("echo",) else []
        started.append(
            Program(
                *command, "--backend", "jack", "--port", "capture", "--tempo", "120",
                "--chart", "| Cm7 | F7 |", "--count-in", "0", "--seed", "1", "--input", "keys",
                "--thru", str(THRU + 1), *arguments[len(command) :],
            )
        )  # fmt: skip
        started[-1].until("Listening to the input 'keys:clock' (jack)")
        return started[-1]

    yield play
    for each in started:
        each.kill()


def heard_of(log) -> list[dict]:
    return [
        line["heard"] for line in map(json.loads, log.read_text().splitlines()) if "heard" in line
    ]


def through(capture) -> list[bytes]:
    """What has come out on the partner's channel so far."""
    return [data for _, data in capture.rest() if data[0] < 0xF0 and data[0] & 0x0F == THRU]


def wait_for(capture, data: bytes) -> None:
    capture.wait_until(lambda found: found == data)


def sounds(capture) -> set[int]:
    return {pitch for channel, pitch in jack.sounding(through(capture)) if channel == THRU}


def test_what_a_partner_plays_sounds_is_written_down_and_played_again(
    play, keys, capture, tmp_path
):
    log, midi = tmp_path / "gig.jsonl", tmp_path / "gig.mid"
    program = play("--log", str(log), "--record", str(midi))
    capture.wait_until(lambda data: data[0] == 0x90)
    for pitch in range(60, 76):
        keys.send(note_on(0, pitch, 80))
        wait_for(capture, note_on(THRU, pitch, 80))
        keys.send(note_on(3, pitch - 12, 70))
        wait_for(capture, note_on(THRU, pitch - 12, 70))
        keys.send(note_off(0, pitch), note_off(3, pitch - 12))
        wait_for(capture, note_off(THRU, pitch))
    assert program.end("SIGTERM") == 0, "".join(program.said)
    assert not jack.sounding([data for _, data in capture.rest()])

    heard = heard_of(log)
    assert {note["pitch"] for note in heard} <= {*range(48, 76)} and len(heard) > 16
    assert all(a["onset_tick"] <= b["onset_tick"] for a, b in pairwise(heard))
    tracks = {track.name: track for track in mido.MidiFile(midi).tracks}
    ons = [m for m in tracks["Partner"] if m.type == "note_on" and m.velocity]
    assert len(ons) == sum(1 + len(note["under"]) for note in heard if not note["replaces"])
    again = tmp_path / "again.mid"
    done = subprocess.run(
        [sys.executable, "-m", "improv", "replay", str(log), "--out", str(again)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert again.read_bytes() == midi.read_bytes()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_whatever_ends_it_the_partner_does_not_sound_on(play, keys, capture, name):
    """Keys that stay down, a pedal that never comes up, a bent wheel."""
    program = play()
    held = [note_on(0, 60, 80), control(0, SUSTAIN, 127), bytes((0xE0, 0, 100)), note_on(7, 64, 80)]
    keys.send(*held)
    wait_for(capture, note_on(THRU, 64, 80))
    program.end(name)
    while sounds(capture) or wheel_centred(THRU) not in through(capture):
        capture.wait_until(lambda data: data[0] & 0x0F == THRU)
    assert control(THRU, SUSTAIN, 0) in through(capture)


def test_a_sender_that_is_killed_leaves_nothing_of_the_partner_and_the_next_one_plays_on(
    play, keys, capture
):
    program = play()
    keys.send(note_on(0, 60, 80))
    wait_for(capture, note_on(THRU, 60, 80))
    os.kill(program.child("improv.midi.sender"), signal.SIGKILL)
    wait_for(capture, note_off(THRU, 60))
    keys.send(note_off(0, 60), note_on(0, 64, 80))
    wait_for(capture, note_on(THRU, 64, 80))
    keys.send(note_off(0, 64))
    wait_for(capture, note_off(THRU, 64))
    assert program.end("SIGTERM") == 0


def test_an_input_that_vanishes_ends_what_sounds_and_is_taken_again(play, keys, capture, tmp_path):
    log = tmp_path / "gig.jsonl"
    program = play("--log", str(log))
    capture.wait_until(lambda data: data[0] == 0x90)
    keys.send(note_on(0, 60, 80))
    wait_for(capture, note_on(THRU, 60, 80))
    keys.close()
    program.until("The input 'keys:clock' is gone.")
    wait_for(capture, note_off(THRU, 60))
    again = jack.ClockSource(dict(os.environ), client="keys")
    try:
        program.until("The input 'keys:clock' is back.")
        again.send(note_on(0, 64, 80))
        wait_for(capture, note_on(THRU, 64, 80))
        os.kill(program.child("improv.midi.receiver"), signal.SIGKILL)
        program.until("The input 'keys:clock' is gone.")
        wait_for(capture, note_off(THRU, 64))
        program.until("The input 'keys:clock' is back.")
        again.send(note_on(0, 67, 80), note_off(0, 67))
        wait_for(capture, note_off(THRU, 67))
        assert program.end("SIGTERM") == 0
    finally:
        again.close()
    ended = {note["pitch"] for note in heard_of(log) if note["end_tick"] is not None}
    assert ended >= {60, 64}


def test_a_storm_on_sixteen_channels_stops_no_music(play, keys, capture, tmp_path):
    """Pressure, bends, stuck keys, faster than hands: what was playing plays on, and ends in silence."""
    log = tmp_path / "log.jsonl"
    program = play("--log", str(log))
    capture.wait_until(lambda data: data[0] == 0x90)
    for round_ in range(40):
        storm = []
        for number in range(100):
            channel, value = number & 0x0F, (round_ + number) & 0x7F
            storm += [bytes((0xA0 | channel, value, value)), bytes((0xD0 | channel, value))]
            storm += [bytes((0xE0 | channel, value, value)), note_on(channel, value, 64)]
        keys.send(*storm)
    before = len([data for _, data in capture.rest() if data[0] == 0x90])
    for _ in range(8):
        capture.wait_until(lambda data: data[0] == 0x90)
    assert len([data for _, data in capture.rest() if data[0] == 0x90]) >= before + 8
    assert program.end("SIGTERM") == 0, "".join(program.said)
    # As it was sent: in such a storm JACK's periods are late, and what is sent in a late one can get lost.
    lines = map(json.loads, log.read_text().splitlines())
    sent = [bytes.fromhex(each["bytes"]) for each in lines if "sent_ns" in each]
    assert len(sent) > 20 and not jack.sounding(sent)


def test_our_own_output_is_not_an_input(patient_jack_server):
    done = subprocess.run(
        [sys.executable, "-m", "improv", "--backend", "jack", "--port", "mine", "--input", "mine"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 7
    assert "'mine' is where this session plays: it would hear itself." in " ".join(
        done.stderr.split()
    )


def test_an_echo_hears_what_is_played_back(play, keys, capture):
    """In its time, but not in its rhythm: each note lasts until the drums play another."""
    program = play("echo")
    program.until("you 2")
    phrase = [data[1] for _, data in capture.rest() if data[0] == 0x90]
    for pitch in phrase:
        keys.send(note_on(0, pitch, 80))
        wait_for(capture, note_on(THRU, pitch, 80))
        capture.wait_until(lambda data: data[0] == 0x99)
        keys.send(note_off(0, pitch))
        wait_for(capture, note_off(THRU, pitch))
    program.until("echo, try 1:")
    assert f"pitch {len(phrase)} of {len(phrase)}" in program.said[-1]
    assert len(phrase) == 3
    assert program.end("SIGINT") == 0
    assert any("You played 3 notes" in line for line in program.said)
