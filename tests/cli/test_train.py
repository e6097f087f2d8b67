"""What `train` says at its end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from improv.cli.train import _hear_it


@pytest.mark.parametrize("music", [None, SimpleNamespace(warning="")])
def test_a_sound_cell_is_to_be_played(music: object) -> None:
    outcome = SimpleNamespace(comparison=SimpleNamespace(music=music))
    assert _hear_it(outcome, Path("cells/mine")) == "Play it: jazz-improv --model cells/mine"


def test_a_broken_cell_is_to_be_trained_again() -> None:
    music = SimpleNamespace(warning="Nobody plays like this: notes a bar 39.00.")
    said = _hear_it(SimpleNamespace(comparison=SimpleNamespace(music=music)), Path("cells/mine"))
    assert "Play it" not in said
    assert "train it again" in said and said.endswith("jazz-improv --model cells/mine")
