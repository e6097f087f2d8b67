"""Where a line is and how it came there: everything the cell is shown, and what the memory remembers.

Input -> output:  the parts of tokens, one after another  ->  inputs, views and memory for the next part

A token goes through two steps of the cell. The *melody* step is shown all up to the onset of a note and says
its pitch; the *rhythm* step is shown the pitch too and says the wait, and with it length and loudness.

What an index stands for is in the tables of `line.inputs`.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from improv.grammar.line.form import Form, Place
from improv.grammar.line.inputs import (
    ARTICULATIONS,
    DEGREE_COLUMN,
    FADING_COLUMN,
    INTERVALS,
    LONG_AGO,
    MELODY_WIDTHS,
    PHRASE_NOTES,
    PHRASE_STEPS,
    PITCH_COLUMN,
    RHYTHM_COLUMNS,
    RHYTHM_WIDTHS,
    WIDEST,
    Views,
    interval_index,
    tempo_index,
)
from improv.grammar.line.loudness import RunningLoudness
from improv.grammar.line.memory import Experts, SavedExperts
from improv.grammar.line.table import CENTRE_PITCH, LOUDNESSES, PITCHES, WAITS, wait_class
from improv.music.note import STEPS_PER_BEAT

_OFTEN_IN_MELODY = (0, 1, 6, 7, 9, 11, 12, 13, 14)
_OFTEN_IN_RHYTHM = (0, 1, 2, 5, 6, 7, 8)
"""The experts whose contexts come ten times and more among the notes that are remembered."""


class SavedLine(NamedTuple):
    """Where a line was: its values, how loud it had been, and where its memories were."""

    values: dict[str, Any]
    running: dict[str, Any]
    melody: SavedExperts
    rhythm: SavedExperts


class LineState:
    """One line over one form; told pitch and wait in turn.

    `step` is where the next note begins. Before the first note there is none: `begin` says when it comes.
    """

    def __init__(self, form: Form, tempo_bpm: float, start_step: int = 0) -> None:
        self._form, self._tempo = form, tempo_index(tempo_bpm)
        self.step = start_step
        self.melody_memory = Experts(MELODY_WIDTHS, often=_OFTEN_IN_MELODY)
        self.rhythm_memory = Experts(RHYTHM_WIDTHS, often=_OFTEN_IN_RHYTHM)
        self._pitches: tuple[int, ...] = ()  # newest first, the last three
        self._intervals: tuple[int, ...] = (LONG_AGO,) * 6  # newest first
        self._interval = self._interval_before = WIDEST  # the first two of them as inputs
        self._waits: tuple[int, ...] = (0,)  # classes, newest first, the one up to now included
        self._next_wait_steps = self._next_wait = 0
        self._degree_then = 12
        self._phrase_notes = 0
        self._phrase_step = start_step
        self._top = self._bottom = 0
        self._strong = 0
        self.place: Place = form.place(start_step)
        self._chorus = form.chorus(start_step)
        self._articulation = 0  # of the note before the onset at `step`
        self._phrase_length = 0
        self._said_pitch = False
        # As last looked at; None once the line has moved on.
        self._melody_contexts: list[int] | None = None
        self._rhythm_contexts: list[int] | None = None
        self._running = RunningLoudness()
        self._loudness = LOUDNESSES

    def set_tempo(self, bpm: float) -> None:
        """Change the tempo from here on."""
        self._tempo = tempo_index(bpm)

    def save(self) -> SavedLine:
        """Where it is, for `restore`."""
        melody, rhythm = self.melody_memory.save(), self.rhythm_memory.save()
        return SavedLine(dict(vars(self)), dict(vars(self._running)), melody, rhythm)

    def restore(self, saved: SavedLine) -> None:
        """Be as it was when it was saved; see `Experts.restore` for how far back it can go."""
        vars(self).update(saved.values)  # with the memories of then, had it begun others since
        vars(self._running).update(saved.running)
        self.melody_memory.restore(saved.melody)
        self.rhythm_memory.restore(saved.rhythm)

    # -- the melody step

    @property
    def last_pitch(self) -> int:
        """Of the last note; the centre where there is none yet."""
        return self._pitches[0] if self._pitches else CENTRE_PITCH

    @property
    def tones(self) -> frozenset[int]:
        """Pitch classes of the chord that the next note begins on."""
        return self._form.tones(self.step)

    def views(self) -> Views:
        """For the candidates of the pitch."""
        place, last = self.place, self.last_pitch
        before = self._pitches[1] if len(self._pitches) > 1 else last
        return Views(last, before, place.root_pc, place.tonic_pc, place.next_root_pc)

    def melody_inputs(self) -> tuple[int, ...]:
        """A value for each block of MELODY."""
        place, pitches = self.place, self._pitches
        root = place.root_pc
        if pitches:
            last = pitches[0]
            now, tonic = (last - root) % 12, (last - place.tonic_pc) % 12
            before = (pitches[1] - root) % 12 if len(pitches) > 1 else 12
            below, above = min(self._top - last, 23), min(last - self._bottom, 23)
            strong = interval_index(last - self._strong) if self._strong else WIDEST
        else:
            last, now, tonic, before, below, above, strong = 0, 12, 12, 12, 0, 0, WIDEST
        waits = self._waits
        return (
            last,
            self._interval,
            self._interval_before,
            waits[0],
            waits[1] if len(waits) > 1 else 0,
            self._articulation,
            self._degree_then,
            now,
            before,
            tonic,
            place.position,
            place.bar,
            place.chord_class,
            place.next,
            place.after,
            place.change,
            place.bass,
            place.tonality,
            place.section_bar,
            self._tempo,
            min(self._phrase_notes, PHRASE_NOTES - 1),
            self._phrase_length,
            self._chorus,
            below,
            above,
            strong,
            self._loudness,
        )

    def _contexts_of_melody(self) -> list[int]:
        """One an expert that has any: what it goes by, packed into a number, eight bits each."""
        place, pitches, waits = self.place, self._pitches, self._waits
        a, b, c, d, e, f = (interval & 0xFF for interval in self._intervals)
        p1 = pitches[0] if pitches else 0
        p2 = pitches[1] if len(pitches) > 1 else 0
        p3 = pitches[2] if len(pitches) > 2 else 0
        d1 = (p1 - place.root_pc) % 12
        d2 = (p2 - place.root_pc) % 12 if p2 else LONG_AGO
        kind, position = place.chord_class, place.position
        w0 = waits[0]
        w1 = waits[1] if len(waits) > 1 else 0
        two = a << 8 | b
        four = two << 16 | c << 8 | d
        return [
            a,
            two,
            two << 8 | c,
            four,
            four << 16 | e << 8 | f,
            two << 16 | w0 << 8 | w1,
            p1,
            p1 << 8 | p2,
            p1 << 16 | p2 << 8 | p3,
            position // STEPS_PER_BEAT << 16 | place.root_pc << 8 | kind,
            place.chorus_step // 3,
            d1 << 8 | kind,
            d1 << 16 | d2 << 8 | kind,
            position // 6 << 8 | kind,
            d1 << 16 | w0 << 8 | position % STEPS_PER_BEAT,
        ]

    def forget(self) -> None:
        """Have the memory begin anew; the line goes on where it is."""
        self.melody_memory = Experts(MELODY_WIDTHS, often=_OFTEN_IN_MELODY)
        self.rhythm_memory = Experts(RHYTHM_WIDTHS, often=_OFTEN_IN_RHYTHM)

    def praise(self, notes: int, times: int) -> None:
        """Have the memory count the last notes more: what they did is likelier to come again."""
        self.melody_memory.learn_again(notes, times)
        self.rhythm_memory.learn_again(notes, times)

    def melody_answers(self, memory: NDArray[np.float32]) -> NDArray[np.float64]:
        """What the memory says about the pitch of the note at `step`, into `memory` (MELODY_COLUMNS,).

        Given back is how sure each expert is (2 * MELODY_EXPERTS).
        """
        self._melody_contexts = self._contexts_of_melody()
        return self.melody_memory.look(self._melody_contexts, memory)

    def rhythm_answers(self, memory: NDArray[np.float32]) -> NDArray[np.float64]:
        """What it says about the wait after that note, into `memory` (RHYTHM_COLUMNS,), and how surely."""
        self._rhythm_contexts = self._contexts_of_rhythm()
        return self.rhythm_memory.look(self._rhythm_contexts, memory)

    def say_pitch(self, pitch: int) -> None:
        """The note that begins at `step`."""
        place = self.place
        degree = (pitch - place.root_pc) % 12
        if self._pitches:
            interval = pitch - self._pitches[0]
            contexts = self._melody_contexts or self._contexts_of_melody()
            by_interval, by_pitch = interval_index(interval), PITCH_COLUMN + pitch
            by_degree = DEGREE_COLUMN + degree
            self.melody_memory.learn(
                contexts,
                [
                    *range(by_interval, by_interval + 6 * INTERVALS, INTERVALS),
                    *range(by_pitch, by_pitch + 5 * PITCHES, PITCHES),
                    *range(by_degree, by_degree + 4 * 12, 12),
                    FADING_COLUMN + pitch,
                ],
            )
            self._intervals = (interval, *self._intervals[:5])
            self._interval, self._interval_before = by_interval, self._interval
        self._pitches = (pitch, *self._pitches[:2])
        self._degree_then = degree
        if self._phrase_notes == 0:
            self._top = self._bottom = pitch
        else:
            self._top, self._bottom = max(self._top, pitch), min(self._bottom, pitch)
        if place.position % 24 == 0:
            self._strong = pitch
        self._said_pitch = True
        self._melody_contexts = None

    # -- the rhythm step

    def rhythm_inputs(self) -> tuple[int, ...]:
        """A value for each block of RHYTHM; `say_pitch` comes before, except where a solo begins."""
        place, waits = self.place, self._waits
        if self._said_pitch:
            pitch = self._pitches[0]
            degree, tonic = self._degree_then, (pitch - place.tonic_pc) % 12
            below = min(self._top - pitch, 23)
        else:
            pitch, degree, tonic, below = 0, 12, 12, 0
        return (
            pitch,
            self._interval,
            self._interval_before,
            waits[0],
            waits[1] if len(waits) > 1 else 0,
            degree,
            tonic,
            place.position,
            place.bar,
            place.chord_class,
            place.next,
            place.change,
            self._articulation,
            self._tempo,
            min(self._phrase_notes, PHRASE_NOTES - 1),
            self._phrase_length,
            place.section_bar,
            below,
            self._loudness,
        )

    def _contexts_of_rhythm(self) -> list[int]:
        """One an expert that has any: what it goes by, packed into a number, eight bits each."""
        place = self.place
        r0, r1, r2, r3, r4, r5 = (*self._waits, *(LONG_AGO,) * 6)[:6]
        a, b = self._intervals[0] & 0xFF, self._intervals[1] & 0xFF
        position, inside = place.position, place.position % STEPS_PER_BEAT
        two = r0 << 8 | r1
        four = two << 16 | r2 << 8 | r3
        return [
            r0,
            two,
            two << 8 | r2,
            four,
            four << 16 | r4 << 8 | r5,
            position,
            inside << 8 | r0,
            inside << 16 | two,
            a << 8 | r0,
            a << 24 | b << 16 | two,
            place.chorus_step // 3,
        ]

    def say_wait(self, wait_steps: int) -> None:
        """The next onset is `wait_steps` later. Nothing moves yet: how the note ends is said with `end`."""
        wait = wait_class(wait_steps)
        if self._said_pitch:
            self.rhythm_memory.learn(
                self._rhythm_contexts or self._contexts_of_rhythm(),
                range(wait, RHYTHM_COLUMNS, WAITS),
            )
            self._rhythm_contexts = None
        self._next_wait_steps, self._next_wait = wait_steps, wait

    def end(self, length_steps: int, loudness_db: float | None) -> None:
        """Move on to the next onset; the note sounded for `length_steps`, so loud (None: not known)."""
        wait_steps, wait = self._next_wait_steps, self._next_wait
        self.step += wait_steps
        if self._said_pitch:
            self._waits = (wait, *self._waits[:5])
            self._loudness = self._running.index(loudness_db)
            if wait_steps >= STEPS_PER_BEAT and wait_steps - length_steps >= 9:
                self._phrase_notes, self._phrase_step = 0, self.step
            else:
                self._phrase_notes += 1
        else:
            self._waits = (wait,)
            self._phrase_step = self.step
        self._said_pitch = False
        self._articulation = 0
        if wait_steps:
            eighths = 8 * min(length_steps, wait_steps) // wait_steps
            self._articulation = min(ARTICULATIONS - 1, eighths)
        self._phrase_length = bisect_left(PHRASE_STEPS, self.step - self._phrase_step)
        self.place = self._form.place(self.step)
        self._chorus = self._form.chorus(self.step)
