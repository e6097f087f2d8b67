"""Leanings: what people do more often, or less, than the cell that makes up its own line.

A cell that was only ever shown people drifts when it feeds on its own notes: too few eighths in a row, too
few leaps, short ends of phrases. A leaning says in nats how much likelier people make each candidate in a
context than the machine does, and is added to the cell's scores before one is drawn. STREAMS lists what is
looked at; improv.training.leanings learns how much it is. What a plan for the phrase makes likelier
(improv.soloist.phrase_plan) is learned and added in the same way, and so is how plans follow each other.

Input -> output:  Situation (improv.soloist.situation)  ->  what to add to the scores of each part
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv import files
from improv.cell.sample import sample
from improv.errors import ModelError
from improv.grammar.line.table import LENGTHS, LOUDNESSES, PITCHES, WAITS
from improv.soloist import phrase_plan
from improv.soloist.phrase_plan import (
    Classes,
    PhrasePlan,
    lengthened,
    plan_of,
    recall_class,
)
from improv.soloist.situation import (
    INTERVALS,
    NONE,
    WIDEST_INTERVAL,
    Before,
    Follower,
    Situation,
)

Floats = NDArray[np.float32]
Table = tuple[NDArray[np.int64], NDArray[np.int8]]
"""(contexts,) keys and (contexts, candidates) in units of UNIT_NATS."""

UNIT_NATS = 1 / 25
VALUE_BITS = 6

(INTERVAL, HEAD_PITCH, WAIT, HEAD_WAIT, LENGTH, LOUDNESS) = range(6)
"""What a stream tells apart: pitches, by the interval that leads to them and by whether the head of an
earlier phrase went on so; waits, by their class and by the same; lengths; loudnesses."""
PLANS = Classes(*range(6, 13))
"""And the parts of a plan."""
CANDIDATES = (INTERVALS, 2, WAITS, 2, len(LENGTHS), LOUDNESSES, *phrase_plan.CLASSES)
Streams = dict[str, tuple[int, Callable[[Any], tuple[int, ...]]]]
LEANT: Streams = {
    "intervals": (INTERVAL, lambda s: (s.roughly, *s.intervals)),
    "places": (INTERVAL, lambda s: (s.place, s.roughly, s.intervals[0])),
    "register": (INTERVAL, lambda s: (s.register, min(s.phrase, 1))),
    "home": (INTERVAL, lambda s: (s.home, s.register)),
    "heads": (HEAD_PITCH, lambda s: (s.alike,)),
    "rhythm": (WAIT, lambda s: (s.goes_on, s.place, *s.waits)),
    "phrase": (WAIT, lambda s: (s.goes_on, s.phrase, s.tempo, s.roughly)),
    "bar": (WAIT, lambda s: (s.goes_on, s.beat, s.place)),
    "heads' rhythm": (HEAD_WAIT, lambda s: (s.alike,)),
    "lengths": (LENGTH, lambda s: (s.goes_on, s.wait, s.held, s.tempo)),
    "ends": (LENGTH, lambda s: (s.goes_on, min(s.wait, 24), s.phrase)),
    "ends of phrases": (LENGTH, lambda s: (s.goes_on, s.phrase_before, s.phrase)),
}
"""Stream -> what it tells apart, and its context: the first value alone is the plainest, all the most
refined. People against the machine."""
PLANNED: Streams = {
    "planned notes": (WAIT, lambda s: (s.left, s.roughly, s.tempo)),
    "planned division": (WAIT, lambda s: (s.division, s.place, s.waits[0])),
    "planned end": (LENGTH, lambda s: (s.goes_on, s.wait)),
    "planned target": (INTERVAL, lambda s: (s.target, s.left)),
    "planned register": (INTERVAL, lambda s: (s.centre, min(s.phrase, 1))),
    "planned head": (HEAD_PITCH, lambda s: (s.recalled, s.alike)),
    "planned head's rhythm": (HEAD_WAIT, lambda s: (s.recalled, s.alike)),
    "planned touch": (LENGTH, lambda s: (s.touch, s.wait)),
    "planned loudness": (LOUDNESS, lambda s: (s.loudness,)),
}
"""Those of the plan: people who have it against people who may have any."""
DRAWN: Streams = {
    "sizes": (PLANS.size, lambda b: (b.tempo, b.so_far.size, b.classes.size)),
    "divisions": (PLANS.division, lambda b: (b.tempo, b.so_far.division, b.classes.division)),
    "targets": (PLANS.target, lambda b: (b.home,)),
    "registers": (PLANS.register, lambda b: (b.classes.register, b.home)),
    "loudnesses": (PLANS.loudness, lambda b: (b.classes.loudness,)),
    "touches": (PLANS.touch, lambda b: (b.so_far.touch, b.classes.touch)),
    "recalls": (PLANS.recall, lambda b: (b.phrases, b.classes.recall)),
}
"""How plans follow each other: nats of each class against all being equally likely."""
STREAMS: Streams = {**LEANT, **PLANNED, **DRAWN}


def key_of(context: tuple[int, ...]) -> int:
    """One number for a context; `key >> 6` is that without its last value, 1 that of no context at all."""
    found = 1
    for value in context:
        found = found << VALUE_BITS | value
    return found


class Leanings:
    """What is added, by stream and context."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        """A table for each stream that is known; others say nothing."""
        self._rows: list[list[tuple[Callable[[Any], tuple[int, ...]], dict[int, Floats]]]]
        self._rows = [[] for _ in CANDIDATES]
        for name, (part, context) in STREAMS.items():
            if name not in tables:
                continue
            keys, values = tables[name]
            nats = values.astype(np.float32) * np.float32(UNIT_NATS)
            if part == INTERVAL:  # as wide as any, so that a slice is that of any last pitch
                nats = np.pad(nats, [(0, 0), (PITCHES - 1 - WIDEST_INTERVAL,) * 2], "edge")
            self._rows[part].append((context, dict(zip(keys.tolist(), nats, strict=True))))

    def _of(self, part: int, situation: Situation | Before) -> Floats | None:
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

    def of_loudness(self, situation: Situation) -> Floats:
        """(9,) for the classes of loudness."""
        found = self._of(LOUDNESS, situation)
        return np.zeros(LOUDNESSES, np.float32) if found is None else found

    def plan(
        self,
        follower: Follower,
        rng: np.random.Generator,
        *,
        begin_tick: int,
        pitches: tuple[int, int],
        phrase: float = 0.0,
        temperature: float = 1.0,
        leans: Mapping[str, Floats] = MappingProxyType({}),
    ) -> PhrasePlan | None:
        """Draw one for the phrase that begins, and have the line follow it; None where none were learned.

        `pitches` are the lowest and the highest that are played, `phrase` and `temperature` those controls;
        `leans` is added to the scores of the parts it names.
        """
        before = follower.before()
        drawn_classes = []
        for name, part in zip(PLANS._fields, PLANS, strict=True):
            nats = self._of(part, before)
            if nats is None:
                return None
            scores = lengthened(nats, phrase) if part == PLANS.size else nats
            if name in leans:
                scores = scores + leans[name]
            drawn_classes.append(sample(scores, rng, temperature=temperature))
        classes = Classes(*drawn_classes)
        drawn = plan_of(
            classes,
            rng,
            begin_tick=begin_tick,
            last_pitch=follower.last_pitch,
            home=follower.home,
            phrases=len(follower.heads),
            pitches=pitches,
        )
        follower.planned_with = phrase
        follower.begin(drawn, classes._replace(recall=recall_class(drawn.takes_up)))
        return drawn


LEANINGS_NAME = "leanings.npz"
_MOST_BYTES = 4 << 20
"""Of all tables together, unpacked."""


def load_leanings(folder: Path) -> Leanings | None:
    """Those in a model's folder, if it has any. Raises ModelError for a file that cannot be read."""
    return _read(Path(folder) / LEANINGS_NAME)


@files.until_changed
def _read(path: Path) -> Leanings:
    arrays = files.arrays_of(path, _MOST_BYTES, ModelError)
    tables = {
        name: (arrays[f"{name}, keys"], arrays.get(f"{name}, nats", np.zeros(0)))
        for name in STREAMS
        if f"{name}, keys" in arrays
    }
    for name, (keys, nats) in tables.items():
        wrong = ""
        if keys.dtype != np.int64 or nats.dtype != np.int8:
            wrong = "whole numbers of 64 and 8 bits were expected"
        elif nats.shape != (len(keys), CANDIDATES[STREAMS[name][0]]):
            wrong = f"{nats.shape} numbers for {keys.shape} contexts"
        if wrong:
            raise ModelError(f"Cannot read {str(path)!r}: {name}: {wrong}.")
    return Leanings(tables)
