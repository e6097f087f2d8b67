"""Windows: what counts as the same, and three ways to the same hash."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from improv.originality.windows import WINDOW, WindowHash, interval_of, move, moves_of

notes = st.lists(st.tuples(st.integers(1, 3000), st.integers(0, 127)), min_size=WINDOW, max_size=30)


def arrays(rows):
    onsets = np.cumsum([ioi for ioi, _ in rows])
    return onsets, np.array([pitch for _, pitch in rows])


@given(notes, st.binary(max_size=16), st.sampled_from([6, 20]))
def test_one_window_all_windows_and_the_next_pitch_agree(rows, salt, bits):
    onsets, pitches = arrays(rows)
    moves = moves_of(onsets, pitches)
    hasher = WindowHash(salt, bits)
    hashes = hasher.all(moves)
    assert hashes.shape == (len(rows) - WINDOW + 1,)
    for at, found in enumerate(hashes.tolist()):
        window = moves[at : at + WINDOW - 1].tolist()
        assert hasher.one(window) == found
        last = at + WINDOW - 1
        ahead = hasher.next(
            window[:-1], int(pitches[last - 1]), int(onsets[last] - onsets[last - 1])
        )
        assert ahead.shape == (128,)
        assert ahead[pitches[last]] == found
        assert found < 2**bits


@given(st.integers(-127, 127), st.integers(1, 10**9))
def test_a_move_keeps_its_interval_and_a_time_of_any_length(interval, ioi_step):
    item = move(interval, ioi_step)
    assert 0 <= item < 2**28
    assert interval_of(item) == interval
    if ioi_step < 2**20 - 1:
        assert item != move(interval, ioi_step + 1)
    array = moves_of(np.array([0, ioi_step]), np.array([127, 127 + interval]) - 127)
    assert array.tolist() == [item]


def test_a_line_in_another_key_and_elsewhere_in_the_bar_has_the_same_hashes():
    onsets, pitches = np.array([0, 6, 12, 16, 20, 24, 36]), np.array([60, 63, 62, 60, 67, 65, 64])
    hasher = WindowHash(b"salt", 20)
    here = hasher.all(moves_of(onsets, pitches))
    assert (here == hasher.all(moves_of(onsets + 30, pitches - 11))).all()
    assert not (here == hasher.all(moves_of(onsets, pitches[::-1]))).any()
    assert not (here == hasher.all(moves_of(onsets * 2, pitches))).any()


def test_another_salt_gives_other_hashes():
    rng = np.random.default_rng(0)
    moves = moves_of(np.arange(1000) * 6, rng.integers(40, 80, 1000))
    one, other = WindowHash(b"a", 20).all(moves), WindowHash(b"b", 20).all(moves)
    assert (one == other).mean() < 0.01
    assert len(set(one.tolist())) > 980


def test_all_short_hashes_are_about_as_frequent():
    rng = np.random.default_rng(0)
    counts = np.bincount(
        WindowHash(b"", 6).all(moves_of(np.arange(6400) * 6, rng.integers(40, 80, 6400))),
        minlength=64,
    )
    assert len(counts) == 64
    assert 50 < counts.min() <= counts.max() < 160


def test_a_line_shorter_than_a_window_has_none():
    assert WindowHash(b"", 6).all(moves_of(np.arange(3), np.arange(3))).shape == (0,)
