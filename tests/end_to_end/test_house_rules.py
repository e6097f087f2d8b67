"""Rules that keep the rooms apart, read off the source: who may know the time, the devices, the terminal."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import rooms

import improv

PACKAGE = Path(improv.__file__).parent
TESTS = Path(__file__).parents[1]
SOURCES = sorted(path for path in PACKAGE.rglob("*.py"))
HOUSE = rooms.read(PACKAGE.parent)


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
    assert importers("time") == {"clock.py"}
    assert importers("datetime") == set()


def test_one_file_opens_midi_devices():
    assert importers("rtmidi") == {"midi/ports.py"}


@pytest.mark.parametrize("library", ["tensorflow", "keras"])
def test_one_file_brings_tensorflow_in(library):
    assert importers(library) <= {"keras_backend.py"}


def test_two_files_use_music21():
    """Scores come in through one and takes go out through the other; both inside functions."""
    assert importers("music21") == {"charts/score_readers.py", "notation/stream.py"}
    for name in importers("music21"):
        tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
        at_the_top = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
        assert not any("music21" in ast.unparse(node) for node in at_the_top)


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


def test_every_room_has_its_floor_in_the_map():
    assert HOUSE.without_floor() == []


def test_arrows_point_down():
    """Imports inside functions and for types alone are arrows too (improv/__init__.py has the floors)."""
    assert HOUSE.upward() == []


def test_there_is_no_circle_of_imports():
    assert HOUSE.circles() == []


def test_circles_and_upward_arrows_are_seen(tmp_path):
    """The look at the house itself: a lazy import, one for types, and a file at the top."""
    package = tmp_path / "improv"
    for room in ("low", "high"):
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").touch()
    floors = "".join(f"    improv{room}  x\n" for room in ("", ".ground", ".low", ".high"))
    (package / "__init__.py").write_text(f'"""The map.\n\n{floors}\nThe end.\n"""\n')
    (package / "ground.py").write_text("def f():\n    from improv.high import one\n")
    (package / "low" / "one.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from improv.low.two import x\n"
    )
    (package / "low" / "two.py").write_text("def f():\n    from . import one\n")
    (package / "high" / "one.py").write_text("import improv.low.two\n")
    (package / "stray.py").touch()
    house = rooms.read(tmp_path)
    assert house.circles() == [["low.one", "low.two"]]
    assert house.upward() == ["ground -> high.one"]
    assert house.without_floor() == ["stray"]


TESTED_ROOMS = ("midi", "sync")
"""Rooms of which each module has the tests of its own name."""


@pytest.mark.parametrize("room", TESTED_ROOMS)
def test_each_module_has_the_tests_of_its_own_name(room):
    """But those that define no function: there is nothing of theirs to be tested."""
    modules = {path.stem for path in (PACKAGE / room).glob("*.py") if _functions(path)}
    tests = {path.stem.removeprefix("test_") for path in (TESTS / room).glob("test_*.py")}
    assert modules
    assert modules <= tests


def _functions(path: Path) -> list[ast.AST]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def test_randomness_comes_from_a_generator_that_is_passed_in():
    """Nobody draws from a module's hidden state."""
    assert importers("random") == set()
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for hidden in ("np.random.seed", "np.random.choice(", "np.random.rand"):
            assert hidden not in text, names(path)


@pytest.mark.parametrize("room", ["midi", "sync", "soloist", "performance", "session"])
def test_every_file_has_the_tests_of_its_name(room):
    files = {path.stem for path in (PACKAGE / room).glob("*.py")} - {"__init__"}
    tests = Path(__file__).parents[1] / room
    assert {name for name in files if not (tests / f"test_{name}.py").is_file()} == set()
    named = {
        path.stem.removeprefix("test_").removesuffix("_jack") for path in tests.glob("test_*.py")
    }
    assert named - files == set(), "tests of files that are not there"
