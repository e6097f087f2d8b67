"""What a heard note is."""

from __future__ import annotations

from improv.partner.heard import HeardNote


def test_from_three_pitches_on_it_is_comping():
    under = [(), (60,), (60, 64)]
    assert [HeardNote(0, None, 70, 80, 0, each).is_comping for each in under] == [
        False,
        False,
        True,
    ]
