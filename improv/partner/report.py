"""A report on what somebody played over charts: hesitation, chord tones, time; each beside people's figures.

    Played: a chart, the bars that were theirs, HeardNotes, tempo   ──report──>  Report: sentences, JSON

What it counts is counted alike in the solos of the Weimar Jazz Database, as benchmarks/practice.py
works out again (351 solos of the training split; time: 355, by their tempo).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median
from typing import Any, NamedTuple

from improv.band.pulse import pulse_of
from improv.features.notes import TONE, roles_of
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT
from improv.partner.heard import HeardNote
from improv.partner.mistakes import from_beat

FEWEST_NOTES = 16
"""Fewer say nothing."""
NEAR_TICK = TICKS_PER_BEAT // 6
"""A note this near to a beat was meant for it."""
_MS_A_MINUTE = 60_000
_MOST_NAMED = 4


class Share(NamedTuple):
    """A figure of people: the middle one, and between which nine in ten are."""

    low: float
    middle: float
    high: float


HESITATED = Share(0.0, 0.098, 0.256)
"""The share of bars in whose first half nothing begins, between the first note of a solo and its last."""
STRONG_TONES = Share(0.368, 0.534, 0.717)
"""The share of chord tones among notes on the strong beats of the bar (1 and 3 of four)."""
TIMES: tuple[tuple[float, Share, Share], ...] = (
    (110.0, Share(6.2, 26.8, 49.4), Share(15.9, 27.8, 40.3)),
    (160.0, Share(4.1, 24.4, 49.8), Share(15.9, 22.1, 32.1)),
    (210.0, Share(0.0, 16.4, 38.7), Share(12.8, 17.8, 23.6)),
    (260.0, Share(-5.7, 7.3, 23.1), Share(11.5, 16.0, 21.3)),
    (float("inf"), Share(-8.2, 4.6, 21.1), Share(12.2, 14.9, 18.4)),
)
"""(up to which tempo, how many ms after the beat notes are that are meant for it, and within how many ms of
that half of them are)."""


@dataclass(frozen=True)
class Played:
    """What was played in one go. Ticks are those of `chart`."""

    chart: Chart
    bars: Sequence[int]
    """The absolute bars that were the partner's."""
    notes: Sequence[HeardNote]
    bpm_at: Callable[[int], float]


@dataclass(frozen=True)
class Report:
    """What is known. A figure is None where too little was played for it."""

    notes: int
    bars: int
    hesitated: float | None
    where: tuple[tuple[int, int, int], ...]
    """(bar of the chorus from 1, how often it was hesitated in, how often it was theirs), the worst first."""
    strong_tones: float | None
    strong_notes: int
    late_ms: float | None
    spread_ms: float | None
    """Half of the notes are no further than this from `late_ms`."""
    tempo_bpm: float

    @property
    def people_late(self) -> tuple[Share, Share]:
        """People's lateness and its spread at about this tempo, in ms."""
        return next((late, spread) for top, late, spread in TIMES if self.tempo_bpm <= top)

    def lines(self) -> list[str]:
        """A sentence each."""
        if self.notes < FEWEST_NOTES:
            return [f"You played {_count(self.notes, 'note')}: too few to say anything about."]
        said = [f"You played {_count(self.notes, 'note')} in {_count(self.bars, 'bar')}."]
        if self.hesitated is not None:
            worst = [f"{bar} ({times} of {of})" for bar, times, of in self.where[:_MOST_NAMED]]
            where = f": bar{'s' * (len(worst) > 1)} {', '.join(worst)}" if worst else ""
            said.append(
                f"In {self.hesitated:.0%} of them you began nothing in the first half "
                f"(people: {_people(HESITATED)}){where}."
            )
        if self.strong_tones is not None:
            said.append(
                f"{self.strong_tones:.0%} of your {self.strong_notes} notes on strong beats were chord tones "
                f"(people: {_people(STRONG_TONES)})."
            )
        if self.late_ms is not None and self.spread_ms is not None:
            late, spread = self.people_late
            said.append(
                f"You were {_ms(self.late_ms)}, half of your notes within {self.spread_ms:.0f} ms of that "
                f"(people at this tempo: {_ms(late.middle)}, {late.low:.0f} to {late.high:.0f}; within "
                f"{spread.middle:.0f}, {spread.low:.0f} to {spread.high:.0f})."
            )
        return said

    def as_json(self) -> dict[str, Any]:
        """The figures, with people's beside them: [low, middle, high]."""
        late, spread = self.people_late
        return {
            "notes": self.notes,
            "bars": self.bars,
            "tempo_bpm": round(self.tempo_bpm, 2),
            "hesitated": {
                "share": _rounded(self.hesitated),
                "people": list(HESITATED),
                "bars": [{"bar": bar, "times": times, "of": of} for bar, times, of in self.where],
            },
            "chord_tones_on_strong_beats": {
                "share": _rounded(self.strong_tones),
                "notes": self.strong_notes,
                "people": list(STRONG_TONES),
            },
            "late_ms": {"middle": _rounded(self.late_ms), "people": list(late)},
            "spread_ms": {"half_within": _rounded(self.spread_ms), "people": list(spread)},
        }


def report(played: Sequence[Played]) -> Report:
    """The report on all that was played; chords that were played are left out."""
    notes = bars = strong = tones = 0
    of, hesitated = Counter[int](), Counter[int]()
    late_ms: list[float] = []
    tempos: list[float] = []
    for part in played:
        chart = part.chart
        line = [note for note in part.notes if not note.is_comping]
        begun = {chart.bar_of(note.onset_tick) for note in line}
        heads = {chart.bar_of(n.onset_tick) for n in line if _is_in_first_half(n, chart)}
        theirs = [bar for bar in part.bars if begun and min(begun) <= bar <= max(begun)]
        for bar in theirs:
            number = chart.chorus_and_bar(bar)[1]
            of[number] += 1
            hesitated[number] += bar not in heads
        notes, bars = notes + len(line), bars + len(theirs)
        for note in line:
            chord = chart.chord_at(note.onset_tick)
            bpm = part.bpm_at(max(0, note.played_tick))
            tempos.append(bpm)
            if chord is not None and _is_strong(note, chart):
                strong += 1
                tones += bool(_roles(chord)[(note.pitch - chord.root_pc) % 12] == TONE)
            if abs(off_tick := from_beat(note, chart)) <= NEAR_TICK:
                late_ms.append(off_tick * _MS_A_MINUTE / TICKS_PER_BEAT / bpm)
    middle_ms = median(late_ms) if len(late_ms) >= FEWEST_NOTES // 2 else None
    worst = sorted(
        ((number + 1, times, of[number]) for number, times in hesitated.items() if times),
        key=lambda row: (-row[1] / row[2], -row[1], row[0]),
    )
    return Report(
        notes,
        bars,
        sum(hesitated.values()) / bars if bars else None,
        tuple(worst),
        tones / strong if strong else None,
        strong,
        middle_ms,
        None if middle_ms is None else median(abs(ms - middle_ms) for ms in late_ms),
        median(tempos) if tempos else 0.0,
    )


def tempo_of(tempos: Sequence[tuple[int, float]]) -> Callable[[int], float]:
    """What the tempo is at a tick, by changes (tick, bpm) in order."""
    ticks = [tick for tick, _ in tempos]
    return lambda tick: tempos[max(0, bisect_right(ticks, tick) - 1)][1]


_roles = lru_cache(maxsize=512)(roles_of)


def _is_in_first_half(note: HeardNote, chart: Chart) -> bool:
    bar = chart.bar_of(note.onset_tick)
    start, end = chart.bar_tick(bar), chart.bar_tick(bar + 1)
    return 2 * (note.onset_tick - start) < end - start


def _is_strong(note: HeardNote, chart: Chart) -> bool:
    bar = chart.bar_of(note.onset_tick)
    start = chart.bar_tick(bar)
    pulse = pulse_of(chart.meter_of(bar), chart.bar_tick(bar + 1) - start)
    return note.onset_tick - start in pulse.strong


def _people(share: Share) -> str:
    return f"{share.middle:.0%}, {share.low:.0%} to {share.high:.0%}"


def _ms(ms: float) -> str:
    return f"{abs(ms):.0f} ms {'behind' if ms >= 0 else 'ahead of'} the beat"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
