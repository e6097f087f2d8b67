"""The judge of rehearsals, learned from lines whose difference is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from solo_maker import solo

from improv.features.notes import notes_of
from improv.music.transcription import Heard, Transcription
from improv.soloist.rehearsal import HEARD_BARS, REHEARSED_BARS, judge_of
from improv.training.rehearsal import judge_arrays, windows


def walk(waits: list[int], seed: int) -> Transcription:
    """A line of 400 notes that draws its waits from these."""
    rng = np.random.default_rng(seed)
    onset, heard = 0, []
    for wait in rng.choice(waits, 400).tolist():
        heard.append(Heard(onset, min(wait, 5), 60 + int(rng.integers(12))))
        onset += wait
    return replace(solo("Air"), title=f"Air {seed % 50}", notes=tuple(heard))


def test_it_hears_eight_bars_that_end_with_two():
    """Shorter ones where the line begins."""
    notes = notes_of(walk([6], 1))
    parts = windows(notes)
    bar = notes.bar_steps
    assert [len(part) for part in parts[:4]] == [32, 48, 64, 64]
    assert {int(part.onset[-1]) // bar % REHEARSED_BARS for part in parts[:-1]} == {1}
    assert max(int(part.onset[-1] - part.onset[0]) // bar for part in parts) == HEARD_BARS - 1
    assert windows(notes.part(0, 0)) == []


def test_it_likes_what_people_play():
    """Others than it learned from too; the same lines give the same file."""
    pairs = [(walk([6, 6, 6, 12], seed), walk([4, 6, 9, 12], 50 + seed)) for seed in range(4)]
    arrays, again = judge_arrays(pairs), judge_arrays(pairs)
    assert all((arrays[name] == again[name]).all() for name in arrays)
    judge = judge_of(arrays, "'x'")
    people, machine = (
        judge(windows(notes_of(walk(waits, 99)))) for waits in ([6, 6, 6, 12], [4, 6, 9, 12])
    )
    assert people.min() > machine.max()
