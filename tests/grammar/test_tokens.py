"""The table of the grammar "changes": every token has one name, one place and one meaning."""

from __future__ import annotations

import pytest

from improv.grammar.tokens import (
    DEGREES,
    DOWN,
    EQUAL,
    FLOOR,
    LENGTHS,
    MOTIONS,
    STEP_TICK,
    TABLE_SIZE,
    UP,
    UP_OCTAVE,
    Token,
    interval_of,
    learned_vocabulary,
    motion_of,
    parse_token,
    rest,
    token_at,
)


def test_names_and_places_are_inverse_over_the_whole_table():
    tokens = [token_at(index) for index in range(TABLE_SIZE)]
    assert [token.table_id for token in tokens] == list(range(TABLE_SIZE))
    assert [parse_token(str(token)) for token in tokens] == tokens
    assert len({str(token) for token in tokens}) == TABLE_SIZE


def test_both_ends_of_each_range_of_the_table():
    assert [str(token_at(i)) for i in (0, 19, 20, 39, 40, 1219)] == [
        *("r:1", "r:48", "1=:1", "1=:48", "1^:1", "7vv:48")
    ]
    assert (len(DEGREES), len(MOTIONS), len(LENGTHS), TABLE_SIZE) == (12, 5, 20, 1220)
    assert STEP_TICK == 40


@pytest.mark.parametrize("table_id", [-1, TABLE_SIZE])
def test_places_outside_the_table_are_refused(table_id):
    with pytest.raises(ValueError, match="from 0 to 1219"):
        token_at(table_id)


def test_names_read_as_they_look():
    assert parse_token("b7v:6") == Token(10, DOWN, 6)
    assert parse_token("#11^^:4") == Token(6, UP_OCTAVE, 4)
    assert parse_token("1=:48") == Token(0, EQUAL, 48)
    assert parse_token("r:12") == rest(12)


@pytest.mark.parametrize(
    "name",
    [
        *("", "r", "r:0", "r:13", "r:06", "r:-1", "b7:6", "b7v", "b7v:", "b7x:6", "8v:6", "#9^:6"),
        *("b7v:6 ", "b7vvv:6", "B7v:6", "b7v:60", "r^:6", "٣v:6"),
    ],
)
def test_other_texts_are_refused_by_name(name):
    with pytest.raises(ValueError, match="is no token"):
        parse_token(name)


def test_a_degree_with_a_motion_is_one_pitch_within_its_octave():
    for upward in range(12):
        up, down = interval_of(UP, upward), interval_of(DOWN, upward)
        assert 1 <= up <= 12 and -12 <= down <= -1
        assert up % 12 == down % 12 == upward
        assert interval_of(UP_OCTAVE, upward) == up + 12
        assert interval_of(MOTIONS.index("vv"), upward) == down - 12


def test_intervals_of_two_octaves_are_said_exactly_and_wider_ones_fold():
    for interval in range(-24, 25):
        assert interval_of(motion_of(interval), interval % 12) == interval
    assert interval_of(motion_of(31), 31 % 12) == 19
    assert interval_of(motion_of(-31), -31 % 12) == -19


def test_an_equal_sign_on_another_degree_means_the_nearest_ties_upward():
    assert [interval_of(EQUAL, upward) for upward in (0, 1, 6, 7, 11)] == [0, 1, 6, -5, -1]


def test_a_learned_vocabulary_is_distinct_in_table_order_and_has_the_floor():
    vocabulary = learned_vocabulary(["7vv:48", "r:48", "1=:1", "r:48"])
    assert len(vocabulary) == len(FLOOR) + 3
    assert set(FLOOR) < set(vocabulary)
    places = [parse_token(name).table_id for name in vocabulary]
    assert places == sorted(places)
    assert (vocabulary[-1], vocabulary[0]) == ("7vv:48", "r:1")
