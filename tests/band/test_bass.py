"""The bass: roots, chord tones on strong beats, leaps, range, two and four."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from improv.band.figures import FIGURES, figures
from improv.band.roster import make_musician
from improv.band.walking import chord_tone_pcs, fifth_of
from improv.charts.library import BUILT_IN, load_chart
from improv.music.chord import parse_chord
from improv.music.feel import FEELS
from improv.music.meter import Meter
from tests.band.test_band_rules import SYMBOLS, chart_of, context, flat, played

WALKING = ("medium swing", "up swing", "ballad", "waltz", "shuffle")


def first_notes(chart, bars):
    """(chord, pitch) at each change on a beat of a bar that a note begins on."""
    at = {note.onset_tick: note.pitch for note in flat(bars)}
    for bar in range(len(bars)):
        for tick, chord in chart.changes_in_bar(bar):
            onset = chart.bar_tick(bar) + tick
            before = chart.chord_at(onset - 1) if onset else None
            if chord is not None and chord != before:
                yield chord, at.get(onset)


@pytest.mark.parametrize("feel", FEELS)
@pytest.mark.parametrize("name", BUILT_IN)
def test_a_new_chord_begins_on_its_root(feel, name):
    chart = load_chart(name)
    hits = []
    for seed, intensity in ((1, 0.2), (2, 0.6), (3, 0.95)):
        bars = played(chart, "bass", 2 * chart.bars, feel=feel, seed=seed, intensity=intensity)
        hits += [
            pitch is not None and pitch % 12 == chord.bass_pc
            for chord, pitch in first_notes(chart, bars)
        ]
    # When it walks, people begin four in five of new chords on the root.
    assert np.mean(hits) >= (0.65 if feel in WALKING else 0.95)
    assert np.mean(hits) < 1 or feel not in WALKING or name in ("modal", "vamp")


def test_a_section_and_a_slash_chord_begin_on_the_bass_when_walking_too():
    chart = load_chart("rhythm")
    starts = {tick for tick, _ in chart.sections}
    for seed in range(5):
        bars = played(chart, "bass", 2 * chart.bars, seed=seed, intensity=0.9, tempo_bpm=300.0)
        for bar, notes in enumerate(bars):
            start = chart.bar_tick(bar)
            if chart.place(start) in starts:
                assert notes[0].pitch % 12 == chart.chord_at(start).bass_pc


@pytest.mark.parametrize("symbol", ["D7/F#", "C/D", "Ab/Bb", "Dm7/G"])
@pytest.mark.parametrize("feel", FEELS)
def test_a_slash_chord_begins_on_its_bass(symbol, feel):
    chart = chart_of(["Cmaj7", symbol, "Am7", symbol], Meter(4))
    for chord, pitch in first_notes(chart, played(chart, "bass", feel=feel)):
        assert pitch % 12 == chord.bass_pc


def test_strong_beats_have_chord_tones_when_walking():
    for name in ("blues", "rhythm", "ii-v-i", "modal", "minor-blues"):
        chart = load_chart(name)
        for bar, notes in enumerate(played(chart, "bass", 2 * chart.bars, intensity=0.8)):
            for note in notes:
                if (note.onset_tick - chart.bar_tick(bar)) % 960 == 0:
                    assert note.pitch % 12 in chord_tone_pcs(chart.chord_at(note.onset_tick))


@pytest.mark.parametrize("feel", FEELS)
def test_no_leap_beyond_an_octave_and_no_pitch_three_times(feel):
    for name in BUILT_IN:
        chart = load_chart(name)
        for seed, intensity in ((1, 0.2), (2, 0.6), (3, 0.95)):
            told = {"feel": feel, "seed": seed, "intensity": intensity}
            pitches = [n.pitch for n in flat(played(chart, "bass", 2 * chart.bars, **told))]
            assert all(abs(a - b) <= 12 for a, b in pairwise(pitches))
            rows = zip(pitches, pitches[1:], pitches[2:], strict=False)
            assert not any(a == b == c for a, b, c in rows)


def test_the_line_approaches_the_next_root():
    """The last beat before a new chord is a step away in half of the bars, and now and then a leap."""
    chart = load_chart("ii-v-i")
    near = []
    for seed in range(4):
        bars = played(chart, "bass", 64, intensity=0.6, seed=seed)
        pitches = [n.pitch for n in flat(bars) if n.onset_tick % 480 == 0]
        near += [abs(a - b) for a, b in zip(pitches[3::4], pitches[4::4], strict=False)]
    assert 0.35 < np.mean([step in (1, 2) for step in near]) < 0.65
    assert np.mean([step >= 5 for step in near]) > 0.15
    assert np.mean([step == 0 for step in near]) < 0.15


@pytest.mark.parametrize("name", ["blues", "ii-v-i", "modal", "thirds"])
def test_a_walking_line_repeats_a_note_in_six_and_leaves_no_beat_out(name):
    """Mostly on weak beats, and now and then in pairs through a bar."""
    chart = load_chart(name)
    same, pairs = [], []
    for seed in range(6):
        bars = played(chart, "bass", 24, intensity=0.5, seed=seed, feel="medium swing")
        beats = [[n.pitch for n in bar if n.onset_tick % 480 == 0] for bar in bars]
        assert {len(bar) for bar in beats} == {4}
        same += [[a == b for a, b in pairwise(bar)] for bar in beats]
        pairs += [bar[0] == bar[1] and bar[2] == bar[3] for bar in beats]
    weak, strong, last = np.mean(same, axis=0)
    assert 0.05 < weak < 0.35 and 0.05 < last < 0.35 and strong < max(weak, last)
    assert np.mean(pairs) < 0.15


def test_most_of_the_line_moves_in_steps_and_stays_low():
    for name in ("blues", "rhythm", "thirds", "bird-blues"):
        chart = load_chart(name)
        pitches = [n.pitch for n in flat(played(chart, "bass", 3 * chart.bars, intensity=0.7))]
        assert 35 <= np.mean(pitches) <= 45
        assert np.mean([33 <= p <= 50 for p in pitches]) > 0.75
        steps = [abs(a - b) for a, b in pairwise(pitches)]
        assert np.mean([step <= 4 for step in steps]) > 0.5
        assert max(pitches) - min(pitches) >= 12


def test_lines_differ_from_chorus_to_chorus():
    chart = load_chart("blues")
    bars = played(chart, "bass", 48, intensity=0.7)
    shapes = [tuple(n.pitch for n in bar) for bar in bars]
    assert len(set(shapes)) > 36


def test_first_in_two_then_in_four():
    chart = load_chart("blues")
    low = flat(played(chart, "bass", intensity=0.2))
    high = flat(played(chart, "bass", intensity=0.7))
    assert len(low) < 36 <= 46 <= len(high)
    ballad = flat(played(load_chart("ballad"), "bass", intensity=0.25, feel="ballad"))
    assert len(ballad) < 3.2 * 32


def test_the_faster_the_sooner_it_walks_unless_the_style_says_two():
    chart = load_chart("rhythm")

    def notes_a_bar(chart, tempo_bpm, feel="medium swing"):
        told = {"tempo_bpm": tempo_bpm, "intensity": 0.2, "feel": feel}
        return len(flat(played(chart, "bass", **told))) / chart.bars

    assert notes_a_bar(chart, 140.0) < 3.2
    for feel in ("medium swing", "up swing"):
        assert notes_a_bar(chart, 280.0, feel) >= 4
        assert notes_a_bar(replace(chart, style="Two-beat"), 280.0, "medium swing") < 3.2
    assert notes_a_bar(load_chart("ballad"), 280.0, "ballad") < 3.2


def test_slow_swing_begins_in_two_where_medium_swing_walks():
    """A first chorus of the usual arc begins at 0.275: in two below some 90 bpm."""
    chart = load_chart("blues")
    counts = [
        len(flat(played(chart, "bass", 12, tempo_bpm=tempo_bpm, intensity=0.275)))
        for tempo_bpm in (70.0, 150.0)
    ]
    assert counts[0] < 36 < 46 <= counts[1]


def test_it_does_not_change_its_mind_within_a_section():
    chart = chart_of(["Cmaj7"] * 16, Meter(4))
    who = make_musician("bass")
    counts = []
    for bar in range(16):
        told = context(chart, bar, "bass", intensity=0.22 + 0.05 * (-1) ** bar)
        counts.append(len(who.bar(told)))
    assert min(counts) >= 4 or max(counts) <= 4


@pytest.mark.parametrize("feel", ["bossa", "samba"])
def test_bossa_and_samba_rest_on_root_and_fifth(feel):
    chart = load_chart("bossa")
    steps = set()
    for bar, notes in enumerate(played(chart, "bass", feel=feel, intensity=0.5)):
        chord = chart.chord_at(chart.bar_tick(bar))
        third_beat = [n.pitch for n in notes if n.onset_tick == chart.bar_tick(bar) + 960]
        steps |= {(pitch - chord.bass_pc) % 12 for pitch in third_beat}
    assert steps <= {0, 6, 7, 8}


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_fifth_is_the_chords(symbol):
    chord = parse_chord(symbol)
    assert (chord.bass_pc + fifth_of(chord)) % 12 in chord.tone_pcs | {chord.bass_pc}
    if chord.bass_pc == chord.root_pc and set(chord.tones) & {6, 7, 8}:
        assert fifth_of(chord) in (6, 7, 8)


def test_every_figure_has_the_length_of_its_beats_and_begins_on_the_bass():
    for feel, banks in FIGURES.items():
        for beats in banks:
            for level in range(5):
                for figure in figures(feel, 480, beats, level)[0]:
                    assert len(figure.text) in (2 * beats, 4 * beats), figure.text
                    assert figure.steps[0].tick == 0 and figure.steps[0].degree == "R"
                    assert set(figure.text) <= set("R5837NAg-.")
    for beats in (1, 2):
        for figure in figures("waltz", 720, beats, 2)[0]:
            assert len(figure.text) == 3 * beats


@pytest.mark.parametrize("feel", FEELS)
def test_a_section_begins_on_the_root_though_the_chord_stays(feel):
    chart = chart_of(["G7"] * 8, Meter(4))
    for seed in range(6):
        musician = make_musician("bass")
        for bar in range(16):
            notes = musician.bar(
                context(chart, bar, "bass", feel=feel, seed=seed, intensity=0.7,
                        new_section=bar % 4 == 0, fill=bar % 4 == 3)
            )  # fmt: skip
            if bar % 4 == 0:
                assert notes[0].onset_tick == chart.bar_tick(bar)
                assert notes[0].pitch % 12 == 7
