"""The guard of a voice: it names what is quoted and, if asked to, keeps quotes short.

Input -> output:  allowed(onset) -> the pitches that may come;  heard(onset, pitch) -> Quote or None

    guard = guard_for(model.path, config.max_quote)
    ...
    mask = guard.allowed(onset_step, mask)      when the onset of a note is known, before its pitch is drawn
    quote = guard.heard(onset_step, pitch)      for every note that is played, including forced ones

Steps are twelfths of a beat, counted from anywhere; meters and bars do not matter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.errors import ModelError
from improv.files import until_changed
from improv.originality.index import INDEX_NAME, QuoteIndex, load_index
from improv.originality.quote import Quote
from improv.originality.quotes import QuoteMeter
from improv.originality.windows import RUN, WINDOW

LEAST_MAX_QUOTE = RUN
"""The shortest quote that can be kept from growing: the index cannot recognise fewer notes."""
_MOVES = WINDOW - 1

Mask = NDArray[np.bool_]


class QuoteGuard:
    """Follows quotes, and masks pitches if quotes may have at most `max_notes` notes (None: no limit).

    `index` None: it names nothing and allows everything. Raises ValueError for `max_notes` below 6.
    """

    def __init__(self, index: QuoteIndex | None, max_notes: int | None = None) -> None:
        if max_notes is not None and max_notes < LEAST_MAX_QUOTE:
            raise ValueError(f"max_notes is {max_notes}: expected {LEAST_MAX_QUOTE} or more.")
        self._meter = QuoteMeter(index) if index is not None else None
        self._max_notes = max_notes

    @property
    def has_limit(self) -> bool:
        """Whether it keeps quotes short, and does not only name them."""
        return self._max_notes is not None

    @property
    def longest(self) -> Quote | None:
        """The longest quote named so far."""
        return self._meter.longest if self._meter is not None else None

    def reset(self) -> None:
        """Begin a new line; what was played before is not part of any quote. `longest` stays."""
        if self._meter is not None:
            self._meter.reset()

    def save(self) -> Any:
        """Where it is, for `restore`."""
        return self._meter.save() if self._meter is not None else None

    def restore(self, saved: Any) -> None:
        """Be as it was when it was saved."""
        if self._meter is not None:
            self._meter.restore(saved)

    def heard(self, onset_step: int, pitch: int) -> Quote | None:
        """Take the next note played. Returns what it quotes; None if that is not worth naming."""
        return self._meter.heard(onset_step, pitch) if self._meter is not None else None

    def allowed(self, onset_step: int, among: Mask | None = None) -> Mask | None:
        """(128,) bool: the pitches of `among` that make no quote longer than allowed at `onset_step`.

        `among` None, or None returned: all pitches. If every pitch of `among` would, `among` is
        returned unchanged, so that the music goes on.
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
    """The guard with the index of a model folder; one that names nothing if the folder has none.

    Raises ModelError if the index is damaged, or if there is none and `max_notes` is given.
    """
    index = _index_of(Path(folder) / INDEX_NAME)
    if index is None and max_notes is not None:
        raise ModelError(
            f"The model {str(folder)!r} cannot limit quotes to {max_notes} notes: it has no index of "
            f"what it learned from ({INDEX_NAME})."
        )
    return QuoteGuard(index, max_notes)


_index_of = until_changed(load_index)
