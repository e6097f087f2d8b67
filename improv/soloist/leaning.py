"""Leanings: what people do more often, or less, than the cell that makes up its own line.

A cell that was only ever shown people drifts when it feeds on its own notes: too few eighths in a row, too
few leaps, short ends of phrases. A leaning says in nats how much likelier people make each candidate in a
context than the machine does, and is added to the cell's scores before one is drawn. STREAMS lists what is
looked at; improv.training.leanings learns how much it is.

Input -> output:  the notes of a line, one after another  ->  what to add to the scores of each part
"""

from __future__ import annotations

import zipfile
from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from improv.errors import ModelError
from improv.grammar.line.table import LENGTHS, PITCHES, WAITS, wait_class
from improv.music.note import STEPS_PER_BEAT

Floats = NDArray[np.float32]
Table = tuple[NDArray[np.int64], NDArray[np.int8]]
"""(contexts,) keys and (contexts, candidates) in UNITS of a nat."""

WIDEST_INTERVAL = 25
INTERVALS = 2 * WIDEST_INTERVAL + 1
HEAD_NOTES = 4
"""The head of a phrase, which a later phrase may take up: so many notes."""
_HEADS_KEPT = 24
PHRASE_REST_STEPS = STEPS_PER_BEAT
"""The silence that ends a phrase (improv.features.phrases)."""
UNIT_NATS = 1 / 40
_WAITS_ROUGHLY = (3, 4, 5, 6, 7, 9, 12, 13, 25)
_PHRASE_NOTES = (1, 2, 3, 4, 6, 9, 13, 19, 27)
_TEMPOS_BPM = (85.0, 120.0, 170.0, 220.0, 260.0)
_MEAN_NOTES = 50.0
NONE = 63
VALUE_BITS = 6


class Situation(NamedTuple):
    """What a leaning goes by; every value is 0 to 63."""

    place: int
    """Steps into the beat."""
    beat: int
    tempo: int
    phrase: int
    """Class of the notes of the phrase so far."""
    phrase_before: int
    """Class of the notes of the phrase before."""
    waits: tuple[int, int, int]
    """Classes, the latest first."""
    roughly: int
    """The latest in a few classes."""
    intervals: tuple[int, int]
    register: int
    """Where the last note is against the mean of the last fifty or so, in classes of two semitones."""
    home: int
    """Where that mean is against the mean of the whole line."""
    held: int
    """Eighths of its wait that the last note sounded."""
    wait: int
    """Class of the wait that follows, for the length alone."""
    alike: int
    """How the head of the phrase was so far like that which it may take up; NONE: it is not."""
    head: int
    """The candidate with which it would go on as that one did."""


INTERVAL, HEAD_PITCH, WAIT, HEAD_WAIT, LENGTH = range(5)
"""What a stream tells apart: pitches, by the interval that leads to them and by whether the head of an
earlier phrase went on so; waits, by their class and by the same; lengths."""
CANDIDATES = (INTERVALS, 2, WAITS, 2, len(LENGTHS))
STREAMS: dict[str, tuple[int, Callable[[Situation], tuple[int, ...]]]] = {
    "intervals": (INTERVAL, lambda s: (s.roughly, *s.intervals)),
    "register": (INTERVAL, lambda s: (s.register, min(s.phrase, 1))),
    "home": (INTERVAL, lambda s: (s.home, s.register)),
    "heads": (HEAD_PITCH, lambda s: (s.alike,)),
    "rhythm": (WAIT, lambda s: (s.place, *s.waits)),
    "phrase": (WAIT, lambda s: (s.phrase, s.tempo, s.roughly)),
    "bar": (WAIT, lambda s: (s.beat, s.place)),
    "heads' rhythm": (HEAD_WAIT, lambda s: (s.alike,)),
    "lengths": (LENGTH, lambda s: (s.wait, s.held, s.tempo)),
    "ends": (LENGTH, lambda s: (min(s.wait, 24), s.phrase)),
    "ends of phrases": (LENGTH, lambda s: (s.phrase_before, s.phrase, s.wait >= STEPS_PER_BEAT)),
}
"""Stream -> what it tells apart, and its context: the first value alone is the plainest, all the most
refined."""


def key_of(context: tuple[int, ...]) -> int:
    """One number for a context; `key >> 6` is that without its last value, 1 that of no context at all."""
    found = 1
    for value in context:
        found = found << VALUE_BITS | value
    return found


def interval_index(semitones: int) -> int:
    """0 to INTERVALS - 1; wider ones count as the widest."""
    return max(-WIDEST_INTERVAL, min(WIDEST_INTERVAL, semitones)) + WIDEST_INTERVAL


class Follower:
    """Follows a line, and says the situation before each part is drawn."""

    def __init__(self, tempo_bpm: float) -> None:
        self.set_tempo(tempo_bpm)
        self._phrase_notes = self._phrase_before = 0
        self._waits: tuple[int, int, int] = (NONE,) * 3
        self._intervals: tuple[int, int] = (NONE,) * 2
        self.last_pitch = -1
        self._mean = self._home = 0.0
        self._notes = 0
        self._held = NONE
        # Of the phrases before, the latest first, and of this one: (interval, wait) of each note.
        self._heads: tuple[tuple[tuple[int, int], ...], ...] = ()
        self._head: tuple[tuple[int, int], ...] = ()
        self._interval = NONE  # that led to the note that begins now

    def set_tempo(self, bpm: float) -> None:
        """The tempo has changed."""
        self._tempo = bisect_right(_TEMPOS_BPM, bpm)

    def situation(self, bar_position: int, *, sounding: bool, wait: int = NONE) -> Situation:
        """At so many steps into the bar; `sounding`: the pitch is known, and `wait`, the class of the wait
        that follows, where that is known too."""
        register = home = NONE
        if self._notes:
            register = max(0, min(20, 10 + round((self.last_pitch - self._mean) / 2)))
            home = max(0, min(12, 6 + round(self._mean - self._home)))
        alike, head = self._taken_up(sounding) if wait == NONE else (NONE, NONE)
        return Situation(
            bar_position % STEPS_PER_BEAT,
            min(bar_position // STEPS_PER_BEAT, 6),
            self._tempo,
            bisect_right(_PHRASE_NOTES, self._phrase_notes),
            bisect_right(_PHRASE_NOTES, self._phrase_before),
            self._waits,
            bisect_right(_WAITS_ROUGHLY, self._waits[0]),
            self._intervals,
            register,
            home,
            self._held,
            wait,
            alike,
            head,
        )

    def _taken_up(self, sounding: bool) -> tuple[int, int]:
        """(alike, head) of the latest phrase that began as this one has so far."""
        at = len(self._head)
        if at >= HEAD_NOTES or (not sounding and not at):
            return NONE, NONE
        for phrases_ago, other in enumerate(self._heads):
            if len(other) <= at or other[:at] != self._head:
                continue
            if sounding and at and other[at][0] != self._interval:
                continue
            return 4 * at + 2 * (phrases_ago > 0) + sounding, other[at][1 if sounding else 0]
        return NONE, NONE

    def say_pitch(self, pitch: int) -> None:
        """The note that begins here."""
        if self.last_pitch >= 0:
            self._interval = interval_index(pitch - self.last_pitch)
            self._intervals = (self._interval, self._intervals[0])
        self.last_pitch = pitch
        self._notes += 1
        self._mean += (pitch - self._mean) / min(self._notes, _MEAN_NOTES)
        self._home += (pitch - self._home) / self._notes
        self._phrase_notes += 1

    def end(self, wait_steps: int, length_steps: int) -> None:
        """It sounds so long, and the next begins so much later."""
        wait = wait_class(wait_steps)
        self._waits = (wait, *self._waits[:2])
        self._held = min(8, 8 * length_steps // max(1, wait_steps))
        if len(self._head) < HEAD_NOTES:
            # The interval that leads to a phrase is not of its head.
            self._head = (*self._head, (self._interval if self._head else NONE, wait))
        if wait_steps - length_steps >= PHRASE_REST_STEPS:
            self._heads = (self._head, *self._heads[: _HEADS_KEPT - 1])
            self._head = ()
            self._phrase_before, self._phrase_notes = self._phrase_notes, 0

    def save(self) -> dict[str, Any]:
        """Where it is, for `restore`."""
        return dict(vars(self))

    def restore(self, saved: dict[str, Any]) -> None:
        """Be as it was then."""
        vars(self).update(saved)


class Leanings:
    """What is added, by stream and context."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        """A table for each stream that is known; others say nothing."""
        self._rows: list[list[tuple[Callable[[Situation], tuple[int, ...]], dict[int, Floats]]]]
        self._rows = [[] for _ in CANDIDATES]
        for name, (part, context) in STREAMS.items():
            if name not in tables:
                continue
            keys, values = tables[name]
            nats = values.astype(np.float32) * np.float32(UNIT_NATS)
            if part == INTERVAL:  # as wide as any, so that a slice is that of any last pitch
                nats = np.pad(nats, [(0, 0), (PITCHES - 1 - WIDEST_INTERVAL,) * 2], "edge")
            self._rows[part].append((context, dict(zip(keys.tolist(), nats, strict=True))))

    def _of(self, part: int, situation: Situation) -> Floats | None:
        found: Floats | None = None
        for context, rows in self._rows[part]:
            key = key_of(context(situation))
            while key and key not in rows:
                key >>= VALUE_BITS
            if key:
                found = rows[key] if found is None else found + rows[key]
        return found

    def of_pitch(self, situation: Situation, last_pitch: int) -> Floats:
        """(128,) for the pitches."""
        found = np.zeros(PITCHES, np.float32)
        if last_pitch < 0:
            return found
        by_interval = self._of(INTERVAL, situation)
        if by_interval is not None:
            found += by_interval[PITCHES - 1 - last_pitch : 2 * PITCHES - 1 - last_pitch]
        head = last_pitch + situation.head - WIDEST_INTERVAL
        if situation.alike != NONE and 0 <= head < PITCHES:
            either = self._of(HEAD_PITCH, situation)
            if either is not None:
                found[head] += either[1] - either[0]
        return found

    def of_wait(self, situation: Situation) -> Floats:
        """(61,) for the classes of the wait."""
        found = np.zeros(WAITS, np.float32)
        by_class = self._of(WAIT, situation)
        if by_class is not None:
            found += by_class
        if situation.alike != NONE:
            either = self._of(HEAD_WAIT, situation)
            if either is not None:
                found[situation.head] += either[1] - either[0]
        return found

    def of_length(self, situation: Situation) -> Floats:
        """(35,) for the classes of the length."""
        found = self._of(LENGTH, situation)
        return np.zeros(len(LENGTHS), np.float32) if found is None else found


LEANINGS_NAME = "leanings.npz"
_MOST_BYTES = 4 << 20
"""Of all tables together, unpacked."""


def load_leanings(folder: Path) -> Leanings | None:
    """Those in a model's folder, if it has any. Raises ModelError for a file that cannot be read."""
    path = Path(folder) / LEANINGS_NAME
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return None
    return _load(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=2)
def _load(path: Path, changed_ns: int, size: int) -> Leanings:
    """Once for all tunes of a set; a file that has changed is read again."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(each.file_size for each in archive.infolist()) > _MOST_BYTES:
                raise ValueError(f"more than {_MOST_BYTES >> 20} MiB of tables")
        with np.load(path, allow_pickle=False) as arrays:
            tables = {name: (arrays[f"{name}, keys"], arrays[f"{name}, nats"]) for name in STREAMS}
        for name, (part, _) in STREAMS.items():
            keys, nats = tables[name]
            if keys.dtype != np.int64 or nats.dtype != np.int8:
                raise ValueError(f"{name}: whole numbers of 64 and 8 bits were expected")
            if nats.shape != (len(keys), CANDIDATES[part]):
                raise ValueError(f"{name}: {nats.shape} numbers for {keys.shape} contexts")
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        MemoryError,
        zipfile.BadZipFile,
    ) as error:
        raise ModelError(f"The leanings {str(path)!r} cannot be read: {error}") from None
    return Leanings(tables)
