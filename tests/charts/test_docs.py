"""docs/charts.md says what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from improv.charts.library import BUILT_IN, load_chart
from improv.charts.text import parse_chart
from improv.errors import ChartError
from improv.music.chord import parse_chord
from improv.music.scale import SCALES

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "charts.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```chart\n(.*?)```", TEXT, re.DOTALL)
INLINE = re.findall(r'--chart "([^"]+)"', TEXT)
ROWS = [
    row
    for line in TEXT.split("| printed |")[1].split("\n\n")[0].splitlines()[2:]
    if (row := [cell.strip() for cell in line.strip("|").split("|")])
]


@pytest.mark.parametrize("text", EXAMPLES + INLINE)
def test_every_example_chart_reads(text):
    assert parse_chart(text).bars > 0


def test_there_are_examples_to_read():
    assert len(EXAMPLES) >= 3 and len(INLINE) >= 1 and len(ROWS) >= 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_of_the_symbol_table_is_one_chord(row):
    printed, others, tones, scale = row
    chord = parse_chord(printed.strip("`"))
    assert chord.text == printed.strip("`")
    assert " ".join(map(str, chord.tones)) == tones
    assert chord.scale == SCALES[scale]
    for other in re.findall(r"`([^`]+)`", others):
        assert parse_chord(other) == chord, other


@pytest.mark.parametrize(
    ("one", "same"),
    [("C7b9#11", "C7(b9,#11)"), ("C7b9#11", "C7(b9)(#11)"), ("C79b", "C7b9"), ("C7911#", "C9#11")],
)
def test_what_the_text_calls_one_chord_is(one, same):
    assert f"`{one}`" in TEXT and f"`{same}`" in TEXT
    assert parse_chord(one) == parse_chord(same)


def test_every_built_in_chart_is_listed_with_its_bars():
    listed = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", TEXT, re.MULTILINE)
    assert listed == [(name, str(load_chart(name).bars)) for name in BUILT_IN]


def test_the_message_shown_is_the_message_given():
    with pytest.raises(ChartError) as caught:
        parse_chart("| C | F |\n| C7q |")
    assert str(caught.value) in re.sub(r"\s+", " ", TEXT)
