"""Which solos are enough, and which of them are held out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solo_maker import TITLES, solo

from improv.errors import CorpusError
from improv.training.line.solos import (
    bars_of,
    check_enough,
    choruses_of,
    is_one_tune,
    sha256_of,
    split_by_tune,
    split_in_tune,
    without_tunes_of,
)


def test_choruses_are_counted_as_they_are_marked():
    assert choruses_of(solo("Air", 7)) == 7
    assert choruses_of(solo("Air", 1)) == 1


def test_without_marks_32_bars_are_a_chorus():
    unmarked = replace(solo("Air", 16), sections=())
    assert bars_of(unmarked) == 64
    assert choruses_of(unmarked) == 2.0
    long = replace(solo("Air", 16), sections=((0, "", 1),))
    assert choruses_of(long) == 2.0, "64 bars in one chorus are several that nobody told apart"


def test_too_few_are_refused_with_the_count():
    with pytest.raises(CorpusError) as refused:
        check_enough([solo("Air", 10), solo("Barbados", 9)])
    assert "19 choruses" in str(refused.value) and "at least 20" in str(refused.value)
    assert "2 solos, 76 bars" in str(refused.value)
    assert check_enough([solo("Air", 10), solo("Barbados", 10)]) == 20


@given(st.lists(st.tuples(st.sampled_from(TITLES), st.integers(1, 4)), min_size=2, max_size=9))
def test_no_tune_is_in_two_parts(chosen):
    solos = [solo(title, n, seed) for seed, (title, n) in enumerate(chosen)]
    if len({title for title, _ in chosen}) < 2:
        with pytest.raises(CorpusError, match="one tune"):
            split_by_tune(solos)
        return
    learned, held = split_by_tune(solos)
    assert learned and held
    assert not {s.title for s in learned} & {s.title for s in held}
    assert sorted(s.id for s in learned + held) == sorted(s.id for s in solos)


def test_of_solos_over_one_tune_the_last_are_held_out():
    solos = [solo("Air", 2, seed) for seed in range(10)]
    assert is_one_tune(solos) and not is_one_tune([*solos, solo("Cheryl")])
    learned, held = split_in_tune(solos)
    assert [*learned, *held] == solos and len(held) == 2
    assert [len(part) for part in split_in_tune([solo("Air", 9), solo("Air", 1, 1)])] == [1, 1]


def test_of_a_single_solo_the_last_choruses_are_held_out():
    """Every note is in one of the parts; the end begins at a chorus, with the chord that sounds there."""
    whole = solo("Air", 20)
    [begin], [end] = split_in_tune([whole])
    start = 17 * 4 * 48
    assert (choruses_of(begin), choruses_of(end)) == (17, 3)
    assert [n.pitch for n in (*begin.notes, *end.notes)] == [n.pitch for n in whole.notes]
    assert begin.notes[-1].onset_step < start <= end.notes[0].onset_step + start
    assert end.chords[0] == (0, "F7") and end.sections[0] == (0, "A", 18)
    unmarked = replace(whole, sections=(), chords=((0, "F7"),))
    [begin], [end] = split_in_tune([unmarked])
    assert bars_of(begin) + bars_of(end) == 80 and end.chords == ((0, "F7"),)


def test_the_split_is_the_same_in_any_order_and_however_titles_are_written():
    solos = [solo(f"Tune {n}", 2) for n in range(20)]
    held = split_by_tune(solos)[1]
    assert 2 <= len(held) <= 5
    again = split_by_tune(solos[::-1])
    assert {s.id for s in again[1]} == {s.id for s in held}
    shouted = [replace(s, title=f" {s.title.upper()} ") for s in solos]
    assert [s.id for s in split_by_tune(shouted)[1]] == [s.id for s in held]


def test_solos_without_titles_are_tunes_of_their_own():
    solos = [solo("", 2, seed) for seed in range(8)]
    learned, held = split_by_tune(solos)
    assert len(learned) + len(held) == 8 and held


def test_solos_over_held_out_tunes_are_not_learned_from():
    kept, rest = without_tunes_of([solo("Air"), solo("Cheryl")], [solo("AIR ", seed=3)])
    assert [s.title for s in kept] == ["Cheryl"] and [s.title for s in rest] == ["Air"]


def test_the_hash_is_of_what_is_played():
    assert sha256_of([solo("Air")]) == sha256_of([replace(solo("Air"), performer="Nobody")])
    assert sha256_of([solo("Air")]) != sha256_of([solo("Air", seed=1)])
