"""A flood of one kind while the program has a tenth of a core: it ends when it is told to, in silence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import jack
import pytest
import share

from improv.cell.load import find_model, load_model
from improv.config import DEFAULT_MODEL
from improv.session.reader import read_file
from improv.session.replay import compare, play_again

pytestmark = [
    pytest.mark.jack,
    pytest.mark.skipif(bool(share.missing()), reason=share.missing()),
]

HANG_S = 60
"""Whoever has not ended by then hangs; nothing is measured."""
SECONDS = 4

# It sleeps because a clock is made of time; nothing waits for it but what it says.
STORM = """
import itertools, os, select, signal, sys, time, rtmidi
kind, seconds, pid = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="daw")
out.open_virtual_port("clock")
print("there", flush=True)
sys.stdin.readline()
due = time.perf_counter()
out.send_message([0xFA])
for number in itertools.count():
    if number == 50 * seconds:
        print("in the middle of it", flush=True)
    due += 0.02
    if select.select([0], [], [], max(0.0, due - time.perf_counter()))[0]:
        break
    out.send_message([0xF8])
    if number < 50:
        continue
    if kind == "positions":
        out.send_message([0xF2, number * 37 % 128, number % 2])
    elif kind == "transports":
        out.send_message([(0xFA, 0xFC)[number % 2]])
    else:
        try:
            os.kill(pid, signal.SIGHUP)
        except ProcessLookupError:
            break
print(number, flush=True)
out.close_port()
out.delete()
"""


@pytest.mark.parametrize("kind", ["positions", "transports", "reloads"])
def test_it_ends_in_silence_in_a_flood_on_a_tenth_of_a_core(kind, patient_jack_server, tmp_path):
    server = patient_jack_server.environment
    log = tmp_path / "log.jsonl"
    player = subprocess.Popen(
        [sys.executable, "-m", "improv", "--backend", "jack", "--clock", "midi", "--count-in", "0",
         "--chart", "blues", "--seed", "1", "--log", str(log)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    storm = notes = None
    try:
        greeting = " ".join(iter(player.stdout.readline, "\n")).split()
        assert "'jazz-improv-clock'" in greeting, "it is open for the clock"
        storm = subprocess.Popen(
            [sys.executable, "-c", STORM, kind, str(SECONDS), str(player.pid)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ.copy(),
        )  # fmt: skip
        assert storm.stdout.readline() == "there\n"
        notes = jack.Capture()
        names = jack.ports(server)
        (clock_in,) = [name for name in names if name.endswith("jazz-improv-clock")]
        (out,) = [name for name in names if name.endswith(":jazz-improv")]
        jack.connect(server, "daw:clock", clock_in)
        jack.connect(server, out, notes.port)
        with share.held(player.pid):
            print("go", file=storm.stdin, flush=True)
            assert storm.stdout.readline() == "in the middle of it\n"
            player.send_signal(signal.SIGINT)
            said, complaints = player.communicate(timeout=HANG_S)
        print("leave", file=storm.stdin, flush=True)
        sent = int(storm.communicate(timeout=20)[0])
    finally:
        for process in (player, storm):
            if process is not None and process.poll() is None:
                process.kill()
                process.communicate()
        if notes is not None:
            notes.close()
    assert player.returncode == 0
    assert "Stopped (SIGINT)" in said
    assert "Traceback" not in complaints
    assert "restart" not in said, "no sender is taken for one that hangs"
    assert len((said + complaints).splitlines()) < 120
    assert jack.sounding([data for _, data in notes.rest()]) == set()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert len(lines) < 20_000
    assert lines[-1].get("why") == "SIGINT"
    seeks = sum("seek" in line.values() for line in lines)
    assert seeks < sent * 2 / 3, "a later one overtakes those before"
    session = read_file(log)
    model = load_model(find_model(DEFAULT_MODEL))
    assert compare(session, play_again(session, lambda header: (model, None))).difference == ""
