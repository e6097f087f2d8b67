"""Typing while it plays: a line of its own on a real terminal, signals, and the terminal afterwards."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from improv.cli.prompt import can_prompt

WAIT_S = 20
COLUMNS, ROWS = 80, 24
PLAY = (
    "-m", "improv", "--model", "etudes", "--backend", "none", "--record", "out.mid", "--tempo", "300",
    "--seed", "3", "--count-in", "0", "--chart", "| Dm7 | G7 |",
)  # fmt: skip

# As a shell does: a session of its own on the terminal, the program in its foreground. It tells when that was
# stopped, which a line has go on, and how it ended.
SHELL = """
import fcntl, os, signal, subprocess, sys, termios
terminal = os.open(sys.argv[1], os.O_RDWR)
fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, *sys.argv[2:]], stdin=terminal, stdout=terminal, stderr=terminal,
                         process_group=0)
os.tcsetpgrp(terminal, child.pid)
print(child.pid, flush=True)
while True:
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        break
    os.tcsetpgrp(terminal, os.getpgrp())
    print("stopped", flush=True)
    sys.stdin.readline()
    os.tcsetpgrp(terminal, child.pid)
    os.killpg(child.pid, signal.SIGCONT)
os.tcsetpgrp(terminal, os.getpgrp())
print("ended", os.waitstatus_to_exitcode(status), flush=True)
sys.stdin.readline()
"""


class Stage:
    """The program on a terminal, and what the screen shows."""

    def __init__(self, folder: Path, *more: str, **environment: str) -> None:
        self.master, self.slave = os.openpty()
        termios.tcsetwinsize(self.slave, (ROWS, COLUMNS))
        self.before = termios.tcgetattr(self.slave)
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self.shell = subprocess.Popen(
            [sys.executable, "-c", SHELL, os.ttyname(self.slave), *PLAY, *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            start_new_session=True,
            # It is killed: what it leaves is not for the next session of another test to recover.
            env=os.environ
            | {"TERM": "xterm", "JAZZ_IMPROV_STATE": str(folder / "state")}
            | environment,
        )
        assert self.shell.stdout is not None
        self.pid = int(self.shell.stdout.readline())

    def told(self) -> str:
        """What the shell says next: that the program was stopped, or how it ended."""
        assert self.shell.stdout is not None
        fd = self.shell.stdout.fileno()
        deadline = time.monotonic() + WAIT_S
        while fd not in select.select([fd, self.master], [], [], WAIT_S)[0]:
            assert time.monotonic() < deadline, "\n".join(self.lines())
            self._read()
        return self.shell.stdout.readline().strip()

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def _read(self) -> None:
        ready, _, _ = select.select([self.master], [], [], WAIT_S)
        assert ready, "nothing more is shown:\n" + "\n".join(self.lines())
        self._stream.feed(os.read(self.master, 65536))

    def lines(self) -> list[str]:
        """The screen, without what is empty at its end."""
        shown = [line.rstrip() for line in self.screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    def until(self, fits: Callable[[list[str]], object]) -> list[str]:
        """What is shown once it fits."""
        deadline = time.monotonic() + WAIT_S  # music without end shows something for ever
        while not fits(self.lines()):
            assert time.monotonic() < deadline, "\n".join(self.lines())
            self._read()
        return self.lines()

    def go_on(self) -> None:
        assert self.shell.stdin is not None
        self.shell.stdin.write("\n")
        self.shell.stdin.flush()

    def modes(self) -> list:
        return termios.tcgetattr(self.slave)

    def close(self) -> None:
        if self.shell.poll() is None:
            os.kill(self.pid, signal.SIGKILL) if Path(f"/proc/{self.pid}").exists() else None
            self.shell.kill()
        self.shell.communicate()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    stages = []

    def make(*more: str, **environment: str) -> Stage:
        stages.append(Stage(tmp_path, *more, **environment))
        return stages[-1]

    yield make
    for each in stages:
        each.close()


pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info < (3, 11), reason="a terminal as Linux has it"
)


def at_prompt(text: str = "") -> Callable[[list[str]], bool]:
    return lambda lines: bool(lines) and lines[-1] == f"> {text}".rstrip()


def bars(lines: list[str]) -> list[str]:
    return [line for line in lines if line[:4].strip().isdigit() and line[4:5] == "."]


def test_what_is_typed_stays_whole_while_bars_are_printed(stage):
    on = stage()
    on.until(at_prompt())
    on.type("density ")
    seen = len(bars(on.until(at_prompt("density"))))
    on.type("0.5")
    shown = on.until(lambda lines: len(bars(lines)) > seen + 2 and at_prompt("density 0.5")(lines))
    assert not any("dens" in line for line in shown[5:-1]), "\n".join(shown)
    on.type("\r")
    on.until(lambda lines: any(line == "        (density 0.5)" for line in lines))
    shown = on.until(at_prompt())
    rows = bars(shown)
    numbers = [tuple(map(int, line[:8].split(".")[:1])) for line in rows]
    assert numbers == sorted(numbers)
    assert not any(">" in line for line in shown[:-1])
    assert all(len(line.split()) > 1 for line in rows[:-1]), "no bar is torn"


def test_a_wrong_line_is_answered_above_and_lines_can_be_corrected(stage):
    on = stage()
    on.until(at_prompt())
    on.type("densty\x7f\x7fity x\r")
    on.until(lambda lines: any("density cannot be 'x'" in line for line in lines))
    on.until(at_prompt())
    on.type("\x1b[A")  # what was typed before
    on.until(at_prompt("density x"))
    on.type("\x15unm\t")
    on.until(at_prompt("unmute"))
    on.type(" pi\t")
    on.until(at_prompt("unmute piano"))
    on.type("\r")
    on.until(lambda lines: any(line == "        (unmute piano)" for line in lines))


def test_ctrl_c_stops_and_the_terminal_is_as_before(stage):
    on = stage()
    on.until(at_prompt())
    assert on.modes() != on.before
    on.type("hal\x03")
    assert on.told() == "ended 0"
    assert on.modes() == on.before
    shown = on.until(lambda lines: any("Saved" in line for line in lines))
    assert any("Stopped (SIGINT)" in line for line in shown)
    assert not any(line.startswith(">") for line in shown)


def test_ctrl_d_ends_the_typing_and_not_the_music(stage):
    on = stage("--choruses", "40")
    on.until(at_prompt())
    on.type("\x04")
    shown = on.until(lambda lines: bars(lines) and not lines[-1].startswith(">"))
    chorus = int(bars(shown)[-1].split(".")[0])
    on.until(lambda lines: bars(lines) and int(bars(lines)[-1].split(".")[0]) > chorus + 1)
    assert on.modes() == on.before
    on.type("\x03")
    assert on.told() == "ended 0"


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(stage):
    on = stage()
    on.until(at_prompt())
    on.type("dens")
    on.until(at_prompt("dens"))
    for _ in range(2):
        on.type("\x1a")
        assert on.told() == "stopped"
        assert on.modes() == on.before
        on.go_on()
        on.until(lambda lines: at_prompt("dens")(lines) and on.modes() != on.before)
    on.type("ity 0.5\r")
    on.until(lambda lines: any(line == "        (density 0.5)" for line in lines))
    on.type("\x03")
    assert on.told() == "ended 0"
    assert on.modes() == on.before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_the_terminal_is_put_back_whatever_ends_it(stage, number):
    on = stage()
    on.until(lambda lines: at_prompt()(lines) and on.modes() != on.before)
    on.type("dens")
    on.until(at_prompt("dens"))
    os.kill(on.pid, number)
    assert on.told() == f"ended {0 if number == signal.SIGTERM else -number}"
    deadline = time.monotonic() + WAIT_S
    while on.modes() != on.before and time.monotonic() < deadline:
        select.select([], [], [], 0.05)  # until the shell that waits has seen it
    assert on.modes() == on.before


def test_a_terminal_that_does_not_read_stops_neither_music_nor_ctrl_c(stage, tmp_path):
    on = stage("--log", "log.jsonl")
    on.until(at_prompt())
    log = tmp_path / "log.jsonl"
    on.type("help\r" * 300)  # with the answers far more than a terminal holds
    size = log.stat().st_size
    while log.stat().st_size < size + 80_000:
        select.select([], [], [], 0.05)
    on.type("\x03")
    assert on.told().startswith("ended")


@pytest.mark.parametrize("more", [("--quiet",), ("--no-steer",)])
def test_who_wants_no_bars_or_no_steering(stage, more):
    on = stage("--choruses", "20", *more)
    if more == ("--quiet",):
        on.until(at_prompt())
        on.type("density 7\r")
        on.until(lambda lines: any("density cannot be '7'" in line for line in lines))
    else:
        on.until(lambda lines: len(bars(lines)) > 3)
        assert on.modes() == on.before
    on.type("\x03")
    assert on.told() == "ended 0"


def test_a_dumb_terminal_is_written_to_as_it_comes(stage):
    on = stage("--choruses", "20", TERM="dumb")
    on.until(lambda lines: len(bars(lines)) > 3)
    assert on.modes() == on.before
    on.type("density 0.5\r")
    on.until(lambda lines: any("(density 0.5)" in line for line in lines))


def test_there_is_none_where_output_goes_elsewhere(capsys):
    assert not can_prompt()
