"""Tokens to notes, the reference's way, with its choices replayed."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosers import Recorder, Replay, first, last

from improv.course.choose import coin, dice
from improv.course.decode import unparse
from improv.course.pitch import SeedChord, SeedNote, chord
from improv.course.polish import clean_up_notes, prune_grammar, prune_notes
from improv.errors import ModelError

C_MAJOR = (chord("C3", "E3", "G3", "B3"),)
A_MINOR = (chord("A3", "C4", "E4"),)


def names(notes: tuple[SeedNote, ...]) -> list[str]:
    return [note.name for note in notes]


def test_each_note_stands_at_the_end_of_its_own_length() -> None:
    notes = unparse("C,0.5 R,0.25 C,0.250,<P4,m-2>", C_MAJOR, first).notes
    assert [note.offset for note in notes] == [Fraction(1, 2), Fraction(3, 4), 1]
    assert names(notes) == ["C4", "rest", "B3"]


def test_a_rest_rounded_to_nothing_is_a_quarter_long_and_takes_no_time() -> None:
    """As music21's `Rest(quarterLength=0.0)`; only rests, and only of exactly nothing."""
    rounded = prune_grammar("C,0.5 R,0.083 C,0.083,<P4,m-2> R,0.083", iter((0, 0, 0, 1)).__next__)
    assert rounded == "C,0.5 R,0.0 C,0.0,<P4,m-2> R,0.25"
    notes = unparse(rounded, C_MAJOR, first).notes
    assert [note.length for note in notes] == [Fraction(1, 2), 1, 0, Fraction(1, 4)]
    assert [note.offset for note in notes] == [Fraction(1, 2)] * 3 + [Fraction(3, 4)]
    assert [note.length for note in clean_up_notes(prune_notes(notes))][1] == 1
    assert unparse("R,0.083", C_MAJOR, first).notes[0].length == Fraction("0.083")


def test_free_notes_rise_to_octave_four_and_ranged_ones_to_three() -> None:
    low = (chord("C2", "E2", "G2"),)
    assert names(unparse("C,0.5 C,0.5,<P-8,d-12> C,0.5,<P-8,d-12>", low, first).notes) == [
        "C4",
        "G3",
        "E3",
    ]


def test_two_candidates_leave_the_repeat_out() -> None:
    choose = Recorder(first)
    unparse("C,0.5 C,0.5,<M3,m-3>", C_MAJOR, choose)
    assert choose.log[1] == (["B3", "E4"], 0)


def test_one_candidate_is_taken_even_if_it_repeats() -> None:
    assert names(unparse("C,0.5 C,0.5,<m2,P-4>", (chord("C4", "D-4"),), first).notes)[0] == "C4"
    lone = (chord("C4"),)
    assert names(unparse("C,0.5 C,0.5,<m3,m-3>", lone, first).notes) == ["C4", "C4"]


def test_no_candidate_moves_a_whole_step() -> None:
    lone = (chord("C4"),)
    choose = Recorder(last)
    assert names(unparse("C,0.5 C,0.5,<P8,M6>", lone, first).notes) == ["C4", "C5"]
    assert names(unparse("C,0.5 C,0.5,<m6,M2>", lone, choose).notes) == ["C4", "D4"]
    assert choose.log[1] == ([-2, 2], 1)


def test_free_scale_and_approach_notes() -> None:
    choose = Recorder(first)
    assert names(unparse("S,0.5 A,0.5", A_MINOR, choose).notes) == ["A4", "B-4"]
    assert choose.log == [
        (["A", "C", "D", "E", "G", "A"], 0),
        ([3, 4, 4], 0),
        (["A", "C", "D", "E", "G", "A"], 0),
        ([3, 4, 4], 0),
        ([1, -1], 0),
    ]


def test_a_note_before_the_first_chord_moves_that_chord() -> None:
    late = (chord("C4", "E4", "G4", offset=3), chord("D4", "F4", "A4", offset=Fraction(7, 2)))
    decoded = unparse("R,0.5 C,0.5 C,2.0", late, first)
    assert [each.offset for each in decoded.chords] == [0, Fraction(7, 2)]
    assert late[0].offset == 3
    resting = unparse("R,0.5", late, first)
    assert resting.chords == late


def test_a_range_without_a_note_before_is_an_error() -> None:
    with pytest.raises(ModelError, match="as the first note"):
        unparse("R,0.5 C,0.250,<m2,P-4>", C_MAJOR, first)


@pytest.mark.parametrize("text", ["Q,0.25", "C", "C,x", "C,0.25,<m2>", "C,0.25,m2,P4"])
def test_an_unreadable_token_is_named(text: str) -> None:
    with pytest.raises(ModelError, match="Cannot read"):
        unparse(text, C_MAJOR, first)


def test_no_chords_is_an_error() -> None:
    with pytest.raises(ModelError, match="over no chords"):
        unparse("C,0.25", [], first)


def test_a_record_replays() -> None:
    rng = np.random.default_rng(1)
    recorder = Recorder(dice(rng))
    text = "S,0.25 " + " ".join(["C,0.25,<m3,m-3>", "S,0.25,<P4,m-2>", "X,0.333,<m2,P-4>"] * 4)
    notes = unparse(text, A_MINOR, recorder, coin(rng)).notes
    replay = Replay(recorder.log, strict=False)
    assert unparse(text, A_MINOR, replay).notes == notes
    assert replay.left == 0
    with pytest.raises(AssertionError, match="the record holds"):
        replay(["C4"])
    with pytest.raises(AssertionError, match="the record has"):
        Replay([(["C4"], 0)])(["D4"])


def check_notes(notes: tuple[SeedNote, ...], golden: list[dict[str, Any]]) -> None:
    """Equal to the reference's notes, whose times are written with three decimals."""
    assert [(n.name, n.midi) for n in notes] == [(g["name"], g.get("midi")) for g in golden]
    for note, facts in zip(notes, golden, strict=True):
        assert float(note.offset) == pytest.approx(facts["offset"], abs=0.0006)
        assert float(note.length) == pytest.approx(facts["ql"], abs=0.0006)


@pytest.mark.shared
def test_the_reference_runs(shared_dir: Path) -> None:
    """Nine measures, five runs each: same candidates in the same order, same notes."""
    golden = json.loads((shared_dir / "seed" / "golden" / "unparse.json").read_text())
    runs = 0
    for measure in golden["measures"]:
        chords = [SeedChord.from_json(values) for values in measure["chords"]]
        for run in measure["runs"]:
            replay = Replay(run["choices"], strict=measure["exactly_reproducible"])
            decoded = unparse(measure["grammar"], chords, replay)
            assert replay.left == 0
            check_notes(decoded.notes, run["notes"])
            for note, facts in zip(decoded.notes, run["allowed"], strict=True):
                assert note.midi in facts["allowed_midi"]
            assert [each.offset for each in decoded.chords] == run["chord_offsets_after"]
            runs += 1
    assert runs == 45


@pytest.mark.shared
def test_dice_stay_in_the_allowed_sets(shared_dir: Path) -> None:
    """Our own dice: the first note of each measure is in the set the reference allows it."""
    golden = json.loads((shared_dir / "seed" / "golden" / "unparse.json").read_text())
    rng = np.random.default_rng(0)
    for measure in golden["measures"]:
        chords = [SeedChord.from_json(values) for values in measure["chords"]]
        allowed = measure["runs"][0]["allowed"][0]["allowed_midi"]
        seen = {
            unparse(measure["grammar"], chords, dice(rng), coin(rng)).notes[0].midi
            for _ in range(200)
        }
        assert seen <= set(allowed)
        assert len(seen) > len(allowed) // 2
