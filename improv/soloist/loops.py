"""Loops: a line that goes round in a circle of a few notes for longer than people do.

Input -> output:  heard(pitch) for every note  ->  barred: the pitch that would go on with the loop, or None

A cell that feeds on its own line may stay for hours with a figure that it has played often. Nobody's solo
does: of 394 solos of the Weimar Jazz Database (those that `bebop` was trained and tuned on), 99 in 100 have
no loop longer than MOST_NOTES says.
"""

from __future__ import annotations

from collections import deque

MOST_NOTES = (18, 24, 25, 30, 19, 36, 20, 30)
"""How many notes in a row may be the note before again, the one before that, and so on: by period, from 1."""


class Loops:
    """Follows a line, note by note."""

    def __init__(self) -> None:
        self._pitches: deque[int] = deque(maxlen=len(MOST_NOTES))
        """The last of them, the latest first."""
        self._alike = [0] * len(MOST_NOTES)
        """By period: so many notes are what they were a period before."""

    def heard(self, pitch: int) -> None:
        """Take the next note of the line."""
        for index, before in enumerate(self._pitches):
            self._alike[index] = self._alike[index] + 1 if pitch == before else 0
        self._pitches.appendleft(pitch)

    def save(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Where it is, for `restore`."""
        return tuple(self._pitches), tuple(self._alike)

    def restore(self, saved: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
        """Be as it was when it was saved."""
        pitches, alike = saved
        self._pitches, self._alike = deque(pitches, len(MOST_NOTES)), list(alike)

    @property
    def barred(self) -> int | None:
        """The pitch that may not come next; None: any may."""
        for index, pitch in enumerate(self._pitches):
            if self._alike[index] + index + 1 >= MOST_NOTES[index]:
                return pitch
        return None
