"""The functions of chord tones, available tensions and avoid notes, and the scales over a chord."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.music.chord import parse_chord
from improv.music.scale import CHORD_SCALES, MORE_SCALES, SCALES, scales_of, split_scale


@pytest.mark.parametrize(
    ("text", "degrees", "guides"),
    [
        ("C", "1 3 5", "3"),
        ("Cm", "1 b3 5", "b3"),
        ("Cmaj7", "1 3 5 7", "3 7"),
        ("Cm7b5", "1 b3 b5 b7", "b3 b7"),
        ("Cdim7", "1 b3 b5 bb7", "b3 bb7"),
        ("C6/9", "1 9 3 5 6", "3"),
        ("C7sus4", "1 4 5 b7", "4 b7"),
        ("Csus2", "1 2 5", "2"),
        ("C7sus4add3", "1 3 4 5 b7", "4 b7"),
        ("C13", "1 9 3 5 13 b7", "3 b7"),
        ("C7(b9,13)", "1 b9 3 5 13 b7", "3 b7"),
        ("C7#9", "1 #9 3 5 b7", "3 b7"),
        ("Cm7#9", "1 b3 5 b7", "b3 b7"),
        ("C7b5", "1 3 b5 b7", "3 b7"),
        ("C7#11", "1 3 #11 5 b7", "3 b7"),
        ("C7b13", "1 3 5 b13 b7", "3 b7"),
        ("C7alt", "1 #9 3 #5 b7", "3 b7"),
        ("Cmb6", "1 b3 5 b6", "b3"),
        ("Cm11", "1 9 b3 11 5 b7", "b3 b7"),
        ("C5", "1 5", ""),
        ("C7no3", "1 5 b7", "b7"),
        ("D/C7", "1 9 3 #11 5 13 b7", "3 b7"),
        ("Eb|C5", "1 b3 5 b7", "b3 b7"),
        ("Bb|C", "1 9 3 11 5 b7", "3 b7"),
    ],
)
def test_each_tone_has_the_degree_players_call_it(text, degrees, guides):
    functions = parse_chord(text).tone_functions
    assert " ".join(function.degree for function in functions) == degrees
    assert " ".join(f.degree for f in functions if f.role == "guide") == guides


def test_the_sixth_leads_a_chord_without_a_seventh():
    roles = {f.degree: f.role for f in parse_chord("C6/9").tone_functions}
    assert roles == {"1": "root", "9": "tension", "3": "guide", "5": "fifth", "6": "sixth"}
    assert parse_chord("C6/9").guide_tones == {4, 9}


@pytest.mark.parametrize(
    ("text", "tensions", "avoid"),
    [
        ("Cmaj7", (2, 9), (5,)),
        ("Cmaj7#11", (2, 9), ()),
        ("C6", (2, 11), (5,)),
        ("Cm7", (2, 5, 9), ()),
        ("Cm7b9", (5,), (8,)),
        ("Cm7b5", (5, 8), (1,)),
        ("Cm9b5", (5, 8), ()),
        ("Cdim7", (2, 5, 8, 11), ()),
        ("C7", (2, 9), (5,)),
        ("C7b9", (3, 6, 9), ()),
        ("C7b9b13", (), (5,)),
        ("C7#11", (2, 9), ()),
        ("C7b5", (2, 9), (7,)),
        ("C7alt", (1, 6), ()),
        ("C7sus4", (2, 4, 9), ()),
        ("CmMaj7", (2, 5, 9), ()),
    ],
)
def test_tensions_and_avoid_notes_are_the_rest_of_the_scale(text, tensions, avoid):
    chord = parse_chord(text)
    assert (chord.tensions, chord.avoid) == (tensions, avoid)


@given(st.sets(st.integers(0, 11)), st.sets(st.integers(0, 11)), st.booleans())
def test_splitting_a_scale_loses_no_note(scale, tones, dominant):
    tensions, avoid = split_scale(sorted(scale), tones, dominant=dominant)
    assert sorted((*tensions, *avoid)) == sorted(scale - tones)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Cmaj7", ["major", "lydian", "bebop major"]),
        ("Cm7b5", ["locrian", "locrian #2"]),
        ("C7alt", ["altered"]),
        ("C7b9", ["half-whole diminished", "phrygian dominant"]),
        ("C7#5", ["whole tone", "altered", "phrygian dominant"]),
        ("Cm6", ["melodic minor", "bebop melodic minor"]),
        ("Cm7sus4", ["dorian", "aeolian", "phrygian", "bebop dorian", "minor pentatonic", "blues"]),
        ("Ab/C7", ["altered, bent"]),
        ("Cphryg", ["phrygian"]),
    ],
)
def test_the_scales_of_a_chord_begin_with_the_usual_one(text, names):
    assert [scale.name for scale in parse_chord(text).scales] == names


def test_every_scale_of_the_tables_has_a_source_and_steps():
    for table in (CHORD_SCALES, MORE_SCALES):
        for row in table.values():
            assert all(name in SCALES and source for name, source in row)


@given(st.sampled_from(sorted(CHORD_SCALES)), st.sets(st.integers(1, 11), max_size=7))
def test_every_scale_given_holds_every_tone(kind, tones):
    scales = scales_of(kind, {0} | tones)
    assert scales and all({0} | tones <= set(scale.steps) for scale in scales)


@pytest.mark.parametrize(
    ("mode", "scale"),
    [
        ("ion", "major"),
        ("dorian", "dorian"),
        ("Phryg.", "phrygian"),
        ("(lydian)", "lydian"),
        ("mixolydian", "mixolydian"),
        ("aeol", "aeolian"),
        ("locrian", "locrian"),
    ],
)
def test_a_mode_is_the_chord_whose_usual_scale_it_is(mode, scale):
    assert parse_chord(f"D {mode}").scale == SCALES[scale]
