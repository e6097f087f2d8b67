"""docs/api.md is what its program makes of the docstrings, and every line of its examples works."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import improv

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "api.md"


def maker():
    spec = importlib.util.spec_from_file_location("make_api", ROOT / "docs" / "make_api.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_docstrings_say():
    assert PAGE.read_text("utf-8") == maker().page(), "run `python docs/make_api.py`"


def test_every_name_is_on_it():
    made = maker()
    shown = {*made.FUNCTIONS, *made.CLASSES, "ImprovError", "__version__"}
    assert shown == {*improv.__all__}


def test_the_examples_do_what_they_show(tmp_path):
    """In a fresh interpreter, in an empty folder."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "helpers" / "try_examples.py"), str(PAGE)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
