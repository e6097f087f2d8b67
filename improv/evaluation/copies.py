"""How much of a solo stands in a corpus: windows of eight notes, whatever key they are in.

A window is the seven intervals and the seven times between onsets (steps) of eight successive notes. A window
is copied where the same one stands in a solo of the corpus over another tune.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from improv.evaluation.musical_measures import Copied
from improv.music.transcription import Transcription

WINDOW_NOTES = 8


class Windows:
    """The windows of a corpus. Asking costs a look-up a window, no matter how large the corpus is."""

    def __init__(self, solos: Iterable[Transcription]) -> None:
        """Read the windows of all solos; each remembers the one tune it stands in, or that there are more."""
        self._titles: dict[bytes, str | None] = {}
        for solo in solos:
            for window in windows_of(solo):
                title = self._titles.setdefault(window, solo.title)
                if title != solo.title:
                    self._titles[window] = None

    def copied(self, solo: Transcription) -> Copied:
        """How many windows of `solo` stand in solos over other tunes, and the longest run of notes in a row.

        A run is of windows one after another, each of which stands somewhere.
        """
        windows = windows_of(solo)
        found = [
            window in self._titles and self._titles[window] != solo.title for window in windows
        ]
        longest = run = 0
        for hit in found:
            run = run + 1 if hit else 0
            longest = max(longest, run)
        return Copied(len(windows), sum(found), longest + WINDOW_NOTES - 1 if longest else 0)


def windows_of(solo: Transcription) -> list[bytes]:
    """The windows of a solo, in order: none where it has fewer than eight notes."""
    pitch: NDArray[np.int16] = np.array([note.pitch for note in solo.notes], np.int16)
    onset = np.array([note.onset_step for note in solo.notes], np.int64)
    if len(pitch) < WINDOW_NOTES:
        return []
    iois = np.minimum(np.diff(onset), np.iinfo(np.int16).max).astype(np.int16)
    pairs = np.stack([np.diff(pitch), iois], axis=1)
    across = WINDOW_NOTES - 1
    return [pairs[at : at + across].tobytes() for at in range(len(pairs) - across + 1)]
