"""Takes: a performance as notes, made as fast as possible, or assembled from what was heard.

Input -> output:  Ensemble  ->  Take (improv.music.take), which the writers of files are given
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, groupby
from typing import TypeVar

from improv.music.chart import joined
from improv.music.note import TICKS_PER_BEAT, Note, Notes
from improv.music.take import Take, Track
from improv.performance.ensemble import Ensemble
from improv.performance.passes import Passes
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote

_T = TypeVar("_T")
_STRETCH_TICK = 16 * TICKS_PER_BEAT

Lineup = Sequence[Track]
"""A track for everybody, in order and still empty, under the name that is in `PlayedNote.player`."""


def perform(
    ensemble: Ensemble,
    end_tick: int,
    progress: Callable[[int], None],
    passes: Passes | None = None,
) -> Iterator[PlayedNote]:
    """The notes up to `end_tick`, the same that would be played live; `progress` is called with ticks."""
    for tick in range(0, end_tick, _STRETCH_TICK):
        reached_tick = min(tick + _STRETCH_TICK, end_tick)
        while passes is not None and passes.tick is not None and passes.tick <= reached_tick:
            yield from ensemble.advance(passes.tick - 1)
            passes.begin(ensemble)
        yield from ensemble.advance(reached_tick)
        progress(reached_tick)


def take_of(
    performance: Performance,
    notes: Iterable[PlayedNote],
    lineup: Lineup,
    tempos: Sequence[tuple[int, float]] = (),
) -> Take:
    """The take of one tune: its notes sorted into tracks. A count-in is on the track of its channel.

    `tempos` are those that were played, (tick, bpm); without them, those of the performance.
    """
    tracks = {track.name: track for track in lineup}
    by_name = {name: Notes() for name in tracks}
    written = {name: Notes() for name in tracks}
    by_channel = {track.channel: track.name for track in reversed(lineup)}
    count_in: int | None = None
    for note in notes:
        if count_in is None and note.player == "count-in":
            count_in = note.channel
        name = note.player if note.player in tracks else by_channel.get(note.channel, "count-in")
        by_name.setdefault(name, Notes()).put(
            Note(note.onset_tick, note.end_tick - note.onset_tick, note.pitch, note.velocity),
            by_pitch=True,
        )
        if note.written is not None:
            written.setdefault(name, Notes()).put(note.written)
    if "count-in" in by_name:
        tracks["count-in"] = Track("count-in", count_in or 0, None, ())
    arrangement = performance.arrangement
    chart = arrangement.chart
    tempo_bpm = tempos[0][1] if tempos else performance.controls.tempo_bpm
    return Take(
        chart=replace(chart, tempo_bpm=tempo_bpm),
        tempos=tuple(tempos)
        or (
            (0, tempo_bpm),
            *performance.tempo.changes_after(0),
        ),
        tracks=tuple(
            replace(
                track,
                name=name[:1].upper() + name[1:],
                notes=by_name[name],
                written=None if track.written is None else written[name],
            )
            for name, track in tracks.items()
        ),
        keys=arrangement.keys,
        swing=performance.controls.swing,
    )


def cut(take: Take, end_tick: int) -> Take:
    """The take up to `end_tick`; one that goes on without end is as long as that."""
    chart = take.chart
    if end_tick == chart.length_tick:
        return take

    def within(rows: Sequence[tuple[int, _T]]) -> tuple[tuple[int, _T], ...]:
        return tuple(row for row in rows if row[0] < end_tick)

    again = chart.part(chart.bar_of(chart.repeat_tick), chart.bars)  # after the end
    loops = max(0, -(-(end_tick - chart.length_tick) // again.length_tick))
    whole = joined([chart, *[again] * loops])
    keys = list(take.keys)
    for start in range(chart.length_tick, end_tick, again.length_tick):
        here = [key for tick, key in take.keys if tick <= chart.repeat_tick][-1:]
        later = [(tick - chart.repeat_tick, key) for tick, key in take.keys]
        keys += [(start, key) for key in here]
        keys += [(start + tick, key) for tick, key in later if tick > 0]
    keys = [row for at, row in enumerate(keys) if not at or row[1] != keys[at - 1][1]]
    tops = [t for t in whole.tops if t < end_tick]
    chart = replace(
        whole,
        length_tick=end_tick,
        changes=within(whole.changes),
        meter_changes=within(whole.meter_changes),
        sections=within(whole.sections),
        remarks=within(whole.remarks),
        tops=tuple(tops) or (0,),
    )

    def begun(notes: Sequence[Note]) -> tuple[Note, ...]:
        return tuple(note for note in notes if note.onset_tick < end_tick)

    return replace(
        take,
        chart=chart,
        tempos=within(take.tempos),
        keys=within(keys),
        tracks=tuple(with_notes(track, begun) for track in take.tracks),
    )


def with_notes(track: Track, change: Callable[[Sequence[Note]], tuple[Note, ...]]) -> Track:
    """The track with its notes changed, both those that sound and those on paper."""
    written = None if track.written is None else change(track.written)
    return replace(track, notes=change(track.notes), written=written)


def from_bar(take: Take, bar: int) -> Take:
    """The take from the start of a bar of its chart, with the tempo and key that held there at its
    beginning."""
    if bar <= 0:
        return take
    start_tick = take.chart.bar_tick(bar)

    def within(rows: Sequence[tuple[int, _T]]) -> tuple[tuple[int, _T], ...]:
        here = [(0, value) for tick, value in rows if tick <= start_tick][-1:]
        later = [(tick - start_tick, value) for tick, value in rows if tick > start_tick]
        return (*here, *later)

    def begun(notes: Sequence[Note]) -> tuple[Note, ...]:
        return _moved((note for note in notes if note.onset_tick >= start_tick), -start_tick)

    tempos = within(take.tempos)
    return replace(
        take,
        chart=take.chart.part(bar, take.chart.bars),
        tempos=((0, tempos[0][1]), *tempos[1:]) if tempos else (),
        keys=within(take.keys),
        tracks=tuple(with_notes(track, begun) for track in take.tracks),
    )


def in_a_row(takes: Sequence[Take]) -> Take:
    """One take out of several tunes, one after another. Raises ValueError where there is none."""
    if len(takes) == 1:
        return takes[0]
    start = 0
    tempos: list[tuple[int, float]] = []
    keys: list[tuple[int, str]] = []
    tracks: dict[tuple[str, int], list[Track]] = {}
    for take in takes:
        tempos += [(start + tick, bpm) for tick, bpm in take.tempos]
        keys += [(start + tick, key) for tick, key in take.keys]
        by = partial(_moved, by_tick=start)
        for track in take.tracks:
            tracks.setdefault((track.name, track.channel), []).append(with_notes(track, by))
        start += take.chart.length_tick
    named = [take.chart.title for take in takes if take.chart.title]
    titles = ", ".join(title for title, _ in groupby(named))  # parts of one tune name it only once
    return Take(
        chart=replace(joined([take.chart for take in takes]), title=titles),
        tempos=tuple(tempos),
        tracks=tuple(map(_one_track, tracks.values())),
        keys=tuple(keys),
        swing=takes[0].swing,
    )


def _moved(notes: Iterable[Note], by_tick: int) -> tuple[Note, ...]:
    return tuple(replace(note, onset_tick=note.onset_tick + by_tick) for note in notes)


def _one_track(parts: Sequence[Track]) -> Track:
    """What one musician played in several tunes."""
    written = [part.written for part in parts if part.written is not None]
    return replace(
        parts[-1],
        notes=tuple(chain.from_iterable(part.notes for part in parts)),
        written=tuple(chain.from_iterable(written)) if written else None,
    )
