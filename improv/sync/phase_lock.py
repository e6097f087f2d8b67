"""A phase-locked loop: when the pulses of a clock that trembles really are.

    times at which pulses came in (ns)  ->  when the last one was meant, how far apart they are

Two Kalman filters of (time of the last pulse, time between two), which differ in how much they expect the
tempo to move. The steady one is listened to: it starts as a straight line through all pulses so far and then
remembers some hundred, which takes a tremble of ±3 ms down to well under ±1 ms. The quick one runs beside it;
when the steady one is wrong on one side for too long to be chance, the tempo moves, and the quick one leads
until the two agree again. A filter of its own estimates how much the clock trembles, so that one that does
not is followed closely.

Some ways hold pulses up and hand them over together: JACK once a period (21 ms with 1024 frames), Bluetooth
once an interval. Pulses that come together are taken for one message, that of the last of them. How long
pulses are held up is told from steps that are off and not made up for by the next ones, which no tempo does;
an error of less than that says nothing of the tempo.

Pure: no clock, no device. `sync.midi_clock` counts the pulses and says what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
_TOGETHER_NS = 1_500_000
"""Pulses nearer to each other than this (1,667 bpm) were held up on the way."""
_SHORTEST_NS, _LONGEST_NS = 2_500_000.0, 125_000_000.0
"""No clock is faster than 1,000 bpm or slower than 20."""
_OFF_SHARE, _OFF_DEVIATIONS = 0.25, 6.0
"""A step is off that differs from the last ones by more than this: of itself, and in deviations."""
_NOT_AGAIN, _OTHER_WAY = 0.5, -0.25
"""What the next step is off, against that one, where the one was too short, and where it was too long."""
_MUCH_MORE = 2.0
"""Only a hold-up so many times as long as was known makes what was believed till then doubtful."""
_HELD_FADE = 0.995
"""One hiccup of the way is half forgotten after 140 messages."""
_MOST_HELD_PULSES = 16
"""No way holds up more of them for good; what did was a stall or a storm, which says nothing of the clock."""
_HELD_SHARE = 0.75
"""Where pulses are held up, an error of less than this share of it on the mean says nothing of the tempo."""
_LEAST_RUN = 8
"""The time between two pulses is not doubted more than by what was held up over so many."""


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

    def doubt(self, time_ns: float, period_ns: float) -> None:
        """Both may be off by so much."""
        self.p00 += time_ns**2
        self.p11 += period_ns**2

    def copy_from(self, other: _Filter) -> None:
        self.time_ns, self.period_ns = other.time_ns, other.period_ns
        self.p00, self.p01, self.p11 = other.p00, other.p01, other.p11


@dataclass
class _Belief:
    """All that is believed of a clock."""

    steady: _Filter
    quick: _Filter
    jitter_ns: float = _FIRST_JITTER_NS
    bias: float = 0.0
    bias_ns: float = 0.0
    moving: bool = False
    pulses: int = 0
    came_ns: int = 0
    held_ns: float = 0.0
    """How long pulses are held up on the way, at most; 0 where nothing is known of that."""
    run: int = 0
    """Messages since the last that was held up for another time than the one before."""
    off: tuple[float, float] | None = None
    """(by how much, from which period) the last step was off."""

    def copy(self) -> _Belief:
        return replace(self, steady=replace(self.steady), quick=replace(self.quick))


class PhaseLock:
    """Told when pulses came in; says when the last was meant (`time_ns`) and their distance (`period_ns`)."""

    def __init__(self) -> None:
        self._now = _Belief(_Filter(_STEADY), _Filter(_QUICK, _QUICK_NS))
        self._before = self._now.copy()  # the last message
        self._last_pulses = 0
        """How many the last message counted as; 0: it was the first."""
        self._held_least_ns = 0.0

    def copy(self) -> PhaseLock:
        """Another that believes the same."""
        other = PhaseLock()
        other._now, other._before = self._now.copy(), self._before.copy()
        other._last_pulses, other._held_least_ns = self._last_pulses, self._held_least_ns
        return other

    def step_back(self) -> int:
        """Believe what was believed before the last message; how many pulses that counted as.

        0, and nothing changes, where it was the first.
        """
        pulses = self._last_pulses
        if pulses:
            self._now, self._last_pulses = self._before.copy(), 0
        return pulses

    def begin(self, ns: int, period_ns: float | None = None, *, sure: bool = False) -> None:
        """The first pulse. `period_ns`: about how far the next is away; None: its second pulse says it.

        `sure`: that is known well, from before a stop.
        """
        now = self._now
        now.pulses, now.bias, now.bias_ns, now.moving = 1, 0.0, 0.0, False
        now.came_ns, now.off, now.run, self._last_pulses = ns, None, 0, 0
        for one in (now.steady, now.quick):
            unsure = 0.01 if sure else _FIRST_PERIOD_SHARE
            one.start(ns, period_ns or 0.0, now.jitter_ns, unsure)

    @property
    def _best(self) -> _Filter:
        return self._now.quick if self._now.moving else self._now.steady

    @property
    def pulses(self) -> int:
        """How many messages came in since it was begun; pulses that came together are one."""
        return self._now.pulses

    @property
    def time_ns(self) -> float:
        """When the last pulse was meant."""
        return self._best.time_ns

    @property
    def period_ns(self) -> float:
        """From one pulse to the next; 0 before the second."""
        return self._best.period_ns

    @property
    def held_ns(self) -> float:
        """How long pulses are held up on the way, at most, to be handed over together; 0: they are not."""
        return self._now.held_ns

    def hold(self, ns: float) -> None:
        """Somebody knows that pulses are held up on the way for so long; that stays so."""
        self._now.held_ns = self._held_least_ns = max(ns, self._held_least_ns)

    def take(self, ns: int, pulses: int = 1) -> None:
        """A pulse came in at `ns`, `pulses` after the one before (more than 1 where some were lost)."""
        if ns - self._now.came_ns < _TOGETHER_NS and self._now.pulses:
            if not self._last_pulses:
                self._now.steady.time_ns = self._now.quick.time_ns = ns
                self._now.came_ns = ns
                return
            self._now = self._before
            pulses += self._last_pulses
            self._now.held_ns = max(self._now.held_ns, (pulses - 1) * self.period_ns)
        self._before, self._last_pulses = self._now.copy(), pulses
        self._take(self._now, ns, pulses)
        self._now.came_ns = ns

    def _take(self, now: _Belief, ns: int, pulses: int) -> None:
        now.pulses += 1
        if not now.steady.period_ns:
            first_ns = now.steady.time_ns
            period_ns = max(_SHORTEST_NS, min(_LONGEST_NS, (ns - first_ns) / pulses))
            for one in (now.steady, now.quick):
                one.start(ns, period_ns, now.jitter_ns, _FIRST_PERIOD_SHARE)
            return
        self._learn_held(now, ns - now.came_ns, pulses)
        self._learn_tremble(now, now.quick.take(ns, pulses, now.jitter_ns))
        error, deviation = now.steady.take(ns, pulses, now.jitter_ns)
        normed = max(-_MOST_NORMED, min(_MOST_NORMED, error / deviation))
        now.bias += (normed - now.bias) / _BIAS_PULSES
        now.bias_ns += (normed * deviation - now.bias_ns) / _BIAS_PULSES
        wrong = abs(now.bias) > _BIAS_LIMIT and abs(now.bias_ns) > _HELD_SHARE * now.held_ns
        if now.moving:
            between_ns = abs(now.steady.time_ns - now.quick.time_ns)
            if abs(now.bias) < _AGREED_LIMIT and between_ns < now.jitter_ns:
                now.moving = False
            elif wrong:
                now.steady.copy_from(now.quick)
        elif wrong and now.pulses > _BIAS_PULSES:
            now.moving = True
            # Whatever has moved may have moved far: believe the next pulses rather than the past.
            now.quick.doubt(abs(error), error / _STEP_PULSES)
            now.steady.copy_from(now.quick)
        for one in (now.steady, now.quick):
            one.period_ns = max(_SHORTEST_NS, min(_LONGEST_NS, one.period_ns))

    def _learn_held(self, now: _Belief, step_ns: int, pulses: int) -> None:
        """A step too short while the next is not was made up for by those before it, which were held up; so
        is one too long if the next is too short. How far the two differ tells for how long.

        After a change of the tempo the next is off by as much again; after a loss it is not off.
        """
        most_ns = _MOST_HELD_PULSES * self._best.period_ns
        now.held_ns = max(min(_HELD_FADE * now.held_ns, most_ns), self._held_least_ns)
        now.run += 1
        if now.off is not None:
            off_ns, period_ns = now.off
            next_off_ns = step_ns - pulses * period_ns
            if next_off_ns / off_ns < (_NOT_AGAIN if off_ns < 0 else _OTHER_WAY):
                between_ns = abs(off_ns - next_off_ns)
                if abs(off_ns) > _MUCH_MORE * now.held_ns:
                    # Till now the distance of pulses that were held up alike was taken for the clock's.
                    for one in (now.steady, now.quick):
                        one.doubt(off_ns, off_ns / max(_LEAST_RUN, now.run))
                    now.moving, now.bias, now.bias_ns = False, 0.0, 0.0
                now.held_ns, now.run = max(now.held_ns, min(between_ns, most_ns)), 0
        period_ns = self._best.period_ns
        off_ns = step_ns - pulses * period_ns
        least_ns = _OFF_SHARE * pulses * period_ns
        if now.held_ns < least_ns:
            least_ns = max(least_ns, _OFF_DEVIATIONS * now.jitter_ns)
        now.off = (off_ns, period_ns) if abs(off_ns) > least_ns else None
        now.jitter_ns = max(min(now.jitter_ns, most_ns / 12**0.5), now.held_ns / 12**0.5)

    def _learn_tremble(self, now: _Belief, step: tuple[float, float]) -> None:
        """Errors beyond four deviations say that the tempo moves, not how much the clock trembles."""
        error, deviation = step
        share = min(_MOST_TREMBLE, abs(error) / deviation)
        target = max(_FLOOR_NS, now.jitter_ns * share)
        square = now.jitter_ns**2
        square += (target**2 - square) / _TREMBLE_PULSES
        now.jitter_ns = square**0.5
