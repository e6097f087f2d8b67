"""MusicXML measures -> bars as written (`improv.charts.written`), chords and signs by their place in time.

- An upbeat (a measure shorter than its meter, marked implicit, or the first) without a chord symbol is left
  out, so that every chorus begins with a whole bar; its signs go to its neighbours. With a chord it stays
  short, and so does the measure that it completes.
- Chord symbols at one place, as programs write them over a long note, share the time up to the next.
- A measure without chord symbols goes on with the last chord before it on the page; before the first is none.
- "To Coda", "Fine", "D.C." and "D.S." hold at the end of their measure, "Coda" and "Segno" at its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from improv.charts.doubts import Doubts
from improv.charts.form import settle
from improv.charts.musicxml_measures import Head, Measure, Reader
from improv.charts.musicxml_way import resolve
from improv.charts.written import MOST_BARS, WrittenBar
from improv.errors import ChartError
from improv.music.chord import Chord
from improv.music.meter import Meter


def read_measures(
    measures: Sequence[Sequence[Element]], source: str, doubts: Doubts
) -> tuple[list[Measure], Head]:
    """The measures that are bars, each of which knows its `index` in the score, and what they say of all.

    ChartError names measure and `source`; `doubts` notes what is not read as written.
    """
    if len(measures) > MOST_BARS:
        name = f" {source!r}" if source else ""
        raise ChartError(
            f"The score{name} has {len(measures)} measures: expected at most {MOST_BARS}."
        )
    has_roots = any(
        harmony.find("root") is not None
        for elements in measures
        for harmony in elements[0].iterfind("harmony")
    )
    reader = Reader(source, doubts, has_roots)
    for elements in measures:
        reader.read(elements)
    doubts.check()
    resolve(reader.measures, doubts)
    return _without_upbeats(reader.measures), reader.head


def _without_upbeats(measures: list[Measure]) -> list[Measure]:
    kept: list[Measure] = []
    dropped: list[Measure] = []  # whose signs wait for the next
    for index, measure in enumerate(measures):
        upbeat = measure.short and not measure.harmonies and (measure.implicit or index == 0)
        if upbeat and len(measures) > 1:
            if kept:
                last = kept[-1]
                last.closes = last.closes or measure.closes
                last.ending_stops |= measure.ending_stops
                last.to_coda = last.to_coda or measure.to_coda
                last.fine |= measure.fine
                last.jump = last.jump or measure.jump
            dropped.append(measure)
            continue
        for before in dropped:
            measure.opens |= before.opens
            measure.segno = measure.segno or before.segno
            measure.coda = measure.coda or before.coda
            measure.endings = measure.endings or before.endings
            measure.label = measure.label or before.label
            measure.remarks = before.remarks + measure.remarks
        dropped = []
        kept.append(measure)
    return kept


def bars_of(measures: list[Measure], doubts: Doubts) -> list[WrittenBar]:
    """The bars that these measures are, every way through them settled."""
    bars: list[WrittenBar] = []
    chord: Chord | None = None
    repeats = 0
    for index, measure in enumerate(measures):
        length_tick = _length(measures, index)
        repeats = measure.repeats or repeats
        if not measure.harmonies and 0 < repeats <= index:
            changes = bars[index - repeats].changes
            chord = changes[-1][1]
        else:
            changes, chord = _changes(measure, length_tick or measure.meter.ticks_per_bar, chord)
        bars.append(
            WrittenBar(
                changes,
                measure.meter,
                length_tick=length_tick,
                label=measure.label,
                opens=measure.opens,
                closes=measure.closes,
                endings=measure.endings,
                ending_stops=measure.ending_stops,
                segno=measure.segno,
                to_coda=measure.to_coda,
                coda=measure.coda,
                fine=measure.fine,
                jump=measure.jump,
                remarks=tuple(measure.remarks),
            )
        )
    return settle(bars, lambda index: measures[index].where, doubts)


def _length(measures: list[Measure], index: int) -> int:
    """Ticks of a measure that stays short: an upbeat with a chord, and what it completes; else 0."""
    here = measures[index]
    if not here.short or not here.harmonies:
        return 0
    if here.implicit:
        return here.filled_tick
    after = measures[(index + 1) % len(measures)]
    upbeat = after.short and after.implicit
    completes = here.filled_tick + after.filled_tick == here.meter.ticks_per_bar
    return here.filled_tick if upbeat and completes else 0


def _changes(
    measure: Measure, end_tick: int, before: Chord | None
) -> tuple[tuple[tuple[int, Chord | None], ...], Chord | None]:
    """(tick, chord) from 0 on, each later than the one before and within the measure; and the last chord.

    A symbol at the end of the measure, or beyond, is the chord with which the next begins.
    """
    placed: dict[int, Chord | None] = {}
    harmonies = sorted(measure.harmonies, key=lambda harmony: harmony[0])
    at = 0
    while at < len(harmonies):
        tick = harmonies[at][0]
        here = [h for h in harmonies[at:] if h[0] == tick]
        at += len(here)
        following = harmonies[at][0] if at < len(harmonies) else end_tick
        shared = [h for h in here if not h[2]] if len(here) > 1 else here
        step = _step(following - tick, len(shared), measure.meter)
        for index, (_, chord, _) in enumerate(shared or here[-1:]):
            placed[tick + index * step] = chord
    changes = [(tick, chord) for tick, chord in sorted(placed.items()) if tick < end_tick]
    if not changes or changes[0][0] > 0:
        changes.insert(0, (0, before))
    return tuple(changes), placed[max(placed)] if placed else before


def _step(span_tick: int, count: int, meter: Meter) -> int:
    """Ticks from one to the next of `count` chords in a span: even parts on beats, if they can be."""
    if count < 2:
        return 0
    beat_tick = meter.ticks_per_beat
    even = span_tick // count
    return even // beat_tick * beat_tick or max(even, 1)
