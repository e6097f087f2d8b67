"""Learn leanings (improv.soloist.leaning): what people do more often than a cell that plays by itself.

    solos ── the model plays beside them ──> counts of both ──> how much likelier people are
       ^                                                                             a share is added
       └──────────────────────── ROUNDS times, leaning as it has learned so far ◄────────┘

Of each context c and what came in it, x, a rate says how often one kind had it against what both together
lead to expect, shrunk to the rate in the shorter context, as in improv.features.ratios; the leaning is the
logarithm of the two rates' ratio. Streams that speak of the same part are learned one after another: what the
machine played counts as if it had leant as the earlier ones say. Only sums over many solos are kept.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv import files
from improv.evaluation.choruses import playing
from improv.evaluation.judge.machine import beside
from improv.features.notes import notes_of
from improv.grammar.line.table import LONGEST_WAIT_STEPS, length_class, wait_class
from improv.music.transcription import Transcription
from improv.soloist.leaning import (
    CANDIDATES,
    HEAD_PITCH,
    HEAD_WAIT,
    INTERVAL,
    LEANINGS_NAME,
    LENGTH,
    NONE,
    STREAMS,
    UNIT_NATS,
    VALUE_BITS,
    WAIT,
    Follower,
    Situation,
    Table,
    interval_index,
    key_of,
)

SHRINKAGE = 150.0
"""In notes: where so many are expected, what came counts as much as the shorter context."""
FEWEST_NOTES = 40
"""A context that either kind had less often is not kept."""
ROUNDS = 3
SHARE = 0.5
"""How much of what is missing is added in a round: a line that leans feeds on itself, so that all of it would
be too much."""
MOST_NATS = 3.0

Floats = NDArray[np.float64]
Counted = dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]
"""By stream (notes,) keys of the contexts, and what came."""
_Nats = dict[str, tuple[NDArray[np.int64], Floats]]


def write_leanings(
    folder: Path, solos: Sequence[Transcription], *, rounds: int = ROUNDS, every: int = 1
) -> None:
    """Learn those of the model in `folder` beside `solos`, and put them there.

    Its dials are those of its card. The same solos and model give the same file. Raises ModelError,
    CorpusError, OutputFileError.
    """
    folder, nats = Path(folder), _Nats()
    people: Counted | None = None
    for number in range(rounds):
        pairs = beside(playing(folder, {"leaning": min(1.0, float(number))}), solos)
        if people is None:
            people = counted(human for human, _ in pairs)
        nats = _sum(nats, _learned(people, counted(machine for _, machine in pairs)))
        files.write_bytes(folder / LEANINGS_NAME, leanings_bytes(tables_of(nats)))


def counted(solos: Iterable[Transcription]) -> Counted:
    """Every note of some solos, by stream."""
    found: dict[str, tuple[list[int], list[int]]] = {name: ([], []) for name in STREAMS}
    for solo in solos:
        _count(solo, found)
    return {
        name: (np.array(keys, np.int64), np.array(came, np.int64))
        for name, (keys, came) in found.items()
    }


def _count(solo: Transcription, found: Mapping[str, tuple[list[int], list[int]]]) -> None:
    notes = notes_of(solo)
    follower = Follower(notes.tempo_bpm)

    def say(situation: Situation, came: Mapping[int, int]) -> None:
        for name, (part, context) in STREAMS.items():
            if part in came:
                keys, what = found[name]
                keys.append(key_of(context(situation)))
                what.append(came[part])

    def said(situation: Situation, whole: int, head: int, came: int) -> dict[int, int]:
        taken_up = {} if situation.alike == NONE else {head: int(situation.head == came)}
        return {whole: came, **taken_up}

    waits = np.minimum(np.append(notes.ioi, 0), LONGEST_WAIT_STEPS).tolist()
    for position, pitch, wait_steps, length in zip(
        (notes.onset % notes.bar_steps).tolist(),
        notes.pitch.tolist(),
        waits,
        notes.duration.tolist(),
        strict=True,
    ):
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
        follower.end(wait_steps, length)


def _learned(people: Counted, machine: Counted) -> _Nats:
    """By stream (contexts,) sorted keys, and (contexts, candidates) nats."""
    found: _Nats = {}
    weights: dict[int, Floats] = {}
    for name, (part, _) in STREAMS.items():
        keys, came = machine[name]
        weight = weights.setdefault(part, np.ones(len(keys)))
        found[name] = _of_stream(people[name], machine[name], weight, CANDIDATES[part])
        weights[part] = weight * np.exp(_look(found[name], keys)[np.arange(len(keys)), came])
    return found


def _of_stream(
    people: tuple[NDArray[np.int64], NDArray[np.int64]],
    machine: tuple[NDArray[np.int64], NDArray[np.int64]],
    weight: Floats,
    candidates: int,
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
        rates = (came + SHRINKAGE * base) / (of * usual + SHRINKAGE)
        often = (of[:, :, 0] >= FEWEST_NOTES).all(axis=1) | (more == values)
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
        found[name] = keys, np.round(values / UNIT_NATS).astype(np.int8)
    return found


def leanings_bytes(tables: Mapping[str, Table]) -> bytes:
    """The content of the file; the same tables give the same bytes."""
    content = io.BytesIO()
    arrays: dict[str, Any] = {f"{name}, keys": keys for name, (keys, _) in tables.items()}
    arrays |= {f"{name}, nats": nats for name, (_, nats) in tables.items()}
    np.savez_compressed(content, **arrays)
    return content.getvalue()
