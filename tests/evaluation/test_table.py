"""Tables of figures in a terminal of any width."""

from __future__ import annotations

from improv.evaluation.table import lines_of

ROWS = [
    ["", "generated", "human", ""],
    ["windows of eight notes that stand in the corpus, %", "0.13", "0.80", "not above"],
]


def test_it_is_as_wide_as_it_needs_to_be() -> None:
    assert lines_of(ROWS, last_left=True) == [
        " " * 50 + "  generated  human",
        "windows of eight notes that stand in the corpus, %       0.13   0.80  not above",
    ]


def test_labels_are_broken_where_the_terminal_is_narrow() -> None:
    assert lines_of(ROWS, 60, last_left=True) == [
        " " * 31 + "  generated  human",
        "windows of eight notes that",
        "stand in the corpus, %" + " " * 9 + "       0.13   0.80  not above",
    ]
