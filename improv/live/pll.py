"""A phase-locked loop: when the pulses of a clock that trembles really are.

    times at which pulses came in (ns)  ->  when the last one was meant, how far apart they are

Two Kalman filters of (time of the last pulse, time between two), which differ in how much they expect the
tempo to move. The steady one is listened to: it starts as a straight line through all pulses so far and then
remembers some hundred, which takes a tremble of ±3 ms down to well under ±1 ms. The quick one runs beside it;
when the steady one is wrong on one side for too long to be chance, the tempo moves, and the quick one leads
until the two agree again. A filter of its own estimates how much the clock trembles, so that one that does
not is followed closely.

Pure: no clock, no device. `live.follow` counts the pulses and says what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass

_FLOOR_NS = 60_000.0
"""No clock is believed to be steadier than this: receiving alone trembles so much."""
_FIRST_JITTER_NS = 1_500_000.0
_STEADY, _QUICK = 2.5e-4, 2e-2
"""How far the time between two pulses may wander from one to the next, against the tremble of a pulse."""
_QUICK_NS = 15_000.0
"""What the quick one expects at the least: a ritard of 5 bpm a second at 120 bpm."""
_FIRST_PERIOD_SHARE = 0.5
"""How unsure the first guess of the time between two pulses is, against itself."""
_BIAS_PULSES = 12
"""Over how many pulses errors to one side are added up."""
_BIAS_LIMIT = 0.95
"""Mean error, in standard deviations, that is not chance: 4.6 of its own for errors without a side."""
_AGREED_LIMIT = 0.35
_STEP_PULSES = 3
_MOST_NORMED = 12.0
_MOST_TREMBLE = 4.0
_TREMBLE_PULSES = 96


@dataclass
class _Filter:
    """Kalman's filter of (time, period) with one measured time a step."""

    wander: float
    least_ns: float = 0.0
    time_ns: float = 0.0
    period_ns: float = 0.0
    p00: float = 0.0
    p01: float = 0.0
    p11: float = 0.0

    def start(self, time_ns: float, period_ns: float, jitter_ns: float, unsure: float) -> None:
        self.time_ns, self.period_ns = time_ns, period_ns
        self.p00, self.p01, self.p11 = jitter_ns**2, 0.0, (unsure * period_ns) ** 2

    def take(self, ns: float, pulses: int, jitter_ns: float) -> tuple[float, float]:
        """The next time, `pulses` after the last; (error against what was expected, its deviation)."""
        for _ in range(pulses):
            self.time_ns += self.period_ns
            self.p00 += 2 * self.p01 + self.p11
            self.p01 += self.p11
            self.p11 += max(self.wander * jitter_ns, self.least_ns) ** 2
        variance = self.p00 + jitter_ns**2
        gain0, gain1 = self.p00 / variance, self.p01 / variance
        error = ns - self.time_ns
        self.time_ns += gain0 * error
        self.period_ns += gain1 * error
        self.p11 -= gain1 * self.p01
        self.p01 *= 1 - gain0
        self.p00 *= 1 - gain0
        return error, variance**0.5

    def copy_from(self, other: _Filter) -> None:
        self.time_ns, self.period_ns = other.time_ns, other.period_ns
        self.p00, self.p01, self.p11 = other.p00, other.p01, other.p11


class PhaseLock:
    """Told when pulses came in; says when the last was meant (`time_ns`) and their distance (`period_ns`)."""

    def __init__(self) -> None:
        self._steady, self._quick = _Filter(_STEADY), _Filter(_QUICK, _QUICK_NS)
        self._jitter_ns = _FIRST_JITTER_NS
        self._bias, self._moving = 0.0, False
        self.pulses = 0
        """How many came in since it was begun."""

    def begin(self, ns: int, period_ns: float | None = None, *, sure: bool = False) -> None:
        """The first pulse. `period_ns`: about how far the next is away; None: its second pulse says it.

        `sure`: that is known well, from before a stop.
        """
        self.pulses, self._bias, self._moving = 1, 0.0, False
        for one in (self._steady, self._quick):
            unsure = 0.01 if sure else _FIRST_PERIOD_SHARE
            one.start(ns, period_ns or 0.0, self._jitter_ns, unsure)

    @property
    def _best(self) -> _Filter:
        return self._quick if self._moving else self._steady

    @property
    def time_ns(self) -> float:
        """When the last pulse was meant."""
        return self._best.time_ns

    @property
    def period_ns(self) -> float:
        """From one pulse to the next; 0 before the second."""
        return self._best.period_ns

    @property
    def jitter_ns(self) -> float:
        """How far pulses are from where they are meant: a standard deviation."""
        return self._jitter_ns

    def expected_ns(self, pulses: int = 1) -> float:
        """When the pulse that comes `pulses` after the last is meant."""
        return self._best.time_ns + pulses * self._best.period_ns

    def take(self, ns: int, pulses: int = 1) -> None:
        """A pulse came in at `ns`, `pulses` after the one before (more than 1 where some were lost)."""
        self.pulses += 1
        if not self.period_ns:
            first_ns = self._steady.time_ns
            for one in (self._steady, self._quick):
                one.start(ns, (ns - first_ns) / pulses, self._jitter_ns, _FIRST_PERIOD_SHARE)
            return
        self._learn_tremble(self._quick.take(ns, pulses, self._jitter_ns))
        error, deviation = self._steady.take(ns, pulses, self._jitter_ns)
        normed = max(-_MOST_NORMED, min(_MOST_NORMED, error / deviation))
        self._bias += (normed - self._bias) / _BIAS_PULSES
        if self._moving:
            between_ns = abs(self._steady.time_ns - self._quick.time_ns)
            if abs(self._bias) < _AGREED_LIMIT and between_ns < self._jitter_ns:
                self._moving = False
            elif abs(self._bias) > _BIAS_LIMIT:
                self._steady.copy_from(self._quick)
        elif abs(self._bias) > _BIAS_LIMIT and self.pulses > _BIAS_PULSES:
            self._moving = True
            # Whatever has moved may have moved far: believe the next pulses rather than the past.
            self._quick.p11 += (error / _STEP_PULSES) ** 2
            self._steady.copy_from(self._quick)

    def _learn_tremble(self, step: tuple[float, float]) -> None:
        """Errors beyond four deviations say that the tempo moves, not how much the clock trembles."""
        error, deviation = step
        share = min(_MOST_TREMBLE, abs(error) / deviation)
        target = max(_FLOOR_NS, self._jitter_ns * share)
        square = self._jitter_ns**2
        square += (target**2 - square) / _TREMBLE_PULSES
        self._jitter_ns = square**0.5
