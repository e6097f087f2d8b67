"""The clock and what waits on it."""

from __future__ import annotations

import os
import queue

import pytest

from improv.clock import CommandPipe, MonotonicClock, sleep_until_ns, spin_until_ns

CLOCK = MonotonicClock()


@pytest.mark.parametrize("wait", [sleep_until_ns, spin_until_ns])
def test_what_waits_for_a_time_does_not_come_back_before_it(wait):
    deadline_ns = CLOCK.now_ns() + 2_000_000
    wait(deadline_ns)
    assert CLOCK.now_ns() >= deadline_ns


def test_waiting_for_an_inbox_gives_what_is_in_it_or_nothing_once_it_is_time():
    inbox = queue.SimpleQueue()
    inbox.put("first")
    assert CLOCK.wait(inbox, CLOCK.now_ns() - 1) == "first"
    assert CLOCK.wait(inbox, CLOCK.now_ns() - 1) is None
    until_ns = CLOCK.now_ns() + 1_000_000
    assert CLOCK.wait(inbox, until_ns) is None
    assert CLOCK.now_ns() >= until_ns


@pytest.fixture
def pipe():
    """(read, write) descriptors."""
    fds = os.pipe()
    yield fds
    for fd in fds:
        try:
            os.close(fd)
        except OSError:
            pass  # closed by the test


@pytest.mark.parametrize("threaded", [False, True])
def test_the_command_pipe_gives_bytes_then_time_then_the_end(pipe, threaded):
    """Both ways of waiting: `select`, and the thread that Windows needs."""
    read_fd, write_fd = pipe
    commands = CommandPipe(read_fd, threaded=threaded)
    os.write(write_fd, b"plan")
    assert commands.read(None) == b"plan"
    assert commands.read(CLOCK.now_ns()) is None
    os.close(write_fd)
    assert commands.read(None) == b""


def test_a_signal_ends_the_command_pipe(pipe):
    read_fd, write_fd = pipe
    end_fd, wakeup_fd = os.pipe()
    commands = CommandPipe(read_fd, end_fd=end_fd, threaded=False)
    os.write(write_fd, b"plan")
    os.write(wakeup_fd, b"\x0f")
    assert commands.read(None) == b""
    os.close(end_fd)
    os.close(wakeup_fd)
