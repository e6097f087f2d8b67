"""The scales and which chord they go with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.music.scale import CHORD_SCALES, SCALES, chord_scale


def test_every_scale_is_sorted_within_the_octave_and_starts_on_its_root():
    for name, steps in SCALES.items():
        assert steps[0] == 0 and list(steps) == sorted(set(steps)) and steps[-1] < 12, name
        assert 5 <= len(steps) <= 8, name


def rotated(name, degree):
    steps = SCALES[name]
    return tuple(sorted((step - steps[degree - 1]) % 12 for step in steps))


@pytest.mark.parametrize(
    ("mode", "parent", "degree"),
    [
        ("dorian", "major", 2),
        ("phrygian", "major", 3),
        ("lydian", "major", 4),
        ("mixolydian", "major", 5),
        ("aeolian", "major", 6),
        ("locrian", "major", 7),
        ("dorian b2", "melodic minor", 2),
        ("lydian augmented", "melodic minor", 3),
        ("lydian dominant", "melodic minor", 4),
        ("mixolydian b13", "melodic minor", 5),
        ("locrian #2", "melodic minor", 6),
        ("altered", "melodic minor", 7),
        ("phrygian dominant", "harmonic minor", 5),
        ("half-whole diminished", "whole-half diminished", 2),
        ("minor pentatonic", "major pentatonic", 5),
    ],
)
def test_a_mode_is_its_parent_from_another_degree(mode, parent, degree):
    assert SCALES[mode] == rotated(parent, degree)


@pytest.mark.parametrize(
    ("bebop", "seven_notes", "passing"),
    [
        ("bebop dominant", "mixolydian", 11),
        ("bebop major", "major", 8),
        ("bebop dorian", "dorian", 4),
        ("bebop melodic minor", "melodic minor", 8),
    ],
)
def test_a_bebop_scale_is_a_scale_and_one_passing_note(bebop, seven_notes, passing):
    assert set(SCALES[bebop]) - set(SCALES[seven_notes]) == {passing}


@given(st.sampled_from(sorted(CHORD_SCALES)), st.sets(st.integers(1, 11), max_size=7))
def test_any_tones_get_a_scale_that_holds_them(kind, tones):
    scale = chord_scale(kind, {0} | tones).steps
    assert {0} | tones <= set(scale)
    assert 5 <= len(scale) <= 8
    assert list(scale) == sorted(scale)
