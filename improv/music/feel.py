"""THE table of feels: how eighth notes lie, and how fast a tune of that feel goes when nobody says.

    name          swung  tempo_bpm  rhythmfeel: what the Weimar Jazz Database calls it
    medium swing  yes    140        SWING       also read as "swing"
    up swing      yes    230        SWING
    ballad        yes     66        BALLAD
    waltz         yes    150        SWING
    shuffle       yes    110        SWING
    bossa         no     136        LATIN
    samba         no     200        LATIN
    funk          no     100        FUNK        straight funk, with its weight on sixteenths
    straight      no     130        LATIN       even eighths (ECM, latin-free pop)

How far the off-beat of a swung feel is behind the middle of the beat follows the tempo: `improv.music.swing`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from improv.errors import ChartError


@dataclass(frozen=True, slots=True)
class Feel:
    """One row: `swung` is whether off-beat eighths are late, `tempo_bpm` the usual tempo."""

    name: str
    swung: bool
    tempo_bpm: float
    rhythmfeel: str
    """The rhythm feel of the Weimar Jazz Database that is nearest; its "latin" is any even eighths."""
    also: tuple[str, ...] = ()


FEELS: dict[str, Feel] = {
    feel.name: feel
    for feel in (
        Feel(
            "medium swing", True, 140.0, "SWING", ("swing", "medium up swing", "slow swing", "jazz")
        ),
        Feel("up swing", True, 230.0, "SWING", ("up tempo swing", "fast swing", "bebop")),
        Feel("ballad", True, 66.0, "BALLAD", ("slow ballad",)),
        Feel("waltz", True, 150.0, "SWING", ("jazz waltz", "swing waltz")),
        Feel("shuffle", True, 110.0, "SWING", ("blues shuffle",)),
        Feel("bossa", False, 136.0, "LATIN", ("bossa nova", "latin")),
        Feel("samba", False, 200.0, "LATIN", ("fast samba",)),
        Feel("funk", False, 100.0, "FUNK", ("straight funk", "rock", "soul")),
        Feel(
            "straight",
            False,
            130.0,
            "LATIN",
            ("even eighths", "even 8ths", "ecm", "straight eighths"),
        ),
    )
}
"""Name -> feel, the usual one first."""

DEFAULT_FEEL = "medium swing"

_ALSO = {other: feel.name for feel in FEELS.values() for other in (feel.name, *feel.also)}


def parse_feel(text: str) -> str:
    """The name in FEELS of what a user wrote ("swing", "Bossa Nova"); ChartError if there is none."""
    wanted = " ".join(text.lower().replace("-", " ").split())
    if wanted in _ALSO:
        return _ALSO[wanted]
    near = difflib.get_close_matches(wanted, _ALSO, n=1, cutoff=0.6)
    meant = f"perhaps {near[0]!r} was meant; " if near else ""
    raise ChartError(f"Unknown feel {text.strip()!r}: {meant}expected {', '.join(FEELS)}.")
