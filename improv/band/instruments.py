"""THE table of the band's instruments.

name     channel (as users count)   General MIDI program     range
piano    2                          1 Acoustic Grand         D3-E5
bass     3                          33 Acoustic Bass         E1-G3
guitar   4                          27 Jazz Guitar           D3-E5
drums    10                         -                        General MIDI percussion
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument. `channel` (0-15) is where it plays unless told otherwise.

    `program` is General MIDI's, 0-127, None for drums; `low_pitch` and `high_pitch` bound what it plays.
    One that plays `chords` makes way for what the soloists hold.
    """

    title: str
    channel: int
    program: int | None
    low_pitch: int
    high_pitch: int
    chords: bool = False


INSTRUMENTS: dict[str, Instrument] = {
    "piano": Instrument("Piano", 1, 0, 50, 76, chords=True),
    "guitar": Instrument("Guitar", 3, 26, 50, 76, chords=True),
    "bass": Instrument("Bass", 2, 32, 28, 55),
    "drums": Instrument("Drums", 9, None, 36, 53),
}
"""Name -> instrument."""
