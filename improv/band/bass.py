"""The bass: in two, in four, or in the figures of the feel.

    medium swing, up swing, ballad, waltz, shuffle   two-feel (waltz: one) at low intensity, walking above
    bossa, samba, funk, straight                     figures of `FIGURES`, degree by degree
    dotted beats (6/8, 12/8)                         figures for every feel

The faster swing is, the sooner it walks, from 240 bpm on at any intensity, unless the style says "two"; slow
swing begins in two.

The first beat of a new chord is its root, or the bass of a slash chord; when walking it is another tone of
the chord now and then, but not where a section begins. Nothing leaps more than an octave; no pitch is played
three times running; in the last bar, the bass note sounds under the held chord.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from improv.band.base import BarContext, BarView, Dice, Memory, pick, same_chord, view
from improv.band.figures import Step, figures
from improv.band.segments import Segment, segments
from improv.band.walking import (
    HIGHEST,
    LOWEST,
    NEW_PAIR,
    NO_PAIR,
    PAIRS,
    Choices,
    approaches,
    chord_tone_pcs,
    fifth_of,
    nearest,
    passing,
    pillars,
    seconds,
    targets,
)
from improv.music.chord import Chord
from improv.music.note import TICKS_PER_BEAT, Note

_WALKS = ("medium swing", "up swing", "ballad", "waltz", "shuffle")
# The intensity from which it walks: in the first chorus, and later.
_WALKS_FROM = {
    "medium swing": (0.22, 0.12),
    "up swing": (0.2, 0.1),
    "ballad": (0.4, 0.25),
    "waltz": (0.4, 0.25),
    "shuffle": (0.3, 0.15),
}
_USUAL_BPM, _FOUR_FROM_BPM, _SLOWER = 140, 240, 1.6
"""At the first it begins to walk from those intensities on, above sooner, from the second on at once, and
below later, up to so many times: of the bars of swinging solos in the Weimar Jazz Database one in six is in
two below 100 bpm, one in twelve above."""
_SWINGS = ("medium swing", "up swing", "shuffle")
_SAYS_TWO = re.compile(r"\b(?:two|2)\b", re.IGNORECASE)
_OTHER_TONE = 0.26
"""How often a new chord begins on another tone than its root: docs/band.md has the count of people's."""
_HOME, _INSIDE = ((80, 6.0), (100, 3.0), (140, 2.0), (200, 1.4), (math.inf, 1.0)), 0.8
"""Below which tempo how likely the root is on the first beat of a bar whose chord stays, against another
tone; and inside a bar. Of people's bars three in five begin so below 100 bpm, one in four when it is fast."""
_UNDECIDED = 0.1  # within this distance of the border, it keeps doing what it did
_START = 40
_OFF = TICKS_PER_BEAT // 2
_RAKE_TICKS = (TICKS_PER_BEAT // 3, 2 * TICKS_PER_BEAT // 3)
_FASTEST_RAKE_BPM = 190


@dataclass(frozen=True, slots=True)
class _State:
    """What is remembered from bar to bar."""

    pitches: tuple[int, int] = (0, 0)
    """The last two played."""
    target: int = 0
    """The note that the line was heading for; 0: none."""
    direction: int = 1
    walks: bool = False
    chord: Chord | None = None
    bars: int = 0
    """How many bars in a row had that chord."""
    figure: str = ""


class Bass:
    """A double bass (or any other). Stateful, but any bar may be asked for next."""

    def __init__(self, name: str = "bass") -> None:
        self.name = name
        self._memory: Memory[_State] = Memory()

    def bar(self, context: BarContext) -> list[Note]:
        """The bass line of a bar; nothing in NC."""
        state, follows = self._memory.before(context.bar)
        state = state or _State()
        shown = view(context)
        line = _Line(context, shown, state, follows)
        if context.kind == "final":
            line.last_note()
        else:
            for segment in segments(shown):
                line.play(segment)
        self._memory.keep(context.bar, line.state())
        return line.notes


class _Line:
    """The line of one bar, while it is being made."""

    def __init__(self, context: BarContext, shown: BarView, state: _State, follows: bool) -> None:
        self.notes: list[Note] = []
        self._context, self._shown, self._before = context, shown, state
        self._dice = Dice(context.rng)
        self._pitches = state.pitches
        self._target = state.target if follows else 0
        self._direction = state.direction
        self._figure = state.figure
        chord = shown.spans[0].chord
        self._bars = state.bars + 1 if follows and same_chord(chord, state.chord) else 0
        self._walks = self._decide(state, follows)
        self._level = 66 + 12 * context.controls.intensity - 3 * (context.feel.name == "ballad")

    def state(self) -> _State:
        """What the next bar must know."""
        return _State(
            self._pitches,
            self._target,
            self._direction,
            self._walks,
            self._shown.spans[-1].chord,
            self._bars if len(self._shown.spans) == 1 else 0,
            self._figure,
        )

    def _decide(self, state: _State, follows: bool) -> bool:
        """Whether to walk: decided when a section begins, or when the intensity leaves no doubt."""
        context = self._context
        borders = _WALKS_FROM.get(context.feel.name)
        if borders is None:
            return False
        chorus, _ = context.chart.chorus_and_bar(context.bar)
        border = borders[0] if chorus <= 0 else borders[1]
        if context.feel.name in _SWINGS and not _SAYS_TWO.search(context.chart.style):
            away = (_FOUR_FROM_BPM - context.controls.tempo_bpm) / (_FOUR_FROM_BPM - _USUAL_BPM)
            border *= min(_SLOWER, max(0.0, away))
        if (
            context.new_section
            or not follows
            or abs(context.controls.intensity - border) > _UNDECIDED
        ):
            return context.controls.intensity >= border
        return state.walks

    # -- one stretch of beats

    def play(self, segment: Segment) -> None:
        """Add the notes of a segment."""
        feel = self._context.feel.name
        start = self._first(segment)
        if segment.beat_tick != TICKS_PER_BEAT or feel not in _WALKS:
            self._play_figure(segment, start)
        elif self._walks:
            self._walk(segment, start)
        else:
            self._two(segment, start)

    def _first(self, segment: Segment) -> int:
        """The pitch to begin with: the one the line was heading for if that fits, else the bass note."""
        chord, target = segment.chord, self._target
        # The root marks the beginning of a section, even if the chord stays the same.
        begins = self._context.new_section and not segment.beats[0]
        same = (segment.beats[0] > 0 or self._bars > 0) and same_chord(self._before.chord, chord)
        varies = same or (self._walks and chord.bass_pc == chord.root_pc)
        fits = target % 12 == chord.bass_pc or (
            varies and not begins and target % 12 in chord_tone_pcs(chord)
        )
        if target and (fits or (segment.beats[0] and self._fits_inside(segment))):
            return target
        return nearest(chord.bass_pc, self._pitches[1] or _START)

    def _fits_inside(self, segment: Segment) -> bool:
        """Whether the target is a tone of a chord that began earlier in this bar (5/4 as 3+2)."""
        before = self._shown.chord_at(segment.beats[0] - 1)
        return same_chord(before, segment.chord) and self._target % 12 in chord_tone_pcs(
            segment.chord
        )

    def _aim(self, segment: Segment, start: int) -> int:
        """Choose the note that comes after this segment, and turn around at the ends of the range."""
        following = segment.following
        if following is None:
            return self._remember_target(start, 0)
        home = segment.end >= self._shown.length_tick
        stays = same_chord(following, segment.chord) and not (home and self._context.fill)
        others = (
            self._walks
            and not (home and self._context.fill)
            and following.bass_pc == following.root_pc
            and self._dice.chance(_OTHER_TONE)
        )
        choices = targets(
            following,
            start,
            self._direction,
            len(segment.beats),
            stays=stays,
            home=self._home() if home else _INSIDE,
            other=others and not stays,
        )
        return self._remember_target(start, self._choose(choices))

    def _home(self) -> float:
        tempo_bpm = self._context.controls.tempo_bpm
        return next(weight for bpm, weight in _HOME if tempo_bpm < bpm)

    def _remember_target(self, start: int, target: int) -> int:
        self._target = target
        if target >= 45:
            self._direction = -1
        elif 0 < target <= 33:
            self._direction = 1
        elif self._dice.chance(0.3):
            self._direction = -self._direction
        elif target and target != start:
            self._direction = 1 if target > start else -1
        return target or start

    def _choose(self, choices: Choices) -> int:
        pitches, weights = choices
        return pitches[pick(weights, self._dice.roll())]

    def _walk(self, segment: Segment, start: int) -> None:
        chord, beats = segment.chord, len(segment.beats)
        target = self._aim(segment, start)
        fresh = start != self._pitches[1]  # no pitch comes three times running
        if self._boogie(segment):
            pitches = self._boogie_line(chord, start, target)
        elif beats == 1:
            pitches = [start]
        elif beats == 2:
            again = NEW_PAIR if fresh else NO_PAIR
            pitches = [start, self._choose(seconds(chord, start, target, again))]
        elif beats == 3:
            middle = self._choose(pillars(chord, start, target, self._direction, 1))
            last = self._choose(approaches(chord, middle, target, NEW_PAIR))
            pitches = [start, middle, last]
        else:
            middle = self._choose(pillars(chord, start, target, self._direction))
            second = self._choose(passing(chord, start, middle, fresh))
            again = PAIRS if second == start else NEW_PAIR if second != middle else NO_PAIR
            last = self._choose(approaches(chord, middle, target, again))
            pitches = [start, second, middle, last]
        held = TICKS_PER_BEAT - (60 if self._context.controls.tempo_bpm > 200 else 40)
        ornamented = self._ornament(beats)
        for index, beat in enumerate(segment.beats):
            end = segment.beats[index + 1] if index + 1 < beats else segment.end
            following = pitches[index + 1] if index + 1 < beats else target
            length = min(held, end - beat)
            again = pitches[index] in (following, self._pitches[1])
            if index == ornamented and end - beat >= TICKS_PER_BEAT and not again:
                self._skip(beat, pitches[index], following, chord)
            else:
                self._add(beat, length, pitches[index], strong=not index)

    def _boogie(self, segment: Segment) -> bool:
        chord = segment.chord
        return (
            self._context.feel.name == "shuffle"
            and len(segment.beats) == 4
            and chord.quality in ("dom", "maj")
            and 7 in chord.tones
            and 11 not in chord.tones
            and self._bars % 4 < 2
            and chord.bass_pc == chord.root_pc
        )

    def _boogie_line(self, chord: Chord, start: int, target: int) -> list[int]:
        """Root, third, fifth, sixth; in the second bar of a chord from the seventh (or octave) back."""
        root = nearest(chord.root_pc, min(start, 43), LOWEST, 43)
        third = 4 if 4 in chord.tones else 5
        if self._bars % 2 == 0 or start % 12 != chord.root_pc or root + 12 > HIGHEST - 3:
            line = [root, root + third, root + 7, root + 9]
            if _rises(self._target, root, chord):
                self._target = root + (10 if 10 in chord.tones else 12)
        else:
            line = [root + 12, root + 9, root + 7, root + third]
        line[0] = start if start % 12 == line[0] % 12 and abs(start - line[1]) <= 12 else line[0]
        if abs(line[3] - self._target) > 12 and self._target:
            self._target = nearest(self._target % 12, line[3], LOWEST, HIGHEST - 5)
        return line

    def _ornament(self, beats: int) -> int:
        """The beat that gets a skip or a rake, -1 for none: more with intensity, fewer when fast."""
        context = self._context
        often = (0.06 + 0.34 * context.controls.intensity) * min(
            1.0, 170 / context.controls.tempo_bpm
        )
        if context.feel.name == "shuffle":
            often = 0.35 + 0.4 * context.controls.intensity
        if not self._dice.chance(often):
            return -1
        return min(beats - 1, int(self._dice.roll() * 4))

    def _skip(self, beat: int, pitch: int, following: int, chord: Chord) -> None:
        """A beat with a ghost on its off-beat, a drop to a low chord tone, or a triplet raked down."""
        context = self._context
        roll = self._dice.roll()
        strong = beat in self._shown.pulse.strong
        down = [p for p in range(pitch - 1, LOWEST - 1, -1) if p % 12 in chord_tone_pcs(chord)]
        rakes = (
            roll < 0.3 * context.controls.intensity
            and context.controls.tempo_bpm < _FASTEST_RAKE_BPM
        )
        if rakes and len(down) > 1 and abs(down[1] - following) <= 12:
            self._add(beat, _RAKE_TICKS[0] - 20, pitch, strong=strong)
            for tick, note in zip(_RAKE_TICKS, down, strict=False):
                self._add(beat + tick, 120, note, ghost=True)
            return
        self._add(beat, _OFF - 40, pitch, strong=strong)
        if roll > 0.75 and down and 0 < abs(down[0] - following) <= 12:
            self._add(beat + _OFF, 180, down[0], ghost=True)
        else:
            self._add(beat + _OFF, 150, pitch, ghost=True)

    def _two(self, segment: Segment, start: int) -> None:
        """Half notes, or in three one long note, with a quarter or an eighth that leads on now and then."""
        beats, chord = segment.beats, segment.chord
        target = self._aim(segment, start)
        length = segment.end - segment.beats[0]
        roll = self._dice.roll()
        if len(beats) == 4:
            middle = self._choose(pillars(chord, start, target, self._direction))
            half = beats[2] - beats[0]
            if roll < 0.22:
                self._add(beats[0], half + TICKS_PER_BEAT - 40, start, strong=True)
                self._add(beats[3], TICKS_PER_BEAT - 40, self._lead(chord, start, target))
                return
            pickup = roll > 0.86
            self._add(beats[0], half - (_OFF if pickup else 0) - 40, start, strong=True)
            if pickup:
                self._add(beats[2] - _OFF, _OFF - 40, self._lead(chord, start, middle), ghost=True)
            leads = roll < 0.52
            self._add(beats[2], (TICKS_PER_BEAT if leads else half) - 40, middle)
            if leads:
                self._add(beats[3], TICKS_PER_BEAT - 40, self._lead(chord, middle, target))
        elif len(beats) >= 2 and roll < (0.5 if len(beats) == 3 else 0.3):
            self._add(beats[0], beats[-1] - beats[0] - 40, start, strong=True)
            self._add(beats[-1], segment.end - beats[-1] - 40, self._lead(chord, start, target))
        elif len(beats) == 3 and roll < 0.65:
            middle = self._choose(pillars(chord, start, target, self._direction))
            self._add(beats[0], beats[1] - beats[0] - 40, start, strong=True)
            self._add(beats[1], segment.end - beats[1] - 40, middle)
        else:
            self._add(beats[0], length - 40, start, strong=True)

    def _lead(self, chord: Chord, last: int, target: int) -> int:
        return self._choose(approaches(chord, last, target))

    # -- figures

    def _play_figure(self, segment: Segment, start: int) -> None:
        context = self._context
        rows, weights = figures(
            context.feel.name,
            segment.beat_tick,
            len(segment.beats),
            round(4 * context.controls.intensity),
        )
        row = rows[pick(weights, self._dice.roll())]
        if row.text == self._figure and len(rows) > 1 and self._dice.chance(0.5):
            row = rows[pick(weights, self._dice.roll())]
        self._figure = row.text
        chord = segment.chord
        # Figures are built on the root, so a target that is another chord tone does not count here.
        if start % 12 != chord.bass_pc:
            start = nearest(chord.bass_pc, start)
        following = segment.following
        last = start
        self._target = nearest(following.bass_pc, start) if following is not None else 0
        below = start - 12 + fifth_of(chord) >= LOWEST and (start > 36 or self._dice.chance(0.4))
        for step in row.steps:
            onset = segment.beats[0] + step.tick
            if onset >= segment.end:
                break
            pitch = self._degree(step, chord, start, last, below=below)
            self._add(
                onset,
                min(step.duration_tick, segment.end - onset),
                pitch,
                strong=step.tick == 0,
                ghost=step.degree == "g",
            )
            last = pitch

    def _degree(self, step: Step, chord: Chord, start: int, last: int, *, below: bool) -> int:
        """The pitch of one degree of a figure."""
        degree = step.degree
        if degree == "5":
            pitch = start + fifth_of(chord) - 12 * below
        elif degree == "8":
            pitch = start + 12 if start + 12 <= HIGHEST - 2 else start
        elif degree in "37":
            pitch = start + _tone(chord, degree)
        elif degree == "g":
            pitch = last
        elif degree == "N" and self._target:
            pitch = self._target
        elif degree == "A" and self._target:
            pitch = self._choose(approaches(chord, last, self._target))
        else:
            pitch = start
        return pitch if LOWEST <= pitch <= HIGHEST else start

    # -- notes

    def last_note(self) -> None:
        """The bass note of the last chord, low, for the whole bar."""
        chord = self._shown.spans[0].chord
        if chord is not None:
            low = nearest(chord.bass_pc, min(self._pitches[1] or _START, 36), LOWEST, 43)
            if self._pitches[1] and abs(low - self._pitches[1]) > 12:
                low = nearest(chord.bass_pc, self._pitches[1], LOWEST, 47)
            self._pitches = (
                0,
                0,
            )  # that the last note was played twice is no reason to leave this one out
            self._add(0, self._shown.length_tick, low, strong=True)

    def _add(
        self,
        tick: int,
        duration_tick: int,
        pitch: int,
        *,
        strong: bool = False,
        ghost: bool = False,
    ) -> None:
        """Add a note within an octave of the last; the third of the same pitch moves or is left out."""
        if len(self._shown.spans) > 1 and self._shown.chord_at(tick) is None:
            return  # NC begins off the beat
        last = self._pitches[1]
        while last and pitch - last > 12 and pitch - 12 >= LOWEST:
            pitch -= 12
        while last and last - pitch > 12:
            pitch += 12
        if self._pitches[0] == self._pitches[1] == pitch:
            if not strong:
                return
            pitch += 12 if pitch + 12 <= HIGHEST - 7 else -12
            if not LOWEST <= pitch:
                return
        velocity = int(self._level + 3 * strong - 16 * ghost + 6 * self._dice.roll())
        self.notes.append(
            Note(self._shown.start_tick + tick, max(1, duration_tick), pitch, min(85, velocity))
        )
        self._pitches = (self._pitches[1], pitch)


def _rises(target: int, root: int, chord: Chord) -> bool:
    """Whether the line may continue upwards: the chord stays, and there is room."""
    return target % 12 in chord_tone_pcs(chord) and target % 12 != root % 12 and root + 12 <= 52


@lru_cache(maxsize=2048)
def _tone(chord: Chord, degree: str) -> int:
    """Semitones from the bass note to the third above it, or to the seventh (or sixth) below it."""
    tones = {(tone + chord.root_pc - chord.bass_pc) % 12 for tone in chord.tones}
    if degree == "3":
        return next((tone for tone in (4, 3, 5, 2, 7) if tone in tones), 7)
    return next((tone - 12 for tone in (10, 11, 9) if tone in tones), fifth_of(chord) - 12)
