"""Windows that come again, and windows of a note or two, by hand."""

from __future__ import annotations

import numpy as np

from improv.evaluation.repetition import self_repeats, stuck


def at_every(step: int, notes: int) -> np.ndarray:
    return np.arange(notes, dtype=np.int64) * step


def up(notes: int) -> np.ndarray:
    """No interval comes twice: 1, 2, 3, ... semitones."""
    return np.cumsum(np.arange(notes, dtype=np.int64))


def test_a_line_that_never_comes_again_repeats_nothing() -> None:
    assert self_repeats(up(128), at_every(6, 128)) == (0, 121)


def test_a_lick_played_again_elsewhere_is_a_window_a_note_from_its_eighth_on() -> None:
    pitch = up(128)
    pitch[100:110] = pitch[20:30] + 7  # ten notes: three windows of eight
    assert self_repeats(pitch, at_every(6, 128)) == (3, 121)


def test_other_times_between_onsets_are_another_lick() -> None:
    pitch, onset = up(128), at_every(6, 128)
    pitch[100:110] = pitch[20:30] + 7
    onset[105:] += 1  # one longer wait, within all three
    assert self_repeats(pitch, onset) == (0, 121)


def test_one_note_for_ever_repeats_all_but_the_first_window() -> None:
    assert self_repeats(np.full(128, 60), at_every(6, 128)) == (120, 121)


def test_what_stood_in_the_stretch_before_or_is_left_over_does_not_count() -> None:
    twice = np.concatenate([up(128), up(128)])
    assert self_repeats(twice, at_every(6, 256)) == (0, 242)
    assert self_repeats(np.full(127, 60), at_every(6, 127)) == (0, 0)
    assert self_repeats(np.concatenate([up(128), np.full(127, 60)]), at_every(6, 255)) == (0, 121)


def test_twelve_notes_of_two_pitches_are_stuck() -> None:
    alternating = np.array([60, 67] * 7)  # 14 notes: three windows
    assert stuck(alternating) == (3, 3)
    assert stuck(np.full(13, 60)) == (2, 2)
    alternating[0] = 64  # only in the first window
    assert stuck(alternating) == (2, 3)


def test_three_pitches_are_not_stuck_and_eleven_notes_are_no_window() -> None:
    assert stuck(np.array([60, 62, 64] * 4)) == (0, 1)
    assert stuck(np.full(11, 60)) == (0, 0)
