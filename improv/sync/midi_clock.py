"""Following a MIDI clock: what its messages mean for what is played.

    MIDI clock: pulse, start, stop, song position ──> ClockFollower ──> Rolls, Halts, Seeks, Follows, Says

Pure: told times, it never asks for one.

MIDI clock has 24 pulses a quarter note; the first pulse after Start is the first beat of the form, that after
Continue the place it stopped at or the song position it was given (in sixteenths). (MIDI 1.0 Detailed
Specification 4.2, "System Real Time Messages".) The pulses are listened to all the time, so that the tempo is
known when Start comes.
"""

from __future__ import annotations

import itertools
from collections import deque

from improv.midi.events import ClockMessage
from improv.midi.messages import (
    CONTINUE,
    PULSE,
    SONG_POSITION,
    START,
    STOP,
    TIME_CODE,
    sixteenths_of,
)
from improv.sync.catch_up import CatchUp, Outcome
from improv.sync.moves import (
    PULSE_TICK,
    PULSES_PER_BEAT,
    SIXTEENTH_TICK,
    Follows,
    Halts,
    Move,
    Rolls,
    Says,
    Seeks,
)
from improv.sync.phase_lock import PhaseLock

_LOST_PULSES = 12
"""A clock that is silent for half a beat is lost; so that is known within a beat, whatever the tempo."""
_LOST_AT_LEAST_NS = 60_000_000
_UNKNOWN_LOST_NS = 1_000_000_000
_GAP_PERIODS, _LATE_PERIODS = 1.5, 1.6
_SLOWER_GAPS = 3
"""So many long steps in a row are a slower clock: hardly anything loses every second pulse."""
_QUICK_SHARE = 0.4
"""Pulses nearer to each other than this share of their distance come late in a row, or nobody meant them."""
_QUICK_PULSES = 16
"""No way hands more over together that holds nothing up: JACK a period's, Bluetooth an interval's."""
_DOUBLE_SHARE = 0.015
"""A tempo so near to twice the tune's is no chance."""
_BAR_PULSES = 4 * PULSES_PER_BEAT
_RECENT, _MOST_MISSING, _MOST_GAPS = 24, 12, 5
"""Between so many pulses no more can be missing, in no more places: else the tempo was taken wrong."""
_ALIKE_SHARE = 0.02
"""Pulses that are missing at distances that differ by no more than this, or by one, are not lost."""
_ALIKE_TIMES = 4
"""That has to be seen so often: one pulse in a hundred, lost by chance, does so once in 5,000 losses."""
_SETTLED_PULSES = 24
"""From so many pulses on the tempo is known well enough to see that one is missing."""


class ClockFollower:
    """Follows MIDI clock.

    `stops_when_lost`: a clock that vanishes stops the music; else it goes on at the last tempo, and when the
    clock is back it is taken to be in step with what was played meanwhile.
    """

    kind = "midi"

    def __init__(self, name: str, beat_ns: int, *, stops_when_lost: bool = False) -> None:
        """`name` of the port, for the user; `beat_ns`: the tempo to expect before any is known."""
        self._name, self._stops_when_lost = name, stops_when_lost
        self._lock = PhaseLock()
        self._expected_ns = beat_ns / PULSES_PER_BEAT
        self._tick = 0
        """Of the last pulse while it rolls, else where it will go on."""
        self._rolling = self._armed = self._lost = self._said_waiting = False
        self._last_ns: int | None = None
        self._doubted_ns: list[int] = []
        """Pulses that came after a gap, while it is not known what the gap was."""
        self._recent: deque[tuple[int, int]] = deque(maxlen=_RECENT)
        """(when a pulse came, how many were missing before it)."""
        self._heard = 0
        self._single: deque[tuple[int, int]] = deque(maxlen=2 * _ALIKE_TIMES)
        """(how many pulses had been heard, when) one was missing, the last times."""
        self._run = 0
        """Pulses in a row that came too close to the one before."""
        self._before: tuple[PhaseLock, int, list[int]] | None = None
        """(the loop, the place, when they came) of before these."""
        self._catch_up: CatchUp | None = None
        self._placed = 0
        """Pulses since the place was said: by a Start, a Continue or a song position."""
        self._said_ns: int | None = None
        """When the user was told last that pulses do not come, or come again, or are too many."""
        self._says_back = self._said_storm = self._said_time_code = self._said_double = False

    @property
    def locked(self) -> bool:
        """Whether pulses come in."""
        return self._last_ns is not None and not self._lost

    def hear(self, message: ClockMessage) -> list[Move]:
        """What a message means."""
        kind = message.data[0]
        if kind == PULSE:
            return self._pulse(message.ns)
        if kind == START:
            return [*self._halt(), *self._place(0), *self._arm()]
        if kind == CONTINUE:
            return self._arm()
        if kind == STOP:
            self._armed = False
            return self._halt()
        if kind == SONG_POSITION and len(message.data) == 3:
            tick = sixteenths_of(message.data) * SIXTEENTH_TICK
            rolled = self._rolling
            moves = [*self._halt(), *self._place(tick)]
            if rolled:  # some send it on the way round a loop
                moves += self._arm()
            return moves
        if kind == TIME_CODE and not self._said_time_code:
            self._said_time_code = True
            text = (
                f"{self._name} sends MIDI time code, which has no beats: MIDI clock was expected."
            )
            return [Says(text, problem=True)]
        return []

    def _arm(self) -> list[Move]:
        self._armed = not self._rolling
        self._placed = 0  # by a Continue the place is that where it stopped
        return []

    def _halt(self) -> list[Move]:
        self._settle()
        if not self._rolling:
            return []
        self._rolling = False
        self._tick += PULSE_TICK  # the last pulse has been played; it goes on with the next
        return [Halts()]

    def _place(self, tick: int) -> list[Move]:
        moves: list[Move] = [Seeks(tick)] if tick != self._tick else []
        self._tick = tick
        self._placed = 0
        self._recent.clear()  # what was counted before means nothing here
        self._single.clear()
        return moves

    def _pulse(self, ns: int) -> list[Move]:
        self._heard += 1
        self._placed += 1
        self._recent.append((ns, 0))
        if self._armed and self._last_ns is not None and self._is_doubtful(ns):
            self._begin_anew(ns)
        moves = self._back(ns) if self._lost else self._take(ns)
        self._last_ns = ns
        if self._armed:
            self._armed, self._rolling = False, True
            return [self._follows(), Rolls(self._tick), *moves]
        if self._rolling:
            return [self._follows(), *moves, *self._wonder()]
        if not self._said_waiting and self._lock.pulses > _SETTLED_PULSES:
            self._said_waiting = True
            return [Says(f"{self._name} beats at {self._bpm:.1f} bpm; waiting for its Start.")]
        return moves

    def _is_doubtful(self, ns: int) -> bool:
        """Whether it is open what the pulses up to this one mean."""
        if self._catch_up is not None or self._doubted_ns or self._run:
            return True
        return self._last_ns is not None and self._is_gap(ns - self._last_ns, ns)

    def _begin_anew(self, ns: int) -> None:
        """The place is that of this pulse, whatever became of those before it."""
        self._lock.begin(ns, self._lock.period_ns or self._expected_ns)
        self._catch_up, self._doubted_ns = None, []
        self._run, self._before, self._last_ns = 0, None, None
        self._recent.clear()
        self._single.clear()

    def _wonder(self) -> list[Move]:
        """Say once that the clock beats twice or four times the tune's tempo: some send 48 or 96 pulses."""
        if self._said_double or self._lock.pulses != _SETTLED_PULSES:
            return []
        self._said_double = True
        times = self._expected_ns / self._lock.period_ns
        if not any(abs(times / each - 1) < _DOUBLE_SHARE for each in (2, 4)):
            return []
        tune_bpm = 60e9 / (self._expected_ns * PULSES_PER_BEAT)
        pulses = PULSES_PER_BEAT * round(times)
        text = (
            f"{self._name} beats at {self._bpm:.1f} bpm, {round(times)} times the tune's {tune_bpm:.0f}."
            f" If that is not meant, it sends {pulses} pulses a quarter note where {PULSES_PER_BEAT} are "
            "expected."
        )
        return [Says(text, problem=True)]

    def _take(self, ns: int) -> list[Move]:
        if self._last_ns is None:
            self._lock.begin(ns, self._expected_ns)
            return []
        if self._catch_up is not None:
            return self._go_on_catching_up(ns)
        if self._runs_ahead(ns):
            return self._begin_catching_up()
        if self._doubted_ns or self._is_gap(ns - self._last_ns, ns):
            self._count(1)
            return self._doubt(ns)
        self._lock.take(ns)
        self._count(1)
        return []

    def _is_gap(self, step_ns: int, ns: int) -> bool:
        """Whether a pulse is missing before this one, by its place and by its distance.

        By its place alone a clock that slows down would miss one while the loop still runs ahead of it.
        """
        if self._lock.pulses < _SETTLED_PULSES:
            return False
        most_ns = _GAP_PERIODS * self._lock.period_ns + self._lock.held_ns
        return step_ns > most_ns and ns - self._lock.time_ns > _LATE_PERIODS * self._lock.period_ns

    def _missing(self, ns: int) -> int:
        """How many pulses more there should have been by now than came."""
        passed = round((ns - self._lock.time_ns) / self._lock.period_ns)
        return max(0, passed - len(self._doubted_ns) - 1)

    def _doubt(self, ns: int) -> list[Move]:
        """A pulse after a gap: were some lost, do they come late in a row, or is the clock slower now?

        Pulses that follow one another too fast were held up on the way and are all there in the end. The
        first at its distance again tells how many are missing. Gaps that are all alike are a slower clock.
        """
        doubted = self._doubted_ns
        if not doubted:
            doubted.append(ns)
            return []
        gap_ns, step_ns = doubted[0] - self._lock.time_ns, ns - doubted[-1]
        held_up = step_ns < self._lock.period_ns / 2
        as_far = abs(step_ns - gap_ns) < gap_ns / 5
        if held_up or (as_far and len(doubted) < _SLOWER_GAPS - 1):
            doubted.append(ns)
            return []
        if as_far and len(doubted) == _SLOWER_GAPS - 1:
            for each_ns in (*doubted, ns):
                self._lock.take(each_ns)
            self._doubted_ns = []
            return []
        missing = self._missing(ns)
        self._lock.take(ns, len(doubted) + 1 + missing)
        self._doubted_ns = []
        if not missing:
            return []
        self._count(missing)
        self._recent[-1] = ns, missing
        gaps = [each for _, each in self._recent if each]
        if sum(gaps) > _MOST_MISSING or len(gaps) > _MOST_GAPS:
            return self._start_over()
        if self._is_regular(ns, missing):
            return self._know_held()
        what = "1 pulse" if missing == 1 else f"{missing} pulses"
        return [Says(f"{self._name} lost {what}; the bar line is kept.", problem=True)]

    def _start_over(self) -> list[Move]:
        """Nothing loses so many pulses one after another: they were never sent. By what came, then."""
        (first_ns, _), (last_ns, _) = self._recent[0], self._recent[-1]
        invented = sum(missing for _, missing in self._recent)
        self._count(-invented)
        self._lock.begin(last_ns, (last_ns - first_ns) / max(1, len(self._recent) - 1))
        self._recent.clear()
        return [Says(f"{self._name} lost none of these; it beats at {self._bpm:.1f} bpm.")]

    def _is_regular(self, ns: int, missing: int) -> bool:
        """Whether one pulse is missing again and again, as far away as the time before.

        What is handed over once a period, as by JACK, and is a little slower than that, comes a period apart
        and now and then two. By itself that looks like a loss.
        """
        if missing > 1:
            self._single.clear()
            return False
        self._single.append((self._heard, ns))
        apart = self._apart()[1 - _ALIKE_TIMES :]
        if len(apart) < _ALIKE_TIMES - 1:
            return False
        return max(apart) - min(apart) <= max(1.0, _ALIKE_SHARE * max(apart))

    def _apart(self) -> list[int]:
        """How many pulses were heard from each single one that was missing to the next."""
        heard = [count for count, _ in self._single]
        return [after - before for before, after in itertools.pairwise(heard)]

    def _know_held(self) -> list[Move]:
        """Pulses were held up and none was lost: take back what was counted for them."""
        apart = self._apart()
        alike = list(itertools.takewhile(lambda each: each < 1.5 * apart[-1], reversed(apart)))
        invented = 1 + len(alike)
        (first, first_ns), (last, last_ns) = self._single[-invented], self._single[-1]
        self._count(-invented)
        self._lock.begin(last_ns, (last_ns - first_ns) / (last - first), sure=True)
        self._lock.hold(self._lock.period_ns)
        self._single.clear()
        self._recent.clear()
        text = f"{self._name} is uneven, but no pulse was lost; the beat is corrected."
        return [Says(text)]

    def _settle(self) -> None:
        """No more pulses will tell what a gap was: by the time that has passed, then."""
        if self._catch_up is not None and self._last_ns is not None:
            self._caught_up(self._last_ns, self._catch_up.by_now(self._last_ns))
        if self._doubted_ns:
            ns = self._doubted_ns.pop()
            missing = self._missing(ns)
            self._lock.take(ns, len(self._doubted_ns) + 1 + missing)
            self._doubted_ns = []
            self._count(missing)

    def _runs_ahead(self, ns: int) -> bool:
        """Whether by this pulse more have come than any way holds up without a gap before them.

        From the first that came too soon they are counted against the time that has passed at the period
        there was, as long as there are twice as many: among pulses that nobody meant, some are far apart too.
        """
        last_ns = self._last_ns or ns
        is_quick = ns - last_ns < _QUICK_SHARE * (self._lock.period_ns or self._expected_ns)
        if self._before is None:
            if not is_quick:
                return False
            lock, came_ns = self._lock.copy(), [*self._doubted_ns]
            pulses = len(came_ns)
            if not came_ns and (pulses := lock.step_back()):
                came_ns = [last_ns]  # it may be the first of those that nobody meant
            self._before = lock, self._tick - pulses * PULSE_TICK * self._rolling, came_ns
        lock, _, came_ns = self._before
        came_ns.append(ns)
        self._run += 1
        if lock.pulses < _SETTLED_PULSES:  # its period is no more than what was expected
            ahead, goes_on = float(self._run), is_quick
        else:
            ahead = len(came_ns) - (ns - lock.time_ns) / lock.period_ns
            goes_on = ahead >= max(1, self._run / 2) or ns - last_ns < _QUICK_SHARE * lock.period_ns
        if not goes_on:
            self._run, self._before = 0, None
        return goes_on and ahead > _QUICK_PULSES

    def _begin_catching_up(self) -> list[Move]:
        """Take back what was made of these pulses, and wait until it can be told what they mean."""
        if self._before is None:
            return []
        self._lock, self._tick, came_ns = self._before
        counts = bool(self._doubted_ns) or self._placed <= self._run + 1
        self._doubted_ns, self._before, self._run = [], None, 0
        period_ns = self._lock.period_ns or self._expected_ns
        self._catch_up = CatchUp(self._lock.time_ns, period_ns, counts=counts)
        for each_ns in came_ns:
            self._catch_up.take(each_ns)
        return []

    def _go_on_catching_up(self, ns: int) -> list[Move]:
        catch_up = self._catch_up
        if catch_up is None:
            return []
        outcome = catch_up.take(ns)
        if outcome is not None:
            return self._caught_up(ns, outcome)
        if not catch_up.storms or self._said_storm:
            return []
        self._said_storm = True
        if not self._may_say(ns):
            return []
        text = (
            f"{self._name} sends {catch_up.pulses_a_second():.0f} pulses a second, which is no tempo:"
            f" expected {PULSES_PER_BEAT} a quarter note; playing on at {self._bpm:.1f} bpm."
        )
        return [Says(text, problem=True)]

    def _caught_up(self, ns: int, outcome: Outcome) -> list[Move]:
        """It is known where the clock is: go on from there."""
        self._catch_up, self._said_storm = None, False
        self._run, self._before = 0, None
        self._count(outcome.pulses)
        self._recent.clear()
        self._single.clear()
        self._lock.begin(
            ns, outcome.period_ns or self._lock.period_ns, sure=outcome.period_ns is None
        )
        return []

    def _back(self, ns: int) -> list[Move]:
        """The clock is heard again: what has come late, and what was lost, the next pulses will tell."""
        self._lost, period_ns = False, self._lock.period_ns
        self._recent.clear()
        self._run, self._before = 0, None
        if self._rolling and period_ns:
            self._catch_up = CatchUp(self._lock.time_ns, period_ns, counts=True)
            self._catch_up.take(ns)
        else:
            self._lock.begin(ns, period_ns or self._expected_ns)
        if not self._says_back:
            return []
        self._says_back = False
        return [Says(f"{self._name} is heard again.")]

    def _may_say(self, ns: int) -> bool:
        """Whether the last such line is a bar ago."""
        bar_ns = _BAR_PULSES * (self._lock.period_ns or self._expected_ns)
        if self._said_ns is not None and ns - self._said_ns < bar_ns:
            return False
        self._said_ns = ns
        return True

    def _count(self, pulses: int) -> None:
        if self._rolling:
            self._tick += pulses * PULSE_TICK

    def _follows(self) -> Follows:
        period_ns = self._lock.period_ns or self._expected_ns
        tick, ns = self._tick, self._lock.time_ns
        tick -= (
            len(self._doubted_ns) * PULSE_TICK
        )  # until it is known what to make of them, as before
        return Follows(tick, round(ns), max(1, round(period_ns * PULSES_PER_BEAT)))

    @property
    def _bpm(self) -> float:
        return 60e9 / ((self._lock.period_ns or self._expected_ns) * PULSES_PER_BEAT)

    def _lost_ns(self) -> int | None:
        """When the clock will be lost if nothing is heard; None where that needs no saying."""
        if self._last_ns is None or self._lost:
            return None
        if not self._lock.period_ns:
            return self._last_ns + _UNKNOWN_LOST_NS
        silent_ns = max(_LOST_AT_LEAST_NS, round(_LOST_PULSES * self._lock.period_ns))
        return self._last_ns + silent_ns

    def wake_ns(self) -> int | None:
        """When the clock will be lost if nothing is heard."""
        return self._lost_ns()

    def look(self, now_ns: int) -> list[Move]:
        """Notice that nothing is heard any more."""
        lost_ns = self._lost_ns()
        if lost_ns is None or now_ns < lost_ns:
            return []
        self._settle()
        self._lost, self._said_waiting = True, False
        if not self._rolling:
            self._says_back = self._may_say(now_ns)
            return []
        may_say = self._says_back = self._may_say(now_ns)
        if self._stops_when_lost:
            moves = self._halt()
            self._armed = True  # it goes on with the next pulse
            if not may_say:
                return moves
            return [*moves, Says(f"{self._name} sends no more pulses; stopped.", problem=True)]
        if not may_say:
            return []
        text = f"{self._name} sends no more pulses; playing on at {self._bpm:.1f} bpm."
        return [Says(text, problem=True)]

    def where(self) -> Follows | None:
        """Where the music is, if it plays."""
        return self._follows() if self._rolling else None

    def set_tempo(self, bpm: float) -> bool:
        """The tempo is the sender's."""
        return False

    def close(self) -> None:
        """Nothing to let go of: the receiver owns the port."""
