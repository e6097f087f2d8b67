"""Read a chart from a MIDI file: chord symbols as markers or other texts, else a part of voiced chords.

    marker  "Dm7" at tick 1915    ->  Dm7 from tick 1920 on; every chord is on a beat or in its middle
    marker  "[B]" or "Bridge"     ->  a section, from its bar on
    tracks of voiced chords       ->  recognised by their pitch classes, where no symbols are written;
                                      broken chords by those of the half bar or bar

A letter alone (A to D), or with 2 or 4, is a chord or a section. It is a section where another chord stands
at its place, and where all marks of its kind are such letters and the chords are elsewhere; otherwise it is
a chord.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from improv.charts.doubts import Doubts, looks_like_chord, mark_of, nearest
from improv.charts.feel_words import behind_intro, feel_in, section_in
from improv.charts.form import say_unobeyed
from improv.charts.midi_file import (
    DRUM_CHANNEL,
    MARK_KINDS,
    STRUM_TICK,
    Contents,
    Part,
    read_contents,
)
from improv.charts.voicing import recognise
from improv.errors import ChartError, InputFileError
from improv.music.chart import Chart
from improv.music.chord import Chord, parse_chord, parse_chord_or_nc
from improv.music.feel import DEFAULT_FEEL
from improv.music.meter import Meter
from improv.music.note import TICKS_PER_BEAT, Note

CHORD_WORDS = ("chord", "comp", "harmony", "piano", "keys", "organ", "rhodes", "pad", "strings")
FORM_LETTERS = frozenset(letter + number for letter in "ABCD" for number in ("", "2", "4"))
"""Sections that are chords too: A, and A2 as the second A."""
_FORM_CHORDS = frozenset(parse_chord(letter).text for letter in FORM_LETTERS)
_HELD = frozenset(("", "/", "%", "-", ".", "x"))
"""Marks for a chord that goes on."""
_WRAPPED = re.compile(r"(?:chord\s*[:=]\s*)?[|\"'(\[\s]*(.*?)[|\"')\]\s]*", re.IGNORECASE)
SLACK_TICK = 60
"""An event this close to a bar line counts as on the bar line."""
_FINEST_TICK = TICKS_PER_BEAT // 2  # chords begin on beats and in their middle
_NEVER_TICK = 1 << 62
_MOST_BROKEN = 4  # different notes of a broken chord
_BROKEN_SHARE = 0.7
"""Of the bars of a part of single notes so many spell a chord, or it is another melody."""
_LOWEST_MEAN = 50  # the D below middle C
_MOST_BARS = 100_000
_USUAL_BPM = 120.0  # what a MIDI file without a tempo means

_Changes = list[tuple[int, "Chord | None"]]


class _None(Enum):
    """Stands for what is not a chord, not even NC."""

    NONE = 0


_NONE = _None.NONE


@dataclass
class Found:
    """The chords of a file, by tick, and the texts that are not chords: (tick, text)."""

    changes: _Changes
    sections: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[tuple[int, str]] = field(default_factory=list)
    unread: list[tuple[int, str]] = field(default_factory=list)
    """Marks that were meant as chords and cannot be read."""
    said: str = ""
    """What is to be said of how they were found, as "its chords ..."; "" for nothing."""


def read_midi_chart(path: str | Path, content: bytes | None = None) -> Chart:
    """The chart in a MIDI file, as long as the file: choruses that it repeats stay written out.

    `content` are the bytes of the file, where they were read already (from a pipe, say). Raises
    InputFileError, in one sentence, where the file cannot be read, is not MIDI or has no chords.
    """
    path = Path(path)
    contents = read_contents(path, content)
    found = find_changes(contents) or find_changes(contents, fewest=1)
    if found is None:
        raise InputFileError(
            f"Cannot find chords in {str(path)!r}: expected chord symbols as markers or texts (such as "
            "'Dm7') or a track of chords named 'Chords'."
        )
    end_tick = contents.end_tick - SLACK_TICK
    return chart_of_contents(contents, found, title=contents.title or path.stem, end_tick=end_tick)


# -- bars


def _spans(meters: Iterable[tuple[int, Meter]]) -> list[tuple[int, Meter]]:
    """(tick, meter) from 0 on, each a change; a change near a bar line is at the bar line."""
    spans = [(0, Meter(4))]
    for tick, meter in meters:
        start, before = spans[-1]
        over = (tick - start) % before.ticks_per_bar
        if over <= SLACK_TICK:
            tick -= over
        elif before.ticks_per_bar - over <= SLACK_TICK:
            tick += before.ticks_per_bar - over
        if tick <= start:
            spans.pop()
            tick = start
        if not spans or spans[-1][1] != meter:
            spans.append((tick, meter))
    return spans


@dataclass(frozen=True)
class _Grid:
    """The ticks of bars, and the places where chords can begin."""

    spans: list[tuple[int, Meter]]

    def _span(self, tick: int) -> tuple[int, Meter, int]:
        """(tick, meter, tick of the next) of the meter at a tick."""
        at = bisect_right(self.spans, tick, key=lambda span: span[0])
        return *self.spans[at - 1], self.spans[at][0] if at < len(self.spans) else _NEVER_TICK

    def bar(self, tick: int) -> int:
        """Where the bar of a tick begins."""
        start, meter, _ = self._span(tick)
        return tick - (tick - start) % meter.ticks_per_bar

    def place(self, tick: int, finest_tick: int = _FINEST_TICK) -> int:
        """The nearest place for a chord."""
        _, meter, next_tick = self._span(tick)
        bar_tick, step_tick = self.bar(tick), min(finest_tick, meter.ticks_per_beat)
        place = bar_tick + (tick - bar_tick + step_tick // 2) // step_tick * step_tick
        return min(place, next_tick)  # where the last bar of a meter is cut short

    def end(self, tick: int) -> int:
        """The bar line at or after a tick, the end of the first bar at least."""
        start, meter, _ = self._span(max(tick - 1, 0))
        return start - -max(tick - start, 1) // meter.ticks_per_bar * meter.ticks_per_bar


def chart_of_contents(contents: Contents, found: Found, *, title: str, end_tick: int) -> Chart:
    """The chart of these chords in whole bars up to `end_tick` or the last chord."""
    grid = _Grid(_spans(contents.meters))
    changes: _Changes = []
    for tick, chord in [(0, None), *found.changes] if found.changes[0][0] else found.changes:
        if changes and changes[-1][0] == tick:
            changes.pop()
        if not changes or changes[-1][1] != chord:
            changes.append((tick, chord))
    length_tick = grid.end(max(end_tick, changes[-1][0] + 1))
    sections: dict[int, str] = {}
    remarks = []
    feel = style = ""
    for tick, text in sorted(found.sections):
        sections.setdefault(grid.bar(grid.place(tick)), text)
    for tick, text in sorted(found.remarks):
        bar_tick = grid.bar(grid.place(tick))
        if not feel and bar_tick == 0 and (feel := feel_in(text)):
            style = text
        else:
            remarks.append((bar_tick, text))
    chart = Chart(
        title=title,
        meter=grid.spans[0][1],
        tempo_bpm=contents.tempo_bpm or _USUAL_BPM,
        changes=tuple(changes),
        length_tick=length_tick,
        key=contents.key,
        feel=feel or DEFAULT_FEEL,
        sections=tuple(
            (tick, text) for tick, text in sorted(sections.items()) if tick < length_tick
        ),
        meter_changes=tuple(span for span in grid.spans[1:] if span[0] < length_tick),
        style=style,
        remarks=tuple(remark for remark in remarks if remark[0] < length_tick),
        warnings=tuple(
            f"{title}: {remark}." for remark in (*contents.remarks, found.said) if remark
        ),
    )
    first = behind_intro([sections.get(tick, "") for tick in chart.bar_ticks])
    return replace(
        chart,
        repeat_tick=chart.bar_ticks[first],
        warnings=(*chart.warnings, *_warnings(chart, found, title)),
    )


def _warnings(chart: Chart, found: Found, title: str) -> tuple[str, ...]:
    """Remarks on what was not read as written: chords, and words about repeats, which the file has written
    out."""
    doubts = Doubts()
    for tick, text in found.unread:
        doubts.chord(text, f"bar {chart.bar_of(tick) + 1} of {title!r}", None)
    for tick, text in chart.remarks:
        say_unobeyed(text, f"bar {chart.bar_of(tick) + 1} of {title!r}", doubts)
    return doubts.warnings


# -- chords


def find_changes(contents: Contents, melody: Part | None = None, fewest: int = 2) -> Found | None:
    """The chords of a file: written ones, at least `fewest`, else those of a part other than `melody`.

    None where there are none.
    """
    grid = _Grid(_spans(contents.meters))
    by_kind = {kind: _written(contents.marks[kind], grid, fewest) for kind in MARK_KINDS}
    full = {kind: found for kind, found in by_kind.items() if found}
    if not full:  # perhaps words are in one track and chords in another
        for (kind, _), marks in contents.marks_by_track.items():
            if found := _written(marks, grid, fewest):
                full.setdefault(kind, found)
    kind = next((kind for kind, found in full.items() if not _is_form(found.changes)), "")
    if not kind and (voiced := _voiced(contents, melody, grid)):
        chosen = voiced
    elif full:
        kind = kind or next(iter(full))
        chosen = full[kind]
    else:
        return None
    for other in MARK_KINDS[:3]:  # lyrics say nothing about the form
        if other == kind:
            continue
        for tick, text in contents.marks[other]:
            if section := section_in(text):
                chosen.sections.append((tick, section))
            elif other != "text":  # a copyright, the name of a program
                chosen.remarks.append((tick, text))
    return chosen


def _written(marks: list[tuple[int, str]], grid: _Grid, fewest: int) -> Found | None:
    """Marks that are chord symbols; None unless there are enough, at least half of all marks but sections."""
    chords: dict[int, list[tuple[str, Chord | None]]] = {}
    found = Found([])
    for tick, text in sorted(marks, key=lambda mark: mark[0]):
        if text in _HELD:
            continue
        chord = _chord_in(text)
        if chord is not _NONE:
            chords.setdefault(grid.place(tick), []).append((text, chord))
        elif section := section_in(text):
            found.sections.append((tick, section))
        elif looks_like_chord(text):
            found.unread.append((tick, text))
        else:
            found.remarks.append((tick, text))
    for tick, text in found.unread:
        if near := nearest(text):
            chords.setdefault(grid.place(tick), []).append((text, near))
    found.remarks += [(tick, mark_of(text)) for tick, text in found.unread]
    for place, here in sorted(chords.items(), key=lambda at: at[0]):
        others = [one for one in here if one[0] not in FORM_LETTERS]
        if others and len(others) < len(here):
            found.sections += [(place, text) for text, _ in here if text in FORM_LETTERS]
        found.changes.append((place, (others or here)[-1][1]))
    named = sum(chord is not None for _, chord in found.changes)
    enough = named >= fewest and len(found.changes) >= len(found.remarks)
    return found if enough else None


@lru_cache(maxsize=4096)
def _chord_in(text: str) -> Chord | _None | None:
    """The chord of a mark, also in quotes, brackets or bar lines; _NONE if it is not a chord."""
    inside = _WRAPPED.fullmatch(text)
    for said in (text, inside[1] if inside else ""):
        if said != text and text.startswith("[") and section_in(said):
            break  # [A] is a section, (A) and "A" are chords
        try:
            return parse_chord_or_nc(said)
        except ChartError:
            pass
    return _NONE


def _is_form(changes: _Changes) -> bool:
    return all(chord is not None and chord.text in _FORM_CHORDS for _, chord in changes)


def _voiced(contents: Contents, melody: Part | None, grid: _Grid) -> Found | None:
    """Chords that a part plays, each at the beat nearest to it; broken ones where their half bar begins."""
    others = [p for p in contents.parts if p is not melody and p.channel != DRUM_CHANNEL]
    named = [p for p in others if p.named(CHORD_WORDS) and p.chordal_share() >= 0.3]
    chordal = named or [p for p in others if p.chordal_share() >= 0.5]
    basses = _basses(others, grid)
    best: dict[int, Chord] = {}
    if chordal:
        part = max(chordal, key=lambda p: (round(p.chordal_share(), 1), len(p.notes)))
        best = _chords_of(part, grid, basses)
    else:
        for part in others:
            if part.named(CHORD_WORDS) or _is_above_the_bass(part):
                chords = _chords_of(part, grid, basses)
                if _is_chordal(part, chords, grid) and len(chords) > len(best):
                    best = chords
    found = Found([])
    for tick, chord in sorted(best.items()):
        if not found.changes or found.changes[-1][1] != chord:
            found.changes.append((tick, chord))
    if not found.changes:
        return None
    ends = [note.end_tick for each in contents.parts for note in each.notes]
    bars = len(_bars_between(grid, found.changes[0][0], max(ends)))
    if without := bars - _own(best, grid):
        found.said = (
            f"its chords are heard in what accompanies it; {without} of {bars} bars have none of their own "
            "and go on with the one before"
        )
    return found


def spells_chords(contents: Contents, part: Part) -> bool:
    """Whether a part plays a chord in most bars that it plays in, struck or broken: an accompaniment."""
    grid = _Grid(_spans(contents.meters))
    return _is_chordal(part, _chords_of(part, grid), grid)


def _is_chordal(part: Part, chords: Iterable[int], grid: _Grid) -> bool:
    bars = len({grid.bar(note.onset_tick) for note in part.notes})
    return _own(chords, grid) >= _BROKEN_SHARE * bars


def _basses(parts: Sequence[Part], grid: _Grid) -> dict[int, int]:
    """By beat, the pitch class that a bass begins there: which of a chord's names is meant."""
    basses = [part for part in parts if part.notes and not _is_above_the_bass(part)]
    return {
        grid.place(note.onset_tick, TICKS_PER_BEAT): note.pitch % 12
        for part in basses
        for note in sorted(part.notes, key=lambda note: -note.onset_tick)
    }


def _chords_of(
    part: Part, grid: _Grid, basses: Mapping[int, int] = MappingProxyType({})
) -> dict[int, Chord]:
    """By tick: chords that are struck, and in bars without any those that are broken, by half bars.

    Notes that are struck again within a bar are the same chord, wherever the bass has walked to.
    """
    chords: dict[int, Chord] = {}
    before: tuple[int, frozenset[int]] | None = None
    for group in _groups(part.notes):
        tick = grid.place(group[0].onset_tick, TICKS_PER_BEAT)
        now = (grid.bar(tick), frozenset(note.pitch % 12 for note in group))
        if now == before:
            continue
        if (chord := recognise([note.pitch for note in group], basses.get(tick))) is not None:
            chords[tick] = chord
            before = now
    struck = {grid.bar(tick) for tick in chords}
    by_bar: dict[int, list[Note]] = {}
    for note in part.notes:
        by_bar.setdefault(grid.bar(note.onset_tick), []).append(note)
    for bar_tick, notes in by_bar.items():
        if bar_tick in struck:
            continue
        middle_tick = bar_tick + (grid.end(bar_tick + 1) - bar_tick) // 2
        if whole := _broken([note.pitch for note in notes], basses.get(bar_tick)):
            chords[bar_tick] = whole
            continue
        for tick in (bar_tick, middle_tick):
            later = tick == middle_tick
            half = [note.pitch for note in notes if (note.onset_tick >= middle_tick) == later]
            if chord := _broken(half, basses.get(tick)):
                chords[tick] = chord
    return chords


def _broken(pitches: Sequence[int], bass_pc: int | None) -> Chord | None:
    """The chord that these spell one after the other, its root among them; None for a piece of a scale."""
    classes = sorted({pitch % 12 for pitch in pitches})
    if len(classes) > _MOST_BROKEN:
        return None
    near = sum(
        (b - a) % 12 <= 2 for a, b in zip(classes, [*classes[1:], *classes[:1]], strict=True)
    )
    chord = recognise(pitches, bass_pc) if near <= 1 else None
    return chord if chord is not None and chord.root_pc in classes else None


def _is_above_the_bass(part: Part) -> bool:
    """Whether broken chords may be looked for: a walking bass spells them too, but on its way elsewhere."""
    return sum(note.pitch for note in part.notes) >= _LOWEST_MEAN * len(part.notes)


def _own(chords: Iterable[int], grid: _Grid) -> int:
    return len({grid.bar(tick) for tick in chords})


def _bars_between(grid: _Grid, tick: int, end_tick: int) -> list[int]:
    bars: list[int] = []
    while tick < end_tick and len(bars) < _MOST_BARS:
        bars.append(tick := grid.bar(tick))
        tick = grid.end(tick + 1)
    return bars


def _groups(notes: Sequence[Note]) -> list[list[Note]]:
    """Notes that begin together, strummed or struck, in order."""
    groups: list[list[Note]] = []
    for note in sorted(notes, key=lambda n: (n.onset_tick, n.pitch)):
        if groups and note.onset_tick - groups[-1][0].onset_tick <= STRUM_TICK:
            groups[-1].append(note)
        else:
            groups.append([note])
    return groups
