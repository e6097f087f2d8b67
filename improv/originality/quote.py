"""A quote: what is being played also stands, note for note, in somebody's solo."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quote:
    """The last `notes` notes also stand in a solo by `performer` over `title`, from `place` on.

    Names are empty if the corpus did not know them.
    """

    performer: str
    title: str
    notes: int
    place: str
    """Where the quoted run begins in that solo: "chorus 2, bar 5"."""

    @property
    def source(self) -> str:
        """ "Clifford Brown, Joy Spring"."""
        return ", ".join(part for part in (self.performer, self.title) if part) or "a nameless solo"

    def __str__(self) -> str:
        return f"quoting {self.source}, {self.notes} notes"


def longer(first: Quote | None, second: Quote | None) -> Quote | None:
    """The longer of two quotes, or the first if they are equally long; None: no quote."""
    if first is None or (second is not None and second.notes > first.notes):
        return second
    return first
