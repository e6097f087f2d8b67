"""Roots, qualities and scales as the seed finds them."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction
from pathlib import Path

import pytest

from improv.course.harmony import (
    TONICS,
    chord_quality,
    chord_root,
    classification_scale,
    current_chord,
    free_scale,
    kind_of,
)
from improv.course.pitch import DEFAULT_NAMES, chord, parse_pitch, spell
from improv.errors import InputFileError


def possible_blues_tonics(notes: list) -> list[str]:
    """Every tonic that some coins give, lowest first: the best coins for each are heads for it alone."""
    coins = [[other == tonic for other in TONICS] + [False] for tonic in TONICS]
    found = [free_scale(notes, iter(each).__next__).tonic for each in coins]
    return [tonic for tonic, best in zip(TONICS, found, strict=True) if tonic == best]


def pitches(text: str) -> list:
    return [parse_pitch(each) for each in text.split()]


@pytest.mark.parametrize(
    ("text", "root", "quality"),
    [
        ("C4 E4 G4", "C4", "major"),
        ("E4 G4 C5", "C5", "major"),
        ("A3 C4 E4", "A3", "minor"),
        ("B3 D4 F4", "B3", "diminished"),
        ("C4 E4 G#4", "C4", "augmented"),
        ("C4 E4", "C4", "major"),
        ("A3 C4", "A3", "minor"),
        ("C4 G4", "C4", "other"),
        ("G4", "G4", "other"),
        ("G4 G3", "G4", "other"),
        ("C4 D4 E4 F4 G4 A4 B4", "C4", "major"),
    ],
)
def test_root_and_quality(text: str, root: str, quality: str) -> None:
    assert str(chord_root(pitches(text))) == root
    assert chord_quality(pitches(text)) == quality


@pytest.mark.parametrize(
    ("text", "scale"),
    [("C4 E4 G4 B4", "Major on G"), ("A3 C4 E4", "Dorian on A"), ("E-4 G4 B-4", "Major on B-")],
)
def test_the_scale_is_the_highest_tonic_that_fits(text: str, scale: str) -> None:
    assert str(classification_scale(pitches(text))) == scale


def test_scales_have_a_letter_a_degree() -> None:
    names = classification_scale(pitches("E-4 G#3 C4 F3")).names
    assert names == ("B-", "C", "D-", "E-", "F", "G", "A-")


def test_the_raised_fourth_comes_by_coin() -> None:
    minor = pitches("A3 C4 E4 G4")
    assert free_scale(minor, lambda: False).names == ("A", "C", "D", "E", "G")
    assert free_scale(minor, lambda: True).names == ("A", "C", "D", "D#", "E", "G")
    assert str(free_scale(pitches("C4 E4 G4"), lambda: True)).startswith("Major")


def test_the_possible_tonics_are_those_some_coins_give() -> None:
    """Every run of coins over the few tonics that matter ends in the set, and fills it."""
    notes = pitches("B-3 A3")
    found = set()
    for coins in itertools.product([False, True], repeat=8):
        # Tonics D# E- E and B (places 5 6 7 14) decide here; the others follow the last coin.
        flips = [coins[7]] * 16
        for place, coin in zip((0, 3, 5, 6, 7, 13, 14), coins, strict=False):
            flips[place] = coin
        found.add(free_scale(notes, iter(flips).__next__).tonic)
    assert found == {*possible_blues_tonics(notes)}


def test_the_current_chord_is_the_last_that_began() -> None:
    chords = [chord("C4", "E4", offset=1), chord("D4", "F4", offset=1), chord("G4", "B4", offset=2)]
    assert current_chord(chords, Fraction(0)) is chords[0]
    assert current_chord(chords, Fraction(1)) is chords[1]
    assert current_chord(chords, Fraction(5)) is chords[2]


def test_no_chords_is_an_error() -> None:
    with pytest.raises(InputFileError, match="expected one or more"):
        current_chord([], Fraction(0))
    with pytest.raises(InputFileError, match="without pitches"):
        chord_root([])


def test_kinds_compare_names_for_scale_tones() -> None:
    sounding = pitches("E-4 G#3 C4 F3")
    names = classification_scale(sounding).names
    assert kind_of(spell(60), sounding, names) == "C"
    assert kind_of(spell(70), sounding, names) == "S"
    assert kind_of(spell(61), sounding, names) == "A"  # D- is in the scale, C# is not
    assert kind_of(spell(70), pitches("C4 E4"), ()) == "X"


@pytest.mark.shared
def test_the_reference_chords(shared_dir: Path) -> None:
    golden = json.loads((shared_dir / "seed" / "golden" / "harmony.json").read_text())
    assert len(golden) == 38
    for facts in golden:
        notes = [parse_pitch(text) for text in facts["pitches"]]
        scale = classification_scale(notes)
        accepted = {pc for pc in range(12) if DEFAULT_NAMES[pc] in scale.names}
        assert [pitch.midi for pitch in notes] == facts["midis"]
        assert str(chord_root(notes)) == facts["root"]
        assert chord_quality(notes) == facts["quality"]
        assert str(scale) == facts["classification_scale"]
        assert list(scale.names) == facts["scale_note_names"]
        assert sorted(accepted) == facts["pitch_classes_accepted_as_S_(default_spelling_in_scale)"]
        assert sorted(scale.pcs - accepted) == facts["pitch_classes_lost_to_spelling"]
        if "possible tonics" in facts["free_S_scale"]:
            tonics = facts["free_S_scale"].split()[-1].split(",")
            assert possible_blues_tonics(notes) == tonics
        else:
            assert str(free_scale(notes, lambda: True)) == facts["free_S_scale"]
