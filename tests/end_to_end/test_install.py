"""An installed copy, in an empty environment and another folder, plays."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from improv.resources import page_font

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder of programs of a fresh environment into which `pip install .` was done."""
    environment = tmp_path_factory.mktemp("empty") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    done = subprocess.run(
        [str(programs / "python"), "-m", "pip", "install", "--quiet", str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "NewConnectionError" in done.stdout + done.stderr:
        pytest.skip("no package index can be reached to install from")
    assert done.returncode == 0, done.stderr
    return programs


def run(program: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(program), *arguments],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_plays_from_another_folder(installed, tmp_path):
    played = run(
        installed / "jazz-improv", "--backend", "none", "--choruses", "1", "--tempo", "400",
        "--chart", "| Dm7 | G7 |", "--seed", "1", folder=tmp_path,
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    assert "the cell 'bebop'" in played.stdout
    assert (tmp_path / "session.mid").is_file()


def test_the_page_is_served_by_the_base_install(installed, tmp_path):
    played = run(
        installed / "jazz-improv", "page", "--backend", "none", "--page-port", "0", "--tempo", "400",
        "--choruses", "1", "--chart", "| Dm7 | G7 |", folder=tmp_path,
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    assert "Hear and see it in a browser: http://127.0.0.1:" in played.stdout
    (font,) = installed.parent.rglob("improv/page/assets/vendor/font.sf3")
    assert font.stat().st_size == page_font().stat().st_size


def test_models_and_corpus_are_inside_the_package(installed, tmp_path):
    listed = json.loads(run(installed / "jazz-improv", "models", "--json", folder=tmp_path).stdout)
    (bebop,) = [model for model in listed if model["name"] == "bebop"]
    assert "site-packages" in bebop["path"]
    program = "from improv.resources import data_dir; print(len(list(data_dir().glob('*.mid'))))"
    counted = run(installed / "python", "-c", program, folder=tmp_path)
    assert int(counted.stdout) == len(list((ROOT / "data").glob("*.mid")))


def test_the_page_on_pypi_has_links_that_lead_there(installed, tmp_path):
    program = "from importlib.metadata import metadata; print(metadata('jazz-improv').as_string())"
    said = run(installed / "python", "-X", "utf8", "-c", program, folder=tmp_path).stdout
    (address,) = re.findall(r"^Project-URL: Repository, (\S+)$", said, re.MULTILINE)
    links = re.findall(r"\]\((?!#)([^)]+)\)", said)
    assert len(links) > 20 and {link.partition("://")[0] for link in links} == {"https"}
    for link in (link for link in links if link.startswith(address)):
        kind, _, target = link.removeprefix(f"{address}/").partition("/main/")
        kinds = {".png": "raw", ".ogg": "raw", "": "tree"}
        assert kind == kinds.get(Path(target).suffix, "blob"), link
        assert (ROOT / target).exists(), link


def test_nothing_that_pulls_tensorflow_came_along(installed, tmp_path):
    listed = run(installed / "python", "-m", "pip", "list", "--format", "json", folder=tmp_path)
    names = {package["name"].lower() for package in json.loads(listed.stdout)}
    assert names.isdisjoint({"tensorflow", "keras", "music21", "symusic"})
    assert len(names) < 14


def test_without_the_extra_train_says_what_to_install(installed, tmp_path):
    refused = run(installed / "jazz-improv", "train", folder=tmp_path)
    assert refused.returncode == 9
    assert "pip install 'jazz-improv[train]'" in refused.stderr
    assert not list(tmp_path.iterdir())


def test_python_users_find_what_the_page_shows(installed, tmp_path):
    """The examples of docs/api.md but those that need an extra; and types."""
    tried = run(
        installed / "python",
        str(ROOT / "tests" / "helpers" / "try_examples.py"),
        str(ROOT / "docs" / "api.md"),
        folder=tmp_path,
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr
    program = (
        "import improv, pathlib; print(*pathlib.Path(improv.__file__).parent.glob('py.typed'))"
    )
    typed = run(installed / "python", "-c", program, folder=tmp_path).stdout
    assert "site-packages" in typed
