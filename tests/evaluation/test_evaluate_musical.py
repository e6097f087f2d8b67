"""`jazz-improv evaluate --musical`: what a cell plays beside the humans."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from solos import solo

from improv.cli import main
from improv.corpus.events import write_events

BLUES = [(0, "F7"), (192, "Bb7"), (288, "F7"), (384, "C7"), (480, "F7")]


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two solos over a blues; there is no shared data."""
    monkeypatch.setenv("JAZZ_IMPROV_SHARED", str(tmp_path / "nowhere"))
    solos = [
        solo(
            [(at * 6, 6, 60 + at * 5 % 12) for at in range(90)],
            BLUES,
            [(0, "A", 1)],
            id=f"s{number}",
            title=f"Blues {number}",
        )
        for number in range(2)
    ]
    path = tmp_path / "solos.jsonl"
    write_events(path, solos)
    return path


def test_the_table_comes_after_the_nats(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model", "etudes", "--events", str(events), "--choruses", "2"]
    assert main(["evaluate", "--musical", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "nats per note" in lines[0]
    assert "etudes: 2 choruses over 2 charts" in lines[2]
    assert any(line.startswith("chord tones, %") for line in lines)
    assert any(line.startswith("longest run") for line in lines), "from its quotes.bin"


def test_json_has_all_keys(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model", "etudes", "--events", str(events), "--choruses", "2", "--json"]
    words += ["--train", str(events)]
    assert main(["evaluate", "--musical", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"nats_per_note", "rhythm", "pitch", "notes", "musical"} <= set(told)
    assert told["musical"]["choruses"] == 2
    # the other solo of the file is the same line over another tune
    assert told["musical"]["measures"]["copied"]["human"] == 1.0
