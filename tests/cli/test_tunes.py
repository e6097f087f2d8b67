"""Charts through a pipe, told by what is in them."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest

import improv
from improv.charts.ireal_write import write_ireal
from improv.charts.text_print import print_chart
from improv.cli.tunes import book_of, chart_of
from improv.errors import ChartError, InputFileError
from improv.notation.musicxml import write_musicxml

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
