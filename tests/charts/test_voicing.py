"""What a handful of notes is called."""

from __future__ import annotations

import pytest

from improv.charts.voicing import recognise


@pytest.mark.parametrize(
    ("pitches", "name"),
    [
        ((50, 53, 57, 60), "Dm7"),
        ((43, 53, 57, 59), "G7"),
        ((48, 52, 55, 59), "Cmaj7"),
        ((53, 57, 60, 62), "F6"),
        ((47, 50, 53, 57), "Bm7b5"),
        ((48, 51, 54, 57), "Cdim7"),
        ((45, 49, 55, 58), "A7b9"),
        ((52, 55, 60), "C"),
        ((60, 62), None),
        ((60, 72, 84), None),
        ((60, 61, 62, 63, 64), None),
        ((), None),
    ],
)
def test_voicings_have_names(pitches, name):
    chord = recognise(pitches)
    assert (chord.text if chord else None) == name


@pytest.mark.parametrize(("bass_pc", "name"), [(None, "F6"), (2, "Dm7"), (5, "F6"), (4, "F6")])
def test_the_bass_says_which_name_is_meant(bass_pc, name):
    chord = recognise((53, 57, 60, 62), bass_pc)
    assert chord is not None and chord.text == name
