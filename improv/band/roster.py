"""THE table of the band's instruments.

name     channel (as users count)   General MIDI program     range
piano    2                          1 Acoustic Grand         D3-E5
bass     3                          33 Acoustic Bass         E1-G3
guitar   4                          27 Jazz Guitar           D3-E5
drums    10                         -                        General MIDI percussion

Light to import: the command line reads it before the sender is started; the players come with `make_player`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from improv.band.base import BandPlayer


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


INSTRUMENTS: dict[str, Instrument] = {
    "piano": Instrument("Piano", 1, 0, 50, 76),
    "guitar": Instrument("Guitar", 3, 26, 50, 76),
    "bass": Instrument("Bass", 2, 32, 28, 55),
    "drums": Instrument("Drums", 9, None, 36, 53),
}
"""Name -> instrument."""


def make_player(name: str) -> BandPlayer:
    """A new player of an instrument in INSTRUMENTS; ValueError for any other name."""
    from improv.band.bass import Bass
    from improv.band.comping import Comper
    from improv.band.drums import Drums

    if name not in INSTRUMENTS:
        raise ValueError(f"No instrument {name!r}: expected {', '.join(INSTRUMENTS)}.")
    if name == "bass":
        return Bass(name)
    return Drums(name) if name == "drums" else Comper(name)
