"""Set lists: what a line says, and what is said of one that cannot be read."""

from __future__ import annotations

import pytest

from improv.charts.setlist import beside, parse_setlist
from improv.errors import ChartError

SET = """
# Friday, first set
blues                        x3
jazz1460.html#Blue Bossa     x4 key=Dm tempo=150   # the horns sit out
| Dm7 | G7#9 | Cmaj7 | % |   x8
My Funny Tune                key="C minor"
"""


def test_each_line_is_a_tune_and_its_settings():
    entries = parse_setlist(SET, "friday.txt")
    assert [(entry.tune, entry.settings) for entry in entries] == [
        ("blues", {"choruses": "3"}),
        ("jazz1460.html#Blue Bossa", {"choruses": "4", "key": "Dm", "tempo": "150"}),
        ("| Dm7 | G7#9 | Cmaj7 | % |", {"choruses": "8"}),
        ("My Funny Tune", {"key": "C minor"}),
    ]
    assert entries[1].place == "line 4 of 'friday.txt'"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n\n# nothing\n", "'friday.txt' is empty"),
        ("blues\n" * 501, "501 tunes"),
    ],
)
def test_what_cannot_be_read_is_named(text, said):
    with pytest.raises(ChartError, match=said):
        parse_setlist(text, "friday.txt")


def test_files_are_looked_for_beside_the_set_list(tmp_path):
    (tmp_path / "tune.txt").write_text("| C |")
    setlist = tmp_path / "set.txt"
    assert beside(setlist, "tune.txt") == str(tmp_path / "tune.txt")
    assert beside(setlist, "tune.txt#Two") == f"{tmp_path / 'tune.txt'}#Two"
    assert beside(setlist, "blues") == "blues"
    assert beside(setlist, "| F#m7 |") == "| F#m7 |"
