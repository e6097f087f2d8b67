"""A note as it is performed."""

from __future__ import annotations

from dataclasses import replace

from improv.music.note import Note
from improv.performance.played import PlayedNote


def test_a_soloists_note_is_known_by_what_is_written():
    """Not by the name of who plays it."""
    note = PlayedNote(1, 20, 260, 60, 80, 0, "bass")
    assert not note.is_solo
    assert replace(note, written=Note(0, 240, 60, 80)).is_solo
