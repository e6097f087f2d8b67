"""A DAW and the program, two processes that share a JACK server: MIDI clock in both directions."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import jack
import pytest

pytestmark = pytest.mark.jack

# It sleeps because a clock is made of time; nothing waits for it but what it says.
DAW = """
import sys, time, rtmidi
bpm, pulses = float(sys.argv[1]), int(sys.argv[2])
out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="daw")
out.open_virtual_port("clock")
print("there", flush=True)
sys.stdin.readline()
due = time.perf_counter() + 0.1
out.send_message([0xF2, 16, 0])  # bar 2
out.send_message([0xFB])
print(time.perf_counter_ns() + 100_000_000, flush=True)
for _ in range(pulses):  # it is the clock: nothing is waited for
    time.sleep(max(0.0, due - time.perf_counter()))
    out.send_message([0xF8])
    due += 60 / bpm / 24
out.send_message([0xFC])
print("stopped", flush=True)
sys.stdin.readline()
out.close_port()
out.delete()
"""
BPM, BEATS = 240.0, 20


def test_the_program_plays_in_time_with_a_daw(jack_server, tmp_path):
    """From bar 2, where the song position says; its beats are the DAW's."""
    log = tmp_path / "log.jsonl"
    player = subprocess.Popen(
        [sys.executable, "-m", "improv", "--backend", "jack", "--clock", "midi", "--count-in", "0",
         "--chart", "| C7 | F7 | C7 | G7 |", "--model", "etudes", "--human", "0", "--swing", "1",
         "--band", "bass,drums", "--seed", "1", "--log", str(log)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    greeting = " ".join(" ".join(iter(player.stdout.readline, "\n")).split())
    assert "Virtual input 'jazz-improv-clock' is open for the clock" in greeting
    daw = subprocess.Popen(
        [sys.executable, "-c", DAW, str(BPM), str(int(BEATS * 24))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ.copy(),
    )  # fmt: skip
    assert daw.stdout.readline() == "there\n"
    (clock_in,) = [port for port in jack.ports(jack_server) if port.endswith("jazz-improv-clock")]
    jack.connect(jack_server, "daw:clock", clock_in)
    print("go", file=daw.stdin, flush=True)
    begun_ns = int(daw.stdout.readline())
    assert daw.stdout.readline() == "stopped\n"
    player.terminate()
    out, err = player.communicate(timeout=30)
    print("leave", file=daw.stdin, flush=True)
    daw.wait(10)
    daw.stdout.close()
    daw.stdin.close()
    assert player.returncode == 0
    assert "Traceback" not in err
    assert "1.2  F7" in out
    assert "1.1 " not in out

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {"clock": "seek", "tick": 1920} in lines
    strokes = [
        (line["tick"], line["sent_ns"]) for line in lines if line.get("bytes", "").startswith("99")
    ]
    assert len(strokes) > BEATS
    beat_ns = 60e9 / BPM
    off = sorted((ns - begun_ns) / beat_ns - (tick - 1920) / 480 for tick, ns in strokes)
    # The middle one: nearer to the DAW's beat than to any pulse beside it. (How near is measured in
    # benchmarks/clock.py; here the machine may be busy.)
    assert abs(off[len(off) // 2]) < 1 / 48, err


def test_a_daw_is_led(jack_server, tmp_path):
    """Start, 24 pulses a quarter, stop, into another port than the notes."""
    notes, daw = jack.Capture(), jack.Capture(client="slave")
    try:
        player = subprocess.run(
            [sys.executable, "-m", "improv", "--backend", "jack", "--port", "capture",
             "--clock-out", "slave", "--chart", "| C7 | F7 |", "--model", "etudes", "--no-band",
             "--choruses", "1", "--tempo", "240", "--seed", "1"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert player.returncode == 0, player.stderr
        daw.wait_until(lambda data: data[0] == 0xFC)
        told = [data[0] for _, data in daw.received if data[0] >= 0xF0]
        assert told == [0xFA, *[0xF8] * (8 * 24), 0xFC]
        assert not [data for _, data in notes.rest() if data[0] >= 0xF0]
        assert jack.sounding([data for _, data in notes.received]) == set()
    finally:
        notes.close()
        daw.close()
