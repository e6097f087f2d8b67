"""Windows of 8 notes that stand in a corpus, counted for a whole line at once.

    solos ──> CopiedWindows ── copying(notes) ──> how many windows the line has, how many are copied

The figures are those of improv.originality.copying, which follows a line note by note and finds the longest
run and its place, but in far less time: this is for searches, which count millions of notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from improv.music.transcription import Heard, Transcription
from improv.originality.copying import COPIED_NOTES, Copying
from improv.originality.index import arrays
from improv.originality.windows import moves_of

_MOVES = COPIED_NOTES - 1
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SEVERAL = -1


class CopiedWindows:
    """All windows of some solos, each with its tune, or a mark that it occurs over several."""

    def __init__(self, solos: Iterable[Transcription]) -> None:
        self._titles: dict[str, int] = {}
        keys, titles = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
        for solo in solos:
            found = _keys(solo.notes)
            title = self._titles.setdefault(_folded(solo.title), len(self._titles))
            keys.append(found)
            titles.append(np.full(len(found), title, np.int64))
        every, of = np.concatenate(keys), np.concatenate(titles)
        order = np.lexsort((of, every))
        every, of = every[order], of[order]
        self._keys, first = np.unique(every, return_index=True)
        last = np.append(first[1:], len(every)) - 1
        self._title = np.full(len(first), _SEVERAL, np.int64)
        if len(first):  # sorted by title within a key: if the first and the last agree, all do
            alike = of[first] == of[last]
            self._title[alike] = of[first][alike]

    def copying(self, notes: Sequence[Heard], *, without_title: str | None = None) -> Copying:
        """How much of `notes` stands here, over tunes other than `without_title`; without the longest run."""
        windows = max(0, len(notes) - _MOVES)
        if not windows or not len(self._keys):
            return Copying(windows, 0, 0, None)
        keys = _keys(notes)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        copied = self._keys[at] == keys
        if without_title is not None and _folded(without_title) in self._titles:
            copied &= self._title[at] != self._titles[_folded(without_title)]
        return Copying(windows, int(copied.sum()), 0, None)


def _keys(notes: Sequence[Heard]) -> NDArray[np.uint64]:
    """(windows,) a number for each window: its moves as the digits of one, modulo 2^64, mixed at each."""
    moves = moves_of(*arrays(notes))
    count = max(0, len(moves) - _MOVES + 1)
    keys = np.zeros(count, np.uint64)
    for at in range(_MOVES if count else 0):
        keys = (keys ^ moves[at : at + count]) * _FACTOR
        keys ^= keys >> np.uint64(32)
    return keys


def _folded(title: str) -> str:
    return title.strip().casefold()
