"""The unit of systemd and the launch agent: they parse, and the options in them exist."""

from __future__ import annotations

import configparser
import plistlib
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from improv import errors
from improv.cli import cli

SERVICE = Path(__file__).resolve().parent.parent.parent / "docs" / "service"
UNIT = SERVICE / "jazz-improv.service"
AGENT = SERVICE / "jazz-improv.plist"


def unit() -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None, strict=True)
    read.optionxform = str  # type: ignore[assignment]
    read.read_string(UNIT.read_text(encoding="utf-8"))
    return read


def assert_plays(words: list[str]) -> None:
    """The words are a line that plays, without settings from elsewhere."""
    assert Path(words[0]).name == "jazz-improv"
    context = cli.make_context("jazz-improv", words[1:])
    assert context.args == [] and context.params["quiet"] is True


def test_the_unit_starts_what_there_is():
    service = unit()["Service"]
    assert_plays(shlex.split(service["ExecStart"]))
    assert service["Type"] == "notify"  # tests/live/test_health.py: READY=1, WATCHDOG=1
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"


def test_the_unit_does_not_start_again_what_another_start_would_not_mend():
    never = {int(word) for word in unit()["Service"]["RestartPreventExitStatus"].split()}
    kinds = [errors.SettingsError, errors.ChartError, errors.InputFileError, errors.ModelError]
    assert never == {kind.status for kind in kinds}


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/sh", UNIT.read_text(encoding="utf-8")))
    command = ["systemd-analyze", "verify", "--man=no", str(copy)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_the_launch_agent_starts_what_there_is():
    agent = plistlib.loads(AGENT.read_bytes())
    shell, flag, line = agent["ProgramArguments"]
    assert (shell, flag) == ("/bin/sh", "-c")
    words = shlex.split(line)
    assert words[0] == "exec" and words[-1] == "2>>$HOME/Library/Logs/jazz-improv.log"
    assert_plays(words[1:-1])
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
