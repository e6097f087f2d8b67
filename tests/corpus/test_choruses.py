"""Choruses are counted as marks name them, in files of others and in our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from improv.cli import cli
from improv.corpus.build import read_sources
from improv.corpus.choruses import chorus_starts, with_choruses
from improv.training.line.solos import check_enough, choruses_of


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["Chorus 1", "Chorus 2", "Chorus 3"], [1, 2, 3]),
        (["[Chorus 1]", "solo chorus #2", "CHORUS 3:"], [1, 2, 3]),
        (["1st chorus", "2nd Chorus", "3. chorus"], [1, 2, 3]),
        (["Chorus", "chorus", "Chorus"], [1, 2, 3]),
        (["Intro", "Chorus 1", "Bridge", "Chorus 2", "Tag"], [1, 2]),
        (["Chorus 1", "Chorus 1", "Chorus 2"], [1, 2]),
        (["Chorus 99", "Chorus 100", "Chorus 250"], [99, 100, 250]),
        (["Verse 1", "Chorus 1", "Verse 2", "Chorus 2"], []),
        (["A", "B", "Dm7", "chorus effect on"], []),
    ],
)
def test_marks_that_name_choruses(texts: list[str], numbers: list[int]) -> None:
    """With numbers or without; refrains of songs are none."""
    starts = chorus_starts([(at * 1920, text) for at, text in enumerate(texts)])
    assert [number for _, number in starts] == numbers


def test_a_first_chorus_that_is_not_marked_begins_with_the_music() -> None:
    """As in a lead sheet that names the later ones alone."""
    assert chorus_starts([(5760, "Chorus 2"), (11520, "Chorus 3")])[0] == (0, 1)


def test_every_section_has_its_chorus() -> None:
    """What is before the first is a lead-in; a chorus without a section of its own gets one."""
    found = with_choruses(
        [(0, "Intro"), (100, "A"), (150, "B"), (300, "Tag")], [(100, 1), (200, 2)]
    )
    assert found == [
        (0, "Intro", 0),
        (100, "A", 1),
        (150, "B", 1),
        (200, "Chorus 2", 2),
        (300, "Tag", 2),
    ]


@pytest.mark.parametrize(("files", "choruses"), [(1, 20), (3, 1)])
def test_what_generate_writes_has_as_many_choruses_as_were_asked_for(
    tmp_path: Path, files: int, choruses: int
) -> None:
    """Twenty in one file, or one a file, of twelve bars each, as MIDI and as a lead sheet."""
    for number in range(files):
        at = tmp_path / "midi" / f"{number}.mid"
        sheet = tmp_path / "sheets" / f"{number}.musicxml"
        for path in (at, sheet):
            path.parent.mkdir(exist_ok=True)
        line = f"generate --chart blues --choruses {choruses} --seed {number}"
        given = [*line.split(), "--out", str(at), "--out", str(sheet)]
        assert CliRunner().invoke(cli, given).exit_code == 0
    solos, dropped = read_sources([tmp_path / "midi"])
    assert not dropped and [choruses_of(solo) for solo in solos] == [choruses] * files
    assert check_enough(solos, files * choruses) == files * choruses
    if choruses > 1:
        sheets, dropped = read_sources([tmp_path / "sheets"])
        assert not dropped and [choruses_of(solo) for solo in sheets] == [choruses]
