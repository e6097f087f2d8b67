"""How a bar is counted: its beats, and the groups of beats that patterns are made for.

    4/4  4           3/4  3          2/4  2           2/2  4 quarters     3/2  2+2+2
    5/4  3+2         6/4  3+3        7/4  4+3         others in quarters: fours, then the rest
    6/8  2 dotted    9/8  2+1        12/8 2+2         3/8  1
    5/8  3+2 eighths 7/8  2+2+3      other odd eighths: quarters, then a dotted one

In 5/4, 7/4, 5/8 and 7/8 the groups change places if a chord change says so (a change on beat 3 of 5/4, and
none on beat 4, makes it 2+3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from improv.music.meter import Meter
from improv.music.note import TICKS_PER_BEAT

DOTTED = TICKS_PER_BEAT * 3 // 2
EIGHTH = TICKS_PER_BEAT // 2

_Size = tuple[int, int]  # (ticks of a beat, beats)

_QUARTERS = {1: (1,), 2: (2,), 3: (3,), 4: (4,), 5: (3, 2), 6: (3, 3), 7: (4, 3), 9: (3, 3, 3)}


@dataclass(frozen=True, slots=True)
class Group:
    """Beats that belong together: `beats` of `beat_tick` each from tick `start` of the bar."""

    start: int
    beat_tick: int
    beats: int

    @property
    def end(self) -> int:
        """The first tick after it."""
        return self.start + self.beat_tick * self.beats


@dataclass(frozen=True, slots=True)
class Pulse:
    """Beats and groups of one bar, in ticks of the bar."""

    length: int
    groups: tuple[Group, ...]
    beats: tuple[int, ...]
    """Where the beats begin."""
    strong: frozenset[int]
    """Beats that carry weight: the first of each group, the third of four."""
    compound: bool
    """Whether a beat is not a quarter; then its eighths are never swung."""

    def next_beat(self, tick: int) -> int:
        """The first beat after a tick, or the bar's end after the last beat."""
        for beat in self.beats:
            if beat > tick:
                return beat
        return self.length


def _quarters(count: int) -> list[_Size]:
    if count in _QUARTERS:
        return [(TICKS_PER_BEAT, n) for n in _QUARTERS[count]]
    fours, rest = divmod(count, 4)
    if rest == 1:  # 13 is 4+4+3+2: nobody wants a group of one
        return [(TICKS_PER_BEAT, n) for n in (4,) * (fours - 1) + (3, 2)]
    return [(TICKS_PER_BEAT, n) for n in (4,) * fours + (rest,) * bool(rest)]


def _pairs(beat_tick: int, beats: int) -> list[_Size]:
    return [(beat_tick, 2)] * (beats // 2) + [(beat_tick, 1)] * (beats % 2)


def _sizes(meter: Meter) -> list[_Size]:
    """The groups of a whole bar."""
    beats, tick = meter.beats_per_bar, meter.ticks_per_beat
    if meter.beat_unit == 2 and beats == 3:
        return [(TICKS_PER_BEAT, 2)] * 3
    if tick >= TICKS_PER_BEAT:
        return _quarters(beats * tick // TICKS_PER_BEAT)
    if beats % 3 == 0:
        return _pairs(3 * tick, beats // 3)
    if (beats * tick) % TICKS_PER_BEAT == 0:
        return _quarters(beats * tick // TICKS_PER_BEAT)
    if tick == EIGHTH:
        if beats == 5:
            return [(DOTTED, 1), (TICKS_PER_BEAT, 1)]
        quarters = (beats - 3) // 2
        return (_quarters(quarters) if quarters > 0 else []) + ([(DOTTED, 1)] * (beats > 1)) or [
            (tick, beats)
        ]
    whole, rest = divmod(beats * tick, TICKS_PER_BEAT)
    return (_quarters(whole) if whole else []) + [(rest, 1)]


@lru_cache(maxsize=1024)
def pulse_of(meter: Meter, length_tick: int, changes: tuple[int, ...] = ()) -> Pulse:
    """Count a bar of this meter and length, with chord changes at these ticks of it (without 0)."""
    sizes = _sizes(meter)
    if len(sizes) == 2 and sizes[0] != sizes[1]:
        middle = sizes[0][0] * sizes[0][1]
        if middle not in changes and length_tick - middle in changes:
            sizes.reverse()
    groups: list[Group] = []
    at = 0
    for beat_tick, beats in sizes:
        room = length_tick - at
        whole = min(beats, room // beat_tick)
        if whole:
            groups.append(Group(at, beat_tick, whole))
            at += whole * beat_tick
        if whole < beats:  # the bar is cut short here
            if length_tick > at:
                groups.append(Group(at, length_tick - at, 1))
                at = length_tick
            break
    if at < length_tick:  # longer than its meter says
        groups.append(Group(at, length_tick - at, 1))
    beats_at = tuple([g.start + i * g.beat_tick for g in groups for i in range(g.beats)])
    strong = {g.start for g in groups} | {g.start + 2 * g.beat_tick for g in groups if g.beats == 4}
    return Pulse(
        length=length_tick,
        groups=tuple(groups),
        beats=beats_at,
        strong=frozenset(strong),
        compound=any(g.beat_tick != TICKS_PER_BEAT for g in groups),
    )
