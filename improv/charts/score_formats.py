"""The formats of scores that music21 reads, one row each: how a file is known, and what reads it.

A new format is a new row here, and its reader in `charts.score_readers`. That is loaded, and music21, when
a score is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from improv.charts.score_readers import Tunes


@dataclass(frozen=True, slots=True)
class ScoreFormat:
    """A row. `holds` is asked about the content of a file, or its first thousands of bytes."""

    name: str
    endings: tuple[str, ...]
    holds: Callable[[bytes], bool]
    read: Callable[[bytes], Tunes]


def score_format(path: Path, content: bytes) -> ScoreFormat | None:
    """The row of a file, by its content or else by its name; None if there is none."""
    found = next((row for row in SCORE_FORMATS if row.holds(content)), None)
    ending = path.suffix.lower()
    return found or next((row for row in SCORE_FORMATS if ending in row.endings), None)


def score_names() -> str:
    """The names of all rows, for messages."""
    return ", ".join(dict.fromkeys(row.name for row in SCORE_FORMATS))


def _readers() -> ModuleType:
    from improv.charts import score_readers

    return score_readers


def _holds(pattern: bytes) -> Callable[[bytes], bool]:
    compiled = re.compile(pattern, re.MULTILINE)
    return lambda content: compiled.search(content) is not None


SCORE_FORMATS = (
    ScoreFormat(
        "ABC",
        (".abc",),
        _holds(rb"^X:[ \t]*\d+\s*$(?s:.*)^K:"),
        lambda content: _readers().abc(content),
    ),
    ScoreFormat(
        "Humdrum",
        (".krn",),
        _holds(rb"^(?:\*\*[^\t\r\n]+\t)*\*\*kern\b"),
        lambda content: _readers().humdrum(content),
    ),
    ScoreFormat("MEI", (".mei",), _holds(rb"<mei\b"), lambda content: _readers().mei(content)),
    # A zip, as compressed MusicXML is: only its name tells them apart.
    ScoreFormat(
        "Capella", (".capx",), lambda content: False, lambda content: _readers().capella(content)
    ),
    ScoreFormat(
        "NoteWorthy",
        (".nwctxt",),
        _holds(rb"\A!NoteWorthyComposer"),
        lambda content: _readers().by_music21(content, "noteworthytext"),
    ),
    ScoreFormat(
        "NoteWorthy",
        (".nwc",),
        _holds(rb"\A(?:\[NWZ\]|\[NoteWorthy)"),
        lambda content: _readers().by_music21(content, "noteworthy"),
    ),
    ScoreFormat(
        "MuseData",
        (".musedata",),
        _holds(rb"^WK#:\s*\S+\s+MV#:"),
        lambda content: _readers().by_music21(content, "musedata"),
    ),
    ScoreFormat(
        "RomanText",
        (".rntxt",),
        lambda content: False,
        lambda content: _readers().by_music21(content, "romantext"),
    ),
)
