"""When a comping instrument plays: rhythms of one or two bars for each feel, chosen by density.

They are written as eighth notes from the first beat of a group of beats (sixteenths if there are twice as
many):

    x  short      X---  held as long as the dashes go      .  rest      ~  at the end: held over the bar line

    Charleston            X--x....        on 1 and the and of 2; begun later, most of what pianists play
    Red Garland           ...x...x        the and of 2 and the and of 4, both ahead of the harmony
    hemiola               x..x..x. .x..x...   a dotted quarter against the bar

A hit on the last eighth before a new chord sounds that chord already. The rhythms are common property of
the idiom: Charleston and its displacements, anticipations, the clave of bossa nova, what follows *partido
alto* in samba, sixteenth stabs in funk. The pushes on the and of 2 and 4 are known from Red Garland's left
hand in the Miles Davis quintet; "four to the bar" on the guitar is Freddie Green's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from improv.band.pulse import DOTTED, Group
from improv.music.note import TICKS_PER_BEAT

SHORT_TICK = 200
_RELEASE_TICK = 30
TIE_TICK = 440
"""How long a pushed chord rings into the next bar."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One chord of a rhythm: where it begins in its group and how long it sounds, in ticks."""

    tick: int
    duration_tick: int
    short: bool


Hits = tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A rhythm of one group of beats, or of two bars (`second` is then played in the next bar)."""

    text: str
    first: Hits
    second: Hits | None
    density: float
    """Hits a beat."""


# Feel -> two-bar rhythms apart by "|"; one-bar rhythms without.
_FOUR: dict[str, str] = {
    "medium swing": """
        X--x.... X--x..x. X--x...x x..X----
        .x..X--- .x..x... .x.....x .X------ .x..x..x
        ..X--x.. ..X--x.x ..x...x. ..X----- ..x..x..
        ...x...x ...x.... ...X--x. ...X---- ...x..x. ...x.x..
        ....X--x ....x..x .....x.x .......~ .......x ........
        x....... X------- X---X--- x..x..x. x.....x. .x.x....
        X--x....|...x...x ...x...x|..x..... x..x..x.|.x..x... .x..x..x|..x..x.. ..x..x..|x..x...~
        .......~|...x.... X--x...x|.x..x... ........|X--x.... ...x..x.|.x.....x""",
    "up swing": """
        X--x.... ...x...x ...x.... .x...... .x..x... ..x....x ..X----- .......~ .......x ........
        X------- x....... ....X--- ....x..x x..X---- X--x...x .x.....x ...X---- x..x..x. .x.x....
        X-------|...x.... ...x....|.......x x..x..x.|.x..x..x ........|.x..x... .......~|.......x
        .x......|...x...x X--x....|.......~ ..x.....|...x....""",
    "ballad": """
        X------- X---X--- X-----X- X--X---- X---X-X- X-------|X---X--- X-----X-|X-------
        ..X----- ..X---X- .X------ X---..X- X-------|..X----- ........|X------- X---X---|X-------
        X-X-X--- X--X--X-""",
    "bossa": """
        x..x..x.|..x..x.. X--x..x.|..X--x.. X--X--X-|..X--X-- .x.x..x.|.x..x..x X--x..X-|.x..X--~
        x..x.x..|x..x..x. X-.X--x.|.x.X--.~ X-------|..X--x.. ...X--x.|..x..x.. x..x....|..x..X--
        X--x....|.x..X--- X-------|...x...~ .x..X---|x....... X-----.x|.x.X----""",
    "samba": """
        .x.x..x.|x.x..x.x x.x..x.x|.x.x..x. .x..x.x.|.x.x..x. x..x..x.|..x..x.x x.x.x..x|.x..x..x
        .x..x...|x..x..x. X--x..x.|.x..x... x..x....|..x..X-- .x......|.x..x..~ X-------|...x..x.
        ...x..x.|.x..X--- .x..x..x|........ X------.|.x..x...""",
    "funk": """
        x......x........ ..x..x....x..... ....x.......x... x..x..x...x..x.. ....x.....x.x...
        x.....x....x.... ...x..x...x..... x..............x ..x...x......... x............x.. X-------........
        x.....x.x..x.... ....x..x........ ..........x..x.. x...............|......x...x.....
        x......x........|..x..x....x..... X---------------|....x.......x... ................
        ....x.......x..x ...x............ .x..x..x........""",
    "shuffle": """
        .x.x.x.x ..x...x. X--x.... ..xx..xx x..x..x. ...x...x X------- .x...x.. X--x..x. .x.x....
        ..x...xx ........ ....X--- X---X--- ..X-----|...x...x x..x....|..x...x. .x.....x ..x.....""",
    "straight": """
        X------- X--X---- X--X--X- X-----X- .X-.X--- ...X---- X---X--- .X------ X--x..X- ..X--X--
        X--X--X-|.X--X--- X-------|...X---- X--x..x.|.x..X--~ .......~|...X---- X-------|........
        ........ X--X----|........ x..x..x.|..x..x..""",
}

# Groups of other lengths, for every feel. Two beats, three beats, one beat, and dotted beats.
_TWO = "X--- x..x .x.. ...x X--x ..x. x... .... .x.x ..X- X-x. x.x."
_THREE = """
    X----- X--x.. ...x.. ..X--- X--X-- ..x..x .x..x. .x.... .....~ ...x.x x..x.. x..... ......
    X-----|X--x.. X--X--|X--x.. ...x..|.x..x. X---x. ..x.x. .X---- X--x..|......
    X-----|.....~ x..x..|.x..x."""
_ONE = "X- x. .x .. X-"
_DOTTED_TWO = """
    X--X-- X----x X----- x..x.. .x.x.. ..X--- X-x... ..x..x ...X-- x..... ...... X-x.x. .x..x.
    X-----|X--x.. X--x..|..x..."""
_DOTTED_ONE = "X-- x.. .x. ..x ... X-x"
# Five and seven as they are usually felt: written as a whole, so that they do not sound like a sum.
_FIVE = """
    X--x..X-x. X--x..x... X--x...... X-----X--- ...x..X-x. X--X--X--- ..X---x... .x..x..... ..........
    ...x.....x X-----x... X--x..X--x x..x..x.x. X--x..X-x.|X--x......"""
_FIVE_TURNED = """
    X-x.X--x.. X---X--x.. x...X----- X-x....... X---X----- ...xX--x.. .x..x..x.. .......... X--xX--X--
    ....X--x.. X-x.X--x..|X---X-----"""
_SHORT = re.compile(r"x\.*")


def _grid(text: str, length: int) -> Hits:
    """Read one bar or group of a rhythm, `length` ticks long."""
    step = length // len(text)
    hits = []
    for at, sign in enumerate(text):
        if sign in ".-":
            continue
        held = 1
        while sign == "X" and at + held < len(text) and text[at + held] == "-":
            held += 1
        tick = at * step
        if sign == "x":
            hits.append(Hit(tick, min(SHORT_TICK, step - 10), True))
        else:
            tie = TIE_TICK if sign == "~" else 0
            hits.append(Hit(tick, held * step + tie - (0 if tie else _RELEASE_TICK), False))
    return tuple(hits)


def _read(bank: str, length: int, beats: int) -> tuple[Rhythm, ...]:
    rhythms = []
    for text in dict.fromkeys(bank.split()):
        first, _, second = text.partition("|")
        hits = [_grid(bar, length) for bar in (first, second) if bar]
        density = sum(map(len, hits)) / (beats * len(hits))
        rhythms.append(Rhythm(text, hits[0], hits[1] if second else None, density))
    return tuple(rhythms)


@lru_cache(maxsize=256)
def bank(feel: str, sizes: tuple[tuple[int, int], ...]) -> tuple[Rhythm, ...] | None:
    """The rhythms of a feel for these groups (ticks of a beat, beats) together; None if there are none.

    Rhythms of several groups are whole bars (5/4); two-bar rhythms are among them.
    """
    length = sum(tick * beats for tick, beats in sizes)
    beats = sum(count for _, count in sizes)
    quarter = all(tick == TICKS_PER_BEAT for tick, _ in sizes)
    counts = tuple(count for _, count in sizes)
    texts = None
    if quarter and counts == (4,):
        texts = _FOUR.get(feel, _FOUR["medium swing"])
    elif quarter and counts == (3,):
        texts = _THREE
    elif quarter and counts == (3, 2):
        texts = _FIVE
    elif quarter and counts == (2, 3):
        texts = _FIVE_TURNED
    elif len(sizes) == 1:
        texts = {
            (TICKS_PER_BEAT, 2): _TWO,
            (TICKS_PER_BEAT, 1): _ONE,
            (DOTTED, 2): _DOTTED_TWO,
            (DOTTED, 1): _DOTTED_ONE,
        }.get(sizes[0])
    if texts and feel == "ballad" and texts not in _FOUR.values():
        texts = _SHORT.sub(
            lambda hit: "X" + "-" * (len(hit[0]) - 1), texts
        )  # it has time: chords ring
    return _read(texts, length, beats) if texts else None


# Hits per beat, at the lowest and at the highest level.
_DENSITY = {
    "medium swing": (0.15, 0.78),
    "up swing": (0.1, 0.62),
    "ballad": (0.15, 0.6),
    "bossa": (0.25, 0.85),
    "samba": (0.25, 0.95),
    "funk": (0.15, 1.1),
    "shuffle": (0.15, 0.9),
    "straight": (0.12, 0.7),
}
_WIDTH = 0.15
_LEAST_WEIGHT = 0.002
LEVELS = 24


def level_of(intensity: float, busy: float) -> int:
    """How much to play, 0 to LEVELS: more with the band's intensity, less with the soloist's density."""
    wanted = (intensity * (1.0 - 0.6 * busy) + 0.2 * (1.0 - busy)) / 1.2
    return round(LEVELS * min(1.0, max(0.0, wanted)))


@lru_cache(maxsize=4096)
def choices(
    feel: str, sizes: tuple[tuple[int, int], ...], level: int
) -> tuple[tuple[Rhythm, ...], tuple[float, ...]] | None:
    """Rhythms for a whole bar of these groups, with cumulative weights; None: build the bar from groups.

    Rhythms whose density is near that of the level (0 to LEVELS) are likely.
    """
    rhythms = bank(feel, sizes)
    return (rhythms, _weights(feel, rhythms, level)) if rhythms else None


@lru_cache(maxsize=4096)
def group_choices(
    feel: str, group: tuple[int, int], level: int
) -> tuple[tuple[Rhythm, ...], tuple[float, ...]]:
    """The same for one group (ticks of a beat, beats) of a bar that has no rhythms of its own."""
    rhythms = bank(feel, (group,))
    if rhythms is None:
        length = group[0] * group[1]
        held = Hit(0, max(1, length - _RELEASE_TICK), False)
        rhythms = (Rhythm("X", (held,), None, 1 / group[1]), Rhythm(".", (), None, 0.0))
    rhythms = tuple([one for rhythm in rhythms for one in _halves(rhythm, group[1])])
    return rhythms, _weights(feel, rhythms, level)


def _halves(rhythm: Rhythm, beats: int) -> list[Rhythm]:
    """A rhythm of two bars as two of one; nothing is held over from group to group."""
    found = []
    for text, hits in zip(rhythm.text.split("|"), (rhythm.first, rhythm.second), strict=False):
        if hits is not None and "~" not in text:
            found.append(Rhythm(text, hits, None, len(hits) / beats))
    return found


def _weights(feel: str, rhythms: tuple[Rhythm, ...], level: int) -> tuple[float, ...]:
    low, high = _DENSITY.get(feel, (0.2, 0.75))
    wanted = low + (high - low) * level / LEVELS
    # A single beat has no rhythm or a whole one, so its differences are coarse.
    width = _WIDTH if max(rhythm.density for rhythm in rhythms) < 1.5 else 2 * _WIDTH
    return tuple(
        accumulate(
            math.exp(-(((rhythm.density - wanted) / width) ** 2) / 2) + _LEAST_WEIGHT
            for rhythm in rhythms
        )
    )


def sizes_of(groups: Sequence[Group]) -> tuple[tuple[int, int], ...]:
    """Groups in the form that `bank` takes."""
    return tuple([(group.beat_tick, group.beats) for group in groups])
