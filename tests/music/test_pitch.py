"""Names of pitches."""

from __future__ import annotations

import pytest

from improv.music.pitch import parse_note_name, parse_pc_name, pc_name, pitch_name


def test_sixty_is_c4():
    assert [pitch_name(p) for p in (0, 60, 70, 127)] == ["C-1", "C4", "Bb4", "G9"]


@pytest.mark.parametrize("flats", [True, False])
def test_every_pitch_name_reads_back(flats):
    assert [parse_note_name(pitch_name(p, flats)) for p in range(128)] == list(range(128))
    assert [parse_pc_name(pc_name(pc, flats)) for pc in range(12)] == list(range(12))


def test_enharmonic_names_cross_the_octave_by_letter():
    assert parse_note_name("Cb4") == 59
    assert parse_note_name("B#3") == 60
    assert parse_pc_name("Cb") == 11


@pytest.mark.parametrize("text", ["", "H4", "c4", "C", "C10", "Cb-1", "4"])
def test_what_is_no_pitch_is_refused_with_its_text(text):
    with pytest.raises(ValueError, match="expected"):
        parse_note_name(text)
