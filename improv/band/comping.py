"""Comping, on piano or guitar: which chord, how it is voiced, when it is struck, how loud.

What it adds to `improv.band.voicing` and `improv.band.rhythms`:

- a chord on the last off-beat before a change sounds the new chord (not into a section's first beat when the
  drums fill, nor into the last bar);
- every chord that lasts two beats, or half a bar, is heard, whatever the rhythm;
- nothing is held into the next chord or into NC;
- the denser the soloist, the fewer, softer and thinner its chords.
"""

from __future__ import annotations

from dataclasses import dataclass

from improv.band.base import BarContext, BarView, Dice, Memory, pick, same_chord, view
from improv.band.pulse import EIGHTH
from improv.band.rhythms import SHORT_TICK, Hit, Rhythm, choices, group_choices, level_of, sizes_of
from improv.band.voicing import Voicing, others, ranked
from improv.music.chord import Chord
from improv.music.note import TICKS_PER_BEAT, Note

SOFTEST, LOUDEST = 45, 75
_GUITAR_SOFTER = 9
"""General MIDI's jazz guitar sounds some 6 dB louder than its piano at the same velocity."""
RINGS = ("ballad", "straight")
"""Feels whose chords ring on."""
_FOUR_TO_THE_BAR_UP_TO = 0.55
_FOUR_TICK = 300
_FASTEST_OFF_BEATS_BPM = 220
_TRIES = 6
_MAY_LAY_OUT = 0.8
"""How busy the soloist must be before the comping may rest for more than a bar."""
_MOVE_ON_AFTER = 2
"""How often a voicing is struck before another one of the same chord takes its turn."""


@dataclass(frozen=True, slots=True)
class _State:
    """What is remembered from bar to bar."""

    voicing: Voicing | None = None
    chord: Chord | None = None
    """The chord of that voicing."""
    struck: int = 0
    """How often that voicing was struck in a row."""
    texts: tuple[str, str] = ("", "")
    """The last two rhythms."""
    second: tuple[Hit, ...] | None = None
    """The second bar of the rhythm that was begun."""
    pattern: tuple[str, int] = ("", 0)
    """The feel and bar length that the second bar is for."""
    ring_tick: int = 0
    """The tick until which a pushed chord sounds."""
    empty: bool = False
    """Whether the last bar had no chord of its own."""


class Comper:
    """A piano or a guitar. Stateful, but any bar may be asked for next."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._guitar = name == "guitar"
        self._memory: Memory[_State] = Memory()

    def bar(self, context: BarContext) -> list[Note]:
        """The chords of a bar; none in NC."""
        state, follows = self._memory.before(context.bar)
        state = state or _State()
        shown = view(context)
        if shown.silent:
            self._memory.keep(context.bar, _State(voicing=state.voicing, texts=state.texts))
            return []
        dice = Dice(context.rng)
        ring_tick = state.ring_tick if follows else 0
        second = None
        texts = state.texts
        if context.kind == "final":
            hits = [Hit(0, shown.length_tick, False)]
        elif self._plays_four(context, shown):
            hits = self._four_to_the_bar(context, shown, dice)
        else:
            hits, text, second = self._rhythm(context, shown, state, follows, dice)
            texts = (texts[1], text)
            heard = state.chord if follows else None
            hits = _with_every_chord(hits, shown, heard, held=context.feel.name in RINGS)
        struck = _Strike(self, context, shown, state, ring_tick, dice)
        for at, hit in enumerate(hits):
            following = hits[at + 1].tick if at + 1 < len(hits) else None
            struck.strike(hit, following)
        self._memory.keep(
            context.bar,
            _State(
                struck.voicing,
                struck.chord,
                struck.times,
                texts,
                second,
                (context.feel.name, shown.length_tick),
                struck.ring_tick,
                not struck.notes,
            ),
        )
        return struck.notes

    def _plays_four(self, context: BarContext, shown: BarView) -> bool:
        """Whether the guitar plays swing's four to the bar."""
        return (
            self._guitar
            and context.feel.name in ("medium swing", "up swing")
            and context.controls.intensity < _FOUR_TO_THE_BAR_UP_TO
            and not shown.pulse.compound
        )

    @staticmethod
    def _four_to_the_bar(context: BarContext, shown: BarView, dice: Dice) -> list[Hit]:
        """A chord on every beat; a phrase may end with an off-beat, or when it is fast on 2 and 4 alone."""
        beats = shown.pulse.beats
        ticks = list(beats)
        _, bar = context.chart.chorus_and_bar(context.bar)
        turns, at = dice.chance(0.5), int(dice.roll() * len(beats))
        if bar % 8 == 7 or (bar % 4 == 3 and turns):
            if context.controls.tempo_bpm > _FASTEST_OFF_BEATS_BPM and len(beats) > 1:
                ticks = list(beats[1::2])
            elif beats[at] + EIGHTH < shown.length_tick:
                ticks = sorted((*beats, beats[at] + EIGHTH))
        return [Hit(tick, _FOUR_TICK if tick in beats else SHORT_TICK, True) for tick in ticks]

    def style(self, context: BarContext) -> str:
        """A style of `improv.band.voicing`: thin if the soloist is dense, wide if there is time."""
        feel = context.feel.name
        if self._guitar:
            if (
                feel in ("bossa", "samba", *RINGS)
                or context.controls.intensity >= _FOUR_TO_THE_BAR_UP_TO
            ):
                return "grip"
            return "shell"
        if feel in RINGS or context.kind == "final" or context.controls.intensity > 0.8:
            return "open"
        return "shell" if context.busy > 0.7 or context.controls.intensity < 0.15 else "rootless"

    def _rhythm(
        self, context: BarContext, shown: BarView, state: _State, follows: bool, dice: Dice
    ) -> tuple[list[Hit], str, tuple[Hit, ...] | None]:
        """(hits in ticks of the bar, the rhythm's text, its second bar if it has one)."""
        feel = context.feel.name
        if (
            state.second is not None
            and follows
            and not context.new_section
            and state.pattern == (feel, shown.length_tick)
        ):
            return list(state.second), state.texts[1] + "|", None
        level = level_of(context.controls.intensity, context.busy)
        sizes = sizes_of(shown.pulse.groups)
        whole = choices(feel, sizes, level)
        if whole:
            rhythms, weights = whole
            rhythm = rhythms[pick(weights, dice.roll())]
            for _ in range(_TRIES):
                if self._fits(rhythm, context, state, dice):
                    break
                rhythm = rhythms[pick(weights, dice.roll())]
            else:
                if rhythm.text == state.texts[1].rstrip("|"):
                    rhythm = rhythms[(rhythms.index(rhythm) + 1) % len(rhythms)]
            return list(rhythm.first), rhythm.text, rhythm.second
        hits: list[Hit] = []
        text = ""
        for group, size in zip(shown.pulse.groups, sizes, strict=True):
            rhythms, weights = group_choices(feel, size, level)
            rhythm = rhythms[pick(weights, dice.roll())]
            text += rhythm.text + " "
            hits += [Hit(group.start + h.tick, h.duration_tick, h.short) for h in rhythm.first]
        if text == state.texts[1] == state.texts[0]:
            hits = [Hit(0, TICKS_PER_BEAT - 30, False)]
            text = "X"
        return [hit for hit in hits if hit.tick < shown.length_tick], text, None

    def _fits(self, rhythm: Rhythm, context: BarContext, state: _State, dice: Dice) -> bool:
        """Whether a rhythm may be played now."""
        if context.fill and rhythm.second:  # the section would cut it short
            return False
        if not rhythm.first and state.empty and context.busy < _MAY_LAY_OUT:
            return False
        last, before = (text.rstrip("|") for text in reversed(state.texts))
        return rhythm.text != last or (rhythm.text != before and dice.chance(0.25))


def _with_every_chord(
    hits: list[Hit], shown: BarView, heard: Chord | None, *, held: bool
) -> list[Hit]:
    """Add the chords of a bar that the rhythm would leave out; `heard` is the chord that was struck last.

    One that goes on into the next bar may be struck there. Chords of a beat may be left out, except beside
    NC: there they are the tune (Moanin', stop time).
    """
    spans = shown.spans
    half_tick = min(2 * TICKS_PER_BEAT, max(TICKS_PER_BEAT, shown.length_tick // 2))
    added = []
    for at, span in enumerate(spans):
        alone = at > 0 and spans[at - 1].chord is None
        ends = at + 1 < len(spans) and spans[at + 1].chord is None
        least = EIGHTH if alone or ends else half_tick
        if span.chord is None or span.end - span.start < least:
            continue
        if not (alone or ends):
            if not at and same_chord(heard, span.chord):
                continue
            if at + 1 == len(spans) and same_chord(span.chord, shown.after):
                continue
        sounds_from = span.start if alone else span.start - EIGHTH if span.start else 0
        last = span.end - EIGHTH - 1
        if not any(sounds_from <= hit.tick <= last for hit in hits):
            length = (span.end - span.start) if held else TICKS_PER_BEAT
            added.append(Hit(span.start, length - 30, False))
    return sorted(hits + added, key=lambda hit: hit.tick) if added else hits


class _Strike:
    """Plays the chords of one bar in turn, leading the voices from each to the next."""

    def __init__(
        self,
        musician: Comper,
        context: BarContext,
        shown: BarView,
        state: _State,
        ring_tick: int,
        dice: Dice,
    ) -> None:
        self.notes: list[Note] = []
        self.voicing = state.voicing
        self.chord = state.chord
        self.times = state.struck
        self.ring_tick = 0
        self._free_tick = ring_tick  # before it the last bar's pushed chord sounds
        self._context, self._shown, self._dice = context, shown, dice
        self._style = musician.style(context)
        self._four = musician._plays_four(context, shown)
        level = 50 + 19 * context.controls.intensity - 7 * context.busy
        self._level = level - 3 * (context.feel.name == "ballad")
        self._softer = _GUITAR_SOFTER if musician.name == "guitar" else 0

    def strike(self, hit: Hit, following: int | None) -> None:
        """Play one hit, at most until the next one."""
        shown, context = self._shown, self._context
        onset_tick = shown.start_tick + hit.tick
        if onset_tick < self._free_tick:
            if context.kind != "final":
                return
            onset_tick = self._free_tick
        beat = shown.pulse.next_beat(hit.tick)
        off_beat = hit.tick not in shown.pulse.beats
        ahead = off_beat and beat - hit.tick <= EIGHTH
        at = beat if ahead and not (self._must_not_push and beat == shown.length_tick) else hit.tick
        chord = shown.chord_at(at)
        if chord is None or shown.chord_at(hit.tick) is None:
            return
        end_tick = shown.start_tick + self._end_of(hit, at, following)
        if end_tick <= onset_tick:
            return
        self._lead(chord, at)
        velocity = self._velocity(hit, off_beat)
        pitches = self.voicing or ()
        top = len(pitches) - 1
        for voice, pitch in enumerate(pitches):
            loud = velocity + (2 if voice == top else -2 if voice else 0)
            self.notes.append(
                Note(
                    onset_tick,
                    end_tick - onset_tick,
                    pitch,
                    min(LOUDEST, max(SOFTEST, loud)) - self._softer,
                )
            )
        self._free_tick = end_tick
        if end_tick > shown.start_tick + shown.length_tick:
            self.ring_tick = end_tick

    @property
    def _must_not_push(self) -> bool:
        """False across a boundary that the drums set up, where everybody meets on the beat."""
        return self._context.fill or self._context.kind == "ending"

    def _end_of(self, hit: Hit, at: int, following: int | None) -> int:
        """The tick of the bar at which the sound ends: with the hit, the chord, or the next hit."""
        shown = self._shown
        end = hit.tick + hit.duration_tick
        if following is not None:
            end = min(end, following)
        if at >= shown.length_tick and end > shown.length_tick:  # it rings into the next bar
            if shown.after is None or self._must_not_push:
                return shown.length_tick
            bar_end_tick = shown.start_tick + shown.length_tick
            change_tick = self._context.chart.next_change(bar_end_tick)[0]
            return min(end, change_tick - shown.start_tick)
        for span in shown.spans:
            if at < span.end:
                if self._context.kind == "final":
                    return shown.length_tick
                return min(end, span.end)
        return min(end, shown.length_tick)

    def _lead(self, chord: Chord, at: int) -> None:
        """Choose the voicing: the nearest, or another one if the chord stays."""
        if self.voicing is not None and same_chord(chord, self.chord):
            choice = self.voicing
        else:
            choice = ranked(chord, self._style, self.voicing, self._mild(chord, at))[0]
            self.chord = chord
        if choice == self.voicing:
            self.times += 1
            if self.times >= _MOVE_ON_AFTER and self._dice.chance(0.6):
                moves = others(chord, self._style, choice)
                if moves:
                    choice = moves[int(self._dice.roll() * len(moves))]
        if choice != self.voicing:
            self.voicing, self.times = choice, 0

    def _mild(self, chord: Chord, at: int) -> bool:
        """Whether this dominant belongs to minor, by its flat ninth or the chord that follows."""
        if chord.quality != "dom":
            return False
        if 1 in chord.tones:
            return True
        following = self._context.chart.next_change(self._shown.start_tick + at)[1]
        return (
            following is not None
            and following.quality in ("min", "hdim")
            and (following.root_pc - chord.root_pc) % 12 == 5
        )

    def _velocity(self, hit: Hit, off_beat: bool) -> int:
        level = self._level
        if self._four:
            # Four to the bar is felt rather than heard, with some weight on two and four.
            return self._dice.around(level - 4 + 4 * (hit.tick not in self._shown.pulse.strong), 2)
        return self._dice.around(level + 3 * (hit.short and off_beat), 3)
