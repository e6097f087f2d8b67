"""`jazz-improv doctor` and `ports` as programs: with JACK, without a MIDI system, with one that hangs."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys

import jack
import pytest

from improv.clock import MonotonicClock
from improv.health import doctor
from improv.midi.ports import PortRequest
from improv.midi.receiver_process import ReceiverProcess


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "improv", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


def test_without_a_midi_system_it_says_what_to_do_and_measures_the_sender():
    told = run(
        "doctor", "--seconds", "0.3", "--backend", "jack", JACK_DEFAULT_SERVER="there-is-none"
    )
    assert told.returncode == 7
    assert told.stderr == ""
    assert (
        "problem midi: No MIDI system answers, so no port can be opened.\n        -> "
        in told.stdout
    )
    assert "Only the sender was measured" in told.stdout
    assert "Sent too late by:" in told.stdout
    assert "From due until heard:" not in told.stdout
    assert "\x1b" not in told.stdout, "no colours where it is no terminal"
    assert os.path.expanduser("~") + "/" not in told.stdout
    assert "ok      model: bebop loads" in told.stdout


@pytest.mark.jack
def test_with_jack_it_hears_itself_and_gives_the_latency_to_set(jack_server):
    capture = jack.Capture(client="synth")
    try:
        told = run(
            "doctor", "--seconds", "0.5", "--json", "--backend", "jack", "--port", "synth:in"
        )
        listed = run("ports", "--json", "--backend", "jack")
    finally:
        capture.close()
    assert told.returncode == 0, told.stdout
    answer = json.loads(told.stdout)
    assert set(answer["versions"]) == {"jazz-improv", "Python", "numpy", "python-rtmidi", "OS"}
    loop = answer["loop"]
    assert loop["backend"] == "jack" and loop["lost"] == 0
    assert loop["late"]["count"] == loop["whole"]["count"] == 25
    assert 0 <= loop["late"]["p50_us"] < loop["whole"]["p50_us"]
    assert loop["latency_ms"] <= 0
    topics = {finding["topic"]: finding["state"] for finding in answer["findings"]}
    assert topics["port"] == topics["virtual port"] == topics["model"] == topics["latency"] == "ok"
    assert not any(finding["state"] == "problem" for finding in answer["findings"])
    assert {"name": "synth:in", "backend": "jack"} in json.loads(listed.stdout)["outputs"]
    assert json.loads(listed.stdout)["inputs"] == []


@pytest.mark.jack
def test_inputs_are_listed_but_not_those_of_a_receiver_that_watches(jack_server):
    source = jack.ClockSource(jack_server)
    watcher = ReceiverProcess(PortRequest("daw:clock", "jack"), [], queue.SimpleQueue())
    try:
        watcher.opened(MonotonicClock())
        assert any(port.startswith("jazz-improv-watch") for port in jack.ports(jack_server))
        both = json.loads(run("ports", "--json", "--backend", "jack").stdout)
        assert [port["name"] for port in both["outputs"]] == ["jazz-improv-in:in"]
        assert [port["name"] for port in both["inputs"]] == ["daw:clock"]
        listed = run("ports", "--backend", "jack").stdout
        assert "Inputs:\njack      daw:clock\n" in listed
        missing = run("doctor", "--seconds", "0.1", "--backend", "jack", "--port", "synth:in")
    finally:
        watcher.close()
        source.close()
    assert missing.returncode == 7
    assert "problem port: There is no MIDI port named 'synth:in' now" in missing.stdout


@pytest.mark.jack
def test_a_server_that_hangs_is_not_waited_for(monkeypatch):
    if why := jack.missing():
        pytest.skip(why)
    server = jack.Server(f"hangs{os.getpid()}", sync=False)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    try:
        server.process.send_signal(signal.SIGSTOP)
        answers, why = doctor.ask("ports", "jack", timeout_s=1.0)
    finally:
        server.stop()
    assert (answers, why) == ([], "no answer within 1 s")
