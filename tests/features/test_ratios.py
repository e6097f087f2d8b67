"""Log-likelihood ratios of two kinds of lines."""

from __future__ import annotations

import numpy as np
import pytest
from note_maker import notes, walk

from improv.features.ratios import STREAMS, Ratios, columns_of


def test_what_a_stream_looks_at_is_where_it_says():
    columns = columns_of(notes([0, 6, 18, 21], [60, 62, 61, 61], lengths=3))
    assert columns["ioi"].tolist() == [6, 12, 3, 63]
    assert columns["ioi 1"].tolist() == [63, 6, 12, 3]
    assert columns["interval"].tolist() == [63, 27, 24, 25]
    assert columns["interval 1"].tolist() == [63, 63, 27, 24]
    assert columns["place"].tolist() == [0, 6, 6, 9]


def test_each_kind_is_told_by_what_it_does():
    rng = np.random.default_rng(0)
    even = [walk(rng, steps=(6, 6, 6, 12)) for _ in range(20)]
    odd = [walk(rng, steps=(3, 9, 12, 12)) for _ in range(20)]
    ratios = Ratios.learned(even[:15], odd[:15])
    for line in even[15:]:
        assert ratios.of(line)["rhythm"].mean() > 0.2
    for line in odd[15:]:
        assert ratios.of(line)["rhythm"].mean() < -0.2
    said = ratios.of(even[0])
    assert set(said) == set(STREAMS)
    assert said["rhythm"].shape == (60,)
    assert said["rhythm"][-1] == 0.0, "nothing follows the last note"


def test_lines_of_one_kind_say_nothing():
    lines = [walk(np.random.default_rng(at)) for at in range(5)]
    for said in Ratios.learned(lines, lines).of(lines[0]).values():
        assert said == pytest.approx(np.zeros(60))


def test_what_is_rare_says_little():
    """A step that came once in one kind and never in the other is no proof."""
    lines = [walk(np.random.default_rng(at)) for at in range(5)]
    rare = notes([*range(0, 300, 6), 305])
    ratios = Ratios.learned([*lines, rare], [*lines, notes(range(0, 306, 6))])
    assert abs(ratios.of(rare)["rhythm"][-2]) < 1.0


def test_several_stretches_are_asked_at_once():
    """Each as if it were alone; one without notes is worth nothing."""
    rng = np.random.default_rng(0)
    lines = [walk(rng), walk(rng, steps=(3, 9)), walk(rng).part(0, 0)]
    ratios = Ratios.learned(lines[:1], lines[1:2])
    means = ratios.means(lines)
    assert means.shape == (3, len(ratios.streams))
    for line, row in zip(lines[:2], means, strict=False):
        alone = [nats.mean() for nats in ratios.of(line).values()]
        assert row.tolist() == pytest.approx(alone)
    assert not means[2].any()
    again = Ratios.from_arrays(ratios.arrays())
    assert (again.means(lines) == means).all()
