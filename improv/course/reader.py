"""The seed's own reader: a melody track and a chord track of a MIDI file, by the reference's rules.

    file --read_part--> SeedPart (grouped, quantised, voiced)
         --read_seed_corpus--> SeedCorpus: measures, tokens, values, the first five measures' chords

The rules (grouping within a 64th, two grids, voices merged by onset, a window of measures) are the
reference's; which tracks and which window are arguments, so that other files can be read as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from improv.charts.midi_bytes import Event
from improv.charts.midi_file import read_events
from improv.course.encode import parse_measure
from improv.course.pitch import SeedChord, SeedNote, spell
from improv.errors import InputFileError

MEASURE_QUARTERS = 4
COURSE_WINDOW = (476, 548)
"""Where the solo of the course's file lies, in quarter notes from its start."""

CHORD_SETS = 5
"""Measures whose chords the reference improvises over."""

_GROUPS_PER_QUARTER = 16
_SHORTEST = Fraction(1, 4)
_GRIDS = (Fraction(1, 4), Fraction(1, 3))


@dataclass(frozen=True, slots=True)
class SeedElement:
    """What begins together in a track: one pitch is a note, several are a chord. Quarter notes."""

    offset: Fraction
    length: Fraction
    pitches: tuple[int, ...]
    velocities: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SeedPart:
    """One track: its elements voice by voice (one voice where nothing overlaps)."""

    name: str
    track: int
    voices: tuple[tuple[SeedElement, ...], ...]

    @property
    def elements(self) -> list[SeedElement]:
        """All elements by offset, earlier voices first."""
        return sorted((each for voice in self.voices for each in voice), key=lambda e: e.offset)


@dataclass(frozen=True, slots=True)
class SeedMeasure:
    """One measure's melody and chords (offsets from the measure's start) and its tokens."""

    start_quarter: int
    notes: tuple[SeedNote, ...]
    chords: tuple[SeedChord, ...]

    @property
    def text(self) -> str:
        """The measure's tokens joined by spaces."""
        return parse_measure(self.notes, self.chords)


@dataclass(frozen=True, slots=True)
class SeedCorpus:
    """What the seed's training takes from a file.

    `tokens` in order (193 for the course's file), `values` sorted and unique (78), `chord_sets` the
    chords of the first measures, `measures` everything they came from.
    """

    tokens: tuple[str, ...]
    values: tuple[str, ...]
    chord_sets: tuple[tuple[SeedChord, ...], ...]
    measures: tuple[SeedMeasure, ...]
    source: str = ""


def quantize(value: Fraction) -> Fraction:
    """The nearest multiple of a quarter or a third of a beat; the smaller of two as near."""

    def nearest(step: Fraction) -> Fraction:
        below = value // step * step
        return below if value - below <= step / 2 else below + step

    return min((nearest(step) for step in _GRIDS), key=lambda n: (round(abs(value - n), 7), n))


def _note_events(track: Sequence[Event]) -> list[tuple[int, int, int, int]]:
    """(on tick, off tick, pitch, velocity) in note-on order; each on has the first unused off."""
    ons: list[tuple[int, int, int]] = []
    waiting: dict[tuple[int, int], list[int]] = {}
    ends: dict[int, int] = {}
    for event in track:
        if event.type == "note_on" and event.velocity > 0:
            waiting.setdefault((event.channel, event.note), []).append(len(ons))
            ons.append((event.tick, event.note, event.velocity))
        elif event.type in ("note_on", "note_off"):
            sounding = waiting.get((event.channel, event.note))
            if sounding:
                ends[sounding.pop(0)] = event.tick
    return [(on, ends[i], pitch, vel) for i, (on, pitch, vel) in enumerate(ons) if i in ends]


def _group(events: list[tuple[int, int, int, int]], ticks_per_quarter: int) -> list[SeedElement]:
    """Notes that begin and end within a 64th of each other are one chord."""
    near = Fraction(ticks_per_quarter, _GROUPS_PER_QUARTER)
    grouped: set[int] = set()
    elements = []
    for i, (on, off, _pitch, _velocity) in enumerate(events):
        if i in grouped:
            continue
        members = [i]
        for j in range(i + 1, len(events)):
            if abs(events[j][0] - on) > near:
                break
            if abs(events[j][1] - off) <= near:
                members.append(j)
                grouped.add(j)
        length = Fraction(off - on, ticks_per_quarter)
        if len(members) == 1 and length == 0:
            length = Fraction(1)
        elements.append(
            SeedElement(
                quantize(Fraction(on, ticks_per_quarter)),
                quantize(length),
                tuple(events[j][2] for j in members),
                tuple(events[j][3] for j in members),
            )
        )
    return elements


def _voices(elements: list[SeedElement]) -> tuple[tuple[SeedElement, ...], ...]:
    """Each element goes to the first voice that is free when it begins."""
    voices: list[list[SeedElement]] = []
    ends: list[Fraction] = []
    for element in sorted(elements, key=lambda e: e.offset):
        end = element.offset + element.length
        for place, voice in enumerate(voices):
            if ends[place] <= element.offset:
                voice.append(element)
                ends[place] = max(ends[place], end)
                break
        else:
            voices.append([element])
            ends.append(end)
    return tuple(tuple(voice) for voice in voices)


def read_parts(path: Path) -> list[SeedPart]:
    """Every track with notes, in file order."""
    path = Path(path)
    file = read_events(path)
    if file.format == 2:
        raise InputFileError(f"Cannot read {str(path)!r}: expected a MIDI file of type 0 or 1.")
    parts = []
    for index, track in enumerate(file.tracks):
        events = _note_events(track)
        if events:
            name = next((event.text for event in track if event.type == "track_name"), "")
            voices = _voices(_group(events, file.ticks_per_beat))
            parts.append(SeedPart(name.strip(), index, voices))
    return parts


def _find_part(parts: Sequence[SeedPart], wanted: str | int, path: Path, role: str) -> SeedPart:
    """The part with that track number or name (exactly, else without case)."""
    for same in (
        lambda part: part.track == wanted,
        lambda part: part.name == wanted,
        lambda part: part.name.casefold() == str(wanted).casefold(),
    ):
        for part in parts:
            if same(part):
                return part
    if not parts:
        raise InputFileError(
            f"Cannot find the {role} in {str(path)!r}: no track holds notes; expected {wanted!r}."
        )
    found = ", ".join(f"{part.track} {part.name!r}" for part in parts)
    raise InputFileError(
        f"Cannot find the {role} in {str(path)!r}: expected a track named {wanted!r} with notes; "
        f"tracks with notes are {found}."
    )


def _inside(
    part: SeedPart, window: tuple[float, float] | None, path: Path, role: str, chords: bool
) -> list[SeedElement]:
    """The part's notes, or its chords, that start in the window (its end excluded)."""
    elements = [each for each in part.elements if (len(each.pitches) > 1) == chords]
    found = [e for e in elements if window is None or window[0] <= e.offset < window[1]]
    if not found:
        what = "chords (notes that begin and end together)" if chords else "single notes"
        span = (
            "it has them from quarter "
            f"{float(elements[0].offset):g} to {float(elements[-1].offset):g}"
            if elements
            else "it has none anywhere"
        )
        where = "" if window is None else f" from quarter {window[0]:g} to {window[1]:g}"
        raise InputFileError(
            f"Cannot read the {role} of {str(path)!r}: "
            f"expected {what} in track {part.name!r}{where}; {span}."
        )
    return found


def _measures(melody: list[SeedElement], chords: list[SeedElement]) -> tuple[SeedMeasure, ...]:
    """Measures that have a melody; one without chords keeps the last chord heard (or the next)."""
    by_measure: dict[int, list[SeedElement]] = {}
    for element in chords:
        by_measure.setdefault(int(element.offset // MEASURE_QUARTERS), []).append(element)
    measures = []
    for number in sorted({int(each.offset // MEASURE_QUARTERS) for each in melody}):
        start = number * MEASURE_QUARTERS
        played = by_measure.get(number)
        if played is None:
            earlier = [each for each in chords if each.offset < start]
            nearest = earlier[-1] if earlier else chords[0]
            held = SeedElement(
                Fraction(start), Fraction(MEASURE_QUARTERS), nearest.pitches, nearest.velocities
            )
            played = [held]
        measures.append(
            SeedMeasure(
                start,
                tuple(
                    SeedNote(
                        e.offset - start, e.length or _SHORTEST, spell(e.pitches[0]), *e.velocities
                    )
                    for e in melody
                    if int(e.offset // MEASURE_QUARTERS) == number
                ),
                tuple(
                    SeedChord(
                        e.offset - start, e.length, tuple(map(spell, e.pitches)), e.velocities
                    )
                    for e in played
                ),
            )
        )
    return tuple(measures)


def read_seed_corpus(
    path: Path | str,
    *,
    melody: str | int = "Guitar",
    chords: str | int = "Piano",
    window: tuple[float, float] | None = COURSE_WINDOW,
) -> SeedCorpus:
    """Read the corpus of a file: by default the solo of the course's own.

    `melody` and `chords` are track names or numbers; `window` is in quarter notes from the start of
    the file, its end excluded, None for all of it. Raises InputFileError saying what is missing.
    """
    path = Path(path)
    parts = read_parts(path)
    melody_part = _find_part(parts, melody, path, "melody")
    chord_part = _find_part(parts, chords, path, "chords")
    measures = _measures(
        _inside(melody_part, window, path, "melody", chords=False),
        _inside(chord_part, window, path, "chords", chords=True),
    )
    tokens = tuple(token for measure in measures for token in measure.text.split())
    return SeedCorpus(
        tokens=tokens,
        values=tuple(sorted(set(tokens))),
        chord_sets=tuple(measure.chords for measure in measures[:CHORD_SETS]),
        measures=measures,
        source=path.name,
    )


def corpus_facts(corpus: SeedCorpus) -> dict[str, Any]:
    """What a model card says of the corpus: source, tokens, values, measures."""
    return {
        "source": corpus.source,
        "tokens": len(corpus.tokens),
        "values": len(corpus.values),
        "measures": len(corpus.measures),
    }
