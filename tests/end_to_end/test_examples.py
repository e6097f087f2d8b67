"""The numbered programs of examples/ run, each in a fresh interpreter, and say something."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import try_examples

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = sorted((ROOT / "examples").glob("*.py"))
LEAVES = {
    "01_five_lines": {"tune.mid"},
    "02_charts": {"tune.txt", "tune.musicxml"},
    "04_the_best_of_ten": {"best.mid"},
    "06_on_stage": {"session.mid"},
}


def test_they_are_numbered():
    assert [path.name[:3] for path in PROGRAMS] == [f"{n:02}_" for n in range(1, len(PROGRAMS) + 1)]


def missing(text: str) -> str:
    """A library that a program says it needs, and that is not installed; empty: none."""
    wanted = [
        library
        for extra, libraries in try_examples.LIBRARIES.items()
        if f"[{extra}]" in text.partition("import improv")[0]
        for library in libraries
    ]
    return next((library for library in wanted if importlib.util.find_spec(library) is None), "")


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(path, marks=[pytest.mark.train] if "[train]" in path.read_text() else [])
        for path in PROGRAMS
    ],
    ids=lambda path: path.stem,
)
def test_it_runs(program, tmp_path):
    if library := missing(program.read_text("utf-8")):
        pytest.skip(f"needs {library}")
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    assert {path.name for path in tmp_path.iterdir()} >= LEAVES.get(program.stem, set())
