"""A few attempts of every attack; `make torture` tries thousands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
ATTACKS = (
    *(
        "chord symbols",
        "charts",
        "set lists",
        "solos",
        "models",
        "configurations",
        "logs",
        "journals",
    ),
    *("typed lines", "command lines", "clocks", "sent notes"),
    *("OSC packets", "page messages", "partners"),
)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gives_music_or_a_sentence(name):
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "_attacks.py"), name, "60", "7"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found) <= {"attack", "well", "said", "slowest_s", "memory_mb"}, done.stderr
    assert found["well"] > 0
