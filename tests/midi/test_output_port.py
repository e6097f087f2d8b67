"""One port: a sender that dies, a port that goes and comes back. In musical time and without processes."""

from __future__ import annotations

from collections import deque

import pytest
from senders import MS, Stage, off, on

from improv.errors import SenderError
from improv.midi.events import OUT, Gone, PortEvent
from improv.midi.messages import Planned
from improv.midi.output_port import DEATHS, OutputPort
from improv.midi.ports import PortRequest
from improv.midi.send_queue import SendQueue

LOST, BACK = PortEvent(OUT, "synth", False), PortEvent(OUT, "synth", True)


def staged(**world):
    """The port for notes, opened."""

    def make(world, inbox):
        request = PortRequest("synth", "jack")
        deaths = deque(maxlen=DEATHS)
        return OutputPort(OUT, request, inbox, world.clock, world.make, deaths, world.release)

    return Stage(make, **world)


def test_a_sender_that_dies_is_replaced_and_releases_what_sounded():
    stage = staged()
    stage.note(1, 10, 500)
    stage.plan(0, 11, b"\xb0\x40\x7f")
    stage.note(2, 100, 110)  # its time passes while nobody is there
    stage.note(3, 300, 310)
    stage.go(50)
    stage.world.latest.die()
    assert stage.attend_all() == ["The sender process ended (status -9); another one plays on."]
    stage.note(4, 310, 320)  # planned while the other is starting
    stage.go(250)
    del stage.world.heard[:]
    stage.world.latest.open()
    released = [data for _, data in stage.heard]
    assert released[:1] == [off(61)]
    assert {b"\xb0\x40\x00", b"\xb0\x7b\x00", b"\xe0\x00\x40"} <= set(released)
    stage.go(600)
    assert [data for _, data in stage.heard if data[0] in (0x80, 0x90)] == [
        off(61), off(62), on(63), off(63), on(64), off(64),
    ]  # fmt: skip
    assert stage.of_note(1) == [(0x90, False), (0x80, False)]
    assert stage.of_note(2) == [(0x90, True)], (
        "reported as dropped: no burst, and no note forgotten"
    )
    assert stage.of_note(3) == stage.of_note(4) == [(0x90, False), (0x80, False)]
    counters = stage.out.quit()
    assert (counters["restarts"], counters["dropped_ons"]) == (1, 1)
    assert (counters["ons"], counters["offs"]) == (3, 4), "those of the one that was killed too"


def test_a_note_that_was_sent_without_a_report_is_released_too():
    """Killed between sending and reporting: nobody knows that it sounds."""
    stage = staged()
    stage.note(1, 10, 500)
    stage.world.latest.reporting = False
    stage.go(50)
    stage.world.latest.die()
    stage.attend_all()
    stage.world.latest.open()
    assert (50, off(61)) in stage.heard


def test_the_end_of_a_sender_that_was_replaced_means_nothing():
    stage = staged()
    assert stage.attend(Gone(99)) is None
    stage.world.latest.die()
    (first,) = (item for item in [stage.inbox.get_nowait()])
    stage.attend(first)
    assert stage.attend(first) is None
    assert len(stage.world.senders) == 2


def test_a_sender_that_dies_before_it_has_its_port_is_replaced_too():
    stage = staged()
    stage.note(1, 10, 500)
    stage.go(50)
    for _ in range(2):
        stage.world.latest.die()
        assert len(stage.attend_all()) == 1
    stage.world.latest.open()
    assert (50, off(61)) in stage.heard
    assert stage.out.figures()["restarts"] == 2


def test_one_that_opens_nothing_for_ten_seconds_is_replaced():
    stage = staged()
    stage.world.latest.die()
    stage.attend_all()
    stage.go(10_001)
    assert len(stage.attend_all()) == 1
    assert len(stage.world.senders) == 3


def test_five_deaths_within_ten_seconds_are_the_end():
    stage = staged(patient=False)
    for _ in range(4):
        stage.go(stage.world.clock.now_ns() // MS + 2000)
        stage.world.latest.die()
        stage.attend_all()
    stage.world.latest.die()
    with pytest.raises(SenderError, match=r"ended 5 times within 10 s \(status -9\)"):
        stage.attend_all()


def test_deaths_far_apart_are_not():
    stage = staged(patient=False)
    for _ in range(9):
        stage.go(stage.world.clock.now_ns() // MS + 2501)
        stage.world.latest.die()
        stage.attend_all()
    assert stage.out.figures()["restarts"] == 9


def test_a_port_that_goes_and_comes_back_is_taken_again_without_a_burst():
    stage = staged()
    stage.note(1, 10, 900)
    stage.go(50)
    stage.world.there = False
    assert (
        stage.attend(LOST) == "The port 'synth' is gone; playing goes on silently until it is back."
    )
    assert stage.attend(LOST) is None, "said once"
    for note_id in range(2, 26):
        stage.note(note_id, 100 + note_id * 10, 105 + note_id * 10)
    stage.go(1000)
    assert len(stage.reports) == 50, "it is played in time all the same"
    stage.world.there = True
    del stage.world.heard[:]
    stage.go(3250)
    assert stage.attend(BACK) is None
    stage.note(
        30, 3255, 3256
    )  # passes while the port is being opened: the old one plays it to nobody
    stage.note(31, 3300, 3310)
    stage.world.there = False
    stage.go(3260)
    stage.world.there = True
    assert stage.world.latest.request == PortRequest("synth", "jack")
    assert stage.world.latest.only == "existing", "no virtual port in its place"
    stage.world.latest.open()
    assert stage.attend_all() == ["The port 'synth' is back after 3.2 s; 25 notes were not heard."]
    stage.go(3400)
    notes = [(ms, data) for ms, data in stage.heard if data[0] in (0x80, 0x90)]
    assert notes == [(3260, off(61)), (3300, on(31 + 60)), (3310, off(31 + 60))]
    assert (3260, b"\xb0\x40\x00") in stage.heard, "the pedal is up"
    figures = stage.out.quit()
    assert (figures["reconnects"], figures["unheard"], figures["restarts"]) == (1, 25, 0)


def test_offs_sent_before_anybody_noticed_are_sent_again():
    """The watcher needs up to two seconds: the offs of that time went to nobody."""
    stage = staged(patient=False)
    stage.note(1, 10, 60)
    stage.go(50)
    stage.world.there = False
    stage.go(1500)
    stage.attend(LOST)
    stage.go(2000)
    stage.world.there = True
    stage.attend(BACK)
    assert (2000, off(61)) in stage.heard
    stage.look()
    assert stage.taken == ["out"], "who listens has missed something"


def test_a_synth_that_was_off_is_told_its_sounds_and_volumes_again():
    stage = staged(patient=False)
    for channel, program in ((0, 26), (1, 0), (0, 66)):
        stage.out.plan(Planned(0, 0, bytes((0xC0 | channel, program))))
    for ns, volume in enumerate((50, 76)):
        stage.out.plan(Planned(0, ns, bytes((0xB1, 7, volume))))
    stage.go(10)
    stage.attend(LOST)
    stage.go(2000)
    del stage.world.heard[:]
    stage.attend(BACK)
    stage.go(2001)
    chosen = [data for _, data in stage.heard if data[0] & 0xF0 == 0xC0 or data[1] == 7]
    assert chosen == [bytes((0xC0, 66)), bytes((0xB1, 7, 76)), bytes((0xC1, 0))]


def test_a_sender_that_dies_while_the_port_is_away_leaves_one_that_keeps_time():
    stage = staged(patient=False)
    stage.note(1, 10, 900)
    stage.go(50)
    stage.world.there = False
    stage.attend(LOST)
    stage.world.latest.die()
    stage.attend_all()
    assert stage.world.latest.request.backend == "none"
    stage.note(2, 100, 110)
    stage.go(2000)
    assert stage.of_note(2) == [(0x90, False), (0x80, False)]
    stage.world.there = True
    stage.attend(BACK)
    assert "is back" in stage.attend_all()[0]
    assert (2000, off(61)) in stage.heard, (
        "what sounded when it went is released on the port itself"
    )


def test_a_port_that_is_there_but_cannot_be_opened_is_tried_again_and_that_is_said_once():
    stage = staged(patient=False)
    stage.attend(LOST)
    stage.world.there = False
    stage.attend(BACK)
    problem = "Playing goes on silently: There is no MIDI output named 'synth'."
    assert stage.attend_all() == [problem]
    for second in range(1, 6):
        stage.go(second * 1000)
    assert stage.attend_all() == []
    assert len(stage.world.senders) == 7, "one try a second"
    stage.world.there = True
    stage.go(6000)
    assert "is back after 6.0 s" in stage.attend_all()[0]


def test_a_port_that_refuses_a_message_is_opened_anew():
    stage = staged(patient=False)
    stage.note(1, 10, 900)
    stage.go(20)
    stage.world.latest.lose_port()
    assert "is gone" in stage.attend_all()[0]
    stage.go(30)
    assert "is back after 0.0 s" in stage.attend_all()[0]
    assert (20, off(61)) in stage.heard or (30, off(61)) in stage.heard


def test_one_that_dies_as_its_port_goes_is_followed_by_silence_not_by_another_port():
    """Nobody has said yet that the port is gone."""
    stage = staged(patient=False)
    stage.world.there = False
    stage.world.latest.die()
    lines = stage.attend_all() + stage.attend_all()
    assert lines[-1] == "Playing goes on silently: There is no MIDI output named 'synth'."
    assert stage.world.latest.request.backend == "none"
    stage.note(1, 10, 20)
    stage.go(30)
    assert stage.of_note(1) == [(0x90, False), (0x80, False)]
    stage.world.there = True
    stage.go(1100)
    assert "is back" in stage.attend_all()[0]


def test_a_virtual_port_that_was_made_anew_is_to_be_connected_again():
    stage = staged(virtual=True, patient=False)
    stage.world.latest.die()
    said = stage.attend_all() + stage.attend_all()
    assert said[1].startswith(
        "The virtual port 'synth' (jazz-improv) was made again; connect it again"
    )
    assert stage.world.latest.only == "virtual"


def test_on_a_virtual_port_what_sounded_is_released_until_somebody_is_connected_again():
    """The first offs went out when nobody was; what has begun since is left alone."""
    stage = staged(virtual=True, patient=False)
    moved = []
    stage.out.moved = lambda role, info: moved.append((role, info.name))
    stage.note(1, 10, 900)
    stage.note(2, 10, 900, channel=1)
    stage.go(50)
    stage.world.latest.die()
    stage.attend_all()
    assert moved == [("out", "synth")], "who watches the ports is told"
    stage.note(3, 500, 5000, pitch=62, channel=1)  # strikes the pitch of the second note again
    stage.plan(0, 500, b"\xb1\x40\x7f")
    stage.out.flush()
    stage.go(999)
    del stage.world.heard[:]
    for ms in range(1000, 40_000, 100):
        stage.go(ms)
    offs = [ms for ms, data in stage.heard if data == off(61)]
    assert len(offs) == 6
    assert 1000 <= offs[0] <= 1200
    assert offs[-1] <= 32_300
    first = [data for ms, data in stage.heard if ms < 1500]
    assert b"\xb0\x40\x00" in first
    assert b"\xb1\x40\x00" not in first, "a pedal that went down since stays down"
    assert next(ms for ms, data in stage.heard if data == off(62, 1)) == 5000


def test_silence_in_between_takes_back_what_is_planned():
    stage = staged()
    stage.note(1, 10, 900)
    stage.note(2, 500, 900)
    stage.go(50)
    stage.out.silence()
    stage.go(1000)
    assert [data for _, data in stage.heard if data[0] in (0x80, 0x90)] == [on(61), off(61)]
    stage.world.latest.die()
    stage.attend_all()
    stage.world.latest.open()
    stage.go(2000)
    assert on(62) not in [data for _, data in stage.heard]


def test_a_note_dropped_while_nobody_was_there_does_not_come_with_a_new_plan():
    stage = staged()
    stage.note(1, 100, 200)
    stage.world.latest.die()
    stage.attend_all()
    stage.go(150)
    stage.world.latest.open()
    stage.out.replan(0, [Planned(1, 160 * MS, on(61)), Planned(1, 300 * MS, off(61))])
    stage.go(400)
    assert on(61) not in [data for _, data in stage.heard]
    assert stage.of_note(1) == [(0x90, True)]


def test_a_sender_that_hangs_is_ended_and_replaced():
    """It is there, and takes no notice of its deadlines: as one that is stopped, or whose driver blocks."""
    stage = staged()
    stage.note(1, 10, 500)
    stage.world.latest.queue = SendQueue()  # it has forgotten everything
    for until_ms in (500, 1000, 1900, 2100):
        stage.go(until_ms)
        assert stage.world.latest.alive
    stage.go(2700)
    assert not stage.world.senders[0].alive
    assert stage.attend_all() == ["The sender process ended (status -9); another one plays on."]


def test_a_sender_with_nothing_to_send_does_not_hang():
    stage = staged()
    stage.note(1, 10, 500)
    for second in range(1, 10):
        stage.go(second * 1000)
    assert stage.world.latest.alive


def test_after_a_pause_of_this_process_a_sender_whose_reports_are_unread_does_not_hang():
    """The machine stood still, or Ctrl-Z: one look is not enough."""
    stage = staged()
    stage.note(1, 10, 500)
    stage.world.clock._now_ns += 60_000 * MS
    stage.out.flush()
    stage.go(60_100)
    stage.go(61_000)
    assert stage.world.latest.alive


def test_an_off_that_a_sender_sent_last_is_sent_again_by_the_next():
    """It was reported, and yet may not have left the library that died with the sender."""
    stage = staged()
    stage.note(1, 10, 300)
    stage.note(2, 10, 700)
    stage.go(750)
    stage.world.latest.die()
    stage.go(800)
    stage.attend_all()
    stage.world.latest.open()
    stage.go(1000)
    again = [data for ns, data in stage.heard if ns > 750 and data[0] == 0x80]
    assert again == [off(62)], "that of note 1 was 450 ms ago"


def test_a_system_that_did_not_answer_and_has_our_port_still_is_played_on_by_the_same_sender():
    """No note is struck again, and a virtual port keeps its connections."""
    stage = staged()
    stage.note(1, 10, 500)
    stage.go(50)
    silent, again = PortEvent(OUT, "synth", False, False), PortEvent(OUT, "synth", True, True, True)
    assert stage.attend(silent) == ("JACK does not answer; playing goes on silently until it does.")
    stage.note(2, 100, 700)
    stage.go(200)
    assert stage.attend(again) == "JACK answers again."
    stage.go(800)
    assert len(stage.world.senders) == 1
    assert [data for _, data in stage.heard] == [on(61), on(62), off(61), off(62)]
    counters = stage.out.quit()
    assert (counters["reconnects"], counters["unheard"]) == (0, 0)


def test_a_sender_that_was_refused_a_message_is_replaced_though_its_port_is_listed():
    stage = staged()
    stage.note(1, 10, 500)
    stage.go(50)
    stage.world.latest.lose_port()
    stage.attend_all()
    stage.attend(PortEvent(OUT, "synth", True, True, True))
    assert len(stage.world.senders) == 2


def test_a_port_that_went_is_opened_anew_though_our_end_of_it_is_still_there():
    stage = staged()
    stage.attend(LOST)
    stage.attend(PortEvent(OUT, "synth", True, True, True))
    assert len(stage.world.senders) == 2
