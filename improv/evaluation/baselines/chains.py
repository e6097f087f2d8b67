"""The chains of the Markov baselines: what each counts, and after what.

A chain is a target and a list of contexts, from plain to refined. Targets of the rhythm are ioi classes;
those of the pitch are views of the same note:

    interval   from the pitch before             degree   above the root of the chord it falls on
    pitch      itself                            step     above the tonic of the key

A view that leaves the octave open says the same of all octaves; in a mixture other views choose among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.evaluation.baselines.hearing import NONE, PITCH_AT, RHYTHM_AT
from improv.evaluation.protocol import PITCHES
from improv.music.note import STEPS_PER_BEAT

Rows = NDArray[np.int32]
Floats = NDArray[np.float64]

_WIDEST = PITCHES - 1
SIZES = {
    "ioi": 60,
    "interval": 2 * _WIDEST + 1,
    "pitch": PITCHES,
    "degree": 12,
    "step": STEPS_PER_BEAT,
}
"""Symbols of each target."""


@dataclass(frozen=True)
class Chain:
    """A target and the contexts it is counted after: names of columns, from plain to refined."""

    target: str
    levels: tuple[tuple[str, ...], ...]


def growing(target: str, *columns: str) -> Chain:
    """A chain that begins with no context and adds one column (or several, "a+b") at each level."""
    levels: list[tuple[str, ...]] = [()]
    for column in columns:
        levels.append((*levels[-1], *column.split("+")))
    return Chain(target, tuple(levels))


class Stream:
    """Rhythm or pitch: its columns, its outcomes, and what targets have to do with outcomes."""

    def __init__(self, name: str, at: Mapping[str, int], size: int) -> None:
        self.name, self.at, self.size = name, at, size

    def columns(self, chains: Sequence[Chain]) -> list[list[int]]:
        """The columns of every level of all chains."""
        return [[self.at[name] for name in level] for chain in chains for level in chain.levels]

    def symbols(self, target: str, rows: Rows, came: Rows) -> Rows:
        """(n,) symbols of a target, of the outcomes `came` (n,)."""
        if target == "interval":
            return came - rows[:, self.at["p1"]] + _WIDEST
        if target in ("degree", "step"):
            return (came - self._tonic(target, rows)) % 12
        return came

    def outcomes(self, target: str, probabilities: Floats, rows: Rows) -> Floats:
        """(n, size) what (n, symbols) probabilities say of each outcome; need not sum to 1."""
        if target == "interval":
            index = np.arange(PITCHES)[None] - rows[:, [self.at["p1"]]] + _WIDEST
            return np.take_along_axis(probabilities, index, 1)
        if target in ("degree", "step"):
            index = (np.arange(PITCHES)[None] - self._tonic(target, rows)[:, None]) % 12
            return np.take_along_axis(probabilities, index, 1)
        return probabilities

    def _tonic(self, target: str, rows: Rows) -> Rows:
        if target == "degree":
            return rows[:, self.at["root"]]
        key = rows[:, self.at["key"]]
        return np.where(key == NONE, 0, key)


RHYTHM_STREAM = Stream("rhythm", RHYTHM_AT, SIZES["ioi"])
PITCH_STREAM = Stream("pitch", PITCH_AT, PITCHES)
STREAMS = (RHYTHM_STREAM, PITCH_STREAM)

KNESER_NEY = ((growing("ioi", "r1", "r2", "r3"),), (growing("interval", "i1", "i2"),))

LONG_TERM = (
    (
        growing("ioi", "r1", "r2", "r3", "r4", "r5"),
        growing("ioi", "pos", "r1", "r2"),
        growing("ioi", "posb", "r1", "r2", "r3", "beat"),
        growing("ioi", "r1", "i1", "i2", "r2"),
        growing("ioi", "tempo", "r1", "posb"),
        growing("ioi", "tch", "posb", "r1"),
        growing("ioi", "phn", "r1", "posb"),
        growing("ioi", "art", "r1", "posb", "r2"),
        growing("ioi", "who", "r1", "posb"),
        growing("ioi", "reg", "r1", "i1"),
    ),
    (
        growing("interval", "i1", "i2", "i3", "i4", "i5"),
        growing("interval", "r0", "i1", "r1", "i2"),
        growing("interval", "i1", "i2", "r0+r1"),
        growing("interval", "p1", "i1", "top"),
        growing("interval", "d1+qual", "nmot", "tch", "nqual"),
        growing("degree", "qual", "d1", "d2", "d3"),
        growing("degree", "qual+tch", "nmot", "d1", "i1"),
        growing("step", "mode", "croot+qual", "k1", "i1"),
        growing("pitch", "p1", "p2", "p3"),
        growing("pitch", "p1", "root+qual", "i1"),
        growing("pitch", "who", "p1"),
        growing("interval", "posb", "i1", "r0", "i2"),
        growing("interval", "d1+qual", "r0", "posb"),
    ),
)
"""What the mixture learns from a corpus."""

SHORT_TERM = (
    (
        Chain("ioi", ((), ("r1",), ("r1", "r2"), ("r1", "r2", "r3"))),
        Chain("ioi", (("posb",), ("posb", "r1"), ("posb", "r1", "r2"))),
        Chain("ioi", (("pos",),)),
        Chain("ioi", (("i1", "r1"), ("i1", "r1", "i2", "r2"))),
        Chain("ioi", (("r1", "r2", "r3", "r4"), ("r1", "r2", "r3", "r4", "r5", "r6"))),
    ),
    (
        Chain("interval", ((), ("i1",), ("i1", "i2"), ("i1", "i2", "i3"))),
        Chain("interval", (("i1", "i2", "i3", "i4"), ("i1", "i2", "i3", "i4", "i5", "i6"))),
        Chain("interval", (("i1", "i2", "r0", "r1"),)),
        Chain("pitch", ((), ("p1",), ("p1", "p2"), ("p1", "p2", "p3"))),
        Chain("pitch", (("root", "qual"), ("root", "qual", "p1"))),
        Chain("pitch", (("pos", "p1"),)),
        Chain("degree", (("qual",), ("d1", "qual"), ("d1", "d2", "qual"))),
        Chain("degree", (("d1", "r0", "posb"),)),
    ),
)
"""What the mixture learns from the solo in progress."""
