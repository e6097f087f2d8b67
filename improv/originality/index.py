"""The index of the solos that a cell learned from: hashes of their windows, and whose they are.

The file, all numbers little-endian:

    "jazz-improv quotes 1\\n"
    sha256 of everything that follows                                     32 bytes
    length of the header                                                   4 bytes
    header, JSON: {"salt", "solos": [[performer, title, notes, [[chorus, bar, notes], ...]], ...]}
    for each solo, for each of its windows: the hash                       1 byte, of which 6 bits are used

The same solos give the same bytes. It contains no pitch, no interval and no onset; docs/originality.md says
what it could reveal nevertheless.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv import files
from improv.errors import ModelError
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Heard, Transcription
from improv.originality.windows import (
    EXACT_BITS,
    RUN,
    SHIPPED_BITS,
    WINDOW,
    WINDOWS_A_RUN,
    WindowHash,
    moves_of,
)

INDEX_NAME = "quotes.bin"
"""The file in a model's folder."""
PLACE_BARS = 4
"""Places are given in groups of this many bars: the exact bar of each note would reveal its rhythm."""
_MAGIC = b"jazz-improv quotes 1\n"
_NO_CHORUSES = -1
_MOST_BYTES = 64 << 20  # that of the whole Weimar database has 0.2 MB


@dataclass(frozen=True, slots=True)
class IndexedSolo:
    """A solo in the index: whose it is, and where its notes are, to four bars."""

    performer: str
    title: str
    notes: int
    places: tuple[tuple[int, int, int], ...]
    """(chorus, first bar in it from 1, how many notes begin before the end of these four bars), in order.

    Chorus 0 is what comes before the first one; -1 marks a solo whose choruses are not known.
    """

    def place(self, note: int) -> str:
        """Where note number `note` (from 0) is: "chorus 2, bars 5-8", or "bars 5-8"."""
        at = bisect_right(self.places, note, key=lambda row: row[2])
        chorus, bar, _ = self.places[min(at, len(self.places) - 1)]
        if chorus == 0:
            return "before the first chorus"
        bars = f"bars {bar}-{bar + PLACE_BARS - 1}"
        return bars if chorus == _NO_CHORUSES else f"chorus {chorus}, {bars}"


class QuoteIndex:
    """Hashes of every window of some solos, solo by solo, with their names. It does not change.

    Windows are *numbered* through all solos. After each solo one number belongs to no window, so that
    no run goes from one solo into the next. `by_number` is (numbers,) uint32, the hash of each, with a hash
    that no window has for the unused numbers.
    """

    def __init__(
        self,
        salt: bytes,
        bits: int,
        solos: Sequence[IndexedSolo],
        hashes: Sequence[NDArray[np.uint32]],
    ) -> None:
        self.salt, self.bits = salt, bits
        self.solos, self._hashes = tuple(solos), tuple(hashes)
        self.hash = WindowHash(salt, bits)
        self._starts: list[int] = [0, *accumulate(len(row) + 1 for row in hashes)][:-1]
        gap = np.array([1 << bits], np.uint32)
        rows = [part for row in hashes for part in (row, gap)]
        self.by_number: NDArray[np.uint32] = np.concatenate([gap[:0], *rows])
        titles: dict[str, int] = {}
        self._titles = [titles.setdefault(_folded(s.title), len(titles)) for s in solos]

    @cached_property
    def _runs(self) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
        """The three hashes of every run of 6 notes as one number, sorted, and where each run ends."""
        rows = zip(self._starts, self._hashes, strict=True)
        skipped = WINDOWS_A_RUN - 1
        ranges = [np.arange(start + skipped, start + len(row)) for start, row in rows]
        numbers = np.concatenate([np.zeros(0, np.intp), *ranges])
        keys = np.zeros(len(numbers), np.uint64)
        for back in range(skipped, -1, -1):
            keys = keys << np.uint64(self.bits) | self.by_number[numbers - back].astype(np.uint64)
        order = np.argsort(keys, kind="stable")
        return keys[order], numbers[order]

    @property
    def windows(self) -> int:
        """How many windows are in it."""
        return sum(map(len, self._hashes))

    def run_ends(self, hashes: Iterable[int]) -> list[int]:
        """The numbers of the windows that end runs of these three hashes, in order."""
        key = 0
        for hash_ in hashes:
            key = key << self.bits | hash_
        keys, numbers = self._runs
        low = int(keys.searchsorted(np.uint64(key)))
        if low == len(keys) or int(keys[low]) != key:
            return []
        return numbers[low : int(keys.searchsorted(np.uint64(key), "right"))].tolist()

    def solo_at(self, number: int) -> tuple[IndexedSolo, int]:
        """The solo of window `number`, and the note of it (from 0) on which the window ends."""
        at = bisect_right(self._starts, number) - 1
        return self.solos[at], number - self._starts[at] + WINDOW - 1

    def title_at(self, number: int) -> int:
        """A number for the tune of window `number`, which no other tune has."""
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
        """The file's content. Raises ValueError for an exact index, which would reveal the music."""
        if self.bits != SHIPPED_BITS:
            raise ValueError(f"An index of {self.bits} bits a window is only for measuring.")
        rows = []
        for solo in self.solos:
            ends = [0, *(end for *_, end in solo.places)]
            counts = [after - before for before, after in pairwise(ends)]
            places = [[*row[:2], count] for row, count in zip(solo.places, counts, strict=True)]
            rows.append([solo.performer, solo.title, solo.notes, places])
        header = json.dumps(
            {"salt": self.salt.hex(), "solos": rows}, ensure_ascii=False, separators=(",", ":")
        ).encode("utf-8", "replace")
        hashes = np.concatenate([np.zeros(0, np.uint32), *self._hashes]).astype(np.uint8)
        body = len(header).to_bytes(4, "little") + header + hashes.tobytes()
        return _MAGIC + hashlib.sha256(body).digest() + body

    def save(self, path: str | Path) -> None:
        """Write the file, completely or not at all.

        Raises OutputFileError, and ValueError as `to_bytes` does.
        """
        files.write_bytes(Path(path), self.to_bytes())


def build_index(
    solos: Iterable[Transcription], *, exact: bool = False, onto: QuoteIndex | None = None
) -> QuoteIndex:
    """The index of `solos`, whose onsets must increase strictly; solos of fewer than 6 notes are left out.

    One for a cell may count a run too long by one note, once in 64 times; an `exact` one, which
    cannot be saved, practically never does. The same solos in the same order give the same index. `onto`:
    an index whose solos are kept, such as those that a cell had learned before; its kind decides.
    """
    long_enough = [solo for solo in solos if len(solo.notes) >= RUN]
    moves = [moves_of(*arrays(solo.notes)) for solo in long_enough]
    # The salt is the corpus's own, so that no table made for another index reads this one.
    salt = hashlib.sha256(b"".join(row.astype("<u8").tobytes() for row in moves)).digest()[:16]
    bits = EXACT_BITS if exact else SHIPPED_BITS
    before: QuoteIndex = onto or QuoteIndex(salt, bits, (), ())
    rows = [*before._hashes, *map(before.hash.all, moves)]
    return QuoteIndex(before.salt, before.bits, [*before.solos, *map(_indexed, long_enough)], rows)


def arrays(notes: Sequence[Heard]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(onsets in steps, pitches) of some notes, (n,) each."""
    return (
        np.array([note.onset_step for note in notes], np.int64),
        np.array([note.pitch for note in notes], np.int64),
    )


def load_index(path: str | Path) -> QuoteIndex:
    """The index in a file. Raises ModelError, in one sentence, if it is missing, damaged or not an index."""
    where = repr(str(path))
    content = files.content_of(Path(path), _MOST_BYTES, ModelError, what="the index of quotes ")
    if not content.startswith(_MAGIC):
        raise ModelError(
            f"{where} is not an index of quotes of this version: expected it to begin with "
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
    solos, windows = [], [0]
    for performer, title, notes, rows in header["solos"]:
        counts = [row[-1] for row in rows]
        ends = [*accumulate(counts)]
        places = tuple([(int(row[0]), int(row[1]), at) for row, at in zip(rows, ends, strict=True)])
        if notes < RUN or ends[-1] != notes or min(counts) < 0:
            raise ValueError(f"{notes} notes of which {ends[-1]} have a place")
        solos.append(IndexedSolo(str(performer), str(title), notes, places))
        windows.append(windows[-1] + notes - WINDOW + 1)
    if len(body) != end + windows[-1]:
        raise ValueError("its length does not fit its header")
    hashes = np.frombuffer(body, np.uint8, windows[-1], end).astype(np.uint32)
    if len(hashes) and hashes.max() >= 1 << SHIPPED_BITS:
        raise ValueError(f"a hash of {hashes.max()}")
    parts = [hashes[low:high] for low, high in pairwise(windows)]
    return QuoteIndex(bytes.fromhex(header["salt"]), SHIPPED_BITS, solos, parts)


def _indexed(solo: Transcription) -> IndexedSolo:
    places: list[tuple[int, int, int]] = []
    for passed, (chorus, bar) in enumerate(_groups(solo), 1):
        if places and places[-1][:2] == (chorus, bar):
            places.pop()
        places.append((chorus, bar, passed))
    return IndexedSolo(solo.performer, solo.title, len(solo.notes), tuple(places))


def _groups(solo: Transcription) -> Iterator[tuple[int, int]]:
    """(chorus, first bar of the four) of every note."""
    bar_steps = solo.beats_per_bar * STEPS_PER_BEAT
    tops: list[tuple[int, int]] = []
    for step, _, number in solo.sections:
        if number > 0 and (not tops or tops[-1][1] != number):
            tops.append((step // bar_steps, number))
    first_bars = [bar for bar, _ in tops]
    for note in solo.notes:
        bar = note.onset_step // bar_steps
        at = bisect_right(first_bars, bar) - 1
        if tops and at < 0:
            yield 0, 1
        else:
            top, number = tops[at] if tops else (0, _NO_CHORUSES)
            yield number, (bar - top) // PLACE_BARS * PLACE_BARS + 1


def _folded(title: str) -> str:
    return title.strip().casefold()
