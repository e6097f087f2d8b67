"""Read a solo with its chords from a MIDI file: bytes -> `charts.midi_file.Contents` -> a transcription.

melody   the part that is asked for; else the one named Solo, Melody, Lead or like a horn; else the one most
         one-note-at-a-time that is neither drums (channel 10) nor bass
chords   symbols as markers, texts or lyrics, at least two; else the chart in a file of the same name beside
         it (`tune.txt` for `tune.mid`), chorus after chorus; else a part that plays voiced chords
checks   the key, the bar line (by the chords that are in the file) and whether the parts keep the beat
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from improv.charts.library import load_chart
from improv.charts.midi import (
    CHORD_WORDS,
    Found,
    chart_of_contents,
    find_changes,
    spells_chords,
)
from improv.charts.midi_file import DRUM_CHANNEL, Contents, Part, read_contents
from improv.corpus.checks import keeps_a_beat
from improv.corpus.choruses import chorus_starts, with_choruses
from improv.corpus.reading import (
    METER_CHANGES,
    NO_CHORDS,
    NO_MELODY,
    OFF_THE_BEAT,
    UNREADABLE,
    LeftOutError,
    Reading,
)
from improv.corpus.transcribe import Piece, one_at_a_time, spans_of, transcribe
from improv.errors import ImprovError
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT

MELODY_WORDS = (
    *("solo", "melody", "lead", "head", "tenor", "alto", "sax", "trumpet", "trombone", "clarinet"),
    *("flute", "horn", "violin", "voice", "vocal", "vibes", "guitar"),
)
NO_MELODY_WORDS = ("drum", "bass", "perc", "click", "metronome", *CHORD_WORDS)
CHART_SUFFIXES = (".txt", ".musicxml", ".mxl", ".xml", ".html")
"""Names of charts beside a MIDI file; the first that is there is read."""
FEWEST_NOTES = 2
LOWEST_MELODY_MEAN = 45  # an unnamed part below A2 on average is a bass
_CHORDAL = 0.5


def chart_beside(path: Path) -> Path | None:
    """The chart file that goes with a MIDI file, if there is one."""
    return next((p for s in CHART_SUFFIXES if (p := path.with_suffix(s)).is_file()), None)


def read_midi(path: Path, name: str, melody: str = "") -> Reading:
    """The solo in a MIDI file, called `name`; `melody` is a part of the track's name.

    Whatever is wrong with the file is in the reading, in one sentence; nothing is raised for it.
    """
    reading = Reading()
    with reading.leaving_out(name):
        _read(path, name, melody, reading)
    return reading


def _read(path: Path, name: str, melody: str, reading: Reading) -> None:
    where = repr(str(path))
    contents = read_contents(path)
    for remark in contents.remarks:
        reading.remark(name, remark)
    part = _named_part(contents, melody) if melody else _melody(contents)
    if part is None:
        raise LeftOutError(NO_MELODY, _no_melody(contents, where, melody))
    others = [note for p in contents.parts if p is not part for note in p.notes]
    if not keeps_a_beat([note.onset_tick / TICKS_PER_BEAT for note in others]):
        raise LeftOutError(
            OFF_THE_BEAT, f"{where} does not keep its beat: was it recorded without a click?"
        )
    if not keeps_a_beat([note.onset_tick / TICKS_PER_BEAT for note in part.notes]):
        reading.remark(name, "its notes do not gather at the beats")
    try:
        found, beside = _changes(contents, part, path)
    except ImprovError as error:
        raise LeftOutError(NO_CHORDS, str(error)) from error
    if found is None:
        raise LeftOutError(
            NO_CHORDS,
            f"Cannot find chords in {where}: expected chord symbols as markers (such as 'Dm7', at least "
            "two) or a track of chords named 'Chords'.",
        )
    if found.said:
        reading.remark(name, found.said)
    highest = {n.onset_tick: n for n in sorted(part.notes, key=lambda n: (n.onset_tick, n.pitch))}
    notes = one_at_a_time([*highest.values()])
    try:
        last_tick = max(note.end_tick for note in notes)
        title = contents.title or path.stem
        chart = chart_of_contents(contents, found, title=title, end_tick=last_tick)
    except ImprovError as error:
        raise LeftOutError(UNREADABLE, f"{where}: {error}") from error
    if beside is not None:
        if beside.meter_changes or (contents.meters and beside.meter != chart.meter):
            theirs = ", ".join(str(meter) for _, meter in spans_of(beside))
            raise LeftOutError(
                METER_CHANGES, f"{where} is in {chart.meter}, the chart beside it in {theirs}."
            )
        chart = replace(chart, meter=beside.meter)
        chorus_tick = beside.length_tick - beside.repeat_tick
        sections = [
            (tick, label, max(0, tick - beside.repeat_tick) // chorus_tick + 1)
            for tick, label in chart.sections
        ]
    else:
        marks = [mark for each in contents.marks.values() for mark in each]
        sections = with_choruses(chart.sections, chorus_starts(marks))
    transcribe(
        Piece(
            id=name,
            title=chart.title,
            notes=notes,
            changes=chart.changes,
            spans=spans_of(chart),
            sections=sections,
            tempo_bpm=chart.tempo_bpm,
            key=contents.key or (beside.key if beside else ""),
            instrument=part.name,
            finds_bar_line=beside is None,
        ),
        reading,
    )


def _changes(contents: Contents, melody: Part, path: Path) -> tuple[Found | None, Chart | None]:
    """The chords of a file, and the chart beside it if they are from there. Raises what a chart raises."""
    path_beside = chart_beside(path)
    if path_beside is None:
        return find_changes(contents, melody), None
    written = find_changes(replace(contents, parts=[melody]), melody)
    if written is not None:
        return written, None
    beside = load_chart(str(path_beside))
    return _choruses(beside, max(note.end_tick for note in melody.notes)), beside


def _choruses(chart: Chart, end_tick: int) -> Found:
    """A chart played again and again up to a tick."""
    found = Found([])
    start, first = 0, 0
    while start < end_tick:
        found.changes += [
            (start + max(tick, first) - first, chord)
            for tick, chord in chart.changes[_at(chart, first) :]
        ]
        found.sections += [
            (start + tick - first, label) for tick, label in chart.sections if tick >= first
        ]
        start += chart.length_tick - first
        first = chart.repeat_tick
    found.changes = [change for change in found.changes if change[0] < end_tick]
    return found


def _at(chart: Chart, tick: int) -> int:
    """Which of the chart's chords sounds at a tick."""
    return sum(change_tick <= tick for change_tick, _ in chart.changes) - 1


def _no_melody(contents: Contents, where: str, wanted: str = "") -> str:
    if wanted:
        names = ", ".join(
            repr(name) for name in dict.fromkeys(p.name for p in contents.parts) if name
        )
        return (
            f"Cannot find the melody {wanted!r} in {where}: its tracks with notes are "
            f"{names or 'without names'}."
        )
    return (
        f"Cannot find a melody in {where}: expected a track of single notes, named 'Solo' or "
        "'Melody', that is neither drums nor bass."
    )


def _named_part(contents: Contents, wanted: str) -> Part | None:
    """The part whose name is, or else holds, what is wanted; of several that with most notes."""
    wanted = wanted.strip().lower()
    parts = [part for part in contents.parts if len(part.notes) >= FEWEST_NOTES]
    exact = [part for part in parts if part.name.lower() == wanted]
    return max(
        exact or [part for part in parts if part.named((wanted,))],
        key=lambda part: len(part.notes),
        default=None,
    )


def _melody(contents: Contents) -> Part | None:
    """The part to learn from."""
    parts = [
        p for p in contents.parts if p.channel != DRUM_CHANNEL and len(p.notes) >= FEWEST_NOTES
    ]
    shares = {id(part): part.chordal_share() for part in parts}
    for word in MELODY_WORDS:
        named = [p for p in parts if p.named((word,)) and not p.named(("drum", "bass", "chord"))]
        melodic = [p for p in named if shares[id(p)] < _CHORDAL]
        if melodic:
            return max(melodic, key=lambda p: len(p.notes))
    others = [
        p
        for p in parts
        if not p.named(NO_MELODY_WORDS)
        and shares[id(p)] < _CHORDAL
        and sum(n.pitch for n in p.notes) >= LOWEST_MELODY_MEAN * len(p.notes)
    ]
    if len(others) > 1:
        others = [p for p in others if not spells_chords(contents, p)] or others
    return min(others, key=lambda p: (round(shares[id(p)], 1), -len(p.notes)), default=None)
