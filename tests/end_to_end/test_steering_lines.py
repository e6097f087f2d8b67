"""Lines that steer the program: through a pipe, through a terminal, and not from the background."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from improv.cli.steering import SteeringLines
from improv.performance.steering import Answer, Steer

WAIT_S = 60


class Reading:
    """SteeringLines at the end of a pipe."""

    def __init__(self):
        self.inbox: queue.SimpleQueue = queue.SimpleQueue()
        read, self.write_fd = os.pipe()
        self.lines = SteeringLines(self.inbox, read)
        self.lines.start()

    def write(self, data: bytes) -> None:
        os.write(self.write_fd, data)

    def close(self) -> None:
        os.close(self.write_fd)

    def asked(self) -> Steer | Answer:
        """What is asked next, and that it is answered."""
        item = self.inbox.get(timeout=WAIT_S)
        self.lines.answered()
        return item


def density(value: float) -> Steer:
    return Steer(controls={"density": value})


def test_lines_come_in_pieces_and_in_order():
    reading = Reading()
    reading.write(b"dens")
    reading.write(b"ity 0.5\n\n  \nhuman 0\r\nplayer")
    assert reading.asked() == density(0.5)
    assert reading.asked() == Steer(controls={"human": 0.0})
    reading.close()
    assert reading.asked() == Steer(player={}), "a last line without an end"


def test_rubbish_is_answered_and_the_next_line_is_read():
    reading = Reading()
    reading.write(b"\xff\xfe\x00\x1b[2J\n" + b"z" * 30_000 + b"\ndensity 1\n")
    for words in ("expected one of", "longer than 4000 characters"):
        answer = reading.asked()
        assert answer.problem
        assert words in answer.text
        assert answer.text.isprintable()
    assert reading.asked() == density(1.0)
    reading.close()


def test_the_next_line_waits_until_the_last_is_answered():
    """Else whoever writes without end would fill the inbox, and a Stop would wait behind it."""
    reading = Reading()
    reading.write(b"density 0.1\ndensity 0.2\n")
    assert reading.inbox.get(timeout=WAIT_S) == density(0.1)
    with pytest.raises(queue.Empty):
        reading.inbox.get(timeout=0.1)
    reading.lines.answered()
    assert reading.asked() == density(0.2)
    reading.close()


PLAY = (
    "-m", "improv", "--model", "etudes", "--backend", "none", "--record", "out.mid", "--tempo", "400",
    "--seed", "3", "--count-in", "0", "--chart", "| Dm7 | G7 |",
)  # fmt: skip


def start(folder: Path, *more: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *PLAY, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        **options,
    )


def read_until(process: subprocess.Popen, words: str) -> str:
    """All that is said up to a line with these words."""
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"{words!r} was not said, but: {said}")


def test_a_pipe_steers_while_it_plays(tmp_path):
    process = start(
        tmp_path, "--steer", "--choruses", "60", "--log", "log.jsonl", stdin=subprocess.PIPE
    )

    def say(line: str) -> None:
        process.stdin.write(line + "\n")
        process.stdin.flush()

    assert "'help' lists what you can" in read_until(process, "'help' lists")
    read_until(process, "1.2")
    say("density 0.5")
    read_until(process, "        (density 0.5)")
    say("densty 0.5")
    read_until(process, "jazz-improv: There is no 'densty' to change: perhaps 'density' was meant;")
    say("player Charlie Parker")
    read_until(process, "jazz-improv: This cell knows no players")
    say("help swing")
    read_until(process, "swing 1 to 3, or auto: ")
    say("temperature 0.5")
    process.stdin.close()
    process.stdin = None  # `communicate` would want to close it
    read_until(process, "(temperature 0.5)")
    read_until(process, ".2 ")  # it plays on
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert "Stopped (SIGINT)" in said
    assert "Traceback" not in said
    log = (tmp_path / "log.jsonl").read_text()
    assert log.count('{"steer": ') == 2


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_reader_that_waits_does_not_keep_it_from_ending(tmp_path, name):
    process = start(tmp_path, "--steer", "--choruses", "60", stdin=subprocess.PIPE)
    read_until(process, "1.1")
    process.send_signal(getattr(signal, name))
    said, _ = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert f"Stopped ({name})" in said


def test_who_writes_without_end_does_not_keep_it_from_ending(tmp_path):
    flood = subprocess.Popen(
        [sys.executable, "-c", "while True: print('rubbish ' * 9)"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        process = start(tmp_path, "--steer", "--choruses", "8", stdin=flood.stdout)
        flood.stdout.close()
        said, _ = process.communicate(timeout=WAIT_S)
    finally:
        flood.kill()
        flood.wait()
    assert process.returncode == 0
    assert "Finished" in said
    assert "There is no 'rubbish' to change" in said


def test_a_pipe_that_nobody_asked_to_be_read_is_not(tmp_path):
    process = start(tmp_path, "--choruses", "1", stdin=subprocess.PIPE)
    said, _ = process.communicate("density 0.5\n", timeout=WAIT_S)
    assert process.returncode == 0
    assert "(density" not in said
    assert "help" not in said


def test_only_errors_are_shown_when_it_is_quiet(tmp_path):
    process = start(tmp_path, "--steer", "--quiet", "--choruses", "2", stdin=subprocess.PIPE)
    said, _ = process.communicate("density 0.5\ndensity 5\n", timeout=WAIT_S)
    assert (
        said
        == "jazz-improv: density cannot be '5': expected a number from -1 to 1, as in 'density 0.5'.\n"
    )


# A session leader with a terminal of its own, as a shell is: it starts the program in the foreground or in
# the background of that terminal, and says when it was stopped (by SIGTTIN, say) and how it ended.
LEADER = """
import fcntl, os, signal, subprocess, sys, termios
terminal, where = os.open(sys.argv[1], os.O_RDWR), sys.argv[2]
fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, *sys.argv[3:]], stdin=terminal, preexec_fn=os.setpgrp)
if where == "foreground":
    os.tcsetpgrp(terminal, child.pid)
_, status = os.waitpid(child.pid, os.WUNTRACED)
if os.WIFSTOPPED(status):
    print("the program was stopped by signal", os.WSTOPSIG(status))
    os.kill(child.pid, signal.SIGKILL)
else:
    print("the program ended with", os.waitstatus_to_exitcode(status))
"""


@pytest.fixture
def in_terminal(tmp_path) -> Callable[..., tuple[subprocess.Popen, int]]:
    """Starts the program in the foreground or background of a new terminal: (its leader, the other end)."""
    pytest.importorskip("pty")
    fds = []

    def start_there(where: str, *more: str) -> tuple[subprocess.Popen, int]:
        master, slave = os.openpty()
        fds.append(master)
        leader = subprocess.Popen(
            [sys.executable, "-c", LEADER, os.ttyname(slave), where, *PLAY, *more],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tmp_path,
            start_new_session=True,
        )
        os.close(slave)
        return leader, master

    yield start_there
    for fd in fds:
        os.close(fd)


def test_what_is_typed_steers(in_terminal):
    leader, master = in_terminal("foreground", "--choruses", "60")
    read_until(leader, "1.1")
    os.write(master, b"density 0.5\n")
    read_until(leader, "(density 0.5)")
    os.write(master, b"\x04")  # Ctrl-D: no more steering
    read_until(leader, ".2 ")
    os.write(master, b"\x03")  # Ctrl-C
    said, _ = leader.communicate(timeout=WAIT_S)
    assert "Stopped (SIGINT)" in said
    assert "the program ended with 0" in said


def test_in_the_background_it_plays_and_leaves_the_typing_to_others(in_terminal):
    leader, master = in_terminal("background", "--choruses", "4")
    os.write(master, b"density 0.5\n")
    said, _ = leader.communicate(timeout=WAIT_S)
    assert "the program ended with 0" in said
    assert "(density" not in said
    assert "Finished" in said


def test_a_terminal_is_not_read_when_it_is_not_to_be(in_terminal):
    leader, master = in_terminal("foreground", "--choruses", "2", "--no-steer")
    os.write(master, b"density 0.5\n")
    said, _ = leader.communicate(timeout=WAIT_S)
    assert "the program ended with 0" in said
    assert "density" not in said
