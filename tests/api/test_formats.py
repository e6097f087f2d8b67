"""The end of a file's name says in which form a take is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from improv.api import formats
from improv.charts.text import parse_chart
from improv.errors import MissingError, OutputFileError
from improv.music.note import Note
from improv.music.take import Take, Track

CHART = parse_chart("| Dm7 | G7 | Cmaj7 | % |")
NOTES = tuple(Note(480 * beat, 400, 62 + beat, 80) for beat in range(16))
TAKE = Take(CHART, ((0, 140.0),), (Track("Solo", 0, 66, NOTES, NOTES),))


@pytest.mark.parametrize(
    ("name", "begins", "library"),
    [
        ("tune.mid", b"MThd", "mido"),
        ("TUNE.MIDI", b"MThd", "mido"),
        ("tune.musicxml", b"<?xml", "mido"),
        ("tune.xml", b"<?xml", "mido"),
        ("tune.png", b"\x89PNG", "matplotlib"),
        ("tune.wav", b"RIFF", "symusic"),
    ],
)
def test_each_form(tmp_path, name, begins, library):
    pytest.importorskip(library)
    path, told = tmp_path / name, []
    formats.check(path)
    assert not path.exists()
    formats.write(TAKE, path, progress=told.append)
    assert path.read_bytes().startswith(begins)
    assert all(0 <= done <= 100 for done in told)
    assert not told or told[-1] == 100


@pytest.mark.parametrize("name", ["tune.txt", "tune", "tune.mid.gz", ".mid", "-"])
def test_another_ending_is_refused_and_the_known_ones_are_named(tmp_path, name):
    with pytest.raises(OutputFileError) as caught:
        formats.check(tmp_path / name)
    said = str(caught.value)
    assert name in said and "\n" not in said
    assert all(suffix in said for row in formats.FORMATS for suffix in row.suffixes)


def test_what_is_likeliest_to_fail_comes_first():
    paths = [Path(name) for name in ("a.mid", "a.musicxml", "a.png", "a.wav")]
    assert formats.in_order(paths) == paths[::-1]


def test_a_place_that_cannot_be_written_is_known_early(tmp_path):
    with pytest.raises(OutputFileError, match="nowhere"):
        formats.check(tmp_path / "nowhere" / "tune.mid")


@pytest.mark.parametrize(("name", "extra"), [("a.wav", "audio"), ("a.png", "plot")])
def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch, name, extra):
    monkeypatch.setattr("importlib.util.find_spec", lambda library: None)
    with pytest.raises(MissingError, match=rf"\[{extra}\]"):
        formats.check(tmp_path / name)
