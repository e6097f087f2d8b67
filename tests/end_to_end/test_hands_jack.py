"""Knobs and pads at a real JACK port: learned while it plays, kept, and no music."""

from __future__ import annotations

import json
import os
import subprocess

import jack
import pytest
from program import Program

from improv.midi.messages import control, note_off, note_on

pytestmark = pytest.mark.jack


def play(config, *arguments: str) -> Program:
    return Program(
        "--backend", "jack", "--port", "capture", "--tempo", "240", "--chart", "| Cm7 | F7 |",
        "--count-in", "0", "--seed", "1", "--input", "keys", "--mode", "solo", "--steer", *arguments,
        stdin=subprocess.PIPE,
        env=os.environ | {"JAZZ_IMPROV_CONFIG": str(config)},
    )  # fmt: skip


def test_a_knob_is_learned_turned_and_known_the_next_time(patient_jack_server, tmp_path):
    config, log = tmp_path / "config.toml", tmp_path / "a.jsonl"
    config.write_text("tempo = 250\n")
    capture = jack.Capture()
    keys = jack.ClockSource(dict(os.environ), client="keys")
    programs = []
    try:
        programs.append(program := play(config, "--log", str(log)))
        program.until("Listening to the input")
        program.type("learn density")
        program.until("Move what is to do 'density'")
        keys.send(control(0, 20, 63))
        program.until("cc 20 does 'density' from now on")
        program.until("It is kept in")
        for value in range(60, 101):
            keys.send(control(0, 20, value))
        program.until("        density 0.575")
        program.type("learn volume bass")
        program.until("Move what")
        keys.send(control(0, 21, 5))
        program.until("cc 21 does 'volume bass'")
        keys.send(control(0, 21, 50))
        capture.wait_until(lambda data: data == control(2, 7, 50))
        program.type("learn mute piano")
        program.until("Move what")
        keys.send(note_on(9, 36, 90), note_off(9, 36))
        program.until("note 36 does 'mute piano'")
        keys.send(note_on(9, 36, 90), note_off(9, 36))
        program.until("(mute piano)")
        assert program.end("SIGTERM") == 0

        lines = [json.loads(line) for line in log.read_text().splitlines()]
        assert not any("heard" in line for line in lines), "what is bound is no music"
        steers = [line["steer"] for line in lines if "steer" in line]
        assert {"volumes": {"bass": 0.394}} in steers and {"mutes": {"piano": True}} in steers
        assert config.read_text().startswith("tempo = 250\n")

        programs.append(again := play(config))
        again.until("Listening to the input")
        for value in (0, 64, 127):
            keys.send(control(0, 20, value))
        again.until("        density 1")
    finally:
        for each in programs:
            each.kill()
        keys.close()
        capture.close()
