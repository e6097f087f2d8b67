"""Echo: a phrase is played, the partner plays it back, and it is said what was right of it.

    | call . . | reply . . |    a round: the same bars twice; three rounds, then the next bars of the chart
    phrase, what was heard  ──assess──>  Verdict: for each note its pitch and its place; what was too much

What was right makes the next phrase a note longer; what was not is played again, and when its bars are over
the next is a note shorter. The voice is that of the session, begun anew for each phrase.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from improv.config import ECHO_ROUNDS
from improv.controls.table import Controls
from improv.grammar.line.table import MEAN_LOUDNESS, Token
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT, Note
from improv.partner.heard import HeardNote
from improv.partner.turns import ME, YOU, Turn
from improv.soloist.voice import Labelled, Step, Voice

FIRST_NOTES, FEWEST_NOTES = 3, 2
PLACE_TICK = TICKS_PER_BEAT // 6
"""So far from its place, once a steady lateness is taken off, a note may be: 83 ms at 120 bpm."""
LATEST_TICK = TICKS_PER_BEAT
"""The most that is taken off. A phrase ends two beats before its bars do, so that it can be this late."""
_ENOUGH_IN_PLACE = 0.8
_ROOM_TICK = 2 * TICKS_PER_BEAT
_DRAWS = 8
_REST = Token(None, 0, 0, 0, 0, MEAN_LOUDNESS)
_MS_A_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Echoed:
    """What became of one note of the phrase."""

    pitch: bool
    """Whether its pitch was right, in the octave that the partner chose."""
    place: bool
    """Whether it came when it should, against the partner's own other notes."""
    heard: HeardNote | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a phrase was played back."""

    notes: tuple[Echoed, ...]
    extra: int
    """Notes that are not in the phrase."""
    octaves: int
    """How many octaves higher all of it was."""
    late_tick: int
    """By how much all of it was late; below 0: early."""

    @property
    def pitches(self) -> int:
        """Notes of the right pitch."""
        return sum(note.pitch for note in self.notes)

    @property
    def places(self) -> int:
        """Notes in their place, whatever their pitch."""
        return sum(note.place for note in self.notes)

    @property
    def right(self) -> bool:
        """Every pitch, nothing besides, and four notes in five in their place."""
        count = len(self.notes)
        return self.pitches == count and not self.extra and self.places >= _ENOUGH_IN_PLACE * count

    def said(self, tempo_bpm: float) -> str:
        """In words, such as "pitch 4 of 5, rhythm 5 of 5, 40 ms late, an octave lower"."""
        count = len(self.notes)
        if not any(note.heard for note in self.notes):
            return "nothing was played back"
        words = [f"pitch {self.pitches} of {count}", f"rhythm {self.places} of {count}"]
        if self.extra:
            words.append("1 note too many" if self.extra == 1 else f"{self.extra} notes too many")
        ms = round(self.late_tick * _MS_A_MINUTE / TICKS_PER_BEAT / tempo_bpm, -1)
        if ms:
            words.append(f"{abs(ms):g} ms {'late' if ms > 0 else 'early'}")
        if self.octaves:
            many = "an octave" if abs(self.octaves) == 1 else f"{abs(self.octaves)} octaves"
            words.append(f"{many} {'higher' if self.octaves > 0 else 'lower'}")
        return ", ".join(words)


def assess(
    phrase: Sequence[Note], heard: Sequence[HeardNote], onsets: Sequence[int] | None = None
) -> Verdict:
    """What was right of a phrase, whose ticks are those in which it was to be played back.

    `onsets` are its notes' as they were performed, with their swing and lateness; None: as written. Who plays
    what is written, in a swing of his own, is as right as who plays what was heard. Any octave will do as
    long as it is the same for all, and any steady lateness up to LATEST_TICK. Notes are set against each
    other in order, so that one that was left out, or is too much, costs no other.
    """
    onsets = onsets or [note.onset_tick for note in phrase]
    pitches = [note.pitch for note in heard]
    shifts = sorted((octaves * 12 for octaves in range(-4, 5)), key=abs)
    pairs, by = max(
        ((_in_order(phrase, pitches, by), by) for by in shifts),
        key=lambda row: sum(phrase[a].pitch + row[1] == pitches[b] for a, b in row[0]),
    )
    played = dict(pairs)
    late_tick = _steady([heard[b].played_tick - onsets[a] for a, b in pairs])
    off_tick = _steady([heard[b].onset_tick - phrase[a].onset_tick for a, b in pairs])
    notes = []
    for at, note in enumerate(phrase):
        if (found := played.get(at)) is None:
            notes.append(Echoed(False, False, None))
            continue
        as_heard = heard[found].played_tick - onsets[at] - late_tick
        as_written = heard[found].onset_tick - note.onset_tick - off_tick
        place = min(abs(as_heard), abs(as_written)) <= PLACE_TICK
        notes.append(Echoed(pitches[found] == note.pitch + by, place, heard[found]))
    return Verdict(tuple(notes), len(heard) - len(pairs), by // 12, late_tick)


def _steady(late: Sequence[int]) -> int:
    """What they have in common."""
    return max(-LATEST_TICK, min(LATEST_TICK, round(median(late)))) if late else 0


def _in_order(phrase: Sequence[Note], pitches: Sequence[int], by: int) -> list[tuple[int, int]]:
    """Pairs (of the phrase, of what was heard) in order; two of one pitch are worth more than four others."""
    rows, columns = len(phrase), len(pitches)
    worth = np.zeros((rows + 1, columns + 1))
    for a in range(rows - 1, -1, -1):
        for b in range(columns - 1, -1, -1):
            pair = 1.0 if phrase[a].pitch + by == pitches[b] else 0.4
            worth[a, b] = max(worth[a + 1, b], worth[a, b + 1], worth[a + 1, b + 1] + pair)
    pairs, a, b = [], 0, 0
    while a < rows and b < columns:
        if worth[a, b] == worth[a + 1, b]:
            a += 1
        elif worth[a, b] == worth[a, b + 1]:
            b += 1
        else:
            pairs.append((a, b))
            a, b = a + 1, b + 1
    return pairs


def turn_of(chart: Chart, bar: int) -> Turn:
    """Whose turn an absolute bar is in: the first half of a round is the machine's."""
    tick = chart.bar_tick(bar)
    place = chart.place(tick)
    at = bisect_right(chart.tops, place) - 1
    if at < 0:
        return Turn(ME, 0, chart.bar_of(chart.tops[0]))
    end = chart.tops[at + 1] if at + 1 < len(chart.tops) else chart.length_tick
    half = (chart.tops[at] + end) // 2
    first, half_bar, last = (
        chart.bar_of(tick - place + where) for where in (chart.tops[at], half, end)
    )
    return Turn(ME, first, half_bar) if place < half else Turn(YOU, half_bar, last)


class EchoVoice:
    """A voice that plays a phrase in the first half of each round, and is silent in the other."""

    def __init__(
        self, chart: Chart, make: Callable[[Sequence[int], int], Voice], start_tick: int
    ) -> None:
        """A round begins with each top of `chart`. `make` gives a voice that begins at a tick, for a seed."""
        self._chart, self._make = chart, make
        self._tick, self._ahead = start_tick, list[Step]()
        self._phrase: list[Note] = []
        """As it was played last; none before the first."""
        self._onsets: list[int] = []
        self._reply_tick = self._tries = self._right = self._told = 0
        self._notes = FIRST_NOTES
        self._steps: list[Step] = []
        self._heard: list[HeardNote] = []
        self._said: list[str] = []
        self._label: NDArray[np.float32] | None = None
        self._seed: tuple[int, ...] = ()

    @property
    def tick(self) -> int:
        """Where the next token begins."""
        return self._tick

    def set_tempo(self, bpm: float) -> None:
        """Does nothing: each phrase begins with the tempo of then."""

    def reseed(self, seed: Sequence[int]) -> None:
        """Have other phrases from the next on."""
        self._seed = tuple(seed)

    def set_label(self, label: NDArray[np.float32]) -> None:
        """Play as somebody else from the next phrase on."""
        self._label = label

    def hear(self, note: HeardNote) -> None:
        """Hear what the partner plays; chords are no echo."""
        if note.is_comping:
            return
        if note.replaces and self._heard:
            self._heard.pop()
        self._heard.append(note)

    def performed(self, onset_tick: int) -> None:
        """The next note of the phrase is performed there."""
        self._onsets.append(onset_tick)

    def said(self) -> list[str]:
        """Lines for the user since this was asked last."""
        said, self._said = self._said, []
        return said

    def step(self, controls: Controls, landing: bool = False) -> Step:
        """Play one token on."""
        if not self._ahead:
            self._ahead = self._round(controls)
        step = self._ahead.pop(0)
        self._tick = step.next_tick
        return step

    def _round(self, controls: Controls) -> list[Step]:
        """All that is played in the round that begins, or the rest of one in whose middle it is."""
        chart, tick = self._chart, self._tick
        place = chart.place(tick)
        at = bisect_right(chart.tops, place) - 1
        end = chart.tops[at + 1] if at + 1 < len(chart.tops) else chart.length_tick
        end_tick = tick + end - place
        if at < 0 or chart.tops[at] != place:
            return [Step(_REST, tick, end_tick, None)]
        half_tick = (end_tick - tick) // 2
        again = self._judged(controls, at % ECHO_ROUNDS > 0)
        before_tick, self._reply_tick = self._reply_tick, tick + half_tick
        if again:
            by_tick = self._reply_tick - before_tick
            self._steps = [_moved(step, by_tick) for step in self._steps]
        else:
            self._tries = 0
            self._steps = self._new(controls, tick, half_tick)
        self._tries += 1
        self._onsets = []
        self._phrase = [step.note for step in self._steps if step.note is not None]
        rest_tick = self._steps[-1].next_tick if self._steps else tick
        return [*self._steps, Step(_REST, rest_tick, end_tick, None)]

    def _judged(self, controls: Controls, same_bars: bool) -> bool:
        """Say how the last phrase was played back, if there is one; whether it is to be played again."""
        heard, self._heard = self._heard, []
        if not self._phrase:
            return False
        half_tick = self._reply_tick - self._steps[0].tick
        onsets = [tick + half_tick for tick in self._onsets]
        asked = [replace(note, onset_tick=note.onset_tick + half_tick) for note in self._phrase]
        first_tick = self._reply_tick - LATEST_TICK // 2
        verdict = assess(asked, [note for note in heard if note.played_tick >= first_tick], onsets)
        again = not verdict.right and same_bars
        if not again:
            self._notes = max(FEWEST_NOTES, len(asked) + (1 if verdict.right else -1))
        if not again:
            self._told, self._right = self._told + 1, self._right + verdict.right
        then = "again" if again else f"{self._right} of {self._told} right, {self._notes} notes now"
        self._said.append(f"echo, try {self._tries}: {verdict.said(controls.tempo_bpm)}; {then}")
        return again

    def _new(self, controls: Controls, tick: int, half_tick: int) -> list[Step]:
        """A phrase of the bars that begin at `tick`, as long as it is to be now, or nearly."""
        room_tick = tick + max(half_tick // 2, half_tick - _ROOM_TICK)
        plain = controls.with_values(rehearse=0)  # a few notes are no bars to choose among
        best: list[Step] = []
        for draw in range(_DRAWS):
            voice = self._make((*self._seed, tick, draw), tick)
            if self._label is not None and isinstance(voice, Labelled):
                voice.set_label(self._label)
            voice.set_tempo(controls.tempo_bpm)
            steps: list[Step] = []
            while voice.tick < room_tick and len(steps) <= self._notes:
                steps.append(voice.step(plain))
            steps = [step for step in steps if step.note is not None][: self._notes]
            best = max(best, steps, key=len)
            if len(best) == self._notes:
                break
        if not best:
            return []
        if best[0].tick > tick:
            best = [Step(_REST, tick, best[0].tick, None), *best]
        return [*best[:-1], _ended(best[-1], tick + half_tick)]


def _moved(step: Step, by_tick: int) -> Step:
    note = step.note and replace(step.note, onset_tick=step.note.onset_tick + by_tick)
    return replace(step, tick=step.tick + by_tick, next_tick=step.next_tick + by_tick, note=note)


def _ended(step: Step, tick: int) -> Step:
    """The last step of a phrase, which is silent from `tick` on."""
    note = step.note
    if note is not None:
        note = replace(note, duration_tick=min(note.duration_tick, tick - step.tick))
    return replace(step, next_tick=tick, note=note)
