"""The driver's stamps against the times at which its thread got to run."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
import pytest

from improv.midi.stamps import Stamps

MS = 1_000_000


def stamped(gaps_ms, delays_ms, drift=0.0):
    """(when it really came in, the stamp) of each message; the driver's clock runs a little fast."""
    stamps, rows = Stamps(), []
    for gap, at, delay in zip(gaps_ms, accumulate(gaps_ms), delays_ms, strict=True):
        came_ns = 10**12 + round(at * MS)
        stamp = stamps.of(gap / 1000 * (1 + drift), came_ns + round(delay * MS))
        rows.append((came_ns, stamp))
    return rows


@pytest.mark.parametrize("drift", [0.0, 1e-4, -1e-4])
def test_a_thread_that_runs_late_now_and_then_moves_no_stamp(drift):
    rng = np.random.default_rng(1)
    delays = np.where(rng.random(2000) < 0.3, rng.exponential(8.0, 2000), 0.05)
    rows = stamped(rng.exponential(120.0, 2000), delays, drift)
    off_ms = [abs(stamp - came) / MS for came, stamp in rows[20:]]
    assert max(off_ms) < 1.5
    assert max(delays) > 30, "by its own clock it would be off by as much"


def test_without_a_stamp_of_the_driver_the_time_now_holds():
    rows = stamped([100.0] * 5, [0.0] * 5)
    stamps = Stamps()
    assert [stamps.of(0.0, stamp) for _, stamp in rows] == [stamp for _, stamp in rows]


def test_no_stamp_lies_in_the_future_or_long_ago():
    stamps = Stamps()
    assert stamps.of(0.0, 10**12) == 10**12
    assert stamps.of(5.0, 10**12 + MS) <= 10**12 + MS, "five seconds within one"
    assert stamps.of(0.0, 10**12 + 900 * MS) == 10**12 + 900 * MS, "nothing said of a long pause"
