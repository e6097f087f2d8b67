"""Chords, and the colours an improviser hears in them.

A *colour* says, in semitones above the chord's root, which tones a line aims for (with a cost: 0 is
the first choice), which scale lies between them and which passing tones bebop adds to it. One chord
has several colours: a dominant on its way home may be plain, altered, diminished or a tritone away.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

CHORD_TONES: dict[str, tuple[int, ...]] = {
    "maj7": (0, 4, 7, 11),
    "6": (0, 4, 7, 9),
    "7": (0, 4, 7, 10),
    "7alt": (0, 1, 3, 4, 6, 8, 10),
    "m7": (0, 3, 7, 10),
    "m6": (0, 3, 7, 9),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
}
"""Chord quality as written after the root -> its tones."""


@dataclass(frozen=True)
class Chord:
    """A chord symbol: `text` as printed, `root` 0-11, `quality` a key of CHORD_TONES."""

    text: str
    root: int
    quality: str

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The chord's tones, 0-11."""
        return frozenset((self.root + tone) % 12 for tone in CHORD_TONES[self.quality])


@dataclass(frozen=True)
class Colour:
    """Tones to aim for with their costs, the scale between them, passing tones; above the root.

    Two colours are equal when the same lines lie between their aims, whatever the aims are worth.
    """

    name: str
    aims: tuple[tuple[int, float], ...] = field(compare=False)
    scale: tuple[int, ...]
    passing: tuple[int, ...] = ()
    chord: tuple[int, ...] = ()
    stack: tuple[int, ...] = ()
    aim_cost: dict[int, float] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "aim_cost", dict(self.aims))


def _colour(
    name: str, quality: str, aims: str, scale: str, passing: str = "", stack: str = ""
) -> Colour:
    pairs = [item.split(":") for item in aims.split()]
    return Colour(
        name,
        tuple((int(tone), float(cost)) for tone, cost in pairs),
        tuple(int(tone) for tone in scale.split()),
        tuple(int(tone) for tone in passing.split()),
        CHORD_TONES[quality],
        # the chord of the ninth without its root: 3 5 7 9, the arpeggio bebop starts from the third
        tuple(int(tone) for tone in stack.split()),
    )


_MAJ = _colour(
    "major", "maj7", "4:0 11:.5 7:.2 0:.5 9:1.1 2:1.5", "0 2 4 5 7 9 11", "8", "4 7 11 2"
)
_SIX = _colour("major", "6", "4:0 9:.3 7:.2 0:.4 11:1.6 2:1.5", "0 2 4 5 7 9 11", "8", "4 7 9 2")
_MIXO = _colour("bebop", "7", "4:0 10:.2 7:.3 0:.5 2:1.5 9:1.3", "0 2 4 5 7 9 10", "11", "4 7 10 2")
_LYDIAN = _colour(
    "sharp11", "7", "4:0 10:.2 7:.3 0:.5 6:1.6 2:1.5", "0 2 4 6 7 9 10", "", "4 7 10 2"
)
_FLAT9 = _colour("flat9", "7", "4:0 10:.2 7:.3 0:.8 1:1.1 8:1.3", "0 1 4 5 7 8 10", "", "4 7 10 1")
_ALTERED = _colour(
    "altered", "7", "4:0 10:.2 1:1.1 8:1.1 3:1.3 0:.9", "0 1 3 4 6 8 10", "", "4 8 10 1"
)
_HALFWHOLE = _colour(
    "dim", "7", "4:0 10:.2 7:.3 1:1.1 3:1.3 0:.8", "0 1 3 4 6 7 9 10", "", "4 7 10 1"
)
_TRITONE = _colour(
    "tritone", "7", "4:.1 10:.1 1:1.0 8:1.0 6:1.4", "1 3 4 6 8 10 11", "", "10 1 4 8"
)
_ALT = _colour(
    "altered", "7alt", "4:0 10:.2 8:.2 3:.4 1:.6 6:1.2 0:.9", "0 1 3 4 6 8 10", "", "4 8 10 1"
)
_ALT_HM = _colour("flat9", "7alt", "4:0 10:.2 8:.3 1:.5 0:.9", "0 1 3 4 5 7 8 10", "", "4 8 10 1")
_DORIAN = _colour(
    "dorian", "m7", "3:0 10:.4 7:.2 0:.4 2:1.4 5:1.8", "0 2 3 5 7 9 10", "4", "3 7 10 2"
)
_MODAL = _colour(
    "modal", "m7", "3:.1 10:.3 7:.1 0:.4 2:1.1 5:1.2 9:1.5", "0 2 3 5 7 9 10", "", "3 7 10 2"
)
_MELODIC = _colour(
    "melodic", "m6", "3:0 7:.2 9:.4 0:.4 2:1.4 11:1.6", "0 2 3 5 7 9 11", "8", "3 7 9 2"
)
_MINSIX = _colour("dorian", "m6", "3:0 7:.2 9:.4 0:.4 2:1.4", "0 2 3 5 7 9 10", "11", "3 7 9 2")
_LOCRIAN = _colour("locrian", "m7b5", "3:0 6:.2 10:.3 0:.5 8:1.8", "0 1 3 5 6 8 10", "", "3 6 10 1")
_LOCRIAN2 = _colour(
    "locrian2", "m7b5", "3:0 6:.2 10:.3 0:.5 2:1.8", "0 2 3 5 6 8 10", "", "3 6 10 2"
)
_DIM = _colour("dim", "dim7", "3:.1 6:.1 9:.1 0:.3", "0 2 3 5 6 8 9 11", "", "3 6 9 2")


def _pick(rng: np.random.Generator, choices: list[tuple[float, Colour]]) -> Colour:
    at = rng.random() * sum(weight for weight, _ in choices)
    for weight, colour in choices:
        at -= weight
        if at < 0:
            return colour
    return choices[-1][1]


def colour_of(
    chord: Chord, following: Chord, last_half: bool, modal: bool, rng: np.random.Generator
) -> Colour:
    """Choose how to hear half a bar of `chord`; `last_half`: `following` comes straight after it."""
    quality = chord.quality
    if quality == "7":
        home = (following.root - chord.root) % 12 in (5, 11) and last_half
        minor_home = home and following.quality in ("m6", "m7", "m7b5")
        if home:
            plain = 0.35 if minor_home else 0.6
            flat9 = 0.4 if minor_home else 0.15
            return _pick(
                rng,
                [
                    (plain, _MIXO),
                    (flat9, _FLAT9),
                    (0.14, _ALTERED),
                    (0.06, _HALFWHOLE),
                    (0.05, _TRITONE),
                ],
            )
        return _pick(rng, [(0.86, _MIXO), (0.14, _LYDIAN)])
    if quality == "7alt":
        return _pick(rng, [(0.6, _ALT), (0.4, _ALT_HM)])
    if quality == "m7":
        return _MODAL if modal else _DORIAN
    if quality == "m6":
        return _pick(rng, [(0.5, _MELODIC), (0.5, _MINSIX)])
    if quality == "m7b5":
        return _pick(rng, [(0.7, _LOCRIAN), (0.3, _LOCRIAN2)])
    return {"maj7": _MAJ, "6": _SIX, "dim7": _DIM}[quality]


def blues_colour(chord: Chord, tonic: int, minor: bool) -> Colour:
    """The key's blues scale, heard over `chord`: aims are what the two have in common."""
    relative = (tonic - chord.root) % 12
    own = (0, 3, 5, 7, 10) if minor else (0, 3, 4, 5, 7, 9, 10)
    scale = sorted((relative + tone) % 12 for tone in own)
    tones = CHORD_TONES[chord.quality]
    order = {0: 0.2, 7: 0.1, 4: 0.2, 10: 0.5, 9: 0.4, 3: 0.5, 5: 0.8}
    aims = []
    for tone in own:
        cost = order[tone]
        above = (relative + tone) % 12
        # a blue third is sung over the tonic seventh chord too, but seldom on the beat
        aims.append((above, cost if above in tones else cost + 1.3))
    blue_fifth = (relative + 6) % 12
    return Colour("blues", tuple(aims), tuple(scale), (blue_fifth,), tones, tones)
