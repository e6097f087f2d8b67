"""The program's own processes: how they are started, spoken with and ended. The sender stands for both."""

from __future__ import annotations

import os
import queue
import signal

import pytest

from improv.midi.own_process import OwnProcess


class Child:
    """The sender process, and what was heard of it."""

    def __init__(self, module="improv.midi.sender"):
        self.process = OwnProcess(module)
        self.said: queue.SimpleQueue = queue.SimpleQueue()
        self.process.listen(lambda *values: self.said.put(values), lambda: self.said.put("gone"))


@pytest.fixture
def child():
    child = Child()
    yield child
    child.process.end(5)


def test_it_answers_and_ends_when_the_pipe_is_closed(child):
    child.process.say("open", None, "none", None)
    assert child.process.flush()
    assert child.said.get(timeout=10)[0] == "opened"
    child.process.end(5)
    child.process.end(5)
    assert child.process.status(5) == 0
    assert [child.said.get(timeout=5)[0] for _ in range(2)] == ["bye", "g"]
    assert not child.process.flush()


def test_one_that_is_killed_is_heard_to_be_gone(child):
    child.process.kill()
    assert child.said.get(timeout=10) == "gone"
    assert child.process.ending(5) == "status -9"
    child.process.say("open")
    assert not child.process.flush()


def test_one_that_does_not_end_is_killed(child):
    child.process.say("open", None, "none", None)
    child.process.flush()
    child.said.get(timeout=10)
    os.kill(child.process.pid, signal.SIGSTOP)
    child.process.end(0.05)
    assert child.process.status(5) == -signal.SIGKILL


def test_what_it_wrote_before_it_failed_is_told():
    child = Child("improv.midi.there_is_no_such_module")
    assert child.said.get(timeout=10) == "gone"
    assert "status 1: " in child.process.ending(5)
    assert "there_is_no_such_module" in child.process.ending(5)
    child.process.end(5)
    assert child.process.ending(5) == "status 1"


def test_a_program_that_cannot_be_started_is_an_error_and_leaves_nothing_open(monkeypatch):
    monkeypatch.setattr("sys.executable", "/there/is/no/python")
    with pytest.raises(OSError, match="python"):
        OwnProcess("improv.midi.sender")
