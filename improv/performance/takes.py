"""Takes: a performance as notes, made as fast as it can be, or put together from what was heard.

Input -> output:  Ensemble  ->  Take (improv.music.take), which the writers of files are given
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TypeVar

from improv.music.chart import joined
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.take import Take, Track
from improv.performance.ensemble import Ensemble
from improv.performance.performance import Performance
from improv.performance.played import SOLO, PlayedNote

_T = TypeVar("_T")
_STRETCH_TICK = 16 * TICKS_PER_BEAT

Lineup = Sequence[tuple[str, int, int | None]]
"""(name, channel 0-15, General MIDI program or None) in the order of the tracks."""


def perform(ensemble: Ensemble, end_tick: int, progress: Callable[[int], None]) -> list[PlayedNote]:
    """Everything up to `end_tick`, the notes that would be played live; `progress` is told ticks."""
    notes: list[PlayedNote] = []
    for tick in range(0, end_tick, _STRETCH_TICK):
        notes += ensemble.advance(min(tick + _STRETCH_TICK, end_tick))
        progress(min(tick + _STRETCH_TICK, end_tick))
    return notes


def take_of(
    performance: Performance,
    notes: Iterable[PlayedNote],
    lineup: Lineup,
    tempos: Sequence[tuple[int, float]] = (),
) -> Take:
    """The take of one tune: its notes sorted into tracks. A count-in is on the track of its channel.

    `tempos` are those that were played, (tick, bpm); without them, those of the performance.
    """
    notes = list(notes)
    by_player: dict[str, list[Note]] = {name: [] for name, _, _ in lineup}
    by_channel = {channel: name for name, channel, _ in reversed(lineup)}
    written = []
    for note in notes:
        name = note.player if note.player in by_player else by_channel.get(note.channel, "count-in")
        by_player.setdefault(name, []).append(
            Note(note.onset_tick, note.end_tick - note.onset_tick, note.pitch, note.velocity)
        )
        if note.player == SOLO and note.written is not None:
            written.append(note.written)
    rows = [*lineup]
    if "count-in" in by_player:
        channel = next(note.channel for note in notes if note.player == "count-in")
        rows.append(("count-in", channel, None))
    arrangement = performance.arrangement
    chart = arrangement.chart
    tempo_bpm = tempos[0][1] if tempos else performance.controls.tempo_bpm
    return Take(
        chart=replace(chart, tempo_bpm=tempo_bpm),
        tempos=tuple(tempos)
        or (
            (0, tempo_bpm),
            *((tick, performance.tempo.bpm_at(tick)) for tick, _ in arrangement.ritard),
        ),
        tracks=tuple(
            Track(
                name.capitalize(),
                channel,
                program,
                tuple(sorted(by_player[name], key=lambda n: (n.onset_tick, n.pitch))),
            )
            for name, channel, program in rows
        ),
        keys=arrangement.keys,
        written=tuple(sorted(written, key=lambda n: n.onset_tick)),
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
        tracks=tuple(replace(track, notes=begun(track.notes)) for track in take.tracks),
        written=begun(take.written),
    )


def from_bar(take: Take, bar: int) -> Take:
    """The take from the start of a bar of its chart on; what held there holds at its beginning."""
    if bar <= 0:
        return take
    start_tick = take.chart.bar_tick(bar)

    def within(rows: Sequence[tuple[int, _T]]) -> tuple[tuple[int, _T], ...]:
        here = [(0, value) for tick, value in rows if tick <= start_tick][-1:]
        later = [(tick - start_tick, value) for tick, value in rows if tick > start_tick]
        return (*here, *later)

    def begun(notes: Sequence[Note]) -> tuple[Note, ...]:
        return tuple(_moved((note for note in notes if note.onset_tick >= start_tick), -start_tick))

    tempos = within(take.tempos)
    return replace(
        take,
        chart=take.chart.part(bar, take.chart.bars),
        tempos=((0, tempos[0][1]), *tempos[1:]) if tempos else (),
        keys=within(take.keys),
        tracks=tuple(replace(track, notes=begun(track.notes)) for track in take.tracks),
        written=begun(take.written),
    )


def in_a_row(takes: Sequence[Take]) -> Take:
    """One take out of several tunes, one after another. Raises ValueError where there is none."""
    if len(takes) == 1:
        return takes[0]
    start = 0
    tempos: list[tuple[int, float]] = []
    keys: list[tuple[int, str]] = []
    written: list[Note] = []
    tracks: dict[tuple[str, int], list[Note]] = {}
    programs: dict[tuple[str, int], int | None] = {}
    for take in takes:
        tempos += [(start + tick, bpm) for tick, bpm in take.tempos]
        keys += [(start + tick, key) for tick, key in take.keys]
        written += _moved(take.written, start)
        for track in take.tracks:
            tracks.setdefault((track.name, track.channel), []).extend(_moved(track.notes, start))
            programs[track.name, track.channel] = track.program
        start += take.chart.length_tick
    named = [take.chart.title for take in takes if take.chart.title]
    titles = ", ".join(title for title, _ in groupby(named))  # parts of one tune name it once
    return Take(
        chart=replace(joined([take.chart for take in takes]), title=titles),
        tempos=tuple(tempos),
        tracks=tuple(
            Track(name, channel, programs[name, channel], tuple(notes))
            for (name, channel), notes in tracks.items()
        ),
        keys=tuple(keys),
        written=tuple(written),
        swing=takes[0].swing,
    )


def _moved(notes: Iterable[Note], by_tick: int) -> list[Note]:
    return [replace(note, onset_tick=note.onset_tick + by_tick) for note in notes]
