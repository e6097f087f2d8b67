"""All outputs together: which port a message goes to, one replaced beside another, and every way out."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from senders import MS, Stage, off, on

from improv.errors import PortError
from improv.midi.events import CLOCK_IN, CLOCK_OUT, OUT, PortEvent, Realtime, Said
from improv.midi.messages import Planned
from improv.midi.outputs import Outputs
from improv.midi.ports import PortRequest

LOST, BACK = PortEvent(OUT, "synth", False), PortEvent(OUT, "synth", True)


def staged(clock_port=None, **world):
    """The outputs, opened; the clock has a port of its own where one is named."""

    def make(world, inbox):
        clock_request = PortRequest(clock_port, "jack") if clock_port else None
        wanted = PortRequest("synth", "jack")
        return Outputs(wanted, clock_request, inbox, world.clock, world.make, world.release)

    return Stage(make, **world)


def test_it_opens_and_plays_as_one_sender_does():
    stage = staged()
    assert (stage.port.name, stage.realtime) == ("synth", Realtime(True))
    stage.note(1, 10, 20)
    stage.go(30)
    assert stage.heard == [(10, on(61)), (20, off(61))]
    assert [report.note_id for report in stage.reports] == [1, 1]
    assert stage.out.quit()["ons"] == 1


def test_what_opening_raises_comes_out():
    with pytest.raises(PortError, match="There is none"):
        staged(there=False)


class TestClockPort:
    """The clock's own port has a sender of its own."""

    def stage(self):
        stage = staged(clock_port="daw", patient=False)
        assert stage.out.clock_port.name == "daw"
        return stage, *stage.world.senders

    def test_system_messages_go_there_and_nothing_else_does(self):
        stage, notes, clock = self.stage()
        stage.note(1, 10, 20)
        stage.out.replan(15 * MS, [Planned(1, 30 * MS, off(61)), Planned(0, 20 * MS, b"\xf8")])
        assert (len(notes.queue), len(clock.queue)) == (2, 1)

    def test_a_sender_that_is_replaced_leaves_the_others_port_alone(self):
        stage, notes, clock = self.stage()
        clock.die()
        stage.attend_all()
        assert stage.world.latest.request.name == "daw"
        assert notes.alive
        assert stage.attend(PortEvent(CLOCK_OUT, "daw", False)).startswith("The port 'daw'")
        assert stage.attend(PortEvent(CLOCK_IN, "daw", False)) is None

    def test_pulses_are_made_up_for_after_a_moment_and_forgotten_after_an_absence(self):
        for lost in (False, True):
            stage, _, clock = self.stage()
            stage.world.patient = True
            for index in range(10):
                stage.out.plan(Planned(0, index * 20 * MS, b"\xf8"))
            stage.out.flush()
            stage.go(30)  # two sent
            if lost:
                stage.attend(PortEvent(CLOCK_OUT, "daw", False))
            clock.die()
            stage.attend_all()
            if lost:
                stage.world.latest.die()
                stage.attend_all()
            stage.go(110)
            del stage.world.heard[:]
            if lost:
                stage.attend(PortEvent(CLOCK_OUT, "daw", True))
            stage.world.latest.open()
            if lost:
                stage.go(111)
                stage.world.latest.open()
            stage.go(500)
            assert [data for _, data in stage.heard] == [b"\xf8"] * (4 if lost else 8)


def test_it_can_be_left_at_any_moment_and_twice():
    for moment in ("playing", "dead", "restarting", "lost", "coming back"):
        stage = staged()
        stage.note(1, 10, 900)
        stage.note(2, 15, 900, channel=3)
        stage.go(50)
        if moment in ("dead", "restarting"):
            stage.world.latest.die()
        if moment == "restarting":
            stage.attend_all()
        if moment in ("lost", "coming back"):
            stage.attend(LOST)
        if moment == "coming back":
            stage.attend(BACK)
        del stage.world.heard[:]
        counters = stage.out.quit()
        heard = [data for _, data in stage.heard]
        assert {off(61), off(62, 3), b"\xb0\x40\x00", b"\xe3\x00\x40"} <= set(heard), moment
        assert all(data[0] & 0xF0 != 0x90 for data in heard)
        assert stage.out.quit() == counters
        assert not any(sender.alive for sender in stage.world.senders)
        assert stage.attend(LOST) is None
        stage.out.flush()


def ended(stage):
    """What is said at the end."""
    stage.out.quit()
    stage.look()
    return [item.text for item in stage.others if isinstance(item, Said)]


class TestTheLastRelease:
    """Where no sender of ours can be known to have silenced the port."""

    def test_another_process_has_it_where_every_sender_dies(self):
        stage = staged()
        stage.note(1, 10, 500)
        stage.go(50)
        stage.world.mortal = True
        stage.world.latest.die()
        assert ended(stage) == []
        assert stage.world.released == ["synth"]

    def test_it_is_said_where_the_port_is_virtual_and_went_with_its_senders(self):
        stage = staged(virtual=True)
        stage.note(1, 10, 500)
        stage.go(50)
        stage.world.mortal = True
        stage.world.latest.die()
        assert ended(stage) == [
            "Notes may sound on at the port 'synth': `jazz-improv panic` silences them."
        ]

    def test_it_is_said_where_the_midi_system_does_not_answer(self):
        stage = staged()
        stage.note(1, 10, 500)
        stage.go(50)
        stage.world.sticks = True
        assert ended(stage) == [
            "The MIDI system did not answer at the end. Notes may sound on at the port 'synth': "
            "`jazz-improv panic --port 'synth'` silences them."
        ]
        assert stage.world.released == ["synth"]
        assert len(stage.world.senders) == 1, "one more would wait as long"

    def test_it_is_said_where_a_port_was_gone_with_notes_and_is_not_back(self):
        stage = staged()
        stage.note(1, 10, 500)
        stage.go(50)
        stage.world.there = False
        stage.attend(LOST)
        assert "jazz-improv panic --port 'synth'" in ended(stage)[-1]
        assert stage.world.released == [], "there is no port to be silenced"

    def test_nothing_is_done_where_nothing_was_played_or_all_is_silent(self):
        stage = staged()
        stage.world.latest.die()
        assert (ended(stage), stage.world.released) == ([], [])
        stage = staged()
        stage.note(1, 10, 500)
        stage.go(50)
        assert (ended(stage), stage.world.released) == ([], [])


step = st.one_of(
    st.tuples(st.just("note"), st.integers(0, 300), st.integers(1, 400), st.integers(0, 3)),
    st.tuples(st.just("go"), st.integers(1, 200)),
    st.tuples(st.just("replan"), st.integers(0, 200)),
    st.tuples(st.just("die")),
    st.tuples(st.just("open")),
    st.tuples(st.just("lost")),
    st.tuples(st.just("back")),
    st.tuples(st.just("silence")),
)


@given(st.lists(step, max_size=30))
@example([("note", 0, 2, 0), ("go", 1), ("lost",), ("die",)])
def test_whatever_happens_nothing_is_left_sounding_and_no_report_is_missing(steps):
    """The synth keeps power while its port is away: only what it is sent counts."""
    stage = staged()
    ids = iter(range(1, 1000))
    planned, deaths = {}, 0
    for kind, *values in steps:
        now_ms = stage.world.clock.now_ns() // MS
        if kind == "note":
            after, length, pitch = values
            note_id = next(ids)
            planned[note_id] = pitch
            stage.note(note_id, now_ms + after, now_ms + after + length, 60 + pitch)
        elif kind == "go":
            stage.go(now_ms + values[0])
        elif kind == "replan":
            stage.out.replan((now_ms + values[0]) * MS, [])
        elif kind == "die" and deaths < 3:
            deaths += stage.world.latest.alive
            stage.world.latest.die()
        elif kind == "open":
            stage.world.latest.open()
        elif kind == "lost":
            stage.world.there = False
            stage.attend(LOST)
        elif kind == "back":
            stage.world.there = True
            stage.attend(BACK)
        elif kind == "silence":
            stage.out.silence()
        stage.attend_all()
    stage.world.there = True
    stage.attend(BACK)
    for _ in range(3):
        stage.world.latest.open()
        stage.attend_all()
    stage.out.quit()
    stage.look()
    sounding: set[tuple[int, int]] = set()
    for _, data in stage.world.heard:
        key = (data[0] & 0x0F, data[1])
        if data[0] & 0xF0 == 0x90:
            sounding.add(key)
        elif data[0] & 0xF0 == 0x80:
            sounding.discard(key)
    assert not sounding
    for note_id in planned:
        kinds = stage.of_note(note_id)
        assert kinds in ([], [(0x90, True)], [(0x90, False), (0x80, False)]), "each once, and whole"
    assert not any(isinstance(item, Said) and "{" in item.text for item in stage.others)
