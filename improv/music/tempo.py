"""Ticks to nanoseconds and back, exactly, however long it plays and however often the tempo changes.

    tick   anchor_tick ......... tick            480 ticks are a quarter note
    time   anchor ..(60e9 / (480 * bpm) ns)..    bpm counts quarter notes, in 6/8 too

Integers and fractions only. Each tempo change sets an anchor; its time is kept to 1e-6 ns, so that even a
million changes move nothing by a nanosecond. To follow another clock, the map is locked to it (`lock`).
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from typing import NamedTuple

from improv.music.note import TICKS_PER_BEAT

SLOWEST_BPM = 20
FASTEST_BPM = 400

_FINE = 1_000_000  # anchors are kept in this many parts of a nanosecond
_NS_A_MINUTE = 60_000_000_000
_RAMP_TICK = TICKS_PER_BEAT // 8
"""The steps of a gradual change of tempo: an eighth of a beat, far too short to hear."""


class _Anchor(NamedTuple):
    tick: int
    fine: int  # time at the tick, in 1/_FINE ns
    bpm: Fraction

    def fine_at(self, tick: int) -> int:
        """Time of a tick at this anchor's tempo, rounded to 1/_FINE ns."""
        numerator = (tick - self.tick) * _NS_A_MINUTE * _FINE * self.bpm.denominator
        return self.fine + _divide_rounding(numerator, TICKS_PER_BEAT * self.bpm.numerator)


def _divide_rounding(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _checked(bpm: float | Fraction) -> Fraction:
    if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise ValueError(
            f"Tempo {bpm} is out of range: expected {SLOWEST_BPM} to {FASTEST_BPM} bpm."
        )
    # Through its decimal text, so that 132.1 means 132.1 and not its neighbour in binary.
    return bpm if isinstance(bpm, Fraction) else Fraction(str(bpm))


class TempoMap:
    """When each tick sounds, from a first tempo and any number of later changes.

    Times are integer nanoseconds of whatever clock `start_ns` was read from; `start_tick` is at `start_ns`.
    The first tempo also holds before the first anchor, and the last after the last.
    """

    def __init__(self, bpm: float | Fraction, start_ns: int = 0, start_tick: int = 0) -> None:
        self._anchors = [_Anchor(start_tick, start_ns * _FINE, _checked(bpm))]

    def _at(self, tick: int) -> _Anchor:
        return self._anchors[max(bisect_right(self._anchors, tick, key=lambda a: a.tick) - 1, 0)]

    def ns_at(self, tick: int) -> int:
        """The time of a tick, to the nearest nanosecond."""
        return _divide_rounding(self._at(tick).fine_at(tick), _FINE)

    def tick_at(self, ns: int) -> int:
        """The last tick whose time is not after `ns`; tick_at(ns_at(tick)) is tick."""
        fine = ns * _FINE + _FINE // 2  # ns_at rounds: a tick up to half a nanosecond later is `ns`
        anchor = self._anchors[max(bisect_right(self._anchors, fine, key=lambda a: a.fine) - 1, 0)]
        tick = anchor.tick + (fine - anchor.fine) * TICKS_PER_BEAT * anchor.bpm.numerator // (
            _NS_A_MINUTE * _FINE * anchor.bpm.denominator
        )
        while self.ns_at(tick) > ns:
            tick -= 1
        while self.ns_at(tick + 1) <= ns:
            tick += 1
        return tick

    def change(self, tick: int, bpm: float | Fraction) -> None:
        """Play at `bpm` from `tick` on; this replaces any changes planned after that tick.

        The time of every tick up to this one stays what it was.
        """
        if tick < 0:
            raise ValueError(f"Cannot change tempo at tick {tick}: expected 0 or later.")
        new = _Anchor(tick, self._at(tick).fine_at(tick), _checked(bpm))
        while self._anchors and self._anchors[-1].tick >= tick:
            self._anchors.pop()
        self._anchors.append(new)

    def ramp(self, tick: int, end_tick: int, bpm: float | Fraction) -> None:
        """Move evenly, beat by beat, from the tempo at `tick` to `bpm` at `end_tick`, and stay there."""
        first, last = self._at(tick).bpm, _checked(bpm)
        steps = max(0, end_tick - tick) // _RAMP_TICK
        for step in range(steps):
            share = Fraction(2 * step + 1, 2 * steps)  # the tempo in the middle of the step
            self.change(tick + step * _RAMP_TICK, first + (last - first) * share)
        self.change(max(tick, end_tick), last)

    def lock(self, tick: int, ns: int, beat_ns: int) -> None:
        """Follow another clock: `tick` is at `ns` and a beat lasts `beat_ns`, both before and after.

        This replaces the whole map. The tempo is the other clock's and has no limits here.
        """
        if beat_ns <= 0:
            raise ValueError(f"A beat cannot last {beat_ns} ns: expected more than 0.")
        self._anchors = [_Anchor(tick, ns * _FINE, Fraction(_NS_A_MINUTE, beat_ns))]

    def forget(self, tick: int) -> None:
        """Forget the changes before `tick` that no later time depends on."""
        at = max(bisect_right(self._anchors, tick, key=lambda a: a.tick) - 1, 0)
        del self._anchors[:at]

    def changes_after(self, tick: int) -> list[tuple[int, float]]:
        """(tick, bpm) of every change later than `tick`."""
        return [(a.tick, float(a.bpm)) for a in self._anchors if a.tick > tick]

    def bpm_at(self, tick: int) -> float:
        """The tempo at a tick, in quarter notes a minute."""
        return float(self._at(tick).bpm)
