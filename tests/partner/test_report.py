"""What a report on somebody's playing says, beside people's figures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import practice
import pytest

from improv.charts.library import load_chart
from improv.music.note import TICKS_PER_BEAT
from improv.partner.heard import HeardNote
from improv.partner.report import HESITATED, STRONG_TONES, TIMES, Played, report

BEAT = TICKS_PER_BEAT
CHART = load_chart("| Dm7 | G7 | Cmaj7 | % |")
TONES = (62, 67, 60, 64)
"""The root of each bar's chord, or a tone of it."""


def quarters(bars: int, *, off_tick=0, without=(), pitches=TONES) -> Iterator[HeardNote]:
    """A note on each beat but those of some bars' first half."""
    for beat in range(4 * bars):
        bar, within = divmod(beat, 4)
        if bar not in without or within >= 2:
            tick = beat * BEAT
            yield HeardNote(tick, tick + 200, pitches[bar % 4], 80, tick + off_tick)


def of(*parts, bpm=120.0, chart=CHART, bars=8):
    return report([Played(chart, range(bars), [*part], lambda tick: bpm) for part in parts])


def test_who_plays_chord_tones_on_every_beat_has_no_hesitation_and_no_lateness():
    found = of(quarters(8))
    assert (found.notes, found.bars, found.hesitated, found.where) == (32, 8, 0.0, ())
    assert (found.strong_tones, found.strong_notes) == (1.0, 16)
    assert (found.late_ms, found.spread_ms) == (0.0, 0.0)


def test_bars_are_named_by_their_number_in_the_form_the_worst_first():
    found = of(quarters(8, without=(1, 5)), quarters(8, without=(2, 5)))
    assert found.hesitated == 4 / 16
    assert found.where == ((2, 3, 4), (3, 1, 4))
    assert any("bars 2 (3 of 4), 3 (1 of 4)" in line for line in found.lines())


def test_only_the_partners_bars_between_the_first_note_and_the_last_count():
    line = [note for note in quarters(8) if 2 * 4 * BEAT <= note.onset_tick < 6 * 4 * BEAT]
    assert of(line).bars == 4
    mine = Played(CHART, (2, 3), line, lambda tick: 120.0)
    assert (report([mine]).bars, report([mine]).hesitated) == (2, 0.0)
    assert of(quarters(8, without=(1,)), bars=1).hesitated == 0.0


def test_other_notes_than_the_chords_are_counted_on_strong_beats_alone():
    found = of(quarters(4, pitches=(62, 68, 60, 64)))
    assert found.strong_tones == 6 / 8, "Ab over G7"
    off_beats = [
        HeardNote(tick + 240, tick + 300, 61, 80, tick + 240) for tick in range(0, 7680, 480)
    ]
    assert of(off_beats).strong_tones is None


@pytest.mark.parametrize(("bpm", "ms"), [(120.0, 25.0), (240.0, 12.5)])
def test_lateness_is_in_ms_at_the_tempo_of_the_moment(bpm, ms):
    found = of(quarters(8, off_tick=24), bpm=bpm)
    assert found.late_ms == pytest.approx(ms)
    assert f"You were {ms:.0f} ms behind the beat" in found.lines()[-1]
    assert "10 ms ahead of the beat" in of(quarters(8, off_tick=-10), bpm=125.0).lines()[-1]


def test_what_is_between_the_beats_and_chords_that_were_played_say_nothing_of_time():
    chords = [HeardNote(0, 100, 72, 80, 30, (60, 64)) for _ in range(20)]
    assert of(chords).notes == 0
    late = [HeardNote(tick + 240, tick + 300, 62, 80, tick + 260) for tick in range(0, 15360, 480)]
    assert of(late).late_ms is None


def test_too_little_is_said_to_be_so():
    assert of(quarters(2)).lines() == ["You played 8 notes: too few to say anything about."]
    assert of().lines() == ["You played 0 notes: too few to say anything about."]
    assert of().as_json()["late_ms"]["middle"] is None


def test_the_sentences_and_the_figures_for_a_program():
    found = of(quarters(8, off_tick=24, without=(3,)))
    assert found.lines() == [
        "You played 30 notes in 8 bars.",
        "In 12% of them you began nothing in the first half (people: 10%, 0% to 26%): bar 4 (1 of 2).",
        "100% of your 15 notes on strong beats were chord tones (people: 53%, 37% to 72%).",
        "You were 25 ms behind the beat, half of your notes within 0 ms of that (people at this tempo: 24 ms "
        "behind the beat, 4 to 50; within 22, 16 to 32).",
    ]
    figures = found.as_json()
    assert figures["hesitated"]["bars"] == [{"bar": 4, "times": 1, "of": 2}]
    assert figures["late_ms"] == {"middle": 25.0, "people": [4.1, 24.4, 49.8]}


def test_any_meter_has_its_strong_beats():
    waltz = load_chart("| 3/4 Dm7 | G7 | Cmaj7 | % |")
    line = [HeardNote(tick, tick + 100, 62, 80, tick) for tick in range(0, 24 * BEAT, BEAT)]
    assert of(line, chart=waltz).strong_notes == 8


def test_peoples_times_are_in_order():
    assert all(a[0] < b[0] for a, b in pairwise(TIMES))
    assert all(a.low < a.middle < a.high for row in TIMES for a in row[1:])


@pytest.mark.shared
def test_people_are_as_it_says(shared_dir):
    assert practice.of_solos(shared_dir) == {
        "solos": 351,
        "hesitated": tuple(HESITATED),
        "strong_tones": tuple(STRONG_TONES),
    }
