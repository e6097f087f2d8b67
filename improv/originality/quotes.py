"""Follow a line note by note, and name what it quotes.

Input -> output:  heard(onset, pitch)  ->  Quote, or None if nothing worth naming is quoted
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from improv.originality.index import QuoteIndex
from improv.originality.quote import Quote, longer
from improv.originality.windows import RUN, WINDOW, WINDOWS_A_RUN, interval_of, move

WORTH_SAYING = 8
"""The length in notes of the shortest quote that is named; docs/originality.md has the reasons."""
COMMON_PROPERTY = 3
"""What stands in solos over this many tunes belongs to everybody, and is not named."""
_MOVES = WINDOW - 1
_KEPT = 64
"""How many moves are remembered to tell a figure from a phrase; of a longer quote, the last ones count."""


class Runs:
    """All runs of the latest notes, 6 or more, that stand somewhere in the index, and their lengths.

    `without`: the numbers of windows to skip.
    """

    def __init__(self, index: QuoteIndex, without: frozenset[int] = frozenset()) -> None:
        self.index, self._without = index, without
        self.reset()

    def reset(self) -> None:
        """Start again: what was heard before is not part of any run."""
        self.lengths: dict[int, int] = {}
        """Number of the window that ends with the last note -> length of the run in notes."""
        self.moves: deque[int] = deque(maxlen=_KEPT)
        self._hashes: deque[int] = deque(maxlen=WINDOWS_A_RUN)
        self.onset_step = self.pitch = -1
        self._begun = False

    def heard(self, onset_step: int, pitch: int) -> dict[int, int]:
        """Take the next note; an onset that is not after the last one starts again."""
        if self._begun and onset_step <= self.onset_step:
            self.reset()
        if self._begun:
            self.moves.append(move(pitch - self.pitch, onset_step - self.onset_step))
            self._go_on()
        self.onset_step, self.pitch, self._begun = onset_step, pitch, True
        return self.lengths

    def save(self) -> dict[str, Any]:
        """Where it is, for `restore`."""
        return {**vars(self), "moves": self.moves.copy(), "_hashes": self._hashes.copy()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Be as it was when it was saved."""
        vars(self).update(saved)
        self.moves, self._hashes = self.moves.copy(), self._hashes.copy()

    def recent(self, count: int) -> list[int] | None:
        """The last `count` moves; None if there are fewer."""
        moves = self.moves
        if len(moves) < count:
            return None
        return [moves[at] for at in range(-count, 0)]

    def _go_on(self) -> None:
        moves = self.moves
        if len(moves) < _MOVES:
            return
        self._hashes.append(self.index.hash.one((moves[-3], moves[-2], moves[-1])))
        if len(self._hashes) < WINDOWS_A_RUN:
            return
        before, without = self.lengths, self._without
        numbers = self.index.run_ends(self._hashes)
        if not numbers:
            if before:
                self.lengths = {}
            return
        if without:
            numbers = [number for number in numbers if number not in without]
        # A run continues if the window one note earlier in the same solo was part of one.
        self.lengths = {number: before.get(number - 1, RUN - 1) + 1 for number in numbers}


class QuoteMeter:
    """Names what is being quoted. `longest` is the longest quote named so far."""

    def __init__(self, index: QuoteIndex) -> None:
        self.runs = Runs(index)
        self.longest: Quote | None = None
        self._said = -1

    def reset(self) -> None:
        """Begin a new line; `longest` stays."""
        self.runs.reset()

    def save(self) -> tuple[dict[str, Any], Quote | None, int]:
        """Where it is, for `restore`."""
        return self.runs.save(), self.longest, self._said

    def restore(self, saved: tuple[dict[str, Any], Quote | None, int]) -> None:
        """Be as it was when it was saved."""
        runs, self.longest, self._said = saved
        self.runs.restore(runs)

    def heard(self, onset_step: int, pitch: int) -> Quote | None:
        """Take the next note (its onset in steps). Returns the quote that it continues, or None.

        The quote is the longest run that ends with this note, of 8 notes or more, unless it is common
        property (in solos over 3 tunes or more) or only a figure: see `is_figure`.
        """
        lengths = self.runs.heard(onset_step, pitch)
        if not lengths:
            return None
        notes = max(lengths.values())
        if notes < WORTH_SAYING:
            return None
        index = self.runs.index
        owners = [number for number, length in lengths.items() if length == notes]
        if len(owners) >= COMMON_PROPERTY:
            if len({index.title_at(number) for number in owners}) >= COMMON_PROPERTY:
                return None
        if is_figure([*self.runs.moves][1 - notes :]):
            return None
        # The solo named for the note before is kept, as long as the run continues there too.
        number = self._said + 1 if self._said + 1 in owners else owners[0]
        self._said = number
        solo, last = index.solo_at(number)
        quote = Quote(solo.performer, solo.title, notes, solo.place(last - notes + 1))
        self.longest = longer(self.longest, quote)
        return quote


def is_figure(moves: Sequence[int]) -> bool:
    """Whether moves are what everybody's fingers do: one note repeated, two notes in alternation, or
    a run by semitones and whole tones in one direction. Their rhythm does not count."""
    rises = falls = shakes = True
    at, places = 0, {0}  # semitones from the first note
    for item in moves:
        interval = interval_of(item)
        at += interval
        places.add(at)
        rises = rises and 0 <= interval <= 2
        falls = falls and -2 <= interval <= 0
        shakes = shakes and len(places) <= 2
        if not (rises or falls or shakes):
            return False
    return True
