"""Faster with each pass: what becomes of the tempo where a chorus, or a pass of a loop, begins again.

    ... pass ...|  - 1 beat: what was heard of the pass is judged, the tempo of the next is set
                ^ tick: the new tempo holds

It is known a beat ahead, when the first notes of the pass are worked out: so the same seed gives the same
notes, live and into files.
"""

from __future__ import annotations

from improv.music.note import TICKS_PER_BEAT
from improv.music.tempo import FASTEST_BPM
from improv.partner.heard import HeardNote
from improv.partner.mistakes import mistakes
from improv.performance.arrangement import next_pass
from improv.performance.ensemble import Ensemble
from improv.performance.loop import parse_faster
from improv.performance.performance import Performance
from improv.performance.steering import Steer
from improv.performance.tempo_steering import change_tempo

JUDGED_AHEAD_TICK = TICKS_PER_BEAT
"""What is heard in the last beat of a pass is judged with the next, whose first notes are worked out then."""


class Passes:
    """The passes of a performance, from where it starts."""

    def __init__(self, performance: Performance, faster: str) -> None:
        """`faster` is as `parse_faster` reads it, empty for never."""
        self._performance, self._arrangement = performance, performance.arrangement
        chart = self._arrangement.chart
        self._bar: int | None = chart.bar_of(performance.start_tick)
        self._judged_tick = max(performance.start_tick, self._arrangement.solo_tick)
        self._go_on()
        self.set(faster, performance.start_tick)

    def set(self, faster: str, worked_out_tick: int) -> None:
        """How much faster it gets from the next pass on that nobody has worked out."""
        self._heard: list[HeardNote] = []
        self._by_bpm, self._clean = parse_faster(faster) if faster else (0.0, False)
        while (tick := self.tick) is not None and tick <= worked_out_tick:
            self._go_on()

    @property
    def tick(self) -> int | None:
        """Where the next pass begins; None: none does, or the tempo stays what it is."""
        if self._bar is None or not self._by_bpm:
            return None
        return self._arrangement.chart.bar_tick(self._bar)

    def hear(self, note: HeardNote) -> None:
        """Hear what the partner plays; chords are not judged."""
        if note.is_comping or not self._clean:
            return
        if note.replaces and self._heard:
            self._heard.pop()
        self._heard.append(note)

    def begin(self, ensemble: Ensemble) -> tuple[str, Steer | None]:
        """Set the tempo of the pass at `tick`, up to which `ensemble` is worked out and no further.

        A line for the user, and the change of tempo, if there is one.
        """
        tick, before_bpm = self.tick or 0, ensemble.tempo_bpm
        start_tick, self._judged_tick = self._judged_tick, tick - JUDGED_AHEAD_TICK
        heard, self._heard = self._heard, []
        self._go_on()
        wrong = ""
        if self._clean:
            chart = self._arrangement.chart
            heard = [note for note in heard if note.played_tick >= start_tick]
            wrong = mistakes(heard, chart, before_bpm).said(chart)
        if wrong:
            return f"{wrong}: the tempo stays {before_bpm:g}", None
        bpm = min(float(FASTEST_BPM), before_bpm + self._by_bpm)
        done = ensemble.steer(Steer(controls={"tempo_bpm": bpm}))
        change_tempo(self._performance, tick, bpm)
        return f"{'clean: ' if self._clean else ''}tempo {bpm:g}", done

    def _go_on(self) -> None:
        chart = self._arrangement.chart
        while self._bar is not None:
            self._bar = next_pass(self._arrangement, self._bar)
            if self._bar is None or chart.chorus_and_bar(self._bar - 1)[0] >= 0:
                break
