"""`jazz-improv evaluate --blind`, as somebody takes the test."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace

import mido
import pytest
from listeners import solo

from improv.cli import main
from improv.corpus.events import write_events

NOTES = [(6 * n, 5, 60 + (n * 5) % 12) for n in range(16 * 8)]
CHANGES = [(48 * bar, symbol) for bar, symbol in enumerate(["Dm7", "G7", "Cmaj7", "A7"] * 4)]


@pytest.fixture
def people(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quick = replace(solo(NOTES, "one", CHANGES), tempo_bpm=400.0)
    write_events(tmp_path / "people.jsonl", [quick])
    return "people.jsonl"


def answered(text, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_excerpts_are_written_answers_are_asked_and_counted(people, capsys, monkeypatch):
    told = ["evaluate", "--model", "etudes", "--blind", "4", "--people", people, "--seed", "3"]
    answered("p\nwhat\nm\n?\nq\n", monkeypatch)
    assert main([*told, "--out", "x.mid"]) == 0
    out, err = capsys.readouterr()
    assert "--seed 3" in out and "1  " in out
    assert "of 2 right" in out, "one was skipped, one not reached"
    assert "not 'what'" in err
    files = [mido.MidiFile(f"x-{number}.mid") for number in (1, 2, 3, 4)]
    assert len({len(file.tracks) for file in files}) == 1
    texts = {m.text for f in files for t in f.tracks for m in t if m.type in ("text", "marker")}
    assert not any("Player" in text or "Title" in text for text in texts)
    answered("p\np\np\np\n", monkeypatch)
    assert main([*told, "--out", "y.mid", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["asked"], found["right"], found["share"]) == (4, 2, 0.5)
    assert found["people_taken_for_people"] == found["machine_taken_for_people"] == [2, 2]
    assert [mido.MidiFile(f"y-{n}.mid").length for n in (1, 2)] == [f.length for f in files[:2]]


def test_they_are_played_one_after_another(people, capsys, monkeypatch):
    answered("a\np\n", monkeypatch)  # and then nobody answers any more
    told = ["evaluate", "--model", "etudes", "--blind", "2", "--people", people, "--seed", "1"]
    monkeypatch.setattr("improv.live.playback.LEAD_NS", 0)
    monkeypatch.setattr("improv.evaluation.blind.BARS", 1)
    monkeypatch.setattr("improv.evaluation.blind.FEWEST_NOTES", 2)
    assert main([*told, "--backend", "none"]) == 0
    out, err = capsys.readouterr()
    assert "of 1 right" in out and "Playing to 'none'" in err


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--port", "x", "--out", "y.mid"], 2, "--out excludes --port"),
        (["--out", "-"], 2, "needs files"),
        (["--people", "none.jsonl"], 4, "none.jsonl"),
        ([], 4, "There are no solos by people to mix in"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path, capsys, monkeypatch, options, status, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAZZ_IMPROV_SHARED", str(tmp_path))
    assert main(["evaluate", "--model", "etudes", "--blind", *options]) == status
    assert said in capsys.readouterr().err
