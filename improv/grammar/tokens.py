"""THE table of the grammar "changes": what a token can say, and its name.

A token is one event on a grid of 12 steps a beat. Its name and its meaning:

    b7v:6      note   degree b7 above the root of the chord sounding now, the nearest one below the
                      last pitch, next token begins 6 steps (an eighth) later
    r:12       rest   12 steps of silence

    note   <degree><motion>:<length>
    rest   r:<length>

The whole table in order, as a number line (a vocabulary is a part of it, in the same order):

    0              20                    40                              1219
    |              |                     |                                 |
    r:1 ... r:48   1=:1 ... 1=:48        1^:1 ... 1^:48    ...    7vv:48   |
    20 rests       then degree by degree (12), motion by motion (5), length by length (20)

    id = 20 + (degree * 5 + motion) * 20 + length     (positions in DEGREES, MOTIONS, LENGTHS)

Motion is against the last pitch p, and a degree with a motion is exactly one pitch:

    =    p itself                       (the interval is 0)
    ^    the next such pitch above p    (1 to 12 semitones)
    v    the next such pitch below p    (1 to 12 semitones)
    ^^   an octave above ^              (13 to 24 semitones)
    vv   an octave below v              (13 to 24 semitones)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from improv.music.note import TICKS_PER_BEAT

STEPS_PER_BEAT = 12
"""Grid steps in a beat: the least number that holds eighths, sixteenths and triplets of eighths
exactly (12 = lcm(4, 3)); swung eighths (8 + 4) and sixteenth triplets (2) fall on it too."""

STEP_TICK = TICKS_PER_BEAT // STEPS_PER_BEAT
"""Ticks in one grid step: 40."""

DEGREES = ("1", "b9", "9", "b3", "3", "11", "#11", "5", "b13", "13", "b7", "7")
"""Names of 0 to 11 semitones above the root, as jazz players say them."""

MOTIONS = ("=", "^", "v", "^^", "vv")
"""Ways from the last pitch to a degree."""

LENGTHS = (*range(1, 13), 15, 16, 18, 20, 24, 30, 36, 48)
"""Steps a token may take: every length up to a beat, then the usual ones up to four beats."""

REST = "r"

_NAME = re.compile(
    r"(?:(?P<rest>r)|(?P<degree>[b#]?[0-9]{1,2})(?P<motion>\^\^?|vv?|=)):(?P<length>[0-9]{1,2})"
)
_DEGREE_INDEX = {name: index for index, name in enumerate(DEGREES)}
_MOTION_INDEX = {name: index for index, name in enumerate(MOTIONS)}
_LENGTH_INDEX = {length: index for index, length in enumerate(LENGTHS)}

EQUAL, UP, DOWN, UP_OCTAVE, DOWN_OCTAVE = range(len(MOTIONS))

TABLE_SIZE = len(LENGTHS) * (1 + len(DEGREES) * len(MOTIONS))
"""Number of tokens that can be named: 1220."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `degree` 0-11 and `motion` 0-4 (both -1 in a rest), `length` in grid steps."""

    degree: int
    motion: int
    length: int

    @property
    def is_rest(self) -> bool:
        """Whether the token is silence."""
        return self.degree < 0

    @property
    def table_id(self) -> int:
        """Place in the whole table."""
        length = _LENGTH_INDEX[self.length]
        if self.is_rest:
            return length
        return (1 + self.degree * len(MOTIONS) + self.motion) * len(LENGTHS) + length

    def __str__(self) -> str:
        if self.is_rest:
            return f"{REST}:{self.length}"
        return f"{DEGREES[self.degree]}{MOTIONS[self.motion]}:{self.length}"


def rest(length: int) -> Token:
    """The rest of `length` steps."""
    return Token(-1, -1, length)


def parse_token(name: str) -> Token:
    """Read a token's name (the inverse of `str`). Raises ValueError for any other text."""
    match = _NAME.fullmatch(name)
    length = int(match["length"]) if match else 0
    if match is None or length not in _LENGTH_INDEX or str(length) != match["length"]:
        raise ValueError(
            f"{name!r} is no token: expected a note such as 'b7v:6' or a rest as 'r:6'."
        )
    if match["rest"]:
        return rest(length)
    if match["degree"] not in _DEGREE_INDEX:
        raise ValueError(f"{name!r} is no token: its degree should be one of {', '.join(DEGREES)}.")
    return Token(_DEGREE_INDEX[match["degree"]], _MOTION_INDEX[match["motion"]], length)


def token_at(table_id: int) -> Token:
    """The token at a place of the whole table; inverse of `Token.table_id`."""
    if not 0 <= table_id < TABLE_SIZE:
        raise ValueError(f"No token {table_id}: the table goes from 0 to {TABLE_SIZE - 1}.")
    group, length = divmod(table_id, len(LENGTHS))
    if group == 0:
        return rest(LENGTHS[length])
    degree, motion = divmod(group - 1, len(MOTIONS))
    return Token(degree, motion, LENGTHS[length])


def interval_of(motion: int, upward: int) -> int:
    """Semitones from the last pitch to a degree `upward` (0-11) semitones above its class.

    `=` on another class than the last pitch's gives the nearest one, ties upward, so that every
    token means a pitch wherever it stands.
    """
    if motion == EQUAL:
        return upward if upward <= 6 else upward - 12
    if motion in (UP, UP_OCTAVE):
        return (upward or 12) + (12 if motion == UP_OCTAVE else 0)
    return upward - 12 - (12 if motion == DOWN_OCTAVE else 0)


def motion_of(interval: int) -> int:
    """The motion that says an interval of -24 to 24 semitones; wider ones fold to `^^` or `vv`."""
    if interval == 0:
        return EQUAL
    if interval > 0:
        return UP if interval <= 12 else UP_OCTAVE
    return DOWN if interval >= -12 else DOWN_OCTAVE


FLOOR: tuple[str, ...] = (
    *(f"r:{length}" for length in (1, 2, 3, 6, 12)),
    *(f"{degree}{motion}:6" for degree in DEGREES for motion in ("^", "v")),
)
"""Tokens every vocabulary has, learned or not (29).

All degrees up and down as eighths: from any pitch, over any chord, a semitone up or down can be
said, so a mask of pitches is never empty. r:1 and some multiples: any silence can be said, so any
solo can be encoded in any vocabulary and its onsets stay where they are.
"""


def learned_vocabulary(names: Iterable[str]) -> tuple[str, ...]:
    """The distinct tokens of `names` and the floor, in the order of the table."""
    distinct = {*names, *FLOOR}
    return tuple(sorted(distinct, key=lambda name: parse_token(name).table_id))


def table_layout() -> dict[str, object]:
    """What a trained cell relies on in this table; part of the grammar's fingerprint."""
    return {
        "steps_per_beat": STEPS_PER_BEAT,
        "degrees": list(DEGREES),
        "motions": list(MOTIONS),
        "lengths": list(LENGTHS),
    }
