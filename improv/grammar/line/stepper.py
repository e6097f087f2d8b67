"""A cell and a line together: scores of each part of the next token, in turn, each given those before it.

    pitch = stepper.pitch_scores()           (128,) of the MIDI pitches
    stepper.say_pitch(p)
    wait = stepper.wait_scores()             (61,) of the classes of the wait
    extra = stepper.extra_scores(class)      of the steps within a class of longer waits
    stepper.say_wait(steps)
    length, loud = stepper.length_scores(), stepper.loudness_scores()
    stepper.end(length_steps, loudness)      and so on with the next token

Input -> output:  as above; scores are logarithms of probabilities up to a constant
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from improv.grammar.line.form import BAR_STEPS, Form
from improv.grammar.line.heads import MELODY_HEADS, RHYTHM_HEADS, slices
from improv.grammar.line.inputs import MELODY_COLUMNS, MELODY_MEMORY, RHYTHM_COLUMNS, interval_index
from improv.grammar.line.loudness import decibels
from improv.grammar.line.state import LineState, SavedLine
from improv.grammar.line.table import (
    LOUDNESSES,
    NEAR_STEPS,
    PITCHES,
    WAITS,
    class_steps,
    wait_class,
)
from improv.music.note import STEPS_PER_BEAT

if TYPE_CHECKING:
    from improv.grammar.line.habits import LineHabits
    from improv.grammar.line.listening import HeadListener

Floats = NDArray[np.float32]

_MELODY_AT, _RHYTHM_AT = slices(MELODY_HEADS), slices(RHYTHM_HEADS)
_PITCH, _MELODY_GATES = _MELODY_AT["pitch"], _MELODY_AT["gates"]
_WAIT, _RHYTHM_GATES = _RHYTHM_AT["wait"], _RHYTHM_AT["gates"]
_LANDING, _LANDING_BEAT = _RHYTHM_AT["landing"], _RHYTHM_AT["landing_beat"]
_LENGTH, _LOUDNESS = _RHYTHM_AT["length"], _RHYTHM_AT["loudness"]
_HEAD_SIZES = dict(MELODY_HEADS)
# For each last pitch and each candidate the interval's place; for each root the degree.
_SEMITONES = np.arange(PITCHES) - np.arange(PITCHES)[:, None]
_INTERVAL_OF = np.array([interval_index(n) for n in range(1 - PITCHES, PITCHES)], np.intp)[
    _SEMITONES + PITCHES - 1
]
_DEGREE_OF = _SEMITONES[:12] % 12
# The same as places in the answer of the melody step, a row for each last pitch or root.
_INTERVAL_AT = list(_INTERVAL_OF + _MELODY_AT["interval"].start)
_INTERVAL_BEFORE_AT = list(_INTERVAL_OF + _MELODY_AT["interval_before"].start)
_DEGREE_AT, _TONIC_AT, _NEXT_AT = (
    list(_DEGREE_OF + _MELODY_AT[name].start) for name in ("degree", "tonic", "next")
)
_NEAR = np.arange(NEAR_STEPS + 1)
_PITCHES, _WAITS = np.arange(PITCHES), np.arange(WAITS)
_MELODY_HEARD = {name: _HEAD_SIZES[name] for name in ("interval", "pitch", "degree", "tonic")}
_RHYTHM_HEARD = {"wait": WAITS, "landing": BAR_STEPS}
MELODY_RATE, RHYTHM_RATE = 0.004, 0.003
"""The rates of learning while listening, found on `valid` (docs/training-log.md)."""


class Cell(Protocol):
    """What is stepped: improv.cell.pair.PairCell, or Keras' own (improv.training.line.keras_pair)."""

    tables: dict[str, Floats]

    def initial_state(self) -> Any:
        """Before the first token."""

    def hidden(self, state: Any) -> tuple[Floats, Floats]:
        """h of both steps."""

    def who(self, label: NDArray[np.floating]) -> Any:
        """A label made ready."""

    def first(self, inputs: Sequence[int], who: Any, state: Any) -> tuple[Floats, Any]:
        """The melody step."""

    def second(self, inputs: Sequence[int], who: Any, state: Any) -> tuple[Floats, Any]:
        """The rhythm step."""


def softplus(x: Floats) -> Floats:
    """ln(1 + e^x), for any x."""
    result: Floats = np.logaddexp(np.float32(0.0), x)
    return result


def _landings_of(bar_position: int, bar_steps: int, waits: NDArray[np.int_]) -> NDArray[np.intp]:
    landings = (bar_position + waits) % bar_steps
    if bar_steps > BAR_STEPS:
        landings = np.where(
            landings < BAR_STEPS, landings, BAR_STEPS - STEPS_PER_BEAT + landings % STEPS_PER_BEAT
        )
    return landings


@lru_cache(maxsize=1024)
def _near_landings(bar_position: int, bar_steps: int) -> NDArray[np.intp]:
    """Of the waits that are said exactly: worked out once for each place in a bar."""
    return _landings_of(bar_position, bar_steps, _NEAR)


class SavedStepper(NamedTuple):
    """Where a stepper was, between two tokens."""

    line: SavedLine
    state: Any
    who: Any
    loudness: int
    has_pitch: bool
    learned: tuple[Floats, ...]
    habits: Any


class Stepper:
    """Steps a cell along a line."""

    def __init__(
        self,
        cell: Cell,
        form: Form,
        tempo_bpm: float,
        label: NDArray[np.floating],
        start_step: int = 0,
        listening: bool = False,
        memory: float = 1.0,
        habits: LineHabits | None = None,
    ) -> None:
        """`label` says who plays (improv.grammar.line.labels); the line begins at `start_step`.

        `listening`: somebody else plays the line, and the heads follow (improv.grammar.line.listening).
        `memory` is a factor on what the memory says: below 1 for a line that is made up of itself, which
        else feeds on what it just played. `habits` leans the scores (improv.grammar.line.habits).
        """
        self._cell = cell
        self.line = LineState(form, tempo_bpm, start_step)
        self._state = cell.initial_state()
        self._who = cell.who(label)
        self._melody_sureness = cell.tables["melody_sureness"]
        self._rhythm_sureness = cell.tables["rhythm_sureness"]
        self._rhythm: Floats = np.zeros(0, np.float32)
        self._loudness = LOUDNESSES
        self._wait_steps = 0
        self._has_pitch = False
        self._memory = np.float32(memory)
        self._melody_memory = np.zeros(MELODY_COLUMNS, np.float32)
        self._rhythm_memory = np.zeros(RHYTHM_COLUMNS, np.float32)
        # Where in the answer which experts speak, and what they say: rows of the memory.
        self._said = [
            (
                _MELODY_AT[name],
                experts,
                self._melody_memory[columns].reshape(-1, _HEAD_SIZES[name]),
            )
            for name, experts, columns in MELODY_MEMORY
        ]
        self._said_of_waits = self._rhythm_memory.reshape(-1, WAITS)
        self._habits = habits
        self._listeners: tuple[HeadListener, HeadListener] | None = None
        self._learns = False
        self._expected: Floats | None = None
        if listening:
            self.listen()

    def listen(self, somebody_plays: bool = True) -> None:
        """Somebody else plays the line from here on, or no longer: the heads follow what is played then."""
        self._learns = somebody_plays
        if self._listeners is None and somebody_plays:
            self._listeners = self._new_listeners()

    def _new_listeners(self) -> tuple[HeadListener, HeadListener]:
        # A soloist who plays alone does not listen.
        from improv.grammar.line.listening import HeadListener

        first, second = (len(h) for h in self._cell.hidden(self._state))
        return (
            HeadListener(_MELODY_HEARD, first, MELODY_RATE),
            HeadListener(_RHYTHM_HEARD, second, RHYTHM_RATE),
        )

    def set_label(self, label: NDArray[np.floating]) -> None:
        """Change who plays from the next token on; the line and its memory stay."""
        self._who = self._cell.who(label)

    def set_memory(self, memory: float) -> None:
        """Change what the memory counts."""
        self._memory = np.float32(memory)

    def save(self) -> SavedStepper:
        """Where it is, between two tokens, for `restore`: states and answers are values, so none is copied
        but what it learned by listening."""
        learned = tuple(listener.save() for listener in self._listeners or ())
        habits = None if self._habits is None else self._habits.save()
        return SavedStepper(
            self.line.save(),
            self._state,
            self._who,
            self._loudness,
            self._has_pitch,
            learned,
            habits,
        )

    def restore(self, saved: SavedStepper) -> None:
        """Be as it was when it was saved."""
        self.line.restore(saved.line)
        self._state, self._who = saved.state, saved.who
        self._loudness, self._has_pitch = saved.loudness, saved.has_pitch
        if len(saved.learned) != len(self._listeners or ()):
            self._listeners = self._new_listeners() if saved.learned else None
        for listener, weights in zip(self._listeners or (), saved.learned, strict=True):
            listener.restore(weights)
        if self._habits is not None:
            self._habits.restore(saved.habits)

    def begin(self) -> Floats:
        """The token that begins a solo: scores (61,) of the wait until the first note."""
        _, self._state = self._cell.first(self.line.melody_inputs(), self._who, self._state)
        return self.wait_scores()

    def pitch_scores(self) -> Floats:
        """(128,) of the pitch of the note at `line.step`."""
        line = self.line
        answer, self._state = self._cell.first(line.melody_inputs(), self._who, self._state)
        sureness = line.melody_answers(self._melody_memory)
        gates = self._opened(answer[_MELODY_GATES], self._melody_sureness, sureness)
        if self._listeners is not None:
            h = self._cell.hidden(self._state)[0]
            for name, correction in self._listeners[0].corrections(h).items():
                answer[_MELODY_AT[name]] += correction
        for at, experts, said in self._said:
            head = answer[at]
            head += gates[experts].dot(said)
        views = line.views()
        # Each view's part is looked up where it is in the answer; their sum is the score.
        scores: Floats = answer.take(_INTERVAL_AT[views.last_pitch])
        scores += answer.take(_INTERVAL_BEFORE_AT[views.pitch_before])
        scores += answer[_PITCH]
        scores += answer.take(_DEGREE_AT[views.root_pc])
        scores += answer.take(_TONIC_AT[views.tonic_pc])
        scores += answer.take(_NEXT_AT[views.next_root_pc])
        self._expected = scores
        return scores if self._habits is None else self._habits.pitches(scores)

    def say_pitch(self, pitch: int) -> None:
        """The note that begins at `line.step`."""
        if self._learns and self._listeners is not None and self._expected is not None:
            views = self.line.views()
            seen = {
                "interval": _INTERVAL_OF[views.last_pitch],
                "pitch": _PITCHES,
                "degree": _DEGREE_OF[views.root_pc],
                "tonic": _DEGREE_OF[views.tonic_pc],
            }
            h = self._cell.hidden(self._state)[0]
            self._listeners[0].learn(h, self._expected, pitch, seen)
        self._expected = None
        if self._habits is not None:
            self._habits.say_pitch(pitch)
        self.line.say_pitch(pitch)
        self._has_pitch = True

    def wait_scores(self) -> Floats:
        """(61,) of the class of the wait from `line.step` to the next onset; 0 only before the first note."""
        line = self.line
        self._rhythm, self._state = self._cell.second(line.rhythm_inputs(), self._who, self._state)
        answer = self._rhythm
        sureness = line.rhythm_answers(self._rhythm_memory)
        gates = self._opened(answer[_RHYTHM_GATES], self._rhythm_sureness, sureness)
        scores: Floats = answer[_WAIT] + gates.dot(self._said_of_waits)
        near = scores[: NEAR_STEPS + 1]
        near += self._landing(_NEAR)
        if self._listeners is not None:
            h = self._cell.hidden(self._state)[1]
            corrections = self._listeners[1].corrections(h)
            scores += corrections["wait"]
            near += corrections["landing"][self._landings(_NEAR)]
        if self._has_pitch:
            scores[0] = -np.inf
            self._expected = scores
            if self._habits is not None:
                return self._habits.waits(scores, line.place.bar_position)
        return scores

    def extra_scores(self, wait: int) -> Floats:
        """Of the steps within a class: which of them lands where notes like to begin."""
        return self._landing(np.array(class_steps(wait)))

    def say_wait(self, wait_steps: int) -> None:
        """Set the next onset, so many steps later."""
        if self._learns and self._listeners is not None and self._expected is not None:
            seen = {"wait": _WAITS, "landing": self._landings(_NEAR)}
            h = self._cell.hidden(self._state)[1]
            self._listeners[1].learn(h, self._expected, wait_class(wait_steps), seen)
        self._expected = None
        self._wait_steps = wait_steps
        if self._habits is not None:
            self._habits.say_wait(wait_class(wait_steps))
        self.line.say_wait(wait_steps)

    def length_scores(self) -> Floats:
        """(35,) of the length of the note, the wait being known."""
        by_wait = self._cell.tables["length_by_wait"][wait_class(self._wait_steps)]
        scores: Floats = self._rhythm[_LENGTH] + by_wait
        return scores

    def loudness_scores(self) -> Floats:
        """(9,) of the loudness of the note."""
        after = self._cell.tables["loudness_after"][self._loudness]
        scores: Floats = self._rhythm[_LOUDNESS] + after
        return scores

    def end(self, length_steps: int, loudness: int | None) -> None:
        """Go on to the next onset; the note sounds so long, in this class of loudness."""
        db = None if loudness is None else decibels(loudness)
        self.end_heard(length_steps, db, loudness)

    def end_heard(self, length_steps: int, loudness_db: float | None, loudness: int | None) -> None:
        """The same for a note that was heard, not made: its loudness in dB; the class if it is known."""
        self.line.end(length_steps, loudness_db)
        if self._has_pitch:
            self._loudness = LOUDNESSES if loudness is None else loudness
        self._has_pitch = False

    def _landings(self, waits: NDArray[np.int_]) -> NDArray[np.intp]:
        """Where in the bar the next onset would be after each of these waits."""
        place = self.line.place
        if waits is _NEAR:
            return _near_landings(place.bar_position, place.bar_steps)
        return _landings_of(place.bar_position, place.bar_steps, waits)

    def _landing(self, waits: NDArray[np.int_]) -> Floats:
        """What the bar says of a next onset after each of these waits."""
        landings = self._landings(waits)
        scores: Floats = self._rhythm[_LANDING].take(landings)
        scores += self._rhythm[_LANDING_BEAT].take(landings % STEPS_PER_BEAT)
        return scores

    def _opened(self, gates: Floats, table: Floats, sureness: NDArray[np.float64]) -> Floats:
        """How far each expert's gate is open."""
        moved = sureness.astype(np.float32).dot(table)
        moved += gates
        opened = softplus(moved)
        opened *= self._memory
        return opened
