"""In a terminal of 80 columns no line is wrapped in the middle of a word, whatever the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from solos import solo

from improv.corpus.events import write_events

WIDTH = 80
COMMANDS = {
    "models": 0,
    "models bebop": 0,
    "models etudes": 0,
    "ports": None,
    "config": 0,
    "config generate": 0,
    "status": None,
    "chart list": 2,
    "chart show blues": 0,
    "chart show nothing-like-it-but-with-a-name-that-is-long-all-the-same": 3,
    "doctor --backend none --seconds 0.2": 0,
    "evaluate --musical --events solos.jsonl --choruses 2 --model etudes": 0,
    "generate --out tune.mid --chart blues --player Coltrane --max-quote 8": 0,
    "generate --out tune.mid --player Coltrain": 6,
    "generate --out tune.mid --model bepob": 6,
    "generate --tempo fast --out x.mid": 2,
    "--latency-by-velocity loud:10 --chart blues": 2,
    "--tempo 400 --arc up": 2,
    "replay nothing.jsonl": None,
    "corpus build solos.jsonl --out corpus": 0,
    "corpus show corpus": None,
    "trace tune.musicxml": None,
    "train nothing --out cell": None,
    "panic --backend none": None,
    "--backend none --record out.mid --chart blues --tempo 400 --choruses 1 --seed 4 --player parker": 0,
    "--backend none --record slow.mid --chart blues --tempo 400 --choruses 1 --density 1 --seed 4": 0,
}
"""Command -> its exit status, None: whatever this machine makes of it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("eighty")
    chords = [(bar * 48, symbol) for bar, symbol in enumerate(["F7", "Bb7", "F7", "C7"] * 3)]
    notes = [(at * 6 + at // 9 * 18, 6, 60 + at * 5 % 17) for at in range(64)]
    write_events(made / "solos.jsonl", [solo(notes, chords, [(0, "A", 1)], title="A Blues")])
    return made


def too_long(said: str) -> list[str]:
    """Lines that the terminal would wrap though they could have been broken at a space."""
    return [
        line
        for line in said.splitlines()
        if len(line) > WIDTH and " " in line.strip() and max(map(len, line.split())) <= WIDTH - 8
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_wider_than_the_terminal(command: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "improv", *command.split()],
        cwd=folder,
        env=os.environ
        | {"COLUMNS": str(WIDTH), "PYTHONPATH": str(Path(__file__).parents[2]), "LINES": "24"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    status = COMMANDS[command]
    assert status is None or done.returncode == status, done.stderr
    said = done.stdout + done.stderr
    assert said.strip() and "Traceback" not in said
    assert too_long(said) == []
