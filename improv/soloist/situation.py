"""Where a line is: the situation before each part of a note is drawn, and what a plan is drawn after.

Input -> output:  the notes of a line, one after another  ->  Situation, whole numbers from 0 to 63

Leanings (improv.soloist.leaning) go by it. People's lines are followed in the same way when they are learned.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple

from improv.grammar.line.table import wait_class
from improv.music.note import STEPS_PER_BEAT
from improv.soloist import phrase_plan
from improv.soloist.phrase_plan import TARGET_SEMITONES, Classes, PhrasePlan

WIDEST_INTERVAL = 25
INTERVALS = 2 * WIDEST_INTERVAL + 1
HEAD_NOTES = 4
"""The head of a phrase, which a later phrase may take up: so many notes."""
_HEADS_KEPT = 24
PHRASE_REST_STEPS = STEPS_PER_BEAT
"""The silence that ends a phrase (improv.features.phrases)."""
_WAITS_ROUGHLY = (3, 4, 5, 6, 7, 9, 12, 13, 25)
_PHRASE_NOTES = (1, 2, 3, 4, 6, 9, 13, 19, 27)
_TEMPOS_BPM = (85.0, 120.0, 170.0, 220.0, 260.0)
_MEAN_NOTES = 50.0
_NOTES_LEFT = (1, 2, 3, 4, 6, 9, 15)
_FARTHEST_TARGET = 7
_FARTHEST_CENTRE = 8
_FARTHEST_HOME = 6
_PHRASES_COUNTED = 5
NONE = 63
_Alike = Callable[[tuple[int, int], tuple[int, int]], bool]


class Situation(NamedTuple):
    """What a leaning goes by; every value is 0 to 63."""

    place: int
    """Steps into the beat."""
    beat: int
    tempo: int
    phrase: int
    """Class of the notes of the phrase so far."""
    phrase_before: int
    """Class of the notes of the phrase before."""
    waits: tuple[int, int, int]
    """Classes, the latest first."""
    roughly: int
    """The latest in a few classes."""
    intervals: tuple[int, int]
    register: int
    """Where the last note is against the mean of the last fifty or so, in classes of two semitones."""
    home: int
    """Where that mean is against the home of the line: the mean of all its notes, or where it is to go."""
    held: int
    """Eighths of its wait that the last note sounded."""
    wait: int
    """Class of the wait that follows, for the length alone."""
    alike: int
    """How the head of the phrase was so far like that which it may take up; NONE: it is not."""
    head: int
    """The candidate with which it would go on as that one did."""
    left: int = NONE
    """Class of the notes that the plan has left after this one; NONE, here and below: there is no plan."""
    division: int = NONE
    target: int = NONE
    """How far the plan's last pitch is from the last note, in classes of TARGET_SEMITONES."""
    centre: int = NONE
    """The same of its mean pitch, in classes of two semitones."""
    loudness: int = NONE
    touch: int = NONE
    recalled: int = NONE
    """Whether the head that it is like is that which the plan takes up."""

    @property
    def goes_on(self) -> int:
        """0: the phrase is to end with this note, as planned; 1: it is not."""
        return min(self.left, 1)


class Before(NamedTuple):
    """What a plan is drawn after; every value is 0 to 63."""

    tempo: int
    classes: Classes
    """Of the phrase before, as it was planned: what it came to would lead to ever shorter ones."""
    so_far: Classes
    """Their means over the phrases before."""
    home: int
    """Where the last note is against the home of the line, in classes of TARGET_SEMITONES."""
    phrases: int
    """How many there were, up to a few."""


def interval_index(semitones: int) -> int:
    """0 to INTERVALS - 1; wider ones count as the widest."""
    return max(-WIDEST_INTERVAL, min(WIDEST_INTERVAL, semitones)) + WIDEST_INTERVAL


def _moves_alike(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two notes of heads are reached in the same direction and go on after the same wait."""
    return one[1] == other[1] and (one[0] == other[0] or direction(one[0]) == direction(other[0]))


def direction(interval: int) -> int:
    """1: up, 0: the same pitch, -1: down; 2: NONE."""
    if interval == NONE:
        return 2
    return (interval > WIDEST_INTERVAL) - (interval < WIDEST_INTERVAL)


_UNKNOWN = Classes(*(NONE for _ in phrase_plan.CLASSES))


class Follower:
    """Follows a line, and says the situation before each part is drawn."""

    def __init__(self, tempo_bpm: float) -> None:
        self.set_tempo(tempo_bpm)
        self._phrase_notes = self._phrase_before = 0
        self._waits: tuple[int, int, int] = (NONE,) * 3
        self._intervals: tuple[int, int] = (NONE,) * 2
        self.last_pitch = -1
        self._mean = self._mean_of_all = 0.0
        self.goes_to: float | None = None
        """The pitch about which the line is to lie; None: where it has been."""
        self._notes = 0
        self._held = NONE
        # Of the phrases before, the latest first, and of this one: (interval, wait) of each note.
        self._heads: tuple[tuple[tuple[int, int], ...], ...] = ()
        self._head: tuple[tuple[int, int], ...] = ()
        self._interval = NONE  # that led to the note that begins now
        self.plan: PhrasePlan | None = None
        """Of the phrase that begins or goes on; None: it has none yet."""
        self.planned_with = 0.0
        """The control `phrase` when it was drawn."""
        self._goes_by = _UNKNOWN
        self._played_of_it = 0
        self._planned = _UNKNOWN
        self._sums = Classes(*(0,) * len(_UNKNOWN))
        self._phrases = 0

    def set_tempo(self, bpm: float) -> None:
        """The tempo has changed."""
        self._tempo = bisect_right(_TEMPOS_BPM, bpm)

    def situation(self, bar_position: int, *, sounding: bool, wait: int = NONE) -> Situation:
        """At so many steps into the bar; `sounding`: the pitch is known, and `wait`, the class of the wait
        that follows, where that is known too."""
        register = home = NONE
        if self._notes:
            register = max(0, min(20, 10 + round((self.last_pitch - self._mean) / 2)))
            home = max(0, min(12, 6 + round(self._mean - self.home)))
        alike = head = recalled = left = target = centre = NONE
        plan = self.plan
        if wait == NONE:
            alike, head, recalled = self._taken_up(sounding)
        if plan is not None:
            notes_left = plan.notes - self._played_of_it - (not sounding)
            left = bisect_right(_NOTES_LEFT, notes_left)
            if plan.target_pitch is not None and plan.centre_pitch is not None:
                away = round((plan.target_pitch - self.last_pitch) / TARGET_SEMITONES)
                target = max(0, min(2 * _FARTHEST_TARGET, _FARTHEST_TARGET + away))
                away = (plan.centre_pitch - self.last_pitch) // 2
                centre = max(0, min(2 * _FARTHEST_CENTRE, _FARTHEST_CENTRE + away))
        return Situation(
            bar_position % STEPS_PER_BEAT,
            min(bar_position // STEPS_PER_BEAT, 6),
            self._tempo,
            bisect_right(_PHRASE_NOTES, self._phrase_notes),
            bisect_right(_PHRASE_NOTES, self._phrase_before),
            self._waits,
            bisect_right(_WAITS_ROUGHLY, self._waits[0]),
            self._intervals,
            register,
            home,
            self._held,
            wait,
            alike,
            head,
            left,
            self._goes_by.division,
            target,
            centre,
            self._goes_by.loudness,
            self._goes_by.touch,
            recalled,
        )

    def before(self) -> Before:
        """What a plan is drawn after, where a phrase begins."""
        home = NONE
        if self._notes:
            away = round((self.last_pitch - self.home) / TARGET_SEMITONES)
            home = max(0, min(2 * _FARTHEST_HOME, _FARTHEST_HOME + away))
        so_far = _UNKNOWN
        if self._phrases:
            so_far = Classes(*(round(each / self._phrases) for each in self._sums))
        return Before(
            self._tempo, self._planned, so_far, home, min(self._phrases, _PHRASES_COUNTED)
        )

    @property
    def home(self) -> float:
        """The pitch about which the line lies, or is to lie."""
        return self._mean_of_all if self.goes_to is None else self.goes_to

    @property
    def begins(self) -> bool:
        """Whether the next note begins a phrase."""
        return not self._phrase_notes

    @property
    def heads(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """Of the phrases before, the latest first: (interval, wait) of each note."""
        return self._heads

    def begin(self, plan: PhrasePlan, classes: Classes) -> None:
        """The phrase that begins has this plan, which lies in these classes."""
        self.plan, self._planned, self._played_of_it = plan, classes, 0
        self._goes_by = classes

    def drop(self) -> None:
        """The plan is given up."""
        self.plan, self._goes_by = None, _UNKNOWN

    def _taken_up(self, sounding: bool) -> tuple[int, int, int]:
        """(alike, head, recalled) of the phrase that the plan takes up, or of the latest one, if it began as
        this one has so far."""
        at = len(self._head)
        if at >= HEAD_NOTES or (not sounding and not at):
            return NONE, NONE, NONE
        planned = None if self.plan is None else self.plan.takes_up
        if planned is not None and self._goes_on_as(planned, at, sounding, _moves_alike):
            return self._as_in(planned, at, sounding, 1)
        for phrases_ago in range(len(self._heads)):
            if self._goes_on_as(phrases_ago, at, sounding, operator.eq):
                return self._as_in(phrases_ago, at, sounding, 0)
        return NONE, NONE, NONE

    def _goes_on_as(self, phrases_ago: int, at: int, sounding: bool, alike: _Alike) -> bool:
        """Whether this phrase began as that one, which has one note more at least."""
        if phrases_ago >= len(self._heads):
            return False
        other = self._heads[phrases_ago]
        if len(other) <= at:
            return False
        head = self._head
        if sounding:  # the interval that has just been played counts too
            head = (*head, (self._interval if head else NONE, other[at][1]))
        return all(map(alike, head, other))

    def _as_in(
        self, phrases_ago: int, at: int, sounding: bool, recalled: int
    ) -> tuple[int, int, int]:
        alike = 4 * at + 2 * (phrases_ago > 0) + sounding
        return alike, self._heads[phrases_ago][at][1 if sounding else 0], recalled

    def say_pitch(self, pitch: int) -> None:
        """The note that begins here."""
        if self.last_pitch >= 0:
            self._interval = interval_index(pitch - self.last_pitch)
            self._intervals = (self._interval, self._intervals[0])
        self.last_pitch = pitch
        self._notes += 1
        self._mean += (pitch - self._mean) / min(self._notes, _MEAN_NOTES)
        self._mean_of_all += (pitch - self._mean_of_all) / self._notes
        self._phrase_notes += 1
        self._played_of_it += 1

    def end(self, wait_steps: int, length_steps: int) -> None:
        """It sounds so long, and the next begins so much later."""
        wait = wait_class(wait_steps)
        self._waits = (wait, *self._waits[:2])
        self._held = min(8, 8 * length_steps // max(1, wait_steps))
        if len(self._head) < HEAD_NOTES:
            # The interval that leads to a phrase is not of its head.
            self._head = (*self._head, (self._interval if self._head else NONE, wait))
        if wait_steps - length_steps >= PHRASE_REST_STEPS:
            self._heads = (self._head, *self._heads[: _HEADS_KEPT - 1])
            self._head = ()
            self._phrase_before, self._phrase_notes = self._phrase_notes, 0
            if self.plan is not None:
                self._sums = Classes(*map(operator.add, self._sums, self._planned))
                self._phrases += 1
            self.drop()

    def save(self) -> dict[str, Any]:
        """Where it is, for `restore`."""
        return dict(vars(self))

    def restore(self, saved: dict[str, Any]) -> None:
        """Be as it was then."""
        vars(self).update(saved)
