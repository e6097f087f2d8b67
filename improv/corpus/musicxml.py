"""Read a solo or a lead sheet with its melody from MusicXML, or what music21 reads: notes under chords.

chords     as `improv.charts.musicxml` reads them, in the order in which the score is played
melody     the first part that is a single line: its voice with most notes, ties joined, grace and cue notes
           left out, at the pitch where it sounds
repeats    played as written, with the coda; an upbeat is played where it leads into the bar behind it, and
           with it again where it is repeated and the bar before leaves room for it
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import Element

from improv.charts.musicxml import read_tree
from improv.charts.musicxml_file import MOST_BYTES, Walk, number, read_score, word
from improv.charts.musicxml_words import with_harmonies
from improv.charts.score import Score, ask_scores
from improv.charts.written import play_order
from improv.corpus.choruses import chorus_starts, with_choruses
from improv.corpus.reading import NO_CHORDS, NO_MELODY, UNREADABLE, LeftOutError, Reading
from improv.corpus.transcribe import Piece, one_at_a_time, spans_of, transcribe
from improv.files import content_of
from improv.music.note import Note
from improv.music.pitch import LETTER_PCS

_TIMES = 4
"""A solo of twenty choruses may be so many times as long as a lead sheet."""
_VELOCITY = 80  # a score says nothing of it
_SINGLE = 0.1
"""The largest share of notes that sound with others in what is a single line."""
_FEWEST_NOTES = 2


@dataclass
class _Measure:
    """What a measure of one part holds."""

    notes: list[_Written] = field(default_factory=list)
    length_tick: int = 0
    opens: bool = False
    """`|:` before it."""


@dataclass(frozen=True, slots=True)
class _Written:
    voice: str
    tick: int
    duration_tick: int
    pitch: int
    tied: bool
    """Whether it goes on a note before it."""
    ties: bool
    """Whether it goes on in the next."""
    chordal: bool
    """Whether it sounds with the one before it."""


def read_score_solo(path: Path, name: str) -> Reading:
    """The melody and chords of a MusicXML file, called `name`.

    Whatever is wrong with the file is in the reading, in one sentence; nothing is raised for it.
    """
    reading = Reading()
    with reading.leaving_out(name):
        _read(content_of(path, MOST_BYTES * _TIMES), str(path), name, reading)
    return reading


def read_other_scores(path: Path, name: str) -> Reading:
    """The melody and chords of each tune of a file that music21 reads; of several `name#title`.

    As `read_score_solo` otherwise. Raises MissingError where music21 is not installed.
    """
    reading, scores = Reading(), list[Score]()
    with reading.leaving_out(name):
        scores = ask_scores(path, content_of(path, MOST_BYTES * _TIMES), keep=True)
    for index, score in enumerate(scores, start=1):
        which = f"#{score.title or index}" if len(scores) > 1 else ""
        with reading.leaving_out(name + which):
            if score.error:
                raise LeftOutError(UNREADABLE, score.error)
            _read(score.musicxml.encode(), f"{path}{which}", name + which, reading)
    return reading


def _read(content: bytes, source: str, name: str, reading: Reading) -> None:
    """What is in a MusicXML score; `source` names it in messages. Raises LeftOutError, ImprovError."""
    where = repr(source)
    score = read_score(content, where, _TIMES)
    if not with_harmonies(score):
        raise LeftOutError(
            NO_CHORDS, f"Cannot find chords in {where}: expected chord symbols over its measures."
        )
    part = _melody_part(score)
    if part is None:
        raise LeftOutError(
            NO_MELODY, f"Cannot find a melody in {where}: no part of it is a single line."
        )
    part_name, measures = part
    chart, bars, kept = read_tree(score, where, source)
    chart = chart.last or chart
    order = play_order(bars, chart.title, last=True)
    played: list[_Written] = []
    start_tick, before = 0, -1
    for at in order:
        index = kept[at].index
        # Measures between this bar and the one before it in the score are upbeats.
        upbeats = range(kept[at - 1].index + 1 if at else 0, index)
        if before not in (-1, at - 1):
            room_tick = bars[before].ticks - _length_tick(measures, [kept[before].index])
            upbeats = _repeated(measures, upbeats) if at <= before else range(0)
            upbeats = upbeats if _length_tick(measures, upbeats) <= room_tick else range(0)
        lead_tick = start_tick - _length_tick(measures, upbeats)
        for each in (*upbeats, index):
            if each < len(measures):
                played += [_moved(note, lead_tick) for note in measures[each].notes]
                lead_tick += measures[each].length_tick
        start_tick += bars[at].ticks
        before = at
    for warning in chart.warnings:
        reading.remark(name, warning)
    notes = _joined(played)
    if len(notes) < _FEWEST_NOTES:
        raise LeftOutError(
            NO_MELODY, f"Cannot find a melody in {where}: it has {len(notes)} notes."
        )
    transcribe(
        Piece(
            id=name,
            title=chart.title,
            notes=notes,
            changes=chart.changes,
            spans=spans_of(chart),
            sections=with_choruses(
                chart.sections, chorus_starts((*chart.sections, *chart.remarks))
            ),
            tempo_bpm=chart.tempo_bpm,
            key=chart.key,
            instrument=part_name,
        ),
        reading,
    )


def _repeated(measures: Sequence[_Measure], upbeats: range) -> range:
    """Of the upbeats of a bar those that are played again with it: behind the `|:`; else those of the top."""
    opening = [index for index in upbeats if _opens(measures, index)]
    if opening:
        return range(opening[-1], upbeats.stop)
    return upbeats if upbeats.start == 0 and not _opens(measures, upbeats.stop) else range(0)


def _opens(measures: Sequence[_Measure], index: int) -> bool:
    return index < len(measures) and measures[index].opens


def _length_tick(measures: Sequence[_Measure], indices: Iterable[int]) -> int:
    return sum(measures[index].length_tick for index in indices if index < len(measures))


def _melody_part(score: Element) -> tuple[str, list[_Measure]] | None:
    """(name, measures) of the first part that is a single line, only its chief voice."""
    names = {
        part.get("id"): word(part.find("part-name"))
        for part in score.iterfind("part-list/score-part")
    }
    for part in score.findall("part"):
        measures = _measures(part)
        voices = Counter(note.voice for measure in measures for note in measure.notes)
        if not voices:
            continue
        voice = voices.most_common(1)[0][0]
        for measure in measures:
            measure.notes = [note for note in measure.notes if note.voice == voice]
        notes = [note for measure in measures for note in measure.notes]
        if sum(note.chordal for note in notes) <= _SINGLE * len(notes):
            return names.get(part.get("id"), ""), measures
    return None


def _measures(part: Element) -> list[_Measure]:
    """The pitched notes of a part at their place in each measure, where they sound."""
    measures: list[_Measure] = []
    walk, sounds = Walk(), 0
    for element in part.findall("measure"):
        measure = _Measure()
        measures.append(measure)
        for tick, length, child in walk.through(element):
            if child.tag == "barline" and child.get("location") == "left":
                repeat = child.find("repeat")
                measure.opens = repeat is not None and repeat.get("direction") == "forward"
            elif child.tag == "attributes" and (to := child.find("transpose")) is not None:
                sounds = int(number(to.find("chromatic")) or 0)
                sounds += 12 * int(number(to.find("octave-change")) or 0)
            elif child.tag == "note":
                _take_note(measure, child, tick, length, sounds)
        measure.length_tick = walk.length_tick
    return measures


def _take_note(measure: _Measure, note: Element, tick: int, length: Fraction, sounds: int) -> None:
    pitch = note.find("pitch")
    if (
        pitch is None
        or length <= 0
        or any(note.find(kind) is not None for kind in ("grace", "cue"))
    ):
        return
    step = LETTER_PCS.get(word(pitch.find("step")).upper())
    octave = number(pitch.find("octave"))
    if step is None or octave is None:
        return
    ties = {tie.get("type") for tie in note.findall("tie")}
    measure.notes.append(
        _Written(
            word(note.find("voice")) or "1",
            tick,
            max(1, round(length)),
            int(step + (number(pitch.find("alter")) or 0) + 12 * (octave + 1)) + sounds,
            "stop" in ties,
            "start" in ties,
            note.find("chord") is not None,
        )
    )


def _moved(note: _Written, tick: int) -> _Written:
    return replace(note, tick=note.tick + tick)


def _joined(written: Sequence[_Written]) -> list[Note]:
    """One note at a time, the highest of those together; tied ones are one, none reaches into the next."""
    line: list[Note] = []
    goes_on = False
    for note in sorted(written, key=lambda each: (each.tick, -each.pitch)):
        last = line[-1] if line else None
        if last is not None and last.onset_tick == note.tick:
            continue
        if last is not None and goes_on and note.tied and last.pitch == note.pitch:
            line[-1] = Note(
                last.onset_tick,
                note.tick + note.duration_tick - last.onset_tick,
                note.pitch,
                _VELOCITY,
            )
        else:
            line.append(Note(note.tick, note.duration_tick, note.pitch, _VELOCITY))
        goes_on = note.ties
    return one_at_a_time(line)
