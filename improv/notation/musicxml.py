"""Write a lead sheet as MusicXML 4.0: a line of notes, or slashes, under its chord symbols.

    Chart, notes (straight)  ->  bars of values  ->  <score-partwise>, which MuseScore and music21 read

It is partwise with one part and 12 divisions a quarter. Four bars a line, a double bar before each section
and chorus, the section's letter in a box, feel and tempo on top. Without notes it is a chart: a slash for
each beat, and a last chorus that differs follows as a coda.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

from improv import files
from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.feel import DEFAULT_FEEL, FEELS
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.spelling import read_key
from improv.music.swing import auto_swing
from improv.music.take import Take
from improv.notation.coda import with_coda
from improv.notation.line import bars_of, first_bar_of, step_of, written_line
from improv.notation.measure import Sheet, measure, text

_SHORTEST_BAR_STEPS = 3  # a sixteenth: bars are whole numbers of these

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN"
  "http://www.musicxml.org/dtds/partwise.dtd">
"""


def write_musicxml(
    chart: Chart,
    notes: Sequence[Note] = (),
    *,
    title: str = "",
    part_name: str = "",
    program: int | None = None,
    keys: Sequence[tuple[int, str]] = (),
    tempos: Sequence[tuple[int, float]] = (),
    swing: float | None = None,
    first_bar: int = 0,
    progress: Callable[[int], None] | None = None,
) -> str:
    """The lead sheet of `chart` with a line of `notes`, straight; without notes, its chords over slashes.

    `improv.notation.line` says how notes are put on the grid. The chart is repeated as far as the notes go.
    `keys` (tick, key) and `tempos` (tick, quarter notes a minute) are the chart's own if none are given;
    `swing` is the ratio of eighths, by feel and tempo if None. Bars before `first_bar` are left out.
    `progress` is told the tick reached, bar by bar. `program` is the General MIDI program that plays it back.

    ChartError for a bar that is not a whole number of sixteenths, except the last, which is filled up.
    """
    chart = chart if notes else with_coda(chart)
    last_tick = max((note.end_tick for note in notes), default=0)
    if last_tick > chart.length_tick:
        chart = chart.unrolled(-(-last_tick // chart.length_tick))
    if swing is None:
        swing = auto_swing(FEELS.get(chart.feel, FEELS[DEFAULT_FEEL]), chart.tempo_bpm)
    edges = _edges(chart)
    line = written_line(notes, edges[-1])
    sheet = Sheet(
        chart,
        edges,
        line,
        first_bar,
        keys=[(tick, read_key(key)) for tick, key in keys or [(0, chart.key)]],
        tempos=tempos or [(0, chart.tempo_bpm)],
        clef=_clef([pitch for _, _, pitch in line]),
    )
    body: list[str] = []
    for bar, spans in enumerate(bars_of(line, edges)):
        if bar >= first_bar:
            body.append(measure(sheet, bar, spans))
        if progress is not None:
            progress(chart.bar_tick(bar + 1))
    part = _part(part_name or "Lead", program, silent=not line)
    return _HEAD + _score(chart, title, swing, part, body)


def write_take(take: Take, progress: Callable[[int], None] | None = None) -> str:
    """The lead sheet of a take: its solo as written, chorus after chorus. The count-in is left out."""
    chart = take.chart
    solo = take.tracks[0] if take.tracks else None
    return write_musicxml(
        chart,
        take.written,
        part_name=solo.name if solo else "",
        program=solo.program if solo else None,
        keys=take.keys,
        tempos=take.tempos,
        swing=take.swing,
        first_bar=first_bar_of(take),
        progress=progress,
    )


def save_musicxml(path: Path, text: str) -> None:
    """Write a lead sheet to `path`, completely or not at all. Raises OutputFileError."""
    files.write_bytes(path, text.encode("utf-8"))


def _edges(chart: Chart) -> list[int]:
    edges = [step_of(tick) for tick in chart.bar_ticks]
    last = step_of(chart.length_tick) - edges[-1]
    edges.append(edges[-1] + max(1, -(-last // _SHORTEST_BAR_STEPS)) * _SHORTEST_BAR_STEPS)
    for bar, (low, high) in enumerate(pairwise(edges)):
        if (high - low) % _SHORTEST_BAR_STEPS or high == low:
            ticks = chart.bar_tick(bar + 1) - chart.bar_tick(bar)
            raise ChartError(
                f"Cannot write bar {bar + 1} of chart {chart.title!r} as notes: it lasts {ticks} ticks, "
                f"expected a whole number of sixteenths ({TICKS_PER_BEAT // 4})."
            )
    return edges


# -- the score around the bars


def _score(chart: Chart, title: str, swing: float, part: str, body: Iterable[str]) -> str:
    composer = (
        f'<creator type="composer">{text(chart.composer)}</creator>' if chart.composer else ""
    )
    # MusicXML 4.0 has an element for it, but MuseScore 3 calls a file that uses it invalid.
    field = f'<miscellaneous-field name="swing">{swing:g}</miscellaneous-field>'
    return (
        '<score-partwise version="4.0">\n'
        f"<work><work-title>{text(title or chart.title)}</work-title></work>\n"
        f"<identification>{composer}<encoding><software>jazz-improv</software>"
        '<supports element="accidental" type="yes"/><supports element="beam" type="yes"/>'
        '<supports element="print" attribute="new-system" type="yes" value="yes"/></encoding>'
        f"<miscellaneous>{field}</miscellaneous></identification>\n"
        f'<part-list>{part}</part-list>\n<part id="P1">\n{"".join(body)}</part>\n</score-partwise>\n'
    )


def _part(name: str, program: int | None, *, silent: bool) -> str:
    """The part's name and its sound; the slashes of a chart make none."""
    volume = "<volume>0</volume>" if silent else ""
    return (
        f'<score-part id="P1"><part-name print-object="no">{text(name)}</part-name>'
        f'<score-instrument id="P1-I1"><instrument-name>{text(name)}</instrument-name>'
        '</score-instrument><midi-instrument id="P1-I1"><midi-channel>1</midi-channel>'
        f"<midi-program>{(program or 0) + 1}</midi-program>{volume}</midi-instrument></score-part>"
    )


def _clef(pitches: Sequence[int]) -> str:
    """Treble clef; an octave lower, or bass, if half of the notes are far below the staff."""
    middle = median(pitches) if pitches else 71
    if middle < 50:
        return "<clef><sign>F</sign><line>4</line></clef>"
    octave = "<clef-octave-change>-1</clef-octave-change>" if middle < 58 else ""
    return f"<clef><sign>G</sign><line>2</line>{octave}</clef>"
