"""Messages in ticks until they are committed: tempo, deadlines, what is planned anew, cut and halted."""

from __future__ import annotations

from unittest.mock import Mock, call

import pytest
from fakes import LocalSender, ManualClock, RecordingPort

from improv.controls.mixer import Mixer
from improv.live.inbox import Inbox
from improv.live.scheduler import GUARD_NS, PROGRAM_LEAD_NS, Scheduler
from improv.midi.events import Report
from improv.midi.latency import Latency
from improv.midi.messages import note_off, note_on
from improv.midi.sounding import MOST_REMEMBERED
from improv.music.take import Track
from improv.music.tempo import TempoMap
from improv.performance.played import PlayedNote

BEAT_NS, BEAT = 500_000_000, 480  # 120 bpm
S = 1_000_000_000
PULSE = b"\xf8"


def note(note_id, onset_tick, end_tick, pitch=None):
    return PlayedNote(note_id, onset_tick, end_tick, pitch or 60 + note_id, 90, 0, "solo")


class Stage:
    """A scheduler on 120 bpm, and what came of it."""

    def __init__(self, **options):
        self.clock, self.inbox, self.port = ManualClock(), Inbox(), RecordingPort()
        self.out = LocalSender(self.clock, self.inbox, self.port)
        self.scheduler = Scheduler(self.out, **options)
        self.tempo = TempoMap(120)
        self.scheduler.begin(self.tempo)
        self.heard = []

    def go(self, until_ns):
        """Let time pass and hear what is reported."""
        while (item := self.clock.wait(self.inbox, until_ns)) is not None:
            self.hear(item)

    def hear(self, report):
        note, tick = self.scheduler.hear(report)
        self.heard.append((note.note_id if note else None, tick, report.data))

    def sent(self, *kinds):
        return [(ns, data) for ns, data in self.port.sent if not kinds or data[0] in kinds]

    def deadlines(self):
        return [(m.note_id, m.deadline_ns, m.data) for m in self.out.waiting()]


def test_a_note_leaves_at_its_ticks_and_is_known_again_when_it_is_reported():
    stage = Stage()
    stage.scheduler.add_note(note(1, BEAT, 2 * BEAT))
    stage.scheduler.add_system(BEAT, PULSE)
    assert len(stage.scheduler) == 3
    stage.scheduler.commit(0)
    assert len(stage.scheduler) == 3
    stage.go(S)
    on, off = note_on(0, 61, 90), note_off(0, 61)
    assert stage.sent() == [(BEAT_NS, PULSE), (BEAT_NS, on), (S, off)]
    assert stage.heard == [(None, BEAT, PULSE), (1, BEAT, on), (1, 2 * BEAT, off)]
    assert len(stage.scheduler) == 0
    assert not stage.scheduler._notes


def test_what_is_due_later_is_not_committed_and_it_says_when_to_look_again():
    stage = Stage(ahead_ns=S)
    assert stage.scheduler.wake_ns() is None
    stage.scheduler.add_system(2 * BEAT, PULSE)
    stage.scheduler.add_system(2 * BEAT + 1, PULSE)
    stage.scheduler.commit(0)
    assert stage.deadlines() == [(0, S, PULSE)]
    assert stage.scheduler.wake_ns() == stage.tempo.ns_at(2 * BEAT + 1) - S // 2


def test_latency_moves_notes_and_system_messages_and_is_committed_so_much_sooner():
    stage = Stage(latency=Latency(-20.0, system_ms=5.0), ahead_ns=0)
    stage.scheduler.add_note(note(1, BEAT, 2 * BEAT))
    stage.scheduler.add_system(BEAT, PULSE)
    stage.scheduler.commit(BEAT_NS - 20_000_000)
    assert stage.deadlines() == [
        (0, BEAT_NS + 5_000_000, PULSE),
        (1, BEAT_NS - 20_000_000, note_on(0, 61, 90)),
    ]
    stage.scheduler.send_now(7, b"\xfc")
    assert stage.deadlines()[-1] == (0, 5_000_007, b"\xfc")


def test_sounds_are_chosen_before_the_first_note():
    stage = Stage(latency=Latency(-20.0))
    stage.scheduler.choose_sounds(
        [Track("Solo", 3, 66, ()), Track("Drums", 9, None, ())], S, Mixer()
    )
    assert stage.deadlines() == [(0, S - PROGRAM_LEAD_NS - 20_000_000, b"\xc3\x42")]


def test_a_change_of_tempo_moves_what_is_committed_in_one_plan():
    stage = Stage()
    stage.scheduler.add_note(note(1, 0, 2 * BEAT))
    stage.scheduler.add_note(note(2, 2 * BEAT, 3 * BEAT))
    stage.scheduler.commit(0)
    stage.go(BEAT_NS)
    assert not stage.scheduler.moved(BEAT_NS), "nothing has changed"
    stage.tempo.change(BEAT, 240)
    assert stage.scheduler.moved(BEAT_NS)
    stage.go(2 * S)
    assert [ns for ns, _ in stage.sent()] == [0, 750_000_000, 750_000_000, S]
    assert [tick for _, tick, _ in stage.heard] == [0, 2 * BEAT, 2 * BEAT, 3 * BEAT]


def test_what_is_due_very_soon_stays_and_nothing_is_planned_for_sooner():
    stage = Stage()
    for tick in (BEAT - 1, BEAT + 30, BEAT + 60):
        stage.scheduler.add_system(tick, PULSE)
    stage.scheduler.commit(0)
    now_ns = BEAT_NS - 5_000_000
    stage.tempo.lock(BEAT + 100, now_ns, BEAT_NS)  # all of them would have been due before
    assert stage.scheduler.moved(now_ns)
    from_ns = now_ns + GUARD_NS
    assert [ns for _, ns, _ in stage.deadlines()] == [
        TempoMap(120).ns_at(BEAT - 1), from_ns, from_ns + 1,
    ]  # fmt: skip


def test_where_another_clock_wavers_what_nobody_hears_is_not_planned_anew():
    stage = Stage(noticed_ns=400_000)
    stage.scheduler.add_system(BEAT, PULSE)
    stage.scheduler.commit(0)
    stage.tempo.lock(0, 400_000, BEAT_NS)
    assert not stage.scheduler.moved(0)
    stage.tempo.lock(0, 400_001, BEAT_NS)
    assert stage.scheduler.moved(0)
    assert stage.deadlines() == [(0, BEAT_NS + 400_001, PULSE)]


def test_what_was_committed_by_the_map_before_keeps_its_time_and_is_counted_by_the_new_one():
    """The last off of a tune sounds into the next."""
    stage = Stage()
    stage.scheduler.add_note(note(1, 0, 2 * BEAT))
    stage.scheduler.commit(0)
    stage.go(10)
    following = TempoMap(60, BEAT_NS)
    stage.scheduler.begin(following, -BEAT)
    stage.scheduler.add_note(note(2, 0, BEAT))
    stage.scheduler.commit(0)
    following.change(0, 240)
    assert stage.scheduler.moved(10)
    stage.go(3 * S)
    assert [(ns, data[1]) for ns, data in stage.sent()] == [
        (0, 61), (BEAT_NS, 62), (BEAT_NS + 250_000_000, 62), (S, 61),
    ]  # fmt: skip
    assert [(one, tick) for one, tick, _ in stage.heard] == [(1, 0), (2, 0), (2, BEAT), (1, BEAT)]


def test_what_was_committed_goes_on_with_the_new_map_where_both_are_another_clock_s():
    stage = Stage()
    stage.scheduler.add_note(note(1, 0, 2 * BEAT))
    stage.scheduler.commit(0)
    stage.go(10)
    following = TempoMap(60, BEAT_NS)
    stage.scheduler.begin(following, -BEAT, followed=True)
    following.lock(0, BEAT_NS, 2 * BEAT_NS)
    assert stage.scheduler.moved(10)
    stage.go(3 * S)
    assert stage.sent() == [(0, note_on(0, 61, 90)), (3 * BEAT_NS, note_off(0, 61))]


def test_a_report_that_is_read_late_is_counted_by_the_new_map_too():
    stage = Stage()
    stage.scheduler.add_note(note(1, 0, BEAT))
    stage.scheduler.commit(0)
    on = stage.clock.wait(stage.inbox, 0)
    stage.scheduler.begin(TempoMap(60, BEAT_NS), -BEAT)
    stage.hear(on)
    assert stage.heard == [(1, -BEAT, note_on(0, 61, 90))]


def test_what_the_map_before_had_not_committed_is_gone():
    stage = Stage()
    stage.scheduler.add_system(100 * BEAT, PULSE)
    stage.scheduler.commit(0)
    stage.scheduler.begin(TempoMap(120))
    assert len(stage.scheduler) == 0


def test_cut_takes_back_what_begins_later_and_lets_what_sounds_end_in_time():
    stage = Stage(ahead_ns=S)
    stage.scheduler.add_note(note(1, 0, 3 * BEAT))
    stage.scheduler.add_note(
        note(2, BEAT, 5 * BEAT)
    )  # begins before the cut, its end is not committed
    stage.scheduler.add_note(note(3, 2 * BEAT, 3 * BEAT))  # committed, and taken back
    stage.scheduler.add_note(note(4, 4 * BEAT, 5 * BEAT))
    stage.scheduler.add_system(2 * BEAT, PULSE)
    stage.scheduler.add_system(BEAT, PULSE)
    stage.scheduler.commit(0)
    stage.scheduler.cut(2 * BEAT, 0)
    stage.go(5 * S)
    assert [(ns * 2 / S, data[:2]) for ns, data in stage.sent()] == [
        (0, b"\x90\x3d"), (1, PULSE), (1, b"\x90\x3e"), (3, b"\x80\x3d"), (5, b"\x80\x3e"),
    ]  # fmt: skip
    assert len(stage.scheduler) == 0


def test_withdrawn_notes_are_not_played_or_end_at_once_where_they_sound_already():
    stage = Stage(ahead_ns=S)
    stage.scheduler.add_note(note(1, 0, 3 * BEAT))
    stage.scheduler.add_note(note(2, BEAT, 2 * BEAT))  # committed, and taken back
    stage.scheduler.add_note(note(3, BEAT, 2 * BEAT))
    stage.scheduler.add_note(note(4, 6 * BEAT, 7 * BEAT))  # not committed yet
    stage.scheduler.add_system(BEAT, PULSE)
    stage.scheduler.commit(0)
    stage.go(BEAT_NS // 2)
    now_ns = BEAT_NS // 2
    open_tick = stage.scheduler.open_tick(now_ns)
    stage.scheduler.watcher = watcher = Mock()
    stage.scheduler.withdraw(lambda note: note.note_id in {1, 2, 4}, open_tick, now_ns)
    assert watcher.mock_calls == [
        call.planned(note(1, 0, open_tick)), call.withdrawn({2, 4}), call.flush(),
    ]  # fmt: skip
    stage.scheduler.commit(now_ns)
    stage.go(8 * S)
    assert [(round(ns * 2 / S, 2), data[:2]) for ns, data in stage.sent()] == [
        (0, b"\x90\x3d"), (0.53, b"\x80\x3d"), (1, PULSE), (1, b"\x90\x3f"), (2, b"\x80\x3f"),
    ]  # fmt: skip
    assert len(stage.scheduler) == 0


@pytest.mark.parametrize("latency", [Latency(), Latency(-50.0, ((10, -155.0), (90, -20.0)))])
@pytest.mark.parametrize("by_ns", [-1, 0, 1])
def test_what_is_withdrawn_on_the_nanosecond_it_is_sent_does_not_stay_on(latency, by_ns):
    """Where the tick is just open it is not heard at all; else its off comes behind its on."""
    stage = Stage(latency=latency)
    stage.scheduler.add_note(note(1, 2 * BEAT, 5 * BEAT))
    stage.scheduler.commit(0)
    now_ns = 2 * BEAT_NS - GUARD_NS - latency.earliest_ns + by_ns
    stage.go(now_ns)
    open_tick = stage.scheduler.open_tick(now_ns)
    assert open_tick == 2 * BEAT + (by_ns > 0)
    stage.scheduler.withdraw(lambda note: True, open_tick, now_ns)
    stage.scheduler.commit(now_ns)
    stage.go(5 * S)
    assert len(stage.sent(0x90)) == len(stage.sent(0x80)) == (by_ns > 0)
    assert stage.port.sounding == set()


def test_halt_is_silent_at_once_and_keeps_what_has_not_begun():
    stage = Stage()
    stage.scheduler.add_note(note(1, 0, 4 * BEAT))
    stage.scheduler.add_note(note(2, 2 * BEAT, 3 * BEAT))
    stage.scheduler.add_system(2 * BEAT, PULSE)
    stage.scheduler.commit(0)
    stage.go(BEAT_NS)
    stage.scheduler.halt()
    stage.go(10 * S)
    assert stage.port.sounding == set()
    assert stage.sent(0x90) == [(0, note_on(0, 61, 90))]
    stage.tempo.lock(2 * BEAT, 20 * S, BEAT_NS)
    stage.scheduler.commit(20 * S)
    stage.go(30 * S)
    assert [ns for ns, data in stage.sent(0x90, 0x80, 0xF8) if ns >= 20 * S] == [
        20 * S, 20 * S, 20 * S + BEAT_NS,
    ]  # fmt: skip


def test_a_report_that_nobody_planned_has_no_note_and_the_tick_of_its_time():
    stage = Stage()
    stage.hear(Report(0, BEAT_NS, BEAT_NS, PULSE))
    stage.hear(Report(99, S, S, note_off(0, 60)))
    assert stage.heard == [(None, BEAT, PULSE), (None, 2 * BEAT, note_off(0, 60))]


def test_a_note_that_is_dropped_is_forgotten_once_it_is_told():
    stage = Stage()
    stage.scheduler.add_note(note(1, 0, BEAT))
    stage.hear(Report(1, 0, S, note_on(0, 61, 90), dropped=True))
    stage.hear(Report(1, 0, S, note_off(0, 61)))
    assert [one for one, _, _ in stage.heard] == [1, None]


@pytest.mark.parametrize("count", [MOST_REMEMBERED + 10])
def test_notes_of_which_nothing_is_ever_reported_do_not_add_up(count):
    stage = Stage()
    for note_id in range(count):
        stage.scheduler.add_note(note(note_id, 0, BEAT, pitch=60))
    assert len(stage.scheduler._notes) == MOST_REMEMBERED
