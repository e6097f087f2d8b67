"""Rehearsing: of several versions of the next two bars, tried in silence, one is drawn and played.

    the line so far ── played on k times ──> k versions ── Judge: the log odds that people play so ──> one
                          ^ and taken back each time                                               drawn

While what was drawn is handed out token by token, versions of the next two bars are tried, as many for each
token, so that nobody waits for all of them. A control that changes takes back what was drawn and not handed
out. Everything is drawn from the voice's own generator: the same seed and the same calls play the same.

Input -> output:  controls (values, each step)  ->  Step, as from LineVoice
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from improv import files
from improv.controls.table import Controls
from improv.errors import ModelError
from improv.features.notes import NO_CHORD, Floats, Notes
from improv.features.table import NAMES, features
from improv.grammar.line.inputs import tempo_index
from improv.grammar.line.table import Token
from improv.music.note import TICKS_PER_STEP
from improv.soloist.line_voice import LineVoice, Saved
from improv.soloist.voice import Step

REHEARSED_BARS = 2
HEARD_BARS = 8
"""What the judge hears: the rehearsed bars at the end of so many."""
FAMILIES = ("rhythm", "durations", "phrases", "melody", "repetition")
FEWEST_NOTES = 3
"""With fewer there is nothing to say."""
TEMPERATURE = 1.0
JUDGE_NAME = "rehearsal.json"
_MOST_BYTES = 1 << 20
_FEWEST = 2
_ROWS_KEPT = 400
_Rows = tuple[tuple[int, int, int, int], ...]
_SAME = {"temperature": 0.02, "top_p": 0.005, "density": 0.05, "phrase": 0.05, "rehearse": 0.5}
"""Control -> up to what change a plan holds: an arc moves density a little in every bar."""


@dataclass(frozen=True)
class Judge:
    """A logistic regression of features: each is squashed to between `low` and `high`, taken from `middle`
    in units of `scale`, and weighs `weight`. All are (features,)."""

    low: Floats
    high: Floats
    middle: Floats
    scale: Floats
    weight: Floats

    def __call__(self, notes: Notes) -> float:
        """ln P(people) - ln P(machine) of some bars of a line, up to a constant."""
        if len(notes) < FEWEST_NOTES:
            return 0.0
        found = np.clip(features(notes, FAMILIES), self.low, self.high)
        found = np.where(np.isnan(found), self.middle, found)
        return float(((found - self.middle) / self.scale) @ self.weight)


def judge_of(text: str, where: str) -> Judge:
    """What is in a file, whose name is `where`. Raises ModelError."""
    try:
        rows = json.loads(text)["features"]
        names = [f"{family}: {name}" for family in FAMILIES for name in NAMES[family]]
        columns = np.array([rows[name] for name in names], np.float64).T
        if columns.shape != (5, len(names)) or not np.isfinite(columns).all():
            raise ValueError("five finite numbers a feature")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"The judge of rehearsals {where} is damaged: {error!s}.") from error
    return Judge(*columns)


def load_judge(folder: Path) -> Judge | None:
    """That of a model, if it has one. Raises ModelError where it cannot be read."""
    path = Path(folder) / JUDGE_NAME
    if not path.exists():
        return None
    try:
        text = files.read_ordinary(path, _MOST_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            f"The judge of rehearsals {str(path)!r} cannot be read: {error}."
        ) from None
    return judge_of(text, repr(str(path)))


class _Version(NamedTuple):
    """What one try came to, and where its draws begin."""

    log_odds: float
    rng: Any


class _Plan(NamedTuple):
    """What was drawn, from the place where it begins, and the controls it was played with."""

    start: Saved
    controls: Controls
    steps: tuple[Step, ...]
    rows: _Rows
    """What had been played before."""


class RehearsingVoice(LineVoice):
    """A voice that tries as many versions of every two bars as the control `rehearse` says.

    Its line, the base class, stands at the end of the plan; `_handed` of whose tokens were given.
    """

    def __init__(self, *arguments: Any, judge: Judge, tempo_bpm: float, **options: Any) -> None:
        """The rest is as LineVoice has it."""
        self._plan: _Plan | None = None
        super().__init__(*arguments, tempo_bpm=tempo_bpm, **options)
        self._judge = judge
        self._handed = 0
        self._tried: tuple[_Version, ...] = ()
        self._rows: _Rows = ()
        """(onset, end, pitch, degree) in steps of the last notes up to the end of the plan."""

    # -- what is asked of a voice

    @property
    def tick(self) -> int:
        """Where the next token begins that was not handed out."""
        plan = self._plan
        if plan is not None and self._handed < len(plan.steps):
            return plan.steps[self._handed].tick
        return super().tick

    def step(self, controls: Controls, landing: bool = False) -> Step:
        """Hand the next token out, and try a version of what comes after the plan."""
        versions = round(controls.rehearse)
        if versions < _FEWEST:
            if self._plan is not None:
                self.settle()
            return super().step(controls, landing)
        if not self._begun or landing or self._listens or self._ends(self.tick):
            self.settle()
            step = super().step(controls, landing)
            self._rows = self._rows_with((step,), self._rows)
            return step
        if self._plan is not None and not _is_near(controls, self._plan.controls):
            self.settle()
        plan = self._plan
        if plan is None or self._handed == len(plan.steps):
            plan = self._draw(controls)
        elif not self._ends(super().tick):
            missing, left = versions - len(self._tried), len(plan.steps) - self._handed
            for _ in range(-(-missing // left)):  # spread over what is left of the plan
                self._try(plan.controls)
        step = plan.steps[self._handed]
        self._handed += 1
        return step

    @property
    def keeps_open(self) -> bool:
        """As LineVoice has it: it listens to a partner, who may play at any moment, and rehearses nothing."""
        return self._listens

    @keeps_open.setter
    def keeps_open(self, listens: bool) -> None:
        if listens and self._plan is not None:
            self.settle()
        self._listens = listens

    def set_label(self, label: NDArray[np.float32]) -> None:
        """Play as somebody else from the next note on."""
        self.settle()
        super().set_label(label)

    def set_tempo(self, bpm: float) -> None:
        """The tempo has changed, for what comes from the next note on; a little, from the next plan on."""
        if tempo_index(bpm) != tempo_index(self._bpm):
            self.settle()
        super().set_tempo(bpm)

    def reseed(self, seed: Sequence[int]) -> None:
        """Draw as if it had been made with this seed, from the next note on."""
        self.settle()
        super().reseed(seed)

    def settle(self) -> None:
        """Take back what was planned and not handed out: the line stands where the last token left it."""
        plan, self._plan, self._tried = self._plan, None, ()
        if plan is None or self._handed == len(plan.steps):
            return
        rng = self._rng.bit_generator.state
        super_step = super().step
        self._go(plan.start)
        for _ in range(self._handed):  # the same draws and controls play the same
            super_step(plan.controls)
        self._rows = self._rows_with(plan.steps[: self._handed], plan.rows)
        super().set_tempo(self._bpm)
        self._rng.bit_generator.state = rng

    def save(self) -> Any:
        """Where it is, for `restore`: the plan too."""
        return super().save(), self._plan, self._handed, self._tried, self._rows

    def restore(self, saved: Any) -> None:
        """Be as it was when it was saved, draws included."""
        line, self._plan, self._handed, self._tried, self._rows = saved
        super().restore(line)

    # -- rehearsing

    def _ends(self, tick: int) -> bool:
        """Whether the last note of the tune is next, or past: it is not rehearsed."""
        return self._final_step is not None and tick >= self._final_step * TICKS_PER_STEP

    def _go(self, saved: Saved) -> None:
        super().restore(saved)

    def _try(self, controls: Controls) -> None:
        """One version more; the line stands where it stood, but the draws have gone on."""
        start = super().save()
        rows = self._rows_with(self._played_on(controls), self._rows)
        after = self._rng.bit_generator.state
        self._go(start._replace(rng=after))
        self._tried = (*self._tried, _Version(self._judge(self._heard(rows)), start.rng))

    def _draw(self, controls: Controls) -> _Plan:
        """The next plan."""
        while len(self._tried) < round(controls.rehearse):
            self._try(controls)
        odds = np.array([version.log_odds for version in self._tried]) / TEMPERATURE
        shares = np.exp(odds - odds.max())
        drawn = self._tried[int(self._rng.choice(len(odds), p=shares / shares.sum()))]
        rng = self._rng.bit_generator.state
        start = super().save()._replace(rng=drawn.rng)
        self._go(start)
        steps = self._played_on(controls)
        plan = self._plan = _Plan(start, controls, steps, self._rows)
        self._handed, self._tried = 0, ()
        self._rows = self._rows_with(steps, self._rows)
        self._rng.bit_generator.state = rng
        return plan

    def _played_on(self, controls: Controls) -> tuple[Step, ...]:
        line = self._stepper.line
        place = line.place
        end_step = line.step - place.bar_position + REHEARSED_BARS * place.bar_steps
        if self._final_step is not None:
            end_step = min(end_step, self._final_step)
        steps = [super().step(controls)]
        while line.step < end_step:
            steps.append(super().step(controls))
        return tuple(steps)

    @staticmethod
    def _rows_with(steps: Sequence[Step], rows: _Rows) -> _Rows:
        found = list(rows)
        for step in steps:
            note, token = step.note, step.token
            if note is not None and isinstance(token, Token) and token.degree is not None:
                onset = note.onset_tick // TICKS_PER_STEP
                end = onset + note.duration_tick // TICKS_PER_STEP
                found.append((onset, end, note.pitch, token.degree))
        return tuple(found[-_ROWS_KEPT:])

    def _heard(self, rows: _Rows) -> Notes:
        """The bars up to the end of a version that begins where the line stands now."""
        line = self._stepper.line
        place = line.place
        bar_step = line.step - place.bar_position
        first = bar_step + (REHEARSED_BARS - HEARD_BARS) * place.bar_steps
        onset, end, pitch, degree = np.array(rows, np.int64).reshape(-1, 4).T.copy()
        end[:-1] = np.minimum(end[:-1], onset[1:])
        role = np.full(len(rows), NO_CHORD)
        notes = Notes(onset - first, end - first, pitch, degree, role, place.bar_steps, self._bpm)
        return notes.within(0, HEARD_BARS * place.bar_steps)


def _is_near(one: Controls, other: Controls) -> bool:
    return all(
        abs(getattr(one, name) - getattr(other, name)) <= most for name, most in _SAME.items()
    )
