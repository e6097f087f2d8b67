"""The sender process, from the performer's side: real pipes, a real JACK port, and every way it can end."""

from __future__ import annotations

import os
import queue
import signal

import jack
import pytest

from improv.clock import MonotonicClock
from improv.errors import PortError, SenderError
from improv.midi.events import Gone, Report
from improv.midi.messages import Planned
from improv.midi.ports import PortRequest
from improv.midi.sender_process import Broken, SenderProcess

MS = 1_000_000
CLOCK = MonotonicClock()


def on(pitch: int) -> bytes:
    return bytes((0x90, pitch, 90))


def off(pitch: int) -> bytes:
    return bytes((0x80, pitch, 64))


@pytest.fixture
def inbox():
    return queue.SimpleQueue()


def started(inbox, name=None, backend="none"):
    sender = SenderProcess(PortRequest(name, backend), inbox)
    return sender, *sender.opened(CLOCK)


def reports(inbox, count):
    items = [CLOCK.wait(inbox, CLOCK.now_ns() + 5000 * MS) for _ in range(count)]
    assert all(isinstance(item, Report) for item in items), items
    return items


def test_messages_are_sent_in_order_at_or_after_their_deadlines_and_reported(inbox):
    sender, info, _ = started(inbox)
    assert info.backend == "none"
    start_ns = CLOCK.now_ns() + 20 * MS
    planned = []
    for index in range(10):
        planned.append((index + 1, start_ns + index * 5 * MS, on(60 + index)))
        planned.append((index + 1, start_ns + index * 5 * MS + 4 * MS, off(60 + index)))
    for note_id, deadline_ns, data in reversed(planned):
        sender.plan(Planned(note_id, deadline_ns, data))
    sender.flush()
    heard = reports(inbox, 20)
    assert [(r.note_id, r.planned_ns, r.data) for r in heard] == planned
    assert all(r.sent_ns >= r.planned_ns for r in heard)
    counters = sender.quit()
    assert (counters["ons"], counters["offs"]) == (10, 10)


def test_quit_silences_a_note_that_sounds_and_takes_back_the_rest(inbox):
    sender, _, _ = started(inbox)
    now_ns = CLOCK.now_ns()
    sender.plan(Planned(1, now_ns, on(60)))
    sender.plan(Planned(1, now_ns + 60_000 * MS, off(60)))
    sender.plan(Planned(2, now_ns + 30_000 * MS, on(64)))
    sender.flush()
    reports(inbox, 1)
    sender.quit()
    rest = []
    while not isinstance(item := inbox.get(timeout=5), Gone):
        rest.append(item.data)
    assert rest[0] == off(60)
    assert on(64) not in rest
    assert sender.quit() == sender.quit(), "safe to call again"


def test_notes_taken_back_are_not_sent(inbox):
    sender, _, _ = started(inbox)
    now_ns = CLOCK.now_ns()
    sender.plan(Planned(1, now_ns + 40 * MS, on(60)))
    sender.plan(Planned(1, now_ns + 60 * MS, off(60)))
    sender.plan(Planned(2, now_ns + 50 * MS, on(64)))
    sender.plan(Planned(2, now_ns + 70 * MS, off(64)))
    sender.replan(now_ns + 45 * MS, [])
    assert [r.data for r in reports(inbox, 2)] == [on(60), off(60)]
    counters = sender.quit()
    assert (counters["ons"], counters["withdrawn"]) == (1, 2)


def test_a_new_plan_takes_the_place_of_the_old_one_at_once(inbox):
    sender, _, _ = started(inbox)
    now_ns = CLOCK.now_ns()
    sender.plan(Planned(1, now_ns, on(60)))
    sender.plan(Planned(1, now_ns + 60_000 * MS, off(60)))
    sender.plan(Planned(2, now_ns + 60_000 * MS, on(64)))
    sender.flush()
    reports(inbox, 1)
    again = [Planned(1, now_ns, on(60)), Planned(1, now_ns + 50 * MS, off(60))]
    again += [Planned(3, now_ns + 60 * MS, on(65)), Planned(3, now_ns + 61 * MS, off(65))]
    sender.replan(now_ns, again)
    assert [r.data for r in reports(inbox, 3)] == [off(60), on(65), off(65)]
    sender.quit()


def test_silence_is_not_the_end(inbox):
    sender, _, _ = started(inbox)
    now_ns = CLOCK.now_ns()
    sender.plan(Planned(1, now_ns, on(60)))
    sender.plan(Planned(1, now_ns + 60_000 * MS, off(60)))
    sender.flush()
    reports(inbox, 1)
    sender.silence()
    assert [r.data for r in reports(inbox, 4)] == [
        off(60), b"\xb0\x40\x00", b"\xb0\x7b\x00", b"\xe0\x00\x40",
    ]  # fmt: skip
    sender.plan(Planned(2, CLOCK.now_ns(), on(62)))
    sender.flush()
    assert [r.data for r in reports(inbox, 1)] == [on(62)]
    sender.quit()


def test_a_sender_releases_what_another_one_left(inbox):
    sender, _, _ = started(inbox)
    sender.release([(7, 0, 60), (8, 9, 38)], [0, 9])
    sender.plan(Planned(7, CLOCK.now_ns(), off(60)))
    sender.flush()
    heard = reports(inbox, 8)
    assert [(r.note_id, r.data) for r in heard[:2]] == [(7, off(60)), (8, b"\x89\x26\x40")]
    assert {r.data for r in heard[2:]} >= {b"\xb9\x40\x00", b"\xb9\x7b\x00", b"\xe9\x00\x40"}
    assert sender.quit()["offs"] == 2


def test_a_port_that_breaks_is_passed_on(inbox):
    sender, _, _ = started(inbox)
    sender._hear("broken", "The port 'x' refuses the messages it is sent (gone).")
    assert inbox.get_nowait() == Broken(
        sender.pid, "The port 'x' refuses the messages it is sent (gone)."
    )
    sender.quit()
    assert inbox.get(timeout=5) == Gone(sender.pid)


def test_a_sender_that_does_not_read_holds_up_nobody(inbox):
    """More than any pipe takes is planned while it stands still; once it goes on, all of it comes."""
    sender, _, _ = started(inbox)
    os.kill(sender.pid, signal.SIGSTOP)
    for note_id in range(1, 5001):
        sender.plan(Planned(note_id, 0, off(60)))
    sender.flush()
    sender.plan(Planned(0, 0, b"\xf8"))
    os.kill(sender.pid, signal.SIGCONT)
    while not isinstance(item := CLOCK.wait(inbox, CLOCK.now_ns() + 10 * MS), Report):
        assert item is None
        sender.flush()
    sender.quit()
    assert item.data == b"\xf8", "nobody's offs are not sent"


def test_a_sender_that_is_killed_is_noticed_and_said(inbox):
    sender, _, _ = started(inbox)
    os.kill(sender.pid, signal.SIGKILL)
    assert isinstance(inbox.get(timeout=5), Gone)
    with pytest.raises(SenderError, match=r"ended by itself \(status -9\)"):
        for _ in range(1000):
            sender.plan(Planned(1, 0, on(60)))
            sender.flush()
    assert sender.quit() == {}


def test_modules_in_the_users_folder_do_not_get_into_the_sender(inbox, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("queue.py", "json.py", "improv.py"):
        (tmp_path / name).write_text("raise RuntimeError('not this one')\n")
    sender, info, _ = started(inbox)
    assert info.backend == "none"
    sender.quit()


def test_without_a_midi_system_a_named_port_is_refused(inbox, monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none-of-this-name")
    sender = SenderProcess(PortRequest("IAC Bus 1", "jack"), inbox)
    with pytest.raises(PortError, match=r"no JACK server is running, so port 'IAC Bus 1' cannot"):
        sender.opened(CLOCK)
    sender.quit()


@pytest.mark.jack
class TestJack:
    """The same through a JACK port, heard by a capture client."""

    @pytest.fixture
    def capture(self, jack_server):
        capture = jack.Capture()
        yield capture
        capture.close()

    @pytest.fixture
    def sender(self, jack_server, inbox, capture):
        sender, info, _ = started(inbox, name="probe", backend="jack")
        assert (info.name, info.backend, info.virtual) == ("probe", "jack", True)
        jack.connect(jack_server, "jazz-improv:probe", capture.port)
        yield sender
        sender.quit()

    def hold_three_notes(self, sender, capture):
        """Three channels sounding for a minute to come, pedal down, wheel bent."""
        now_ns = CLOCK.now_ns()
        for channel in range(3):
            pitch = 60 + channel
            sender.plan(Planned(channel + 1, now_ns, bytes((0x90 | channel, pitch, 90))))
            sender.plan(
                Planned(channel + 1, now_ns + 60_000 * MS, bytes((0x80 | channel, pitch, 64)))
            )
            sender.plan(Planned(0, now_ns, bytes((0xB0 | channel, 64, 127))))
            sender.plan(Planned(0, now_ns, bytes((0xE0 | channel, 0, 100))))
        sender.flush()
        heard = [data for _, data in capture.wait_for(9)]
        assert jack.sounding(heard) == {(0, 60), (1, 61), (2, 62)}

    def assert_silent(self, capture):
        capture.wait_until(lambda data: data[0] == 0xE2)
        heard = [data for _, data in capture.received]
        assert jack.sounding(heard) == set()
        for channel in range(3):
            assert heard.count(bytes((0xB0 | channel, 64, 0))) == 1, "pedal up"
            assert bytes((0xE0 | channel, 0, 64)) in heard, "wheel centred"

    def test_what_is_reported_is_what_arrives(self, sender, capture, inbox):
        start_ns = CLOCK.now_ns() + 20 * MS
        for index in range(50):
            sender.plan(Planned(index + 1, start_ns + index * 4 * MS, on(40 + index)))
            sender.plan(Planned(index + 1, start_ns + index * 4 * MS + 4 * MS, off(40 + index)))
        sender.flush()
        sent = [report.data for report in reports(inbox, 100)]
        assert [data for _, data in capture.wait_for(100)] == sent

    def test_quit_is_silent(self, sender, capture):
        self.hold_three_notes(sender, capture)
        sender.quit()
        self.assert_silent(capture)

    @pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
    def test_signals_to_the_sender_leave_nothing_sounding(self, sender, capture, name):
        """SIGTERM ends it in silence; the others are not for it, and quitting still is silent."""
        self.hold_three_notes(sender, capture)
        os.kill(sender.pid, getattr(signal, name))
        if name != "SIGTERM":
            sender.quit()
        self.assert_silent(capture)

    def test_an_existing_port_is_opened_by_part_of_its_name(self, jack_server, capture, inbox):
        sender, info, _ = started(inbox, name="capture", backend="jack")
        assert (info.name, info.virtual) == ("capture:in", False)
        sender.plan(Planned(1, CLOCK.now_ns(), on(60)))
        sender.flush()
        capture.wait_for(1)
        sender.quit()
        assert jack.sounding([data for _, data in capture.rest()]) == set()

    def test_a_port_that_must_exist_is_not_made(self, jack_server, inbox):
        sender = SenderProcess(PortRequest("nobody has this", "jack"), inbox, only="existing")
        with pytest.raises(PortError, match=r"There is no MIDI port named 'nobody has this' now"):
            sender.opened(CLOCK)
        sender.quit()

    def test_a_second_player_gets_a_client_name_of_its_own_and_says_so(self, jack_server, inbox):
        """So that what the user is told to connect is the right one of two."""
        first, first_info, _ = started(inbox, backend="jack")
        second, second_info, _ = started(inbox, backend="jack")
        assert (first_info.client, second_info.client) == ("jazz-improv", "jazz-improv-2")
        assert {"jazz-improv:jazz-improv", "jazz-improv-2:jazz-improv"} <= set(
            jack.ports(jack_server)
        )
        first.quit()
        second.quit()

    def test_an_ambiguous_name_is_refused_with_the_candidates(self, jack_server, capture, inbox):
        other = jack.Capture(client="capture two")
        try:
            sender = SenderProcess(PortRequest("apture", "jack"), inbox)
            with pytest.raises(PortError, match=r"capture:in.*capture two:in"):
                sender.opened(CLOCK)
            sender.quit()
        finally:
            other.close()
