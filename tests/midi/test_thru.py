"""The pipe from the receiver to the sender: what goes through, and what is lost when nobody reads."""

from __future__ import annotations

import os
import sys

import pytest

from improv.errors import PortError
from improv.midi.messages import (
    NOTES_OFF,
    SUSTAIN,
    control,
    note_off,
    note_on,
    program,
    wheel_centred,
)
from improv.midi.send_queue import LATE_NS, SendQueue
from improv.midi.thru import Thru, ThruIn, ThruOut

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no pipe is handed over there")


@pytest.fixture
def thru():
    made = Thru(channel=5)
    yield made
    made.close()
    made.close()


def ends(thru):
    return ThruIn(thru.write_fd), ThruOut(thru.read_fd, thru.channel, -100)


def test_notes_go_through_on_their_channel_each_with_a_number_of_its_own(thru):
    into, out = ends(thru)
    for data in (note_on(0, 60, 90), note_on(3, 64, 1), note_off(0, 60), note_on(3, 64, 0)):
        into.put(7, data)
    assert [(m.note_id, m.deadline_ns, m.data) for m in out.read()] == [
        (-100, 7, note_on(5, 60, 90)),
        (-101, 7, note_on(5, 64, 1)),
        (-100, 7, note_off(5, 60)),
        (-101, 7, note_off(5, 64)),
    ]
    assert out.read() == []


def test_sounds_are_not_chosen_through_it_and_offs_of_unknown_notes_end_there(thru):
    into, out = ends(thru)
    for data in (program(0, 7), note_off(0, 50), bytes((0xD1, 30)), bytes((0xE1, 1, 2))):
        into.put(7, data)
    assert [m.data for m in out.read()] == [bytes((0xD5, 30)), bytes((0xE5, 1, 2))]


def test_where_nobody_reads_the_rest_is_lost_and_no_note_sounds_on(thru):
    into, out = ends(thru)
    into.put(1, note_on(0, 60, 90))
    for number in range(20_000):
        into.put(2, bytes((0xE0, number & 0x7F, 0)))
    into.put(3, note_off(0, 60))
    queue, sent = SendQueue(), []
    while planned := out.read():
        for message in planned:
            queue.plan(message)
    sent += queue.due(4)
    assert note_off(5, 60) not in [due.data for due in sent]
    into.put(5, note_on(0, 62, 90))
    for message in out.read():
        queue.plan(message)
    assert [due.data for due in queue.due(6)] == [
        note_off(5, 60), control(5, NOTES_OFF, 0), note_on(5, 62, 90),
    ]  # fmt: skip


def test_what_was_played_too_long_ago_is_not_struck(thru):
    """A sender that takes the place of one that died reads what that one left."""
    into, out = ends(thru)
    into.put(0, note_on(0, 60, 90))
    into.put(0, note_off(0, 60))
    queue = SendQueue()
    for message in out.read():
        queue.plan(message)
    assert [due.dropped for due in queue.due(LATE_NS + 1)] == [True]


def test_what_sounds_through_it_can_be_ended_with_its_pedal_and_its_wheel(thru):
    into, out = ends(thru)
    into.put(7, note_on(0, 60, 90))
    thru.let_go(8)
    assert [m.data for m in out.read()] == [
        note_on(5, 60, 90), control(5, SUSTAIN, 0), control(5, NOTES_OFF, 0), note_off(5, 60),
        wheel_centred(5),
    ]  # fmt: skip


def test_windows_is_told_that_it_cannot(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(PortError, match="Windows has no --thru"):
        Thru(0)


def test_nothing_is_written_to_a_pipe_that_nobody_has_any_more(thru):
    into, _ = ends(thru)
    os.close(thru.read_fd)
    into.put(1, note_on(0, 60, 90))
    thru.read_fd = os.open(os.devnull, os.O_RDONLY)
