"""Bass figures: rhythms with a degree for each note, for feels that do not walk and for dotted beats.

They are written as eighths from the first beat of a stretch of beats over one chord (sixteenths if there are
twice as many signs):

    R  bass note     5  fifth, below or above     8  octave     3  third     7  seventh (or sixth) below
    N  the next chord's bass note, ahead of it    A  a note that leads to it    g  ghost    -  held    .  rest

Bossa nova and samba rest on root and fifth with the dotted quarter and eighth of the surdo; funk begins on
"the one" and syncopates in sixteenths.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from improv.band.pulse import DOTTED
from improv.music.note import TICKS_PER_BEAT

_RELEASE_TICK = 30
_SHORT_TICK = 160


@dataclass(frozen=True, slots=True)
class Step:
    """One note of a figure, in ticks from its first beat."""

    tick: int
    duration_tick: int
    degree: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and how full it is (0 to 4)."""

    text: str
    steps: tuple[Step, ...]
    level: int


# Feel -> number of quarter beats -> figures by how full they are, 0 to 4.
FIGURES: dict[str, dict[int, str]] = {
    "bossa": {
        4: """0:R---5--- 0:R-----5- 1:R--R5--- 2:R--R5--5 2:R--55--N 2:R--55--A 3:R--R5--A 3:R--58--A
              4:R-gR5-gN 4:R-R-5-5A""",
        3: "0:R----- 1:R--5-- 2:R--R5- 3:R--5-A 4:R-g5-A",
        2: "0:R--- 1:R--- 2:R--5 2:R--A 3:R-5- 4:R-gA",
        1: "0:R- 4:R-",
    },
    "samba": {
        4: """0:R---5--- 1:R--R5--- 2:R--R5--5 2:R..R5--5 3:R--55--N 3:R.gR5--A 3:R--R8--A 4:R.RR5.5N
              4:R-gR5-gA""",
        3: "0:R----- 1:R--5-- 2:R--R5- 3:R--R5A 4:R-g55A",
        2: "0:R--- 1:R--5 2:R--5 3:R-5A 4:R-gA",
        1: "0:R- 4:R-",
    },
    "funk": {
        4: """0:R-----........A. 0:R-------5------- 1:R--...R.8-..7-.. 1:R.....R.R-..5.7. 2:R..R..R...5.7.A.
              2:R-.g..R.8.g.7-.. 3:R..R..8...R.7.5A 3:R.g8..R.g.R.7.A. 4:R.RR.g8.gR7.5.7A 4:R..Rg.8.R.gR7.3A
              2:R...R..8..7.5... 3:R-..R.g8..7.5.A. 1:R-......R--.7.A.""",
        3: "0:R----- 1:R-.R5- 2:R.R.5A 3:R..R.g..5.7A 4:R.gR..8.R.7A",
        2: "0:R--- 1:R-.5 2:R..R..5. 3:R.gR..7A 4:R.8.g.7A",
        1: "0:R- 2:R. 4:R.gA",
    },
    "straight": {
        4: """0:R------- 0:R---5--- 1:R--5---- 1:R-----5- 2:R--5--8- 2:R--5--A- 3:R--R5--A 3:R--5-8-A
              4:R-58-5-A 4:R--58-5A""",
        3: "0:R----- 1:R---5- 2:R--5-- 3:R--5-A 4:R-58-A",
        2: "0:R--- 1:R--- 2:R--5 3:R--A 4:R-5A",
        1: "0:R- 4:R-",
    },
}
_DOTTED = {
    2: """0:R----- 1:R--5-- 1:R----A 2:R--5-A 2:R-R5-- 3:R-R5-A 3:R-58-A 4:R-R5A- 4:R.R5.A""",
    1: "0:R-- 2:R-A 3:R-5 4:R.A",
}


def _read(row: str, length: int) -> Figure:
    level, _, text = row.partition(":")
    unit = length // len(text)
    steps = []
    for at, sign in enumerate(text):
        if sign in ".-":
            continue
        held = 1
        while at + held < len(text) and text[at + held] == "-":
            held += 1
        short = at + 1 < len(text) and text[at + 1] == "."
        duration = min(_SHORT_TICK, unit) if short or sign == "g" else held * unit - _RELEASE_TICK
        steps.append(Step(at * unit, max(1, duration), sign))
    return Figure(text, tuple(steps), int(level))


@lru_cache(maxsize=512)
def figures(
    feel: str, beat_tick: int, beats: int, level: int
) -> tuple[tuple[Figure, ...], tuple[float, ...]]:
    """Figures of a feel for a stretch of beats and their cumulative weights at a level of 0 to 4."""
    if beat_tick == DOTTED:
        bank = _DOTTED.get(beats)
    elif beat_tick == TICKS_PER_BEAT:
        bank = FIGURES.get(feel, FIGURES["straight"]).get(beats)
    else:
        bank = None
    rows = (bank or "0:R").split()
    found = tuple([_read(row, beat_tick * beats) for row in rows])
    return found, tuple(accumulate(0.3 ** abs(figure.level - level) for figure in found))
