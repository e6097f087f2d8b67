"""The shell completes commands, options and choices (click's own machinery, through our settings)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

PROGRAM = f"{sys.executable} -m improv"


def completed(words: str, **environment: str) -> list[str]:
    """What is offered for the last of these words."""
    asked = {
        "_JAZZ_IMPROV_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    done = subprocess.run(
        [sys.executable, "-m", "improv"],
        env=os.environ | asked | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("jazz-improv re", ["replay", "report"]),
        ("jazz-improv chart ", ["convert", "list", "show"]),
        ("jazz-improv --clock ", ["internal", "midi", "link"]),
        ("jazz-improv generate --end", ["--ending"]),
    ],
)
def test_commands_options_and_choices_are_completed(words, offered):
    assert completed(words) == offered


def test_a_config_file_that_is_broken_does_not_matter(tmp_path):
    (tmp_path / "config.toml").write_text("tempoo = [")
    assert completed("jazz-improv --arc st", JAZZ_IMPROV_CONFIG=str(tmp_path / "config.toml")) == [
        "steady"
    ]


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_takes_the_script_of_the_documents():
    source = f'eval "$(_JAZZ_IMPROV_COMPLETE=bash_source {PROGRAM})"; complete -p jazz-improv'
    told = subprocess.run(
        ["bash", "--norc", "-c", source], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 0 and "_jazz_improv_completion" in told.stdout
