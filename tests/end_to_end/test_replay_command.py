"""`jazz-improv replay`, and sessions that are killed: as a user meets them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import mido
import pytest
from fakes import LocalSender, ManualClock, RecordingPort
from growing import lines_of

from improv.charts.library import load_chart
from improv.cli import main
from improv.config import Config, Plan, Tune
from improv.live.daemon import play
from improv.live.inbox import Inbox
from improv.performance.form import band_of

SHORT = ["--backend", "none", "--model", "etudes", "--chart", "| C | F |", "--choruses", "1", "--no-band",
         "--tempo", "400", "--quiet"]  # fmt: skip
"""A little over two seconds."""


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """One chorus with a band, logged and recorded, in time that nobody waits for."""
    folder = tmp_path_factory.mktemp("session")
    config = Config(
        (Tune(load_chart("blues"), Plan(choruses=1, count_in_bars=1, ending="tag")),),
        model="etudes",
        seed=4,
        band=band_of("piano,bass,drums", 1),
        record=folder / "a.mid",
        log=folder / "a.jsonl",
    )
    clock, inbox = ManualClock(), Inbox()
    play(config, clock, inbox, out=LocalSender(clock, inbox, RecordingPort()))
    return folder


@pytest.fixture
def folder(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").write_bytes((session / "a.jsonl").read_bytes())
    return tmp_path


def test_it_writes_what_was_recorded_byte_for_byte(folder, session, capsys):
    assert main(["replay", "a.jsonl", "--out", "b.mid"]) == 0
    assert Path("b.mid").read_bytes() == (session / "a.mid").read_bytes()
    out = capsys.readouterr().out
    assert "messages, all the same as in the log." in out and out.endswith("Wrote b.mid.\n")


def test_it_compares_only_where_nothing_else_is_asked_for(folder, capsys):
    assert main(["replay", "a.jsonl", "--check", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["difference"] is None and report["messages"] > 100
    assert os.listdir(folder) == ["a.jsonl"]


def test_another_outcome_is_status_1_and_one_line(folder, capsys):
    lines = Path("a.jsonl").read_text().splitlines()
    header = json.loads(lines[0]) | {"seed": 5}
    Path("a.jsonl").write_text("\n".join([json.dumps(header), *lines[1:]]))
    assert main(["replay", "a.jsonl", "--check"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert "differs from bar" in said.err
    assert main(["replay", "a.jsonl", "--take", "5-8", "--out", "b.mid"]) == 1
    assert not Path("b.mid").exists()
    capsys.readouterr()
    assert main(["replay", "a.jsonl", "--check", "--json"]) == 1
    assert "differs" in json.loads(capsys.readouterr().out)["difference"]


def test_bars_are_taken_again(folder, session, capsys):
    take = ["replay", "a.jsonl", "--take", "1.5-1.8", "--seed", "9"]
    assert main([*take, "--out", "b.mid", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["bars"] == ["1.5", "1.8"] and report["seed"] == 9
    before, now = mido.MidiFile(session / "a.mid"), mido.MidiFile("b.mid")
    assert now.tracks[0] == before.tracks[0] and now.tracks[2:] == before.tracks[2:]
    assert now.tracks[1] != before.tracks[1]
    assert main([*take, "--out", "c.mid"]) == 0
    assert Path("c.mid").read_bytes() == Path("b.mid").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["nowhere.jsonl", "--check"], 4, ["nowhere.jsonl", "No such file"]),
        (["empty.jsonl", "--check"], 4, ["not the log of a session"]),
        (["junk.jsonl", "--check"], 4, ["not the log of a session"]),
        (["old.jsonl", "--check"], 4, ["format 1", "format 3"]),
        (["pipe", "--check"], 4, ["log 'pipe'", "no ordinary file", "expected"]),
        (["/dev/zero", "--check"], 4, ["/dev/zero", "no ordinary file"]),
        (["silent.jsonl", "--out", "b.mid"], 4, ["holds no music"]),
        (["other.jsonl", "--check"], 6, ["not the one", "weights"]),
        (["gone.jsonl", "--check"], 6, ["was played with the model", "not there"]),
        (["a.jsonl", "--out", "nowhere/b.mid"], 8, ["nowhere"]),
        (["a.jsonl", "--take", "90-99", "--out", "b.mid"], 2, ["There is no bar 99"]),
        (["a.jsonl", "--take", "nine", "--out", "b.mid"], 2, ["Cannot read bars 'nine'"]),
        (["a.jsonl", "--take", "1", "--tune", "2", "--out", "b.mid"], 2, ["Tune 2 was not played"]),
        (["a.jsonl", "--seed", "3"], 2, ["--seed has no meaning without --take"]),
        (["a.jsonl", "--band-too"], 2, ["--band-too has no meaning"]),
        (["a.jsonl", "--check", "--out", "b.mid"], 2, ["--out excludes --port and --check"]),
        (["a.jsonl", "--check", "--take", "1"], 2, ["--take has no meaning"]),
        (["a.jsonl", "--out", "b.mid", "--out", "b.mid"], 2, ["same file"]),
    ],
)
def test_what_cannot_be_is_one_sentence(folder, capsys, arguments, status, words):
    lines = Path("a.jsonl").read_text().splitlines()
    header = json.loads(lines[0])
    Path("empty.jsonl").touch()
    if not Path("pipe").exists():
        os.mkfifo("pipe")
    Path("junk.jsonl").write_bytes(b"\x00\xff\n" * 9)
    for name, change in (
        ("old", {"log": 1}),
        ("other", {"weights_sha256": "0" * 64}),
        ("gone", {"model": "nobody", "model_path": "/nowhere/nobody"}),
    ):
        Path(f"{name}.jsonl").write_text("\n".join([json.dumps(header | change), *lines[1:]]))
    Path("silent.jsonl").write_text(lines[0] + "\n")
    assert main(["replay", *arguments]) == status
    err = capsys.readouterr().err
    assert all(word in err for word in words), err
    assert "Traceback" not in err and not Path("b.mid").exists()


def test_it_is_played_again_in_time(tmp_path, monkeypatch, capfd):
    """Without a MIDI system it is shown as it passes."""
    monkeypatch.chdir(tmp_path)
    assert main([*SHORT, "--log", "a.jsonl"]) == 0
    capfd.readouterr()
    assert main(["replay", "a.jsonl", "--backend", "none"]) == 0
    out = capfd.readouterr().out
    assert "all the same as in the log" in out and "Playing again" in out
    assert " 1.2 " in out


def sounded(line: str) -> bool:
    """Whether a line of a log says that a note began to sound; one dropped for lateness did not."""
    return '"bytes": "9' in line and '"dropped"' not in line


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_recording_survives_kill_9_and_the_next_start_says_so(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    player = subprocess.Popen(
        [
            *(sys.executable, "-m", "improv", *SHORT[:4], "--tempo", "400"),
            *("--record", "gig.mid", "--log", "gig.jsonl"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    lines = lines_of(Path("gig.jsonl"), player)
    logged: list[str] = []
    while sum(map(sounded, logged)) < 60:
        logged.append(next(lines))
    player.send_signal(signal.SIGKILL)
    logged += lines
    heard = sum(map(sounded, logged))
    player.wait(20)
    assert not Path("gig.mid").exists()
    assert main([*SHORT, "--record", "next.mid"]) == 0
    (said,) = [line for line in capfd.readouterr().err.splitlines() if "gig.mid" in line]
    assert "ended without warning is recovered" in said
    notes = [m for track in mido.MidiFile("gig.mid").tracks for m in track if m.type == "note_on"]
    # Log and recording are written by a thread each: on a busy machine one is a few lines behind the other.
    assert abs(len(notes) - heard) <= 15
