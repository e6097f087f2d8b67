"""From what comes in to a line on the grid: the partner's keys, heard as notes that could be written.

    0.000 s  on  G4 ┐ at once (30 ms)       ┐
    0.012 s  on  E4 ┘                       │ HeardNote(onset_tick=480, end_tick=None, pitch=G4, under=(E4,))
    0.018 s  on  F4, off 0.035 s   a slip   ┘
    0.190 s  off E4, G4                       HeardNote(..., end_tick=640, replaces=True)

Input -> output:  channel messages with their times, a tempo map  ->  HeardNotes, in order
Pure: it asks nobody for the time, and says when it is to be looked at again.

Of the grid, the step is chosen that explains the onset best: how far off it is, and how usual it is to play
there. The partner's own swing and steady lateness are followed on the way, and are taken off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from improv.midi.messages import (
    CONTROL,
    NOTES_OFF,
    SOUND_OFF,
    SUSTAIN,
    is_off,
    is_on,
    key_of,
    kind_of,
    normal,
)
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_BEAT, TICKS_PER_STEP
from improv.partner.heard import HeardNote

AT_ONCE_NS = 30_000_000
"""What begins within so long of a first note is struck with it."""
MEANT_NS = 30_000_000
"""A pitch that was held for less was not meant."""
DOUBLED_NS = 50_000_000
"""The same pitch again within so long is a key that bounced, or the same note on another channel."""
_GRACE_NS, _GRACE_STEPS = 60_000_000, 1.5
"""A note that another follows within both of these is its grace note."""
_LONGEST_TICK = 16 * TICKS_PER_BEAT
"""A key or a pedal that is still down after so long is stuck, or forgotten: the note is over."""
_EARLIER_NS = 50_000_000
"""What was played so soon before a stretch begins is its first note."""

_OFF_BEAT = STEPS_PER_BEAT // 2
_COSTS = (0.0, 5.1, 2.5, 1.4, 1.7, 3.5, 0.2, 3.4, 1.4, 1.0, 2.0, 4.2)
"""How unusual each step of the beat is, in nats."""
_TRIPLET, _OF_TRIPLET, _OF_SIXTEENTHS = 1.5, (4, 8), (3, 9)
"""In a beat that has begun as a triplet or in sixteenths the rest of it is cheaper by so much."""
_UNSURE_NS, _LEAST_TICK, _MOST_TICK = 30_000_000, 14, 24
"""How far off a note is usually played: so long, and that within these parts of a beat."""
_OTHER_SWINGS, _OTHER_SWING = (0.5, 0.58, 0.66), 1.2
"""Where an off-beat may be that is not where the partner's was so far, and how unusual that is, in nats."""
_LEARNS, _FIRST = 0.02, 10
"""How much one note counts in what is known of swing and lateness; at first more, as one of so many."""
_MOST_LATE_NS, _MOST_LATE_BEATS = 80_000_000, 0.08
_SWINGS = (0.48, 0.76)
"""Between which shares of the beat an off-beat is looked for."""


class Times(Protocol):
    """What `improv.music.tempo.TempoMap` has."""

    def tick_at(self, ns: int) -> int:
        """The tick at a time."""

    def ns_at(self, tick: int) -> int:
        """The time of a tick."""


@dataclass(slots=True)
class _Strike:
    """A key that went down."""

    key: tuple[int, int]
    ns: int
    velocity: int
    up_ns: int | None = None
    """When the key came up; a pedal may hold the note for longer."""
    end_ns: int | None = None


@dataclass(slots=True)
class _Struck:
    """What was struck at once and has been given."""

    strikes: list[_Strike]
    note: HeardNote
    ns: int
    before_tick: int | None
    """The onset of the one before of its kind."""


@dataclass
class Ears:
    """Hears one partner through one stretch of music after another."""

    latency_ns: int = 0
    """What passes between a key and its message."""
    late_ns: float = 0.0
    """How late the partner plays, steadily."""
    _swing: float = 0.5
    """Where in the beat the partner's off-beat is."""
    _band_swing: float = 0.0
    _learned_from: int = 0
    _times: Times | None = None
    _start_tick: int = 0
    _down: dict[tuple[int, int], _Strike] = field(default_factory=dict)
    _pedals: set[int] = field(default_factory=set)
    """Channels whose pedal is down."""
    _held: dict[tuple[int, int], _Strike] = field(default_factory=dict)
    """What only a pedal holds."""
    _open: list[_Strike] = field(default_factory=list)
    """What was struck at once and is not given yet."""
    _last: dict[bool, _Struck] = field(default_factory=dict)
    """Given last, by kind: True is comping."""
    _beat: int = -1
    _steps: list[int] = field(default_factory=list)
    """Where in the beat `_beat` notes were heard."""
    _out: list[HeardNote] = field(default_factory=list)

    @property
    def swing_ratio(self) -> float:
        """The partner's long eighth against the short one."""
        return self._swing / (1.0 - self._swing)

    def begin(self, times: Times, start_tick: int = 0, swing_ratio: float = 1.0) -> None:
        """Another stretch of music, in its own ticks; the band swings there at this ratio."""
        self._times, self._start_tick = times, start_tick
        self._open.clear()
        self._last.clear()
        self._out.clear()
        self._beat = -1
        if swing_ratio != self._band_swing:
            self._band_swing, self._swing = swing_ratio, swing_ratio / (1.0 + swing_ratio)

    def hear(self, ns: int, data: bytes) -> None:
        """A channel message that came in at `ns`, no earlier than the one before."""
        ns -= self.latency_ns
        self._settle(ns)
        data = normal(data)
        if is_on(data):
            self._strike(ns, key_of(data), data[2])
        elif is_off(data):
            self._release(ns, key_of(data))
        elif kind_of(data) == CONTROL:
            self._control(ns, data[0] & 0x0F, data[1], data[2])

    def let_go(self, ns: int) -> None:
        """All that sounds ends: the port has gone, or the music stands still."""
        ns -= self.latency_ns
        for key in [*self._down]:
            self._release(ns, key)
        for channel in [*self._pedals]:
            self._control(ns, channel, SUSTAIN, 0)
        self._settle(ns)

    def heard(self, now_ns: int) -> list[HeardNote]:
        """What has become known by now, and was not given before."""
        self._settle(now_ns - self.latency_ns)
        out, self._out = self._out, []
        return out

    def wake_ns(self) -> int | None:
        """When there is something to be told without another message."""
        wakes = []
        if self._open:
            wakes.append(self._due_ns())
        if self._times is not None:
            wakes += [
                self._times.ns_at(last.note.played_tick + _LONGEST_TICK)
                for last in self._last.values()
                if last.note.end_tick is None
            ]
        return min(wakes) + self.latency_ns if wakes else None

    # -- keys and pedals

    def _strike(self, ns: int, key: tuple[int, int], velocity: int) -> None:
        self._release(ns, key)
        if key in self._held:
            self._held.pop(key).end_ns = ns
        strike = self._down[key] = _Strike(key, ns, velocity)
        if self._times is not None:
            self._open.append(strike)

    def _release(self, ns: int, key: tuple[int, int]) -> None:
        strike = self._down.pop(key, None)
        if strike is None:
            return
        strike.up_ns = ns
        if key[0] in self._pedals:
            self._held[key] = strike
        else:
            strike.end_ns = ns

    def _control(self, ns: int, channel: int, controller: int, value: int) -> None:
        if controller in (SOUND_OFF, NOTES_OFF):
            for key in [key for key in self._down if key[0] == channel]:
                self._release(ns, key)
        if controller == SUSTAIN and value >= 64:
            self._pedals.add(channel)
        elif controller in (SUSTAIN, SOUND_OFF):
            self._pedals.discard(channel)
            for key in [key for key in self._held if key[0] == channel]:
                self._held.pop(key).end_ns = ns

    # -- what was struck at once

    def _due_ns(self) -> int:
        """When it is known what of that was meant, and that no more belongs to it."""
        group = self._group()
        waits = [s.ns + MEANT_NS for s in group if s.up_ns is None]
        return max(group[0].ns + AT_ONCE_NS, *waits, 0)

    def _group(self) -> list[_Strike]:
        first_ns = self._open[0].ns
        return [strike for strike in self._open if strike.ns - first_ns < AT_ONCE_NS]

    def _settle(self, ns: int) -> None:
        """Give what is known at `ns`."""
        while self._open and self._due_ns() <= ns:
            group = self._group()
            del self._open[: len(group)]
            meant = [s for s in group if s.up_ns is None or s.up_ns - s.ns >= MEANT_NS]
            if meant:
                self._give(meant)
        for last in self._last.values():
            self._end(last, ns)

    def _give(self, strikes: list[_Strike]) -> None:
        times = self._times
        if times is None:
            return
        ns = min(strike.ns for strike in strikes)
        by_pitch = {s.key[1]: s for s in sorted(strikes, key=lambda s: s.velocity)}
        *under, pitch = sorted(by_pitch)
        is_comping = len(under) >= 2
        last = self._last.get(is_comping)
        if last is not None and pitch == last.note.pitch and ns - last.ns < DOUBLED_NS:
            last.strikes += strikes
            return
        played_tick = times.tick_at(ns)
        if played_tick < self._start_tick:
            if times.ns_at(self._start_tick) - ns > _EARLIER_NS:
                return
            played_tick = self._start_tick
        onset_tick = max(self._start_tick, self._placed(ns, times))
        replaces, before_tick = False, None
        if last is not None:
            before_tick = last.note.onset_tick
            grace_ns = min(_GRACE_NS, _GRACE_STEPS * _step_ns(times, played_tick))
            if onset_tick <= before_tick or (not is_comping and ns - last.ns < grace_ns):
                replaces, before_tick = True, last.before_tick
            elif last.note.end_tick is None:
                self._finish(last, onset_tick)
            if before_tick is not None:
                onset_tick = max(onset_tick, before_tick + TICKS_PER_STEP)
        note = HeardNote(
            onset_tick,
            None,
            pitch,
            by_pitch[pitch].velocity,
            played_tick,
            tuple(under),
            replaces,
        )
        self._out.append(note)
        self._last[is_comping] = _Struck(strikes, note, ns, before_tick)

    def _end(self, last: _Struck, ns: int) -> None:
        """Give the end of what was given, if it has ended by now."""
        times = self._times
        if last.note.end_tick is not None or times is None:
            return
        longest_ns = times.ns_at(last.note.played_tick + _LONGEST_TICK)
        ends = [min(longest_ns, longest_ns if s.end_ns is None else s.end_ns) for s in last.strikes]
        if (end_ns := max(ends)) <= ns:
            at_tick = times.tick_at(end_ns - round(self.late_ns))
            self._finish(last, _nearest(self._straight(at_tick)))

    def _finish(self, last: _Struck, end_tick: int) -> None:
        end_tick = max(end_tick, last.note.onset_tick + TICKS_PER_STEP)
        last.note = replace(last.note, end_tick=end_tick, replaces=True)
        self._out.append(last.note)

    # -- the grid

    def _straight(self, tick: int) -> int:
        """Where it would be if eighths were even."""
        beat, within = divmod(tick, TICKS_PER_BEAT)
        off_beat = self._swing * TICKS_PER_BEAT
        half = TICKS_PER_BEAT / 2
        if within <= off_beat:
            return beat * TICKS_PER_BEAT + round(within * half / off_beat)
        rest = (within - off_beat) / (TICKS_PER_BEAT - off_beat)
        return beat * TICKS_PER_BEAT + round(half + rest * half)

    def _placed(self, ns: int, times: Times) -> int:
        """The tick on the grid at which an onset is written."""
        tick = times.tick_at(ns - round(self.late_ns))
        beat, within = divmod(tick, TICKS_PER_BEAT)
        step_ns = _step_ns(times, tick)
        unsure_tick = min(max(_UNSURE_NS / step_ns * TICKS_PER_STEP, _LEAST_TICK), _MOST_TICK)
        steps = self._steps if beat == self._beat else []
        places = [(step, step * TICKS_PER_STEP, 0.0) for step in range(STEPS_PER_BEAT + 1)]
        places.append((_OFF_BEAT, round(self._swing * TICKS_PER_BEAT), 0.0))
        places += [(_OFF_BEAT, round(at * TICKS_PER_BEAT), _OTHER_SWING) for at in _OTHER_SWINGS]
        costs = [
            _cost(step % STEPS_PER_BEAT, steps if step < STEPS_PER_BEAT else [])
            + more
            + ((place - within) / unsure_tick) ** 2 / 2
            for step, place, more in places
        ]
        step = places[costs.index(min(costs))][0]
        self._learn(step, within, steps, step_ns / TICKS_PER_STEP)
        at = beat * STEPS_PER_BEAT + step
        if at // STEPS_PER_BEAT != self._beat:
            self._beat, self._steps = at // STEPS_PER_BEAT, []
        self._steps.append(at % STEPS_PER_BEAT)
        return at * TICKS_PER_STEP

    def _learn(self, step: int, within: int, steps: Sequence[int], tick_ns: float) -> None:
        """What this note says of the partner's lateness, on the beat, and swing, off it."""
        if step == _OFF_BEAT and not set(steps) & {*_OF_TRIPLET, *_OF_SIXTEENTHS}:
            swing = self._swing + self._rate() * (within / TICKS_PER_BEAT - self._swing)
            self._swing = min(max(swing, _SWINGS[0]), _SWINGS[1])
        elif step % STEPS_PER_BEAT == 0:
            late_ns = self.late_ns + self._rate() * (within - step * TICKS_PER_STEP) * tick_ns
            most_ns = min(_MOST_LATE_NS, _MOST_LATE_BEATS * TICKS_PER_BEAT * tick_ns)
            self.late_ns = min(max(late_ns, -most_ns), most_ns)

    def _rate(self) -> float:
        """How much one more note counts."""
        self._learned_from += 1
        return max(_LEARNS, 1.0 / (_FIRST + self._learned_from))


def _cost(step: int, before: Sequence[int]) -> float:
    cost = _COSTS[step]
    for kind in (_OF_TRIPLET, _OF_SIXTEENTHS):
        if step in kind and kind[0] in before:
            cost -= _TRIPLET
        elif step == _OFF_BEAT and kind is _OF_TRIPLET and kind[0] in before:
            cost += _TRIPLET
    return cost


def _step_ns(times: Times, tick: int) -> float:
    return (times.ns_at(tick + TICKS_PER_BEAT) - times.ns_at(tick)) / STEPS_PER_BEAT


def _nearest(tick: int) -> int:
    return math.floor(tick / TICKS_PER_STEP + 0.5) * TICKS_PER_STEP
