"""Learn leanings (improv.soloist.leaning): what people do more often than a cell that plays by itself.

    solos ── the model plays beside them ──> counts of both ──> how much likelier people are
       ^                                                                             a share is added
       └──────────────────────── ROUNDS times, leaning as it has learned so far ◄────────┘

First, from people alone, how plans of phrases follow each other (improv.soloist.phrase_plan), and what a plan
makes likelier: people who have the plan that their phrase turns out to be, against the same people with plans
drawn at random. Then, beside a model that plans, what is still missing.

Of each context c and what came in it, x, a rate says how often one kind had it against what both together
lead to expect, shrunk to the rate in the shorter context, as in improv.features.ratios; the leaning is the
logarithm of the two rates' ratio. Streams that speak of the same part are learned one after another: what the
machine played counts as if it had leant as the earlier ones say. Only sums over many solos are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv import files
from improv.evaluation.choruses import playing
from improv.evaluation.judge.machine import beside
from improv.features.notes import notes_of
from improv.grammar.line.loudness import classes
from improv.grammar.line.table import LONGEST_WAIT_STEPS, PITCHES, length_class, wait_class
from improv.music.transcription import Transcription
from improv.soloist.leaning import (
    CANDIDATES,
    DRAWN,
    HEAD_PITCH,
    HEAD_WAIT,
    INTERVAL,
    LEANINGS_NAME,
    LEANT,
    LENGTH,
    LOUDNESS,
    PLANNED,
    STREAMS,
    UNIT_NATS,
    VALUE_BITS,
    WAIT,
    Leanings,
    Streams,
    Table,
    key_of,
)
from improv.soloist.phrase_plan import (
    DIVISIONS,
    LOUDNESSES,
    REGISTERS,
    TARGETS,
    TOUCHES,
    Classes,
    PhrasePlan,
    division_class,
    interval_class,
    loudness_plan,
    recall_class,
    size_class,
    touch_class,
)
from improv.soloist.situation import (
    HEAD_NOTES,
    NONE,
    PHRASE_REST_STEPS,
    Follower,
    Situation,
    direction,
    interval_index,
)

SHRINKAGE = 150.0
"""In notes: where so many are expected, what came counts as much as the shorter context."""
FEWEST_NOTES = 40
"""A context that either kind had less often is not kept."""
MOST_NATS = 3.0
"""That a stream moves anything."""
ROUNDS = 3
PLAN_SHRINKAGE = 5.0
PLAN_FEWEST_NOTES = 15
PLAN_MOST_NATS = 5.0
"""The same of what a plan makes likelier: what nobody does who has that plan is to be as good as barred."""
DRAWN_SHRINKAGE = 20.0
"""Of how plans follow each other, in phrases."""
PLAN_SHARES = {
    "planned division": 0.5,
    "planned target": 0.4,
    "planned register": 0.6,
    "planned touch": 0.7,
}
"""Of what a plan makes likelier, where that is not all: the line so far tells the cell of it too."""
SHARE = 0.5
"""How much of what is missing is added in a round: a line that leans feeds on itself, so that all of it would
be too much."""

Floats = NDArray[np.float64]
Counted = dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]
"""By stream (notes,) keys of the contexts, and what came."""
_Table = tuple[NDArray[np.int64], Floats]
_Nats = dict[str, _Table]
_SEED = 1


def write_leanings(folder: Path, solos: Sequence[Transcription], *, rounds: int = ROUNDS) -> None:
    """Learn those of the model in `folder` beside `solos`, and put them there.

    Its dials are those of its card. The same solos and model give the same file. Raises ModelError,
    CorpusError, OutputFileError.
    """
    folder = Path(folder)
    solos = list(solos)
    planned = _planned(solos)
    write_tables(folder / LEANINGS_NAME, tables_of(planned))
    nats = _Nats()
    people: Counted | None = None
    for _ in range(rounds):
        pairs = beside(playing(folder, {"rehearse": 0}), solos)
        if people is None:
            people = counted(human for human, _ in pairs)
        nats = _sum(nats, _learned(people, counted(machine for _, machine in pairs), LEANT))
        write_tables(folder / LEANINGS_NAME, tables_of({**planned, **nats}))


def _planned(solos: Sequence[Transcription]) -> _Nats:
    """What plans there are, and what they make likelier."""
    drawn: dict[str, tuple[list[int], list[int]]] = {name: ([], []) for name in DRAWN}
    for solo in solos:
        _count(solo, {}, _Phrases(solo, drawn))
    found = {
        name: _shares(_arrays(drawn)[name], CANDIDATES[part]) for name, (part, _) in DRAWN.items()
    }
    kinds = []
    leanings = Leanings(tables_of(found))
    for draws in (None, leanings):
        counts: dict[str, tuple[list[int], list[int]]] = {name: ([], []) for name in PLANNED}
        for number, solo in enumerate(solos):
            _count(solo, counts, _Phrases(solo, {}, draws, number))
        kinds.append(_arrays(counts))
    people, anybody = kinds
    return {**found, **_learned(people, anybody, PLANNED, PLAN_SHRINKAGE, PLAN_FEWEST_NOTES)}


class _Phrases:
    """The phrases of a human solo, one after another, with the plans they turn out to have had.

    How plans follow each other is counted in `drawn`. With `draws` plans are drawn instead.
    """

    def __init__(
        self,
        solo: Transcription,
        drawn: Mapping[str, tuple[list[int], list[int]]],
        draws: Leanings | None = None,
        number: int = 0,
    ) -> None:
        notes = notes_of(solo)
        self._pitches = notes.pitch.tolist()
        self._waits = notes.ioi.tolist()
        self._held = (notes.duration[:-1] / notes.ioi).tolist()
        self.loudness = classes([note.loudness_db for note in solo.notes])
        ends = np.flatnonzero(notes.onset[1:] - notes.end[:-1] >= PHRASE_REST_STEPS)
        self._ends = iter([*ends.tolist(), len(notes) - 1])
        self._drawn, self._draws = drawn, draws
        self._rng = np.random.default_rng((_SEED, number))

    def begin(self, follower: Follower, first: int) -> None:
        """Note number `first` begins a phrase."""
        last = next(self._ends)
        before = follower.before()
        if self._draws is not None:
            self._draws.plan(follower, self._rng, begin_tick=0, pitches=(0, PITCHES - 1))
            return
        takes_up = self._taken_up(follower, first, last)
        away = self._pitches[last] - follower.last_pitch
        centre = sum(self._pitches[first : last + 1]) / (last - first + 1)
        found = Classes(
            size_class(last - first + 1),
            division_class(self._waits[first:last]),
            interval_class(away if follower.last_pitch >= 0 else 0, TARGETS),
            interval_class(centre - follower.home if follower.last_pitch >= 0 else 0.0, REGISTERS),
            loudness_plan(self.loudness[first : last + 1]),
            touch_class(self._held[first:last]),
            recall_class(takes_up),
        )
        for (name, (_, context)), came in zip(DRAWN.items(), found, strict=True):
            if name in self._drawn:
                keys, what = self._drawn[name]
                keys.append(key_of(context(before)))
                what.append(came)
        target = self._pitches[last] if follower.last_pitch >= 0 else None
        register = round(centre) if follower.last_pitch >= 0 else None
        division, loud = DIVISIONS[found.division], LOUDNESSES[found.loudness]
        touch = TOUCHES[found.touch]
        plan = PhrasePlan(0, last - first + 1, division, target, register, loud, touch, takes_up)
        follower.begin(plan, found)

    def _taken_up(self, follower: Follower, first: int, last: int) -> int | None:
        """How many phrases ago one began in the rhythm and the contour of this one: three waits and the
        directions of three intervals."""
        if last - first < HEAD_NOTES:
            return None
        waits = [wait_class(min(w, LONGEST_WAIT_STEPS)) for w in self._waits[first:last]]
        steps = np.sign(np.diff(self._pitches[first : first + HEAD_NOTES])).tolist()
        for phrases_ago, other in enumerate(follower.heads):
            if (
                len(other) == HEAD_NOTES
                and [wait for _, wait in other[:-1]] == waits[: HEAD_NOTES - 1]
                and [direction(interval) for interval, _ in other[1:]] == steps
            ):
                return phrases_ago
        return None


def counted(solos: Iterable[Transcription]) -> Counted:
    """Every note of some solos, by stream; a phrase was to end where it ended."""
    found: dict[str, tuple[list[int], list[int]]] = {name: ([], []) for name in LEANT}
    for solo in solos:
        _count(solo, found, _Phrases(solo, {}))
    return _arrays(found)


def _arrays(found: Mapping[str, tuple[list[int], list[int]]]) -> Counted:
    return {
        name: (np.array(keys, np.int64), np.array(came, np.int64))
        for name, (keys, came) in found.items()
    }


def _count(
    solo: Transcription,
    found: Mapping[str, tuple[list[int], list[int]]],
    phrases: _Phrases | None = None,
) -> None:
    notes = notes_of(solo)
    follower = Follower(notes.tempo_bpm)

    def say(situation: Situation, came: Mapping[int, int]) -> None:
        for name, (keys, what) in found.items():
            part, context = STREAMS[name]
            if part in came:
                keys.append(key_of(context(situation)))
                what.append(came[part])

    def said(situation: Situation, whole: int, head: int, came: int) -> dict[int, int]:
        taken_up = {} if situation.alike == NONE else {head: int(situation.head == came)}
        return {whole: came, **taken_up}

    waits = np.minimum(np.append(notes.ioi, 0), LONGEST_WAIT_STEPS).tolist()
    for number, (position, pitch, wait_steps, length) in enumerate(
        zip(
            (notes.onset % notes.bar_steps).tolist(),
            notes.pitch.tolist(),
            waits,
            notes.duration.tolist(),
            strict=True,
        )
    ):
        if phrases is not None and follower.begins:
            phrases.begin(follower, number)
        if follower.last_pitch >= 0:
            situation = follower.situation(position, sounding=False)
            interval = interval_index(pitch - follower.last_pitch)
            say(situation, said(situation, INTERVAL, HEAD_PITCH, interval))
        follower.say_pitch(pitch)
        if not wait_steps:
            return
        wait = wait_class(wait_steps)
        situation = follower.situation(position, sounding=True)
        say(situation, said(situation, WAIT, HEAD_WAIT, wait))
        situation = follower.situation(position, sounding=True, wait=wait)
        length = min(length, wait_steps)
        say(situation, {LENGTH: length_class(length, wait_steps)})
        loudness = None if phrases is None else phrases.loudness[number]
        if loudness is not None:
            say(situation, {LOUDNESS: loudness})
        follower.end(wait_steps, length)


def _shares(counted: tuple[NDArray[np.int64], NDArray[np.int64]], candidates: int) -> _Table:
    """(contexts,) keys and (contexts, candidates) nats above all being equally likely."""
    keys, came = counted
    contexts_before = np.ones(1, np.int64)
    before = np.full((1, candidates), 1.0 / candidates)
    kept = []
    values = _values(keys)
    for more in range(values, -1, -1):
        which = keys >> VALUE_BITS * more
        contexts = np.unique(which)
        counts = np.zeros((len(contexts), candidates))
        np.add.at(counts, (np.searchsorted(contexts, which), came), 1.0)
        shorter = contexts if more == values else contexts >> VALUE_BITS
        base = before[np.searchsorted(contexts_before, shorter)]
        before = counts + DRAWN_SHRINKAGE * base
        before /= before.sum(axis=1, keepdims=True)
        contexts_before = contexts
        kept.append((contexts, np.log(before * candidates)))
    nats = np.concatenate([each for _, each in kept])
    keys = np.concatenate([each for each, _ in kept])
    order = np.argsort(keys)
    return keys[order], nats[order]


def _learned(
    people: Counted,
    machine: Counted,
    streams: Streams,
    shrinkage: float = SHRINKAGE,
    fewest_notes: int = FEWEST_NOTES,
) -> _Nats:
    """By stream (contexts,) sorted keys, and (contexts, candidates) nats."""
    found: _Nats = {}
    weights: dict[int, Floats] = {}
    for name, (part, _) in streams.items():
        keys, came = machine[name]
        weight = weights.setdefault(part, np.ones(len(keys)))
        contexts, nats = _of_stream(
            people[name], machine[name], weight, CANDIDATES[part], shrinkage, fewest_notes
        )
        found[name] = contexts, PLAN_SHARES.get(name, 1.0) * nats
        weights[part] = weight * np.exp(_look(found[name], keys)[np.arange(len(keys)), came])
    return found


def _of_stream(
    people: tuple[NDArray[np.int64], NDArray[np.int64]],
    machine: tuple[NDArray[np.int64], NDArray[np.int64]],
    weight: Floats,
    candidates: int,
    shrinkage: float,
    fewest_notes: int,
) -> tuple[NDArray[np.int64], Floats]:
    values = _values(people[0]) if len(people[0]) else 0
    kept: list[tuple[NDArray[np.int64], Floats]] = []
    before = np.ones((1, 2, candidates))
    contexts_before = np.ones(1, np.int64)
    for more in range(values, -1, -1):
        keys = [kind[0] >> VALUE_BITS * more for kind in (people, machine)]
        contexts = np.unique(np.concatenate(keys))
        came = np.zeros((len(contexts), 2, candidates))
        for kind, (which, what, weighs) in enumerate(
            ((keys[0], people[1], np.ones(len(people[1]))), (keys[1], machine[1], weight))
        ):
            np.add.at(came[:, kind], (np.searchsorted(contexts, which), what), weighs)
        of = came.sum(axis=2, keepdims=True)
        usual = came.sum(axis=1, keepdims=True) / of.sum(axis=1, keepdims=True)
        shorter = contexts if more == values else contexts >> VALUE_BITS
        base = before[np.searchsorted(contexts_before, shorter)]
        rates = (came + shrinkage * base) / (of * usual + shrinkage)
        often = (of[:, :, 0] >= fewest_notes).all(axis=1) | (more == values)
        kept.append((contexts[often], np.log(rates[often, 0] / rates[often, 1])))
        before, contexts_before = rates, contexts
    keys_kept = np.concatenate([contexts for contexts, _ in kept])
    order = np.argsort(keys_kept)
    return keys_kept[order], np.concatenate([nats for _, nats in kept])[order]


def _values(keys: NDArray[np.int64]) -> int:
    """How many values a context of a stream has: all have as many."""
    return (int(keys[0]).bit_length() - 1) // VALUE_BITS


def _look(table: tuple[NDArray[np.int64], Floats], keys: NDArray[np.int64]) -> Floats:
    """(keys, candidates) of each context, or of the longest part of it that is known; 0 without any."""
    known, nats = table
    found = np.zeros((len(keys), nats.shape[1]))
    keys, open_ = keys.copy(), np.ones(len(keys), bool)
    while len(known) and (open_ & (keys > 0)).any():
        at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        hit = open_ & (known[at] == keys)
        found[hit] = nats[at[hit]]
        open_ &= ~hit
        keys >>= VALUE_BITS
    return found


def _sum(nats: _Nats, more: _Nats) -> _Nats:
    """Those there are, and the share of some more."""
    found: _Nats = {}
    for name, table in more.items():
        before = nats.get(name, (table[0][:0], table[1][:0]))
        keys = np.union1d(before[0], table[0])
        both = _look(before, keys) + SHARE * _look(table, keys)
        found[name] = keys, np.clip(both, -MOST_NATS, MOST_NATS)
    return found


def tables_of(nats: _Nats) -> dict[str, Table]:
    """As they are kept."""
    found: dict[str, Table] = {}
    for name, (keys, values) in nats.items():
        found[name] = (
            keys,
            np.round(np.clip(values, -PLAN_MOST_NATS, PLAN_MOST_NATS) / UNIT_NATS).astype(np.int8),
        )
    return found


def write_tables(path: Path, tables: Mapping[str, Table]) -> None:
    """Write the file of leanings. Raises OutputFileError."""
    arrays: dict[str, Any] = {f"{name}, keys": keys for name, (keys, _) in tables.items()}
    arrays |= {f"{name}, nats": nats for name, (_, nats) in tables.items()}
    files.write_arrays(path, arrays)
