"""Charts, however they are named."""

from __future__ import annotations

import os

from improv.music.chart import Chart


def read_chart(source: str | os.PathLike[str] | bytes | Chart) -> Chart:
    """The chart that `source` names: bars as text, an irealb:// link, a built-in chart's name, or a file.

    Files are text, iReal Pro, MusicXML, MIDI, and with `[train]` ABC, Humdrum, MEI and others that music21
    reads; "jazz.html#Blue Bossa" is one tune of a playlist. A `Path`
    is a file whatever its name, `bytes` are what a file holds, and a `Chart` is given back. Raises ChartError
    for what cannot be read as a chart, InputFileError for a file that cannot be read, both in one sentence.

    >>> improv.read_chart("| Dm7 | G7 | Cmaj7 | % |")
    <Chart '| Dm7 | G7 | Cmaj7 | % |', 4 bars of 4/4, 140 bpm>
    """
    if isinstance(source, Chart):
        return source
    from improv.charts.library import load_chart, open_bytes

    if isinstance(source, bytes):
        return open_bytes(source, "bytes").only().chart()
    if isinstance(source, str):
        return load_chart(source)
    return load_chart(os.path.abspath(source))
