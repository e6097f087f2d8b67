"""What both ends of the sender know of notes: who holds a pitch, who was struck, what a new plan leaves."""

from __future__ import annotations

import pytest

from improv.midi.messages import Planned, note_off, note_on
from improv.midi.sounding import MOST_REMEMBERED, Latest, Sounding

ON, OFF = note_on(0, 60, 90), note_off(0, 60)


def test_a_note_sounds_from_its_on_to_its_off():
    sounding = Sounding()
    sounding.went_out(7, note_on(3, 60, 90))
    sounding.went_out(8, note_on(9, 38, 90))
    sounding.went_out(0, b"\xb5\x40\x7f")
    assert sounding.holders == {(3, 60): 7, (9, 38): 8}
    sounding.went_out(7, note_off(3, 60))
    assert sounding.holders == {(9, 38): 8}
    assert sounding.channels == {3, 5, 9}


def test_the_off_of_another_note_does_not_end_who_holds_the_pitch():
    sounding = Sounding()
    sounding.went_out(1, ON)
    sounding.went_out(2, ON)
    sounding.went_out(1, OFF)
    assert sounding.holders == {(0, 60): 2}


def test_a_note_is_struck_once_and_what_is_no_note_as_often_as_it_comes():
    sounding = Sounding()
    assert not sounding.was_struck(5)
    assert [sounding.strike(5), sounding.strike(5)] == [True, False]
    assert sounding.was_struck(5)
    assert [sounding.strike(0), sounding.strike(0)] == [True, True]


def test_the_latest_are_remembered_and_no_more():
    latest = Latest()
    for number in range(10_000):
        latest[number] = str(number)
    assert len(latest) == MOST_REMEMBERED
    assert 10_000 - MOST_REMEMBERED in latest
    assert 9_999 - MOST_REMEMBERED not in latest
    sounding = Sounding()
    for note_id in range(1, 10_001):
        sounding.strike(note_id)
    assert sounding.strike(1), "too long ago"
    assert not sounding.strike(10_000)


@pytest.mark.parametrize(
    ("message", "anew", "stays"),
    [
        (Planned(0, 49, b"\xf8"), [], True),
        (Planned(0, 50, b"\xf8"), [], False),
        (Planned(2, 50, ON), [], False),
        (Planned(2, 99, OFF), [], False),  # of a note that is taken back
        (Planned(1, 99, OFF), [], True),  # of one that sounds
        (Planned(3, 99, OFF), [], True),  # of one that will sound by then
        (Planned(1, 99, OFF), [Planned(1, 60, OFF)], False),
        (Planned(1, 99, OFF), [Planned(1, 60, b"\x90\x3c\x00")], False),
        (Planned(1, 40, OFF), [Planned(1, 60, OFF)], False),
        (Planned(1, 99, OFF), [Planned(2, 60, OFF), Planned(0, 60, OFF)], True),
    ],
)
def test_a_new_plan_from_50_on_leaves_what_is_before_and_the_offs_of_notes_that_sound(
    message, anew, stays
):
    sounding = Sounding()
    sounding.went_out(1, ON)
    waiting = [Planned(3, 49, ON), message]
    assert sounding.stays(waiting, 50, anew)(message) == stays
