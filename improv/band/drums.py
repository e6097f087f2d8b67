"""The drums: time, comping with snare and kick, fills into new sections, an accent on their first beat.

Hands keep time (ride; hi-hat in bossa, samba and funk; soft snare strokes for brushes in ballads), the left
foot closes the hi-hat on two and four, the kick is feathered in swing, for some bars and then not. Comping
grows with the band's intensity and the soloist's loudness, leaves room when the soloist is dense, and now
and then leaves a hole: a bar of plain time. A fill comes only if the next bar begins something
new, one beat when quiet, a bar when loud; the first beat after it has crash and kick when the band is loud
enough. In the last bar the drums strike once with the held chord. Over NC they keep time, lightly; in a bar
that stops (a chord, then NC) the kick marks the chord, and snare and kick are silent until the next.
"""

from __future__ import annotations

from dataclasses import dataclass

from improv.band import kit
from improv.band.base import BarContext, BarView, Dice, Memory, pick, view
from improv.band.grooves import COMPED, LEVELS, comping, fills, groove, plain
from improv.band.pulse import DOTTED
from improv.band.sounding import USUAL
from improv.music.note import TICKS_PER_BEAT, Note

_STICKS_FROM = 0.6  # a ballad goes from brushes to sticks
_RIDE_FROM = 0.7  # bossa, samba and funk go from hi-hat to ride
_CRASH_FROM = 0.5
_FASTEST_SIXTEENTHS_BPM = 150
_QUIET_NC = -9
_STOP = 64
"""Velocity of the kick under a chord that is cut off by NC."""
_JITTER = 9  # units of velocity
_ANSWERS = 12
"""By how many units of velocity it is louder beside the loudest soloist than beside the softest."""
_THINKS_AGAIN = 0.2
"""How often, a bar, it is decided anew whether the kick is feathered."""

_HANDS = frozenset({kit.RIDE, kit.CLOSED_HAT, kit.SNARE, kit.SIDE_STICK})

_Strokes = dict[tuple[int, int], int]  # (tick of the bar, drum) -> velocity


@dataclass(frozen=True, slots=True)
class _State:
    """What is remembered from bar to bar."""

    feathers: bool
    hole: bool
    """Whether the last bar was one."""


class Drums:
    """A drum kit. Stateful, but any bar may be asked for next."""

    def __init__(self, name: str = "drums") -> None:
        self.name = name
        self._memory: Memory[_State] = Memory()

    def bar(self, context: BarContext) -> list[Note]:
        """The strokes of a bar."""
        shown = view(context)
        dice = Dice(context.rng, 16)
        state = self._state(context, dice)
        self._memory.keep(context.bar, state)
        if context.kind == "final":
            strokes = self._last(context)
        else:
            strokes = self._time(context, shown, dice, state)
            fill_from = shown.length_tick
            if context.fill and not shown.silent:
                fill_from = self._fill(context, shown, strokes, dice)
            if not shown.silent:
                if not state.hole:
                    self._comp(context, shown, strokes, fill_from, dice)
                if context.new_section:
                    self._begin(context, strokes)
                if len(shown.spans) > 1:
                    self._break(context, shown, strokes, fill_from)
        return self._notes(context, shown, strokes, dice)

    def _state(self, context: BarContext, dice: Dice) -> _State:
        """Whether the kick is feathered in this bar, and whether it is a hole.

        That the kick is felt on every beat belongs to slower tempos; it comes and goes with phrases of a few
        bars. A hole comes sooner after a bar in which the soloist was dense, and never two in a row.
        """
        before, follows = self._memory.before(context.bar)
        often = 0.65 - 0.45 * min(1.0, max(0.0, (context.controls.tempo_bpm - 140) / 100))
        thinks_again, feathers = dice.chance(_THINKS_AGAIN), dice.chance(often)
        if before is not None and follows and not (thinks_again or context.new_section):
            feathers = before.feathers
        hole = dice.chance(0.1 + 0.12 * context.busy)
        open_bar = not (context.fill or context.new_section)
        return _State(feathers, hole and open_bar and not (before and follows and before.hole))

    def _notes(
        self, context: BarContext, shown: BarView, strokes: _Strokes, dice: Dice
    ) -> list[Note]:
        """The strokes at the band's loudness, no two quite alike."""
        loud = (
            round(14 * (context.controls.intensity - 0.45) + _ANSWERS * (context.loud - USUAL))
            - _JITTER // 2
            + (_QUIET_NC if shown.silent else 0)
        )
        start_tick, length_tick = shown.start_tick, shown.length_tick
        notes = []
        rolls = dice.many(len(strokes))
        for ((tick, drum), velocity), roll in zip(sorted(strokes.items()), rolls, strict=True):
            room = length_tick - tick
            if room > 0:
                length = kit.STROKE_TICK if room > kit.STROKE_TICK else room
                velocity += loud + int(_JITTER * roll)
                velocity = 112 if velocity > 112 else 12 if velocity < 12 else velocity
                notes.append(Note(start_tick + tick, length, drum, velocity))
        return notes

    def _break(
        self, context: BarContext, shown: BarView, strokes: _Strokes, fill_from: int
    ) -> None:
        """If the chords of a bar stop, keep only thin time, and strike with a chord that stands alone."""
        for span, following in zip(shown.spans, (*shown.spans[1:], None), strict=True):
            if span.chord is None:
                for key in [key for key in strokes if span.start <= key[0] < span.end]:
                    if key[0] >= fill_from:
                        continue
                    talks = key[1] == kit.KICK or (
                        key[1] == kit.SNARE and context.feel.name != "ballad"
                    )
                    if talks:
                        del strokes[key]
                    else:
                        strokes[key] += _QUIET_NC
            elif (
                following is not None
                and following.chord is None
                and span.end - span.start <= DOTTED
                and span.start < fill_from
            ):
                key = (span.start, kit.KICK)
                strokes[key] = max(strokes.get(key, 0), _STOP)

    def _last(self, context: BarContext) -> _Strokes:
        soft = context.feel.name == "ballad" or context.controls.intensity < 0.3
        cymbal = kit.RIDE if soft else kit.CRASH
        return {(0, kit.KICK): 60 if soft else 74, (0, cymbal): 62 if soft else 84}

    def _time(self, context: BarContext, shown: BarView, dice: Dice, state: _State) -> _Strokes:
        feel, intensity = context.feel.name, context.controls.intensity
        if feel == "ballad" and intensity >= _STICKS_FROM:
            feel = "medium swing"
        parity = context.chart.chorus_and_bar(context.bar)[1] % 2
        opens = feel in ("bossa", "samba", "funk") and intensity >= _RIDE_FROM
        strokes: _Strokes = {}
        for group in shown.pulse.groups:
            for voice, options in groove(feel, group.beat_tick, group.beats, parity):
                if voice == "feather" and not state.feathers:
                    continue
                if voice == "ride" and state.hole and feel in COMPED:
                    options = plain(group.beat_tick, group.beats) or options
                chosen = (
                    options[0] if len(options) == 1 else options[int(dice.roll() * len(options))]
                )
                for tick, drum, velocity in chosen:
                    if opens and drum == kit.CLOSED_HAT:
                        drum, velocity = kit.RIDE, velocity + 8
                    key = (group.start + tick, drum)
                    if strokes.get(key, 0) < velocity:
                        strokes[key] = velocity
        return strokes

    def _comp(
        self,
        context: BarContext,
        shown: BarView,
        strokes: _Strokes,
        fill_from: int,
        dice: Dice,
    ) -> None:
        feel = context.feel.name
        if feel not in COMPED:
            return
        wanted = context.controls.intensity * (1.15 - 0.8 * context.busy)
        wanted *= 1 + 1.2 * (context.loud - USUAL)
        wanted *= {"ballad": 0.4, "up swing": 0.7}.get(feel, 1.0)
        level = min(LEVELS, round(LEVELS * wanted))
        for group in shown.pulse.groups:
            bank = comping(group.beat_tick, group.beats, level)
            if bank is None:
                continue
            for tick, drum, velocity in bank.options[pick(bank.weights, dice.roll())]:
                at = group.start + tick
                if at < fill_from:
                    key = (at, drum)
                    strokes[key] = max(strokes.get(key, 0), velocity)

    def _fill(self, context: BarContext, shown: BarView, strokes: _Strokes, dice: Dice) -> int:
        """Put a fill at the end of the bar; return the tick where it begins."""
        intensity = context.controls.intensity - 0.15 * context.busy
        group = shown.pulse.groups[-1]
        if group.beat_tick not in (TICKS_PER_BEAT, DOTTED):
            return shown.length_tick
        level = 0 if intensity < 0.35 else 1 if intensity < 0.68 else 2
        beats = min(self._fill_beats(context, level, dice), group.beats, 4)
        options = fills(
            context.feel.swung,
            context.controls.tempo_bpm <= _FASTEST_SIXTEENTHS_BPM,
            group.beat_tick,
            beats,
            level,
        )
        chosen = options[int(dice.roll() * len(options))]
        fill_from = shown.length_tick - beats * group.beat_tick
        if level > 0:  # the time continues under a quiet fill
            for key in [key for key in strokes if key[0] >= fill_from and key[1] in _HANDS]:
                del strokes[key]
        soft = -12 if context.feel.name == "ballad" else 0
        for tick, drum, velocity in chosen:
            strokes[fill_from + tick, drum] = velocity + soft + 4 * level
        return fill_from

    def _fill_beats(self, context: BarContext, level: int, dice: Dice) -> int:
        roll = dice.roll()
        if context.feel.name == "ballad":
            return 1 if level == 0 or roll < 0.5 else 2
        if level == 0:
            return 1 if roll < 0.7 else 2
        if level == 1:
            return 2 if roll < 0.7 else 1 if roll < 0.85 else 4
        return 4 if roll < 0.5 else 2

    def _begin(self, context: BarContext, strokes: _Strokes) -> None:
        """The first beat of a section."""
        border = _CRASH_FROM + 0.2 * (context.feel.name == "ballad")
        if context.controls.intensity >= border:
            strokes[0, kit.CRASH] = 76
            strokes[0, kit.KICK] = 74
            strokes.pop((0, kit.RIDE), None)
        elif (0, kit.RIDE) in strokes:
            strokes[0, kit.RIDE] += 7
            strokes[0, kit.KICK] = max(strokes.get((0, kit.KICK), 0), 46)
