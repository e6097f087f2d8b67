"""The formats of scores that music21 reads, one row each: how a file is known, and what reads it.

A new format is a new row here, and its reader in `charts.score_readers`. That is loaded, and music21, when
a score is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from improv.charts.score_readers import Tunes


@dataclass(frozen=True, slots=True)
class ScoreFormat:
    """A row. `holds` is asked about the content of a file, or its first thousands of bytes; where there is
    none, only the name tells. `reader` is a function of `charts.score_readers`, or, without one, what music21
    calls a format that it reads whole."""

    name: str
    ending: str
    pattern: bytes
    reader: str = ""
    by_music21: str = ""

    def holds(self, content: bytes) -> bool:
        """Whether it is the format of a file."""
        return bool(self.pattern) and re.search(self.pattern, content, re.MULTILINE) is not None

    def read(self, content: bytes) -> Tunes:
        """The tunes of a file."""
        from improv.charts import score_readers

        if self.by_music21:
            return score_readers.by_music21(content, self.by_music21)
        tunes: Tunes = getattr(score_readers, self.reader)(content)
        return tunes


def score_format(path: Path, content: bytes) -> ScoreFormat | None:
    """The row of a file, by its content or else by its name; None if there is none."""
    found = next((row for row in SCORE_FORMATS if row.holds(content)), None)
    ending = path.suffix.lower()
    return found or next((row for row in SCORE_FORMATS if row.ending == ending), None)


def score_names() -> str:
    """The names of all rows, for messages."""
    return ", ".join(dict.fromkeys(row.name for row in SCORE_FORMATS))


SCORE_FORMATS = (
    ScoreFormat("ABC", ".abc", rb"^X:[ \t]*\d+\s*$(?s:.*)^K:", "abc"),
    ScoreFormat("Humdrum", ".krn", rb"^(?:\*\*[^\t\r\n]+\t)*\*\*kern\b", "humdrum"),
    ScoreFormat("MEI", ".mei", rb"<mei\b", "mei"),
    # A zip, as compressed MusicXML is: only its name tells them apart.
    ScoreFormat("Capella", ".capx", b"", "capella"),
    ScoreFormat("NoteWorthy", ".nwctxt", rb"\A!NoteWorthyComposer", by_music21="noteworthytext"),
    ScoreFormat("NoteWorthy", ".nwc", rb"\A(?:\[NWZ\]|\[NoteWorthy)", by_music21="noteworthy"),
    ScoreFormat("MuseData", ".musedata", rb"^WK#:\s*\S+\s+MV#:", by_music21="musedata"),
    ScoreFormat("RomanText", ".rntxt", b"", by_music21="romantext"),
)
