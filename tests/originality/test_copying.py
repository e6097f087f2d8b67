"""The copying figures, counted another way."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from originality_tools import BruteForce, line_of, random_line, transcription, transposed

from improv.originality.copying import Copying, copying, copying_of_all
from improv.originality.index import build_index

SOLOS = [
    transcription(random_line(np.random.default_rng(k), 90, (6,), 2), f"P{k}", f"T{k // 2}")
    for k in range(6)
]


@settings(max_examples=20)
@given(st.integers(0, 5), st.integers(-6, 6))
def test_a_solo_against_all_other_tunes(which, semitones):
    solo = SOLOS[which]
    line = transposed(line_of(solo), semitones)
    found = copying(
        transcription(line).notes, build_index(SOLOS, exact=True), without_title=solo.title.upper()
    )
    others = BruteForce([other for other in SOLOS if other.title != solo.title])
    runs = others.longest(line)
    assert found.windows == len(line) - 7
    assert found.copied == sum(run >= 8 for run in runs)
    assert found.longest == (max(runs) if max(runs) >= 6 else 0)
    assert found.share == found.copied / found.windows
    if found.quote:
        assert found.quote.title != solo.title
        assert found.quote.notes == found.longest


def test_a_copy_is_all_copied_and_says_of_whom():
    found = copying(transcription(line_of(SOLOS[4])[10:30]).notes, SOLOS)
    assert (found.windows, found.copied, found.share, found.longest) == (13, 13, 1.0, 20)
    assert found.quote.performer == "P4"


def test_a_line_too_short_for_a_window_has_no_share():
    assert copying(transcription(line_of(SOLOS[0])[:3]).notes, SOLOS) == Copying(0, 0, 0, None)
    assert copying((), SOLOS).share == 0.0
    # Six and seven notes are a run, though no window.
    assert copying(transcription(line_of(SOLOS[0])[:7]).notes, SOLOS[:1]).longest == 7


def test_many_lines_are_counted_window_by_window():
    copy = copying(transcription(line_of(SOLOS[0])[:18]).notes, SOLOS)
    new = copying(transcription(random_line(np.random.default_rng(99), 40)).notes, SOLOS)
    both = copying_of_all([new, copy])
    assert (both.windows, both.copied, both.longest) == (33 + 11, 11, 18)
    assert both.quote == copy.quote
    assert copying_of_all([]).share == 0.0
