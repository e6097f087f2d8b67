"""Rehearsing two bars ahead, offline: of k versions one is drawn, by what a light judge says of each.

    line so far ── copied k times ── each played on for two bars ──> k stretches ── Light ──> log odds ──> one

It is slow, for it copies whole lines where a soloist on stage would take back what was written.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from improv.controls.table import Controls
from improv.evaluation.judge.classifiers import linear
from improv.evaluation.judge.excerpts import Pair, ratios_with, ratios_without, tunes_of
from improv.features.notes import NO_CHORD, Floats, Notes, notes_of
from improv.features.ratios import Ratios
from improv.features.table import NAMES, features
from improv.grammar.line.stepper import Stepper
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP
from improv.soloist.line_voice import LineVoice
from improv.soloist.voice import Step

BARS, HISTORY_BARS = 2, 2
BAR_STEPS = 4 * STEPS_PER_BEAT
_OF_BARS = ("rhythm", "melody")
_OF_ALL = ("rhythm", "durations", "phrases", "melody", "repetition")
_STRENGTH = 0.01


class Light:
    """Says of two bars, after the two before them, how likely a person played them: as log odds."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        """Learn from what people and the machine play, with log ratios that do not know their own tune."""
        self._ratios = ratios_with(pairs)
        without = ratios_without(pairs)
        rows, people = [], []
        for tune, pair in zip(tunes_of(pairs).tolist(), pairs, strict=True):
            for human, line in zip((True, False), map(notes_of, pair), strict=True):
                found = [self._row(line, without(tune), start) for start in _starts(line)]
                rows += [row for row in found if row is not None]
                people += [human] * sum(row is not None for row in found)
        self._log_odds = linear(np.array(rows), np.array(people), _STRENGTH)

    def __call__(self, line: Notes, start: int) -> float:
        """Of the bars from step `start`, the last of the line; 0 where there is too little to say."""
        row = self._row(line, self._ratios, start)
        return 0.0 if row is None else float(self._log_odds(row[None])[0])

    @staticmethod
    def _row(line: Notes, ratios: Ratios, start: int) -> Floats | None:
        """Sums of log ratios in the bars, features of the bars, features of the bars and their history."""
        around = line.within(
            start - 2 * HISTORY_BARS * line.bar_steps, start + BARS * line.bar_steps
        )
        history = start - HISTORY_BARS * line.bar_steps
        whole, bars = (around.within(at, start + BARS * line.bar_steps) for at in (history, start))
        if len(whole) < 3:
            return None
        sums = [float(said[len(around) - len(bars) :].sum()) for said in ratios.of(around).values()]
        width = sum(len(NAMES[family]) for family in _OF_BARS)
        alone = features(bars, _OF_BARS) if len(bars) > 2 else np.full(width, np.nan)
        return np.concatenate([sums, alone, features(whole, _OF_ALL)])


def _starts(line: Notes) -> range:
    """Where each two bars of a solo begin, its first two left out."""
    if not len(line):
        return range(0)
    first = int(line.onset[0]) // line.bar_steps * line.bar_steps
    return range(first + HISTORY_BARS * line.bar_steps, int(line.onset[-1]), BARS * line.bar_steps)


class Rehearsing(LineVoice):
    """A voice that rehearses. What holds for all of them stands in the class: they are made far from here."""

    light: ClassVar[Light]
    versions: ClassVar[int] = 8
    temperature: ClassVar[float] = 1.0
    """Of the draw: at 1 as the log odds say, below 1 nearer to the best."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As LineVoice is made; it names no quotes, for a version that is not played quotes nothing."""
        super().__init__(*arguments, **{**options, "guard": None})
        self._tempo_bpm = float(options["tempo_bpm"])
        self._ready: list[Step] = []
        self._played: list[tuple[int, int, int, int]] = []

    @property
    def tick(self) -> int:
        """Where the next token begins that was not played yet."""
        return self._ready[0].tick if self._ready else super().tick

    def step(self, controls: Controls, landing: bool = False) -> Step:
        """Play one token on, rehearsed; the token that begins the line is not."""
        if not self._ready:
            self._ready = (
                self._rehearsed(controls, landing) if self._begun else [super().step(controls)]
            )
        step = self._ready.pop(0)
        self._played += self._rows([step])
        return step

    def _rehearsed(self, controls: Controls, landing: bool) -> list[Step]:
        start = self._stepper.line.step // BAR_STEPS * BAR_STEPS
        packed, ends = _packed(self._stepper), []
        for _ in range(self.versions):
            self._stepper = _unpacked(packed, self._stepper)
            steps = self._played_on(controls, landing, start + BARS * BAR_STEPS)
            ends.append((self._log_odds(steps, start), steps, self._stepper))
        odds = np.array([end[0] for end in ends]) / self.temperature
        shares = np.exp(odds - odds.max())
        _, steps, self._stepper = ends[int(self._rng.choice(len(ends), p=shares / shares.sum()))]
        return steps

    def _played_on(self, controls: Controls, landing: bool, end_step: int) -> list[Step]:
        steps = [super().step(controls, landing)]
        while self._stepper.line.step < end_step:
            steps.append(super().step(controls))
        return steps

    def _log_odds(self, steps: Sequence[Step], start: int) -> float:
        rows = [*self._played[-150:], *self._rows(steps)]
        onset, end, pitch, degree = np.array(rows, np.int64).reshape(-1, 4).T.copy()
        end[:-1] = np.minimum(end[:-1], onset[1:])
        role = np.full(len(rows), NO_CHORD)
        return self.light(Notes(onset, end, pitch, degree, role, BAR_STEPS, self._tempo_bpm), start)

    def _rows(self, steps: Sequence[Step]) -> list[tuple[int, int, int, int]]:
        """(onset, end, pitch, degree) of each note, in steps."""
        form = self._stepper.line._form
        found = []
        for note in (step.note for step in steps if step.note is not None):
            onset = note.onset_tick // TICKS_PER_STEP
            degree = (note.pitch - form.place(onset).root_pc) % 12
            found.append((onset, onset + note.duration_tick // TICKS_PER_STEP, note.pitch, degree))
        return found


def _shared(stepper: Stepper) -> dict[int, Any]:
    """What all copies of a line have in common and nobody changes."""
    return {at: one for at, one in enumerate((stepper._cell, stepper.line._form))}


def _packed(stepper: Stepper) -> bytes:
    names = {id(one): at for at, one in _shared(stepper).items()}
    held = io.BytesIO()
    pickler = pickle.Pickler(held, pickle.HIGHEST_PROTOCOL)
    pickler.persistent_id = lambda one: names.get(id(one))  # type: ignore[method-assign]  # its hook
    pickler.dump(stepper)
    return held.getvalue()


def _unpacked(packed: bytes, like: Stepper) -> Stepper:
    unpickler = pickle.Unpickler(io.BytesIO(packed))
    unpickler.persistent_load = _shared(like).__getitem__  # type: ignore[method-assign]  # its hook
    found = unpickler.load()
    assert isinstance(found, Stepper)
    return found
