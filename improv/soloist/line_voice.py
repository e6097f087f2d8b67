"""A voice that speaks the grammar "line": one token a note, its parts drawn one after another.

Input -> output:  controls (values, each step)  ->  Step: a token and the note it stands for

The pitch of a note is drawn when its onset is known, and then the wait until the next one: so what changes (a
control, the player) reaches the next note that is not yet sounding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from improv.cell.sample import sample
from improv.config import HIGH_PITCH, LOW_PITCH
from improv.controls.table import Controls
from improv.feel.loudness import velocity_of
from improv.grammar.line.form import Form
from improv.grammar.line.loudness import decibels
from improv.grammar.line.stepper import Cell, SavedStepper, Stepper
from improv.grammar.line.table import (
    LEAST_STEPS,
    LOUDNESSES,
    MEAN_LOUDNESS,
    NEAR_STEPS,
    PITCHES,
    Token,
    class_steps,
    degree_and_octave,
    longest_class,
    wait_class,
)
from improv.music.chart import Chart
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP, Note
from improv.originality.guard import QuoteGuard
from improv.soloist.leaning import Leanings
from improv.soloist.loops import Loops
from improv.soloist.situation import Follower
from improv.soloist.voice import Pull, Step

LONGEST_REST_STEPS = 4 * 4 * STEPS_PER_BEAT
"""The longest wait of a soloist on stage: four bars of 4/4."""
_DENSITY = 0.9
"""How strongly the control `density` leans towards short waits at 1: nats a factor of e of the wait."""
_DENSITY_CENTRE_STEPS = 6.0
PHRASE_NOTES = 12
"""What was "just played" when somebody praises it."""
_PRAISE = 3
"""How often more it is counted then."""
_USUAL_TAIL = 1.0 - 0.95  # of the control top_p


@dataclass(frozen=True)
class Sampling:
    """How each part is drawn with the controls at their defaults; docs/sampling.md says how it was found.

    The control `temperature` multiplies the temperatures; below 1 it cools lengths and loudness too. The
    tails that are cut off (1 - top_p) grow and shrink with that of the control `top_p` against its own
    default.
    """

    pitch_temperature: float = 1.0
    pitch_top_p: float = 0.97
    wait_temperature: float = 1.0
    wait_top_p: float = 0.97
    length_top_p: float = 0.95
    loudness_top_p: float = 0.95
    leaning: float = 0.0
    """How far it leans to what people do more often than the cell (improv.soloist.leaning)."""
    memory: float = 1.0
    """What the short-term memory counts while the cell makes the line itself, against when it listens."""

    @classmethod
    def of(cls, values: Mapping[str, float]) -> Sampling:
        """From a model card; unknown names and values out of range are ignored: others may write cards."""
        sound = {
            name: float(value)
            for name, value in values.items()
            if isinstance(value, int | float) and _is_in_range(name, value)
        }
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in sound.items() if name in known})

    def with_values(self, values: Mapping[str, float]) -> Sampling:
        """These with some changed. Raises ValueError for a name that does not exist."""
        unknown = set(values) - {each.name for each in fields(self)}
        if unknown:
            raise ValueError(f"There is no sampling setting {sorted(unknown)[0]!r}.")
        return replace(self, **values)


def _is_in_range(name: str, value: float) -> bool:
    if name in ("memory", "leaning"):
        return 0.0 <= value <= 1.0
    return 0.0 < value <= (1.0 if name.endswith("_top_p") else 3.0)


class Saved(NamedTuple):
    """Where a voice was, between two tokens or where a note is said and not yet how long it lasts."""

    stepper: SavedStepper
    guard: Any
    loops: Any
    follower: Any
    begun: bool
    rng: Any


class Open(NamedTuple):
    """A line up to its last note, when it is not said yet what comes after it."""

    saved: Saved
    length_steps: int | None
    """Of the last note; None: it lasts up to the next."""
    loudness_db: float | None
    loudness: int | None


@dataclass(frozen=True, eq=False)
class Colour:
    """What somebody else's chord adds to the scores of pitches, in nats (128,), between two ticks."""

    leans: NDArray[np.float32]
    from_tick: int
    until_tick: int


class LineVoice:
    """Steps a pair cell along a line, and keeps its state and its memory, chorus after chorus."""

    def __init__(
        self,
        cell: Cell,
        chart: Chart,
        rng: np.random.Generator,
        *,
        label: NDArray[np.float32],
        tempo_bpm: float,
        start_tick: int = 0,
        final_tick: int | None = None,
        sampling: Sampling | None = None,
        guard: QuoteGuard | None = None,
        leanings: Leanings | None = None,
        at_once: bool = False,
        goes_on: Stepper | None = None,
        low_pitch: int = LOW_PITCH,
        high_pitch: int = HIGH_PITCH,
    ) -> None:
        """`final_tick`: an onset that no wait passes over, where the last note of a tune is to begin.

        `at_once`: the first note begins at `start_tick`, not when the cell would come in. `goes_on` is a line
        that notes have come in already: the voice goes on with it where it is, whatever else is said here of
        how a line begins.
        """
        self._sampling = sampling or Sampling()
        self._stepper = goes_on or Stepper(
            cell,
            Form(chart),
            tempo_bpm,
            label,
            start_tick // TICKS_PER_STEP,
            memory=self._sampling.memory,
        )
        self._rng = rng
        self._final_step = None if final_tick is None else final_tick // TICKS_PER_STEP
        self._guard = guard or QuoteGuard(None)
        self._loops = Loops()
        self._leanings = leanings if self._sampling.leaning else None
        self._lean = np.float32(self._sampling.leaning)
        self._follower = Follower(tempo_bpm)
        self._low, self._high = low_pitch, high_pitch
        pitches = np.arange(PITCHES)
        self._range = (pitches >= low_pitch) & (pitches <= high_pitch)
        self._begun, self._at_once = goes_on is not None, at_once
        self.pull: Pull | None = None
        """What pulls the line, from its next part on."""
        self.colour: Colour | None = None
        """The harmony of the moment, where it is not only what the chart says."""
        self._open: Open | None = None
        """The line up to the last note that was played or heard; None before the first."""
        self._blank: Saved | None = None
        """Before the first."""
        self._praised_step = -1
        self.keeps_open = False
        """Whether a line can be taken back to where a note was said and nothing after it."""
        self._label, self._bpm = label, tempo_bpm

    @property
    def tick(self) -> int:
        """Where the next note begins; before the first note, where the solo starts."""
        return self._stepper.line.step * TICKS_PER_STEP

    @property
    def range(self) -> tuple[int, int]:
        """The lowest and the highest pitch it plays."""
        return self._low, self._high

    def set_label(self, label: NDArray[np.float32]) -> None:
        """Play as somebody else from the next note on."""
        self._label = label
        self._stepper.set_label(label)

    def set_tempo(self, bpm: float) -> None:
        """The tempo has changed, for what comes from the next note on."""
        self._bpm = bpm
        self._stepper.line.set_tempo(bpm)
        self._follower.set_tempo(bpm)

    def set_memory(self, share: float) -> None:
        """What the memory of the line counts, against what its sampling says."""
        self._stepper.set_memory(share * self._sampling.memory)

    def reseed(self, seed: Sequence[int]) -> None:
        """Draw as if it had been made with this seed, from the next note on."""
        self._rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state

    def save(self) -> Saved:
        """Where it is, between two tokens, for `restore`. Nothing large is copied: some 5 us.

        A voice goes back any number of times to what was saved, up to NOTES_BACK notes
        (improv.grammar.line.memory); what was saved on a road that was given up since is void.
        """
        return Saved(
            self._stepper.save(),
            self._guard.save(),
            self._loops.save(),
            self._follower.save(),
            self._begun,
            self._rng.bit_generator.state,
        )

    def restore(self, saved: Saved) -> None:
        """Be as it was when it was saved, draws included. Raises ValueError where that is too long ago."""
        self._stepper.restore(saved.stepper)
        self._guard.restore(saved.guard)
        self._loops.restore(saved.loops)
        self._follower.restore(saved.follower)
        self._begun = saved.begun
        self._rng.bit_generator.state = saved.rng

    def step(self, controls: Controls, landing: bool = False) -> Step:
        """Play one token on; `landing`: its note is a tone of the chord."""
        if not self._begun:
            return self._begin(controls)
        stepper, line, draw = self._stepper, self._stepper.line, self._sampling
        onset_step = line.step
        tick = onset_step * TICKS_PER_STEP
        root, last = line.place.root_pc, line.last_pitch
        low, pull = self._low, self.pull
        leanings, follower, bar_position = self._leanings, self._follower, line.place.bar_position
        plan = None
        follower.goes_to = None if pull is None else pull.home
        if leanings is not None and (
            follower.plan is None or follower.planned_with != controls.phrase
        ):
            plan = leanings.plan(
                follower,
                self._rng,
                begin_tick=tick,
                pitches=(self._low, self._high),
                phrase=controls.phrase,
                temperature=controls.temperature,
                leans={} if pull is None else pull.plans,
            )
        scores = stepper.pitch_scores()
        if leanings is not None:
            situation = follower.situation(bar_position, sounding=False)
            scores = scores + self._lean * leanings.of_pitch(situation, follower.last_pitch)
        if pull is not None and (leans := pull.pitches(onset_step, last)) is not None:
            scores = scores + leans
        colour = self.colour
        if colour is not None and colour.from_tick <= tick < colour.until_tick:
            scores = scores + colour.leans
        pitch = low + sample(
            scores[low : self._high + 1],
            self._rng,
            temperature=draw.pitch_temperature * controls.temperature,
            top_p=_top_p(draw.pitch_top_p, controls.top_p),
            mask=self._allowed(onset_step, landing),
        )
        quote = self._guard.heard(onset_step, pitch)
        self._loops.heard(pitch)
        stepper.say_pitch(pitch)
        follower.say_pitch(pitch)
        saved = self.save() if self.keeps_open else None
        scores = stepper.wait_scores()
        if leanings is not None:
            situation = follower.situation(bar_position, sounding=True)
            scores = scores + self._lean * leanings.of_wait(situation)
        if pull is not None and (leans := pull.waits(onset_step, pitch)) is not None:
            scores = scores + leans
        wait = self._draw_wait(scores, controls)
        cool = min(1.0, controls.temperature)  # above 1, lengths and loudness do not get wilder
        extra = self._draw_extra(wait, cool)
        steps = LEAST_STEPS[wait] + extra
        stepper.say_wait(steps)
        scores = stepper.length_scores()
        if leanings is not None:
            situation = follower.situation(bar_position, sounding=True, wait=wait)
            scores = scores + self._lean * leanings.of_length(situation)
        scores = scores[: longest_class(steps) + 1]
        if pull is not None:
            scores = scores + np.linspace(0.0, pull.articulation, len(scores), dtype=np.float32)
        length = sample(scores, self._rng, temperature=cool, top_p=draw.length_top_p)
        scores = stepper.loudness_scores()
        if leanings is not None:
            scores = scores + self._lean * leanings.of_loudness(situation)
        if pull is not None:
            scores = scores + np.float32(pull.loudness) * _LOUDNESSES
            pull.said(onset_step, pitch, steps)
        loudness = sample(scores, self._rng, temperature=cool, top_p=draw.loudness_top_p)
        degree, octave = degree_and_octave(pitch, root, last)
        token = Token(degree, octave, wait, extra, length, loudness)
        length_steps = token.length_steps
        stepper.end(length_steps, loudness)
        follower.end(steps, length_steps)
        self._open = saved and Open(saved, length_steps, decibels(loudness), loudness)
        note = Note(tick, length_steps * TICKS_PER_STEP, pitch, _VELOCITIES[loudness])
        return Step(token, tick, line.step * TICKS_PER_STEP, note, quote, plan)

    def praise(self) -> None:
        """What was played last is likelier to come again; once for each note, however often it is said."""
        line = self._stepper.line
        if self._praised_step != line.step:
            self._praised_step = line.step
            line.praise(PHRASE_NOTES, _PRAISE)

    def praise_open(self) -> None:
        """The same for a line that waits for what comes next."""
        self.reopen(self._open)
        self.praise()
        if self._open is not None:
            self._open = self._open._replace(saved=self.save())

    # -- what others play

    def hear(self, onset_step: int, pitch: int, loudness_db: float | None) -> float:
        """Go on with a note of somebody else, so loud in dB about the mean; how long it lasts is not known
        yet. It comes after the last note that is open; what was said after that is taken back.

        Returns by how many nats the pitches a semitone or two beside it were likelier, in the mean.
        """
        after_heard = self._open is not None and self._open.loudness is None
        self._open_scores()
        self._stepper.listen(after_heard)
        least = int(self._open is not None)
        self._end_open(max(least, onset_step - self._stepper.line.step))
        self._stepper.listen()
        scores = self._stepper.pitch_scores()
        beside = np.logaddexp.reduce(scores[_BESIDE[pitch]]) - math.log(len(_BESIDE[pitch]))
        doubt = float(beside - scores[pitch])
        self._stepper.say_pitch(pitch)
        self._stepper.listen(False)
        self._follower.drop()
        self._follower.say_pitch(pitch)
        self._open = Open(self.save(), None, loudness_db, None)
        return doubt

    def ended(self, length_steps: int) -> None:
        """How long the note lasted that was heard last."""
        if self._open is not None:
            self._open = self._open._replace(length_steps=max(1, length_steps))

    def open_scores(self) -> NDArray[np.float32]:
        """(61,) of the class of the wait after the note that is open; the line is open afterwards."""
        scores = self._open_scores()
        self.reopen(self._open)
        return scores

    def opened(self) -> Open | None:
        """The line up to its last note, for `reopen`; None before the first note."""
        return self._open

    def reopen(self, opened: Open | None) -> None:
        """Take back all that was said since; None: to where nothing was said. Needs `keeps_open`."""
        self._open = opened
        saved = self._blank if opened is None else opened.saved
        if saved is not None:
            self.restore(saved)
            self._stepper.set_label(self._label)
            self._stepper.line.set_tempo(self._bpm)
            self._follower.set_tempo(self._bpm)

    def come_in(self, first_step: int, last_step: int, controls: Controls) -> None:
        """Say when the line goes on after the note that is open: its next note begins in these steps."""
        scores = self._open_scores()
        if controls.density:
            scores = scores + np.float32(controls.density) * _LEANING
        step, least = self._stepper.line.step, int(self._open is not None)
        first = max(least, first_step - step)
        last = max(first, last_step - step)
        from_wait, to_wait = wait_class(first), wait_class(last)
        cool = min(1.0, controls.temperature)
        wait = from_wait + sample(
            scores[from_wait : to_wait + 1],
            self._rng,
            temperature=self._sampling.wait_temperature * cool,
            top_p=_top_p(self._sampling.wait_top_p, controls.top_p),
        )
        steps = class_steps(wait)
        fitting = range(max(first, steps.start), min(last + 1, steps.stop))
        if len(fitting) > 1:
            extra = self._stepper.extra_scores(wait)
            within = extra[fitting.start - steps.start : fitting.stop - steps.start]
            fitting = fitting[sample(within, self._rng, temperature=cool) :]
        self._end_open(fitting[0] if fitting else first)

    def _open_scores(self) -> NDArray[np.float32]:
        """Of the wait after the last note."""
        self.reopen(self._open)
        if self._open is not None:
            return self._stepper.wait_scores()
        self._blank, self._begun = self.save(), True
        return self._stepper.begin()

    def _end_open(self, wait_steps: int) -> None:
        self._stepper.say_wait(wait_steps)
        if self._open is None:
            self._stepper.end_heard(1, None, None)
            return
        length = min(self._open.length_steps or wait_steps, wait_steps)
        self._stepper.end_heard(length, self._open.loudness_db, self._open.loudness)
        self._follower.end(wait_steps, length)

    def _begin(self, controls: Controls) -> Step:
        self._blank = self.save() if self.keeps_open else None
        self._begun = True
        line = self._stepper.line
        tick = line.step * TICKS_PER_STEP
        scores = self._stepper.begin()
        wait = 0 if self._at_once else self._draw_wait(scores, controls)
        extra = self._draw_extra(wait, min(1.0, controls.temperature))
        token = Token(None, 0, wait, extra, 0, MEAN_LOUDNESS)
        self._stepper.say_wait(token.wait_steps)
        self._stepper.end(1, None)
        return Step(token, tick, line.step * TICKS_PER_STEP, None)

    def _allowed(self, onset_step: int, landing: bool) -> NDArray[np.bool_] | None:
        """The pitches of the range that are allowed; None: all."""
        allowed = self._guard.allowed(onset_step, self._range)
        barred = self._loops.barred
        if not landing and allowed is self._range and barred is None:
            return None
        mask = self._range if allowed is None else allowed
        if barred is not None:
            self._stepper.line.forget()  # else the memory leads back to the loop
            left = mask & (np.arange(PITCHES) != barred)
            mask = left if left.any() else mask
        if landing:
            tones = self._stepper.line.tones
            landed = mask & np.array([pitch % 12 in tones for pitch in range(PITCHES)])
            mask = landed if landed.any() else mask
        return mask[self._low : self._high + 1]

    def _draw_wait(self, scores: NDArray[np.float32], controls: Controls) -> int:
        """The class of wait that is drawn."""
        if controls.density:
            scores = scores + np.float32(controls.density) * _LEANING
        return sample(
            scores[: wait_class(self._longest_wait_steps()) + 1],
            self._rng,
            temperature=self._sampling.wait_temperature * controls.temperature,
            top_p=_top_p(self._sampling.wait_top_p, controls.top_p),
        )

    def _longest_wait_steps(self) -> int:
        """The wait, cut so that it neither passes over the last note's place nor lasts too long."""
        step, final_step = self._stepper.line.step, self._final_step
        if final_step is not None and step < final_step:
            return min(LONGEST_REST_STEPS, final_step - step)
        return LONGEST_REST_STEPS

    def _draw_extra(self, wait: int, temperature: float) -> int:
        if wait <= NEAR_STEPS:
            return 0  # said exactly
        steps = class_steps(wait)
        fitting = max(1, self._longest_wait_steps() - steps.start + 1)
        scores = self._stepper.extra_scores(wait)[:fitting]
        top_p = self._sampling.wait_top_p
        return sample(scores, self._rng, temperature=temperature, top_p=top_p)


def _top_p(part: float, control: float) -> float:
    """The share that is kept of a part; a control of 1 keeps everything."""
    return min(1.0, max(0.01, 1.0 - (1.0 - part) * (1.0 - control) / _USUAL_TAIL))


_BESIDE = [
    [other for by in (-2, -1, 1, 2) if 0 <= (other := pitch + by) < PITCHES]
    for pitch in range(PITCHES)
]
_VELOCITIES = [velocity_of(loudness) for loudness in range(LOUDNESSES)]
_LOUDNESSES = np.arange(LOUDNESSES, dtype=np.float32) - MEAN_LOUDNESS
_LEANING = np.array(
    [-_DENSITY * math.log(max(1, steps) / _DENSITY_CENTRE_STEPS) for steps in LEAST_STEPS],
    np.float32,
)
