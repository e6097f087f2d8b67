"""What is counted in a solo, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from solos import solo

from improv.evaluation.musical_measures import (
    INDEX,
    MEASURES,
    Reference,
    divergence,
    entropy,
    excerpts,
    histograms_of,
    lines_of,
    tally,
)
from improv.evaluation.spread import figures, stacked
from improv.music.transcription import Transcription
from improv.originality.copying import Copying


def figure(key: str, *solos: Transcription) -> float:
    return float(figures(stacked([tally(each) for each in solos]))[INDEX[key]])


def run(pitches: list[int], step: int = 6) -> Transcription:
    """Notes one after another without gaps."""
    return solo([(at * step, step, pitch) for at, pitch in enumerate(pitches)])


def test_a_note_is_heard_against_the_chord_of_its_onset() -> None:
    # E is the third of C7, and no note of Abm7 nor of its scale; Gb is its seventh.
    played = solo([(0, 20, 64), (12, 6, 64), (18, 6, 66)], [(0, "C7"), (12, "Abm7")])
    assert figure("chord_tones", played) == pytest.approx(2 / 3)
    assert figure("scale_tones", played) == pytest.approx(2 / 3)
    assert lines_of(played).degree.tolist() == [4, 8, 10]


def test_notes_without_a_chord_have_no_say() -> None:
    played = solo([(0, 6, 61), (12, 6, 60), (24, 6, 61)], [(12, "C7"), (24, "NC")])
    assert figure("chord_tones", played) == 1.0
    assert lines_of(played).degree.tolist() == [-1, 0, -1]
    assert math.isnan(figure("chord_tones", solo([(0, 6, 60), (6, 6, 62)], [(0, "NC")])))


def test_rests_are_the_share_of_the_time_between_the_first_and_the_last_onset() -> None:
    # 48 steps: sounding 10, gap 2; sounding 6, gap 6; sounding 12, gap 12 to the last note
    played = solo([(0, 10, 60), (12, 6, 62), (24, 12, 64), (48, 30, 65)])
    assert figure("rests", played) == pytest.approx(20 / 48)
    assert figure("rests_eighth", played) == pytest.approx(18 / 48)
    assert figure("notes_per_bar", played) == 4.0


def test_a_note_that_reaches_over_the_next_leaves_no_gap() -> None:
    assert figure("rests", solo([(0, 15, 60), (12, 12, 62), (24, 6, 64)])) == 0.0


def test_a_silence_of_a_beat_ends_a_phrase() -> None:
    # phrases: 0-12 (two notes), 24-30 (one), 41-47 (after 11 steps: the same phrase as the note before)
    played = solo([(0, 6, 60), (6, 6, 62), (24, 6, 64), (41, 6, 65)])
    assert figure("phrase_notes", played) == 2.0
    # 47 steps less the 12 of silence between the phrases, in two phrases
    assert figure("phrase_beats", played) == pytest.approx((47 - 12) / 12 / 2)


def test_a_bar_has_a_rest_where_nothing_sounds_for_a_beat_of_it() -> None:
    # bar 1: silence 36-48; bar 2: 48-58 only; bar 3 is silent; bar 4 begins with a note after 6 steps
    notes = [(0, 36, 60), (58, 38, 62), (150, 6, 64)]
    assert figure("bars_with_rest", solo(notes)) == pytest.approx(2 / 4)


def test_intervals_and_repeats() -> None:
    played = run([60, 60, 64, 62])
    assert figure("interval", played) == pytest.approx(6 / 3)
    assert figure("repeated", played) == pytest.approx(1 / 3)
    assert figure("range_solo", played) == 4.0


def test_range_and_entropy_are_those_of_whole_excerpts() -> None:
    # 64 notes up and down a second, then one far away that is in no excerpt
    wave = run([60 + at % 2 for at in range(64)] + [99])
    assert excerpts(lines_of(wave)) == [(0, 64)]
    assert figure("range_excerpt", wave) == 1.0
    # the pairs up-down and down-up, 31 of each
    assert figure("bigram_entropy", wave) == pytest.approx(1.0)
    assert math.isnan(figure("bigram_entropy", run([60, 62, 64])))


def test_the_figure_of_a_set_is_over_all_its_notes_alike() -> None:
    long, short = run([60] * 9), run([60, 61])  # 8 repeats of 8 intervals; none of 1
    assert figure("repeated", long, short) == pytest.approx(8 / 9)


def test_too_few_notes_count_for_nothing() -> None:
    for notes in ([], [(0, 6, 60)]):
        found = tally(solo(notes))
        assert not found.counts.any()
        assert found.notes == len(notes)


def test_histograms() -> None:
    played = solo([(0, 6, 60), (6, 6, 64), (54, 6, 30), (350, 6, 30)])
    found = histograms_of(lines_of(played))
    assert found["interval"][[24 + 4, 0, 24]].tolist() == [
        1,
        1,
        1,
    ]  # a leap of 34 down counts as 24
    assert found["ioi"][[6, 48, 59]].tolist() == [1, 1, 1]  # 296 steps are class 48 + ceil(10.5)
    assert found["position"][[0, 6, 350 % 48]].tolist() == [1, 2, 1]
    assert found["degree"][[0, 4, 6]].tolist() == [1, 1, 2]


def test_divergence_is_0_for_alike_and_1_for_disjoint() -> None:
    one, other = np.array([2.0, 0, 2]), np.array([1.0, 0, 1])
    assert divergence(one, other) == 0.0
    assert divergence(np.array([1.0, 0]), np.array([0, 3.0])) == pytest.approx(1.0)
    # half of the one is shared: H(3/4, 1/4) - H(1/2, 1/2) / 2
    expected = entropy(np.array([3.0, 1])) - 0.5
    assert divergence(np.array([1.0, 0]), np.array([1.0, 1])) == pytest.approx(expected)
    assert math.isnan(divergence(one, np.zeros(3)))


def test_the_reference_leaves_out_the_same_tune() -> None:
    here = solo([(0, 6, 60), (6, 6, 62)], id="1", title="A")
    there = solo([(0, 6, 60), (6, 6, 67)], id="2", title="B")
    reference = Reference([tally(here), tally(there), tally(there)])
    assert reference.without("A")["interval"].sum() == 1
    assert reference.without("A")["interval"][24 + 7] == 1
    assert reference.without("elsewhere")["interval"].sum() == 2


def test_distances_are_means_over_excerpts_from_other_tunes() -> None:
    up = solo([(at * 6, 6, 40 + at) for at in range(64)], id="1", title="A")
    down = solo([(at * 6, 6, 103 - at) for at in range(64)], id="2", title="B")
    reference = Reference([tally(up), tally(down)])
    counts = stacked([tally(up, reference)])
    assert figures(counts)[INDEX["interval_distance"]] == pytest.approx(1.0)
    assert figures(counts)[INDEX["ioi_distance"]] == 0.0


def test_copies_are_taken_as_counted() -> None:
    found = tally(run([60, 62]), copied=Copying(windows=8, copied=2, longest=9, quote=None))
    assert figures(stacked([found]))[INDEX["copied"]] == 0.25
    assert found.longest_copy == 9


def test_the_table_has_a_row_a_key() -> None:
    assert len(INDEX) == len(MEASURES)
