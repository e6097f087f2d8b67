"""`jazz-improv evaluate`, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from listeners import solo
from step_maker import write_course_model

from improv.cli import main
from improv.corpus.events import write_events


def events(folder: Path, *solos, name: str = "solos.jsonl.gz") -> str:
    path = folder / name
    write_events(path, solos)
    return str(path)


LINE = solo([(6 * n, 5, 60 + (0, 2, 4, 5, 7)[n % 5]) for n in range(20)], "line", [(0, "C7")])


def test_nats_per_note_as_json(tmp_path, capsys):
    assert (
        main(["evaluate", "--model", "etudes", "--events", events(tmp_path, LINE), "--json"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"nats_per_note", "rhythm", "pitch", "notes"}
    assert found["notes"] == 19
    assert found["nats_per_note"] == pytest.approx(found["rhythm"] + found["pitch"])
    assert 0 < found["rhythm"] < 4.1 + 1  # 60 classes alike would be 4.1
    assert 0 < found["pitch"] < 4.9 + 1


def test_nats_per_note_for_people(tmp_path, capsys):
    waltz = solo([(0, 6, 60), (36, 6, 62)], "waltz", beats_per_bar=3)
    path = events(tmp_path, LINE, waltz)
    assert main(["evaluate", "--model", "etudes", "--events", path]) == 0
    out, err = capsys.readouterr()
    assert "nats per note" in out
    assert "20 notes of 2 solos" in out
    assert "1 of 2 solos" in err
    assert "not in 4/4" in err


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 5, "nothing to score in 0 solos"),
        (b'{"notes": [[0, 6, 60, null]], "chords": []}\n', 5, "nothing to score in 1 solo"),
        (b"no solo\n", 4, "line 1"),
        (b'{"notes": [[0, 6, 60], [0, 6, 61]], "chords": []}\n', 4, "strictly increasing"),
        (b'{"notes": [[0, 6, 60], [6, 6, 61]], "chords": [[0, "H#13"]]}\n', 3, "H#13"),
        (b"\x1f\x8b\x08damaged", 4, "damaged"),
    ],
)
def test_files_that_cannot_be_measured_on_take_one_sentence(
    tmp_path, capsys, content, status, said
):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    assert main(["evaluate", "--model", "etudes", "--events", str(path)]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_no_file_and_no_shared_data_take_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("JAZZ_IMPROV_SHARED", str(tmp_path))
    assert main(["evaluate", "--model", "etudes"]) == 4
    assert "--events" in capsys.readouterr().err


def test_the_shared_solos_are_the_default(tmp_path, capsys, monkeypatch):
    (tmp_path / "eval").mkdir()
    events(tmp_path / "eval", LINE, name="valid.jsonl.gz")
    monkeypatch.setenv("JAZZ_IMPROV_SHARED", str(tmp_path))
    assert main(["evaluate", "--model", "etudes"]) == 0
    assert "19 notes of 1 solo\n" in capsys.readouterr().out


def test_a_grammar_that_has_no_listener_is_named(tmp_path, capsys):
    path = events(tmp_path, LINE)
    assert main(["evaluate", "--model", "nosuch", "--events", path]) == 6
    assert "nosuch" in capsys.readouterr().err
    course = str(write_course_model(tmp_path / "course"))
    assert main(["evaluate", "--model", course, "--events", path]) == 6
    assert "'seed', which cannot be measured" in capsys.readouterr().err
