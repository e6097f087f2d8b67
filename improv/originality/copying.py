"""How much of a line is copied: the figures of the protocol, for generated and for human solos alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from improv.music.transcription import Heard, Transcription
from improv.originality.index import QuoteIndex, build_index
from improv.originality.quote import Quote
from improv.originality.quotes import Runs

COPIED_NOTES = 8
"""How many notes are in the windows that are counted."""


@dataclass(frozen=True)
class Copying:
    """How much of a line was found in an index."""

    windows: int
    """How many windows of 8 notes the line has."""
    copied: int
    """How many of them are in the index, note for note, in some key."""
    longest: int
    """Notes in the longest run that is in it; 0 if none of 6 notes or more is."""
    quote: Quote | None
    """The first place of that run."""

    @property
    def share(self) -> float:
        """The share of copied windows, 0 to 1; 0 if there are no windows."""
        return self.copied / self.windows if self.windows else 0.0


def copying(
    notes: Sequence[Heard],
    solos: QuoteIndex | Iterable[Transcription],
    *,
    without_title: str | None = None,
) -> Copying:
    """How much of `notes` (by onset) stands in `solos`, leaving out those over the tune `without_title`.

    For many lines, make the index of the solos once (`build_index(solos, exact=True)`) and hand it over
    instead. An index that comes with a cell gives figures that are a little too high (docs/originality.md).
    Everything counts here, also figures and what everybody plays.
    """
    index = solos if isinstance(solos, QuoteIndex) else build_index(solos, exact=True)
    without = index.numbers_of(without_title) if without_title is not None else frozenset[int]()
    runs = Runs(index, without)
    copied = longest = 0
    quote = None
    for note in notes:
        lengths = runs.heard(note.onset_step, note.pitch)
        best = max(lengths.values(), default=0)
        copied += best >= COPIED_NOTES
        if best > longest:
            longest = best
            number = next(number for number, length in lengths.items() if length == best)
            solo, last = index.solo_at(number)
            quote = Quote(solo.performer, solo.title, best, solo.place(last - best + 1))
    return Copying(max(0, len(notes) - COPIED_NOTES + 1), copied, longest, quote)


def copying_of_all(lines: Iterable[Copying]) -> Copying:
    """Many lines together: the windows added up, the longest run of all."""
    rows = list(lines)
    best = max(rows, key=lambda row: row.longest, default=Copying(0, 0, 0, None))
    return Copying(
        sum(row.windows for row in rows), sum(row.copied for row in rows), best.longest, best.quote
    )
