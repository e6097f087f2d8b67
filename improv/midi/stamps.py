"""When a message came in, by the driver's own clock where that is better than ours. Pure.

Input -> output:  seconds since the message before (as rtmidi has them), the time now  ->  when it came in, ns

A driver stamps what it receives in the system's interrupt or cycle, and the thread that is called for it may
be late, never early. So of the offsets between its clock and ours the smallest is the truest.
"""

from __future__ import annotations

from dataclasses import dataclass

_MOST_LATE_NS = 50_000_000
"""A driver that says it was longer ago than this has another clock, or had a pause."""
_DRIFT = 2e-4
"""How much faster than ours the driver's clock is believed to run: the offset is given up so fast."""


@dataclass
class Stamps:
    """Of one input, from its first message on."""

    _driver_ns: float = 0.0
    _offset_ns: float | None = None

    def of(self, since_s: float, now_ns: int) -> int:
        """When the message came in."""
        since_ns = max(0.0, since_s) * 1e9
        self._driver_ns += since_ns
        offset_ns = now_ns - self._driver_ns
        if self._offset_ns is not None:
            offset_ns = min(offset_ns, self._offset_ns + _DRIFT * since_ns)
        if now_ns - (self._driver_ns + offset_ns) > _MOST_LATE_NS:
            offset_ns = now_ns - self._driver_ns
        self._offset_ns = offset_ns
        return min(now_ns, round(self._driver_ns + offset_ns))
