"""Reading chart and configuration again while it plays: whatever is wrong is a sentence."""

from __future__ import annotations

import queue
import threading

import click
import pytest

from improv.cli.reread import Rereader
from improv.errors import ChartError, ImprovError


def read(how, **more):
    """What is taken after one reading."""
    done = queue.SimpleQueue()
    rereader = Rereader(how, lambda: done.put(None), **more)
    rereader.ask()
    done.get(timeout=10)
    return rereader.take()


def test_what_was_read_can_be_taken():
    assert read(lambda: "a config") == "a config"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ChartError("Cannot read 'x'."), "Cannot read 'x'."),
        (click.UsageError("No such option: --x"), "No such option: --x"),
        (OSError(36, "File name too long", "x"), "File name too long: x."),
        (ValueError("too many digits"), "it cannot be used (ValueError: too many digits)."),
        (RecursionError("too deep"), "it cannot be used (RecursionError: too deep)."),
    ],
)
def test_any_fault_is_a_sentence(error, said):
    def fail():
        raise error

    with pytest.raises(ImprovError) as raised:
        read(fail)
    assert str(raised.value) == said


def test_what_never_ends_is_given_up_and_the_next_is_read():
    hangs, done = threading.Event(), queue.SimpleQueue()
    answers = [hangs.wait, lambda: "read"]
    rereader = Rereader(lambda: answers.pop(0)(), lambda: done.put(None), limit_s=0.05)
    rereader.ask()
    done.get(timeout=10)
    with pytest.raises(ImprovError, match="not read within"):
        rereader.take()
    rereader._limit_s = 10
    rereader.ask()
    done.get(timeout=10)
    assert rereader.take() == "read"
    hangs.set()
