"""A soloist's feel while it plays: when, how loud and how long a written note sounds.

Input -> output:  a written note, where the next is written, its bar  ->  (onset_tick, end_tick, velocity)

    knob   0                        1                  1.5
           on the band's swing      as transcribed     lateness, looseness and accents half as large again

The feel moves each onset around its own place on the grid, so nothing accumulates from bar to bar. It
keeps the order, and one note at a time: a note begins after the previous one, and not while that sounds.

The feel leaves alone what the cell says. A grammar whose tokens say the length in steps keeps that length:
below a step there is nothing to learn (4 ticks at most), and a note that reaches the next one is held until
that is played, except for the learned breath. Otherwise, notes that are written to reach the next are given
the learned share of the time to it. A grammar whose tokens say the loudness keeps its classes (what the
tables expect within a class half a standard deviation wide is 3 % of one), and a player's dynamics only widen
or narrow them. Otherwise loudness is as the tables expect it, plus a mood that lasts: the part of its spread
that does not last ends with the note, and sounds like a mistake.

The user's swing affects both: the band plays it, and the soloist, who swings less than the band and plays
later, follows: towards even eighths in the same proportion, and beyond the automatic ratio by the same part
of the beat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from improv.feel.loudness import MEAN_VELOCITY, as_velocity, louder
from improv.feel.model import EVERYBODY, Feel
from improv.feel.performed import performed
from improv.feel.tables import (
    KIND_OF_FEEL,
    MIDDLE_NOTES,
    NO_NOTE,
    OFF_BEAT,
    gap_class,
    height_class,
    interval_class,
    is_off_beat,
    length_rows,
    loudness_rows,
    spread_rows,
    timing_rows,
)
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_BEAT, TICKS_PER_STEP, Note
from improv.music.swing import swing_tick

EARLIEST_TICK = 144
"""A note is played at most this much before its written place: whoever plans must look this far ahead."""
_LATEST_TICK = 192
_FURTHEST_SDS = 2.0
_FILLING = 0.9
_SHORTEST_SHARE, _LONGEST_SHARE = 0.3, 1.0
_HALF_A_BEAT = gap_class(OFF_BEAT)
_GRAMMAR_MEAN = 78
"""The middle where the grammar says no loudness (the course's), whose own it is mixed with."""
_LEAST_PART = 3
"""Two onsets are at least the written distance divided by this apart."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar that a note is written in.

    `swing` is the band's ratio in it, `auto_swing` the automatic one.
    """

    start_tick: int
    end_tick: int
    swing: float
    auto_swing: float
    tempo_bpm: float
    feel: str = "medium swing"
    compound: bool = False
    """Whether beats are not quarters, as in 6/8: then notes are late together, and nothing swings."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """A written place, with what the tables need to know about it."""

    tick: int
    before: int
    after: int


class Feeling:
    """One soloist's feel through a performance; the same generator gives the same notes.

    Two numbers are drawn per note whatever the knob, so that it can be turned while it plays. `says_length`,
    `says_loudness`: whether the grammar's tokens do.
    """

    def __init__(
        self,
        feel: Feel,
        rng: np.random.Generator,
        *,
        says_length: bool = False,
        says_loudness: bool = False,
        player: str | Mapping[str, float] = "",
    ) -> None:
        self._feel, self._rng = feel, rng
        self._says_length, self._says_loudness = says_length, says_loudness
        self._player = EVERYBODY
        self.play_as(player)
        self._deviation = self._draw()
        self._mood = self._draw()
        self._written: Note | None = None
        self._onset_tick = self._end_tick = 0
        self._tempo_bpm = 0.0
        self._known: dict[tuple[int, int, int, int], tuple[float, float]] = {}
        self._turn, self._middle, self._notes = 1, 0.0, 0

    def play_as(self, player: str | Mapping[str, float]) -> None:
        """From now on, play like this player or mixture {name: weight}; "" or unknown: like everybody."""
        self._player = self._feel.player(player) if player else EVERYBODY

    def save(self) -> dict[str, Any]:
        """Where it is, for `restore`."""
        return {**vars(self), "_rng": self._rng.bit_generator.state}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Be as it was when it was saved, but for who it plays as."""
        now = {"_rng": self._rng, "_player": self._player}
        self._rng.bit_generator.state = saved["_rng"]
        vars(self).update({**saved, **now})

    def play(self, note: Note, next_tick: int, bar: Bar, knob: float) -> tuple[int, int, int]:
        """(onset_tick, end_tick, velocity) of the next note; `next_tick`: where the next is written.

        `knob` is above 0. Onsets are at least 0 and never run backwards.
        """
        last = self._written
        gap = (
            NO_NOTE
            if last is None
            else gap_class((note.onset_tick - last.onset_tick) / TICKS_PER_STEP)
        )
        next_tick = max(next_tick, note.onset_tick + 1)
        spot = _Spot(
            note.onset_tick, gap, gap_class((next_tick - note.onset_tick) / TICKS_PER_STEP)
        )
        here = self._deviation
        follows = self._feel.follows[spot.after]
        self._deviation = follows * here + sqrt(1.0 - follows * follows) * self._draw()
        onset = max(0, self._onset(spot, here, bar, knob))
        if last is not None:
            apart = (note.onset_tick - last.onset_tick) // _LEAST_PART
            onset = max(onset, self._onset_tick + max(1, apart))
            onset = max(onset, self._end_tick)
        coming = _Spot(next_tick, spot.after, _HALF_A_BEAT)
        next_onset = max(
            self._onset(coming, self._deviation, bar, knob),
            onset + max(1, (next_tick - note.onset_tick) // _LEAST_PART),
        )
        end = self._end(note, next_tick, onset, next_onset, spot, bar, knob)
        velocity = self._velocity(note, spot, bar, knob)
        keeps = self._feel.mood[1]
        self._mood = keeps * self._mood + sqrt(1.0 - keeps * keeps) * self._draw()
        self._written, self._onset_tick, self._end_tick = note, onset, end
        return onset, end, velocity

    def _draw(self) -> float:
        return float(self._rng.standard_normal())

    def _onset(self, spot: _Spot, deviation: float, bar: Bar, knob: float) -> int:
        """When a note of this place is played, in ticks, without regard to other notes."""
        learned = self._behind(spot, deviation, bar) * TICKS_PER_BEAT
        within = spot.tick - bar.start_tick
        # Up to 1 it goes from the band's swing to what was learned, beyond that further from the straight
        # grid.
        swung = swing_tick(within, bar.swing) - within if knob < 1.0 else 0
        off = swung + knob * (learned - swung)
        return spot.tick + round(max(-EARLIEST_TICK, min(_LATEST_TICK, off)))

    def _behind(self, spot: _Spot, deviation: float, bar: Bar) -> float:
        """Beats behind the grid."""
        player, step = self._player, self._step(spot.tick, bar)
        mean, sd = self._expected(step, spot.before, spot.after, bar)
        if is_off_beat(step, spot.before, spot.after):
            even, _ = self._expected(0, _HALF_A_BEAT, _HALF_A_BEAT, bar)
            mean = _steered(mean + player.swing, even, bar)
        away = max(-_FURTHEST_SDS, min(_FURTHEST_SDS, deviation))
        return mean + player.lay_back + away * player.spread * sd

    def _expected(self, step: int, before: int, after: int, bar: Bar) -> tuple[float, float]:
        """(beats behind the grid, their standard deviation) for everybody; kept while the tempo stays."""
        if self._tempo_bpm != bar.tempo_bpm:
            self._tempo_bpm, self._known = bar.tempo_bpm, {}
        key = step, before, after, KIND_OF_FEEL.get(bar.feel, 0)
        if key not in self._known:
            rows = spread_rows(step, after)
            self._known[key] = (
                self._feel.timing.value(timing_rows(*key), bar.tempo_bpm),
                max(0.0, self._feel.spread.value(rows, bar.tempo_bpm)),
            )
        return self._known[key]

    @staticmethod
    def _step(tick: int, bar: Bar) -> int:
        if bar.compound:
            return 0
        within = tick - (bar.end_tick if tick >= bar.end_tick else bar.start_tick)
        return round(within / TICKS_PER_STEP) % STEPS_PER_BEAT

    def _end(
        self,
        note: Note,
        next_tick: int,
        onset: int,
        next_onset: int,
        spot: _Spot,
        bar: Bar,
        knob: float,
    ) -> int:
        written = next_tick - note.onset_tick
        if not self._says_length and note.duration_tick >= _FILLING * written:
            rows = length_rows(self._step(note.onset_tick, bar), spot.before, spot.after)
            share = self._feel.length.value(rows, bar.tempo_bpm) + self._player.length
            share = max(_SHORTEST_SHARE, min(_LONGEST_SHARE, share))
            learned = share * (next_onset - onset)
        elif self._says_length and note.end_tick >= next_tick:
            reaching = self._feel.legato[spot.after] * (next_onset - onset)
            learned = max(float(note.duration_tick), reaching)
        else:
            learned = float(note.duration_tick)
        part = min(1.0, knob)
        if part < 1.0:
            start, end = performed(note, bar.swing, bar.start_tick)
            learned = part * learned + (1.0 - part) * (end - start)
        return min(onset + max(1, round(learned)), next_onset)

    def _velocity(self, note: Note, spot: _Spot, bar: Bar, knob: float) -> int:
        """The learned loudness, scaled by `knob`. It always follows the line, whatever is asked for."""
        last, feel = self._written, self._feel
        semitones = 0 if last is None else note.pitch - last.pitch
        direction = (semitones > 0) - (semitones < 0) + 1
        turn, self._turn = self._turn * 3 + direction, direction
        self._notes += 1
        if self._notes == 1:
            self._middle = float(note.pitch)
        height = height_class(note.pitch - self._middle)
        self._middle += (note.pitch - self._middle) / min(self._notes + 1, MIDDLE_NOTES)
        dynamics = 1.0 + knob * (self._player.dynamics - 1.0)
        if self._says_loudness:
            return as_velocity(MEAN_VELOCITY * (note.velocity / MEAN_VELOCITY) ** dynamics)
        rows = loudness_rows(
            self._step(note.onset_tick, bar),
            spot.before,
            spot.after,
            interval_class(semitones),
            turn,
            height,
        )
        sds = feel.loudness.value(rows, bar.tempo_bpm) + sqrt(feel.mood[0]) * self._mood
        learned = louder(_GRAMMAR_MEAN, max(1.0, knob) * sds * feel.sd_db * dynamics)
        part = min(1.0, knob)
        return as_velocity(part * learned + (1.0 - part) * note.velocity)


def _steered(off_beat: float, even: float, bar: Bar) -> float:
    """By how many beats an off-beat eighth is late if the user's swing is not the automatic one.

    `even`: as late as a note on the beat, as even eighths are. Towards 1 the soloist's own swing
    shrinks as the band's does; beyond the automatic ratio both grow by the same part of the beat.
    """
    if bar.swing == bar.auto_swing:
        return off_beat
    wanted, usual = (r / (1.0 + r) - 0.5 for r in (bar.swing, bar.auto_swing))
    if wanted < usual:
        return even + (off_beat - even) * wanted / usual
    return off_beat + wanted - usual
