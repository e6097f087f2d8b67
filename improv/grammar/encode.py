"""Notes to tokens, in two steps: onto the grid, then said in a vocabulary.

Input -> output:  Solo  ->  GridNotes (whole steps)  ->  tokens.

Onsets go to the nearest step and stay exact from then on. Lengths are heard as a player writes them
down: a gap shorter than an eighth is articulation and the note takes the whole time to the next
one; a longer gap is a rest, and the note before it gets the nearest usual length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from improv.grammar.context import PHRASE_GAP_STEPS
from improv.grammar.tokens import LENGTHS, STEP_TICK, STEPS_PER_BEAT, Token, rest
from improv.music.note import Note

HELD_LENGTHS = (3, 6, 12, 18, 24, 36, 48)
"""Lengths of a note before a rest. A player's releases are loose; sixteenth, eighth, quarter and so
on keep the vocabulary small where exactness is not heard."""


@dataclass(frozen=True, slots=True)
class GridNote:
    """A note on the grid: onset in steps from the start of the chart, sounding length in steps."""

    onset_step: int
    length_step: int
    pitch: int


def nearest_step(tick: int) -> int:
    """The grid step nearest to a tick; half-way goes up."""
    return (tick + STEP_TICK // 2) // STEP_TICK


def onto_grid(notes: Sequence[Note]) -> tuple[list[GridNote], int]:
    """Put notes (by onset) on the grid, one at a time; also how many had to be left out.

    Of two notes that fall on one step the longer is kept (the later if they are equal): the shorter
    is nearly always the grace note before it.
    """
    kept: list[Note] = []
    for note in notes:
        if kept and nearest_step(kept[-1].onset_tick) == nearest_step(note.onset_tick):
            if note.duration_tick >= kept[-1].duration_tick:
                kept[-1] = note
        else:
            kept.append(note)
    grid = []
    for note in kept:
        onset = nearest_step(note.onset_tick)
        grid.append(GridNote(onset, max(1, nearest_step(note.end_tick) - onset), note.pitch))
    return grid, len(notes) - len(grid)


def said_length(note: GridNote, span: int) -> int:
    """Steps of a note's own token when the next note begins `span` steps after it.

    The largest length of the table within the span where the note is legato; else the nearest held
    length (the shorter of two) that leaves a rest.
    """
    if span - note.length_step < PHRASE_GAP_STEPS:
        return longest_within(span)
    held = [length for length in HELD_LENGTHS if length < span]
    return min(held, key=lambda length: abs(length - note.length_step))


def longest_within(steps: int) -> int:
    """The largest length of the table that is at most `steps` (at least 1)."""
    return max(length for length in LENGTHS if length <= steps)


def rests(steps: int, step_in_beat: int, is_known: Callable[[Token], bool]) -> Iterator[Token]:
    """Rests of `steps` in all, each known to the vocabulary (which must know r:1).

    One rest where one says it; else first to the next beat, then the longest ones, so that rests
    tend to begin on beats and are few kinds.
    """
    left = steps
    to_beat = -step_in_beat % STEPS_PER_BEAT
    if 0 < to_beat < left and not (left in LENGTHS and is_known(rest(left))):
        yield from rests(to_beat, 0, is_known)
        left -= to_beat
    while left:
        length = max(n for n in LENGTHS if n <= left and is_known(rest(n)))
        yield rest(length)
        left -= length


def alternatives(token: Token, motions: Sequence[int]) -> Iterator[Token]:
    """Tokens that could stand for an unknown one, best first: shorter, then in another octave."""
    for motion in motions:
        for length in reversed(LENGTHS):
            if length <= token.length:
                yield Token(token.degree, motion, length)
