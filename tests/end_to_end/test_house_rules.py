"""Rules that keep the rooms apart, read off the source: who may know the time, the devices, the terminal."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import improv

PACKAGE = Path(improv.__file__).parent
SOURCES = sorted(path for path in PACKAGE.rglob("*.py"))


def names(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def importers(library: str) -> set[str]:
    return {
        names(path)
        for path in SOURCES
        if any(name == library or name.startswith(library + ".") for name in imports(path))
    }


def test_one_file_reads_the_clock():
    assert importers("time") == {"live/clock.py"}
    assert importers("datetime") == set()


def test_one_file_opens_midi_devices():
    assert importers("rtmidi") == {"live/ports.py"}


@pytest.mark.parametrize("library", ["tensorflow", "keras"])
def test_only_the_trainer_knows_tensorflow(library):
    assert all(name.startswith("training/") for name in importers(library))


def test_only_the_command_line_prints_or_exits():
    for path in SOURCES:
        if names(path).startswith("cli/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"print", "sys.exit", "exit", "quit", "click.echo"}, names(
                    path
                )


def test_arrows_point_down():
    """A room imports only from the rooms below it (improv/__init__.py has the list)."""
    rooms = [
        *("music", "charts", "grammar", "corpus", "cell", "controls", "band", "notation"),
        *("feel", "originality", "live", "evaluation", "training", "cli"),
    ]
    for path in SOURCES:
        room = names(path).split("/")[0]
        if room not in rooms:
            continue
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "improv" and len(parts) > 1 and parts[1] in rooms:
                assert rooms.index(parts[1]) <= rooms.index(room), f"{names(path)} imports {name}"


def test_randomness_comes_from_a_generator_that_is_passed_in():
    """Nobody draws from a module's hidden state."""
    assert importers("random") == set()
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for hidden in ("np.random.seed", "np.random.choice(", "np.random.rand"):
            assert hidden not in text, names(path)
