"""Pulses that come too fast, or again after a silence: what they mean, once that can be told.

    last pulse that was believed, pulses since  ──>  how many beats of the clock have passed

While it cannot be told, the music goes on as before. Pure: no clock, no device.

- Pulses that were held up come in a row, as many as there should be: counted, they give the place exactly.
- Where fewer came, some were lost: the time that has passed gives the place, at the tempo there was.
- Far more than there should be were never meant (a faulty driver, a loop of cables): by the time as well.
- Steps that are all alike are a tempo, however far from the one before: then every pulse counts.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

USUAL_STEPS, _USUAL_SHARE = 6, 0.8
"""What came late is over when the mean of so many steps is so much of the usual one."""
_EVEN_STEPS, _EVEN_SHARE = 24, 0.25
"""So many steps that differ by so little of their mean are a tempo."""
_SHORTEST_NS = 6_000_000
"""The shortest step that is a tempo: 416 bpm."""
_MOST_LATE = 240
"""More pulses do not come late in a row: two bars of 4/4 and two beats."""
_NEAR = 1.5
"""Pulses by which count and time may differ where nothing was lost."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """So many `pulses` after the last that was believed is the one that has just come.

    `period_ns`: from one to the next, where that is another than before.
    """

    pulses: int
    period_ns: float | None = None


class CatchUp:
    """Collects pulses until it can be told what they mean."""

    def __init__(self, since_ns: float, period_ns: float, *, counts: bool) -> None:
        """`since_ns`: when the last pulse that is believed was meant; `period_ns`: from one to the next.

        `counts`: none of them can be too many, however early they come: the clock was silent, or has just
        been placed anew.
        """
        self._since_ns, self._period_ns, self._counts = since_ns, period_ns, counts
        self._came_ns: deque[int] = deque(maxlen=_EVEN_STEPS + 1)
        self._pulses = 0

    @property
    def storms(self) -> bool:
        """Whether so many have come that nobody can have meant them."""
        return self._pulses > _MOST_LATE

    def pulses_a_second(self) -> float:
        """How fast the last of them came."""
        span_ns = self._came_ns[-1] - self._came_ns[0]
        return (len(self._came_ns) - 1) * 1e9 / max(1, span_ns)

    def take(self, ns: int) -> Outcome | None:
        """One more pulse, at `ns`; what all mean, if that can be told now."""
        self._came_ns.append(ns)
        self._pulses += 1
        came = self._came_ns
        if len(came) > USUAL_STEPS:
            mean_ns = (came[-1] - came[-1 - USUAL_STEPS]) / USUAL_STEPS
            if mean_ns >= _USUAL_SHARE * self._period_ns:
                return self.by_now(ns)
        if len(came) > _EVEN_STEPS:
            mean_ns = (came[-1] - came[0]) / _EVEN_STEPS
            steps = [after - before for before, after in zip(came, list(came)[1:], strict=False)]
            if mean_ns >= _SHORTEST_NS and max(steps) - min(steps) <= _EVEN_SHARE * mean_ns:
                return Outcome(self._pulses, mean_ns)
        return None

    def by_now(self, ns: int) -> Outcome:
        """What they mean as far as it can be told at `ns`."""
        passed = (ns - self._since_ns) / self._period_ns
        if self._pulses and not self.storms and abs(self._pulses - passed) <= _NEAR:
            return Outcome(self._pulses)
        if self._counts and not self.storms and self._pulses > passed:
            return Outcome(self._pulses)
        return Outcome(max(0, round(passed)))
