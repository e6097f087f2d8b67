"""Charts whose last chorus differs, as lead sheets: written, and read back."""

from __future__ import annotations

import pytest

from improv.charts.musicxml import read_musicxml
from improv.charts.text import parse_chart
from improv.notation.coda import with_coda
from improv.notation.musicxml import write_musicxml


def said(chart):
    return [(tick, chord.text if chord else "NC") for tick, chord in chart.changes], chart.bars


@pytest.mark.parametrize(
    "text",
    [
        "| C | F To Coda | G | Am || Coda Dm | G7 |",
        "| C | F To Coda | G | Am |\n[B] Coda Dm | 3/4 G7 |",
        "| C | F Fine | G | Am |",
        "| C | F | G To Coda || Coda Am7 | D7 |",
        "[Intro] | C7 |\n[A] | C | F To Coda | G | Am |\n[Coda] Dm | G7 |",
        "| C | F | G | Am |",
    ],
)
def test_what_is_different_the_last_time_is_written_and_read_back(text):
    chart = parse_chart(text)
    again = read_musicxml(write_musicxml(chart).encode())
    assert said(again) == said(chart)
    assert again.repeat_tick == chart.repeat_tick
    assert (again.last is None) == (chart.last is None)
    if chart.last is not None:
        assert said(again.last) == said(chart.last)


def test_the_words_stand_where_the_ways_part():
    both = with_coda(parse_chart("| C | F To Coda | G | Am || Coda Dm | G7 |"))
    assert both.bars == 6 and both.last is None
    assert both.remarks == ((1920, "To Coda"),)
    assert both.sections == ((4 * 1920, "Coda"),)
