"""The same on the solos of the Weimar database."""

from __future__ import annotations

import numpy as np
import pytest
from originality_tools import BruteForce, line_of, transposed

from improv.corpus.events import read_events
from improv.originality.copying import copying, copying_of_all
from improv.originality.guard import QuoteGuard
from improv.originality.index import build_index, load_index
from improv.originality.quotes import WORTH_SAYING, QuoteMeter
from tests.originality.test_guard import thief

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def train(shared_dir):
    path = shared_dir / "eval" / "train.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    return read_events(path)


@pytest.fixture(scope="module")
def index(train):
    return build_index(train)


@pytest.fixture(scope="module")
def brute(train):
    return BruteForce(train)


def test_the_file_is_small_and_gives_the_index_back(index, tmp_path):
    index.save(tmp_path / "quotes.bin")
    assert (tmp_path / "quotes.bin").stat().st_size < 700_000
    assert load_index(tmp_path / "quotes.bin").to_bytes() == index.to_bytes()


def test_whole_solos_are_found_in_other_keys(train, index):
    for which in range(0, len(train), 40):
        solo, meter = train[which], QuoteMeter(index)
        quote = None
        for onset, pitch in transposed(line_of(solo), which % 12 - 6, which):
            quote = meter.heard(onset, pitch)
        assert quote == meter.longest
        assert quote.notes == len(solo.notes)
        assert (quote.performer, quote.title) == (solo.performer, solo.title)


def test_pieces_are_found_with_the_length_and_among_the_owners_that_comparing_notes_gives(
    train, index, brute
):
    rng = np.random.default_rng(0)
    for _ in range(25):
        solo = train[rng.integers(len(train))]
        at, count = int(rng.integers(len(solo.notes) - 40)), int(rng.integers(9, 40))
        piece = transposed(line_of(solo)[at : at + count], int(rng.integers(-12, 13)))
        meter = QuoteMeter(index)
        for (onset, pitch), runs in zip(piece, brute.follow(piece), strict=True):
            quote, longest = meter.heard(onset, pitch), int(runs.max())
            assert max(meter.runs.lengths.values(), default=0) == (longest if longest > 5 else 0)
            if quote is not None:
                owners = {
                    (brute.owners[k].performer, brute.owners[k].title)
                    for k in (runs == longest).nonzero()[0]
                }
                assert quote.notes == longest >= WORTH_SAYING
                assert (quote.performer, quote.title) in owners
                assert len({title for _, title in owners}) < 3


@pytest.mark.parametrize("most", [6, 8, 12])
def test_a_thief_that_is_watched_takes_no_more_than_n_notes(train, index, brute, most):
    line = thief(QuoteGuard(index, most), train, np.random.default_rng(most), 300)
    assert max(brute.longest(line)) <= most


def test_an_unwatched_thief_takes_more(train, index, brute):
    line = thief(QuoteGuard(index), train, np.random.default_rng(8), 300)
    assert max(brute.longest(line)) > 20


def test_the_human_figures(shared_dir, train, index):
    """docs/originality.md quotes them."""
    valid = read_events(shared_dir / "eval" / "valid.jsonl.gz")
    exact = build_index(train, exact=True)
    rows = [copying(solo.notes, exact, without_title=solo.title) for solo in valid]
    all_of_them = copying_of_all(rows)
    assert round(100 * all_of_them.share, 2) == 0.80
    assert all_of_them.longest == 12
    assert sum(row.copied == 0 for row in rows) == 17
    silent = wrong = said = 0
    for solo in valid:
        meter, exactly = QuoteMeter(index), QuoteMeter(exact)
        for note in solo.notes:
            quote = meter.heard(note.onset_step, note.pitch)
            if quote is not None:
                said += 1
            exactly.heard(note.onset_step, note.pitch)
            if quote is not None:
                true = max(exactly.runs.lengths.values(), default=0)
                wrong += quote.notes != true
                assert quote.notes >= true
        silent += exactly.longest is None
    assert silent == 20  # of 39: more than half never quote anything worth saying
    assert wrong / said < 0.25
