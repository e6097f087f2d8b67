"""Windows of notes, independent of key, as numbers too small to recover the notes from.

A window of 4 notes is 3 *moves*; a move is the interval (semitones) and the time between the onsets (steps
of a twelfth of a beat). Its hash: the moves times coefficients that belong to the index (made from its salt),
summed modulo 2^64, mixed (the finaliser of MurmurHash3, Appleby 2008), the upper bits.

The number of bits is what the index reveals about each note. An index for a cell has 6: less than the 6.3
bits (4.363 nats) that the best Markov chain of the protocol needs to state a human solo's notes. One only for
measuring has 20.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WINDOW = 4
"""Notes in a window."""
SHIPPED_BITS, EXACT_BITS = 6, 20
RUN = 6
"""The length in notes of the shortest run that is followed: three windows in a row."""

WINDOWS_A_RUN = RUN - WINDOW + 1
_MOVES = WINDOW - 1
_IOI_BITS = 20
_LONGEST_IOI = (1 << _IOI_BITS) - 1
_MASK = (1 << 64) - 1
_MIX_1, _MIX_2 = 0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53
_SHIFT, _FIRST, _SECOND = np.uint64(33), np.uint64(_MIX_1), np.uint64(_MIX_2)
_PITCHES = 128


def move(interval: int, ioi_step: int) -> int:
    """A move as one number below 2^28; times above 2^20 steps (a day's music) count as that."""
    return (interval + _PITCHES) << _IOI_BITS | min(ioi_step, _LONGEST_IOI)


def interval_of(item: int) -> int:
    """The interval of a move, in semitones."""
    return (item >> _IOI_BITS) - _PITCHES


def moves_of(onsets_step: NDArray[np.int64], pitches: NDArray[np.int64]) -> NDArray[np.uint64]:
    """(notes - 1,) the moves of a line."""
    iois = np.minimum(np.diff(onsets_step), _LONGEST_IOI)
    return ((np.diff(pitches) + _PITCHES) << _IOI_BITS | iois).astype(np.uint64)


class WindowHash:
    """The hash of windows for one salt, in `bits` bits."""

    def __init__(self, salt: bytes, bits: int) -> None:
        digests = (hashlib.sha256(salt + bytes([at])).digest() for at in range(_MOVES))
        self._coefficients = [int.from_bytes(digest[:8], "little") | 1 for digest in digests]
        last = self._coefficients[-1]
        semitones = [((pitch << _IOI_BITS) * last) & _MASK for pitch in range(_PITCHES)]
        self._semitones = np.array(semitones, np.uint64)
        self._drop = 64 - bits

    def all(self, moves: NDArray[np.uint64]) -> NDArray[np.uint32]:
        """(moves - 2,) the hash of every window of a line; empty if it has none."""
        count = len(moves) - _MOVES + 1
        if count <= 0:
            return np.zeros(0, np.uint32)
        total = np.zeros(count, np.uint64)
        for at, coefficient in enumerate(self._coefficients):
            total += moves[at : at + count] * np.uint64(coefficient)
        return self._mixed(total)

    def one(self, moves: Sequence[int]) -> int:
        """The hash of the window of three moves."""
        total = sum(map(int.__mul__, self._coefficients, moves)) & _MASK
        total = (total ^ total >> 33) * _MIX_1 & _MASK
        total = (total ^ total >> 33) * _MIX_2 & _MASK
        return total >> self._drop

    def next(self, moves: Sequence[int], pitch: int, ioi_step: int) -> NDArray[np.uint32]:
        """(128,) the hashes of the windows made by two moves up to `pitch` and each possible next pitch."""
        known = sum(map(int.__mul__, self._coefficients, moves))
        known += self._coefficients[-1] * move(-pitch, ioi_step)
        return self._mixed(self._semitones + np.uint64(known & _MASK))

    def _mixed(self, total: NDArray[np.uint64]) -> NDArray[np.uint32]:
        """The hashes of these sums; `total` is overwritten."""
        for factor in (_FIRST, _SECOND):
            total ^= total >> _SHIFT
            total *= factor
        return (total >> np.uint64(self._drop)).astype(np.uint32)
