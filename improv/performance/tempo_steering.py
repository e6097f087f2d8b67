"""Changes of tempo while it plays by its own clock, at once or over some bars; bar lines keep their ticks.

"tempo 160"              from the next beat on
"tempo 90 over 4"        evenly over the next four bars
"tap", "tap", "tap"      the tempo of the taps
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from improv.music.tempo import FASTEST_BPM, SLOWEST_BPM

if TYPE_CHECKING:
    from improv.performance.performance import Performance


def change_tempo(performance: Performance, tick: int, bpm: float, over_bars: int = 0) -> int:
    """Play at `bpm` from the first beat at or after `tick`, or reach it over so many bars.

    The ritard of an ending keeps its shape about the new tempo. Returns the beat's tick.
    """
    chart, tempo = performance.arrangement.chart, performance.tempo
    at = _next_beat(performance, tick)
    base_bpm = tempo.bpm_at(at)
    ritard_ticks = {row[0] for row in performance.arrangement.ritard}
    ritard = [row for row in tempo.changes_after(at) if row[0] in ritard_ticks]
    end_tick = chart.bar_tick(chart.bar_of(at) + over_bars) if over_bars else at
    if ritard and len(ritard) == len(ritard_ticks):
        settled = [t for t, _ in tempo.changes_after(at) if t < ritard[0][0]]
        base_bpm = tempo.bpm_at(settled[-1]) if settled else base_bpm
        end_tick = min(end_tick, ritard[0][0])
    tempo.ramp(at, end_tick, bpm)
    for ritard_tick, ritard_bpm in ritard:
        share = ritard_bpm / base_bpm
        tempo.change(ritard_tick, round(max(SLOWEST_BPM, min(FASTEST_BPM, bpm * share)), 3))
    return at


def _next_beat(performance: Performance, tick: int) -> int:
    """The first beat at or after `tick`; if its bar is cut short, the next bar line."""
    chart = performance.arrangement.chart
    tick = max(tick, performance.start_tick)
    bar = chart.bar_of(tick)
    bar_tick, beat_tick = chart.bar_tick(bar), chart.meter_of(bar).ticks_per_beat
    beat = bar_tick + -(-(tick - bar_tick) // beat_tick) * beat_tick
    return min(beat, chart.bar_tick(bar + 1))


class Taps:
    """The tempo that somebody taps: the mean of the last taps. A pause starts it afresh."""

    PAUSE_NS = 3_000_000_000
    """A beat at the slowest tempo."""
    MOST = 8

    def __init__(self) -> None:
        self._taps_ns: list[int] = []

    def bpm(self, ns: int) -> float | None:
        """Note a tap at `ns`, and give the tempo so far; None while it is unknown or out of range."""
        if self._taps_ns and not 0 < ns - self._taps_ns[-1] <= self.PAUSE_NS:
            self._taps_ns.clear()
        self._taps_ns = [*self._taps_ns[-self.MOST + 1 :], ns]
        if len(self._taps_ns) < 3:
            return None
        beats = len(self._taps_ns) - 1
        bpm = 60e9 * beats / (ns - self._taps_ns[0])
        return round(bpm, 1) if SLOWEST_BPM <= bpm <= FASTEST_BPM else None
