"""What the drums play: time, comping and fills, as tables of strokes.

Patterns are written as eighths from the first beat of a group of beats (sixteenths if there are twice as
many signs); spaces separate alternatives, and "|" separates two bars.

    x  stroke     X  accent     o  soft     .  rest

    ride, medium swing    x.Xox.Xo       ding, ding-a ding, ding-a: the skip notes are off-beat eighths
    side stick, bossa     x..x..x.|..x..x..

Comping and fills name the drum:  s S snare soft and accented, k K kick, h m l toms from high to low. A beat
of a fill may have any number of signs: three are a triplet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from improv.band import kit
from improv.band.pulse import DOTTED
from improv.music.note import TICKS_PER_BEAT

# Voice -> (drum, velocity of o, x and X).
VOICES: dict[str, tuple[int, dict[str, int]]] = {
    "ride": (kit.RIDE, {"o": 57, "x": 66, "X": 73}),
    "hat": (kit.CLOSED_HAT, {"o": 46, "x": 56, "X": 64}),
    "foot": (kit.PEDAL_HAT, {"o": 44, "x": 58, "X": 64}),
    "feather": (kit.KICK, {"o": 27, "x": 32, "X": 40}),
    "kick": (kit.KICK, {"o": 46, "x": 60, "X": 72}),
    "snare": (kit.SNARE, {"o": 30, "x": 52, "X": 74}),
    "brush": (kit.SNARE, {"o": 24, "x": 34, "X": 40}),
    "rim": (kit.SIDE_STICK, {"o": 44, "x": 58, "X": 66}),
}

_SWING = {
    4: {
        "ride": "x.Xox.Xo x.Xox.Xo x.Xox.Xo x.X.x.Xo x.Xox.X. x.X.x.X. xoX.x.Xo",
        "foot": "..x...x.",
        "feather": "o.o.o.o.",
    },
    3: {
        "ride": "x.Xox. x.Xox. x.Xox. x.X.x. x.Xoxo xoX.x.",
        "foot": "..x... ..x... ..x.x.",
        "feather": "o.....",
    },
    2: {"ride": "x.Xo x.Xo x.X.", "foot": "..x.", "feather": "o..."},
    1: {"ride": "x. xo", "feather": "o."},
}
GROOVES: dict[str, dict[int, dict[str, str]]] = {
    "medium swing": _SWING,
    "waltz": _SWING,
    "up swing": {
        **_SWING,
        4: {
            "ride": "x.Xox.Xo x.X.x.Xo x.Xox.X. x.X.x.X. x.X.x.X.",
            "foot": "..x...x.",
            "feather": "o.o.o.o. o...o...",
        },
    },
    "ballad": {
        4: {
            "brush": "o.xoo.xo o.x.o.xo o.xoo.x.",
            "foot": "..x...x.",
            "feather": "o...o...",
        },
        3: {"brush": "o.xoo. o.x.o.", "foot": "..x... ..x.x.", "feather": "o....."},
        2: {"brush": "o.xo o.x.", "foot": "..x.", "feather": "o..."},
        1: {"brush": "o."},
    },
    "bossa": {
        4: {"hat": "xoxoxoxo", "kick": "x..ox..o", "rim": "x..x..x.|..x..x.."},
        3: {"hat": "xoxoxo", "kick": "x....o", "rim": "x..x..|..x.x."},
        2: {"hat": "xoxo", "kick": "x..o", "rim": "x..x|..x."},
        1: {"hat": "xo", "kick": "x."},
    },
    "samba": {
        4: {
            "hat": "xoXoxoXo xoXxxoXo",
            "kick": "o..oX..o o..ox..o",
            "snare": "o.oo.oo. o.oo.oox oo.oo.oo",
            "foot": "..x...x.",
        },
        3: {"hat": "xoXoxo", "kick": "o..xx.", "snare": "o.oo.o", "foot": "..x..."},
        2: {"hat": "xoXo", "kick": "o..x", "snare": "o.oo", "foot": "..x."},
        1: {"hat": "xo", "kick": "x."},
    },
    "funk": {
        4: {
            "hat": "x.o.x.o.x.o.x.o. x.o.x.o.x.o.x.oo xoooxoooxoooxooo",
            "snare": "....X.......X... ....X..o.o..X... ....X..o....X..o",
            "kick": "X.....x...x..... X..x......X..... X.....xx..x..... X.......x.x..x..",
        },
        3: {
            "hat": "x.o.x.o.x.o.",
            "snare": "....X.......  ....X..o.o.o",
            "kick": "X.....x..... X.......x.x.",
        },
        2: {"hat": "x.o.x.o.", "snare": "....X... ....X..o", "kick": "X..x.... X.....x."},
        1: {"hat": "x.o.", "kick": "X..."},
    },
    "shuffle": {
        4: {
            "ride": "xoxoxoxo xoxoxoxo x.Xox.Xo",
            "snare": "..X...X. ..X...X. ..X...Xo",
            "foot": "..x...x.",
            "kick": "x...x... x...x..o x..ox...",
        },
        3: {"ride": "xoxoxo", "snare": "..X... ....X.", "foot": "..x...", "kick": "x....."},
        2: {"ride": "xoxo", "snare": "..X.", "foot": "..x.", "kick": "x..."},
        1: {"ride": "xo", "kick": "x."},
    },
    "straight": {
        4: {
            "ride": "x.oxo.x. x.xox.xo x.ox.ox. x.x.oxo. xox.xox.",
            "foot": "..x...x. ......x.",
            "kick": "o....... o..o.... o....o..",
        },
        3: {"ride": "x.oxo. x.xox. xox.xo", "foot": "..x... ....x.", "kick": "o..... o..o.."},
        2: {"ride": "x.xo x.ox", "foot": "..x.", "kick": "o..."},
        1: {"ride": "x. xo", "kick": "o."},
    },
}
_DOTTED = {
    2: {
        "ride": "x.xx.x x.xxox xoxxox",
        "foot": "...x..",
        "kick": "x..... x....o",
        "rim": "...x..",
    },
    1: {"ride": "x.x xox", "kick": "o.."},
}
_DOTTED_QUIET = {2: {"brush": "xooxoo", "foot": "...x..", "feather": "o....."}, 1: {"brush": "xoo"}}
_DOTTED_EVEN = {
    2: {"hat": "xooxoo", "snare": "...x..", "kick": "x....o x..... x.o..."},
    1: {"hat": "xoo", "kick": "x.."},
}

Strokes = tuple[tuple[int, int, int], ...]
"""(tick in the group, drum, velocity)"""


def _strokes(text: str, length: int, voice: str) -> Strokes:
    drum, velocity = VOICES[voice]
    unit = length // len(text)
    return tuple((at * unit, drum, velocity[sign]) for at, sign in enumerate(text) if sign != ".")


@lru_cache(maxsize=512)
def groove(
    feel: str, beat_tick: int, beats: int, parity: int
) -> tuple[tuple[str, tuple[Strokes, ...]], ...]:
    """For one group of beats each voice and its alternatives; `parity` is which of two bars it is."""
    length = beat_tick * beats
    if beat_tick == TICKS_PER_BEAT:
        rows = GROOVES.get(feel, _SWING).get(beats)
    elif beat_tick == DOTTED:
        even = feel in ("funk", "bossa", "samba", "shuffle")
        bank = _DOTTED_QUIET if feel == "ballad" else _DOTTED_EVEN if even else _DOTTED
        rows = bank.get(beats)
    else:
        rows = None
    if rows is None:  # a cut or an odd beat: one stroke
        voice = "brush" if feel == "ballad" else "ride"
        return ((voice, (((0, VOICES[voice][0], VOICES[voice][1]["o"]),),)),)
    found = []
    for voice, texts in rows.items():
        options = []
        for text in texts.split():
            halves = text.split("|")
            options.append(_strokes(halves[parity % len(halves)], length, voice))
        found.append((voice, tuple(options)))
    return tuple(found)


@lru_cache(maxsize=64)
def plain(beat_tick: int, beats: int) -> tuple[Strokes, ...]:
    """The ride of a bar in which the drums leave a hole: the beats alone. Nothing for odd beats."""
    if beat_tick != TICKS_PER_BEAT:
        return ()
    return (_strokes("x." * beats, beat_tick * beats, "ride"),)


# Snare and kick in dialogue with the soloist, for feels whose time leaves them free.
COMPED = ("medium swing", "up swing", "waltz", "ballad", "straight")
_COMPING = {
    4: """........ ...s.... .......s .s...... .....s.. ...k.... .......k ..s..... s.......
          ...s...k ...k...s .s.s.... .....s.s ...s...s ..s..s.. s..s.... .s...k.. ....s..s ...k.s..
          s..s..s. .s.k..s. ...s.k.s .s.s...k s..k..s. ...S..k. .S..s..k ...k...S
          s..s..sk .s.sk.s. s.ks..s. .sk.sk.s s..S..sk .S.s.k.s s.Sk.sS. ...Sk..S""",
    3: """...... ...s.. .....s .s.... ..s... ...k.. .s.s.. ...s.k .s...k ..s..s s..s.. .s.k.s s..k.s
          .S.s.k s.sk.s ..Sk.s""",
    2: ".... ...s .s.. ...k s..s .s.k .s.s s.sk",
    1: ".. .s .k",
}
_NAMED = {
    "s": (kit.SNARE, 42),
    "S": (kit.SNARE, 68),
    "k": (kit.KICK, 52),
    "K": (kit.KICK, 66),
    "h": (kit.HIGH_TOM, 66),
    "m": (kit.MID_TOM, 67),
    "l": (kit.LOW_TOM, 69),
}
LEVELS = 16


@dataclass(frozen=True, slots=True)
class Comping:
    """Comping of one group of beats at one level: alternatives and their cumulative weights."""

    options: tuple[Strokes, ...]
    weights: tuple[float, ...]


@lru_cache(maxsize=512)
def comping(beat_tick: int, beats: int, level: int) -> Comping | None:
    """What snare and kick add at a level of 0 to LEVELS; None for dotted and odd beats."""
    if beat_tick != TICKS_PER_BEAT or beats not in _COMPING:
        return None
    wanted = 1.15 * level / LEVELS * beats
    options, weights = [], []
    for text in _COMPING[beats].split():
        unit = beat_tick * beats // len(text)
        strokes = [(at * unit, *_NAMED[sign]) for at, sign in enumerate(text) if sign != "."]
        options.append(tuple(strokes))
        weights.append(math.exp(-(((len(strokes) - wanted) / 0.7) ** 2) / 2) + 0.001)
    return Comping(tuple(options), tuple(accumulate(weights)))


# Fills over the last beats of a bar: swung (eighths and triplets) and even (eighths, then sixteenths).
_SWUNG_FILLS = {
    1: [".s .S sk sss s", ".S sss sSk ssl", "sss sSk hml"],
    2: ["..,.S s,.s .s,.S .s,sk", "sss,S. .s,sss s.,sSk sss,hl", "sss,hml .S,hml sSs,lSk hss,mlk"],
    3: [
        "..,.s,.S s,.s,.S",
        "sss,S.,.S .s,.s,sss s.,hh,ml",
        "sss,hhh,mlk .S,sss,hml sSs,hsm,lSk",
    ],
    4: [
        "..,..,.s,.S s.,..,.s,sk",
        "..,.s,sss,S. .s,.s,sss,hl S.,.s,s.,sSk",
        "sss,hhh,mmm,lSk .S,.S,sss,hml sSs,hsh,msm,lSk S.k,sss,S.k,hml",
    ],
}
_EVEN_FILLS = {
    1: [".s s. ss", "ss .S hl", "ss hl ssss hhll"],
    2: ["..,.s s.,.S", ".s,ss s.,hl ss,.S", "ss,hl s.ss,hhll ssss,hml"],
    3: ["..,..,.S", ".s,.s,ss s.,hh,ml", "ss,hh,ml s.ss,hhmm,ll.S"],
    4: [
        "..,..,..,.S ..,..,s.,.s",
        "..,..,ss,hl ..,.s,.s,ss ..,s.,s.,hl",
        "ss,hh,mm,ll s.ss,s.ss,hhmm,llkS .S,.S,ss,hl",
    ],
}
_DOTTED_FILLS = ["..s s.s", "sss s.S sSs", "sss hml hhl sSk"]


@lru_cache(maxsize=512)
def fills(swung: bool, fine: bool, beat_tick: int, beats: int, level: int) -> tuple[Strokes, ...]:
    """Fills over 1 to 4 beats, from quiet (0) to full (2); `fine`: sixteenths may be played."""
    if beat_tick == DOTTED:
        one = _DOTTED_FILLS[level].split()
        texts = [
            ",".join([one[(at + i) % len(one)] for i in range(beats)]) for at in range(len(one))
        ]
    else:
        texts = (_SWUNG_FILLS if swung else _EVEN_FILLS)[beats][level].split()
    found = []
    for text in texts:
        if not fine and max(map(len, text.split(","))) > 3:
            continue
        strokes: list[tuple[int, int, int]] = []
        for index, beat in enumerate(text.split(",")):
            unit = beat_tick // len(beat)
            for at, sign in enumerate(beat):
                if sign != ".":
                    strokes.append((index * beat_tick + at * unit, *_NAMED[sign]))
        found.append(tuple(strokes))
    return tuple(found)
