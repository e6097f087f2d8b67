"""`jazz-improv evaluate --judge`."""

from __future__ import annotations

import builtins
import json
from pathlib import Path

import pytest
from solo_maker import TITLES, write_solos

from improv.cli import main


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A small cell and small solos; there is no shared data."""
    monkeypatch.setenv("JAZZ_IMPROV_SHARED", str(tmp_path / "nowhere"))
    valid = write_solos(tmp_path / "valid.jsonl", ("Quasimodo", "Relaxin"), 3)
    return ["evaluate", "--judge", "--model", "etudes", "--events", str(valid)]


@pytest.mark.train
def test_it_comes_after_the_nats_and_into_the_json(words, tmp_path, capsys):
    pytest.importorskip("sklearn")
    pytest.importorskip("tensorflow", exc_type=ImportError)
    train = write_solos(tmp_path / "train.jsonl", TITLES, 3)
    assert main([*words, "--train", str(train), "--rehearse", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["notes"] > 0
    assert set(found["judge"]["classifiers"]) == {
        "likelihood ratios",
        "linear",
        "boosting",
        "recurrent",
    }
    assert found["judge"]["tunes"] == {"train": 5, "valid": 2}


def test_what_it_lacks_is_said_before_anything_is_played(words, tmp_path, capsys, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.split(".")[0] == "sklearn":
            raise ImportError(name)
        return real(name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", without)
        assert main(words) == 9
    assert "jazz-improv[train]" in capsys.readouterr().err
    pytest.importorskip("sklearn")
    pytest.importorskip("tensorflow", exc_type=ImportError)
    assert main(words) == 4
    assert "no solos for the judge to learn from" in capsys.readouterr().err
