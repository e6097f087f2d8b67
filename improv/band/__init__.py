"""The rhythm section: comping, bass and drums over a chart, bar by bar (docs/band.md)."""

from improv.band.base import BandPlayer, BarContext
from improv.band.count_in import count_in
from improv.band.roster import INSTRUMENTS, Instrument, make_player

__all__ = ["INSTRUMENTS", "BandPlayer", "BarContext", "Instrument", "count_in", "make_player"]
