"""The guard: no line that it watches quotes more than it may."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from originality_tools import BruteForce, line_of, random_line, transcription

from improv.errors import ModelError
from improv.originality.guard import LEAST_MAX_QUOTE, QuoteGuard, guard_for
from improv.originality.index import INDEX_NAME, build_index
from improv.originality.quote import longer


def corpus(seed=2, solos=5, notes=120, **more):
    rng = np.random.default_rng(seed)
    return [transcription(random_line(rng, notes, **more), f"P{k}", f"T{k}") for k in range(solos)]


def thief(guard, solos, rng, notes, obeys=0.95):
    """A line that goes on as some solo does whenever it may: it takes the pitch that a solo has next."""
    line, onset = [], 0
    solo, at = line_of(solos[0]), 0
    for _ in range(notes):
        if at >= len(solo) or rng.random() > obeys:
            solo = line_of(solos[rng.integers(len(solos))])
            at = int(rng.integers(len(solo) - 10))
        ioi = solo[at][0] - solo[at - 1][0] if at else 6
        interval = solo[at][1] - solo[at - 1][1] if at else 0
        onset += ioi
        wanted = (line[-1][1] if line else 60) + interval
        mask = guard.allowed(onset)
        choices = np.arange(128) if mask is None else mask.nonzero()[0]
        pitch = int(choices[np.abs(choices - wanted).argmin()])
        guard.heard(onset, pitch)
        line.append((onset, pitch))
        at += 1
    return line


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(LEAST_MAX_QUOTE, 14), st.sampled_from([1, 4]))
def test_a_line_that_steals_what_it_can_never_has_more_than_n_notes_of_anybody(seed, most, step):
    solos = corpus(step=step)
    brute = BruteForce(solos)
    line = thief(QuoteGuard(build_index(solos), most), solos, np.random.default_rng(seed), 150)
    assert max(brute.longest(line)) <= most
    free = thief(QuoteGuard(build_index(solos)), solos, np.random.default_rng(seed), 150)
    assert max(brute.longest(free)) > most


def test_it_forbids_the_one_pitch_that_would_go_on():
    solos = corpus()
    line = line_of(solos[0])[20:40]
    guard = QuoteGuard(build_index(solos, exact=True), 9)
    for onset, pitch in line[:9]:
        assert guard.allowed(onset) is None
        guard.heard(onset, pitch)
    onset, pitch = line[9]
    mask = guard.allowed(onset)
    assert mask.shape == (128,)
    assert (~mask).nonzero()[0].tolist() == [pitch]
    assert guard.allowed(onset + 1).all()  # with another rhythm it is no quote
    among = np.zeros(128, bool)
    among[[pitch, pitch + 3]] = True
    assert guard.allowed(onset, among).nonzero()[0].tolist() == [pitch + 3]
    among[pitch + 3] = False
    assert guard.allowed(onset, among) is among  # the last resort: the music goes on


def test_asking_changes_nothing():
    solos = corpus()
    guard, other = (QuoteGuard(build_index(solos), 8) for _ in range(2))
    for onset, pitch in line_of(solos[1])[:15]:
        for ahead in (0, 1, 5):
            guard.allowed(onset + ahead)
        assert guard.heard(onset, pitch) == other.heard(onset, pitch)


def test_after_a_last_resort_it_goes_on_forbidding():
    solos = corpus()
    line = line_of(solos[0])[:14]
    guard = QuoteGuard(build_index(solos), 8)
    for onset, pitch in line[:12]:
        guard.heard(onset, pitch)
    assert not guard.allowed(line[12][0])[line[12][1]]


def test_without_an_index_it_is_silent_and_allows_everything():
    guard = QuoteGuard(None, 6)
    among = np.ones(128, bool)
    for onset, pitch in line_of(corpus()[0]):
        assert guard.allowed(onset) is None
        assert guard.allowed(onset, among) is among
        assert guard.heard(onset, pitch) is None
    guard.reset()
    assert guard.longest is None


def test_without_a_limit_it_says_and_allows_everything():
    solos = corpus()
    guard = QuoteGuard(build_index(solos))
    for onset, pitch in line_of(solos[0])[:20]:
        assert guard.allowed(onset) is None
        guard.heard(onset, pitch)
    assert str(guard.longest) == "quoting P0, T0, 20 notes"
    guard.reset()
    assert guard.heard(0, 60) is None
    assert guard.longest.notes == 20


def test_a_limit_shorter_than_the_index_can_see_is_refused():
    with pytest.raises(ValueError, match="6 or more"):
        QuoteGuard(None, LEAST_MAX_QUOTE - 1)


def test_a_model_folder_with_an_index_and_one_without(tmp_path):
    solos = corpus()
    assert guard_for(tmp_path).heard(0, 60) is None
    with pytest.raises(ModelError, match=r"cannot limit quotes to 8 notes: it has no index"):
        guard_for(tmp_path, 8)
    build_index(solos).save(tmp_path / INDEX_NAME)
    guard = guard_for(tmp_path, 8)
    quotes = [guard.heard(onset, pitch) for onset, pitch in line_of(solos[0])[:9]]
    assert quotes[-1].title == "T0"
    again = guard_for(tmp_path, 8)
    assert again.longest is None  # another line, the same index
    build_index(solos[1:]).save(tmp_path / INDEX_NAME)
    changed = guard_for(tmp_path)
    assert [changed.heard(onset, pitch) for onset, pitch in line_of(solos[0])[:9]][-1] is None
    (tmp_path / INDEX_NAME).write_bytes(b"rubbish")
    with pytest.raises(ModelError, match="not an index of quotes"):
        guard_for(tmp_path)


def test_the_longer_of_two_quotes():
    guard = QuoteGuard(build_index(corpus()))
    nine = [guard.heard(onset, pitch) for onset, pitch in line_of(corpus()[0])[:9]]
    assert longer(None, None) is None
    assert longer(nine[7], None) is nine[7]
    assert longer(None, nine[7]) is nine[7]
    assert longer(nine[7], nine[8]) is nine[8]
    assert longer(nine[8], nine[7]) is nine[8]
