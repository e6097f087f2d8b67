"""Files of several forms in one run, and MIDI through a pipe."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import mido
import pytest

from improv.cli import main

SHORT = ["generate", "--chart", "| Dm7 | G7 |", "--seed", "3"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_each_name_says_its_form(capsys):
    assert main([*SHORT, "--out", "a.mid", "--out", "a.musicxml", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["written"] == ["a.mid", "a.musicxml"]
    assert report["notes"] and report["seed"] == 3
    assert Path("a.mid").read_bytes().startswith(b"MThd")
    assert Path("a.musicxml").read_text("utf-8").startswith("<?xml")


def test_the_pipe_gets_midi_and_nothing_else(capfdbinary):
    assert main([*SHORT, "--out", "a.mid", "--out", "-"]) == 0
    out, err = capfdbinary.readouterr()
    assert out == Path("a.mid").read_bytes()
    assert mido.MidiFile(file=io.BytesIO(out)).length > 3
    assert err.startswith(b"Wrote a.mid and standard output: ")


def test_who_has_read_enough_of_the_pipe_ends_it_quietly():
    """`| head -c 4`."""
    run = [sys.executable, "-m", "improv", *SHORT, "--choruses", "200", "--out", "-"]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writing:
        assert writing.stdout.read(4) == b"MThd"
        writing.stdout.close()
        assert b"Traceback" not in writing.stderr.read()
        assert writing.wait(60) == 0


def test_a_terminal_is_not_sent_midi(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main([*SHORT, "--out", "-"]) == 2
    assert "terminal" in capsys.readouterr().err


def test_what_cannot_be_written_is_known_before_the_work(capsys):
    assert main([*SHORT, "--out", "a.mid", "--out", "a.ogg"]) == 8
    err = capsys.readouterr().err
    assert "'a.ogg'" in err and ".wav (sound)" in err and err.count("\n") == 1
    assert not Path("a.mid").exists()
