"""The plan of a phrase: what a soloist means to play, drawn when the phrase begins.

    how people's phrases follow each other ──> PhrasePlan ──> leans the scores of every note of the phrase

How many notes, in which division of the beat, about where its last note and its middle lie, how loud, how
legato, and whether it takes up the head of an earlier phrase. A plan is an intention: the notes are still
drawn one at a time, the cell may end a phrase early, and from the last note planned on each is leant towards
ending it.

People's phrases are cut where a note is followed by a silence of a beat (improv.features.phrases), and
`improv.training.leanings` learns from them how plans follow each other and what a plan makes likelier.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import median_low
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from improv.grammar.line.table import MEAN_LOUDNESS
from improv.music.note import TICKS_PER_STEP
from improv.music.pitch import pitch_name

DIVISIONS = ("long", "eighths", "triplets", "sixteenths")
"""The middle one of the steps of a phrase: over two thirds of a beat; over a third; a third; shorter."""
LOUDNESSES = ("softer", "as before", "louder")
"""Than the solo is on the whole."""
TOUCHES = ("staccato", "detached", "as usual", "held", "legato")
"""How much of the way to the next note sounds, within a phrase: fifths of people's phrases."""
_TOUCH_BORDERS = (0.742, 0.79, 0.827, 0.862)
SIZES = (1, 2, 3, 4, 6, 8, 10, 13, 17, 23, 31, 45)
"""The least notes of each class of phrases."""
_MOST_NOTES = 72
TARGET_SEMITONES = 3
"""A target is said in classes so wide: the chord chooses the tone."""
TARGETS = 13
"""Classes of the last note's pitch against the last note before the phrase: -18 to 18 semitones."""
REGISTERS = 9
"""Classes of the mean pitch of a phrase against that of the solo so far: -12 to 12 semitones."""
RECALLS = ((0, 0), (0, 1), (1, 4), (4, 24))
"""Which of the phrases before, the latest first, may be taken up; the first class: none."""
_DIVISION_STEPS = (14.0, 6.5, 4.3, 3.3)
_LONGEST = (3, 4, 8)  # steps: up to these sixteenths, triplets, eighths


class PhrasePlan(NamedTuple):
    """What the soloist means to play."""

    begin_tick: int
    """Where its first note begins."""
    notes: int
    """How many it means to play."""
    division: str
    """One of DIVISIONS."""
    target_pitch: int | None
    """About where its last note lies; None: the solo begins, and says nothing of it."""
    centre_pitch: int | None
    """About the mean of its notes; None as above."""
    loudness: str
    """One of LOUDNESSES."""
    touch: str
    """One of TOUCHES."""
    takes_up: int | None
    """Whose head it takes up, so many phrases ago; None: nobody's."""

    @property
    def end_tick(self) -> int:
        """About where its last note begins, if it keeps to its division."""
        steps = _DIVISION_STEPS[DIVISIONS.index(self.division)] * (self.notes - 1)
        return self.begin_tick + round(steps) * TICKS_PER_STEP

    @property
    def _values(self) -> str:
        return "long notes" if self.division == "long" else self.division

    def __str__(self) -> str:
        said = ["one note"]
        if self.notes > 1:
            said = [f"about {self.notes} notes", self._values]
        if self.target_pitch is not None:
            said.append(f"to {pitch_name(self.target_pitch)}")
        said += [word for word in (self.loudness, self.touch) if not word.startswith("as ")]
        if self.takes_up is not None:
            ago = self.takes_up + 1
            said.append("as the one before" if ago == 1 else f"as {ago} phrases ago")
        return ", ".join(said)

    @property
    def short(self) -> str:
        """In at most 33 characters: "14 eighths to E5, as 3 ago"."""
        target = "" if self.target_pitch is None else f" to {pitch_name(self.target_pitch)}"
        taken = "" if self.takes_up is None else f", as {self.takes_up + 1} ago"
        notes = f"{self.notes} {self._values}" if self.notes > 1 else "1 note"
        return f"{notes}{target}{taken}"


class Classes(NamedTuple):
    """Of a plan."""

    size: int
    division: int
    target: int
    register: int
    loudness: int
    touch: int
    recall: int


CLASSES = Classes(
    len(SIZES),
    len(DIVISIONS),
    TARGETS,
    REGISTERS,
    len(LOUDNESSES),
    len(TOUCHES),
    len(RECALLS),
)
"""How many there are of each."""
_SIZE_NATS = np.log(np.array(SIZES) / 10.0).astype(np.float32)
"""What a control that is 1 adds to each class of sizes, before it is scaled."""
LENGTHENING = 1.3
"""How strongly the control `phrase` leans to longer phrases at 1: nats a factor of e of the notes."""


def size_class(notes: int) -> int:
    """The class of a phrase of so many notes."""
    return bisect_right(SIZES, notes) - 1


def division_class(waits: Sequence[int]) -> int:
    """Of the steps from note to note within a phrase; a single note is long."""
    if not waits:
        return 0
    return len(DIVISIONS) - 1 - bisect_left(_LONGEST, median_low(waits))


def interval_class(semitones: float, classes: int) -> int:
    """Of the interval from the last note before a phrase to its last (of TARGETS), or from the mean pitch of
    the solo so far to that of the phrase (of REGISTERS)."""
    middle = classes // 2
    return middle + max(-middle, min(middle, round(semitones / TARGET_SEMITONES)))


def loudness_plan(classes: Sequence[int | None]) -> int:
    """Of the classes of loudness of a phrase's notes (improv.grammar.line.loudness)."""
    known = [each - MEAN_LOUDNESS for each in classes if each is not None]
    mean = sum(known) / len(known) if known else 0.0
    return 1 + (mean > 0.5) - (mean < -0.5)


def touch_class(shares: Sequence[float]) -> int:
    """Of the shares of their waits that the notes of a phrase sound, without the last; none: as usual."""
    if not shares:
        return len(TOUCHES) // 2
    return bisect_right(_TOUCH_BORDERS, sum(shares) / len(shares))


def recall_class(phrases_ago: int | None) -> int:
    """Of what is taken up; 0: nothing."""
    if phrases_ago is None:
        return 0
    return next(n for n, (first, end) in enumerate(RECALLS) if first <= phrases_ago < end)


def plan_of(
    classes: Classes,
    rng: np.random.Generator,
    *,
    begin_tick: int,
    last_pitch: int,
    home: float,
    phrases: int,
    pitches: tuple[int, int],
) -> PhrasePlan:
    """A plan in these classes. `last_pitch` is below 0 where nothing was played, `home` the mean of what
    was, `phrases` how many heads are remembered, `pitches` the lowest and the highest that are played."""
    ends = (*SIZES[1:], _MOST_NOTES)
    notes = int(rng.integers(SIZES[classes.size], ends[classes.size]))
    first, end = RECALLS[classes.recall]
    end = min(end, phrases)
    takes_up = int(rng.integers(first, end)) if first < end else None
    goal = last_pitch + TARGET_SEMITONES * (classes.target - TARGETS // 2)
    centre = round(home) + TARGET_SEMITONES * (classes.register - REGISTERS // 2)
    low, high = pitches
    return PhrasePlan(
        begin_tick,
        notes,
        DIVISIONS[classes.division],
        None if last_pitch < 0 else max(low, min(high, goal)),
        None if last_pitch < 0 else max(low, min(high, centre)),
        LOUDNESSES[classes.loudness],
        TOUCHES[classes.touch],
        takes_up,
    )


def lengthened(nats: NDArray[np.float32], phrase: float) -> NDArray[np.float32]:
    """The scores of the sizes as the control `phrase` (-1 to 1) leans them."""
    return nats + np.float32(LENGTHENING * phrase) * _SIZE_NATS
