"""What is planned and not reported: one list for the performer, who moves it, and for the next sender."""

from __future__ import annotations

import pytest
from senders import MS, off, on

from improv.midi.events import Report
from improv.midi.messages import Planned
from improv.midi.unsent import LOOK_BACK_NS, STALE_NS, UNDELIVERED_NS, Unsent

PEDAL, LIFTED = b"\xb0\x40\x7f", b"\xb0\x40\x00"
BENT, CENTRED = b"\xe0\x00\x50", b"\xe0\x00\x40"


def held(note_id=1, pitch=60) -> Unsent:
    """One note sounds, and ends at 100 ms."""
    unsent = Unsent()
    unsent.plan(Planned(note_id, 0, on(pitch)))
    unsent.plan(Planned(note_id, 100 * MS, off(pitch)))
    unsent.report(Report(note_id, 0, 0, on(pitch)))
    return unsent


def test_what_is_planned_waits_until_it_is_reported():
    unsent = Unsent()
    first, second = Planned(1, 10, on(60), "beat 1"), Planned(0, 20, b"\xf8", "beat 2")
    assert unsent.plan(first) == first
    assert unsent.plan(second) == second
    assert unsent.waiting() == [first, second]
    assert unsent.report(Report(1, 10, 11, on(60))).place == "beat 1"
    assert unsent.waiting() == [second]
    assert unsent.report(Report(0, 20, 21, b"\xf8")).place == "beat 2"
    assert unsent.waiting() == []
    assert unsent.report(Report(0, 30, 31, b"\xf8")).place is None, "nobody has planned that"


def test_the_off_of_a_note_that_was_cut_has_no_place():
    """The next note's on made it due; its own off does not come any more."""
    unsent = held()
    unsent.plan(Planned(1, 100 * MS, off(60), "the end of it"))
    assert unsent.report(Report(1, 50, 50, off(60))).place is None
    assert unsent.waiting() == []


def test_a_note_is_struck_once_and_an_off_is_always_taken():
    unsent = held()
    assert unsent.plan(Planned(1, 50, on(60))) is None
    assert unsent.plan(Planned(1, 50, off(60))) == Planned(1, 50, off(60))
    assert unsent.waiting() == [Planned(1, 50, off(60))], "in the place of the other"


def test_an_on_with_velocity_0_is_an_off():
    assert held().plan(Planned(1, 50, b"\x90\x3c\x00")) == Planned(1, 50, off(60))


def test_pulses_at_one_instant_come_a_nanosecond_apart_and_each_has_its_report():
    unsent = Unsent()
    pulses = [unsent.plan(Planned(0, 10, b"\xf8", place)) for place in "abc"]
    assert [pulse.deadline_ns for pulse in pulses] == [10, 11, 12]
    assert [unsent.report(Report(0, ns, ns, b"\xf8")).place for ns in (10, 11, 12)] == [
        "a",
        "b",
        "c",
    ]


def test_a_new_plan_takes_the_place_of_the_old():
    unsent = held()
    unsent.plan(Planned(2, 50 * MS, on(62)))
    unsent.plan(Planned(2, 60 * MS, off(62)))
    unsent.plan(Planned(0, 10 * MS, b"\xf8"))
    news = [Planned(0, 60 * MS, b"\xf8"), Planned(1, 50 * MS, on(60))]
    assert unsent.replan(40 * MS, news) == news[:1], "struck before, not again"
    assert sorted(unsent.waiting()) == sorted(
        [Planned(1, 100 * MS, off(60)), Planned(0, 10 * MS, b"\xf8"), news[0]]
    )


def test_silence_takes_back_everything():
    unsent = held()
    unsent.silence()
    assert unsent.waiting() == []
    assert unsent.hand_over(5 * MS).notes == [(1, 0, 60)], "and what sounds is known still"


def test_the_next_sender_releases_what_sounds_and_sends_what_waits():
    unsent = held()
    unsent.report(Report(0, 0, 0, b"\xc3\x05"))
    unsent.plan(Planned(2, 90 * MS, off(62)))
    unsent.plan(Planned(2, 80 * MS, on(62)))
    assert unsent.used
    handover = unsent.hand_over(50 * MS)
    assert handover.notes == [(1, 0, 60)]
    assert handover.channels == [0, 3]
    assert handover.messages == [
        Planned(
            0, 50 * MS, b"\xc3\x05"
        ),  # the synth may have been off, and have forgotten its sound
        Planned(2, 80 * MS, on(62)),
        Planned(2, 90 * MS, off(62)),
    ]


def test_where_nothing_was_sent_there_is_nothing_to_silence():
    unsent = Unsent()
    unsent.plan(Planned(1, 0, on(60)))
    assert not unsent.used


def test_ons_whose_time_passes_while_nobody_sends_are_dropped_and_released_later():
    """Who was killed may have sent the last of them without a report."""
    unsent = held()
    unsent.plan(Planned(2, 50 * MS, on(62), "beat 1"))
    unsent.plan(Planned(2, 60 * MS, off(62)))
    unsent.plan(Planned(3, 70 * MS, on(64)))
    (missed,) = unsent.pass_by(55 * MS)
    assert (missed.note_id, missed.dropped, missed.sent_ns, missed.place) == (
        2,
        True,
        55 * MS,
        "beat 1",
    )
    assert unsent.pass_by(55 * MS) == []
    handover = unsent.hand_over(55 * MS)
    assert handover.notes == [(1, 0, 60), (0, 0, 62)]
    assert [message.note_id for message in handover.messages] == [3]


@pytest.mark.parametrize(("pulses", "deadlines"), [(True, [10, 60]), (False, [60])])
def test_pulses_that_were_missed_are_made_up_for_after_a_moment_alone(pulses, deadlines):
    unsent = Unsent()
    for ms in (10, 60):
        unsent.plan(Planned(0, ms * MS, b"\xf8"))
    handover = unsent.hand_over(50 * MS, pulses=pulses)
    assert [message.deadline_ns // MS for message in handover.messages] == deadlines


@pytest.mark.parametrize(
    ("after_ns", "again"), [(LOOK_BACK_NS, [(0, 0, 60)]), (LOOK_BACK_NS + 1, [])]
)
def test_offs_sent_before_anybody_saw_that_the_port_was_gone_are_sent_again(after_ns, again):
    unsent = held()
    unsent.report(Report(1, 100 * MS, 100 * MS, off(60)))
    unsent.lose(100 * MS + after_ns)
    assert unsent.hand_over(10**12, heard=False).notes == [], "not to one that has no port"
    assert unsent.hand_over(10**12).notes == again
    assert unsent.hand_over(10**12).notes == []


@pytest.mark.parametrize(
    ("last_ns", "again"), [(UNDELIVERED_NS, [(0, 0, 60)]), (UNDELIVERED_NS + 1, [])]
)
def test_offs_that_may_have_died_with_the_sender_are_sent_again(last_ns, again):
    unsent = held()
    unsent.report(Report(1, 0, 0, off(60)))
    unsent.report(Report(0, last_ns, last_ns, b"\xf8"))
    unsent.die()
    assert unsent.hand_over(10**12).notes == again


def test_what_was_released_is_released_once_more_but_nothing_that_began_since():
    unsent = held()
    unsent.report(Report(2, 0, 0, on(62)))
    unsent.report(Report(3, 0, 0, on(65, channel=1)))
    handover = unsent.hand_over(0)
    for note_id, data in ((1, off(60)), (2, off(62)), (3, off(65, channel=1))):
        unsent.report(Report(note_id, 1, 1, data))
    unsent.report(Report(4, 2, 2, on(62)))
    unsent.report(Report(0, 2, 2, PEDAL))
    assert unsent.still_to_release(handover) == [
        off(60), off(65, channel=1), b"\xb1\x40\x00", b"\xe1\x00\x40",
    ]  # fmt: skip


@pytest.mark.parametrize(("data", "rest"), [(PEDAL, []), (BENT, []), (LIFTED, 2), (CENTRED, 2)])
def test_a_channel_with_a_pedal_down_or_a_wheel_bent_since_is_left_alone(data, rest):
    unsent = held()
    handover = unsent.hand_over(0)
    unsent.report(Report(1, 1, 1, off(60)))
    unsent.report(Report(0, 2, 2, data))
    assert unsent.still_to_release(handover)[1:] == ([LIFTED, CENTRED] if rest else [])


def test_an_on_or_a_pulse_without_its_report_is_overdue_and_an_off_is_not():
    unsent = held()
    assert not unsent.overdue(10**12)
    unsent.plan(Planned(2, 50, on(62)))
    assert (unsent.overdue(50), unsent.overdue(51)) == (False, True)
    unsent.report(Report(2, 50, 60, on(62)))
    unsent.plan(Planned(0, 70, b"\xf8"))
    assert unsent.overdue(71)


def test_what_waits_for_a_report_is_bounded():
    """The send queue drops some messages without a word, such as the off of a note that was cut."""
    unsent = Unsent()
    for note_id in range(1, 1001):
        unsent.plan(Planned(note_id, note_id * 100 * MS, off(60)))
        unsent.tidy(note_id * 100 * MS)
    assert len(unsent.waiting()) == STALE_NS // (100 * MS) + 1
    unsent.silence()
    for note_id in range(1, 10_001):
        unsent.plan(Planned(note_id, 0, on(60)))
        unsent.plan(Planned(note_id, 5, off(60)))
        unsent.report(Report(note_id, 0, 0, on(60)))
        unsent.report(Report(note_id, 3, 3, off(60)))  # cut by the next: before its own off
    assert unsent.waiting() == []
    assert len(unsent._ended) <= 256
