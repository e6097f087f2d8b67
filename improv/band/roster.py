"""Who plays in the band: the name of an instrument -> the musician who plays it."""

from __future__ import annotations

from improv.band.base import BandMusician
from improv.band.bass import Bass
from improv.band.comping import Comper
from improv.band.drums import Drums
from improv.band.instruments import INSTRUMENTS


def make_musician(name: str) -> BandMusician:
    """A new musician for an instrument in INSTRUMENTS; ValueError for any other name."""
    if name not in INSTRUMENTS:
        raise ValueError(f"No instrument {name!r}: expected {', '.join(INSTRUMENTS)}.")
    if name == "bass":
        return Bass(name)
    return Drums(name) if name == "drums" else Comper(name)
