"""The program's first and last lines: signals while it starts and while it writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from improv.cli.play import signals_to

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


def start(
    program: str, *arguments: str, folder: os.PathLike[str]
) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder after some lines of Python."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            f"import os, signal, sys\n{program}\nfrom improv.__main__ import run\nrun()",
            *arguments,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


IMPORTING = """
class Finder:
    def find_spec(self, name, path, target=None):
        if name == "{module}":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
"""

REPLACING = """
os.replace = lambda source, target: os.kill(os.getpid(), signal.{name})
"""


@pytest.mark.parametrize(
    ("module", "status"),
    [("improv.cli.commands", -signal.SIGINT), ("improv.cli.listing", 128 + signal.SIGINT)],
)
def test_ctrl_c_while_it_is_imported_ends_without_a_traceback(tmp_path, module, status):
    """The command line itself, and the command that is asked for."""
    ended = start(IMPORTING.format(module=module), "models", folder=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr.strip()) == (status, "", "")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_told_to_stop_while_it_writes_it_leaves_nothing_half_written(tmp_path, name):
    ended = start(REPLACING.format(name=name), "generate", "--out", "x.mid", folder=tmp_path)
    assert ended.returncode == 128 + getattr(signal, name)
    assert ended.stdout.strip() == "" and ended.stderr.strip() == ""
    assert list(tmp_path.iterdir()) == []


def test_what_nohup_has_ignored_stays_ignored(tmp_path):
    ignored = "signal.signal(signal.SIGHUP, signal.SIG_IGN)\nreal = os.replace\n" + (
        "def replace(*names):\n    os.kill(os.getpid(), signal.SIGHUP)\n    real(*names)\n"
        "os.replace = replace"
    )
    ended = start(ignored, "generate", "--out", "x.mid", folder=tmp_path)
    assert ended.returncode == 0 and ended.stdout.startswith("Wrote x.mid")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_to(lambda name: None):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_file_does_not_get_the_descriptor_of_a_closed_stream(tmp_path):
    """What C libraries print must not go into it."""
    printing = "import os\nreal = os.replace\ndef replace(*names):\n    os.write(2, b'chatter')\n"
    program = (
        f"{printing}    real(*names)\nos.replace = replace\nfrom improv.__main__ import run\nrun()"
    )
    convert = ["chart", "convert", "blues", "--to", "text", "--out", "x.txt"]
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-c", program, *convert],
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert closed.returncode == 0
    assert "chatter" not in (tmp_path / "x.txt").read_text()


@pytest.mark.parametrize(
    ("environment", "emphasised"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
    ],
    ids=["xterm", "dumb", "NO_COLOR"],
)
def test_a_terminal_gets_codes_only_where_it_obeys_and_they_are_wanted(
    tmp_path, environment, emphasised
):
    import pty

    master, slave = pty.openpty()
    play = "--backend none --no-band --choruses 1 --tempo 400 --chart".split()
    kept = {name: value for name, value in os.environ.items() if name not in ("TERM", "NO_COLOR")}
    subprocess.run(
        [sys.executable, "-m", "improv", *play, "| C7 |", "--record", "x.mid"],
        cwd=tmp_path,
        stdout=slave,
        env=kept | environment,
        timeout=60,
        check=True,
    )
    os.close(slave)
    said = os.read(master, 65_536).decode()
    os.close(master)
    assert "C7" in said
    assert ("\x1b[" in said) is emphasised
