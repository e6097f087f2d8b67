"""The whole road with real things: the program in its own process, JACK, a capture client, FluidSynth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave

import jack
import mido
import numpy as np
import pytest

pytestmark = pytest.mark.jack

CHART = "| Dm7 | G7 | Cmaj7 | A7alt |"


def start(*arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "improv", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ.copy(),
    )


def finish(process: subprocess.Popen) -> tuple[str, str]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out, err


def messages_of(log) -> list[dict]:
    return [line for line in map(json.loads, log.read_text().splitlines()) if "bytes" in line]


@pytest.fixture
def capture(jack_server):
    capture = jack.Capture()
    yield capture
    capture.close()


def test_what_is_captured_is_what_the_log_says_and_what_the_recording_holds(capture, tmp_path):
    log, record = tmp_path / "out.jsonl", tmp_path / "out.mid"
    process = start(
        "--port", "capture", "--backend", "jack", "--no-band", "--chart", CHART, "--tempo", "300",
        "--seed", "5",
        "--choruses", "3", "--log", str(log), "--record", str(record),
    )  # fmt: skip
    out, err = finish(process)
    assert err == ""
    assert "Port 'capture:in' (jack) is open." in out
    logged = messages_of(log)
    assert len(logged) > 40
    captured = [data for _, data in capture.wait_for(len(logged))]
    assert captured == [bytes.fromhex(line["bytes"]) for line in logged]

    ons = [line for line in logged if line["bytes"].startswith("90")]
    offs = [line for line in logged if line["bytes"].startswith("80")]
    assert sorted(line["note"] for line in ons) == sorted(line["note"] for line in offs)
    assert jack.sounding(captured) == set()
    assert all(line["sent_ns"] >= line["planned_ns"] for line in logged)
    assert [line["planned_ns"] for line in logged] == sorted(line["planned_ns"] for line in logged)
    assert all(line["token"] for line in ons)

    recorded = mido.MidiFile(record)
    markers = [m.text for m in recorded.tracks[0] if m.type == "marker"]
    assert markers == ["Dm7", "G7", "Cmaj7", "A7alt"] * 3
    assert [m.note for m in recorded.tracks[1] if m.type == "note_on"] == [
        bytes.fromhex(line["bytes"])[1] for line in ons
    ]


def test_arrivals_keep_the_time_of_the_plan(capture, tmp_path):
    """From plan to another JACK client: one period of the dummy driver (1.3 ms) and what the machine adds.

    No wall-clock limit is asserted on single notes; their middle one must be nearer than a tenth of
    the shortest token (a sixteenth at 120 bpm), or the music would be wrong.
    """
    log = tmp_path / "out.jsonl"
    words = (
        "--port capture --backend jack --no-band --tempo 240 --seed 1 --choruses 1 --quiet".split()
    )
    finish(start(*words, "--chart", CHART, "--log", str(log)))
    logged = messages_of(log)
    captured = capture.wait_for(len(logged))
    late_ms = [
        (arrived_ns - line["planned_ns"]) / 1e6
        for (arrived_ns, _), line in zip(captured, logged, strict=True)
    ]
    assert 0 < np.median(late_ms) < 12.5


def test_a_virtual_port_plays_into_a_synth_and_a_recorder_at_once(jack_server, capture, tmp_path):
    """FluidSynth's audio is not silence and has its onsets where the captured notes are."""
    wav = tmp_path / "synth.wav"
    log = tmp_path / "out.jsonl"
    with jack.fluidsynth(jack_server, wav) as synth:
        process = start(
            "--port", "Stage", "--backend", "jack", "--no-band", "--chart", CHART, "--tempo", "220",
            "--seed", "7",
            "--choruses", "2", "--log", str(log),
        )  # fmt: skip
        greeting = process.stdout.readline() + process.stdout.readline()
        assert "Virtual port 'Stage' (jack) is open" in greeting
        jack.connect(jack_server, "jazz-improv:Stage", capture.port)
        jack.connect(jack_server, "jazz-improv:Stage", synth)
        # A new connection makes JACK reorder its graph, which may cost a cycle with what is in it.
        settled = len(capture.wait_for(len(capture.rest()) + 6))
        finish(process)
    whole = [data for _, data in capture.rest()]
    captured = whole[settled:]
    logged = messages_of(log)
    assert len(captured) > 20
    assert captured == [bytes.fromhex(line["bytes"]) for line in logged][-len(captured) :]
    assert jack.sounding(whole) == set()

    onsets_s = [line["sent_ns"] / 1e9 for line in logged if line["bytes"].startswith("90")]
    strength, hop_s = onset_strength(wav)
    assert strength.max() > 0, "the audio is silence"
    times_s = np.array(onsets_s[8:])
    hits = share_of_onsets_heard(strength, hop_s, times_s)
    elsewhere = share_of_onsets_heard(strength, hop_s, times_s[0] + (times_s - times_s[0]) * 0.93)
    assert hits > 0.9, f"{hits:.0%} of the notes are heard where they are"
    assert hits > elsewhere + 0.35, "the measure tells the notes from notes that are elsewhere"


def onset_strength(wav) -> tuple[np.ndarray, float]:
    """How much louder 5 ms of audio are than 10 ms before, in nepers.

    Treble counts most (a second difference, 12 dB an octave): the attack of a soft note stands out
    from the tail of the loud one before it.
    """
    with wave.open(str(wav)) as audio:
        rate, channels = audio.getframerate(), audio.getnchannels()
        samples = np.frombuffer(audio.readframes(audio.getnframes()), dtype="<i2") / 32768
    hop = rate // 200
    treble = np.diff(samples.reshape(-1, channels).mean(axis=1), n=2)
    rms = np.sqrt((treble[: len(treble) // hop * hop].reshape(-1, hop) ** 2).mean(axis=1))
    loudness = np.log(rms + 2e-5)
    return np.maximum(loudness[2:] - loudness[:-2], 0), hop / rate


def share_of_onsets_heard(strength: np.ndarray, hop_s: float, onsets_s: np.ndarray) -> float:
    """The share of notes with a rise of sound within 25 ms, at the best common delay of the recording."""
    rises = strength > 0.2
    near = np.convolve(rises, np.ones(11), mode="same") > 0
    steps = np.round((onsets_s - onsets_s[0]) / hop_s).astype(int)
    best = 0.0
    for delay in range(len(near) - steps[-1]):
        best = max(best, near[steps + delay].mean())
    return best
