"""Values from JSON that others have written."""

from __future__ import annotations

import pytest

from improv.json_values import finite, flag, listed, one_of, text, whole


@pytest.mark.parametrize(
    ("checked", "value"),
    [
        (whole, 0),
        (finite, 1),
        (finite, -0.5),
        (text, ""),
        (flag, False),
        (listed, [1, "a"]),
        (lambda value: whole(value, 1, 16), 16),
        (lambda value: one_of({"a": 1, "b": 2}, value), "b"),
    ],
)
def test_what_is_right_is_given_back_as_it_is(checked, value):
    assert checked(value) is value


@pytest.mark.parametrize(
    ("checked", "value", "said"),
    [
        (whole, True, "a whole number from 0 on was expected, not True"),
        (whole, 1.0, "a whole number from 0 on was expected, not 1.0"),
        (
            lambda value: whole(value, 1, 16, "a channel"),
            17,
            "a channel from 1 to 16 was expected, not 17",
        ),
        (finite, float("inf"), "a number was expected, not inf"),
        (finite, False, "a number was expected, not False"),
        (
            lambda value: finite(value, 0, 40),
            float("nan"),
            "a number from 0 to 40 was expected, not nan",
        ),
        (text, None, "a text was expected, not None"),
        (flag, 1, "true or false was expected, not 1"),
        (lambda value: one_of(("", "a", "b"), value), ["a"], "one of a, b was expected, not ['a']"),
        (listed, (1, 2), "a list was expected, not (1, 2)"),
        (lambda value: listed(value, 2), [1], "a list of 2 was expected, not [1]"),
        (text, ["x" * 100], f"a text was expected, not ['{'x' * 35}..."),
    ],
)
def test_what_is_not_is_refused_with_what_was_expected(checked, value, said):
    with pytest.raises(ValueError) as caught:
        checked(value)
    assert str(caught.value) == said
