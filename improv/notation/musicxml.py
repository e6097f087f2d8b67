"""Write a lead sheet as MusicXML 4.0: a line of notes, or slashes, under its chord symbols.

    Chart, notes (straight)  ->  bars of values  ->  <score-partwise>, which MuseScore and music21 read

It is partwise, one part a soloist, with 12 divisions a quarter. Four bars a line, a double bar before each
section and chorus, the section's letter in a box, feel and tempo on top. Without notes it is a chart: a slash
for each beat, and a last chorus that differs follows as a coda.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

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


class Part(NamedTuple):
    """A line, and who plays it."""

    name: str
    notes: Sequence[Note]
    program: int | None
    """General MIDI's, 0-127; None: whatever there is."""


def write_musicxml(
    chart: Chart,
    notes: Sequence[Note] = (),
    *,
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
    return _sheets(
        chart,
        [Part(part_name or "Lead", notes, program)],
        keys=keys,
        tempos=tempos,
        swing=swing,
        first_bar=first_bar,
        progress=progress,
    )


def write_take(take: Take, progress: Callable[[int], None] | None = None) -> str:
    """The lead sheet of a take: its solo as written, chorus after chorus, and below it that of every further
    soloist. The count-in is left out."""
    soloists = [track for track in take.tracks if track.written is not None] or take.tracks[:1]
    parts = [Part(track.name or "Lead", track.written or (), track.program) for track in soloists]
    return _sheets(
        take.chart,
        parts or [Part("Lead", (), None)],
        keys=take.keys,
        tempos=take.tempos,
        swing=take.swing,
        first_bar=first_bar_of(take),
        progress=progress,
    )


def _sheets(
    chart: Chart,
    parts: Sequence[Part],
    *,
    keys: Sequence[tuple[int, str]],
    tempos: Sequence[tuple[int, float]],
    swing: float | None,
    first_bar: int,
    progress: Callable[[int], None] | None,
) -> str:
    last_tick = max((note.end_tick for part in parts for note in part.notes), default=0)
    chart = chart if any(part.notes for part in parts) else with_coda(chart)
    if last_tick > chart.length_tick:
        chart = chart.unrolled(-(-last_tick // chart.length_tick))
    if swing is None:
        swing = auto_swing(FEELS.get(chart.feel, FEELS[DEFAULT_FEEL]), chart.tempo_bpm)
    edges = _edges(chart)
    heads, bodies = "", ""
    for number, part in enumerate(parts):
        line = written_line(part.notes, edges[-1])
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
                before_tick = number * chart.length_tick
                progress((before_tick + chart.bar_tick(bar + 1)) // len(parts))
        heads += _part(number + 1, part, silent=not line, alone=len(parts) == 1)
        bodies += f'<part id="P{number + 1}">\n{"".join(body)}</part>\n'
    return _HEAD + _score(chart, swing, heads, bodies)


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


def _score(chart: Chart, swing: float, heads: str, bodies: str) -> str:
    composer = (
        f'<creator type="composer">{text(chart.composer)}</creator>' if chart.composer else ""
    )
    # MusicXML 4.0 has an element for it, but MuseScore 3 calls a file that uses it invalid.
    field = f'<miscellaneous-field name="swing">{swing:g}</miscellaneous-field>'
    return (
        '<score-partwise version="4.0">\n'
        f"<work><work-title>{text(chart.title)}</work-title></work>\n"
        f"<identification>{composer}<encoding><software>jazz-improv</software>"
        '<supports element="accidental" type="yes"/><supports element="beam" type="yes"/>'
        '<supports element="print" attribute="new-system" type="yes" value="yes"/></encoding>'
        f"<miscellaneous>{field}</miscellaneous></identification>\n"
        f"<part-list>{heads}</part-list>\n{bodies}</score-partwise>\n"
    )


def _part(number: int, part: Part, *, silent: bool, alone: bool) -> str:
    """The part's name and its sound; the slashes of a chart make none."""
    volume = "<volume>0</volume>" if silent else ""
    name, hidden, number_of = text(part.name), ' print-object="no"' if alone else "", f"P{number}"
    return (
        f'<score-part id="{number_of}"><part-name{hidden}>{name}</part-name>'
        f'<score-instrument id="{number_of}-I1"><instrument-name>{name}</instrument-name>'
        f'</score-instrument><midi-instrument id="{number_of}-I1"><midi-channel>{number}</midi-channel>'
        f"<midi-program>{(part.program or 0) + 1}</midi-program>{volume}</midi-instrument></score-part>"
    )


def _clef(pitches: Sequence[int]) -> str:
    """Treble clef; an octave lower, or bass, if half of the notes are far below the staff."""
    middle = median(pitches) if pitches else 71
    if middle < 50:
        return "<clef><sign>F</sign><line>4</line></clef>"
    octave = "<clef-octave-change>-1</clef-octave-change>" if middle < 58 else ""
    return f"<clef><sign>G</sign><line>2</line>{octave}</clef>"
