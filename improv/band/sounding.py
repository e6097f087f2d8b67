"""What the soloists sound like, as the band hears it: how much, how loud, and what a chord would rub against.

Input -> output:  the soloists' notes as they are worked out  ->  busy, loud
                  a chord  ->  the chord as it makes way for them

A bar of the band is made at its bar line, when what the soloists will play in it is not known. A chord,
however, is given only when they have all been stepped beyond its onset. So it is known then what they hold,
and where the next note of any of them can begin at the earliest.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence, Set
from dataclasses import replace
from operator import itemgetter

from improv.music.chord import Chord
from improv.music.note import TICKS_PER_BEAT, Note

_BUSY_NOTES_A_BEAT = 2.0
"""The density that counts as fully busy for musicians who leave room: a bar of eighths."""
_SOFT, _LOUD = 60, 96
"""Mean velocities of a bar that count as 0 and 1: one in twenty bars of the default cell is beyond either."""
USUAL = 0.5
"""How loud a soloist is who does not vary, or is silent."""
LONG_TICK = 320
"""A note of two thirds of a beat and more is heard as a sound, not as a step of a line."""
_SHORTEST_TICK, _SHORTEST_LATE_TICK, _SHORTEST_RINGING_TICK = 120, 170, 210
"""For which a voice sounds, whatever may come; longer off the beat, where swing makes a click of less, and in
feels whose chords ring on, where less sounds chopped."""
_NEAR = 5
"""Semitones: what comes after a note is mostly within a fourth of it,"""
_STEP = 2
"""and what is outside the scale mostly within a step; in feels whose chords ring on, that is risked."""
_VOICES = 2
"""So many of the last notes are looked at: there may be two soloists."""
_HELD_TICK = 2 * TICKS_PER_BEAT
"""For which a note of the partner is taken to sound that is not over yet."""
_PARTNER = -1
_WRITTEN = itemgetter(0)


def at_home(chord: Chord) -> frozenset[int]:
    """The pitch classes of what soloists hold over a chord: its scale and tones, and the blue notes."""
    blue = {(chord.root_pc + step) % 12 for step in (3, 6)}
    return chord.scale_pcs | chord.tone_pcs | blue


class Sounding:
    """The notes of all soloists, and of the partner, of the last bar and since."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, Note]] = []
        """(onset on paper, number of the note or _PARTNER, the note as it sounds), by the first."""

    def hear(self, written_tick: int, note: Note, number: int) -> None:
        """A note of a soloist, as it sounds; `written_tick` is its onset on paper."""
        insort(self._rows, (written_tick, number, note), key=_WRITTEN)

    def hear_partner(self, note: Note, *, sounds_on: bool, replaces: bool) -> None:
        """A note of the partner; `sounds_on`: it is not over yet, and taken for a long one.

        `replaces`: it stands for the one that was heard last.
        """
        if replaces:
            at = max((at for at, row in enumerate(self._rows) if row[1] == _PARTNER), default=-1)
            if at >= 0:
                del self._rows[at]
        if sounds_on:
            note = replace(note, duration_tick=_HELD_TICK)
        insort(self._rows, (note.onset_tick, _PARTNER, note), key=_WRITTEN)

    def forget(self, numbers: Set[int]) -> None:
        """These notes of soloists are not played after all."""
        self._rows = [row for row in self._rows if row[1] not in numbers]

    def bar(self, start_tick: int, end_tick: int, listen: float = 0.5) -> tuple[float, float]:
        """(busy, loud), 0 to 1, of the written notes between two ticks; what is over by the first is
        forgotten. The partner counts for `listen`, 0.5 as much as a soloist."""
        first = self._at(start_tick)
        held = [row for row in self._rows[:first] if row[2].end_tick > start_tick]
        self._rows[:first] = held
        rows = self._rows[len(held) : self._at(end_tick)]
        weights = [2 * listen if number == _PARTNER else 1.0 for _, number, _ in rows]
        count = sum(weights)
        if not count:
            return 0.0, USUAL
        beats = (end_tick - start_tick) / TICKS_PER_BEAT
        mean = (
            sum(weight * row[2].velocity for weight, row in zip(weights, rows, strict=True)) / count
        )
        loud = (mean - _SOFT) / (_LOUD - _SOFT)
        return min(1.0, count / (beats * _BUSY_NOTES_A_BEAT)), max(0.0, min(1.0, loud))

    def _at(self, tick: int) -> int:
        return bisect_left(self._rows, tick, key=_WRITTEN)

    def held_until(
        self, chord: Sequence[Note], tick: int, may_come: Set[int], *, rings: bool
    ) -> list[Note]:
        """The chord with voices released at `tick` that would rub against what may come; others ring on.

        `tick` is where the next note of a soloist begins at the earliest, `may_come` the pitch classes that
        are at home there: those near the last pitch may follow, and unless the chord `rings` any a step away.
        """
        near = {note.pitch for _, _, note in self._rows[-_VOICES:]}
        if rings:
            outside, on_beat_tick, late_tick = 0, _SHORTEST_RINGING_TICK, _SHORTEST_RINGING_TICK
        else:
            outside, on_beat_tick, late_tick = _STEP, _SHORTEST_TICK, _SHORTEST_LATE_TICK
        found = []
        for note in chord:
            shortest_tick = late_tick if note.onset_tick % TICKS_PER_BEAT else on_beat_tick
            length_tick = max(shortest_tick, tick - note.onset_tick)
            if length_tick < note.duration_tick and any(
                abs(pitch - other) <= (_NEAR if pitch % 12 in may_come else outside)
                for pitch in _beside(note.pitch)
                for other in near
            ):
                note = replace(note, duration_tick=length_tick)
            found.append(note)
        return found

    def beside(self, chord: Sequence[Note]) -> list[Note]:
        """The notes of a chord without those a semitone (or a minor ninth) from a long note that sounds."""
        if not chord:
            return []
        onset_tick = min(note.onset_tick for note in chord)
        held = [
            note
            for _, _, note in self._rows
            if note.duration_tick >= LONG_TICK and note.end_tick > onset_tick
        ]
        return [note for note in chord if not any(rub(note, other) for other in held)]


def _beside(pitch: int) -> tuple[int, ...]:
    """The pitches a semitone away, or up to two octaves more."""
    return tuple(pitch + way * (1 + octave) for way in (1, -1) for octave in (0, 12, 24))


def rub(one: Note, other: Note) -> bool:
    """Whether they sound at once, a semitone or a minor ninth apart."""
    return (
        abs(one.pitch - other.pitch) % 12 == 1
        and one.onset_tick < other.end_tick
        and other.onset_tick < one.end_tick
    )
