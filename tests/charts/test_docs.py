"""docs/charts.md says what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from improv.charts.library import BUILT_IN, load_chart
from improv.charts.text import parse_chart
from improv.music.feel import FEELS

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "charts.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```chart\n(.*?)```", TEXT, re.DOTALL)
PLAYED = re.findall(r"^    (\S.*?) +->  (.*)$", TEXT, re.MULTILINE)
INLINE = re.findall(r'--chart "([^"]+)"', TEXT)


@pytest.mark.parametrize("text", EXAMPLES + INLINE)
def test_every_example_chart_reads(text):
    assert parse_chart(text).bars > 0


def test_there_are_examples_to_read():
    assert len(EXAMPLES) >= 3 and len(INLINE) >= 1 and len(PLAYED) >= 8


@pytest.mark.parametrize(("written", "played"), PLAYED)
def test_what_is_written_is_played_as_the_text_says(written, played):
    chart = parse_chart(written)
    assert " ".join(chart.chord_at(tick).text for tick in chart.bar_ticks) == played


def test_the_feels_are_the_table():
    rows = re.findall(
        r"^\| ([a-z ]+) \| ([^|]*) \| (swung|straight) \| (\d+) \|", TEXT, re.MULTILINE
    )
    assert rows == [
        (f.name, ", ".join(f.also), "swung" if f.swung else "straight", f"{f.tempo_bpm:g}")
        for f in FEELS.values()
    ]


def test_every_built_in_chart_is_listed_with_its_bars():
    listed = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", TEXT, re.MULTILINE)
    assert listed == [(name, str(load_chart(name).bars)) for name in BUILT_IN]


def test_the_message_shown_is_the_message_given():
    (said,) = parse_chart("| C | F |\n| C7q |").warnings
    assert said in re.sub(r"\s+", " ", TEXT)
