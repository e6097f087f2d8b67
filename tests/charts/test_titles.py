"""What programs call everything is no title."""

from __future__ import annotations

from pathlib import Path

import pytest
from musicxml_maker import chord, score

from improv.charts.musicxml import read_musicxml
from improv.charts.titles import title_in
from improv.corpus.musicxml import read_score_solo
from tests.corpus.test_musicxml_corpus import BAR

PROGRAMS = (
    *("Music21 Fragment", "Music21", "music21", "Untitled", "Untitled score", "Title", "[Title]"),
    *("Tempo Track", "Conductor", "Track 0", "New Project", "Sequence", "", " "),
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_names_of_programs(name: str) -> None:
    """They are none."""
    assert title_in(name) == ""


@pytest.mark.parametrize(
    "name", ["Tempo Rubato", "Fragments", "Conduct", "Music", "Untitled Blues"]
)
def test_titles_of_tunes_that_look_like_them(name: str) -> None:
    """They stay."""
    assert title_in(name) == name


def test_the_file_names_a_score_that_music21_titled(tmp_path: Path) -> None:
    """Else all solos that it wrote would be one tune. Its composer is nobody either."""
    bars = score(*[chord("C") + BAR] * 4)
    head = (
        b"<movement-title>Music21 Fragment</movement-title>"
        b'<identification><creator type="composer">Music21</creator></identification>'
    )
    at = bars.index(b"<part-list")
    for name in ("One", "Two"):
        path = tmp_path / f"{name}.musicxml"
        path.write_bytes(bars[:at] + head + bars[at:])
        assert read_score_solo(path, "x").solos[0].title == name
        chart = read_musicxml(path.read_bytes(), source=str(path))
        assert (chart.title, chart.composer) == (name, "")
