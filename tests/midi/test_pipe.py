"""Lines between processes: whole, in order, and nobody waits for anybody."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.clock import CommandPipe, MonotonicClock
from improv.midi.pipe import Reader, Writer

FULL = 1 << 20  # more than any pipe takes


class Pipe:
    """Both ends of a pipe, in this process."""

    def __init__(self, most_lines=None):
        self.read_fd, write_fd = os.pipe()
        self.writer = Writer(io.FileIO(write_fd, "w"), most_lines)
        self.reader = Reader(CommandPipe(self.read_fd).read)

    def rest(self):
        """All that is read until the writer has finished."""
        lines: list = []

        def listen():
            while (more := self.reader.read()) is not None:
                lines.extend(more)

        listener = threading.Thread(target=listen)
        listener.start()
        self.writer.finish()
        self.writer.close()
        listener.join(10)
        return lines

    def close(self):
        self.writer.close()
        with contextlib.suppress(OSError):  # closed by the test
            os.close(self.read_fd)


@pytest.fixture
def pipe():
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_a_line_is_what_was_put(pipe):
    pipe.writer.put("plan", 7, 10**18, "903c5a", None, [1, {"a": "é"}])
    pipe.writer.put("quit")
    assert pipe.reader.read(0) == [], "not before it is handed over"
    assert pipe.writer.flush()
    assert pipe.reader.read() == [["plan", 7, 10**18, "903c5a", None, [1, {"a": "é"}]], ["quit"]]
    assert pipe.reader.read(MonotonicClock().now_ns()) == []


@given(st.lists(st.lists(st.integers() | st.text(max_size=5), max_size=3)), st.data())
def test_however_the_bytes_come_the_lines_are_whole(lines, data):
    content = b"".join(json.dumps(line).encode() + b"\n" for line in lines) + b'["half'
    cuts = data.draw(st.lists(st.integers(1, len(content) - 1), max_size=5).map(sorted))
    chunks = [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True) if a < b]
    reader = Reader(lambda until_ns: chunks.pop(0) if chunks else b"")
    read = []
    while (more := reader.read()) is not None:
        read += more
    assert read == lines
    assert reader.partial == b'["half'


def test_a_reader_may_begin_with_half_a_line_that_another_has_read():
    chunks = [b'an",1]\n']
    assert Reader(lambda until_ns: chunks.pop(), b'["pl').read() == [["plan", 1]]


def test_a_reader_that_does_not_read_holds_up_nobody_and_gets_everything_in_the_end(pipe):
    lines = [["line", number, "x" * 100] for number in range(FULL // 100)]
    for line in lines:
        pipe.writer.put(*line)
    assert pipe.writer.flush(), "it comes back, though the pipe is full"
    assert pipe.rest() == lines


def test_of_more_than_may_wait_the_oldest_are_lost_and_none_is_cut():
    pipe = Pipe(most_lines=100)
    pipe.writer.put("begun", "x" * FULL)
    pipe.writer.flush()  # a part of it is in the pipe
    for number in range(1000):
        pipe.writer.put("line", number)
        pipe.writer.flush()
    assert [line[:2] for line in pipe.rest()] == [
        ["begun", "x" * FULL],
        *(["line", number] for number in range(900, 1000)),
    ]
    pipe.close()


def test_where_nobody_reads_any_more_that_is_said_and_nothing_is_kept(pipe):
    os.close(pipe.read_fd)
    assert pipe.writer.flush(), "it has not been tried"
    pipe.writer.put("line")
    assert not pipe.writer.flush()
    assert not pipe.writer.flush()


def test_what_is_put_into_a_closed_pipe_goes_nowhere(pipe):
    pipe.writer.close()
    pipe.writer.close()
    pipe.writer.put("line")
    assert not pipe.writer.flush()
    assert pipe.reader.read() is None


def test_finish_waits_for_the_reader(pipe):
    pipe.writer.put("x" * FULL)
    assert pipe.rest() == [["x" * FULL]]


def test_lines_of_several_threads_do_not_mix(pipe):
    def speak(name):
        for number in range(500):
            pipe.writer.put(name, number)
            pipe.writer.flush()

    threads = [threading.Thread(target=speak, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    lines = pipe.rest()
    for name in "abcd":
        assert [number for who, number in lines if who == name] == list(range(500))


CHILD = """
import os, signal
from improv.midi.pipe import to_whoever_started_this
writer = to_whoever_started_this()
os.write(1, b"chatter of a C library")
writer.put("here", signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
writer.flush()
"""


def test_what_libraries_write_to_standard_output_does_not_come_between():
    done = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, timeout=60, check=True
    )
    assert done.stdout == b'["here",true]\n'
    assert done.stderr == b"chatter of a C library"
