"""The guard of a voice: says what is quoted and, where it is asked to, keeps quotes short.

Input -> output:  allowed(onset) -> the pitches that may come;  heard(onset, pitch) -> Quote or None

    guard = guard_for(model.path, config.max_quote)
    ...
    mask = guard.allowed(onset_step, mask)      the onset of the note is known, its pitch is to be drawn
    quote = guard.heard(onset_step, pitch)      every note that is played, forced ones too

Steps are twelfths of a beat, counted from anywhere; meters and bars do not matter.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from improv.errors import ModelError
from improv.originality.index import INDEX_NAME, QuoteIndex, load_index
from improv.originality.quote import Quote
from improv.originality.quotes import QuoteMeter
from improv.originality.windows import RUN, WINDOW

LEAST_MAX_QUOTE = RUN
"""The shortest quote that can be kept from growing: of fewer notes the index cannot tell."""
_MOVES = WINDOW - 1

Mask = NDArray[np.bool_]


class QuoteGuard:
    """A meter, and a mask where quotes may have at most `max_notes` notes (None: as many as they like).

    `index` None: silent, everything is allowed. Raises ValueError for `max_notes` below 6.
    """

    def __init__(self, index: QuoteIndex | None, max_notes: int | None = None) -> None:
        if max_notes is not None and max_notes < LEAST_MAX_QUOTE:
            raise ValueError(f"max_notes is {max_notes}: expected {LEAST_MAX_QUOTE} or more.")
        self._meter = QuoteMeter(index) if index is not None else None
        self._max_notes = max_notes

    @property
    def longest(self) -> Quote | None:
        """The longest quote said so far."""
        return self._meter.longest if self._meter is not None else None

    def reset(self) -> None:
        """Begin a line anew; what was played before is not part of any quote. `longest` stays."""
        if self._meter is not None:
            self._meter.reset()

    def heard(self, onset_step: int, pitch: int) -> Quote | None:
        """Take a note that is played, by onset; what it is quoting, None where that is not worth saying."""
        return self._meter.heard(onset_step, pitch) if self._meter is not None else None

    def allowed(self, onset_step: int, among: Mask | None = None) -> Mask | None:
        """(128,) bool: the pitches of `among` that, at `onset_step`, make no quote longer than allowed.

        `among` None, or None given back: all pitches. Where each pitch of `among` would, `among` comes
        back as it is: the music goes on.
        """
        free = self._free(onset_step)
        if free is None or among is None:
            return among if free is None or not free.any() else free
        both = among & free
        return both if both.any() else among

    def _free(self, onset_step: int) -> Mask | None:
        """The pitches that make no quote too long; None: all."""
        if self._meter is None or self._max_notes is None:
            return None
        runs, most = self._meter.runs, self._max_notes
        ends = [number for number, notes in runs.lengths.items() if notes >= most]
        if not ends:
            return None
        moves, ioi_step = runs.recent(_MOVES - 1), onset_step - runs.onset_step
        if moves is None or ioi_step <= 0:
            return None
        index = runs.index
        hashes = index.hash.next(moves, runs.pitch, ioi_step)
        free = np.ones(len(hashes), np.bool_)
        for going_on in {int(index.by_number[number + 1]) for number in ends}:
            free &= hashes != going_on
        return free


def guard_for(folder: Path, max_notes: int | None = None) -> QuoteGuard:
    """The guard with the index of a model folder; a silent one where the folder has none.

    Raises ModelError where the index is damaged, and where there is none and `max_notes` is given.
    """
    path = Path(folder) / INDEX_NAME
    try:
        stat = path.stat()
    except (OSError, ValueError):
        if max_notes is not None:
            raise ModelError(
                f"The model {str(folder)!r} cannot keep quotes to {max_notes} notes: it has no index of "
                f"what it learned from ({INDEX_NAME})."
            ) from None
        return QuoteGuard(None)
    return QuoteGuard(_load(path, stat.st_mtime_ns, stat.st_size), max_notes)


@lru_cache(maxsize=2)
def _load(path: Path, changed_ns: int, size: int) -> QuoteIndex:
    """One index for all tunes of a set; a file that has changed is read again."""
    return load_index(path)
