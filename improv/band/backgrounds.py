"""Backgrounds: what a horn plays behind somebody else's solo.

    room    a riff: one rhythm of a bar or two, on tones of the chord, said again and moved with the changes
    dense   one soft tone held under each chord, the nearest to the one before

A riff lasts for a section of the tune. Its rhythms are those of comping (`improv.band.rhythms`), its shape is
a way up and down the tones of the chord that begins at a guide tone. So a riff over the next chord is the
same riff, moved. Several horns play it together, each two tones under the one before.

Whether anything rubs against what the soloist holds is for whoever gives these notes to see to.
"""

from __future__ import annotations

from dataclasses import dataclass

from improv.band.base import BarContext, BarView, Dice, Memory, pick, view
from improv.band.pulse import EIGHTH
from improv.band.rhythms import Hit, choices, level_of, sizes_of
from improv.music.chord import Chord
from improv.music.note import Note

_DENSE = 0.45
"""How busy the soloist may have been in the bar before for a riff to find room."""
_LEVEL = 0.55
"""How full riffs are, as an intensity of comping."""
_FEWEST, _MOST = 2, 5
"""Notes of a riff's bar."""
_TRIES = 8
_MIDDLE, _LOWEST, _HIGHEST = 60, 48, 76
"""Around what guide tones are looked for, which is under most solos; between which a section plays."""
_HELD, _STRUCK = 50, 62
"""Velocities."""
_RELEASE_TICK = 40
_SHAPES = ((0, 0, 1, 0, -1), (0, 1, 0, 1, 2), (1, 0, 1, 0, 0), (0, -1, 0, 1, 0), (0, 0, 0, -1, -1))
"""Ways up and down the tones of a chord, from where a riff begins."""


@dataclass(frozen=True, slots=True)
class _Riff:
    """What is said again."""

    bars: tuple[tuple[Hit, ...], ...]
    shape: tuple[int, ...]
    of: tuple[str, tuple[tuple[int, int], ...]]
    """The feel and the groups of beats that it is for."""


@dataclass(frozen=True, slots=True)
class _State:
    riff: _Riff | None = None
    bars: int = 0
    """How many bars of it have gone by."""
    pitch: int = _MIDDLE


class Backgrounds:
    """One horn of a section; `place`, from 0, is its voice, from the top."""

    def __init__(self, name: str, place: int = 0) -> None:
        self.name = name
        self._place = place
        self._memory: Memory[_State] = Memory()

    def bar(self, context: BarContext) -> list[Note]:
        """The notes of a bar; none in NC, and at the beginning and the end, which are not solos."""
        state, shown = self._memory.before(context.bar)[0] or _State(), view(context)
        if shown.silent or context.kind in ("intro", "final"):
            self._memory.keep(context.bar, _State())
            return []
        dice, sizes = Dice(context.rng), sizes_of(shown.pulse.groups)
        riff, bars = state.riff, state.bars
        if riff is None or context.new_section or riff.of != (context.feel.name, sizes):
            riff, bars = _new_riff(context, shown, dice), 0
        pitch = state.pitch
        notes: list[Note] = []
        is_held = context.busy >= _DENSE
        for at, hit in enumerate(_held(shown) if is_held else riff.bars[bars % len(riff.bars)]):
            beat = shown.pulse.next_beat(hit.tick)
            ahead = hit.tick not in shown.pulse.beats and beat - hit.tick <= EIGHTH
            chord = shown.chord_at(beat if ahead else hit.tick)
            if chord is None or shown.chord_at(hit.tick) is None:
                continue
            pitch = _guide(chord, pitch)
            tones = _tones(chord)
            step = tones.index(pitch) - 2 * self._place
            step += 0 if is_held else riff.shape[at % len(riff.shape)]
            sounds = tones[max(0, min(len(tones) - 1, step))]
            tick, velocity = shown.start_tick + hit.tick, _HELD if is_held else _STRUCK
            end_tick = min(hit.tick + hit.duration_tick, shown.length_tick) + shown.start_tick
            notes.append(Note(tick, end_tick - tick, sounds, velocity))
        self._memory.keep(context.bar, _State(riff, bars + 1, pitch))
        return notes


def _held(shown: BarView) -> list[Hit]:
    """A note under each chord."""
    return [
        Hit(span.start, max(1, span.end - span.start - _RELEASE_TICK), False)
        for span in shown.spans
    ]


def _new_riff(context: BarContext, shown: BarView, dice: Dice) -> _Riff:
    """One whose bars have a few notes each."""
    feel, sizes = context.feel.name, sizes_of(shown.pulse.groups)
    shape = _SHAPES[int(dice.roll() * len(_SHAPES))]
    bars: tuple[tuple[Hit, ...], ...] = (tuple(_held(shown)),)
    if found := choices(feel, sizes, level_of(_LEVEL, 0.0)):
        for _ in range(_TRIES):
            rhythm = found[0][pick(found[1], dice.roll())]
            if _FEWEST <= len(rhythm.first) <= _MOST:
                bars = (rhythm.first, rhythm.second or rhythm.first)
                break
    return _Riff(bars, shape, (feel, sizes))


def _tones(chord: Chord) -> list[int]:
    """The tones of a chord in a section's range, upwards."""
    return [pitch for pitch in range(_LOWEST, _HIGHEST) if pitch % 12 in chord.tone_pcs]


def _guide(chord: Chord, before: int) -> int:
    """The guide tone nearest to a pitch."""
    pcs = (chord.guide_tones & chord.tone_pcs) or chord.tone_pcs
    near = range(_MIDDLE - 6, _MIDDLE + 7)
    return min(
        (p for p in near if p % 12 in pcs), key=lambda p: (abs(p - before), abs(p - _MIDDLE))
    )
