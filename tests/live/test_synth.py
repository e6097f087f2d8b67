"""FluidSynth, started, played to and ended by the program; on a real JACK server where there is one."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import jack
import pytest

from improv.errors import MissingError
from improv.live import synth

ROOT = Path(__file__).resolve().parents[2]


def program(folder, monkeypatch, text):
    """Have a shell script stand for FluidSynth."""
    path = folder / synth.PROGRAM
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_without_fluidsynth_it_says_what_to_install_and_what_sounds_without(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(
        MissingError, match=r"not installed: `.*install.*`\. `jazz-improv page` sounds"
    ):
        synth.Synth("jack")


def test_a_midi_system_that_it_cannot_listen_to_is_one_sentence(tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, "exit 0")
    with pytest.raises(MissingError, match="FluidSynth cannot listen to 'winmm'"):
        synth.Synth("winmm")


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "echo 'fluidsynth: error: Failed to open the device'; exit 1",
            "Failed to open the device",
        ),
        ("exit 3", "it ended without a word"),
        ("echo 'Failed to create the MIDI thread'; printf '> '; cat", "it ended without a word"),
    ],
)
def test_a_synth_that_cannot_sound_says_why_and_is_ended(tmp_path, monkeypatch, script, why):
    program(tmp_path, monkeypatch, script)
    with pytest.raises(MissingError, match=f"FluidSynth cannot sound through alsa: {why}"):
        synth.Synth("alsa")


def test_it_is_started_with_the_drivers_of_its_system_and_ends_with_its_pipe(tmp_path, monkeypatch):
    """And what it says while it plays never stands in its way."""
    script = f'echo "$@" > {tmp_path}/given; (printf "> "; head -c 300000 /dev/zero) | cat; cat > /dev/null'
    program(tmp_path, monkeypatch, f"{script}; touch {tmp_path}/ended")
    playing = synth.Synth("alsa")
    assert (playing.request.name, playing.request.backend) == ("jazz-improv-synth", "alsa")
    playing.close()
    assert (tmp_path / "ended").exists()
    assert "-m alsa_seq -p jazz-improv-synth" in (tmp_path / "given").read_text()


@pytest.mark.jack
@pytest.mark.skipif(shutil.which(synth.PROGRAM) is None, reason="fluidsynth is not installed")
def test_the_program_plays_to_a_synth_that_goes_with_it(jack_server, tmp_path):
    command = [sys.executable, "-m", "improv", "--synth", "--backend", "jack", "--chart", "| F7 |"]
    process = subprocess.Popen(
        [*command, "--tempo", "240", "--record", str(tmp_path / "a.mid"), "--no-steer"],
        env={**os.environ, **jack_server, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = ""
    for line in process.stdout:
        said += line
        if "is open" in line:
            break
    assert "Port 'jazz-improv-synth:midi_00' (jack) is open." in said
    tree = jack._tool(jack_server, "jack_lsp", "-c")
    to_speakers = tree[tree.index("jazz-improv-synth:left") + 1]
    to_synth = tree[tree.index("jazz-improv-synth:midi_00") + 1]
    assert "system:playback_1" in to_speakers and "jazz-improv:out" in to_synth
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert not any("synth" in port for port in jack.ports(jack_server))
