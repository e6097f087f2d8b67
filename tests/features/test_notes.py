"""A solo as arrays, with what each note is over its chord."""

from __future__ import annotations

import numpy as np
import pytest
from solos import solo

from improv.features.notes import AVOID, NO_CHORD, OUTSIDE, TENSION, TONE, notes_of, roles_of
from improv.music.chord import parse_chord

LINE = solo(
    [(0, 20, 67), (6, 6, 60), (12, 6, 65), (18, 6, 61), (48, 6, 62), (96, 6, 60)],
    [(3, "C7"), (48, "Gm7"), (90, "NC")],
)


def test_notes_end_where_the_next_begins_and_have_a_role_over_their_chord():
    notes = notes_of(LINE)
    assert notes.duration.tolist() == [6, 6, 6, 6, 6, 6]
    assert notes.degree.tolist() == [NO_CHORD, 0, 5, 1, 7, NO_CHORD]
    assert notes.role.tolist() == [NO_CHORD, TONE, AVOID, OUTSIDE, TONE, NO_CHORD]
    assert notes.bar_steps == 48
    nine = solo([(0, 6, 62)], [(0, "C7")])
    assert notes_of(nine).role.tolist() == [TENSION]


def test_a_part_is_the_notes_that_begin_in_it():
    notes = notes_of(LINE)
    part = notes.within(6, 48)
    assert part.onset.tolist() == [6, 12, 18]
    assert part.ioi.tolist() == [6, 6]
    assert part.interval.tolist() == [5, -4]
    assert len(notes.within(200, 300)) == 0
    assert np.array_equal(notes.part(1, 4).onset, part.onset)


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("C7", {0, 4, 7, 10}),
        ("C6", {0, 4, 7, 9}),
        ("C79b", {0, 4, 7, 10}),  # the ninth is a tension
        ("Csus7", {0, 5, 7, 10}),
        ("Co", {0, 3, 6, 9}),
        ("C7alt", {0, 4, 8, 10}),
        ("C", {0, 4, 7}),
    ],
)
def test_chord_tones_are_root_third_fifth_and_seventh_or_sixth(
    symbol: str, expected: set[int]
) -> None:
    assert set(np.flatnonzero(roles_of(parse_chord(symbol)) == TONE)) == expected
