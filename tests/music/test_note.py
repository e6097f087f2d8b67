"""Very many notes in little room are a sequence like any other."""

from __future__ import annotations

import pickle

import pytest

from improv.music.note import Note, Notes

ROWS = [Note(tick, 10 + n, pitch, 80 + n) for n, (tick, pitch) in enumerate(
    [(0, 62), (480, 60), (240, 64), (240, 60), (240, 64), (0, 60), (480, 59)]
)]  # fmt: skip


def held(by_pitch: bool) -> Notes:
    notes = Notes()
    for note in ROWS:
        notes.put(note, by_pitch=by_pitch)
    return notes


@pytest.mark.parametrize("by_pitch", [True, False])
def test_they_are_in_order_and_those_that_are_alike_as_they_came(by_pitch):
    ordered = sorted(ROWS, key=lambda n: (n.onset_tick, n.pitch if by_pitch else 0))
    notes = held(by_pitch)
    assert list(notes) == ordered
    assert len(notes) == len(ROWS) and notes[2] == ordered[2] and notes[-1] == ordered[-1]
    assert notes[1:3] == tuple(ordered[1:3]) and list(reversed(notes)) == ordered[::-1]


def test_they_are_equal_to_a_tuple_and_to_others_of_the_same_notes():
    notes = held(True)
    assert notes == tuple(notes) and notes == held(True) and hash(notes) == hash(tuple(notes))
    assert notes != tuple(notes)[1:] and notes != held(False) and notes != [*notes]
    assert pickle.loads(pickle.dumps(notes)) == notes
    assert repr(notes) == repr(tuple(notes))
