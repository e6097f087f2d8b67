"""What is played: charts through a pipe, tunes of set lists and playlists."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest

import improv
from improv.charts import library
from improv.charts.ireal_link import Song, link_of
from improv.charts.ireal_write import write_ireal
from improv.charts.text_print import print_chart
from improv.cli.tunes import book_of, chart_of, tunes_of
from improv.errors import ChartError, InputFileError
from improv.notation.musicxml import write_musicxml
from improv.performance.form import Form

CHART = improv.read_chart("Title: A Tune\nKey: C\n| Dm7 | G7 | Cmaj7 | % |")


def piped(monkeypatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def midi() -> bytes:
    return improv.load("bebop").play(CHART, band="", choruses=1, seed=1).to_midi()


@pytest.mark.parametrize(
    "content",
    [
        lambda: print_chart(CHART).encode(),
        lambda: write_musicxml(CHART).encode(),
        lambda: write_ireal(CHART).encode(),
        midi,
    ],
    ids=["text", "musicxml", "ireal", "midi"],
)
def test_what_comes_through_the_pipe_is_told_by_what_it_is(monkeypatch, content):
    piped(monkeypatch, content())
    found = chart_of("-")
    assert found.title == "A Tune"
    assert [chord.text for _, chord in found.changes] == ["Dm7", "G7", "Cmaj7"]
    assert chart_of("-") == found, "what is read again on SIGHUP is what came"


def test_one_tune_of_a_playlist(monkeypatch):
    two = [write_ireal(replace(CHART, title=title)) for title in ("A Tune", "Other")]
    piped(monkeypatch, "\n".join(two).encode())
    assert [entry.title for entry in book_of("-").entries] == ["A Tune", "Other"]
    assert chart_of("-#Other").title == "Other"
    with pytest.raises(ChartError, match="as in '-#A Tune'"):
        chart_of("-")


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"", InputFileError), (b"\0\1\2", InputFileError), (b"| Zz |", ChartError)],
)
def test_what_is_no_chart_takes_one_sentence(monkeypatch, content, kind):
    piped(monkeypatch, content)
    with pytest.raises(kind) as caught:
        chart_of("-")
    assert "standard input" in str(caught.value) and "\n" not in str(caught.value)


# -- sets

FORM = Form(choruses=0)


def set_of(tmp_path, *lines):
    """(titles that are played, what is said of the others) of a set list."""
    path = tmp_path / "set.txt"
    path.write_text("\n".join(lines))
    said = []
    return [tune.chart.title for tune in tunes_of(None, path, FORM, say=said.append)], said


def test_a_bad_tune_of_a_set_leaves_the_others(tmp_path):
    titles, said = set_of(tmp_path, "blues", "nowhere.txt", "|: C | F |", "waltz warp=3", "ballad")
    assert titles == ["Blues in F", "Slow Lantern"]
    assert [text[:9] for text in said] == ["Skipped ("] * 3


def test_a_playlist_whose_tunes_change_their_meter_is_played_whole(tmp_path):
    music = "[T34C   |F   |T44G   |C   Z"
    path = tmp_path / "jazz.html"
    path.write_text(link_of([(Song(title, style="Swing", key="C"), music) for title in "AB"], "x"))
    said = []
    assert len(tunes_of(None, path, FORM, say=said.append)) == 2
    assert said == []


def test_a_fault_of_ours_in_one_tune_leaves_the_others(tmp_path, monkeypatch):
    load = library.load_chart

    def faulty(spec):
        if spec == "waltz":
            raise ZeroDivisionError("of ours")
        return load(spec)

    monkeypatch.setattr(library, "load_chart", faulty)
    titles, said = set_of(tmp_path, "waltz", "blues")
    assert titles == ["Blues in F"]
    (text,) = said
    assert "line 1" in text and "report" in text


def test_a_set_without_a_good_tune_is_refused(tmp_path):
    with pytest.raises(ChartError, match="No tune"):
        set_of(tmp_path, "nowhere.txt")
