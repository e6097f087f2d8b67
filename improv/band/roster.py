"""THE table of the band's instruments.

name     channel (as users count)   General MIDI program     range
piano    2                          1 Acoustic Grand         D3-E5
bass     3                          33 Acoustic Bass         E1-G3
guitar   4                          27 Jazz Guitar           D3-B4
drums    10                         -                        General MIDI percussion
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from improv.band import kit, voicing, walking
from improv.band.base import BandPlayer
from improv.band.bass import Bass
from improv.band.comping import Comper
from improv.band.drums import Drums


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument. `channel` (0-15) is where it plays unless told otherwise.

    `program` is General MIDI's, 0-127, None for drums; `low_pitch` and `high_pitch` bound what it plays.
    """

    title: str
    channel: int
    program: int | None
    low_pitch: int
    high_pitch: int
    make: Callable[[], BandPlayer]


INSTRUMENTS: dict[str, Instrument] = {
    "piano": Instrument("Piano", 1, 0, voicing.LOWEST, voicing.HIGHEST, lambda: Comper("piano")),
    "guitar": Instrument(
        "Guitar", 3, 26, voicing.LOWEST, voicing.HIGHEST, lambda: Comper("guitar")
    ),
    "bass": Instrument("Bass", 2, 32, walking.LOWEST, walking.HIGHEST, lambda: Bass("bass")),
    "drums": Instrument(
        "Drums", 9, None, min(kit.PITCHES), max(kit.PITCHES), lambda: Drums("drums")
    ),
}
"""Name -> instrument."""


def make_player(name: str) -> BandPlayer:
    """A new player of an instrument in INSTRUMENTS; ValueError for any other name."""
    if name not in INSTRUMENTS:
        raise ValueError(f"No instrument {name!r}: expected {', '.join(INSTRUMENTS)}.")
    return INSTRUMENTS[name].make()
