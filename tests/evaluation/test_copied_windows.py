"""Copied windows counted at once are those that are counted one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from solos import solo

from improv.evaluation.copied_windows import CopiedWindows
from improv.music.transcription import Transcription
from improv.originality.copying import copying
from improv.originality.index import build_index


def line(seed: int, notes: int = 60, **facts: object) -> Transcription:
    """Few different moves, so that much is copied by chance."""
    rng = np.random.default_rng(seed)
    onsets = np.cumsum(rng.choice([6, 6, 6, 12], notes))
    pitches = 60 + np.cumsum(rng.choice([-1, 1, 1], notes)) % 12
    return solo(
        [(int(o), 6, int(p)) for o, p in zip(onsets, pitches, strict=True)],
        id=f"solo {seed}",
        **facts,
    )


CORPUS = [line(seed, title=f"Tune {seed % 7}") for seed in range(40)]


def test_the_same_as_note_by_note() -> None:
    index, quick = build_index(CORPUS, exact=True), CopiedWindows(CORPUS)
    some = 0
    for seed in range(100, 120):
        notes = line(seed, 90).notes
        for title in (None, "Tune 3", " tune 3", "Another"):
            expected = copying(notes, index, without_title=title)
            found = quick.copying(notes, without_title=title)
            assert (found.windows, found.copied) == (expected.windows, expected.copied)
            some += found.copied
    assert some > 100


def test_the_tune_itself_does_not_count_but_where_others_have_it_too() -> None:
    here = line(1, title="A")
    there = replace(here, title="B")
    windows = len(here.notes) - 7
    assert CopiedWindows([here]).copying(here.notes).copied == windows
    assert CopiedWindows([here]).copying(here.notes, without_title="A").copied == 0
    assert CopiedWindows([here, there]).copying(here.notes, without_title="A").copied == windows


def test_it_is_the_intervals_that_are_copied_not_the_pitches() -> None:
    here = line(1)
    higher = tuple(replace(note, pitch=note.pitch + 5) for note in here.notes)
    assert CopiedWindows([here]).copying(higher).copied == len(here.notes) - 7


def test_nothing_is_copied_from_nobody_or_by_seven_notes() -> None:
    assert CopiedWindows([]).copying(line(1).notes).copied == 0
    assert CopiedWindows(CORPUS).copying(CORPUS[0].notes[:7]).windows == 0
    assert CopiedWindows([line(1, 3)]).copying(()).copied == 0
