"""The vocabulary: how a line gets from one tone to the next in a given number of notes.

`moves` lists every way a player would use to fill the space between an aim (a chord tone on a strong
beat) and the next: a *body* (arpeggio, scale, bebop scale, neighbour, 1-2-3-5, thirds, a drop and a
climb, ...) followed by an *approach* (enclosure, chromatic or double chromatic approach, or none).
Each way has a cost; everything is relative to the first chord's root, so one table serves all keys.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from etudes.harmony import Colour

_BASE = 60  # inside this file a chord's root is this pitch
_KEEP = 12  # moves kept to one aim, the cheapest first
_SPREAD = 1.5  # how much dearer than the cheapest move to an aim another may be
_DEAREST = 5.0
_REACH = 12  # semitones from one aim to the next at most

# Melodic interval in semitones -> cost of singing it inside a line.
_INTERVAL = (2.6, 0.0, 0.0, 0.15, 0.2, 0.45, 1.2, 0.8, 1.3, 1.5, 1.9, 2.6, 1.5)


@dataclass(frozen=True)
class Moves:
    """All moves for one situation: (n,) aims and costs, the notes before each aim, and its shape.

    Pitches are relative to the tone the move starts on. `shapes` number the melodic contours, so that
    a contour used often can be made dearer.
    """

    aims: NDArray[np.int64]
    costs: NDArray[np.float64]
    fills: tuple[tuple[int, ...], ...]
    shapes: NDArray[np.int64]


_SHAPES: dict[tuple[int, ...], int] = {}


def shape_count() -> int:
    """How many different contours have been met so far."""
    return len(_SHAPES)


def _step(pitch: int, tones: tuple[int, ...], count: int) -> int:
    """The `count`-th tone of `tones` above (below, if negative) `pitch`."""
    direction = 1 if count > 0 else -1
    for _ in range(abs(count)):
        pitch += direction
        while (pitch - _BASE) % 12 not in tones:
            pitch += direction
    return pitch


def _bodies(
    start: int, count: int, colour: Colour, triplet: bool
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Ways to go on from `start` with `count` notes, with costs."""
    if count == 0:
        yield (), 0.0
        return
    scale, chord = colour.scale, colour.chord
    bebop = tuple(sorted((*scale, *colour.passing)))
    for sign in (1, -1):
        arpeggio_cost = -0.35 if triplet else (0.0 if sign > 0 else 0.25)
        yield tuple(_step(start, chord, sign * k) for k in range(1, count + 1)), arpeggio_cost
        if colour.stack:
            yield (
                tuple(_step(start, colour.stack, sign * k) for k in range(1, count + 1)),
                arpeggio_cost,
            )
        yield (
            tuple(_step(start, scale, sign * k) for k in range(1, count + 1)),
            0.1 if triplet else -0.1,
        )
        if colour.passing:
            cost = -0.15 if sign < 0 else 0.3
            yield tuple(_step(start, bebop, sign * k) for k in range(1, count + 1)), cost
        if count >= 2:
            # thirds: 1 3 2 4, and its mirror
            thirds = [2, 1, 3, 2, 4, 3, 5][:count]
            yield tuple(_step(start, scale, sign * k) for k in thirds), 0.5
        if count >= 3:
            # 1 2 3 5 and 5 3 2 1
            cell = [1, 2, 4, 3, 2, 1][:count] if sign > 0 else [2, 3, 4, 5, 6, 7][:count]
            yield tuple(_step(start, scale, sign * k) for k in cell), 0.0 if sign > 0 else 0.3
            # an arpeggio that turns into the scale going the other way
            for turn in range(2, count):
                up = [_step(start, chord, sign * k) for k in range(1, turn + 1)]
                back = [_step(up[-1], bebop, -sign * k) for k in range(1, count - turn + 1)]
                yield (*up, *back), 0.05
            # two steps and back through the start
            yield (
                tuple(
                    _step(start, scale, sign * k) if k else start
                    for k in [1, 2, 1, 0, -1, -2, -3][:count]
                ),
                0.5,
            )
    if count >= 2:
        upper = _step(start, scale, 1)
        lower = start - 1
        tail = count - 2
        down = [_step(start, scale, -k) for k in range(1, tail + 1)]
        yield (upper, start, *down), -0.6 if triplet else 0.25
        yield (lower, start, *[_step(start, chord, k) for k in range(1, tail + 1)]), 0.3
        yield (lower, start, *[_step(start, scale, k) for k in range(1, tail + 1)]), 0.4
    # a drop to a chord tone, then a climb; a leap up, then the scale down
    for skip in (2, 3):
        low = _step(start, chord, -skip)
        if start - low <= 10:
            yield (low, *[_step(low, chord, k) for k in range(1, count)]), 0.55
            if count >= 2:
                yield (low, *[_step(low, scale, k) for k in range(1, count)]), 0.65
        high = _step(start, chord, skip)
        if high - start <= 9:
            yield (high, *[_step(high, bebop, -k) for k in range(1, count)]), 0.35
    if colour.name == "modal":
        for sign in (1, -1):  # fourths, where the mode allows
            fourths = tuple(start + sign * 5 * k for k in range(1, count + 1))
            if count <= 3 and all((pitch - _BASE) % 12 in scale for pitch in fourths):
                yield fourths, -0.9
            five = (0, 3, 5, 7, 10) if 3 in scale else (0, 2, 4, 7, 9)
            yield tuple(_step(start, five, sign * k) for k in range(1, count + 1)), -0.25
    if colour.name == "blues":
        yield (start, *[_step(start, scale, -k) for k in range(1, count)]), -2.7
        for sign in (1, -1):
            blue = tuple(sorted({*scale, *colour.passing} - {(scale[0] + 99) % 12}))
            yield tuple(_step(start, blue, sign * k) for k in range(1, count + 1)), 0.0


def _approaches(
    aim: int, count: int, scale: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Ways to lead into `aim` with `count` notes; `scale` is what sounds before it."""
    above = aim + 1 if (aim + 1 - _BASE) % 12 in scale else aim + 2
    below = aim - 1 if (aim - 1 - _BASE) % 12 in scale else aim - 2
    if count == 1:
        yield (aim - 1,), 0.0
        yield (above,), -0.05
        yield (below,), 0.0
        if above != aim + 1:
            yield (aim + 1,), 0.35
    elif count == 2:
        yield (above, aim - 1), -0.65
        yield (aim - 1, above), -0.3
        yield (aim + 2, aim + 1), -0.2
        yield (aim - 2, aim - 1), -0.1
        if below != aim - 1:
            yield (above, below), 0.1
    elif count == 3:
        yield (above, aim - 2, aim - 1), -0.6
        yield (aim + 2, aim + 1, aim - 1), -0.55
        yield (below, above, aim - 1), 0.0
        yield (aim - 1, aim, aim + 1), 0.9
        yield (aim + 3, aim + 2, aim + 1), 0.2


@cache
def _joint(before: int, after: int) -> tuple[int, float]:
    """Two intervals in a row: 1 if the line turns there, and what the pair costs."""
    if before * after < 0:
        turned, cost = 1, 0.0  # a leap is made good by going back
    else:
        turned, cost = 0, 0.9 if abs(before) >= 5 and abs(after) >= 3 else 0.0
    if abs(before) >= 6 and abs(after) >= 6:
        cost += 0.8
    return turned, cost


@dataclass(frozen=True)
class _Stretch:
    """Some notes in a row, costed: `first` and `last` are its outer intervals (0: it has none)."""

    pitches: tuple[int, ...]
    cost: float
    turns: int
    first: int
    last: int
    resolves: bool = False  # the last note wants to go on by semitone


def _stretch(pitches: tuple[int, ...], cost: float) -> _Stretch | None:
    """Cost the intervals inside `pitches`; None where nobody would sing them."""
    intervals = [b - a for a, b in itertools.pairwise(pitches)]
    turns = 0
    for interval in intervals:
        if abs(interval) > 12:
            return None
        cost += _INTERVAL[abs(interval)]
    for before, after in itertools.pairwise(intervals):
        turned, pair = _joint(before, after)
        turns += turned
        cost += pair
    if not intervals:
        return _Stretch(pitches, cost, 0, 0, 0)
    return _Stretch(pitches, cost, turns, intervals[0], intervals[-1])


def _body(
    start: int, body: tuple[int, ...], cost: float, on_beat: tuple[bool, ...], colour: Colour
) -> _Stretch | None:
    """A body with its start, costed against the chord: what falls on the beat, what is passing."""
    resolves = False
    for index, pitch in enumerate(body):
        tone = (pitch - _BASE) % 12
        beat = on_beat[index]
        if tone in colour.chord:
            cost -= 0.12 if beat else 0.03
        elif tone in colour.scale:
            cost += 0.12 if beat else 0.0
        else:
            resolves = index == len(body) - 1
            if not resolves and abs(body[index + 1] - pitch) != 1:
                return None
            passing = tone in colour.passing
            cost += (0.7 if passing else 1.3) if beat else (0.0 if passing else 0.6)
    made = _stretch((start, *body), cost)
    if made is None or made.cost > 9:
        return None
    return replace(made, resolves=resolves)


@cache
def _leads(aim: int, colour: Colour, on_beat: tuple[bool, ...]) -> list[_Stretch]:
    """The approaches to `aim` in as many notes as `on_beat` has entries, each with the aim, costed."""
    options = _approaches(aim, len(on_beat), colour.scale) if on_beat else [((), 0.25)]
    leads = []
    for notes, cost in options:
        for pitch, beat in zip(notes, on_beat, strict=True):
            tone = (pitch - _BASE) % 12
            if beat:
                cost += -0.12 if tone in colour.chord else 0.12 if tone in colour.scale else 0.3
        made = _stretch((*notes, aim), cost)
        if made is not None:
            leads.append(made)
    return leads


def _trills(path: tuple[int, ...]) -> bool:
    return any(
        a == c and b == d for a, b, c, d in zip(path, path[1:], path[2:], path[3:], strict=False)
    )


@cache
def moves(tone: int, colour: Colour, on_beat: tuple[bool, ...], triplet: bool) -> Moves:
    """Every move from `tone` (above the root of `colour`) to any aim in reach.

    `on_beat` has one entry for each note between: whether it falls on a beat; `triplet`: the start is
    the first of a triplet. What the aim is worth depends on its chord and is left to the caller.
    """
    start = _BASE + tone
    count = len(on_beat)
    turns_free = 1 + count // 4
    bodies: dict[int, list[tuple[float, int, int, int, bool, tuple[int, ...]]]] = {}
    for length in range(max(0, count - 3), count + 1):
        made = (
            _body(start, body, cost, on_beat[:length], colour)
            for body, cost in _bodies(start, length, colour, triplet)
        )
        usable = {body.pitches: body for body in made if body is not None}
        bodies[length] = sorted(
            (body.cost, body.pitches[-1], body.last, body.turns, body.resolves, body.pitches)
            for body in usable.values()
        )
    ordered: list[tuple[float, tuple[int, ...]]] = []
    for aim in range(start - _REACH, start + _REACH + 1):
        if aim == start and count < 2:
            continue
        best: dict[tuple[int, ...], float] = {}
        bound = _DEAREST
        for approach in range(min(3, count), -1, -1):
            for lead in _leads(aim, colour, on_beat[count - approach :]):
                lead_cost, entry, tail = lead.cost, lead.pitches[0], lead.pitches
                for body_cost, end, last, body_turns, resolves, body in bodies[count - approach]:
                    cost = body_cost + lead_cost
                    if cost > bound:
                        break  # the rest are dearer still
                    joint = entry - end
                    size = abs(joint)
                    if size == 0 or size > 9 or (resolves and size != 1):
                        continue
                    cost += _INTERVAL[size]
                    if cost > bound:
                        continue
                    turned, pair = _joint(last, joint)
                    turned_again, more = _joint(joint, lead.first)
                    turns = body_turns + turned + turned_again + lead.turns
                    cost += pair + more + 0.45 * max(0, turns - turns_free)
                    if cost > bound:
                        continue
                    path = body + tail
                    if turns >= 2 and _trills(path):
                        cost += 2.0
                    if cost < best.get(path, bound):
                        best[path] = cost
                        if cost + _SPREAD < bound:
                            bound = cost + _SPREAD
        ordered += sorted((cost, path) for path, cost in best.items())[:_KEEP]
    shapes = []
    for _, path in ordered:
        contour = tuple(b - a for a, b in itertools.pairwise(path))
        shapes.append(_SHAPES.setdefault(contour, len(_SHAPES)))
    return Moves(
        np.array([path[-1] - start for _, path in ordered], dtype=np.int64),
        np.array([cost for cost, _ in ordered], dtype=np.float64),
        tuple(tuple(pitch - start for pitch in path[1:-1]) for _, path in ordered),
        np.array(shapes, dtype=np.int64),
    )
