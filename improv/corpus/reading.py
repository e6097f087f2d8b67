"""What reading a source gives: solos, and everything that was left out, with its reason.

    Reading   solos      what can be learned from
              dropped    (what, Reason, sentence) for each file or solo that cannot
              notes      Reason -> number of notes left out of solos that were kept
              remarks   (id of the solo, sentence): what was set right or is to be doubted

Readings of several files or workers add up with `add`. They are plain values: they go between processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from improv.errors import ChartError, InputFileError
from improv.music.transcription import Transcription

UNREADABLE = "unreadable"
NO_MELODY = "no melody"
NO_CHORDS = "no chords"
TOO_SHORT = "too short"
METER_CHANGES = "meter changes"
ODD_METER = "bars that are not a whole number of quarters"
NO_BAR_LINES = "no bar lines"
OFF_THE_BEAT = "off the beat"
DUPLICATE = "duplicate"
REASONS = (
    *(UNREADABLE, NO_MELODY, NO_CHORDS, TOO_SHORT, METER_CHANGES, ODD_METER, NO_BAR_LINES),
    *(OFF_THE_BEAT, DUPLICATE),
)
"""Why files and solos are left out."""

SAME_STEP = "a second note on one step"
OUT_OF_RANGE = "pitch out of range"
NO_PLACE = "no place in a bar"
ANOTHER_METER = "in bars of another meter"
NOT_IMPROVISED = "not improvised"
NOTE_REASONS = (SAME_STEP, OUT_OF_RANGE, NO_PLACE, ANOTHER_METER, NOT_IMPROVISED)
"""Why single notes are left out."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file or solo that was left out."""

    what: str
    reason: str
    sentence: str


class LeftOutError(Exception):
    """A solo cannot be used: the reason, and why in a sentence."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass
class Reading:
    """What reading one or more files gave."""

    solos: list[Transcription] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    remarks: list[tuple[str, str]] = field(default_factory=list)

    def drop(self, what: str, reason: str, sentence: str) -> None:
        """Leave something out."""
        self.dropped.append(Dropped(what, reason, sentence))

    @contextmanager
    def leaving_out(self, what: str) -> Iterator[None]:
        """Leave `what` out where inside it turns out that it cannot be used, or not be read at all."""
        try:
            yield
        except LeftOutError as left:
            self.drop(what, left.reason, str(left))
        except (ChartError, InputFileError) as error:
            self.drop(what, UNREADABLE, str(error))

    def remark(self, what: str, sentence: str) -> None:
        """Say what was set right in a solo, or is to be doubted."""
        self.remarks.append((what, sentence))

    def add(self, other: Reading) -> None:
        """Append what another reading gave."""
        self.solos += other.solos
        self.dropped += other.dropped
        self.notes.update(other.notes)
        self.remarks += other.remarks
