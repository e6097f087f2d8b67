"""The first lines of the program: what stands at `improv` may be another project's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import improv
import jazz_improv

THEIRS = "from ._version import __version__\n"
STARTS = "import sys; sys.path[:0] = sys.argv[1:]; import jazz_improv; jazz_improv.run()"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An environment's folder with our package and first lines in it."""
    shutil.copy(jazz_improv.__file__, tmp_path)
    shutil.copytree(Path(improv.__file__).parent, tmp_path / "improv")
    return tmp_path / "improv"


def install_theirs(package: Path) -> None:
    """As pip does: its files over ours."""
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text(THEIRS)
    (package / "_version.py").write_text('__version__ = "0.2.2"\n')
    (package / "config.py").write_text("import yaml\n")
    (package / "cli.py").write_text("import yaml\n")


def start(*folders: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-S", "-I", "-c", STARTS, *map(str, folders)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(*folders: Path) -> str:
    """What it says where it does not start: one line."""
    ended = start(*folders)
    assert (ended.returncode, ended.stdout) == (jazz_improv.MISSING, "")
    assert ended.stderr.startswith("jazz-improv: ") and ended.stderr.count("\n") == 1
    return ended.stderr


def test_here_nothing_clashes():
    assert jazz_improv.clash() == ""


def test_files_of_the_other_project_over_ours_are_named(package):
    install_theirs(package)
    said = refused(package.parent)
    assert str(package / "__init__.py") in said and "environment of its own" in said


def test_the_other_project_before_a_checkout_is_named(package, tmp_path):
    theirs = tmp_path / "site" / "improv"
    theirs.parent.mkdir()
    install_theirs(theirs)
    assert str(theirs / "__init__.py") in refused(theirs.parent, package.parent)


def test_files_that_went_with_the_other_project_are_missed(package):
    install_theirs(package)
    for name in ("__init__.py", "_version.py", "config.py"):
        (package / name).unlink()
    assert "missing" in refused(package.parent)
    shutil.rmtree(package)
    assert "missing" in refused(package.parent)


def test_ours_over_theirs_starts(package):
    """What comes next, without the libraries of the environment, is the command line's first import."""
    install_theirs(package)
    shutil.copy(improv.__file__, package)
    assert "No module named 'click'" in start(package.parent).stderr
