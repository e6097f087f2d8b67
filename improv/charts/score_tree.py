"""A score of music21 -> MusicXML, as far as a chart or a melody needs it.

    Tune: a stream, and texts said over it  ->  score-partwise  ->  `charts.musicxml`, `corpus.musicxml`

Of music21 only what it reads reliably is taken: notes, measures, meters, keys, bar lines, endings, words and
tempos. Its own chord symbols are left alone; a chord is its text, read by our parser. Kinds of texts:

    chord   "Dm7"           a chord; one that cannot be read stays, so that the reader of MusicXML says so
    maybe   "Dm7", "slow"   a chord where it is one, or like one; else words
    words   "D.C. al Fine"  for the reader of MusicXML, which obeys them or keeps them as a remark
    sign    "coda"          coda or segno
    jump    "dacapo"        back to the top or the segno, and on as the other signs say
    repeat  "start", "end"  a bar line

An upbeat, and the second half of a bar that a repeat cuts in two, are marked as MusicXML marks them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import XML, Element, SubElement
from xml.sax.saxutils import quoteattr

from improv.charts.musicxml_file import ScoreError
from improv.charts.score_texts import chord_of_pitches
from improv.charts.titles import title_in
from improv.errors import ChartError
from improv.music.chord import parse_chord_or_nc
from improv.notation.harmony import harmony_body

_DIVISIONS = 10080
"""To a quarter: every tuplet of up to ten falls on one."""
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROOT = re.compile(r"([A-G])([b#♭♯]?)(.*)", re.DOTALL)
_KNOWN = re.compile(
    r"maj|min|mi|ma|dim|aug|sus|add|alt|omit|no|dom|[mMjhoøΔ°^+-]|[b#♭♯]|\d|[(),]|/[A-G]?",
)
_ALTERS = {"": 0, "b": -1, "♭": -1, "#": 1, "♯": 1}
_FIRST, _SIGNATURE, _WORDS, _CHORD, _NOTE, _LAST = range(6)
"""The order at one place: what opens a measure and what closes it are first and last."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text of one of these kinds: quarters from the beginning of the part with this number."""

    quarters: Fraction
    kind: str
    text: str
    part: int = 0


@dataclass(frozen=True)
class Tune:
    """A stream of music21, and what is beside it in the file."""

    stream: Any
    said: Sequence[Said] = ()
    endings: Mapping[int, tuple[str, bool, bool]] = field(default_factory=dict)
    """Measure -> (passes, whether the bracket begins with it, whether it ends), where music21 has none."""
    transposed: bool = False
    """Whether the instruments say by how much they transpose."""


def title_of(stream: Any) -> str:
    """The title of a score; empty if it has none, or if music21 made it up."""
    data = stream.metadata
    titles = (data.title, data.movementName) if data is not None else ()
    found = (_bare(" ".join(str(title).split())) for title in titles if title)
    return next(filter(None, map(title_in, found)), "")


def musicxml_of(tune: Tune) -> str:
    """The score as MusicXML."""
    stream = tune.stream
    score = Element("score-partwise", {"version": "4.0"})
    if title := title_of(stream):
        SubElement(SubElement(score, "work"), "work-title").text = _clean(title)
    composer = stream.metadata.composer if stream.metadata is not None else None
    if composer and title_in(composer):
        creator = SubElement(SubElement(score, "identification"), "creator", {"type": "composer"})
        creator.text = _clean(composer)
    names = SubElement(score, "part-list")
    parts = [*stream.parts] if hasattr(stream, "parts") and stream.parts else [stream]
    for number, part in enumerate(parts):
        name = SubElement(names, "score-part", {"id": f"P{number + 1}"})
        SubElement(name, "part-name").text = _clean(part.partName or "")
        said = sorted(
            (one for one in tune.said if one.part == number), key=lambda one: one.quarters
        )
        element = SubElement(score, "part", {"id": f"P{number + 1}"})
        element.extend([*_Part(part, said, tune).measures()])
    return ElementTree.tostring(score, encoding="unicode")


@dataclass(frozen=True)
class _Event:
    """What stands in a measure: `at` in divisions from its beginning, `order` among what is there too."""

    at: int
    order: int
    elements: list[Element]
    length: int = 0


@dataclass
class _Bar:
    """A measure: how long its notes are, and how long its meter wants it, in divisions."""

    events: list[_Event]
    length: int
    whole: int
    upbeat: bool = False

    @property
    def short(self) -> bool:
        return 0 < self.length < self.whole


def _mark_upbeats(bars: Sequence[_Bar]) -> None:
    """Find upbeats, and bars that a repeat cuts in two; their chords go to the bar that they complete.

    The chord over the upbeat with which a tune begins is left out: it would make every chorus begin with a
    bar cut short. Where most bars are equally short they are so for brevity, as rests under chords.
    """
    lengths = Counter(bar.length for bar in bars if bar.short)
    if 2 * max(lengths.values(), default=0) > len(bars):
        return
    for before, bar in zip([None, *bars[:-1]], bars, strict=True):
        bar.upbeat = bar.short and (
            before is None
            or (before.short and not before.upbeat and before.length + bar.length <= before.whole)
        )
        if not bar.upbeat:
            continue
        chords = [event for event in bar.events if event.order == _CHORD]
        bar.events = [event for event in bar.events if event.order != _CHORD]
        if before is not None:
            before.events += [replace(event, at=before.length + event.at) for event in chords]


class _Part:
    """One part, measure by measure."""

    def __init__(self, part: Any, said: Sequence[Said], tune: Tune) -> None:
        self._measures = [*part.getElementsByClass("Measure")]
        if not self._measures:
            part = part.makeMeasures()
            self._measures = [*part.getElementsByClass("Measure")]
        self._said = [*said]
        # A last bar line is a measure of its own to some readers.
        while len(self._measures) > 1 and not self._measures[-1].recurse().notesAndRests:
            last = self._measures.pop()
            for line in last.getElementsByClass("Repeat"):
                self._said.append(Said(Fraction(last.offset), "repeat", line.direction))
        self._brackets = {
            id(measure): [tune.endings[index]]
            for index, measure in enumerate(self._measures)
            if index in tune.endings
        }
        for bracket in part.recurse().getElementsByClass("RepeatBracket"):
            held = bracket.getSpannedElements()
            for measure in held:
                ends = measure is held[0], measure is held[-1]
                numbers = ",".join(map(str, bracket.numberRange))
                self._brackets.setdefault(id(measure), []).append((numbers, *ends))
        self._transposes = _semitones(part) if tune.transposed else 0
        self._whole = 4 * _DIVISIONS

    def measures(self) -> Iterator[Element]:
        """Its `measure` elements."""
        starts = [Fraction(measure.offset) for measure in self._measures]
        bars = [
            self._bar(measure, start, end if index + 1 < len(starts) else None, index == 0)
            for index, (measure, start, end) in enumerate(
                zip(self._measures, starts, [*starts[1:], starts[-1]], strict=True)
            )
        ]
        _mark_upbeats(bars)
        for measure, bar in zip(self._measures, bars, strict=True):
            element = Element("measure", {"number": str(measure.measureNumberWithSuffix())})
            if bar.upbeat:
                element.set("implicit", "yes")
            _place(element, bar.events)
            yield element

    def _bar(self, measure: Any, start: Fraction, end: Fraction | None, first: bool) -> _Bar:
        """What stands in a measure that begins at `start` quarters; `end` is None for the last."""
        ends = round(Fraction(measure.highestTime) * _DIVISIONS)
        events = [*self._events(measure, ends), *self._endings(measure, ends)]
        if first:
            events.append(_Event(0, _FIRST, [self._first()]))
        length = max((event.at + event.length for event in events), default=0)
        for one in self._said:
            if (first or one.quarters >= start) and (end is None or one.quarters < end):
                at = max(round((one.quarters - start) * _DIVISIONS), 0)
                if one.kind == "repeat":
                    events.append(_repeat(one.text, None, at, ends, _where(measure)))
                    continue
                order = _WORDS if one.kind in ("words", "sign", "jump") else _CHORD
                events.append(_Event(at, order, _said(one, _where(measure))))
        return _Bar(events, length, self._whole)

    def _first(self) -> Element:
        by = self._transposes
        transpose = f"<transpose><chromatic>{by}</chromatic></transpose>" if by else ""
        return XML(f"<attributes><divisions>{_DIVISIONS}</divisions>{transpose}</attributes>")

    def _events(self, measure: Any, end: int) -> Iterator[_Event]:
        for number, holder in enumerate([measure, *measure.voices]):
            shift = Fraction(holder.offset) if number else Fraction(0)
            for element in holder:
                at = round((Fraction(element.offset) + shift) * _DIVISIONS)
                kinds = element.classSet
                if "RomanNumeral" in kinds:
                    said = Said(Fraction(0), "chord", symbol_of(element) or element.figure)
                    length = round(Fraction(element.quarterLength) * _DIVISIONS)
                    rest = [XML(f"<note><rest/><duration>{length}</duration></note>")]
                    yield _Event(at, _CHORD, _said(said, _where(measure)))
                    yield _Event(at, _NOTE, rest if length else [], length)
                elif "GeneralNote" in kinds:
                    if "Harmony" not in kinds:
                        yield _note(element, at, number)
                elif "TimeSignature" in kinds:
                    self._whole = round(Fraction(element.barDuration.quarterLength) * _DIVISIONS)
                    yield _Event(at, _SIGNATURE, [_time(element)])
                elif "KeySignature" in kinds:
                    yield _Event(at, _SIGNATURE, [_key(element)])
                elif "Repeat" in kinds:
                    yield _repeat(element.direction, element.times, at, end, _where(measure))
                elif (direction := _direction(element, kinds)) is not None:
                    yield _Event(at, _WORDS, direction)

    def _endings(self, measure: Any, end: int) -> Iterator[_Event]:
        for numbers, first, last in self._brackets.get(id(measure), ()):
            for is_so, side, kind, at, order in (
                (first, "left", "start", 0, _FIRST),
                (last, "right", "stop", end, _LAST),
            ):
                if is_so:
                    ending = f"<ending number={quoteattr(numbers)} type='{kind}'/>"
                    line = XML(f"<barline location='{side}'>{ending}</barline>")
                    yield _Event(at, order, [line])


def _repeat(direction: str, times: int | None, at: int, end: int, where: str) -> _Event:
    if 0 < at < end:
        raise ScoreError(f"a repeat is in the middle of its {where}")
    said = f"direction='{'forward' if direction == 'start' else 'backward'}'"
    said += f" times='{times}'" if times else ""
    made = XML(f"<barline location='{'right' if at else 'left'}'><repeat {said}/></barline>")
    return _Event(at, _LAST if at else _FIRST, [made])


def _place(measure: Element, events: Iterable[_Event]) -> None:
    """Put events into a measure, each at its place."""
    at = 0
    for event in sorted(events, key=lambda event: (event.at, event.order)):
        if event.at != at:
            move = SubElement(measure, "forward" if event.at > at else "backup")
            SubElement(move, "duration").text = str(abs(event.at - at))
        measure.extend(event.elements)
        at = event.at + event.length


def _said(said: Said, where: str) -> list[Element]:
    """A text as what MusicXML has for it."""
    if said.kind == "sign":
        return [_direction_of(said.text)]
    if said.kind == "jump":
        return [Element("sound", {said.text: "yes"})]
    if said.kind != "words":
        try:
            chord = parse_chord_or_nc(said.text)
        except ChartError:
            if said.kind == "chord" or _like_chord(said.text):
                return [_unread(said.text, where)]
        else:
            return [XML(f"<harmony>{harmony_body(chord)}</harmony>")]
    return [_words(said.text)] if said.text else []


def _like_chord(text: str) -> bool:
    """Whether a musician would take it for a chord: "C7q" or "Dm7?", but not "Coda", "End" or "D.C."."""
    root = _ROOT.fullmatch(text)
    return root is not None and len(_KNOWN.sub("", root[3])) <= 1


def _unread(text: str, where: str) -> Element:
    """A `harmony` that says what is written, so that what reads it can say that it cannot."""
    root = _ROOT.fullmatch(text)
    if root is None:
        raise ScoreError(
            f"the chord {text!r} in its {where} has no root; expected a symbol such as 'Dm7'"
        )
    step, sign, rest = root.groups()
    name = f"<root-step>{step}</root-step><root-alter>{_ALTERS[sign]}</root-alter>"
    kind = f"<kind text={quoteattr(_clean(rest))}>other</kind>"
    return XML(f"<harmony><root>{name}</root>{kind}</harmony>")


def symbol_of(numeral: Any) -> str:
    """The chord that a Roman numeral of music21 is, as text for our parser; empty where that has none."""
    root = numeral.root()
    pitch_classes = [pitch.pitchClass for pitch in numeral.pitches]
    return chord_of_pitches(root.pitchClass, root.name, pitch_classes, numeral.bass().name)


def _note(element: Any, at: int, voice: int) -> _Event:
    """A note, chord or rest; what sounds for no time (grace notes) is left out."""
    length = round(Fraction(element.quarterLength) * _DIVISIONS)
    if element.duration.isGrace or length <= 0:
        return _Event(at, _NOTE, [])
    notes: list[Element] = []
    for one in getattr(element, "notes", None) or [element]:
        pitch = getattr(one, "pitch", None)
        tie = getattr(one, "tie", None) or getattr(element, "tie", None)
        parts = [
            "<chord/>" if notes else "",
            "<rest/>"
            if pitch is None
            else f"<pitch><step>{pitch.step}</step><alter>{round(pitch.alter)}</alter>"
            f"<octave>{pitch.implicitOctave}</octave></pitch>",
            f"<duration>{length}</duration>",
            *(
                f"<tie type='{k}'/>"
                for k in ("stop", "start")
                if tie and tie.type in (k, "continue")
            ),
            f"<voice>{voice or 1}</voice>",
        ]
        notes.append(XML(f"<note>{''.join(parts)}</note>"))
    for lyric in element.lyrics[:1]:
        if lyric.text:
            SubElement(SubElement(notes[0], "lyric"), "text").text = _clean(lyric.text)
    return _Event(at, _NOTE, notes, length)


def _time(meter: Any) -> Element:
    beats = f"<beats>{meter.numerator}</beats><beat-type>{meter.denominator}</beat-type>"
    return XML(f"<attributes><time>{beats}</time></attributes>")


def _key(signature: Any) -> Element:
    mode = getattr(signature, "mode", None)
    said = f"<fifths>{signature.sharps}</fifths>" + (f"<mode>{mode}</mode>" if mode else "")
    return XML(f"<attributes><key>{said}</key></attributes>")


def _direction(element: Any, kinds: Iterable[Any]) -> list[Element] | None:
    """Words, signs and tempos; None for anything else."""
    if "RehearsalMark" in kinds:
        return [_direction_of("rehearsal", str(element.content))]
    if "TextExpression" in kinds:
        return [_words(_bare(str(element.content)))]
    if "TempoText" in kinds:
        return [_words(str(element.text))]
    if "MetronomeMark" in kinds:
        words = None if element.textImplicit or not element.text else _words(str(element.text))
        number = None if element.numberImplicit else element.getQuarterBPM()
        made = [words] if words is not None else []
        if number:
            made.append(Element("sound", {"tempo": f"{float(number):.3f}"}))
        return made
    for name in ("Segno", "Coda"):
        if name in kinds:
            return [_direction_of(name.lower())]
    if "RepeatExpression" in kinds:
        return [_words(element.getText())]
    return None


def _direction_of(tag: str, text: str = "") -> Element:
    direction = Element("direction")
    SubElement(SubElement(direction, "direction-type"), tag).text = _clean(text)
    return direction


def _words(text: str) -> Element:
    return _direction_of("words", text)


def _where(measure: Any) -> str:
    return f"measure {measure.measureNumberWithSuffix()}"


def _semitones(part: Any) -> int:
    """From what is written to what sounds."""
    transposition = part.getInstrument().transposition
    return int(transposition.semitones) if transposition is not None else 0


def _bare(text: str) -> str:
    """Without the quotes that texts of NoteWorthy are left in."""
    return text[1:-1] if text[:1] == text[-1:] == '"' and len(text) > 1 else text


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)
