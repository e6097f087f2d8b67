"""What counts as wrong in what somebody played over a chart."""

from __future__ import annotations

import pytest

from improv.charts.library import load_chart
from improv.music.note import TICKS_PER_BEAT
from improv.partner.heard import HeardNote
from improv.partner.mistakes import from_beat, mistakes

BEAT = TICKS_PER_BEAT
CHART = load_chart("| Dm7 | G7 | Cmaj7 | % |")


def note(beat, pitch, off_tick=0, **more):
    onset_tick = round(beat * BEAT)
    return HeardNote(onset_tick, onset_tick + 200, pitch, 80, onset_tick + off_tick, **more)


def wrong(*line):
    return [n.pitch for n in mistakes(line, CHART, 120.0).wrong]


def test_tones_of_the_scale_are_right_over_their_chord():
    assert (
        wrong(note(0, 62), note(1, 64), note(4, 59), note(8, 64), note(9, 69), note(10, 71)) == []
    )
    assert wrong(note(0, 61), note(2, 65)) == [61], "Db over Dm7"
    assert wrong(note(8, 61), note(10, 67)) == [61], "the same is outside over Cmaj7"


def test_a_chromatic_note_that_goes_on_by_step_is_right():
    assert wrong(note(0, 61), note(0.5, 62)) == []
    assert wrong(note(0, 61), note(2, 62)) == [61], "not so late"
    assert wrong(note(0, 61), note(0.5, 61)) == [61, 61], "nor by repeating it"


def test_a_chord_that_was_played_is_not_judged():
    assert mistakes([note(0, 61, under=(49, 55))], CHART, 120.0).notes == 0


@pytest.mark.parametrize(
    ("bpm", "off_tick", "out"),
    [(120.0, 57, 0), (120.0, 59, 1), (60.0, 28, 0), (60.0, 30, 1), (240.0, 59, 0), (240.0, 61, 1)],
)
def test_out_of_time_is_what_is_further_from_its_beat_than_people_are(bpm, off_tick, out):
    line = [note(beat, 62) for beat in range(3)] + [note(3, 65, off_tick)]
    assert len(mistakes(line, CHART, bpm).out_of_time) == out


def test_steady_lateness_and_notes_between_the_beats_are_not_out_of_time():
    late = [note(beat, 62, 60) for beat in range(4)]
    assert mistakes(late, CHART, 120.0).out_of_time == ()
    off_beats = [note(beat + 0.5, 62, 70) for beat in range(4)]
    assert mistakes([*late, *off_beats], CHART, 120.0).out_of_time == ()


def test_it_is_said_with_its_bars():
    some = [note(0, 62), note(1, 61), note(5, 65, 75), note(6, 65), note(13, 61)]
    assert mistakes(some, CHART, 120.0).said(CHART) == (
        "2 wrong notes (bars 1, 4), 1 out of time (bar 2)"
    )
    assert mistakes([], CHART, 120.0).said(CHART) == "nothing was played"
    assert mistakes(some[:1], CHART, 120.0).said(CHART) == ""


def test_beats_are_those_of_the_bar():
    walk = load_chart("| 7/8 Dm7 | G7 |")
    assert from_beat(HeardNote(1680, 1800, 62, 80, 1680), walk) == 0
