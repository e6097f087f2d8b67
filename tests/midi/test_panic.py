"""Panic: what it sends, and that a real port with notes, pedals and wheels left behind falls silent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import jack
import pytest
from fakes import ManualClock

from improv.midi.panic import PAUSE_NS, batches, silence, wake

SENT = 16 * (5 + 128)


class Sink:
    def __init__(self):
        self.sent = []

    def send(self, data):
        self.sent.append(data)

    def close(self):
        pass


def test_every_channel_is_silenced_first_as_a_whole_then_note_by_note():
    sink, pauses = Sink(), []
    assert silence(sink, ManualClock(7), pauses.append) == SENT == len(sink.sent)
    assert sink.sent[:5] == [
        b"\xb0\x40\x00", b"\xb0\x78\x00", b"\xb0\x79\x00", b"\xb0\x7b\x00", b"\xe0\x00\x40",
    ]  # fmt: skip
    assert {data[0] & 0x0F for data in sink.sent[: 16 * 5]} == set(range(16))
    offs = sink.sent[16 * 5 :]
    assert len(set(offs)) == 16 * 128
    assert all(data[0] & 0xF0 == 0x80 for data in offs)
    assert pauses == [7 + PAUSE_NS] * 17


def test_no_batch_is_larger_than_what_a_jack_cycle_carries():
    assert max(len(batch) for batch in batches()) <= 128


def panic(*arguments):
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from improv.cli import main; sys.exit(main())",
            "panic",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_where_there_is_no_midi_system_it_says_so(monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none-of-this-name")
    done = panic("--backend", "jack")
    assert done.returncode == 7
    assert done.stderr == (
        "jazz-improv: There is no MIDI output to silence: no JACK server is running.\n"
    )


@pytest.mark.jack
def test_a_port_that_was_left_sounding_falls_silent(jack_server):
    capture = jack.Capture(client="left sounding")
    try:
        done = panic()
        assert (done.returncode, done.stderr) == (0, "")
        assert "Silenced 'left sounding:in'" in done.stdout
        assert len(done.stdout.splitlines()) == 1
        heard = [data for _, data in capture.wait_for(SENT)]
        assert heard == [data for batch in batches() for data in batch]
        done = panic("--port", "nobody has this")
        assert done.returncode == 7
        assert "no MIDI port named 'nobody has this'" in done.stderr
    finally:
        capture.close()


def test_a_process_that_was_stopped_is_let_go_on():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    child.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
    wake(child.pid)
    child.communicate(b"\n", timeout=60)
    assert child.returncode == 0
    wake(child.pid)  # it is gone by now
    wake(0)
