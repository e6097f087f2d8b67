"""The one way to name any chart: `load_chart` for one tune, `open_book` for all that a source holds.

what is asked for                        what it is
| Dm7 | G7 | Cmaj7 | % |                 bars as text
Dm7 G7 Cmaj7                             chords, one a bar
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
from pathlib import Path
from textwrap import shorten

from improv.charts.book import Book
from improv.charts.built_in import BUILT_IN
from improv.charts.formats import CHART, book_of_text, format_of, playlist
from improv.charts.source import check_bytes, holds_link, read_bytes, text_of
from improv.charts.text_words import AS_BEFORE, BARS
from improv.errors import ChartError, ImprovError
from improv.files import exists
from improv.music.chart import Chart
from improv.music.chord import parse_chord_or_nc

_BETWEEN_CHORDS = re.compile(r"\s*[,;]\s*|\s+(?:[-–—→>]+\s+)?")
_MOST_CHORDS = 2001
_TEMPO = re.compile(r"^\s*(?:tempo|bpm)\s*:", re.IGNORECASE | re.MULTILINE)


def load_chart(spec: str) -> Chart:
    """Give the one chart a user asked for, as the table above says.

    A file named like a built-in chart is reached as `./blues`. Raises ChartError for what cannot be read as a
    chart or is several charts, InputFileError for a file that cannot be read at all."""
    book, wanted = _open(spec)
    return (book.find(wanted) if wanted else book.only()).chart()


def open_book(spec: str) -> Book:
    """All tunes of what a user named, none of them read yet; with `#name`, that one alone.

    Raises as `load_chart` does, except for errors inside one tune, which `Entry.chart` raises.
    """
    book, wanted = _open(spec)
    return Book(book.name, (book.find(wanted),)) if wanted else book


def open_bytes(content: bytes, source: str, wanted: str = "", name: str = "") -> Book:
    """All tunes in the bytes of a file, whose format is recognised by its content, or the one that is wanted.

    `source` is where they came from, `name` what stands before `#` where one tune is named. Raises as
    `open_book` does.
    """
    path = Path(source)
    check_bytes(path, content, CHART)
    book = Book(name or source, format_of(path, content).read(path, content).entries)
    return Book(book.name, (book.find(wanted),)) if wanted else book


def is_bars(spec: str) -> bool:
    """Whether a chart is said in bars or chords, not by the name of anything."""
    if holds_link(spec) or spec.strip() in BUILT_IN:
        return False
    if "\n" in spec or any(line in spec for line in BARS):
        return True
    return not exists(Path(spec)) and bool(_bars_of(spec.strip()))


def is_file(spec: str) -> bool:
    """Whether a chart can only be had from a file."""
    return not (is_bars(spec) or holds_link(spec) or spec.strip() in BUILT_IN)


def names_tempo(bars: str) -> bool:
    """Whether bars as text say their tempo."""
    return bool(_TEMPO.search(bars))


def is_playlist(path: Path) -> bool:
    """Whether a file holds iReal Pro links; also False if it cannot be read."""
    try:
        return holds_link(read_text(path))
    except ImprovError:
        return False


def read_text(path: Path, kind: tuple[str, str] = CHART) -> str:
    """The text of a file; InputFileError if it is not text.

    `kind` is what it is called in the message, and what was expected of it.
    """
    return text_of(path, read_bytes(path, kind), kind)


def _open(spec: str) -> tuple[Book, str]:
    """The book a user named, and the tune of it, empty if none was named."""
    if holds_link(spec):
        return playlist(spec, "the link"), ""
    if "\n" in spec or any(line in spec for line in BARS):
        return book_of_text(spec, shorten(spec, 40, placeholder=" ..."), ""), ""
    name = spec.strip()
    if name in BUILT_IN:
        return book_of_text(BUILT_IN[name], name, ""), ""
    if not exists(Path(spec)) and (bars := _bars_of(name)):
        return book_of_text(bars, shorten(name, 40, placeholder=" ..."), ""), ""
    path, wanted = _split(spec)
    if name and (path.suffix or "/" in spec or "\\" in spec or exists(path)):
        return _book_of_file(path), wanted
    near = difflib.get_close_matches(name.lower(), BUILT_IN, n=3, cutoff=0.5)
    meant = f"perhaps {' or '.join(map(repr, near))} was meant; " if near else ""
    raise ChartError(
        f"Unknown chart {name!r}: {meant}expected {', '.join(BUILT_IN)}, a file, or bars as in "
        "'| Dm7 | G7 | Cmaj7 | % |'."
    )


def _bars_of(words: str) -> str:
    """Chords without bar lines, as bars of one chord each; empty if most words are not chords."""
    found = _BETWEEN_CHORDS.split(words)[:_MOST_CHORDS]
    chords = sum(_is_chord(word) for word in found)
    return f"| {' | '.join(found)} |" if 2 * chords > len(found) else ""


def _is_chord(word: str) -> bool:
    try:
        parse_chord_or_nc(word)
    except ChartError:
        return word in AS_BEFORE
    return True


def _split(spec: str) -> tuple[Path, str]:
    """The file and the tune of `FILE#tune`; a file may have '#' in its own name."""
    path = Path(spec)
    if "#" not in spec or exists(path):
        return path, ""
    marks = [at for at, char in enumerate(spec) if char == "#"]
    at = next((at for at in marks if exists(Path(spec[:at]))), marks[0])
    return (Path(spec[:at]), spec[at + 1 :].strip()) if spec[:at] else (path, "")


def _book_of_file(path: Path) -> Book:
    content = read_bytes(path, CHART)
    return format_of(path, content).read(path, content)
