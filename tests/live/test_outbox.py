"""The rules of the outbox: order, lateness, who owns a pitch, silence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from improv.live.outbox import LATE_NS, Outbox

ON, OFF = 0x90, 0x80


def on(pitch: int, velocity: int = 90, channel: int = 0) -> bytes:
    return bytes((ON | channel, pitch, velocity))


def off(pitch: int, channel: int = 0) -> bytes:
    return bytes((OFF | channel, pitch, 64))


def sent(outbox: Outbox, now_ns: int) -> list[tuple[int, bytes]]:
    return [(due.deadline_ns, due.data) for due in outbox.due(now_ns) if not due.dropped]


def test_nothing_is_due_before_its_deadline():
    outbox = Outbox()
    outbox.plan(100, 1, on(60))
    assert outbox.next_deadline_ns == 100
    assert sent(outbox, 99) == []
    assert sent(outbox, 100) == [(100, on(60))]
    assert outbox.next_deadline_ns is None


def test_at_one_instant_offs_go_first_then_controls_then_ons():
    outbox = Outbox()
    outbox.plan(0, 1, on(60))
    outbox.due(0)
    outbox.plan(10, 2, on(62))
    outbox.plan(10, 0, b"\xb0\x40\x00")
    outbox.plan(10, 1, off(60))
    assert [data for _, data in sent(outbox, 10)] == [off(60), b"\xb0\x40\x00", on(62)]


def test_a_late_on_is_dropped_and_counted_and_its_off_is_not_sent():
    outbox = Outbox()
    outbox.plan(0, 1, on(60))
    outbox.plan(50, 1, off(60))
    due = outbox.due(LATE_NS + 1)
    assert [(d.data, d.dropped) for d in due] == [(on(60), True)]
    assert outbox.counters.dropped_ons == 1
    assert outbox.sounding == frozenset()


def test_an_off_is_sent_however_late_it_is():
    outbox = Outbox()
    outbox.plan(0, 1, on(60))
    outbox.due(0)
    outbox.plan(10, 1, off(60))
    assert sent(outbox, 100 * LATE_NS) == [(10, off(60))]


def test_a_pitch_struck_again_is_released_first_and_the_old_off_cannot_cut_it():
    outbox = Outbox()
    outbox.plan(0, 1, on(60))
    outbox.plan(20, 1, off(60))
    outbox.plan(10, 2, on(60))
    outbox.plan(30, 2, off(60))
    assert [data for _, data in sent(outbox, 30)] == [on(60), off(60), on(60), off(60)]
    assert outbox.counters.ons == outbox.counters.offs == 2


def test_velocity_zero_is_an_off():
    outbox = Outbox()
    outbox.plan(0, 1, on(60))
    outbox.plan(1, 1, on(60, velocity=0))
    assert sent(outbox, 1) == [(0, on(60)), (1, off(60))]


def test_withdrawn_notes_take_their_offs_along_and_sounding_ones_keep_theirs():
    outbox = Outbox()
    outbox.plan(0, 1, on(60))
    outbox.plan(100, 1, off(60))
    outbox.plan(40, 2, on(62))
    outbox.plan(120, 2, off(62))
    outbox.plan(60, 3, on(64))
    outbox.plan(80, 3, off(64))
    outbox.due(0)
    assert outbox.withdraw(50) == 2
    assert sent(outbox, 200) == [(40, on(62)), (100, off(60)), (120, off(62))]


def test_silence_releases_notes_pedal_and_wheel_on_every_channel_used():
    outbox = Outbox()
    for channel in (0, 3, 9):
        outbox.plan(0, channel + 1, on(60 + channel, channel=channel))
    outbox.plan(0, 0, b"\xb3\x40\x7f")
    outbox.plan(5, 1, off(60))
    outbox.due(0)
    silence = [due.data for due in outbox.silence(1)]
    assert silence[:3] == [off(60), off(63, 3), off(69, 9)]
    for channel in (0, 3, 9):
        assert bytes((0xB0 | channel, 64, 0)) in silence
        assert bytes((0xE0 | channel, 0, 64)) in silence
    assert outbox.sounding == frozenset()
    assert len(outbox) == 0


notes = st.lists(
    st.tuples(
        st.integers(0, 500),  # onset, in ms
        st.integers(1, 300),  # length, in ms
        st.integers(60, 64),  # few pitches, so that they collide
        st.integers(0, 1),
    ),
    max_size=30,
)


@given(notes=notes, wakes=st.lists(st.integers(0, 1200), max_size=12), stop=st.integers(0, 1200))
def test_whatever_is_planned_and_whenever_it_wakes_every_on_has_one_off(notes, wakes, stop):
    """A listener's view: notes never overlap themselves, none is left on."""
    outbox = Outbox()
    for note_id, (onset, length, pitch, channel) in enumerate(notes, start=1):
        outbox.plan(onset * 1_000_000, note_id, on(pitch, channel=channel))
        outbox.plan((onset + length) * 1_000_000, note_id, off(pitch, channel))
    stream = []
    for wake in sorted(wake for wake in wakes if wake < stop):
        stream += [due.data for due in outbox.due(wake * 1_000_000) if not due.dropped]
    stream += [due.data for due in outbox.silence(stop * 1_000_000)]
    sounding: set[tuple[int, int]] = set()
    for data in stream:
        key = (data[0] & 0x0F, data[1])
        if data[0] & 0xF0 == ON:
            assert key not in sounding
            sounding.add(key)
        elif data[0] & 0xF0 == OFF:
            assert key in sounding
            sounding.remove(key)
    assert not sounding
