"""The table of controls, and the keyword arguments that mirror it."""

from __future__ import annotations

import pytest

from improv.controls.table import ROWS, WORDS, Controls, ControlWords


def test_every_control_has_its_keyword():
    assert [*ControlWords.__annotations__] == [*WORDS]
    assert [*WORDS.values()] == [*ROWS]


@pytest.mark.parametrize("name", ROWS)
def test_a_control_begins_within_its_range_and_stays_there(name):
    row = ROWS[name]
    assert row.low <= getattr(Controls(), name) <= row.high
    assert getattr(Controls().with_values(**{name: row.high}), name) == row.high
    with pytest.raises(ValueError, match=f"^{name} must be from .* not "):
        Controls().with_values(**{name: row.high + 1})


def test_a_control_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"^there is no control 'pedals'$"):
        Controls().with_values(pedals=1.0)
