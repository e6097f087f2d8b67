"""What of a call comes back in the reply.

    call ──> a few notes of it, as they were, turned, lengthened or their rhythm alone ──> Taking, a Pull

The cell still draws each note: a Taking adds to the scores of what the motif would have next, as much as the
control `answer` says, and where the cell goes elsewhere the motif is given up. Where it begins it leans to
the pitch from which the motif fits the chords it will fall on. So what comes back is moved to where the music
is, and is seldom the same twice. Of a call that is full of slips it takes what was probably meant: where the
cell would have played it, in a rhythm as people play it (improv.partner.rhythm).

With `follow` a reply goes to the density, the register, the loudness and the touch of the call, or away; the
plans of its phrases do (improv.soloist.phrase_plan), and so does each note.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.controls.table import Controls
from improv.features.notes import AVOID, OUTSIDE, TENSION, TONE, roles_of
from improv.feel.loudness import MEAN_VELOCITY
from improv.grammar.line.table import CENTRE_PITCH, LEAST_STEPS, PITCHES, WAITS
from improv.music.chart import Chart
from improv.music.chord import Chord
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_BEAT, TICKS_PER_STEP, Note
from improv.partner.heard import HeardNote
from improv.partner.rhythm import meant
from improv.soloist.phrase_plan import CLASSES, division_class, size_class, touch_class

Floats = NDArray[np.float32]

FEWEST_NOTES, MOST_NOTES = 4, 7
"""Of a motif."""
_LONGEST_WAIT_STEPS = 2 * STEPS_PER_BEAT
"""A motif has no longer one within it."""
_SURE = 8.0
"""Nats by which the next note of a motif is made likelier at `answer` 1."""
_NEARLY = 0.35
"""What a step or a semitone beside it gets of that."""
_FIT = {TONE: 1.0, TENSION: 0.6, AVOID: 0.2, OUTSIDE: -1.0}
_FITTING = 1.2
"""Nats that a first pitch gets from which all notes of the motif are tones of their chords, at `answer` 1."""
_CHOICE, _SURENESS = 0.3, 4.0
"""How much likelier a motif is for a whole of `stands`, in nats, and for a nat of `sure`."""
_USUALLY_SURE, _DOUBTED, _LEAST = -0.5, 2.0, 0.4
"""The median `sure` of what is taken up of calls without mistakes; how many nats a motif's power falls for
each nat that it is less sure; the least power."""
_LATEST_NOTES = 64
"""Of a call, from which motifs are taken."""
_WRONG_SHARE, _WRONG_NOTES = 0.2, 10
"""Of wrong notes that are expected, and how many notes it takes to believe in another share."""
_APART_NOTES = (2, 7)
"""So many notes at the least, and fewer than that at the most, are between two motifs."""

_USUAL_NOTES_A_BEAT = 1.4
_USUAL_TOUCH, _USUAL_PITCH = 0.75, 65.0
"""Of people: the share of the time to the next note for which a note sounds; the mean pitch."""
_HURRY = 1.5
"""Nats a factor of e of the wait, for a reply that is as far from its density as it can be, and at the most;
twice as many at `follow` 1, for a plan says how many notes there are to be."""
_TILT, _HEIGHT_NOTES = 0.012, 8
"""Nats a semitone, upwards, for a reply whose last so many notes lie a semitone below where it is to be in
the mean: so it is moved, and its own range is left to it."""
_REGISTER_SD = 5.0
"""Semitones from the register of a duet's other voice at which a pitch loses half a nat."""
_APART_PITCHES = 9.0
"""From the middle of the partner's register to that of a duet's other voice."""
_DOUBLED = 20.0
_LOUDER, _TOUCH = 2.0, 6.0
"""Nats a class of loudness for a call that is a factor of e louder than usual; nats for the whole touch."""
_PLANNED = {"size": (8.0, 0.03), "division": (1.0, 0.4), "touch": (2.0, 0.4)}
"""Part of a plan -> its class as people's phrases have it in the mean (a phrase counts as often as it has
notes), and nats a class, at `follow` 1, for each class that the call is away from that."""
_RECALLED = 2.0
"""Nats at `answer` 1 for a plan that takes up the head of the call's last phrase."""
_LATEST = np.array([0.0, 1.0, 0.0, 0.0], np.float32)
_OF_ITSELF = 0.2
"""How far a line that goes on with a call follows it of itself in density and register; this is taken off."""
_REGISTER = 3.0
"""At a third of `follow` a reply goes all the way to the register of the call, or away."""


@dataclass(frozen=True)
class Motif:
    """n intervals in semitones and n waits in steps, between n + 1 notes.

    `pitched` False: its rhythm alone. `phase`: steps into the beat of its first note. `stands`: -1 to 1, how
    well it stood in its chords. `sure`: logarithm of how likely it was meant as it is here.
    """

    intervals: tuple[int, ...]
    waits: tuple[int, ...]
    phase: int = 0
    stands: float = 1.0
    sure: float = 0.0
    pitched: bool = True

    @property
    def power(self) -> float:
        """It comes back as at the `answer` to this power, so many times sooner: 1, less where it was not
        surely meant so. So as much comes back of what was meant."""
        power = math.exp(_DOUBTED * (self.sure - _USUALLY_SURE))
        return max(_LEAST, min(1.0, power))

    def turned(self) -> Motif:
        """Upside down."""
        return replace(self, intervals=tuple(-interval for interval in self.intervals))

    def lengthened(self) -> Motif:
        """Twice as long."""
        return replace(self, waits=tuple(2 * wait for wait in self.waits))

    def rhythm(self) -> Motif:
        """Its rhythm alone."""
        return replace(self, pitched=False)


_WAYS = (
    (0.65, lambda motif: motif),
    (0.15, Motif.rhythm),
    (0.1, Motif.turned),
    (0.1, Motif.lengthened),
)
"""How often a motif comes back in which way."""


def classes_of(line: Sequence[HeardNote]) -> dict[str, float]:
    """Those of the plans that phrases of a line of two notes or more could have been played with, in the
    mean; parts of which the line says nothing are left out."""
    sizes, waits, held = [1], [], []
    for note, after in pairwise(line):
        wait = max(1, after.onset_tick - note.onset_tick)
        sounds = min(wait, (note.end_tick or after.onset_tick) - note.onset_tick)
        if wait - sounds >= TICKS_PER_BEAT:
            sizes.append(0)
        else:
            waits.append(wait // TICKS_PER_STEP)
            held.append(sounds / wait)
        sizes[-1] += 1
    found = {"size": sum(size * size_class(size) for size in sizes) / len(line)}
    if waits:
        found |= {"division": division_class(waits), "touch": touch_class(held)}
    return found


class Taking:
    """What one reply takes up of one call; a Pull of the voice that plays it."""

    def __init__(
        self,
        line: Sequence[HeardNote],
        controls: Controls,
        chart: Chart,
        rng: np.random.Generator,
        pitches: tuple[int, int],
        start_step: int,
        doubts: Sequence[float] = (),
        *,
        apart: bool = False,
        most: int | None = None,
    ) -> None:
        """`pitches`: lowest and highest that can be played; the reply may begin at `start_step`. `apart`: it
        keeps to another register than the call, and off the note that sounds in it. `most`: so many motifs
        and no more, and nothing is followed.
        """
        self._chart, self._rng, self._answer = chart, rng, controls.answer
        self._motifs = motifs_of(line, chart, controls.tempo_bpm, doubts)
        nats = np.array([_SURENESS * m.sure + _CHOICE * m.stands for m in self._motifs])
        weights = np.exp(nats - nats.max(initial=-np.inf))
        self._chances = weights / weights.sum()
        self._low, self._high = pitches
        self._motif: Motif | None = None
        self._at = self._apart = 0
        self._start_step, self._notes = start_step, 0
        self._notes_a_beat: float | None = None
        self._hurry = _HURRY
        self._register: Floats | None = None
        """What a duet's other voice is given of each pitch."""
        self._centre: float | None = None
        self._height: float | None = None
        """Where the reply has been lately, in the mean."""
        self.loudness = self.articulation = 0.0
        self.home: float | None = None
        self.plans: Mapping[str, Floats] = {}
        self._left = most
        if len(line) > 1 and most is None:
            self._follow(line, controls.follow, apart)
        self._last = line[-1] if line and apart else None

    def _follow(self, line: Sequence[HeardNote], follow: float, apart: bool) -> None:
        """Find out where the reply is to go: `follow` of the way from the usual to the call."""
        self.plans = self._plan_as(line, follow)
        first, last = line[0].onset_tick, line[-1].onset_tick
        bars = self._chart.bar_of(last) - self._chart.bar_of(first) + 1
        beats = self._chart.bar_tick(self._chart.bar_of(first) + bars)
        beats -= self._chart.bar_tick(self._chart.bar_of(first))
        dense = len(line) / (beats / TICKS_PER_STEP / STEPS_PER_BEAT)
        off = follow - _OF_ITSELF
        self._hurry = _HURRY * (1.0 + abs(off))
        self._notes_a_beat = _USUAL_NOTES_A_BEAT * (dense / _USUAL_NOTES_A_BEAT) ** off
        high = float(np.mean([note.pitch for note in line]))
        share = max(-1.0, min(1.0, _REGISTER * follow)) - _OF_ITSELF
        centre = _USUAL_PITCH + share * (high - _USUAL_PITCH)
        if apart:
            centre = high + (_APART_PITCHES if high < _USUAL_PITCH else -_APART_PITCHES)
        centre = max(self._low + 5.0, min(self._high - 5.0, centre))
        self._centre = self.home = centre
        if apart:
            away = (np.arange(PITCHES, dtype=np.float32) - np.float32(centre)) / _REGISTER_SD
            self._register = -0.5 * away * away
        loud = float(np.mean([math.log(max(1, note.velocity) / MEAN_VELOCITY) for note in line]))
        self.loudness = _LOUDER * follow * loud
        touches = [
            min(1.0, (note.end_tick - note.onset_tick) / max(1, after.onset_tick - note.onset_tick))
            for note, after in pairwise(line)
            if note.end_tick is not None
        ]
        if touches:
            self.articulation = _TOUCH * follow * (float(np.mean(touches)) - _USUAL_TOUCH)

    def _plan_as(self, line: Sequence[HeardNote], follow: float) -> dict[str, Floats]:
        """Nats that lean the plans of the reply's phrases to those that the call could have been played with,
        or away from them."""
        plans: dict[str, Floats] = {"recall": np.float32(_RECALLED * self._answer) * _LATEST}
        for part, called in classes_of(line).items():
            usual, nats = _PLANNED[part]
            ramp = np.arange(getattr(CLASSES, part), dtype=np.float32) - np.float32(usual)
            plans[part] = np.float32(nats * follow * (called - usual)) * ramp
        return plans

    @classmethod
    def again(
        cls, notes: Sequence[Note], chart: Chart, rng: np.random.Generator, pitches: tuple[int, int]
    ) -> Taking:
        """To play what was just played again, changed, twice."""
        line = [
            HeardNote(n.onset_tick, n.end_tick, n.pitch, n.velocity, n.onset_tick) for n in notes
        ]
        controls = Controls(answer=1.0)
        return cls(line, controls, chart, rng, pitches, 0, most=2)

    # -- as a Pull

    def pitches(self, step: int, last_pitch: int) -> Floats | None:
        """(128,) for the note that begins at a step."""
        last, register = self._last, self._register
        if register is None and self._centre is not None:
            below = self._centre - (last_pitch if self._height is None else self._height)
            register = np.float32(_TILT * below) * _PITCHES
        if last is not None and (last.end_tick is None or last.end_tick > step * TICKS_PER_STEP):
            leans = np.zeros(PITCHES, np.float32) if register is None else register.copy()
            leans[last.pitch % 12 :: 12] -= _DOUBLED
            return leans
        self._begin_one(step)
        motif = self._motif
        if motif is None or not motif.pitched:
            return register
        if self._at == 0:
            leans = np.float32(_FITTING * self._answer) * self._fits(motif, step)
            return leans if register is None else leans + register
        leans = np.zeros(PITCHES, np.float32)
        meant = last_pitch + motif.intervals[self._at - 1]
        for pitch, part in ((meant - 1, _NEARLY), (meant + 1, _NEARLY), (meant, 1.0)):
            if 0 <= pitch < PITCHES:
                leans[pitch] = _SURE * self._answer**motif.power * part
        return leans

    def waits(self, step: int, pitch: int) -> Floats | None:
        """(61,) for the class of the wait after the note."""
        motif = self._motif
        if motif is not None and self._at < len(motif.waits):
            beside = np.abs(_STEPS - motif.waits[self._at])
            return np.float32(_SURE * self._answer**motif.power) * np.float32(_NEARLY) ** beside
        if self._notes_a_beat is None:
            return None
        beats = (step - self._start_step) / STEPS_PER_BEAT
        missing = self._notes_a_beat * (beats + 2.0) - (self._notes + 1 + 2.0 * _USUAL_NOTES_A_BEAT)
        hurry = max(-1.0, min(1.0, missing / (self._notes_a_beat * 4.0)))
        return np.float32(self._hurry * hurry) * _QUICKNESS

    def said(self, step: int, pitch: int, wait_steps: int) -> None:
        """A note was played: the motif goes on or is given up."""
        self._notes += 1
        before = pitch if self._height is None else self._height
        self._height = before + (pitch - before) / min(self._notes, _HEIGHT_NOTES)
        motif = self._motif
        if motif is None:
            self._apart -= 1
        elif self._at < len(motif.waits) and abs(wait_steps - motif.waits[self._at]) <= 2:
            self._at += 1
        else:
            self._apart = round(motif.power * int(self._rng.integers(*_APART_NOTES)))
            self._motif = None

    def save(self) -> tuple[Any, ...]:
        """Where it is, for `restore`; its generator too."""
        rng = self._rng.bit_generator.state
        return self._motif, self._at, self._apart, self._notes, self._height, self._left, rng

    def restore(self, saved: tuple[Any, ...]) -> None:
        """Take back what was played since."""
        self._motif, self._at, self._apart, self._notes, self._height, self._left, rng = saved
        self._rng.bit_generator.state = rng

    def _begin_one(self, step: int) -> None:
        """Perhaps begin another motif with the note at this step."""
        if self._motif is not None or self._apart > 0 or not self._motifs or self._left == 0:
            return
        chances = self._chances.copy()
        away = np.array([motif.phase != step % STEPS_PER_BEAT for motif in self._motifs])
        chances[away] *= 0.1
        found = self._motifs[int(self._rng.choice(len(chances), p=chances / chances.sum()))]
        if self._rng.random() >= self._answer**found.power:
            self._apart = _APART_NOTES[0]
            return
        self._left = None if self._left is None else self._left - 1
        ways = np.array([share for share, _ in _WAYS])
        way = _WAYS[int(self._rng.choice(len(_WAYS), p=ways / ways.sum()))][1]
        self._motif, self._at = way(found), 0

    def _fits(self, motif: Motif, step: int) -> Floats:
        """(128,) how well the motif would stand from each pitch on, over the chords it falls on."""
        steps = step + np.cumsum((0, *motif.waits))
        offsets = np.cumsum((0, *motif.intervals))
        fits = np.zeros(PITCHES, np.float32)
        for at, offset in zip(steps, offsets, strict=True):
            fits += np.roll(_fit_over(self._chart.chord_at(int(at) * TICKS_PER_STEP)), -offset)
        fits /= len(steps)
        pitches = np.arange(PITCHES)
        low, high = pitches + offsets.min() >= self._low, pitches + offsets.max() <= self._high
        fits[~(low & high)] = -1.0
        return fits


_PITCHES = np.arange(PITCHES, dtype=np.float32) - np.float32(CENTRE_PITCH)
_STEPS = np.array(LEAST_STEPS, np.float32)
_QUICKNESS = np.array(
    [-math.log(max(1, LEAST_STEPS[wait]) / 6.0) for wait in range(WAITS)], np.float32
)
"""Of each class of wait, against that of an eighth."""


@lru_cache(maxsize=256)
def _fit_over(chord: Chord | None) -> Floats:
    """(128,) how well each pitch stands over a chord."""
    if chord is None:
        return np.zeros(PITCHES, np.float32)
    roles = roles_of(chord)
    degrees = (np.arange(PITCHES) - chord.root_pc) % 12
    return np.array([_FIT[int(role)] for role in roles[degrees]], np.float32)


def motifs_of(
    line: Sequence[HeardNote], chart: Chart, tempo_bpm: float, doubts: Sequence[float] = ()
) -> list[Motif]:
    """All that could be taken up of a line: its runs of a few notes without a rest in them.

    `doubts`: by how many nats the pitches beside each note were likelier; none: all were meant.
    """
    line, doubts = line[-_LATEST_NOTES:], doubts[-_LATEST_NOTES:]
    if len(line) < FEWEST_NOTES:
        return []
    first_step, waits, sure = meant([note.onset_tick // TICKS_PER_STEP for note in line], tempo_bpm)
    steps = [first_step, *(first_step + np.cumsum(waits)).tolist()]
    intervals = np.diff([note.pitch for note in line]).tolist()
    fits = [float(_fit_over(chart.chord_at(note.onset_tick))[note.pitch]) for note in line]
    right = _right(doubts) if doubts else [0.0] * len(line)
    most = min(MOST_NOTES, max(FEWEST_NOTES, len(line) - 2))
    found = []
    for first in range(len(line)):
        for end in range(first + FEWEST_NOTES, min(first + most, len(line)) + 1):
            if not all(0 < wait <= _LONGEST_WAIT_STEPS for wait in waits[first : end - 1]):
                break
            stands = (sum(fits[first:end]) / (end - first) + min(fits[first:end])) / 2
            likely = sum(sure[first : end - 1]) + sum(right[first:end])
            found.append(
                Motif(
                    tuple(intervals[first : end - 1]),
                    tuple(waits[first : end - 1]),
                    steps[first] % STEPS_PER_BEAT,
                    stands,
                    likely,
                )
            )
    return found


def _right(doubts: Sequence[float]) -> list[float]:
    """Logarithm of how likely each note was meant.

    A note is what the cell would have there, or a semitone or two beside that; how many are, is found from
    all of them (expectation-maximization, a few rounds).
    """
    odds, share = np.exp(np.clip(doubts, -12.0, 12.0)), _WRONG_SHARE
    wrong = np.zeros(len(odds))
    for _ in range(4):
        wrong = share * odds / (1.0 - share + share * odds)
        share = (wrong.sum() + _WRONG_SHARE * _WRONG_NOTES) / (len(odds) + _WRONG_NOTES)
    return np.log1p(-wrong).tolist()
