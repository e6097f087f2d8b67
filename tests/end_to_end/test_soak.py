"""Eight hours of music, in the time the machine needs for them: nothing hangs, drifts or grows.

With the cell `etudes` and slowly; `benchmarks/soak.py` does it with the default cell and at full speed, and
twenty minutes of it in real time with processes and servers killed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SLOWLY = (
    "tempo 20", "tempo 25 over 4", "density 0.5", "tempo 22.7", "swing 1.5", "tempo 20 over 8",
    "density -0.5", "swing auto",
)  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="reads its memory in /proc")
def test_eight_hours(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.setenv("JAZZ_IMPROV_STATE", str(tmp_path))
    from _soak_manual import soak

    found = soak(8.0, model="etudes", steers=SLOWLY, tempo_bpm=20.0, looks=60, settle_s=900)
    assert found["why"] == "the soak is over"
    assert found["ons"] > 30_000
    assert found["silent"]
    assert found["missed_offs"] == found["dropped_ons"] == 0
    assert found["compared"] > 60_000
    assert found["astray_us"] < 1.0, "of the ideal beat, after all changes of tempo"
    assert found["most_waiting"] < 500
    assert found["growth_mib"] < 3.0, (
        "from 15 minutes on, which here have as many beats as one and a half: caches fill for hours; once"
        " they are full, a day brings 0.1"
    )
