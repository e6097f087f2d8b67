"""The rules of the send queue: order, lateness, who owns a pitch, silence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from improv.midi.messages import Planned
from improv.midi.send_queue import LATE_NS, SendQueue

ON, OFF = 0x90, 0x80


def on(pitch: int, velocity: int = 90, channel: int = 0) -> bytes:
    return bytes((ON | channel, pitch, velocity))


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes((OFF | channel, pitch, 64))


def plans(*messages: tuple[int, int, bytes]) -> list[Planned]:
    return [Planned(*message) for message in messages]


def sent(queue: SendQueue, now_ns: int) -> list[tuple[int, bytes]]:
    return [(due.deadline_ns, due.data) for due in queue.due(now_ns) if not due.dropped]


def test_nothing_is_due_before_its_deadline():
    queue = SendQueue()
    queue.plan(Planned(1, 100, on(60)))
    assert queue.next_deadline_ns == 100
    assert sent(queue, 99) == []
    assert sent(queue, 100) == [(100, on(60))]
    assert queue.next_deadline_ns is None


def test_at_one_instant_offs_go_first_then_controls_then_ons():
    queue = SendQueue()
    queue.plan(Planned(1, 0, on(60)))
    queue.due(0)
    queue.plan(Planned(2, 10, on(62)))
    queue.plan(Planned(0, 10, b"\xb0\x40\x00"))
    queue.plan(Planned(1, 10, off(60)))
    assert [data for _, data in sent(queue, 10)] == [off(60), b"\xb0\x40\x00", on(62)]


def test_a_late_on_is_dropped_and_counted_and_its_off_is_not_sent():
    queue = SendQueue()
    queue.plan(Planned(1, 0, on(60)))
    queue.plan(Planned(1, 50, off(60)))
    due = queue.due(LATE_NS + 1)
    assert [(d.data, d.dropped) for d in due] == [(on(60), True)]
    assert queue.counters.dropped_ons == 1
    assert queue.silence(LATE_NS + 1) == []


def test_an_off_is_sent_however_late_it_is():
    queue = SendQueue()
    queue.plan(Planned(1, 0, on(60)))
    queue.due(0)
    queue.plan(Planned(1, 10, off(60)))
    assert sent(queue, 100 * LATE_NS) == [(10, off(60))]


def test_a_pitch_struck_again_is_released_first_and_the_old_off_cannot_cut_it():
    queue = SendQueue()
    queue.plan(Planned(1, 0, on(60)))
    queue.plan(Planned(1, 20, off(60)))
    queue.plan(Planned(2, 10, on(60)))
    queue.plan(Planned(2, 30, off(60)))
    assert [data for _, data in sent(queue, 30)] == [on(60), off(60), on(60), off(60)]
    assert queue.counters.ons == queue.counters.offs == 2


def test_an_off_of_nobodys_is_sent_where_it_cuts_nothing():
    queue = held(pitch=60)
    queue.plan(Planned(0, 1, off(60)))
    queue.plan(Planned(0, 1, off(62)))
    assert sent(queue, 1) == [(1, off(62))]


def test_velocity_zero_is_an_off():
    queue = SendQueue()
    queue.plan(Planned(1, 0, on(60)))
    queue.plan(Planned(1, 1, on(60, velocity=0)))
    assert sent(queue, 1) == [(0, on(60)), (1, off(60))]


def held(pitch: int = 60, end_ns: int = 100) -> SendQueue:
    """A queue where note 1 sounds until `end_ns`."""
    queue = SendQueue()
    queue.plan(Planned(1, 0, on(pitch)))
    queue.plan(Planned(1, end_ns, off(pitch)))
    queue.due(0)
    return queue


def test_notes_taken_back_take_their_offs_along_and_sounding_ones_keep_theirs():
    queue = held()
    queue.plan(Planned(2, 40, on(62)))
    queue.plan(Planned(2, 120, off(62)))
    queue.plan(Planned(3, 60, on(64)))
    queue.plan(Planned(3, 80, off(64)))
    assert queue.replan(50, []) == 2
    assert queue.counters.withdrawn == 2
    assert sent(queue, 200) == [(40, on(62)), (100, off(60)), (120, off(62))]


def test_a_new_plan_may_end_a_sounding_note_sooner_or_later():
    for end_ns in (60, 150):
        queue = held()
        queue.replan(50, plans((1, end_ns, off(60)), (2, 70, on(62)), (2, 90, off(62))))
        assert (end_ns, off(60)) in sent(queue, 200)
        assert queue.counters.offs == 2


def test_a_new_plan_may_move_an_off_that_is_planned_before_it():
    queue = held(end_ns=40)
    queue.replan(50, plans((1, 80, off(60))))
    assert sent(queue, 200) == [(80, off(60))]


def test_what_has_been_sent_is_not_sent_again():
    """Whoever plans anew may not have heard yet that a note was struck, or even that it ended."""
    queue = held(end_ns=10)
    queue.due(10)
    queue.plan(Planned(2, 20, on(62)))
    queue.due(20)
    queue.plan(Planned(3, 30, on(64)))
    again = [(1, 40, on(60)), (1, 50, off(60)), (2, 41, on(62)), (2, 51, off(62))]
    queue.replan(40, plans(*again, (3, 42, on(64)), (3, 52, off(64))))
    assert sent(queue, 200) == [(30, on(64)), (51, off(62)), (52, off(64))]


def test_a_note_that_was_dropped_does_not_come_again():
    queue = SendQueue()
    queue.plan(Planned(1, 0, on(60)))
    assert queue.due(LATE_NS + 1)[0].dropped
    queue.replan(0, plans((1, LATE_NS + 2, on(60)), (1, LATE_NS + 3, off(60))))
    assert queue.due(LATE_NS + 9) == []


def test_at_one_instant_the_clock_goes_before_the_notes_it_counts():
    queue = held(end_ns=10)
    position = b"\xf2\x10\x00"
    for data in (on(62), b"\xf8", b"\xfb", position, b"\xfc", b"\xb0\x07\x64"):
        queue.plan(Planned(2 if data == on(62) else 0, 10, data))
    assert [data for _, data in sent(queue, 10)] == [
        off(60), b"\xfc", position, b"\xfb", b"\xf8", b"\xb0\x07\x64", on(62),
    ]  # fmt: skip


def test_pulses_are_sent_however_late_and_belong_to_no_channel():
    queue = SendQueue()
    for index in range(24):
        queue.plan(Planned(0, index, b"\xf8"))
    assert len(sent(queue, 100 * LATE_NS)) == 24
    assert queue.silence(200 * LATE_NS) == [], "0xF8 is not channel 9"


def test_whoever_was_started_is_stopped_at_the_end():
    queue = SendQueue()
    assert queue.stop_clock(0) == []
    for start in (b"\xfa", b"\xfb"):
        queue.plan(Planned(0, 0, start))
        queue.due(0)
        assert [due.data for due in queue.stop_clock(5)] == [b"\xfc"]
        assert queue.stop_clock(6) == []


def test_ons_that_are_late_but_sent_are_counted():
    queue = SendQueue()
    for note_id, late_ns in enumerate((0, 5_000_000, 5_000_001, LATE_NS, LATE_NS + 1), start=1):
        queue.plan(Planned(note_id, -late_ns, on(60 + note_id)))
    queue.due(0)
    assert (queue.counters.late, queue.counters.dropped_ons) == (2, 1)


def test_what_another_sender_left_is_released_and_does_not_come_again():
    queue = SendQueue()
    released = [due.data for due in queue.release([(1, 0, 60), (2, 9, 38)], {0, 9}, 5)]
    assert released[:2] == [off(60), off(38, 9)]
    assert released[2:] == [
        bytes(data)
        for channel in (0, 9)
        for data in ((0xB0 | channel, 64, 0), (0xB0 | channel, 123, 0), (0xE0 | channel, 0, 64))
    ]
    queue.plan(Planned(1, 10, off(60)))
    queue.plan(Planned(2, 10, on(38, channel=9)))
    assert queue.due(10) == []


def test_silence_releases_notes_pedal_and_wheel_on_every_channel_used():
    queue = SendQueue()
    for channel in (0, 3, 9):
        queue.plan(Planned(channel + 1, 0, on(60 + channel, channel=channel)))
    queue.plan(Planned(0, 0, b"\xb3\x40\x7f"))
    queue.plan(Planned(1, 5, off(60)))
    queue.due(0)
    silence = [due.data for due in queue.silence(1)]
    assert silence[:3] == [off(60), off(63, 3), off(69, 9)]
    for channel in (0, 3, 9):
        assert bytes((0xB0 | channel, 64, 0)) in silence
        assert bytes((0xE0 | channel, 0, 64)) in silence
    assert len(queue) == 0
    assert [due.data for due in queue.silence(2)] == silence[3:], "no note is released twice"


notes = st.lists(
    st.tuples(
        st.integers(0, 500),  # onset, in ms
        st.integers(1, 300),  # length, in ms
        st.integers(60, 64),  # few pitches, so that they collide
        st.integers(0, 1),
    ),
    max_size=30,
)


def check_as_heard(stream: list[bytes]) -> None:
    """A listener's view: notes never overlap themselves, no off comes twice, none is left on."""
    sounding: set[tuple[int, int]] = set()
    for data in stream:
        key = (data[0] & 0x0F, data[1] if len(data) > 1 else 0)
        if data[0] & 0xF0 == ON:
            assert key not in sounding
            sounding.add(key)
        elif data[0] & 0xF0 == OFF:
            assert key in sounding
            sounding.remove(key)
    assert not sounding


@given(notes=notes, wakes=st.lists(st.integers(0, 1200), max_size=12), stop=st.integers(0, 1200))
def test_whatever_is_planned_and_whenever_it_wakes_every_on_has_one_off(notes, wakes, stop):
    queue = SendQueue()
    for note_id, (onset, length, pitch, channel) in enumerate(notes, start=1):
        queue.plan(Planned(note_id, onset * 1_000_000, on(pitch, channel=channel)))
        queue.plan(Planned(note_id, (onset + length) * 1_000_000, off(pitch, channel)))
    stream = []
    for wake in sorted(wake for wake in wakes if wake < stop):
        stream += [due.data for due in queue.due(wake * 1_000_000) if not due.dropped]
    stream += [due.data for due in queue.silence(stop * 1_000_000)]
    check_as_heard(stream)


message = st.tuples(
    st.integers(0, 6),  # note_id; 0 is no note
    st.integers(0, 400),  # deadline, in ms
    st.sampled_from(["on", "off", "velocity 0", "pedal", "pulse", "start"]),
)
action = st.one_of(
    st.tuples(st.just("plan"), message),
    st.tuples(st.just("replan"), st.tuples(st.integers(0, 400), st.lists(message, max_size=6))),
    st.tuples(st.just("due"), st.integers(0, 60)),
    st.tuples(st.just("silence"), st.none()),
)


def spelled(message: tuple[int, int, str]) -> Planned:
    """A message whose pitch follows from its note: few pitches, so that notes collide."""
    note_id, deadline_ms, kind = message
    pitch = 60 + note_id % 3
    data = {
        "on": on(pitch) if note_id else b"\xb0\x01\x05",
        "off": off(pitch) if note_id else b"\xb0\x01\x06",
        "velocity 0": on(pitch, velocity=0) if note_id else b"\xe0\x00\x50",
        "pedal": b"\xb0\x40\x7f",
        "pulse": b"\xf8",
        "start": b"\xfa",
    }[kind]
    return Planned(note_id if data[0] < 0xA0 else 0, deadline_ms * 1_000_000, data)


@given(st.lists(action, max_size=25))
def test_whatever_is_planned_anew_a_listener_hears_whole_notes_each_once(actions):
    queue, now_ns, stream, struck = SendQueue(), 0, [], []

    def passed(messages):
        stream.extend(due.data for due in messages if not due.dropped)
        struck.extend(due.note_id for due in messages if due.data[0] & 0xF0 == ON)

    for kind, what in actions:
        if kind == "plan":
            queue.plan(spelled(what))
        elif kind == "replan":
            queue.replan(what[0] * 1_000_000, [spelled(message) for message in what[1]])
        elif kind == "due":
            now_ns += what * 1_000_000
            passed(queue.due(now_ns))
        else:
            passed(queue.silence(now_ns))
            assert len(queue) == 0
            check_as_heard(stream)  # nothing sounds after silence
    passed(queue.silence(now_ns))
    check_as_heard(stream)
    assert len(struck) == len(set(struck)), "each note is struck, or dropped, once"
    assert queue.counters.ons == queue.counters.offs
