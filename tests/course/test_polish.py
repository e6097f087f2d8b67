"""The seed's post-processing."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from choosers import Replay
from hypothesis import given
from hypothesis import strategies as st

from improv.course.decode import unparse
from improv.course.pitch import SeedChord, SeedNote, parse_pitch, spell
from improv.course.polish import (
    clean_up_notes,
    prune_grammar,
    prune_notes,
    without_outside_notes,
)


def note(offset: str, name: str, length: str = "1/4") -> SeedNote:
    pitch = None if name == "rest" else parse_pitch(name)
    return SeedNote(Fraction(offset), Fraction(length), pitch)


def row(*names: str) -> list[SeedNote]:
    return [note(f"{place + 1}/4", name) for place, name in enumerate(names)]


def test_outside_notes_become_chord_tones_except_at_the_very_start() -> None:
    text = "A,0.250 A,0.250,<A4,d-2> X,0.333 S,0.5,<A1,A-4>"
    assert without_outside_notes(text) == "A,0.250 C,0.250,<A4,d-2> C,0.333 S,0.5,<A1,A-4>"


def test_lengths_are_rounded_down_or_up() -> None:
    text = "C,0.250 R,0.333 S,0.083,<m2,P-4> C,1.000"
    assert prune_grammar(text, lambda: 0) == "C,0.25 R,0.25 S,0.0,<m2,P-4> C,1.0"
    assert prune_grammar(text, lambda: 1) == "C,0.5 R,0.5 S,0.25,<m2,P-4> C,1.25"


def test_one_draw_a_token() -> None:
    draws = iter([1, 0, 1])
    assert prune_grammar("C,0.5 C,0.5 C,0.5", lambda: next(draws)) == "C,0.75 C,0.5 C,0.75"


def test_repeats_go_only_within_pairs() -> None:
    kept = prune_notes(row("C4", "C4", "C4", "D4", "D4", "D4"))
    assert [each.name for each in kept] == ["C4", "C4", "D4", "D4"]
    assert prune_notes(row("D4", "C4", "C4", "E4")) == row("D4", "C4", "C4", "E4")
    assert prune_notes(row("C4", "rest", "rest", "rest")) == row("C4", "rest", "rest", "rest")
    assert prune_notes(row("C#4", "C4")) == row("C#4", "C4")
    enharmonic = row("E#4", "F4")
    assert prune_notes(enharmonic) == enharmonic


def test_clean_up_lengthens_and_drops_what_starts_together() -> None:
    elements = [
        note("1/4", "C4"),
        note("1/4", "D4", "0"),
        note("1/4", "E4"),
        note("1/2", "rest", "0"),
        note("1/2", "F4"),
        note("1/2", "rest"),
    ]
    assert clean_up_notes(elements) == [
        note("1/4", "C4"),
        note("1/2", "rest", "1/4"),
        note("1/2", "rest"),
    ]
    assert clean_up_notes([note("0", "C4", "0")]) == [note("0", "C4")]


@given(st.lists(st.integers(60, 62), max_size=20))
def test_pruning_never_lengthens_and_keeps_firsts_of_pairs(midis: list[int]) -> None:
    elements = [SeedNote(Fraction(i), Fraction(1), spell(midi)) for i, midi in enumerate(midis)]
    kept = prune_notes(elements)
    assert set(kept) <= set(elements)
    assert [each for each in elements[::2] if each not in kept] == []


def plain(notes: list[SeedNote]) -> list[tuple[float, float, str]]:
    return [(float(each.offset), float(each.length), each.name) for each in notes]


def golden_plain(notes: list[dict[str, Any]]) -> list[tuple[float, float, str]]:
    return [(each["offset"], each["ql"], each["name"]) for each in notes]


@pytest.mark.shared
def test_the_reference_unit_cases(shared_dir: Path) -> None:
    golden = json.loads((shared_dir / "seed" / "golden" / "post_processing.json").read_text())
    assert len(golden["unit_cases"]) == 6
    for case in golden["unit_cases"]:
        kept = prune_notes(SeedNote.from_json(values) for values in case["in"])
        assert plain(kept) == golden_plain(case["prune_notes"]), case["name"]
        assert plain(clean_up_notes(kept)) == golden_plain(case["clean_up_notes"]), case["name"]
    for length, rounded in golden["rounding_table_str_results"].items():
        assert prune_grammar(f"C,{length}", lambda: 0) == f"C,{rounded['down']}"
        assert prune_grammar(f"C,{length}", lambda: 1) == f"C,{rounded['up']}"


@pytest.mark.shared
def test_the_reference_cases(shared_dir: Path) -> None:
    """Twelve strings of 51 tokens through the whole pipeline, draws and choices given."""
    golden_dir = shared_dir / "seed" / "golden"
    golden = json.loads((golden_dir / "post_processing.json").read_text())
    sets = json.loads((golden_dir / "generate_music.json").read_text())["chord_sets_used"]
    chords_of = {
        each["set"]: [SeedChord.from_json(values) for values in each["chords"]] for each in sets
    }
    assert len(golden["cases"]) == 12
    for case in golden["cases"]:
        text = without_outside_notes(case["generated_string"])
        assert text == case["after_A_X_replace"]
        draws = iter(case["prune_grammar"]["round_choice_index_into_[-1,1]"])
        text = prune_grammar(text, lambda draws=draws: next(draws))
        assert text == case["prune_grammar"]["out"]
        replay = Replay(case["unparse"]["choices"], strict=case["exactly_reproducible"])
        notes = list(unparse(text, chords_of[case["chord_set"]], replay).notes)
        assert plain(notes) == golden_plain(case["unparse"]["notes"])
        for each, allowed in zip(notes, case["unparse"]["allowed_midi"], strict=True):
            assert each.midi in allowed
        kept = prune_notes(notes)
        assert plain(kept) == golden_plain(case["prune_notes_out"])
        assert len(notes) - len(kept) == case["prune_notes_removed"]
        cleaned = clean_up_notes(kept)
        assert plain(cleaned) == golden_plain(case["clean_up_notes_out"])
        assert len(cleaned) == case["final_note_count"]
