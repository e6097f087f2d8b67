"""Lines broken between words, where they go to a terminal that is narrower."""

from __future__ import annotations

import io
import sys

import pytest

from improv.cli.folding import columns, folded

LINE = "jazz-improv: This cell does not know the player 'Kenny G'."


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        (LINE, None, LINE),
        (LINE, 80, LINE),
        (LINE, 40, "jazz-improv: This cell does not know the\n    player 'Kenny G'."),
        ("  a b  c d", 7, "  a b\n      c\n      d"),
        ("x" * 60, 40, "x" * 60),
        ("one\n\ntwo three", 6, "one\n\ntwo\n    three"),
    ],
)
def test_a_line_is_broken_between_words(text, width, expected):
    assert folded(text, width) == expected


def test_what_is_left_hangs_where_it_is_told_to():
    assert folded("ok      midi: it answers", 20, 8) == "ok      midi: it\n        answers"


def test_only_a_terminal_has_a_width(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert columns() is None
    monkeypatch.setenv("COLUMNS", "72")
    assert columns() == 72
    monkeypatch.setenv("COLUMNS", "3")
    assert columns() == 40, "nothing can be read in less"
