"""What is added to the time of a message so that it is heard in time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.midi.latency import Latency, parse_latency_table

MS = 1_000_000
SLOW_WHEN_SOFT = ((10, -155.0), (64, -40.0), (100, 0.0))


@pytest.mark.parametrize(
    ("velocity", "ms"),
    [(1, -155), (10, -155), (37, -97.5), (64, -40), (82, -20), (100, 0), (127, 0)],
)
def test_between_two_rows_it_lies_on_a_line_and_beyond_them_it_is_as_the_last(velocity, ms):
    assert Latency(by_velocity=SLOW_WHEN_SOFT).of_note_ns(velocity) == ms * MS
    assert Latency(-3.0, SLOW_WHEN_SOFT).of_note_ns(velocity) == (ms - 3) * MS


def test_notes_and_the_clock_have_each_their_own():
    latency = Latency(-2.5, system_ms=7.0)
    assert (latency.of_note_ns(64), latency.of_system_ns()) == (-2_500_000, 7 * MS)
    assert (Latency().of_note_ns(64), Latency().of_system_ns()) == (0, 0)


@pytest.mark.parametrize(
    ("latency", "earliest_ms"),
    [
        (Latency(), 0),
        (Latency(20.0, system_ms=5.0), 0),
        (Latency(-20.0), 20),
        (Latency(-20.0, system_ms=-45.0), 45),
        (Latency(-20.0, SLOW_WHEN_SOFT), 175),
    ],
)
def test_how_much_sooner_anything_may_be_due(latency, earliest_ms):
    assert latency.earliest_ns == earliest_ms * MS


@given(
    st.dictionaries(st.integers(1, 127), st.integers(-1000, 1000), min_size=1, max_size=5),
    st.data(),
)
def test_no_note_is_earlier_than_the_earliest(rows, data):
    table = parse_latency_table(",".join(f"{velocity}:{ms}" for velocity, ms in rows.items()))
    assert table == tuple(sorted((velocity, float(ms)) for velocity, ms in rows.items()))
    latency = Latency(0.0, table)
    velocity = data.draw(st.integers(1, 127))
    assert min(rows.values()) * MS <= latency.of_note_ns(velocity) <= max(rows.values()) * MS
    assert latency.of_note_ns(velocity) >= -latency.earliest_ns


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "'' is no row of it"),
        ("64", "'64' is no row of it"),
        ("64:", "'64:' is no row of it"),
        ("0:5", "'0:5' is no row of it"),
        ("128:5", "'128:5' is no row of it"),
        ("64:1001", "'64:1001' is no row of it"),
        ("64:nan", "'64:nan' is no row of it"),
        ("10:-155, x:0", "'x:0' is no row of it"),
        ("64:1,64:2", "velocity 64 is there twice"),
    ],
)
def test_what_is_no_table_is_named(text, what):
    with pytest.raises(ValueError, match=what):
        parse_latency_table(text)
