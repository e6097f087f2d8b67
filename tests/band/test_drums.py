"""The drums: time, comping, fills and boundaries."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from improv.band import kit
from improv.band.grooves import GROOVES, LEVELS, VOICES, comping, fills
from improv.band.pulse import pulse_of
from improv.band.roster import make_musician
from improv.charts.library import load_chart
from improv.music.feel import FEELS
from improv.music.meter import Meter
from tests.band.test_band_rules import METERS, SYMBOLS, chart_of, context, flat, played

TOMS = {kit.LOW_TOM, kit.MID_TOM, kit.HIGH_TOM}


def bar_of(feel, meter=None, **given):
    chart = chart_of(SYMBOLS[:8], meter or Meter(4))
    given = {"fill": False, "new_section": False} | given
    return make_musician("drums").bar(context(chart, 0, "drums", feel=feel, **given))


def ticks(notes, drum):
    return [note.onset_tick for note in notes if note.pitch == drum]


def test_swing_has_ride_skip_notes_and_the_hat_on_two_and_four():
    for seed in range(10):
        notes = bar_of("medium swing", seed=seed)
        assert ticks(notes, kit.PEDAL_HAT) == [480, 1440]
        ride = ticks(notes, kit.RIDE)
        assert {0, 480, 960, 1440} <= set(ride)
    skips = [set(ticks(bar_of("medium swing", seed=s), kit.RIDE)) for s in range(20)]
    assert sum({720, 1680} <= ride for ride in skips) > 5
    assert len({frozenset(ride) for ride in skips}) > 2


def test_the_waltz_has_its_hat_on_two():
    for seed in range(5):
        assert 480 in ticks(bar_of("waltz", Meter(3), seed=seed), kit.PEDAL_HAT)


def test_the_kick_is_feathered_for_some_bars_and_then_not():
    chart = chart_of(["C7"] * 64, Meter(4))
    shares = []
    plain = {"fill": False, "new_section": False}
    for tempo_bpm in (120.0, 300.0):
        bars = played(chart, "drums", intensity=0.0, tempo_bpm=tempo_bpm, **plain)
        kicks = [[n for n in notes if n.pitch == kit.KICK and n.velocity < 40] for notes in bars]
        shares.append(np.mean([bool(bar) for bar in kicks]))
        changes = sum(bool(a) != bool(b) for a, b in pairwise(kicks))
        assert 2 <= changes <= 24, "it stays with it for a phrase"
    assert 0.4 < shares[0] < 0.9 and 0.03 < shares[1] < shares[0]


def test_now_and_then_a_bar_is_plain_time():
    chart = chart_of(["C7"] * 96, Meter(4))
    bars = played(chart, "drums", intensity=0.8, busy=0.6, fill=False, new_section=False)
    holes = [
        not any(n.pitch == kit.SNARE for n in notes)
        and [n.onset_tick % 1920 for n in notes if n.pitch == kit.RIDE] == [0, 480, 960, 1440]
        for notes in bars
    ]
    assert 0.03 < np.mean(holes) < 0.3
    assert not any(a and b for a, b in pairwise(holes))


def test_the_drums_answer_how_loud_and_how_dense_the_soloist_was():
    chart = load_chart("rhythm")

    def said(**given):
        notes = [
            note
            for seed in range(3)
            for note in flat(played(chart, "drums", seed=seed, intensity=0.6, **given))
        ]
        snares = sum(note.pitch == kit.SNARE for note in notes)
        return snares, np.mean([n.velocity for n in notes if n.pitch == kit.RIDE])

    soft, loud = said(loud=0.0), said(loud=1.0)
    assert loud[0] > 1.3 * soft[0] and loud[1] > soft[1] + 6
    assert said(busy=0.0)[0] > 1.3 * said(busy=1.0)[0]


def test_bossa_plays_the_clave_on_the_side_stick():
    chart = load_chart("bossa")
    bars = played(chart, "drums", 2, feel="bossa")
    assert ticks(bars[0], kit.SIDE_STICK) == [0, 720, 1440]
    assert [t - 1920 for t in ticks(bars[1], kit.SIDE_STICK)] == [480, 1200]


def test_backbeats():
    for feel in ("funk", "shuffle"):
        loud = {n.onset_tick for n in bar_of(feel) if n.pitch == kit.SNARE and n.velocity > 60}
        assert loud == {480, 1440}


def test_a_ballad_is_played_with_brushes_until_it_grows():
    quiet = bar_of("ballad", intensity=0.3)
    assert not ticks(quiet, kit.RIDE)
    assert len(ticks(quiet, kit.SNARE)) >= 4
    assert max(n.velocity for n in quiet if n.pitch == kit.SNARE) < 50
    assert ticks(bar_of("ballad", intensity=0.8), kit.RIDE)


@pytest.mark.parametrize("feel", FEELS)
def test_fills_only_where_asked(feel):
    filled = plain = 0
    for seed in range(12):
        told = {"intensity": 0.9, "busy": 0.0, "seed": seed, "tempo_bpm": 120.0}
        plain += sum(n.pitch in TOMS for n in bar_of(feel, **told))
        filled += sum(n.pitch in TOMS for n in bar_of(feel, fill=True, **told))
    assert plain == 0
    assert filled > 0


@pytest.mark.parametrize("feel", FEELS)
@pytest.mark.parametrize("meter", METERS, ids=str)
def test_a_fill_is_graded_by_intensity(feel, meter):
    def strokes(intensity):
        found = 0
        for seed in range(12):
            told = {"fill": True, "intensity": intensity, "busy": 0.0, "seed": seed}
            notes = bar_of(feel, meter, **told)
            hands = (kit.SNARE, kit.HIGH_TOM, kit.MID_TOM, kit.LOW_TOM)
            found += sum(n.velocity for n in notes if n.pitch in hands)
        return found

    if feel != "ballad":  # there brushes become sticks, and the snare is free
        assert strokes(0.95) > strokes(0.1)
    assert strokes(0.1) > 0


def test_a_loud_section_begins_with_crash_and_kick():
    loud = bar_of("medium swing", intensity=0.8, new_section=True)
    assert ticks(loud, kit.CRASH) == [0] and 0 in ticks(loud, kit.KICK)
    assert not ticks(bar_of("medium swing", intensity=0.3, new_section=True), kit.CRASH)
    assert not ticks(bar_of("medium swing", intensity=0.8), kit.CRASH)


@pytest.mark.parametrize("feel", FEELS)
def test_the_last_bar_is_one_stroke(feel):
    for intensity in (0.1, 0.9):
        notes = bar_of(feel, kind="final", intensity=intensity)
        assert {note.onset_tick for note in notes} == {0}
        assert kit.KICK in {note.pitch for note in notes}


def test_the_built_in_charts_have_fills_before_sections_only():
    chart = load_chart("rhythm")
    bars = played(chart, "drums", 64, intensity=0.95, busy=0.0)
    with_toms = {bar % 8 for bar, notes in enumerate(bars) if any(n.pitch in TOMS for n in notes)}
    assert with_toms == {7}


@pytest.mark.parametrize("feel", FEELS)
def test_time_is_quieter_than_the_soloist(feel):
    ride = [
        n.velocity
        for n in flat(played(load_chart("blues"), "drums", feel=feel, intensity=0.5))
        if n.pitch in (kit.RIDE, kit.CLOSED_HAT)
    ]
    assert all(40 <= velocity <= 85 for velocity in ride)


def test_patterns_have_the_length_of_their_beats():
    for feel, banks in GROOVES.items():
        for beats, voices in banks.items():
            for voice, texts in voices.items():
                assert voice in VOICES
                for text in texts.replace("|", " ").split():
                    assert len(text) in (2 * beats, 4 * beats), (feel, text)
                    assert set(text) <= set("xXo.")


def test_comping_grows_with_its_level():
    for beats in (1, 2, 3, 4):
        means = []
        for level in (0, LEVELS // 2, LEVELS):
            found = comping(480, beats, level)
            shares = np.diff([0.0, *found.weights]) / found.weights[-1]
            means.append(sum(s * len(o) for s, o in zip(shares, found.options, strict=True)))
        assert means[0] < means[1] <= means[2]


@pytest.mark.parametrize("swung", [True, False])
def test_fills_fit_their_beats(swung):
    for beat_tick in (480, 720):
        for beats in (1, 2, 3, 4):
            for level in range(3):
                for fine in (True, False):
                    options = fills(swung, fine, beat_tick, beats, level)
                    assert options
                    for strokes in options:
                        assert strokes and all(0 <= t < beat_tick * beats for t, _, _ in strokes)


@pytest.mark.parametrize(
    ("meter", "changes", "groups"),
    [
        ("4/4", (), [(0, 4)]),
        ("5/4", (), [(0, 3), (1440, 2)]),
        ("5/4", (960,), [(0, 2), (960, 3)]),
        ("5/4", (960, 1440), [(0, 3), (1440, 2)]),
        ("7/4", (), [(0, 4), (1920, 3)]),
        ("7/4", (1440,), [(0, 3), (1440, 4)]),
        ("6/8", (), [(0, 2)]),
        ("12/8", (), [(0, 2), (1440, 2)]),
        ("7/8", (), [(0, 2), (960, 1)]),
        ("7/8", (720,), [(0, 1), (720, 2)]),
        ("3/2", (), [(0, 2), (960, 2), (1920, 2)]),
        ("2/2", (), [(0, 4)]),
        ("13/4", (), [(0, 4), (1920, 4), (3840, 3), (5280, 2)]),
    ],
)
def test_how_bars_are_counted(meter, changes, groups):
    told = Meter.parse(meter)
    pulse = pulse_of(told, told.ticks_per_bar, changes)
    assert [(group.start, group.beats) for group in pulse.groups] == groups


def test_every_meter_and_cut_is_counted_to_its_end():
    for unit in (2, 4, 8, 16):
        for beats in range(1, 33):
            meter = Meter(beats, unit)
            for length in {meter.ticks_per_bar, meter.ticks_per_bar // 2 or 1, 120}:
                pulse = pulse_of(meter, length)
                assert pulse.groups[0].start == 0 and pulse.groups[-1].end == length
                assert all(
                    a.end == b.start for a, b in zip(pulse.groups, pulse.groups[1:], strict=False)
                )
                assert pulse.strong <= set(pulse.beats)


@pytest.mark.parametrize("feel", FEELS)
def test_a_bar_that_stops_is_left_thin(feel):
    """A chord of one beat, then NC: the kick marks the chord; snare and kick leave the rest open."""
    chart = load_chart("| F7 NC / / | % |")
    for seed in range(8):
        row = make_musician("drums").bar(
            context(chart, 0, "drums", feel=feel, seed=seed, intensity=0.9, fill=False,
                    new_section=False)
        )  # fmt: skip
        assert kit.KICK in {note.pitch for note in row if note.onset_tick == 0}
        rest = {note.pitch for note in row if note.onset_tick >= 480}
        assert rest and kit.KICK not in rest
        assert feel == "ballad" or kit.SNARE not in rest
