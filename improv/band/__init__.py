"""The rhythm section: comping, bass and drums over a chart, bar by bar (docs/band.md).

roster    the instruments: channel, program, range; make_musician
base      what a musician is asked (`BarContext`) and what it answers
comping   piano and guitar     bass     drums     count_in
"""
