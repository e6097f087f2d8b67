"""Loops of a few notes, and when one has gone on for longer than people's."""

from __future__ import annotations

from itertools import cycle, islice

import pytest

from improv.soloist.loops import MOST_NOTES, Loops


def heard(pitches):
    loops = Loops()
    for pitch in pitches:
        loops.heard(pitch)
    return loops


@pytest.mark.parametrize("period", range(1, len(MOST_NOTES) + 1))
def test_the_pitch_that_would_go_on_with_a_loop_is_barred(period):
    figure = list(range(60, 60 + period))
    most = MOST_NOTES[period - 1]
    short, long = (list(islice(cycle(figure), n)) for n in (most - 1, most))
    assert heard(short).barred is None
    assert heard(long).barred == figure[most % period]
    assert heard([*long, 80]).barred is None, "it has left the loop"


def test_a_long_line_that_changes_is_free():
    assert heard([60 + n * n % 23 for n in range(500)]).barred is None
    assert heard([]).barred is None
