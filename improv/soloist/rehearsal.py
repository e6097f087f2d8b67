"""Rehearsing: of several versions of the next two bars, tried in silence, one is drawn and played.

    the line so far ── played on k times ──> k versions ── Judge: the log odds that people play so ──> one
                          ^ and taken back each time                                               drawn

While what was drawn is handed out token by token, versions of the next two bars are tried, as many for each
token, so that nobody waits for all of them. A control that changes, or a partner who is heard, takes back
what was drawn and not handed out; then versions up to the next bar line or the one after are tried at once,
but never more than MOST_AT_ONCE tokens, and none for the first notes of an answer. Everything is drawn from
the voice's own generator: the same seed and the same calls play the same.

Input -> output:  controls (values, each step)  ->  Step, as from LineVoice
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from improv import files
from improv.controls.table import Controls
from improv.errors import ModelError
from improv.features.notes import NO_CHORD, Floats, Notes
from improv.features.ratios import STREAMS, Ratios
from improv.features.repetition import on_two_pitches
from improv.features.table import NAMES, feature_rows
from improv.grammar.line.inputs import tempo_index
from improv.grammar.line.table import Token
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP
from improv.originality.guard import QuoteGuard
from improv.soloist.line_voice import Colour, LineVoice, Open, Saved
from improv.soloist.voice import Pull, Step

REHEARSED_BARS = 2
HEARD_BARS = 8
"""What the judge hears: the rehearsed bars at the end of so many."""
FAMILIES = ("rhythm", "durations", "phrases", "melody", "repetition")
FEWEST_NOTES = 3
"""With fewer there is nothing to say."""
TEMPERATURE = 1.0
JUDGE_NAME = "rehearsal.npz"
_MOST_BYTES = 32 << 20
COLUMNS = ("low", "high", "middle", "scale", "weight")
_FEWEST = 2
_ROWS_KEPT = 200
MOST_EIGHTHS, MOST_EQUAL_STEPS, MOST_ON_TWO_PITCHES = 65.0, 66.0, 7.0
"""Percent: what people's last 200 notes hardly have more of (of 1804 stretches of `train` 2, 2 and 5 in a
hundred): steps of an eighth, steps like the one before, and 8 notes in a row of one or two pitches. What the
judge hears is eight bars; a solo that runs away from people over choruses it does not see."""
_AS_MANY, _WINDOW_NOTES = 100, 8
MOST_AT_ONCE = 40
"""Tokens that are tried while one is waited for, but for the last version: no wait is longer, however much is
drawn; fewer versions are drawn from then."""
MOST_LISTENING, FIRST_LISTENING = 16, 4
"""The same while a partner is listened to, who is answered within 20 ms; and with so many tokens after what
was heard nothing is tried."""
_SAME = {"temperature": 0.02, "top_p": 0.005, "density": 0.05, "phrase": 0.05, "rehearse": 0.5}
"""Control -> up to what change a passage holds: an arc moves density a little in every bar."""


class Row(NamedTuple):
    """A note, in steps."""

    onset: int
    end: int
    pitch: int
    degree: int


@dataclass(frozen=True)
class Judge:
    """A logistic regression of features and of how likely the line is by n-grams: each is squashed to
    between `low` and `high`, taken from `middle` in units of `scale`, and weighs `weight`. All are
    (features,)."""

    low: Floats
    high: Floats
    middle: Floats
    scale: Floats
    weight: Floats

    ratios: Ratios | None = None
    """Whose means are the last features."""

    def __call__(self, stretches: Sequence[Notes]) -> Floats:
        """(stretches,) ln P(people) - ln P(machine) of some bars of a line each, up to a constant."""
        rows = feature_rows(stretches, FAMILIES)
        if self.ratios is not None:
            rows = np.hstack([rows, self.ratios.means(stretches)])
        found = np.clip(rows, self.low, self.high)
        found = np.where(np.isnan(found), self.middle, found)
        odds: Floats = ((found - self.middle) / self.scale) @ self.weight
        return np.where([len(notes) < FEWEST_NOTES for notes in stretches], 0.0, odds)


FEATURES = (
    *(f"{family}: {name}" for family in FAMILIES for name in NAMES[family]),
    *(f"log ratio: {name}" for name in STREAMS),
)
"""What the judge of a model hears, in order."""


def judge_of(arrays: Mapping[str, NDArray[Any]], where: str) -> Judge:
    """That of the arrays of a file, whose name is `where`. Raises ModelError."""
    try:
        if arrays["features"].tolist() != [*FEATURES]:
            raise ValueError("it hears other features than this version counts")
        columns = np.array([arrays[name] for name in COLUMNS], np.float64)
        if columns.shape != (len(COLUMNS), len(FEATURES)) or not np.isfinite(columns).all():
            raise ValueError("a finite number for each feature was expected")
        low, high, middle, scale, weight = columns
        return Judge(low, high, middle, scale, weight, Ratios.from_arrays(arrays))
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The judge of rehearsals {where} is damaged: {error!s}.") from error


def load_judge(folder: Path) -> Judge | None:
    """That of a model, if it has one. Raises ModelError where it cannot be read."""
    return _read(Path(folder) / JUDGE_NAME)


@files.until_changed
def _read(path: Path) -> Judge:
    return judge_of(files.arrays_of(path, _MOST_BYTES, ModelError), repr(str(path)))


def rehearses(folder: Path) -> bool:
    """Whether the model in a folder can."""
    return (Path(folder) / JUDGE_NAME).exists()


def is_asked(controls: Mapping[str, float]) -> bool:
    """Whether these ask for it."""
    return controls.get("rehearse", 0.0) >= _FEWEST


def cannot_rehearse(cell: str) -> str:
    """For who asks a cell that cannot."""
    return f"The cell {cell!r} does not rehearse: it has not learned to tell ({JUDGE_NAME})."


def beyond(rows: Sequence[Row]) -> float:
    """Nats that a line is worth less for what its last notes have too much of: one a percent; a line that is
    short yet is taken for one of _AS_MANY, whose other notes have nothing of it."""
    if not rows:
        return 0.0
    onset, _, pitch, _ = np.array(rows[-_ROWS_KEPT:], np.int64).T
    steps = np.diff(onset)
    found = (
        (steps == STEPS_PER_BEAT // 2, MOST_EIGHTHS),
        (steps[1:] == steps[:-1], MOST_EQUAL_STEPS),
        (on_two_pitches(pitch, _WINDOW_NOTES), MOST_ON_TWO_PITCHES),
    )
    return sum(
        max(0.0, 100.0 * int(np.count_nonzero(which)) / max(_AS_MANY, len(which)) - most)
        for which, most in found
    )


class _Version(NamedTuple):
    """What one try came to, and where its draws begin."""

    heard: Notes
    beyond: float
    controls: Controls
    rng: Any


class _Played(NamedTuple):
    """A token that was drawn, and where the line was after it."""

    step: Step
    line: Saved
    opened: Open | None
    pull: Any


class _Passage(NamedTuple):
    """What was drawn, and what it was drawn with."""

    controls: Controls
    pull: Pull | None
    colour: Colour | None
    tokens: tuple[_Played, ...]


class RehearsingVoice(LineVoice):
    """A voice that tries as many versions of every two bars as the control `rehearse` says.

    Its line, the base class, stands at the end of the passage; `_handed` of whose tokens were given.
    """

    def __init__(self, *arguments: Any, judge: Judge, tempo_bpm: float, **options: Any) -> None:
        """The rest is as LineVoice has it."""
        self._passage: _Passage | None = None
        super().__init__(*arguments, tempo_bpm=tempo_bpm, **options)
        self._judge = judge
        self._handed = self._hurries = 0
        self._tried: list[_Version] = []
        self._rows: list[Row] = []
        """The last notes up to the end of the passage."""

    # -- what is asked of a voice

    @property
    def tick(self) -> int:
        """Where the next token begins that was not handed out."""
        passage = self._passage
        if passage is not None and self._handed < len(passage.tokens):
            return passage.tokens[self._handed].step.tick
        return super().tick

    def step(self, controls: Controls, landing: bool = False) -> Step:
        """Hand the next token out, and try some versions of what comes after the passage."""
        versions = round(controls.rehearse)
        if versions < _FEWEST or not self._begun or landing or self._ends(self.tick):
            self.settle()
            step = super().step(controls, landing)
            self._rows = [*self._rows[1 - _ROWS_KEPT :], *_rows_of([step])]
            return step
        passage = self._passage
        if passage is not None and not (
            passage.pull is self.pull
            and passage.colour is self.colour
            and _is_near(controls, passage.controls)
        ):
            self.settle()
            passage = None
        if passage is None or self._handed == len(passage.tokens):
            passage = self._draw(controls, versions)
        elif not self._ends(super().tick) and not self._hurries:
            missing, left = versions - len(self._tried), len(passage.tokens) - self._handed
            self._try(controls, -(-missing // left), REHEARSED_BARS)  # spread over what is left
        token = passage.tokens[self._handed]
        self._handed += 1
        self._hurries = max(0, self._hurries - 1)
        return token.step

    @property
    def keeps_open(self) -> bool:
        """As LineVoice has it: it listens to a partner, who may play at any moment."""
        return self._listens

    @keeps_open.setter
    def keeps_open(self, listens: bool) -> None:
        self.settle()
        self._listens = listens

    def set_label(self, label: NDArray[np.float32]) -> None:
        """Play as somebody else from the next note on."""
        self.settle()
        super().set_label(label)

    def set_tempo(self, bpm: float) -> None:
        """The tempo has changed, for what comes from the next note on; a little, from the next passage on."""
        if tempo_index(bpm) != tempo_index(self._bpm):
            self.settle()
        super().set_tempo(bpm)

    def reseed(self, seed: Sequence[int]) -> None:
        """Draw as if it had been made with this seed, from the next note on."""
        self.settle()
        super().reseed(seed)

    def praise(self) -> None:
        """What was played last is likelier to come again."""
        self.settle()
        super().praise()

    def opened(self) -> Open | None:
        """The line up to the last note that was handed out; None before the first."""
        passage = self._passage
        return super().opened() if passage is None else passage.tokens[self._handed - 1].opened

    def reopen(self, opened: Open | None) -> None:
        """Take back all that was said since; and what was drawn."""
        self._passage, self._tried = None, []
        super().reopen(opened)
        step = self._stepper.line.step  # where the note begins that is open
        self._rows = [row for row in self._rows if row.onset <= step]

    def settle(self) -> None:
        """Take back what was drawn and not handed out: the line stands where the last token left it."""
        passage, self._passage, self._tried = self._passage, None, []
        if passage is None or self._handed == len(passage.tokens):
            return
        self._back(passage.tokens[self._handed - 1])
        self._rows = [row for row in self._rows if row.onset < self._stepper.line.step]
        super().set_tempo(self._bpm)

    # -- rehearsing

    def _open_scores(self) -> NDArray[np.float32]:
        self.settle()
        return super()._open_scores()

    def _ends(self, tick: int) -> bool:
        """Whether the last note of the tune is next, or past: it is not rehearsed."""
        return self._final_step is not None and tick >= self._final_step * TICKS_PER_STEP

    def _back(self, to: _Played) -> None:
        """Stand after that token again; the draws go on."""
        rng = self._rng.bit_generator.state
        self.restore(to.line)
        self._rng.bit_generator.state = rng
        self._open = to.opened
        if self.pull is not None and to.pull is not None:
            self.pull.restore(to.pull)

    def _here(self, step: Step) -> _Played:
        return _Played(step, self.save(), self._open, self.pull and self.pull.save())

    def _try(self, controls: Controls, versions: int, bars: int) -> None:
        """So many versions more, but few of long ones; the line stands where it stood."""
        here, tokens, guard = self._here(_NO_STEP), 0, self._guard
        if not guard.has_limit:
            self._guard = _NO_GUARD  # nobody is told what a version quotes
        for _ in range(versions):
            if tokens >= (MOST_LISTENING if self._listens else MOST_AT_ONCE):
                break
            rng = self._rng.bit_generator.state
            steps = list(self._played_on(controls, bars))
            tokens += len(steps)
            self._back(here)
            rows = [*self._rows, *_rows_of(steps)]
            self._tried.append(_Version(self._heard(rows, bars), beyond(rows), controls, rng))
        self._guard = guard

    def _draw(self, controls: Controls, versions: int) -> _Passage:
        """The next passage."""
        bars = REHEARSED_BARS
        if self._passage is None:  # all are tried at once
            self._hurries = FIRST_LISTENING if self._listens else 0
            place = self._stepper.line.place
            bars = 1 if 2 * place.bar_position <= place.bar_steps else 2
        if not self._hurries:
            self._try(controls, versions - len(self._tried), bars)
        rng = None
        if self._tried:
            odds = self._judge([version.heard for version in self._tried]) / TEMPERATURE
            odds -= [version.beyond for version in self._tried]
            shares = np.exp(odds - odds.max())
            drawn = self._tried[int(self._rng.choice(len(odds), p=shares / shares.sum()))]
            controls, rng = drawn.controls, self._rng.bit_generator.state
            self._rng.bit_generator.state = drawn.rng
        pull, colour = self.pull, self.colour
        tokens = tuple(self._here(step) for step in self._played_on(controls, bars))
        if rng is not None:
            self._rng.bit_generator.state = rng
        passage = self._passage = _Passage(controls, pull, colour, tokens)
        self._handed, self._tried = 0, []
        self._rows = [*self._rows, *_rows_of([token.step for token in tokens])][-_ROWS_KEPT:]
        return passage

    def _played_on(self, controls: Controls, bars: int) -> Iterator[Step]:
        """The tokens of as many bars, counted from the beginning of the one where the line stands."""
        line = self._stepper.line
        place = line.place
        end_step = line.step - place.bar_position + bars * place.bar_steps
        if self._final_step is not None:
            end_step = min(end_step, self._final_step)
        yield super().step(controls)
        while line.step < end_step:
            yield super().step(controls)

    def _heard(self, rows: Sequence[Row], bars: int) -> Notes:
        """What the judge hears, up to the end of a version of so many bars from where the line stands."""
        line = self._stepper.line
        place = line.place
        first = line.step - place.bar_position + (bars - HEARD_BARS) * place.bar_steps
        onset, end, pitch, degree = np.array(rows, np.int64).reshape(-1, 4).T.copy()
        end[:-1] = np.minimum(end[:-1], onset[1:])
        role = np.full(len(onset), NO_CHORD)
        notes = Notes(onset - first, end - first, pitch, degree, role, place.bar_steps, self._bpm)
        return notes.within(0, HEARD_BARS * place.bar_steps)


_NO_GUARD = QuoteGuard(None)
_NO_STEP = Step(Token(None, 0, 0, 0, 0, 0), 0, 0, None)


def _rows_of(steps: Sequence[Step]) -> list[Row]:
    found = []
    for step in steps:
        note, token = step.note, step.token
        if note is not None and isinstance(token, Token) and token.degree is not None:
            onset = note.onset_tick // TICKS_PER_STEP
            end = onset + note.duration_tick // TICKS_PER_STEP
            found.append(Row(onset, end, note.pitch, token.degree))
    return found


def _is_near(one: Controls, other: Controls) -> bool:
    return all(
        abs(getattr(one, name) - getattr(other, name)) <= most for name, most in _SAME.items()
    )
