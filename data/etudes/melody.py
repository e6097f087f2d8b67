"""One phrase: pitches for given onsets, as a path of moves from aim to aim, weighed as a whole.

Several paths are sung and the best is kept: one that keeps to its arc, has one peak, makes its leaps
good, and says nothing the corpus has said before.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from etudes import STEPS_PER_BEAT, STEPS_PER_HALF
from etudes.harmony import Chord, Colour
from etudes.lines import moves

LOW_PITCH = 52
HIGH_PITCH = 84
WINDOW = 8
"""Notes in the windows that are looked up for repeats."""

_PATHS = 9
_TEMPERATURE = 0.6
_LONGEST_FILL = 7
_NO_AIM = 25.0
# A phrase's last interval -> cost: bebop falls into its last note, by a third, a fourth or a fifth.
_LAST_INTERVAL = {
    1: 1.1,
    -1: 0.5,
    6: 1.5,
    -6: 1.0,
    -3: -0.5,
    -4: -0.5,
    -5: -0.4,
    -7: -0.4,
    -8: 0.6,
    -9: 0.8,
}


@dataclass(frozen=True)
class Harmony:
    """Chord and colour of every half bar of a solo."""

    chords: tuple[Chord, ...]
    colours: tuple[Colour, ...]

    def half(self, step: int) -> int:
        """Index of the half bar in which `step` lies."""
        return min(step // STEPS_PER_HALF, len(self.chords) - 1)


@dataclass
class Memory:
    """What the corpus has said: how often each contour was used, and every window of eight notes."""

    used: NDArray[np.float64] = field(default_factory=lambda: np.zeros(200_000))
    windows: set[tuple[int, ...]] = field(default_factory=set)

    def keep(self, onsets: Sequence[int], pitches: Sequence[int]) -> None:
        """Remember a finished phrase."""
        self.windows.update(windows(onsets, pitches))


def windows(onsets: Sequence[int], pitches: Sequence[int]) -> list[tuple[int, ...]]:
    """Intervals and inter-onset steps of every run of WINDOW notes."""
    moved = [b - a for a, b in itertools.pairwise(pitches)]
    waited = [b - a for a, b in itertools.pairwise(onsets)]
    length = WINDOW - 1
    return [
        (*moved[at : at + length], *waited[at : at + length])
        for at in range(len(moved) - length + 1)
    ]


@dataclass(frozen=True)
class Arc:
    """Where a phrase lies: pitches at its start, peak and end; `peak_at` as a share of its length."""

    start: float
    peak: float
    end: float
    peak_at: float

    def at(self, share: float) -> float:
        """The pitch to be near at `share` (0-1) of the phrase."""
        if share < self.peak_at:
            return self.start + (self.peak - self.start) * share / self.peak_at
        return self.peak + (self.end - self.peak) * (share - self.peak_at) / max(
            1 - self.peak_at, 0.01
        )


def aims_of(
    onsets: Sequence[int], lengths: Sequence[int], harmony: Harmony
) -> list[tuple[int, int]]:
    """(note index, half bar it belongs to) of every tone to aim for.

    These are the first note of each half bar, the last note, a note tied over a strong beat (it
    belongs to the chord it is tied into), and a note on the beat wherever the way is long.
    """
    aims: list[tuple[int, int]] = []
    served = -1
    for index, (onset, length) in enumerate(zip(onsets, lengths, strict=True)):
        half = harmony.half(onset)
        left = STEPS_PER_HALF - onset % STEPS_PER_HALF
        if left <= 6 and length > left and half + 1 < len(harmony.chords):
            aims.append((index, half + 1))
            served = half + 1
        elif half > served or index in (0, len(onsets) - 1) or length >= 12:
            aims.append((index, half))
            served = max(served, half)
    aims = [aim for at, aim in enumerate(aims) if not _skipped(aims, at, onsets, harmony)]
    full: list[tuple[int, int]] = []
    for aim, following in zip(aims, [*aims[1:], None], strict=True):
        full.append(aim)
        if following is not None and following[0] - aim[0] - 1 > _LONGEST_FILL:
            beats = [
                i for i in range(aim[0] + 2, following[0] - 1) if onsets[i] % STEPS_PER_BEAT == 0
            ]
            if beats:
                full.append((beats[0], aim[1]))
    return full


def _skipped(aims: list[tuple[int, int]], at: int, onsets: Sequence[int], harmony: Harmony) -> bool:
    """Whether the third beat is passed over: now and then one long way leads through a whole bar."""
    index, half = aims[at]
    if at in (0, len(aims) - 1) or onsets[index] % 48 != STEPS_PER_HALF:
        return False
    before, after = aims[at - 1], aims[at + 1]
    same = harmony.colours[before[1]] == harmony.colours[half]
    near = before[1] == half - 1 and after[0] - before[0] <= _LONGEST_FILL + 1
    return same and near and onsets[index] // STEPS_PER_HALF % 5 < 2  # in two bars of five


def _worth(colour: Colour, changes: bool) -> NDArray[np.float64]:
    """(12,) cost of aiming for each tone above the root; a new chord's root says less than its third."""
    costs = np.full(12, _NO_AIM)
    for tone, cost in colour.aims:
        costs[tone] = 1.25 * cost
    costs[0] += 0.35 * changes
    return costs


class Singer:
    """Sings phrases over one solo's harmony; remembers what was sung."""

    def __init__(self, harmony: Harmony, memory: Memory, rng: np.random.Generator) -> None:
        self.harmony = harmony
        self.memory = memory
        self.rng = rng

    def phrase(
        self, onsets: list[int], lengths: list[int], arc: Arc, head: Sequence[int] = ()
    ) -> list[int]:
        """Pitches for `onsets`; `head` gives the first ones, if they are already known."""
        aims = aims_of(onsets, lengths, self.harmony)
        if head:  # go on from the head's last note
            last = len(head) - 1
            half = aims[bisect_right([index for index, _ in aims], last) - 1][1]
            aims = [(last, half)] + [aim for aim in aims if aim[0] > last]
        best: list[int] = []
        best_cost = float("inf")
        best_shapes: list[int] = []
        for _ in range(_PATHS):
            pitches, cost, shapes = self._path(onsets, aims, arc, head)
            cost += self._whole(onsets, pitches)
            if cost < best_cost:
                best, best_cost, best_shapes = pitches, cost, shapes
        for shape in best_shapes:
            self.memory.used[shape] += 1
        return best

    def _path(
        self, onsets: list[int], aims: list[tuple[int, int]], arc: Arc, head: Sequence[int]
    ) -> tuple[list[int], float, list[int]]:
        span = max(onsets[-1] - onsets[0], 1)
        pitches = list(head) if head else [self._first(aims[0][1], arc.at(0))]
        total = 0.0
        shapes = []
        for (index, half), (following, next_half) in itertools.pairwise(aims):
            here = pitches[-1]
            chord, target = self.harmony.chords[half], self.harmony.chords[next_half]
            between = onsets[index:following]
            found = moves(
                (here - chord.root) % 12,
                self.harmony.colours[half],
                tuple(onset % STEPS_PER_BEAT == 0 for onset in between[1:]),
                [onset - between[0] for onset in between[1:3]] == [4, 8],
            )
            wanted = arc.at((onsets[following] - onsets[0]) / span)
            reached = here + found.aims
            away = np.abs(reached - wanted)
            costs = found.costs + 0.11 * away + 0.35 * np.maximum(away - 6, 0)
            worth = _worth(self.harmony.colours[next_half], chord != target)
            costs = costs + worth[(reached - target.root) % 12]
            costs = costs + 0.3 * np.sqrt(self.memory.used[found.shapes])
            costs = costs + 3.0 * ((reached < LOW_PITCH + 1) | (reached > HIGH_PITCH - 3))
            chances = np.cumsum(np.exp((costs.min() - costs) / _TEMPERATURE))
            choice = int(np.searchsorted(chances, self.rng.random() * chances[-1]))
            total += float(costs[choice])
            shapes.append(int(found.shapes[choice]))
            pitches += [here + move for move in found.fills[choice]]
            pitches.append(int(reached[choice]))
        return pitches, total, shapes

    def _first(self, half: int, wanted: float) -> int:
        chord, colour = self.harmony.chords[half], self.harmony.colours[half]
        options = []
        for pitch in range(LOW_PITCH + 2, HIGH_PITCH - 3):
            cost = colour.aim_cost.get((pitch - chord.root) % 12)
            if cost is not None:
                options.append((pitch, 0.7 * cost + 0.25 * abs(pitch - wanted)))
        weights = np.cumsum([np.exp(-cost / 0.5) for _, cost in options])
        return options[int(np.searchsorted(weights, self.rng.random() * weights[-1]))][0]

    def _whole(self, onsets: list[int], pitches: list[int]) -> float:
        """Cost of a phrase as a whole; 0 is well-made."""
        cost = 0.0
        for window in windows(onsets, pitches):
            if window in self.memory.windows:
                cost += 3.0
        top, bottom = max(pitches), min(pitches)
        cost += 50.0 * (max(0, top - HIGH_PITCH) + max(0, LOW_PITCH - bottom))
        if len(pitches) >= 6:
            cost += 0.6 * max(0, 7 - (top - bottom)) + 0.3 * max(0, top - bottom - 19)
            peaks = [i for i, pitch in enumerate(pitches) if pitch == top]
            cost += 0.7 * (len(peaks) - 1)
        if len(pitches) > 1:
            cost += _LAST_INTERVAL.get(pitches[-1] - pitches[-2], 0.0)
        last = 0
        for first, second in itertools.pairwise(pitches):
            interval = second - first
            if abs(last) >= 5 and abs(interval) >= 5 and last * interval > 0:
                cost += 2.0
            elif abs(last) >= 8 and last * interval > 0:
                cost += 0.8
            if interval == 0 and last == 0:
                cost += 0.8
            last = interval
        for index in range(len(pitches) - 7):  # a line that stays on the spot is none
            near = pitches[index : index + 8]
            cost += 0.5 * (max(near) - min(near) <= 4) + 0.3 * (len(set(near)) <= 4)
        return cost

    def restate(
        self, onsets: list[int], lengths: list[int], intervals: Sequence[int], wanted: float
    ) -> list[int]:
        """Pitches for `onsets` that keep the contour `intervals` and fit the chords (a best path)."""
        halves = {index: half for index, half in aims_of(onsets, lengths, self.harmony)}
        pool = range(LOW_PITCH, HIGH_PITCH + 1)
        before: list[tuple[float, tuple[int, ...]]] = []
        half = 0
        for index in range(len(intervals) + 1):
            half = halves.get(index, max(half, self.harmony.half(onsets[index])))
            chord, colour = self.harmony.chords[half], self.harmony.colours[half]
            aimed = index in halves
            now: list[tuple[float, tuple[int, ...]]] = []
            for pitch in pool:
                tone = (pitch - chord.root) % 12
                if aimed:
                    fit = colour.aim_cost.get(tone, 4.0 if lengths[index] < 12 else 9.0)
                else:
                    fit = 0.0 if tone in colour.chord else 0.2 if tone in colour.scale else 1.6
                if index == 0:
                    now.append((fit + 0.3 * abs(pitch - wanted), (pitch,)))
                    continue
                interval = intervals[index - 1]
                options = (
                    (
                        cost
                        + 0.8 * abs(pitch - path[-1] - interval)
                        + 1.5 * ((pitch == path[-1]) != (interval == 0)),
                        path,
                    )
                    for cost, path in before
                    if abs(pitch - path[-1] - interval) <= 3
                )
                found = min(options, default=None)
                if found is not None:
                    now.append((found[0] + fit, (*found[1], pitch)))
            before = now
        return list(min(before)[1])
