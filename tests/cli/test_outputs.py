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


@pytest.mark.usefixtures("rehearsing")  # as the processes do that play side by side
def test_takes_are_numbered_and_each_is_that_of_its_seed(capsys):
    files = ["--out", "a.mid", "--out", "sheets.old/a.musicxml"]
    Path("sheets.old").mkdir()
    assert main([*SHORT, "--takes", "2", *files, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    sheets = [str(Path("sheets.old", f"a-{number}.musicxml")) for number in (1, 2)]
    assert report["written"] == ["a-1.mid", sheets[0], "a-2.mid", sheets[1]]
    assert [take["seed"] for take in report["takes"]] == [3, 4]
    for number, seed in enumerate((3, 4), start=1):
        assert main([*SHORT, "--seed", str(seed), "--out", "one.mid"]) == 0
        assert Path(f"a-{number}.mid").read_bytes() == Path("one.mid").read_bytes()
    assert main([*SHORT, "--takes", "2", "--out", "-"]) == 2
    assert "--takes needs files" in capsys.readouterr().err
