"""The notes of a bass line: tables of what may come next, each choice with its weight.

A walking line is built from its pillars, as it is commonly taught: the first note of a chord is its
bass note, the first note of the next chord is known, then the third beat gets a chord tone on the way, the
last beat an approach (a semitone from either side, a step of the scale, the dominant), and the second beat
what connects the first to the third.

    beat     1        2                  3            4           | 1
             root     scale, chord or    chord tone   approach    | root of the next chord
                      chromatic passing
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate

from improv.band.instruments import INSTRUMENTS
from improv.music.chord import Chord

LOWEST, HIGHEST = INSTRUMENTS["bass"].low_pitch, INSTRUMENTS["bass"].high_pitch
"""E1, the lowest string, to G3."""
_LOW_TARGET, _HIGH_TARGET = 29, 48
_MIDDLE = 39.5
_WIDEST = 12

_OTHER = (0.0, 0.2, 0.3, 0.7, 0.7, 0.3, 1.0, 1.0, 1.0, 0.4, 0.4, 0.4)
"""How likely a new chord begins on a tone so many semitones above its root, if not on that."""

_AGAIN, _AHEAD = 2.9, 1.2
"""How likely the second beat is the first once more, or the third ahead of time, against a chord tone."""
PAIRS, NEW_PAIR, NO_PAIR = 3.2, 0.8, 0.0
"""The same for the last beat, against a semitone into the next bar: after a pair, after none, and where it
would be a third note of one pitch. People repeat one note in six, most of them on a weak beat, and half as
many bars as that are two pairs (docs/band.md)."""
_ANTICIPATED = 0.5
"""How likely the last beat has the next bar's first note already, where it may be a repeated one."""

Choices = tuple[tuple[int, ...], tuple[float, ...]]
"""Pitches and their cumulative weights."""


def _choices(weighted: Iterable[tuple[int, float]]) -> Choices:
    rows = [(pitch, weight) for pitch, weight in weighted if weight > 0]
    return tuple(p for p, _ in rows), tuple(accumulate(w for _, w in rows))


@lru_cache(maxsize=2048)
def chord_tone_pcs(chord: Chord) -> frozenset[int]:
    """Root, third, fifth, seventh and bass as pitch classes: the notes that a line may rest on.

    The natural fifth is not among them if the symbol alters it; nor are tensions.
    """
    tones = set(chord.tones)
    kept = {0} | (tones & {10, 11})
    third = 4 if 4 in tones else 3 if 3 in tones else 5 if 5 in tones else 2
    kept |= {third} & tones
    fifths = [fifth for fifth in (7, 6, 8) if fifth in tones]
    kept |= set(fifths[:1])
    if not tones & {10, 11}:
        kept |= tones & {9}
    if 7 in kept and len(kept) < 3 and 2 in tones:
        kept.add(2)
    return frozenset((chord.root_pc + tone) % 12 for tone in kept) | {chord.bass_pc}


def fifth_of(chord: Chord) -> int:
    """Semitones from the bass note up to the tone that answers it: the fifth if the root is in the bass."""
    if chord.bass_pc == chord.root_pc:
        return next((fifth for fifth in (7, 6, 8) if fifth in chord.tones), 7)
    above = [(pc - chord.bass_pc) % 12 for pc in chord_tone_pcs(chord)]
    return min((step for step in above if step), key=lambda step: (abs(step - 7), step), default=7)


@lru_cache(maxsize=4096)
def nearest(pc: int, pitch: int, lowest: int = _LOW_TARGET, highest: int = _HIGH_TARGET) -> int:
    """The nearest pitch of this class in the range; of two, the lower."""
    options = [p for p in range(lowest, highest + 1) if p % 12 == pc]
    return min(options, key=lambda p: (abs(p - pitch), p))


@lru_cache(maxsize=8192)
def targets(
    chord: Chord,
    start: int,
    direction: int,
    beats: int,
    *,
    stays: bool,
    home: float,
    other: bool = False,
) -> Choices:
    """Where the line may be heading: first notes of the next chord, `beats` after `start`.

    `stays`: the chord does not change, so any chord tone will do, though seldom this very note; `home`: how
    likely it is the root then, against another tone; `other`: a new chord begins on its fifth, or less often
    its third or seventh.
    """
    rows = []
    pcs = chord_tone_pcs(chord) if stays or other else frozenset((chord.bass_pc,))
    reach = 5 + 2 * beats
    for pitch in range(_LOW_TARGET, _HIGH_TARGET + 1):
        if pitch % 12 not in pcs:
            continue
        way = pitch - start
        weight = math.exp(-(((pitch - _MIDDLE) / 6.5) ** 2) / 2)
        if abs(way) > reach:
            weight *= 0.1 if abs(way) <= _WIDEST else 0.002
        if way * direction > 0:
            weight *= 1.6
        if way == 0:
            weight *= min(0.5, 0.05 * home) if stays else 0.5
        if other:
            weight *= _OTHER[(pitch - chord.root_pc) % 12]
        elif stays and pitch % 12 == chord.bass_pc:
            weight *= home
        elif stays and (pitch - chord.root_pc) % 12 in (9, 10, 11):
            weight *= 0.4
        rows.append((pitch, weight))
    return _choices(rows) if any(weight for _, weight in rows) else _choices([(start, 1.0)])


@lru_cache(maxsize=16384)
def pillars(chord: Chord, start: int, target: int, direction: int, steps: int = 2) -> Choices:
    """The chord tone, `steps` notes after `start`, through which the line reaches `target`."""
    pcs = chord_tone_pcs(chord)
    # If start and target are close, the line makes an arch in its direction.
    middle = (start + target) / 2 + direction * max(0.0, 5.0 - abs(target - start))
    rows = []
    for pitch in range(LOWEST, HIGHEST - 2):
        if pitch % 12 not in pcs or abs(pitch - start) > _WIDEST or abs(pitch - target) > 11:
            continue
        weight = math.exp(-(((pitch - middle) / 3.2) ** 2) / 2) + 0.004
        if pitch == start:
            weight *= 0.04
        elif pitch == target:
            weight *= 0.25
        elif pitch % 12 == start % 12:
            weight *= 0.5
        weight *= math.exp(-max(0.0, abs(pitch - 41) - 8) / 3)
        if abs(pitch - start) > 5 + 2 * steps:
            weight *= 0.2
        rows.append((pitch, weight))
    return _choices(rows)


@lru_cache(maxsize=16384)
def passing(chord: Chord, start: int, end: int, again: bool = True) -> Choices:
    """The note between two notes that are two beats apart; with `again` it may be one of them."""
    pcs, scale = chord_tone_pcs(chord), chord.scale_pcs
    low, high = min(start, end), max(start, end)
    rows = []
    for pitch in range(max(LOWEST, low - 4), min(HIGHEST, high + 4) + 1):
        if pitch in (start, end) and (start == end or not again):
            continue
        first, second = abs(pitch - start), abs(end - pitch)
        if pitch == start:
            weight = _AGAIN
        elif pitch == end:
            weight = _AHEAD
        elif pitch % 12 in pcs:
            weight = 1.0
        elif pitch % 12 in scale:
            weight = 0.9 if min(first, second) <= 2 else 0.25
        elif first == second == 1 or (low < pitch < high and high - low <= 3):
            weight = 0.7  # chromatic, on its way
        else:
            continue
        if not low < pitch < high:
            weight *= 0.35
        weight *= math.exp(-abs(first - second) / 7)
        if max(first, second) > 7:
            weight *= 0.2
        rows.append((pitch, weight))
    return _choices(rows or [(nearest(chord.bass_pc, start), 1.0)])


@lru_cache(maxsize=16384)
def approaches(chord: Chord, last: int, target: int, again: float = NO_PAIR) -> Choices:
    """The note before `target`, after `last`; `again` is how likely it is the latter once more."""
    pcs, scale = chord_tone_pcs(chord), chord.scale_pcs
    rows = []
    for pitch in range(max(LOWEST, target - 7), min(HIGHEST, target + 7) + 1):
        step, leap = pitch - target, abs(pitch - last)
        if leap > _WIDEST or (step == 0 and (not again or leap == 0)):
            continue
        if step == 0:
            weight = _ANTICIPATED
        elif again and leap == 0:
            weight = again
        elif abs(step) == 1:
            weight = 1.0
        elif abs(step) == 2:
            weight = 0.75 if pitch % 12 in scale else 0.1
        elif step in (7, -5):
            weight = 0.7
        elif pitch % 12 in pcs:
            weight = 0.4
        else:
            continue
        if leap == 0 and not again:
            weight *= 0.03
        weight *= math.exp(-max(0, leap - 2) / 4)
        if leap <= 2 and (last - pitch) * step > 0:
            weight *= 2.0  # the line goes on in steps
        rows.append((pitch, weight))
    return _choices(rows or [(last, 1.0)])


@lru_cache(maxsize=8192)
def seconds(chord: Chord, start: int, target: int, again: float = NO_PAIR) -> Choices:
    """The second of two beats: a chord tone or an approach, or the first once more (`again`)."""
    pitches, weights = approaches(chord, start, target, again)
    plain = [b - a for a, b in zip((0.0, *weights), weights, strict=False)]
    fifth = fifth_of(chord)
    rows = dict(zip(pitches, plain, strict=True))
    for pitch in (start + fifth, start + fifth - 12):
        if LOWEST <= pitch <= HIGHEST and pitch != target and abs(pitch - target) <= _WIDEST:
            rows[pitch] = rows.get(pitch, 0.0) + 0.5
    return _choices(rows.items())
