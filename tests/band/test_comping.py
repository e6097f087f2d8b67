"""Comping: what is in a voicing, how voicings follow one another, rhythms."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.band.pulse import pulse_of
from improv.band.rhythms import LEVELS, bank, choices, group_choices, level_of, sizes_of
from improv.band.roster import make_musician
from improv.band.voicing import STYLES, motion, pools, ranked, voicings
from improv.charts.library import BUILT_IN, load_chart
from improv.music.chord import parse_chord
from improv.music.feel import FEELS
from improv.music.meter import Meter
from tests.band.test_band_rules import METERS, SYMBOLS, chart_of, context, flat, played


def struck(notes):
    """Chords by onset."""
    chords: dict[int, list[int]] = {}
    for note in notes:
        chords.setdefault(note.onset_tick, []).append(note.pitch)
    return chords


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("style", STYLES)
def test_a_voicing_says_what_chord_it_is(symbol, style):
    for by in range(12):
        chord = parse_chord(symbol).transposed(by)
        found = voicings(chord, style)
        assert found
        for pitches in found:
            pcs = {pitch % 12 for pitch in pitches}
            assert chord.guide_tones <= pcs
            assert pcs <= chord.tone_pcs | chord.scale_pcs
            assert not {(pc - chord.root_pc) % 12 for pc in pcs} & set(chord.avoid)
            assert 2 <= len(pitches) <= 5
            assert list(pitches) == sorted(set(pitches))
            if len(chord.guide_tones) == 2 and chord.bass_pc == chord.root_pc:
                assert chord.root_pc not in pcs, "the root is the bass's"


@pytest.mark.parametrize(
    ("symbol", "forms"),
    [
        ("Dm7", ["F A C E", "C E F A"]),
        ("G7", ["F A B E", "B E F A"]),
        ("Cmaj7", ["E G B D", "B D E G"]),
        ("C7alt", ["E Ab Bb Eb", "Bb Eb E Ab"]),
        ("Cm6", ["Eb G A D", "A D Eb G"]),
    ],
)
def test_forms_a_and_b_are_those_of_the_book(symbol, forms):
    names = "C Db D Eb E F Gb G Ab A Bb B".split()
    found = {
        " ".join(names[pitch % 12] for pitch in pitches)
        for pitches in voicings(parse_chord(symbol), "rootless")
    }
    assert set(forms) <= found


@pytest.mark.parametrize(
    ("symbol", "never"),
    [
        ("Cmaj7", {5}),
        ("C7", {5, 11}),
        ("Cm7", {1, 8}),
        ("C", {10, 11, 9}),
        ("Cm", {10, 9}),
        ("C6", {10, 11, 5}),
        ("C7sus4", {4, 11}),
        ("Cm7b5", {7, 1}),
        ("C7alt", {7, 9, 2}),
        ("C7b9", {2}),
        ("C7#11", {7}),
        ("C5", {3, 4}),
    ],
)
def test_what_a_chord_does_not_take(symbol, never):
    for pool in pools(parse_chord(symbol)):
        assert not pool & never
    for style in STYLES:
        for pitches in voicings(parse_chord(symbol), style):
            assert not {pitch % 12 for pitch in pitches} & never


@pytest.mark.parametrize(
    ("symbol", "named"),
    [("C7b9", 1), ("C7#9", 3), ("C7#11", 6), ("C13", 9), ("Cmaj7#11", 6), ("Cm11", 5)],
)
def test_named_tensions_are_voiced(symbol, named):
    assert all(named in pool for pool in pools(parse_chord(symbol)))


def test_a_slash_chord_has_its_root_on_top_of_the_bass():
    assert all(
        any(pitch % 12 == 2 for pitch in pitches)
        for pitches in ranked(parse_chord("D7/F#"), "rootless", None)
    )


def test_the_dominant_of_minor_has_no_major_tensions():
    for before in (None, (58, 62, 63, 67)):
        for pitches in ranked(parse_chord("G7"), "rootless", before, True):
            assert not {(pitch - 7) % 12 for pitch in pitches} & {2, 9}


@pytest.mark.parametrize("name", BUILT_IN)
def test_voices_move_little(name):
    chart = load_chart(name)
    moved = []
    tops = []
    for seed in range(3):
        chords = struck(flat(played(chart, "piano", 2 * chart.bars, seed=seed, intensity=0.5)))
        for one, two in pairwise(tuple(c) for c in chords.values()):
            moved.append(motion(one, two))
            tops.append(abs(one[-1] - two[-1]))
    assert np.mean(moved) < 2.2, "semitones a voice"
    assert np.mean(tops) < 3.0
    assert max(tops) <= 12


def test_a_ii_v_i_leads_its_guide_tones_by_step():
    """The seventh of each chord falls to the third of the next."""
    before = ranked(parse_chord("Dm7"), "rootless", None)[0]
    for symbol in ("G7", "Cmaj7"):
        after = ranked(parse_chord(symbol), "rootless", before)[0]
        assert motion(before, after) <= 1.5
        before = after


def test_a_long_chord_is_not_one_voicing():
    chart = load_chart("modal")
    first = struck(flat(played(chart, "piano", 8)))
    assert len({tuple(chord) for chord in first.values()}) >= 3


def test_a_push_sounds_the_chord_to_come():
    chart = chart_of(["Cmaj7", "F#m7b5"] * 16, Meter(4))
    pushed = 0
    for bar, notes in enumerate(played(chart, "piano", 31, intensity=0.7)):
        late = [n.pitch for n in notes if n.onset_tick == chart.bar_tick(bar) + 1680]
        if late:
            pushed += 1
            following = chart.chord_at(chart.bar_tick(bar + 1))
            assert following.guide_tones <= {pitch % 12 for pitch in late}
    assert pushed >= 3


def test_no_push_where_all_meet_on_the_beat():
    chart = chart_of(["Cmaj7", "F#m7b5"] * 16, Meter(4))
    for seed in range(10):
        who = make_musician("piano")
        for bar in range(20):
            told = context(chart, bar, "piano", intensity=0.7, fill=True, seed=seed)
            for note in who.bar(told):
                assert note.end_tick <= chart.bar_tick(bar + 1)
                here = chart.chord_at(chart.bar_tick(bar))
                assert note.pitch % 12 in here.scale_pcs | here.tone_pcs


@pytest.mark.parametrize("feel", FEELS)
def test_no_rhythm_three_times_running(feel):
    chart = chart_of(["Cmaj7"] * 64, Meter(4))
    for seed in range(3):
        shapes = [
            tuple(sorted({note.onset_tick - chart.bar_tick(bar) for note in notes}))
            for bar, notes in enumerate(played(chart, "piano", feel=feel, seed=seed))
        ]
        # Different rhythms may share their onsets; a long row of one shape they may not make.
        same = 1
        for one, two in pairwise(shapes):
            same = same + 1 if one == two and one else 1
            assert same <= 4


def test_two_chords_in_a_bar_are_both_heard():
    chart = chart_of(["Dm7", "G7"] * 32, Meter(4), per_bar=2)
    onsets = {note.onset_tick for note in flat(played(chart, "piano", intensity=0.2))}
    for half in range(0, chart.length_tick, 960):  # from the push before it on
        assert any(half - 240 <= onset < half + 720 for onset in onsets)


@pytest.mark.parametrize("tempo_bpm", [140.0, 280.0])
def test_the_guitar_plays_four_to_the_bar_when_swing_is_low_and_turns_at_the_end_of_phrases(
    tempo_bpm,
):
    chart = load_chart("blues")
    bars = played(chart, "guitar", 24, intensity=0.3, tempo_bpm=tempo_bpm)
    shapes = [sorted({note.onset_tick % 1920 for note in notes}) for notes in bars]
    assert all(shape == [0, 480, 960, 1440] for at, shape in enumerate(shapes) if at % 12 % 4 < 3)
    assert len({tuple(shape) for shape in shapes}) > 1


@pytest.mark.parametrize("tempo_bpm", [60.0, 300.0])
@pytest.mark.parametrize("feel", FEELS)
def test_every_chord_of_half_a_bar_is_struck_before_it_is_over(feel, tempo_bpm):
    for meter, per_bar in ((Meter(4), 1), (Meter(4), 2), (Meter(3), 1), (Meter(2), 2)):
        chart = chart_of(["Dm7", "G7", "Cmaj7", "A7"] * 8, meter, per_bar)
        told = {"busy": 1.0, "intensity": 0.1, "feel": feel, "tempo_bpm": tempo_bpm}
        onsets = {note.onset_tick for note in flat(played(chart, "piano", **told))}
        ends = [tick for tick, _ in chart.changes[1:]]
        for (tick, chord), end in zip(chart.changes, ends, strict=False):
            # From the push before it on.
            assert any(tick - 240 <= onset < end for onset in onsets), (str(meter), tick, chord)


@pytest.mark.parametrize("feel", FEELS)
@pytest.mark.parametrize("meter", METERS, ids=str)
def test_rhythms_fit_their_bar(feel, meter):
    groups = pulse_of(meter, meter.ticks_per_bar).groups
    sizes = sizes_of(groups)
    rhythms = list(bank(feel, sizes) or ())
    for rhythm in rhythms:
        parts = rhythm.text.split("|")
        assert len({len(part) for part in parts}) == 1 or "funk" in feel, rhythm.text
        for hits in filter(None, (rhythm.first, rhythm.second)):
            assert all(0 <= hit.tick < meter.ticks_per_bar for hit in hits)
            assert [hit.tick for hit in hits] == sorted(hit.tick for hit in hits)
    for size in sizes:
        for level in range(LEVELS + 1):
            found, weights = group_choices(feel, size, level)
            assert found and len(found) == len(weights)
            assert all(hit.tick < size[0] * size[1] for rhythm in found for hit in rhythm.first)


def test_every_rhythm_has_the_length_of_its_bar():
    lengths = {(4,): {8, 16}, (3,): {6}, (3, 2): {10}, (2, 3): {10}}
    for counts, wanted in lengths.items():
        for feel in FEELS:
            for rhythm in bank(feel, tuple((480, count) for count in counts)) or ():
                assert {len(part) for part in rhythm.text.split("|")} <= wanted, rhythm.text


@given(st.floats(0, 1), st.floats(0, 1))
def test_levels_stay_on_their_scale(intensity, busy):
    assert 0 <= level_of(intensity, busy) <= LEVELS
    assert level_of(intensity, 1.0) <= level_of(intensity, busy) <= level_of(1.0, busy)


def test_weights_follow_the_level():
    sparse_rhythms, sparse = choices("medium swing", ((480, 4),), 2)
    _, dense = choices("medium swing", ((480, 4),), LEVELS)

    def mean(weights):
        shares = np.diff([0.0, *weights]) / weights[-1]
        return sum(s * rhythm.density for s, rhythm in zip(shares, sparse_rhythms, strict=True))

    assert mean(dense) > mean(sparse) + 0.3


@pytest.mark.parametrize("feel", FEELS)
def test_a_chord_beside_silence_is_struck(feel):
    """As in Moanin': | NC / Bb / | F NC / / |. Those chords are the tune."""
    chart = load_chart("| NC / Bb / | F NC / / | NC / Bb / | F NC / / |")
    for intensity in (0.1, 0.5, 0.9):
        bars = played(chart, "piano", 8, feel=feel, intensity=intensity)
        for bar in range(8):
            start = chart.bar_tick(bar) + 960 * (bar % 2 == 0)
            end = start + (480 if bar % 2 else 960)
            # A chord pushed over the bar line is heard as well.
            assert any(n.onset_tick < end and n.end_tick > start for n in flat(bars))


def test_a_ballad_in_three_has_no_stabs():
    chart = chart_of(["Fmaj7", "Gm7", "C7", "Fmaj7"], Meter(3))
    for notes in played(chart, "piano", 40, feel="ballad", intensity=0.6):
        onsets = {note.onset_tick for note in notes}
        ends = {note.end_tick for note in notes}
        for note in notes:
            until = min({t for t in onsets if t > note.onset_tick} | {max(ends)})
            assert until - note.end_tick <= 30, "it rings until the next"
