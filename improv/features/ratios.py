"""How much likelier each note is in one kind of line than in another: log-likelihood ratios of n-grams.

    lines of people, of a machine ── Ratios.learned ──> Ratios ── of(notes) ──> nats a note, a stream each

A stream says one thing of each note (when the next comes, which interval led to it, how long it sounds)
after contexts that grow longer. Of each context c and what came in it, x, a rate says how often one kind had
it against what is expected of both kinds together, shrunk towards the rate in the shorter context (at first
1):

    rate(x, c) = (n(c, x) + S rate(x, shorter c)) / (n(c) P(x | c in both) + S)

The log ratio is that of the two rates. What came once or twice moves neither far: ratios of plain likelihoods
would make proofs of rare notes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.features.notes import Floats, Integers, Notes
from improv.music.note import STEPS_PER_BEAT

SHRINKAGE = 10.0
"""S, in notes: where so many are expected, what came counts as much as the shorter contexts."""
_LONGEST = 49
_BASE, _NONE = np.int64(64), 63

STREAMS: dict[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "rhythm": (
        "ioi",
        (
            ("place",),
            ("place", "ioi 1"),
            ("place", "ioi 1", "ioi 2"),
            ("place", "ioi 1", "ioi 2", "ioi 3"),
        ),
    ),
    "rhythm in the bar": ("ioi", (("bar place",), ("bar place", "ioi 1"))),
    "intervals": (
        "interval",
        (("interval 1",), ("interval 1", "interval 2"), ("interval 1", "interval 2", "interval 3")),
    ),
    "intervals in rhythm": (
        "interval",
        (("ioi 1",), ("ioi 1", "place"), ("ioi 1", "place", "interval 1")),
    ),
    "degrees": ("degree", (("place",), ("place", "degree 1"))),
    "durations": ("duration", (("ioi 0",), ("ioi 0", "duration 1"))),
}
"""Stream -> what it says, after which contexts, from plain to refined.

"ioi 1" is the step that led to the note, "ioi 0" that which leads on from it, "interval 1" the interval that
led to the note before."""


def columns_of(notes: Notes) -> dict[str, Integers]:
    """What streams say and look at, (notes,) each, 0 to 63; 63: there is none."""
    count = len(notes)
    ioi = np.minimum(notes.ioi, _LONGEST)
    interval = np.clip(notes.interval, -25, 25) + 25
    duration = np.minimum(notes.duration, _LONGEST)
    degree = np.where(notes.degree < 0, _NONE, notes.degree)

    def shifted(values: Integers, by: int) -> Integers:
        found = np.full(count, _NONE, np.int64)
        if by <= count:
            found[by:] = values[: max(0, count - by)]
        return found

    place = notes.onset % notes.bar_steps
    return {
        "ioi": np.append(ioi, _NONE)[:count],
        "ioi 0": np.append(ioi, _NONE)[:count],
        "ioi 1": shifted(ioi, 1),
        "ioi 2": shifted(ioi, 2),
        "ioi 3": shifted(ioi, 3),
        "interval": shifted(interval, 1),
        "interval 1": shifted(interval, 2),
        "interval 2": shifted(interval, 3),
        "interval 3": shifted(interval, 4),
        "duration": duration,
        "duration 1": shifted(duration, 1),
        "degree": degree,
        "degree 1": shifted(degree, 1),
        "place": place % STEPS_PER_BEAT,
        "bar place": np.minimum(place, 62),
    }


def _keys(columns: dict[str, Integers], names: Sequence[str], level: int) -> Integers:
    found = np.full(len(columns["place"]), level + 1, np.int64)
    for name in names:
        found = found * _BASE + columns[name]
    return found


@dataclass(frozen=True)
class _Counts:
    """How often each of sorted `keys` came."""

    keys: Integers
    counts: Floats

    @classmethod
    def of(cls, keys: Integers) -> _Counts:
        found, counts = np.unique(keys, return_counts=True)
        return cls(found, counts.astype(np.float64))

    def look(self, keys: Integers) -> Floats:
        if not len(self.keys):
            return np.zeros(len(keys))
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.counts[at], 0.0)


@dataclass(frozen=True)
class _Stream:
    """Counts of one stream, of contexts and of what came in them, for both kinds."""

    says: str
    levels: tuple[tuple[str, ...], ...]
    contexts: tuple[_Counts, _Counts]
    came: tuple[_Counts, _Counts]

    @classmethod
    def learned(
        cls,
        says: str,
        levels: tuple[tuple[str, ...], ...],
        kinds: Sequence[Sequence[dict[str, Integers]]],
    ) -> _Stream:
        contexts, came = [], []
        for kind in kinds:
            seen: list[Integers] = [np.zeros(0, np.int64)]
            with_symbol: list[Integers] = [np.zeros(0, np.int64)]
            for columns in kind:
                symbol = columns[says]
                there = symbol != _NONE
                for level, names in enumerate([(), *levels]):
                    keys = _keys(columns, names, level)[there]
                    seen.append(keys)
                    with_symbol.append(keys * _BASE + symbol[there])
            contexts.append(_Counts.of(np.concatenate(seen)))
            came.append(_Counts.of(np.concatenate(with_symbol)))
        return cls(says, levels, (contexts[0], contexts[1]), (came[0], came[1]))

    def ratios(self, columns: dict[str, Integers]) -> Floats:
        symbol = columns[self.says]
        rates = [np.ones(len(symbol)), np.ones(len(symbol))]
        for level, names in enumerate([(), *self.levels]):
            keys = _keys(columns, names, level)
            of = [counts.look(keys) for counts in self.contexts]
            came = [counts.look(keys * _BASE + symbol) for counts in self.came]
            usual = (came[0] + came[1]) / np.maximum(of[0] + of[1], 1)
            for kind in (0, 1):
                expected = of[kind] * usual
                rates[kind] = (came[kind] + SHRINKAGE * rates[kind]) / (expected + SHRINKAGE)
        found: Floats = np.where(symbol == _NONE, 0.0, np.log(rates[0] / rates[1]))
        return found


@dataclass(frozen=True)
class Ratios:
    """Learned from two kinds of lines: above 0, a note is likelier in the first."""

    streams: dict[str, _Stream]

    @classmethod
    def learned(cls, first: Sequence[Notes], second: Sequence[Notes]) -> Ratios:
        """Count both kinds of lines, whole solos or parts."""
        kinds = [[columns_of(notes) for notes in kind] for kind in (first, second)]
        return cls({name: _Stream.learned(*stream, kinds) for name, stream in STREAMS.items()})

    def arrays(self) -> dict[str, Integers]:
        """All counts by name, for a file; `from_arrays` reads them."""
        found: dict[str, Integers] = {}
        for name, stream in self.streams.items():
            for counted, kinds in (("contexts", stream.contexts), ("came", stream.came)):
                for kind, counts in enumerate(kinds):
                    found[f"{name}, {counted}, {kind}, keys"] = counts.keys
                    found[f"{name}, {counted}, {kind}"] = counts.counts.astype(np.int64)
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Ratios:
        """Those of `arrays`. Raises KeyError or ValueError where they are none."""
        streams = {}
        for name, (says, levels) in STREAMS.items():
            if f"{name}, came, 0" not in arrays:
                continue
            both = []
            for counted in ("contexts", "came"):
                kinds = []
                for kind in (0, 1):
                    keys, counts = (
                        arrays[f"{name}, {counted}, {kind}{end}"] for end in (", keys", "")
                    )
                    if keys.shape != counts.shape or keys.ndim != 1:
                        raise ValueError(f"{name}: as many counts as keys were expected")
                    kinds.append(_Counts(keys.astype(np.int64), counts.astype(np.float64)))
                both.append((kinds[0], kinds[1]))
            streams[name] = _Stream(says, levels, both[0], both[1])
        return cls(streams)

    def means(self, stretches: Sequence[Notes]) -> Floats:
        """(stretches, streams) nats a note; 0 for a stretch without notes."""
        columns = [columns_of(notes) for notes in stretches]
        together = {name: np.concatenate([each[name] for each in columns]) for name in columns[0]}
        counts = [len(notes) for notes in stretches]
        which = np.repeat(np.arange(len(stretches)), counts)
        sums = [
            np.bincount(which, stream.ratios(together), len(stretches))
            for stream in self.streams.values()
        ]
        found: Floats = np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None]
        return found

    def of(self, notes: Notes) -> dict[str, NDArray[np.float64]]:
        """(notes,) nats for each note, a stream each; 0 where a stream says nothing of it."""
        columns = columns_of(notes)
        return {name: stream.ratios(columns) for name, stream in self.streams.items()}
