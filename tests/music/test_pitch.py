"""Names of pitches."""

from __future__ import annotations

import pytest

from improv.music.pitch import parse_pc_name, pc_name, pitch_name


def test_sixty_is_c4():
    assert [pitch_name(p) for p in (0, 60, 70, 127)] == ["C-1", "C4", "Bb4", "G9"]


@pytest.mark.parametrize("flats", [True, False])
def test_every_name_of_a_class_reads_back(flats):
    assert [parse_pc_name(pc_name(pc, flats)) for pc in range(12)] == list(range(12))


def test_enharmonic_names_are_classes_too():
    assert (parse_pc_name("Cb"), parse_pc_name("B#")) == (11, 0)


@pytest.mark.parametrize("text", ["", "H", "c", "C4", "4", "C##"])
def test_what_is_no_name_is_refused_with_its_text(text):
    with pytest.raises(ValueError, match="expected"):
        parse_pc_name(text)
