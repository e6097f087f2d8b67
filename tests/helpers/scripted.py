"""A soloist that says the same tokens round and round, for tests of who plays when and what comes of it.

1^:12    the root of the chord now, the next one above the last pitch; the next token 12 steps later
b3v:6    its minor third, the next one below
r:36     36 steps of silence
"""

from __future__ import annotations

from collections.abc import Sequence

from improv.controls.table import Controls
from improv.music.chart import Chart
from improv.music.note import Note
from improv.soloist.voice import Step

DEGREES = ("1", "b9", "9", "b3", "3", "11", "#11", "5", "b13", "13", "b7", "7")
STEP_TICK = 40
FIRST_FROM, LOWEST, HIGHEST = 67, 36, 96


class ScriptedVoice:
    """A voice without a cell. It lands on the root of a chord where its token is no tone of it."""

    def __init__(self, chart: Chart, tokens: Sequence[str], start_tick: int = 0) -> None:
        self._chart, self._tokens = chart, tuple(tokens)
        self._said, self._pitch, self.tick = 0, FIRST_FROM, start_tick

    def step(self, controls: Controls, landing: bool = False) -> Step:
        """The next token of the script."""
        token = self._tokens[self._said % len(self._tokens)]
        self._said += 1
        name, steps = token.split(":")
        tick, ticks = self.tick, int(steps) * STEP_TICK
        self.tick += ticks
        if name == "r":
            return Step(token, tick, self.tick, None)
        chord = self._chart.chord_at(tick)
        degree = DEGREES.index(name[:-1])
        if landing and degree not in chord.tones:
            degree = 0
        up = (chord.root_pc + degree - self._pitch) % 12
        self._pitch += (up or 12) if name[-1] == "^" else up - 12
        self._pitch += 36 * ((self._pitch < LOWEST) - (self._pitch > HIGHEST))
        sounding = ticks if ticks >= 480 else ticks * 95 // 100
        return Step(token, tick, self.tick, Note(tick, sounding, self._pitch, 78))

    def set_tempo(self, bpm: float) -> None:
        """It does not mind."""

    def reseed(self, seed: Sequence[int]) -> None:
        """There is nothing to draw."""
