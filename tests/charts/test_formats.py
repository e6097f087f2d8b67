"""The table of formats: what a file is taken for, and that a row is all there is to a format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from improv.charts import formats
from improv.charts.formats import FORMATS, WRITERS, book_of_text, format_names, format_of
from improv.charts.library import load_chart, open_book
from improv.cli import main
from improv.cli.chart import chart as chart_command
from improv.cli.options import chart_option
from improv.errors import InputFileError


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("tune.mid", b"", "MIDI"),
        ("tune", b"MThd\0\0", "MIDI"),
        ("tune.xml", b"", "MusicXML"),
        ("tune.txt", b"PK\x03\x04", "MusicXML"),
        ("tune.txt", b'\xef\xbb\xbf<?xml version="1.0"?><score-timewise>', "MusicXML"),
        ("tune.txt", "<score-partwise>".encode("utf-16"), "MusicXML"),
        ("page.htm", b"<html>", "iReal Pro"),
        ("tune.txt", b"see irealb://A", "iReal Pro"),
        ("tune.txt", "irealbook://A".encode("utf-16"), "iReal Pro"),
        ("tune.txt", b"| C |", "text"),
        ("tune", b"\0\1", "text"),
    ],
)
def test_a_file_is_known_by_its_ending_or_by_what_it_holds(name, content, expected):
    assert format_of(Path(name), content).name == expected


def test_a_word_about_irealb_makes_no_playlist(tmp_path):
    path = tmp_path / "tune.txt"
    path.write_text('| Dm7 "from irealb" | G7 |')
    assert load_chart(str(path)).bars == 2


@pytest.mark.parametrize("word", WRITERS)
def test_what_is_written_is_read_again_by_the_row_that_wrote_it(word, tmp_path):
    path = tmp_path / "tune"
    path.write_text(WRITERS[word].write(load_chart("blues")))
    row = format_of(path, path.read_bytes())
    assert row.writer is WRITERS[word]
    again = load_chart(str(path))
    assert (again.changes, again.length_tick) == (
        load_chart("blues").changes,
        load_chart("blues").length_tick,
    )


def test_one_row_more_is_one_format_more(tmp_path, monkeypatch):
    """Reading needs nothing but the row; so do the endings, and being known by content."""
    row = replace(
        formats.TEXT,
        name="backwards",
        endings=(".drahc",),
        holds=lambda content: content.endswith(b"||"),
        read=lambda path, content: book_of_text(content.decode()[::-1], path.stem, str(path)),
    )
    monkeypatch.setattr(formats, "FORMATS", (row, *FORMATS))
    for name, text in (("a.drahc", "| 7G | 7mD |"), ("b.txt", "| 7G | 7mD ||")):
        (tmp_path / name).write_text(text)
        book = open_book(str(tmp_path / name))
        assert [chord.text for _, chord in book.only().chart().changes] == ["Dm7", "G7"]


def test_messages_name_every_format(tmp_path):
    with pytest.raises(InputFileError) as caught:
        load_chart(str(tmp_path / "nothing.txt"))
    assert format_names() in str(caught.value)
    assert all(row.name in format_names() for row in FORMATS)


def test_help_names_every_format():
    """Written out there, since --help is made before anything is loaded."""
    said = " ".join((chart_command.help or "").split())
    for row in FORMATS:
        assert row.name in chart_option(lambda: None).__click_params__[0].help
        assert row.name in said


def test_convert_offers_what_can_be_written():
    shown = CliRunner().invoke(chart_command, ["convert", "--help"]).output
    for word, writer in WRITERS.items():
        assert word in shown
        assert writer.form in " ".join(shown.split())
    assert main(["chart", "convert", "blues", "--to", "abc"]) == 2
