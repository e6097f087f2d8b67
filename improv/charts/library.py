"""The one way to name any chart: `load_chart` for one tune, `open_book` for all that a source holds.

what is asked for                        what it is
| Dm7 | G7 | Cmaj7 | % |                 bars as text
irealb://... or irealbook://...          a link pasted as text
blues                                    a built-in chart
tune.txt                                 bars as text
jazz.html, jazz.txt                      an iReal Pro playlist: any text or web page that holds a link
tune.musicxml, tune.xml, tune.mxl        MusicXML
tune.mid                                 chords of a MIDI file
jazz.html#Blue Bossa                     one tune of a file, by name
"""

from __future__ import annotations

import difflib
import re
from functools import partial
from pathlib import Path
from textwrap import shorten

from improv.charts.book import Book, Entry
from improv.charts.built_in import BUILT_IN
from improv.charts.ireal_link import holds_link, read_links
from improv.charts.text import parse_chart
from improv.charts.text_words import BARS
from improv.errors import ChartError, ImprovError, InputFileError
from improv.files import exists
from improv.music.chart import Chart

_LARGEST_BYTES = 1_000_000
_LARGEST_BOOK_BYTES = 32_000_000  # a playlist of 1,400 tunes has about 2 MB
_EXPECTED = (
    "expected a text file of bars, as in '| Dm7 | G7 | Cmaj7 | % |', an iReal Pro playlist, MusicXML or "
    "MIDI"
)
_CHART = "chart", _EXPECTED
_TITLE = re.compile(r"^\s*title\s*:\s*(\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)


def chart_names() -> tuple[str, ...]:
    """The names of the built-in charts, in the order they are listed."""
    return tuple(BUILT_IN)


def load_chart(spec: str) -> Chart:
    """Give the one chart a user asked for, as the table above says.

    A file named like a built-in chart is reached as `./blues`. ChartError for what cannot be read as a
    chart or is several, InputFileError for a file that cannot be read at all.
    """
    book, wanted = _open(spec)
    return (book.find(wanted) if wanted else book.only()).chart()


def open_book(spec: str) -> Book:
    """All tunes of what a user named, none of them read yet; with `#name`, that one alone.

    Raises as `load_chart` does, but for what is wrong inside one tune: that is said by `Entry.chart`.
    """
    book, wanted = _open(spec)
    return Book(book.name, (book.find(wanted),)) if wanted else book


def is_playlist(path: Path) -> bool:
    """Whether a file holds iReal Pro links; False too where it cannot be read."""
    try:
        return holds_link(_text_of(path, _read_bytes(path)))
    except ImprovError:
        return False


def read_text(path: Path, kind: tuple[str, str] = _CHART) -> str:
    """The text of a file; InputFileError where it is none.

    `kind` is what it is called in the message, and what was expected of it.
    """
    return _text_of(path, _read_bytes(path, kind), kind)


def _open(spec: str) -> tuple[Book, str]:
    """The book a user named, and the tune of it, empty if none was named."""
    if holds_link(spec):
        return _playlist(spec, "the link"), ""
    if "\n" in spec or any(line in spec for line in BARS):
        return _book_of_text(spec, shorten(spec, 40, placeholder=" ..."), ""), ""
    name = spec.strip()
    if name in BUILT_IN:
        return _book_of_text(BUILT_IN[name], name, ""), ""
    path, wanted = _split(spec)
    if name and (path.suffix or "/" in spec or "\\" in spec or exists(path)):
        return _book_of_file(path), wanted
    near = difflib.get_close_matches(name.lower(), BUILT_IN, n=3, cutoff=0.5)
    meant = f"perhaps {' or '.join(map(repr, near))} was meant; " if near else ""
    raise ChartError(
        f"Unknown chart {name!r}: {meant}expected {', '.join(BUILT_IN)}, a file, or bars as in "
        "'| Dm7 | G7 | Cmaj7 | % |'."
    )


def _split(spec: str) -> tuple[Path, str]:
    """The file and the tune of `FILE#tune`; a file may have '#' in its own name."""
    path = Path(spec)
    if "#" not in spec or exists(path):
        return path, ""
    marks = [at for at, char in enumerate(spec) if char == "#"]
    at = next((at for at in marks if exists(Path(spec[:at]))), marks[0])
    return (Path(spec[:at]), spec[at + 1 :].strip()) if spec[:at] else (path, "")


def _book_of_file(path: Path) -> Book:
    name, source = _printable(path.stem), _printable(str(path))
    content = _read_bytes(path)
    suffix = path.suffix.lower()
    if content[:4] == b"MThd" or suffix in (".mid", ".midi", ".kar", ".rmi"):
        return Book(source, (Entry(name, partial(_midi_chart, path)),))
    if _is_musicxml(content, suffix):
        return Book(source, (Entry(name, partial(_musicxml_chart, content, source)),))
    text = _text_of(path, content)
    if holds_link(text):
        return _playlist(text, source)
    if len(content) > _LARGEST_BYTES:
        raise InputFileError(f"Cannot read chart {str(path)!r}: it is over 1 MB; {_EXPECTED}.")
    if suffix in (".html", ".htm"):
        raise InputFileError(
            f"Cannot read chart {str(path)!r}: no irealb:// link is in it; expected a web page as iReal Pro "
            "exports it."
        )
    return _book_of_text(text, name, source)


def _is_musicxml(content: bytes, suffix: str) -> bool:
    # A zip is a compressed score whatever its name; UTF-16 is met in the wild, with its mark or without.
    start = content[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return (
        suffix in (".musicxml", ".xml", ".mxl")
        or start.startswith(b"PK\x03\x04")
        or (start.startswith((b"<?xml", b"<score-", b"<!DOCTYPE score")) and b"<score-" in content)
    )


def _midi_chart(path: Path) -> Chart:
    from improv.charts.midi import read_midi_chart

    return read_midi_chart(path)


def _musicxml_chart(content: bytes, source: str) -> Chart:
    from improv.charts.musicxml import read_musicxml

    return read_musicxml(content, source=source)


def _book_of_text(text: str, title: str, source: str) -> Book:
    said = _TITLE.search(text)
    entry = Entry(
        said[1] if said else title, partial(parse_chart, text, title=title, source=source)
    )
    return Book(source or title, (entry,))


def _playlist(text: str, source: str) -> Book:
    from improv.charts.ireal import key_name, song_chart

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


def _printable(name: str) -> str:
    """A file name as text that can be written anywhere, also where it is not UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _read_bytes(path: Path, kind: tuple[str, str] = _CHART) -> bytes:
    what, expected = kind
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BOOK_BYTES + 1)
    except IsADirectoryError:
        raise InputFileError(
            f"Cannot read {what} {str(path)!r}: it is a folder; {expected}."
        ) from None
    except FileNotFoundError:
        raise InputFileError(
            f"Cannot read {what} {str(path)!r}: no such file; {expected}."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputFileError(f"Cannot read {what} {str(path)!r}: {reason}; {expected}.") from None
    if not content.strip():
        raise InputFileError(f"Cannot read {what} {str(path)!r}: it is empty; {expected}.")
    if len(content) > _LARGEST_BOOK_BYTES:
        raise InputFileError(f"Cannot read {what} {str(path)!r}: it is over 32 MB; {expected}.")
    return content


def _text_of(path: Path, content: bytes, kind: tuple[str, str] = _CHART) -> str:
    what, expected = kind
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
        if holds_link(text) or "|" in text:
            return text
    if b"\0" in content:
        raise InputFileError(f"Cannot read {what} {str(path)!r}: it is binary; {expected}.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"irealb" in content:
            return content.decode("latin-1")  # an old export; what matters is percent-encoded
        raise InputFileError(
            f"Cannot read {what} {str(path)!r}: byte {error.start} is not UTF-8; {expected}."
        ) from None
