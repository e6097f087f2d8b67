"""What comes in becomes notes: what is meant, what is at once, when it ends, where on the grid it is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from improv.midi.messages import NOTES_OFF, SUSTAIN, control, note_off, note_on
from improv.music.note import TICKS_PER_STEP, Note
from improv.music.swing import swing_tick
from improv.music.tempo import TempoMap
from improv.partner.ears import AT_ONCE_NS, MEANT_NS, Ears
from improv.partner.heard import HeardNote

MS = 1_000_000
BPM = 120
"""A beat lasts 500 ms: 480 ticks."""


def heard(*played, ratio=1.0, bpm=BPM, start_tick=0, **ears):
    """What is heard of messages, each (ms, bytes), and of nothing for a minute after them."""
    made = Ears(**ears)
    made.begin(TempoMap(bpm), start_tick, ratio)
    return fed(made, *played)


def fed(made, *played):
    out, last_ns = [], 0
    for ms, data in sorted(played, key=lambda row: row[0]):
        last_ns = round(ms * MS)
        made.hear(last_ns, data)
        out += made.heard(last_ns)
    return out + made.heard(last_ns + 60_000 * MS)


def note(ms, pitch, length_ms=200, velocity=80, channel=0):
    return [(ms, note_on(channel, pitch, velocity)), (ms + length_ms, note_off(channel, pitch))]


def kept(notes):
    """Each note as it was heard in the end."""
    out = []
    for each in notes:
        if each.replaces:
            out.pop()
        out.append(each)
    return out


def line(notes):
    return [(n.onset_tick, n.end_tick, n.pitch) for n in kept(notes)]


def test_a_note_is_given_when_it_is_meant_and_again_with_its_end():
    made = Ears()
    made.begin(TempoMap(BPM))
    made.hear(500 * MS, note_on(0, 60, 90))
    assert made.heard(500 * MS + MEANT_NS - 1) == []
    assert made.wake_ns() == 500 * MS + MEANT_NS
    assert made.heard(500 * MS + MEANT_NS) == [HeardNote(480, None, 60, 90, 480)]
    made.hear(735 * MS, note_off(0, 60))
    assert made.heard(735 * MS) == [HeardNote(480, 720, 60, 90, 480, replaces=True)]
    assert made.wake_ns() is None


def test_a_slip_is_no_note_and_a_note_struck_twice_is_one():
    slip, doubled = note(510, 61, 20), note(1000, 64, 15) + note(1025, 64, 300)
    other_channel = note(1510, 67, channel=4)
    played = [*note(500, 60), *slip, *doubled, *note(1500, 67), *other_channel]
    assert [(tick, pitch) for tick, _, pitch in line(heard(*played))] == [
        (480, 60), (960, 64), (1440, 67),
    ]  # fmt: skip


def test_a_grace_note_gives_way_to_the_note_it_leads_to():
    assert line(heard(*note(0, 60), *note(960, 63, 60), *note(1000, 64))) == [
        (0, 200, 60), (960, 1160, 64),
    ]  # fmt: skip
    assert len(line(heard(*note(940, 62, 50), *note(1000, 63), *note(1080, 64)))) == 3, "a run"


def test_two_at_once_are_the_top_of_a_line_and_three_are_comping():
    two = heard(*note(0, 60), *note(20, 64, 400))
    assert kept(two) == [HeardNote(0, 400, 64, 80, 0, (60,), replaces=True)]
    chord = kept(heard(*note(0, 60), *note(10, 64), *note(25, 70), *note(12, 57)))
    assert chord[0].under == (57, 60, 64) and chord[0].pitch == 70 and chord[0].is_comping
    later = heard(*note(0, 60), *note(AT_ONCE_NS / MS + 40, 64))
    assert [n.under for n in kept(later)] == [(), ()]


def test_a_line_over_held_chords_are_two_streams():
    chord = [row for pitch in (50, 54, 57) for row in note(0, pitch, 2000)]
    notes = heard(*chord, *note(500, 72), *note(1000, 74))
    comping = [n for n in notes if n.is_comping]
    assert [(n.onset_tick, n.end_tick) for n in comping] == [(0, None), (0, 1920)]
    assert line([n for n in notes if not n.is_comping]) == [(480, 680, 72), (960, 1160, 74)]


def test_a_note_ends_where_the_next_of_its_line_begins():
    assert line(heard(*note(0, 60, 700), *note(500, 62))) == [(0, 480, 60), (480, 680, 62)]


def test_a_pedal_holds_notes_and_one_that_never_comes_up_none_for_ever():
    down, up = (10, control(0, SUSTAIN, 127)), (900, control(0, SUSTAIN, 0))
    assert line(heard(down, *note(0, 60), up)) == [(0, 880, 60)]
    assert line(heard(down, *note(0, 60))) == [(0, 16 * 480, 60)]


def test_a_stuck_key_is_over_after_four_bars_and_may_be_struck_again():
    stuck = (0, note_on(0, 60, 90))
    assert line(heard(stuck)) == [(0, 16 * 480, 60)]
    assert line(heard(stuck, *note(20_000, 60))) == [(0, 16 * 480, 60), (19200, 19400, 60)]


@pytest.mark.parametrize("why", ["all notes off", "the port has gone"])
def test_notes_end_with_what_ends_them_all(why):
    made = Ears()
    made.begin(TempoMap(BPM))
    made.hear(0, note_on(0, 60, 90))
    made.hear(0, note_on(0, 64, 90))
    if why == "all notes off":
        made.hear(500 * MS, control(0, NOTES_OFF, 0))
    else:
        made.hear(1, control(0, SUSTAIN, 127))
        made.let_go(500 * MS)
    assert line(made.heard(500 * MS)) == [(0, 480, 64)]


def test_the_latency_of_the_input_is_taken_off():
    late = heard(*note(520, 60), latency_ns=20 * MS)
    assert (late[0].onset_tick, late[0].played_tick) == (480, 480)


def test_another_stretch_begins_with_nothing_and_keeps_what_is_known_of_the_partner():
    made = Ears()
    made.begin(TempoMap(BPM))
    fed(made, *itertools.chain(*(note(500 * n + 25, 60, 300) for n in range(60))))
    late_ns = made.late_ns
    assert 15 * MS < late_ns < 26 * MS
    made.hear(60_000 * MS, note_on(0, 60, 90))
    made.begin(TempoMap(BPM, 100_000 * MS))
    assert made.heard(101_000 * MS) == []
    assert made.late_ns == late_ns


def test_what_was_played_before_the_music_is_left_out_but_for_its_first_note():
    notes = heard(*note(1200, 60, 100), *note(1480, 62), *note(2000, 64), start_tick=1440)
    assert line(notes) == [(1440, 1600, 62), (1920, 2120, 64)]
    assert notes[0].played_tick == 1440


LICK = (
    [(beat * 480 + at, 60 + beat % 12) for beat in range(0, 64, 4) for at in (0, 240)]
    + [(beat * 480 + at, 64) for beat in range(1, 64, 4) for at in (0, 160, 320)]
    + [(beat * 480 + at, 65) for beat in range(2, 64, 4) for at in (0, 120, 240, 360)]
    + [(beat * 480 + at, 67) for beat in range(3, 64, 4) for at in (0, 240)]
)
"""Eighths, triplets and sixteenths."""


@pytest.mark.parametrize("bpm", [72, 120, 180, 240])
@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("late_ms", [-15, 0, 25])
def test_what_is_written_is_heard_through_swing_and_lateness(bpm, ratio, late_ms):
    """With slips of 8 ms; swung eighths at 2:1 are played where triplets are, and only the beat tells."""
    rng = np.random.default_rng(1)
    beat_ms = 60_000 / bpm
    played, wanted = [], []
    for tick, pitch in sorted(LICK):
        swung = swing_tick(tick, ratio) if tick // 480 % 4 in (0, 3) else tick
        at_ms = swung * beat_ms / 480 + late_ms + rng.normal(0, 8) + 1000
        played += note(max(0.0, at_ms), pitch, 0.6 * beat_ms / 4)
        wanted.append(tick)
    made = Ears()
    made.begin(TempoMap(bpm, 1000 * MS), 0, 1.67)
    got = [n.onset_tick for n in kept(fed(made, *played))]
    right = sum(tick in set(wanted) for tick in got) / len(wanted)
    assert len(got) >= 0.97 * len(wanted)
    assert right >= (0.9 if bpm < 240 else 0.8)
    assert abs(made.late_ns / MS - late_ms) < 15


def test_a_storm_of_everything_costs_no_memory_and_leaves_nothing_sounding():
    """Sixteen channels, keys that stay down, pedals, pressure, bends, in no order."""
    rng, made = np.random.default_rng(3), Ears()
    made.begin(TempoMap(BPM))
    out, ns = [], 0
    for _ in range(20_000):
        ns += int(rng.integers(0, 4 * MS))
        status = int(rng.choice([0x80, 0x90, 0x90, 0xA0, 0xB0, 0xD0, 0xE0])) | int(rng.integers(16))
        values = [int(n) for n in rng.integers(0, 128, 2)]
        if status & 0xF0 == 0xB0:
            values[0] = int(rng.choice([1, SUSTAIN, NOTES_OFF]))
        made.hear(ns, bytes((status, *values[: 1 if status & 0xF0 == 0xD0 else 2])))
        out += made.heard(ns)
    assert len(made._down) <= 16 * 128 and len(made._held) <= 16 * 128 and len(made._open) < 2048
    made.let_go(ns + 1000 * MS)
    out += made.heard(ns + 60_000 * MS)
    for kind in (False, True):
        of_kind = kept([n for n in out if n.is_comping == kind])
        onsets = [n.onset_tick for n in of_kind]
        assert onsets == sorted(set(onsets))
        assert all(n.end_tick is not None and n.end_tick > n.onset_tick for n in of_kind)
    assert all(n.onset_tick % TICKS_PER_STEP == 0 for n in out)


def test_a_line_that_is_heard_is_a_line_of_notes():
    written = [Note(tick, 200, 60, 80) for tick in range(0, 4800, 240)]
    notes = heard(
        *itertools.chain(*(note(n.onset_tick / 0.96, 60 + i % 2) for i, n in enumerate(written)))
    )
    assert [n.onset_tick for n in kept(notes)] == [n.onset_tick for n in written]
