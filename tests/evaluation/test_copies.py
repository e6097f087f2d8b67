"""Windows of eight notes that stand elsewhere."""

from __future__ import annotations

from evaluation.solos import solo

from improv.evaluation.copies import Windows, windows_of
from improv.evaluation.musical_measures import Copied
from improv.music.transcription import Transcription

LINE = [60, 62, 63, 65, 67, 70, 69, 67, 65, 64]


def played(pitches: list[int], title: str, start: int = 0, step: int = 6) -> Transcription:
    return solo([(start + at * step, 3, pitch) for at, pitch in enumerate(pitches)], title=title)


def test_a_copy_is_found_in_any_key_and_place_but_not_in_the_same_tune() -> None:
    corpus = Windows([played(LINE, "Theirs")])
    moved = played([pitch + 5 for pitch in LINE], "Mine", start=24)
    assert corpus.copied(moved) == Copied(windows=3, found=3, longest=10)
    assert corpus.copied(played(LINE, "Theirs")) == Copied(windows=3)


def test_other_times_or_notes_are_no_copy() -> None:
    corpus = Windows([played(LINE, "Theirs")])
    assert corpus.copied(played(LINE, "Mine", step=4)).found == 0
    changed = [*LINE[:8], 66, 64]  # only the first window is whole
    assert corpus.copied(played(changed, "Mine")) == Copied(windows=3, found=1, longest=8)


def test_what_stands_in_two_tunes_is_a_copy_in_both() -> None:
    corpus = Windows([played(LINE, "Theirs"), played(LINE, "Ours")])
    assert corpus.copied(played(LINE, "Theirs")).found == 3


def test_seven_notes_have_no_window() -> None:
    assert windows_of(played(LINE[:7], "Short")) == []
    assert Windows([]).copied(played(LINE[:7], "Short")) == Copied()
