"""The stand-ins for time and devices keep the same rules as what they stand in for."""

from __future__ import annotations

import queue

import pytest
from fakes import LocalSender, ManualClock, RecordingPort

from improv.midi.events import Gone, Realtime, Report
from improv.midi.messages import Planned, note_off, note_on
from improv.midi.unsent import STALE_NS

ON, OFF = note_on(0, 60, 90), note_off(0, 60)


@pytest.fixture
def inbox():
    return queue.SimpleQueue()


class TestManualClock:
    """Time moves when somebody waits, and then at once."""

    def test_it_is_what_it_is_set_to_until_somebody_waits(self, inbox):
        clock = ManualClock(7)
        assert clock.now_ns() == 7
        assert clock.wait(inbox, 100) is None
        assert clock.now_ns() == 100
        assert clock.wait(inbox, 50) is None
        assert clock.now_ns() == 100, "it never goes back"

    def test_what_is_in_the_inbox_comes_before_any_time_passes(self, inbox):
        clock = ManualClock()
        inbox.put("first")
        assert clock.wait(inbox, 100) == "first"
        assert clock.now_ns() == 0

    def test_what_is_to_come_comes_in_its_order_at_its_time(self, inbox):
        clock = ManualClock()
        for ns, item in ((30, "c"), (10, "a"), (10, "b")):
            clock.at(ns, item)
        seen = [(clock.wait(inbox, 100), clock.now_ns()) for _ in range(4)]
        assert seen == [("a", 10), ("b", 10), ("c", 30), (None, 100)]

    def test_senders_act_at_their_deadlines_meanwhile(self, inbox):
        clock, port = ManualClock(), RecordingPort()
        sender = LocalSender(clock, inbox, port)
        sender.plan(Planned(1, 40, ON))
        clock.at(30, "before")
        assert clock.wait(inbox, 100) == "before"
        assert port.sent == []
        assert clock.wait(inbox, 100) == Report(1, 40, 40, ON)
        assert port.sent == [(40, ON)]


class TestLocalSender:
    """The rules of `send_queue` and `unsent`, without a process."""

    @pytest.fixture
    def stage(self, inbox):
        clock, port = ManualClock(), RecordingPort()
        return LocalSender(clock, inbox, port), clock, port

    def go(self, clock, inbox, until_ns):
        reports = []
        while (item := clock.wait(inbox, until_ns)) is not None:
            reports.append(item)
        return reports

    def test_what_is_planned_waits_is_sent_and_reported_with_its_place(self, stage, inbox):
        sender, clock, port = stage
        assert sender.opened(clock)[1] == Realtime()
        sender.plan(Planned(1, 10, ON, "here"))
        assert sender.waiting() == [Planned(1, 10, ON, "here")]
        (report,) = self.go(clock, inbox, 20)
        assert (report, report.place) == (Report(1, 10, 10, ON), "here")
        assert sender.waiting() == []
        assert port.sounding == {(0, 60)}

    def test_a_new_plan_takes_the_place_of_the_old_and_nothing_is_struck_twice(self, stage, inbox):
        sender, clock, port = stage
        sender.plan(Planned(1, 10, ON))
        sender.plan(Planned(2, 50, note_on(0, 62, 90)))
        self.go(clock, inbox, 20)
        sender.replan(30, [Planned(1, 40, ON), Planned(1, 45, OFF)])
        self.go(clock, inbox, 100)
        assert port.sent == [(10, ON), (45, OFF)]

    def test_silence_takes_back_everything_and_goes_on(self, stage, inbox):
        sender, clock, port = stage
        sender.plan(Planned(1, 10, ON))
        sender.plan(Planned(1, 50, OFF))
        self.go(clock, inbox, 20)
        sender.silence()
        assert sender.waiting() == []
        assert port.sounding == set()
        sender.plan(Planned(2, 30, ON))
        self.go(clock, inbox, 40)
        assert port.sounding == {(0, 60)}

    def test_what_is_never_reported_is_let_go_of(self, stage, inbox):
        sender, clock, _ = stage
        sender.plan(Planned(9, 0, OFF))  # of a note that was never struck
        assert self.go(clock, inbox, STALE_NS) == []
        sender.flush()
        assert len(sender.waiting()) == 1
        self.go(clock, inbox, STALE_NS + 1)
        sender.flush()
        assert sender.waiting() == []

    def test_it_ends_in_silence_with_the_clock_stopped_and_counts(self, stage, inbox):
        sender, _, port = stage
        sender.plan(Planned(1, 0, ON))
        sender.plan(Planned(0, 0, b"\xfa"))
        sender.act()
        counters = sender.quit()
        assert port.sounding == set()
        assert port.sent[-1] == (0, b"\xfc")
        assert (counters["ons"], counters["offs"]) == (1, 1)
        assert sender.attend(Gone(1)) is None


def test_a_port_knows_what_a_listener_would_hear():
    port = RecordingPort()
    port.sent += [(0, ON), (1, note_on(9, 60, 90)), (2, b"\xb0\x40\x7f"), (3, OFF)]
    assert port.sounding == {(9, 60)}
