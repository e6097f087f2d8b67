"""The formats of charts, one row each: how a file of it is known, what reads it, what writes it.

    bytes of a file  ->  the first row that knows them  ->  a Book of its tunes
    --to WORD        ->  the row whose writer has it    ->  the text of a chart

A new format is a new row and its reader. Readers are loaded only when they are needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from improv.charts.book import Book, Entry
from improv.charts.score_formats import SCORE_FORMATS
from improv.charts.source import text_of
from improv.errors import InputFileError
from improv.printable import printable

if TYPE_CHECKING:
    from improv.charts.score import Score
    from improv.music.chart import Chart

_LARGEST_TEXT_BYTES = 1_000_000
_LARGEST_PLAYLIST_BYTES = 8_000_000
_TITLE = re.compile(r"^\s*title\s*:\s*(\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Writer:
    """How a chart is written: `word` is its name for --to, `form` describes what is written."""

    word: str
    form: str
    write: Callable[[Chart], str]
    """Raises ChartError for what the form cannot express."""
    fit: Callable[[Chart], tuple[Chart, tuple[str, ...]]] = lambda chart: (chart, ())
    """The chart as the form can express it, and what had to be changed for that, a sentence each."""


@dataclass(frozen=True, slots=True)
class Format:
    """A row. A file is of this format if its name has one of `endings`, or if `holds` recognises its
    content."""

    name: str
    """Its name in messages."""
    endings: tuple[str, ...]
    holds: Callable[[bytes], bool]
    read: Callable[[Path, bytes], Book]
    """The tunes of a file with this content. Raises InputFileError, ChartError, MissingError."""
    writer: Writer | None = None
    """None: it can only be read."""


def format_of(path: Path, content: bytes) -> Format:
    """The format of a file; text if nothing else fits."""
    ending = path.suffix.lower()
    return next(row for row in FORMATS if ending in row.endings or row.holds(content))


# -- readers


def _midi(path: Path, content: bytes) -> Book:
    from improv.charts.midi import read_midi_chart

    return _one_tune(path, partial(read_midi_chart, path, content))


def _is_musicxml(content: bytes) -> bool:
    # A zip is a compressed score whatever its name; UTF-16 occurs, with a byte order mark or without.
    start = content[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start.startswith(b"PK\x03\x04") or (
        start.startswith((b"<?xml", b"<score-", b"<!DOCTYPE score"))
        and b"<score-" in content.replace(b"\0", b"")
    )


def _musicxml(path: Path, content: bytes) -> Book:
    from improv.charts.musicxml import read_musicxml

    return _one_tune(path, partial(read_musicxml, content, source=printable(str(path))))


def _one_tune(path: Path, load: Callable[[], Chart]) -> Book:
    return Book(printable(str(path)), (Entry(printable(path.stem), load),))


def _score(path: Path, content: bytes) -> Book:
    """The tunes of a score that music21 reads, in a process of its own: this one may be playing."""
    from improv.charts.score import ask_scores

    source = printable(str(path))
    scores = ask_scores(path, content)
    entries = []
    for number, score in enumerate(scores, start=1):
        title = score.title or (printable(path.stem) if len(scores) == 1 else f"Tune {number}")
        name = source if len(scores) == 1 else f"{source}#{title}"
        entries.append(Entry(title, partial(_score_chart, score, name)))
    return Book(source, tuple(entries))


def _score_chart(score: Score, source: str) -> Chart:
    from improv.charts.musicxml import read_musicxml

    if score.error:
        raise InputFileError(score.error)
    return read_musicxml(score.musicxml.encode(), source=source)


def _holds_link(content: bytes) -> bool:
    return b"irealb" in content.replace(b"\0", b"").lower()


def _ireal(path: Path, content: bytes) -> Book:
    from improv.charts.ireal_link import holds_link

    text = text_of(path, content, CHART)
    if len(content) > _LARGEST_PLAYLIST_BYTES:
        raise InputFileError(f"Cannot read chart {str(path)!r}: it is over 8 MB; {CHART[1]}.")
    if holds_link(text):
        return playlist(text, printable(str(path)))
    if path.suffix.lower() in IREAL.endings:
        raise InputFileError(
            f"Cannot read chart {str(path)!r}: no irealb:// link is in it; expected a web page as iReal Pro "
            "exports it."
        )
    return _text(path, content)


def playlist(text: str, source: str) -> Book:
    """The tunes of the iReal Pro links in a text."""
    from improv.charts.ireal import key_name, song_chart
    from improv.charts.ireal_link import read_links

    _, songs = read_links(text, source)
    return Book(
        source,
        tuple(
            Entry(
                song.title or f"Tune {number}",
                partial(song_chart, song),
                composer=song.composer,
                style=song.style,
                key=key_name(song.key),
            )
            for number, song in enumerate(songs, start=1)
        ),
    )


def _text(path: Path, content: bytes) -> Book:
    text = text_of(path, content, CHART)
    if len(content) > _LARGEST_TEXT_BYTES:
        raise InputFileError(f"Cannot read chart {str(path)!r}: it is over 1 MB; {CHART[1]}.")
    return book_of_text(text, printable(path.stem), printable(str(path)))


def book_of_text(text: str, title: str, source: str) -> Book:
    """The one tune of a text of bars, which may give itself another title."""
    from improv.charts.text import parse_chart

    entry = Entry(titled(text) or title, partial(parse_chart, text, title=title, source=source))
    return Book(source or title, (entry,))


def titled(text: str) -> str:
    """The title that a text of bars gives itself; empty where it gives none."""
    said = _TITLE.search(text)
    return said[1] if said else ""


# -- writers


def _write_musicxml(chart: Chart) -> str:
    from improv.notation.musicxml import write_musicxml

    return write_musicxml(chart, notes=())


def _fit_ireal(chart: Chart) -> tuple[Chart, tuple[str, ...]]:
    from improv.charts.sayable import for_ireal

    return for_ireal(chart)


def _fit_text(chart: Chart) -> tuple[Chart, tuple[str, ...]]:
    from improv.charts.sayable import for_text

    return for_text(chart)


def _write_ireal(chart: Chart) -> str:
    from improv.charts.ireal_write import write_ireal

    return write_ireal(chart) + "\n"


def _write_text(chart: Chart) -> str:
    from improv.charts.text_print import print_chart

    return print_chart(chart)


# -- the table, in the order in which rows are asked

MIDI = Format(
    "MIDI", (".mid", ".midi", ".kar", ".rmi"), lambda content: content[:4] == b"MThd", _midi
)
MUSICXML = Format(
    "MusicXML",
    (".musicxml", ".xml", ".mxl"),
    _is_musicxml,
    _musicxml,
    Writer("musicxml", "a lead sheet", _write_musicxml),
)
IREAL = Format(
    "iReal Pro",
    (".html", ".htm"),
    _holds_link,
    _ireal,
    Writer("ireal", "an irealb:// link", _write_ireal, _fit_ireal),
)
TEXT = Format(
    "text",
    (),
    lambda content: True,
    _text,
    Writer("text", "bars as docs/charts.md has them", _write_text, _fit_text),
)
SCORES = tuple(Format(row.name, (row.ending,), row.holds, _score) for row in SCORE_FORMATS)
"""What music21 reads."""
FORMATS = (MIDI, *SCORES, MUSICXML, IREAL, TEXT)
WRITERS = {row.writer.word: row.writer for row in reversed(FORMATS) if row.writer}
"""The choices of --to."""


def format_names() -> str:
    """The names of all formats, for messages: "text, iReal Pro, MusicXML, ..., MIDI"."""
    return ", ".join(dict.fromkeys(row.name for row in reversed(FORMATS)))


CHART = (
    "chart",
    f"expected one of these formats: {format_names()}; text is bars as in '| Dm7 | G7 | Cmaj7 | % |'",
)
"""What a file is called in messages, and what was expected of it."""
