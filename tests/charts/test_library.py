"""Built-in charts, and charts from files and from the command line."""

from __future__ import annotations

import pytest

from improv.charts.library import BUILT_IN, chart_names, load_chart
from improv.charts.text import parse_chart, print_chart
from improv.errors import ChartError, InputFileError
from improv.music.pitch import parse_pc_name


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_chart_reads_prints_and_has_a_key(name):
    chart = load_chart(name)
    assert chart.title and chart.key
    assert parse_pc_name(chart.key.split()[0]) in {chord.root_pc for _, chord in chart.changes}
    assert parse_chart(print_chart(chart)) == chart


@pytest.mark.parametrize(
    ("name", "bars", "meter"),
    [
        ("blues", 12, "4/4"),
        ("bb-blues", 12, "4/4"),
        ("bird-blues", 12, "4/4"),
        ("minor-blues", 12, "4/4"),
        ("rhythm", 32, "4/4"),
        ("ii-v-i", 32, "4/4"),
        ("modal", 32, "4/4"),
        ("ballad", 32, "4/4"),
        ("waltz", 32, "3/4"),
        ("bossa", 32, "4/4"),
    ],
)
def test_the_form_of_a_built_in_chart(name, bars, meter):
    chart = load_chart(name)
    assert (chart.bars, str(chart.meter)) == (bars, meter)


def test_a_blues_goes_to_the_fourth_in_bar_five():
    for name in ("blues", "bb-blues", "bird-blues", "minor-blues"):
        chart = load_chart(name)
        one, four = chart.chord_at(0), chart.chord_at(4 * chart.meter.ticks_per_bar)
        assert (four.root_pc - one.root_pc) % 12 == 5


def test_names_are_listed():
    assert set(chart_names()) == set(BUILT_IN)


def test_text_with_a_bar_line_is_a_chart():
    assert load_chart("| Dm7 | G7 |").bars == 2


def test_a_file_is_read_and_gives_its_name_as_title(tmp_path):
    path = tmp_path / "my tune.txt"
    path.write_text("\ufeffTempo: 90\r\n| Dm7 | G7 |\r\n", encoding="utf-8")
    chart = load_chart(str(path))
    assert (chart.title, chart.bars, chart.tempo_bpm) == ("my tune", 2, 90)


def test_a_file_named_like_a_built_in_chart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "blues").write_text("| C |")
    assert load_chart("blues").bars == 12
    assert load_chart("./blues").bars == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"\x00\x01\x02\x03", "it is binary"),
        (b"\xff\xfe|\xd8", "byte 0 is not UTF-8"),
        (b"MThd\x00\x00\x00\x06", "cut short"),
        (b"| C\xff7 |", "byte 3 is not UTF-8"),
        (b"| C |\n" * 200_000, "over 1 MB"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path, content, problem):
    path = tmp_path / "chart.txt"
    path.write_bytes(content)
    refused(InputFileError, str(path), repr(str(path)), problem)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    refused(InputFileError, str(tmp_path / "no.txt"), "no such file")
    refused(InputFileError, str(tmp_path), "is a folder")
    refused(InputFileError, "./blues-not-there", "no such file")


def test_a_bad_chord_in_a_file_names_file_line_and_bar(tmp_path):
    path = tmp_path / "chart.txt"
    path.write_text("Tempo: 90\n\n| C | Zz |")
    refused(ChartError, str(path), "'Zz'", "bar 2 (line 3 of ", str(path))


@pytest.mark.parametrize(
    ("name", "near"), [("blus", "'blues'"), ("rythm", "'rhythm'"), ("Waltz", "'waltz'")]
)
def test_an_unknown_name_shows_the_nearest(name, near):
    refused(ChartError, name, repr(name), f"perhaps {near}", "minor-blues")


@pytest.mark.parametrize("name", ["", "qqq", "Dm7 G7", "x" * 300, "a\0b"])
def test_an_unknown_name_lists_the_names(name):
    refused(ChartError, name, "blues", "'| Dm7 | G7 | Cmaj7 | % |'")


def refused(kind, spec, *parts):
    with pytest.raises(kind) as caught:
        load_chart(spec)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message
    for part in parts:
        assert part in message
