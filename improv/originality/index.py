"""The index of the solos that were learned from: hashes of their windows, and whose they are.

The file, all numbers little-endian:

    "jazz-improv quotes 1\\n"
    sha256 of all that follows                                            32 bytes
    length of the header                                                   4 bytes
    header, JSON: {"salt", "solos": [[performer, title, notes, first_bar, bars, [[bar, chorus], ...]], ...]}
    for each solo, for each bar: how many notes begin in it                2 bytes each
    for each solo, for each of its windows: the hash                       4 bytes each

The same solos give the same bytes. No pitch, no interval and no onset is in it; docs/originality.md says
what could be found out from it all the same.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv import files
from improv.errors import ModelError
from improv.music.transcription import STEPS_PER_BEAT, Heard, Transcription
from improv.originality.windows import HASH_BITS, WINDOW, WindowHash, moves_of

INDEX_NAME = "quotes.bin"
"""The file in a model's folder."""
_MAGIC = b"jazz-improv quotes 1\n"
_MOST_NOTES_A_BAR = 0xFFFF
_BEGINNING_BITS = 20
_ENDING_BITS = np.uint32(HASH_BITS - _BEGINNING_BITS)


@dataclass(frozen=True, slots=True)
class IndexedSolo:
    """A solo in the index: whose it is and where its bars are."""

    performer: str
    title: str
    notes: int
    first_bar: int
    """Of its first note; the bar at step 0 is 0."""
    bar_ends: tuple[int, ...]
    """How many notes begin before the end of each bar, from `first_bar` on."""
    choruses: tuple[tuple[int, int], ...]
    """(bar it begins in, number from 1), where known."""

    def place(self, note: int) -> str:
        """Where note number `note` (from 0) is: "chorus 2, bar 5", or "bar 5" where choruses are unknown."""
        bar = self.first_bar + bisect_right(self.bar_ends, note)
        begun = [row for row in self.choruses if row[0] <= bar]
        if begun:
            return f"chorus {begun[-1][1]}, bar {bar - begun[-1][0] + 1}"
        if self.choruses:
            return f"before chorus {self.choruses[0][1]}"
        return f"bar {bar + 1}"


class QuoteIndex:
    """Hashes of every window of some solos, solo by solo, with the names to them. Does not change.

    A window's *number* counts through all solos, with one number that no window has after each, so that
    no run goes from one solo into the next. `by_number` is (numbers,) uint32, the hash of each; 0 where there
    is no window.
    """

    def __init__(
        self, salt: bytes, solos: Sequence[IndexedSolo], hashes: Sequence[NDArray[np.uint32]]
    ) -> None:
        self.salt, self.solos, self._hashes = salt, tuple(solos), tuple(hashes)
        self.hash = WindowHash(salt)
        lengths = [len(row) + 1 for row in hashes]
        self._starts: list[int] = np.cumsum([0, *lengths])[:-1].tolist()
        gap = np.zeros(1, np.uint32)
        rows = [part for row in hashes for part in (row, gap)]
        self.by_number: NDArray[np.uint32] = np.concatenate([gap[:0], *rows])
        titles: dict[str, int] = {}
        self._titles = [titles.setdefault(_folded(s.title), len(titles)) for s in solos]

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
        """Hashes in order, and the number of each."""
        rows = zip(self._starts, self._hashes, strict=True)
        ranges = [np.arange(start, start + len(row)) for start, row in rows]
        numbers = np.concatenate([np.zeros(0, np.intp), *ranges])
        order = numbers[np.argsort(self.by_number[numbers], kind="stable")]
        return self.by_number[order], order

    @cached_property
    def _beginnings(self) -> NDArray[np.bool_]:
        """(2^20,) which upper 20 bits any hash has: a look here spares most searches."""
        found = np.zeros(1 << _BEGINNING_BITS, np.bool_)
        found[self._sorted[0] >> _ENDING_BITS] = True
        return found

    @property
    def windows(self) -> int:
        """How many windows are in it."""
        return sum(map(len, self._hashes))

    def numbers(self, hash_: int) -> list[int]:
        """The numbers of the windows that have this hash, in order."""
        hashes, order = self._sorted
        low = int(hashes.searchsorted(np.uint32(hash_)))
        if low == len(hashes) or hashes[low] != hash_:
            return []
        high = int(hashes.searchsorted(np.uint32(hash_), "right"))
        return order[low:high].tolist()

    def known(self, hashes: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """(n,) whether any window has these hashes (n,)."""
        found = self._beginnings[hashes >> _ENDING_BITS]
        perhaps = found.nonzero()[0]
        if len(perhaps):
            ordered, _ = self._sorted
            at = np.minimum(ordered.searchsorted(hashes[perhaps]), len(ordered) - 1)
            found[perhaps] = ordered[at] == hashes[perhaps]
        return found

    def solo_at(self, number: int) -> tuple[IndexedSolo, int]:
        """The solo that window `number` is in, and which of its notes (from 0) the window ends on."""
        at = bisect_right(self._starts, number) - 1
        return self.solos[at], number - self._starts[at] + WINDOW - 1

    def title_at(self, number: int) -> int:
        """A number that the tune of window `number` has and no other tune."""
        return self._titles[bisect_right(self._starts, number) - 1]

    def numbers_of(self, title: str) -> frozenset[int]:
        """The numbers of all windows in solos over this tune."""
        return frozenset(
            number
            for solo, start, row in zip(self.solos, self._starts, self._hashes, strict=True)
            if _folded(solo.title) == _folded(title)
            for number in range(start, start + len(row))
        )

    def to_bytes(self) -> bytes:
        """The file's content."""
        rows = [
            [s.performer, s.title, s.notes, s.first_bar, len(s.bar_ends), s.choruses]
            for s in self.solos
        ]
        header = json.dumps(
            {"salt": self.salt.hex(), "solos": rows}, ensure_ascii=False, separators=(",", ":")
        ).encode("utf-8", "replace")
        counts = [np.diff(s.bar_ends, prepend=0) for s in self.solos]
        bars = np.concatenate([np.zeros(0, np.intp), *counts]).astype("<u2")
        hashes = np.concatenate([np.zeros(0, np.uint32), *self._hashes]).astype("<u4")
        body = len(header).to_bytes(4, "little") + header + bars.tobytes() + hashes.tobytes()
        return _MAGIC + hashlib.sha256(body).digest() + body

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all. Raises OutputFileError."""
        files.write_bytes(Path(path), self.to_bytes())


def build_index(solos: Iterable[Transcription]) -> QuoteIndex:
    """The index of `solos`, whose onsets are strictly increasing; those of fewer than 6 notes have no place.

    The same solos in the same order give the same index, whoever makes it.
    """
    long_enough = [solo for solo in solos if len(solo.notes) >= WINDOW]
    moves = [moves_of(*arrays(solo.notes)) for solo in long_enough]
    # The salt is the corpus's own: no table made for another index reads this one.
    salt = hashlib.sha256(b"".join(row.astype("<u8").tobytes() for row in moves)).digest()[:16]
    hasher = WindowHash(salt)
    return QuoteIndex(salt, [_indexed(solo) for solo in long_enough], [*map(hasher.all, moves)])


def arrays(notes: Sequence[Heard]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(onsets in steps, pitches) of some notes, (n,) each."""
    return (
        np.array([note.onset_step for note in notes], np.int64),
        np.array([note.pitch for note in notes], np.int64),
    )


def load_index(path: str | Path) -> QuoteIndex:
    """The index in a file. Raises ModelError, in one sentence, where it is missing, damaged or no index."""
    where = repr(str(path))
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"Cannot read the index of quotes {where}: {reason}.") from error
    if not content.startswith(_MAGIC):
        raise ModelError(
            f"{where} is no index of quotes of this version: expected it to begin with "
            f"{_MAGIC.decode().strip()!r}."
        )
    at = len(_MAGIC) + 32
    digest, body = content[len(_MAGIC) : at], content[at:]
    if hashlib.sha256(body).digest() != digest:
        raise ModelError(
            f"The index of quotes {where} is damaged (its sha256 differs); copy or build it again."
        )
    try:
        return _parsed(body)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        raise ModelError(f"The index of quotes {where} cannot be read ({error!r}).") from error


def _parsed(body: bytes) -> QuoteIndex:
    end = 4 + int.from_bytes(body[:4], "little")
    header: dict[str, Any] = json.loads(body[4:end])
    rows = header["solos"]
    at_bars, windows = [0], [0]
    for _, _, notes, _, bars, _ in rows:
        if not (0 < bars and WINDOW <= notes):
            raise ValueError(f"{notes} notes in {bars} bars")
        at_bars.append(at_bars[-1] + bars)
        windows.append(windows[-1] + notes - WINDOW + 1)
    if len(body) != end + 2 * at_bars[-1] + 4 * windows[-1]:
        raise ValueError("its length does not fit its header")
    counts = np.frombuffer(body, "<u2", at_bars[-1], end).tolist()
    packed = np.frombuffer(body, "<u4", windows[-1], end + 2 * at_bars[-1])
    hashes = packed.astype(np.uint32)
    solos = [
        IndexedSolo(
            str(performer),
            str(title),
            int(notes),
            int(first_bar),
            tuple(accumulate(counts[low:high])),
            tuple((int(bar), int(chorus)) for bar, chorus in choruses),
        )
        for (performer, title, notes, first_bar, _, choruses), low, high in zip(
            rows, at_bars, at_bars[1:], strict=False
        )
    ]
    parts = [hashes[low:high] for low, high in pairwise(windows)]
    return QuoteIndex(bytes.fromhex(header["salt"]), solos, parts)


def _indexed(solo: Transcription) -> IndexedSolo:
    bar_steps = solo.beats_per_bar * STEPS_PER_BEAT
    bars = arrays(solo.notes)[0] // bar_steps
    first = int(bars[0])
    counts = np.minimum(np.bincount(bars - first), _MOST_NOTES_A_BAR)
    choruses: list[tuple[int, int]] = []
    for step, _, chorus in solo.sections:
        if chorus > 0 and (not choruses or choruses[-1][1] != chorus):
            choruses.append((step // bar_steps, chorus))
    return IndexedSolo(
        solo.performer,
        solo.title,
        len(solo.notes),
        first,
        tuple(np.cumsum(counts).tolist()),
        tuple(choruses),
    )


def _folded(title: str) -> str:
    return title.strip().casefold()
