"""What was wrong in what the partner played over a chart: pitches and time.

A pitch is wrong that is in no scale of its chord, unless the line leaves it by a step within a beat, as
people do with chromatic notes. A note is out of time that was meant for a beat and is further from it than
people are, once a steady lateness is taken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from improv.features.notes import OUTSIDE, roles_of
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT
from improv.partner.heard import HeardNote

_STEP = 2
"""Semitones."""
MOST_MS, MOST_TICK = 60.0, TICKS_PER_BEAT // 8
"""So far from its beat a note may be, whichever is less."""
_NEAR_TICK = TICKS_PER_BEAT // 6
"""What is further from every beat was not meant for one."""
_MS_A_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Of a stretch, in order of time."""

    notes: int
    """How many were played."""
    wrong: tuple[HeardNote, ...]
    out_of_time: tuple[HeardNote, ...]

    def said(self, chart: Chart) -> str:
        """In words, such as "1 wrong note (bar 10), 2 out of time (bars 9, 12)"; nothing for none."""
        if not self.notes:
            return "nothing was played"
        parts = []
        for notes, what in ((self.wrong, "wrong note{s}"), (self.out_of_time, "out of time")):
            if notes:
                numbers = (chart.chorus_and_bar(chart.bar_of(n.onset_tick))[1] + 1 for n in notes)
                bars = list(dict.fromkeys(numbers))
                named = f"bar{'s' * (len(bars) > 1)} {', '.join(map(str, bars))}"
                parts.append(f"{len(notes)} {what.format(s='s' * (len(notes) > 1))} ({named})")
        return ", ".join(parts)


def mistakes(line: Sequence[HeardNote], chart: Chart, tempo_bpm: float) -> Mistakes:
    """The mistakes of a line, whose ticks are those of `chart`; chords that were played are left out."""
    line = [note for note in line if not note.is_comping]
    wrong = []
    for note, following in pairwise([*line, None]):
        if note is None or not _is_outside(note, chart):
            continue
        soon = following is not None and following.onset_tick - note.onset_tick <= TICKS_PER_BEAT
        if not (soon and following and 0 < abs(following.pitch - note.pitch) <= _STEP):
            wrong.append(note)
    late = [(note, off) for note in line if abs(off := from_beat(note, chart)) <= _NEAR_TICK]
    steady = median([off for _, off in late]) if late else 0.0
    most_tick = min(MOST_TICK, MOST_MS * tempo_bpm * TICKS_PER_BEAT / _MS_A_MINUTE)
    out = [note for note, off in late if abs(off - steady) > most_tick]
    return Mistakes(len(line), tuple(wrong), tuple(out))


def from_beat(note: HeardNote, chart: Chart) -> int:
    """How far after the nearest beat it was played, in ticks; below 0: before it."""
    bar_tick = chart.bar_tick(chart.bar_of(max(0, note.played_tick)))
    off = (note.played_tick - bar_tick) % TICKS_PER_BEAT
    return off if off < TICKS_PER_BEAT // 2 else off - TICKS_PER_BEAT


def _is_outside(note: HeardNote, chart: Chart) -> bool:
    chord = chart.chord_at(max(0, note.onset_tick))
    return chord is not None and roles_of(chord)[(note.pitch - chord.root_pc) % 12] == OUTSIDE
