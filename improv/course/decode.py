"""Tokens to notes, exactly as the seed's reference does it, faults and all.

    "C,0.5 S,0.25,<m2,P-4>", chords, choose  --unparse-->  notes (and the chords afterwards)

Each note is placed at the END of its own length, A and X are one branch, nothing bounds the pitch
above. `improv.course.place` is the mended way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from improv.course.choose import Chooser, Flip, never
from improv.course.harmony import (
    classification_scale,
    current_chord,
    free_scale,
    is_approach_tone,
    is_chord_tone,
)
from improv.course.pitch import SeedChord, SeedNote, SpelledPitch, parse_pitch, spell
from improv.course.token import SeedToken, parse_tokens
from improv.errors import ModelError

LOWEST_FREE_OCTAVE = 4
"""A note without a range is lifted to this octave at least."""

LOWEST_RANGED_OCTAVE = 3
"""A note with a range is lifted to this octave at least."""

_REST_OF_NOTHING = Fraction(1)
"""How long a rest of length 0 is: the reference hands 0.0 to `Rest`, which takes it for "not said" and is a
quarter long. Time does not move on. Notes are given their length afterwards, and keep 0."""

_OUT_OF_CANDIDATES = (-2, 2)
_APPROACH_STEPS = (1, -1)


@dataclass(frozen=True, slots=True)
class Unparsed:
    """Notes and rests in order, and the chords as decoding left them (the first may have moved)."""

    notes: tuple[SeedNote, ...]
    chords: tuple[SeedChord, ...]


def unparse(
    text: str, chords: Sequence[SeedChord], choose: Chooser, flip: Flip = never
) -> Unparsed:
    """Decode tokens joined by spaces over one measure's chords.

    `choose(candidates)` returns one of the candidates; it is asked in the reference's order.
    `flip()` is the coin of the blues scale's raised fourth. If a note comes before the first
    chord, that chord is moved to offset 0 for good, in the order the tokens are read.
    """
    if not chords:
        raise ModelError("Cannot decode tokens over no chords: expected at least one.")
    sounding = list(chords)
    notes: list[SeedNote] = []
    previous: SpelledPitch | None = None
    time = Fraction(0)
    # The reference adds up floats and finds chords by that sum; the notes get the exact sum.
    clock = 0.0
    for token in parse_tokens(text):
        time += token.length
        clock += float(token.length_text)
        if token.kind == "R":
            notes.append(SeedNote(time, token.length or _REST_OF_NOTHING, None))
            continue
        if all(chord.offset > clock for chord in sounding):
            sounding[0] = replace(sounding[0], offset=Fraction(0))
        pitches = current_chord(sounding, clock).pitches
        if token.reach is None:
            pitch = _free(token.kind, pitches, choose, flip)
        elif previous is None:
            raise ModelError(
                f"Cannot decode {str(token)!r} as the first note: expected a token without a range."
            )
        else:
            pitch = _ranged(token, pitches, previous, choose)
        notes.append(SeedNote(time, token.length, pitch))
        previous = pitch
    return Unparsed(tuple(notes), tuple(sounding))


def _free(kind: str, pitches: Sequence[SpelledPitch], choose: Chooser, flip: Flip) -> SpelledPitch:
    """A note without a range, in octave 4 or above."""
    if kind == "C":
        return _pick(pitches, choose).at_least_octave(LOWEST_FREE_OCTAVE)
    names = free_scale(pitches, flip).names
    name = str(choose([*names, names[0]]))  # the tonic closes the octave, so it counts twice
    octave = int(choose(sorted(each.octave for each in pitches)))
    pitch = SpelledPitch(name, octave)
    if kind != "S":
        pitch = spell(pitch.midi + int(choose(_APPROACH_STEPS)))
    return pitch.at_least_octave(LOWEST_FREE_OCTAVE)


def _pick(pitches: Sequence[SpelledPitch], choose: Chooser) -> SpelledPitch:
    """The pitch whose text the chooser returns; a record may name one that is not listed."""
    texts = [str(each) for each in pitches]
    chosen = str(choose(texts))
    return pitches[texts.index(chosen)] if chosen in texts else parse_pitch(chosen)


def ranged_candidates(
    token: SeedToken, pitches: Sequence[SpelledPitch], previous: SpelledPitch
) -> list[SpelledPitch]:
    """The pitches of the token's range, lowest first, that pass the test of its kind."""
    if token.reach is None:
        return []
    low, high = sorted(token.reach)
    window = [spell(midi) for midi in range(previous.midi + low, previous.midi + high + 1)]
    if token.kind == "C":
        return [pitch for pitch in window if is_chord_tone(pitch, pitches)]
    if token.kind == "S":
        names = classification_scale(pitches).names
        return [pitch for pitch in window if pitch.name in names]
    return [pitch for pitch in window if is_approach_tone(pitch, pitches)]


def _ranged(
    token: SeedToken, pitches: Sequence[SpelledPitch], previous: SpelledPitch, choose: Chooser
) -> SpelledPitch:
    """A note with a range, in octave 3 or above."""
    kept = ranged_candidates(token, pitches, previous)
    if not kept:
        pitch = spell(previous.midi + int(choose(_OUT_OF_CANDIDATES)))
    elif len(kept) == 1:
        pitch = kept[0]
    else:
        pitch = _pick([each for each in kept if each != previous], choose)
    return pitch.at_least_octave(LOWEST_RANGED_OCTAVE)
