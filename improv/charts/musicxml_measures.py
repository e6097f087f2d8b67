"""MusicXML measures as they stand: what each says of its chords, its meter and the way through the score.

Position is counted in divisions through notes, `backup` and `forward`; an `offset` moves what has one. Signs
are taken from every part, chords, meter and key from the first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element

from improv.charts.doubts import Doubts, looks_like_chord
from improv.charts.feel_words import feel_in, section_in
from improv.charts.form import say_unobeyed
from improv.charts.form_words import Way, ways_in
from improv.charts.musicxml_file import Walk, number, word
from improv.charts.musicxml_harmony import UNREAD, chord_or_nearest
from improv.charts.written import Jump
from improv.errors import ChartError
from improv.music.chord import Chord, is_no_chord, parse_chord_or_nc
from improv.music.meter import BEAT_UNITS, Meter
from improv.music.tempo import FASTEST_BPM, SLOWEST_BPM

_MOST_TIMES = 64
_QUARTERS: dict[str, Fraction] = {
    "whole": Fraction(4),
    "half": Fraction(2),
    "quarter": Fraction(1),
    "eighth": Fraction(1, 2),
    "16th": Fraction(1, 4),
}
_GLYPHS = {"coda": "coda", "codaSquare": "coda"} | dict.fromkeys(
    ("segno", "segnoSerpent1", "segnoSerpent2"), "segno"
)
"""Signs as `symbol` elements name them (SMuFL)."""
_SHORT_NUMBER = re.compile(r"[1-9]\d{0,2}")
_SOUNDS = ("segno", "coda", "tocoda", "fine", "dacapo", "dalsegno")
"""Attributes of `sound` that are about the way through the score."""


@dataclass
class Head:
    """What measures say about the whole piece, the first time each is said."""

    tempo_bpm: float = 0.0
    fifths: int = 0
    mode: str = ""
    has_key: bool = False
    feel: str = ""
    style: str = ""
    swing: str = ""
    """The feel of the playback, used if no words give one."""
    chromatic: int = 0
    """Semitones from what is written to what sounds."""


@dataclass
class Measure:
    """One measure as it is read, before its neighbours are known.

    What words say is in the fields of a bar; `signs` and `sounds` are told apart when all are there.
    """

    number: str
    where: str
    meter: Meter
    implicit: bool
    index: int = 0
    """Which measure of the score it is."""
    harmonies: list[tuple[int, Chord | None, bool]] = field(default_factory=list)
    """(tick, chord, whether an offset places it)."""
    filled_tick: int = 0
    label: str = ""
    opens: bool = False
    closes: int = 0
    endings: tuple[int, ...] = ()
    ending_stops: bool = False
    segno: int = 0
    coda: int = 0
    to_coda: int = 0
    fine: bool = False
    jump: Jump | None = None
    times: int = 0
    """How often a repeat is played, as words say."""
    completes: set[str] = field(default_factory=set)
    """"coda" or "fine": what stands alone as "al Coda", perhaps beside the jump that it completes."""
    signs: set[str] = field(default_factory=set)
    """"coda", "segno" as signs alone."""
    sounds: set[str] = field(default_factory=set)
    """What the playback does here, used if nothing on the page says it."""
    remarks: list[str] = field(default_factory=list)
    repeats: int = 0
    """So many measures before it are repeated from here on; -1: no longer."""

    @property
    def short(self) -> bool:
        """Whether it has notes, and fewer than its meter asks for."""
        return 0 < self.filled_tick < self.meter.ticks_per_bar


class Reader:
    """Reads measure after measure into `measures` and `head`."""

    def __init__(self, source: str, doubts: Doubts, has_roots: bool = True) -> None:
        self.head = Head()
        self._doubts = doubts
        self._has_roots = has_roots  # then what has none is an analysis beside the symbols
        self.measures: list[Measure] = []
        self._of = f" of {source!r}" if source else ""
        self._walks = defaultdict[int, Walk](Walk)  # by part
        self._before: Measure | None = None
        self._opens_next = False
        self._segno_next = False
        self._words: list[tuple[int, Chord | None, str]] = []
        """Chords of the measure that are said in words, and the words."""

    def read(self, elements: Sequence[Element]) -> None:
        """Read one measure, its elements in every part; the first has the chords."""
        name = elements[0].get("number", "") or str(len(self.measures) + 1)
        measure = Measure(
            name,
            f"measure {name}{self._of}",
            self._before.meter if self._before else Meter(4),
            elements[0].get("implicit") == "yes",
            len(self.measures),
            opens=self._opens_next,
        )
        measure.signs |= {"segno"} if self._segno_next else set()
        self._opens_next = self._segno_next = False
        self._words = []
        for part, element in enumerate(elements):
            walk = self._walks[part]
            for tick, _, child in walk.through(element):
                if child.tag == "harmony" and part == 0:
                    self._read_harmony(measure, child, tick)
                elif child.tag == "attributes":
                    self._read_attributes(measure, child, part)
                elif child.tag == "barline":
                    self._read_barline(measure, child)
                elif child.tag == "direction":
                    self._read_direction(measure, child, tick, part)
                elif child.tag == "sound":
                    self._take_sounds(measure, self._read_sound(child), tick)
            if part == 0:
                measure.filled_tick = walk.length_tick
        there = {tick for tick, _, _ in measure.harmonies}
        for tick, chord, words in self._words:
            if tick not in there:
                measure.harmonies.append((tick, chord, False))
            elif words not in measure.remarks:
                measure.remarks.append(words)
        self.measures.append(measure)
        self._before = measure

    def _read_harmony(self, measure: Measure, harmony: Element, tick: int) -> None:
        if harmony.get("type") == "alternate":
            return
        is_analysis = harmony.find("function") is not None or harmony.find("numeral") is not None
        if self._has_roots and is_analysis and harmony.find("root") is None:
            return
        placed = harmony.find("offset") is not None
        chord, mark = chord_or_nearest(harmony, measure.where, self._doubts)
        if mark and mark not in measure.remarks:
            measure.remarks.append(mark)
        if chord is not UNREAD:
            measure.harmonies.append((max(tick, 0), chord, placed))

    # -- attributes

    def _read_attributes(self, measure: Measure, attributes: Element, part: int) -> None:
        time = attributes.find("time")
        if time is not None and part == 0 and time.find("senza-misura") is None:
            try:
                measure.meter = _meter(time, measure.where)
            except ChartError as error:
                self._doubts.say(f"{str(error).rstrip('.')}; it goes on in {measure.meter}.")
        key = attributes.find("key")
        if key is not None and not self.head.has_key and part == 0:
            fifths = number(key.find("fifths"))
            if fifths is not None and -14 <= fifths <= 14:
                self.head.has_key = True
                self.head.fifths, self.head.mode = int(fifths), word(key.find("mode"))
        if part == 0 and not self.head.chromatic:
            self.head.chromatic = int(number(attributes.find("transpose/chromatic")) or 0) % 12
        for repeat in attributes.iterfind("measure-style/measure-repeat"):
            if part == 0 and repeat.get("type") == "stop":
                measure.repeats = -1
            elif part == 0:
                measure.repeats = max(int(number(repeat) or 1), 1)

    # -- barlines

    def _read_barline(self, measure: Measure, barline: Element) -> None:
        left = barline.get("location") == "left"
        if barline.find("segno") is not None or "segno" in barline.attrib:
            measure.signs |= {"segno"} if left else set()
            self._segno_next |= not left  # over a bar line it stands before the next measure
        if barline.find("coda") is not None or "coda" in barline.attrib:
            measure.signs.add("coda")
        for ending in barline.findall("ending"):
            if ending.get("type") == "start":
                passes = [int(n) for n in re.findall(r"\d{1,2}", ending.get("number", ""))]
                measure.endings = tuple(sorted({n for n in passes if 0 < n <= _MOST_TIMES})) or (1,)
            else:
                measure.ending_stops = True
        for repeat in barline.findall("repeat"):
            if repeat.get("direction") == "forward":
                measure.opens |= left
                self._opens_next |= not left
                continue
            times = repeat.get("times", "")
            count = min(int(times), _MOST_TIMES) if re.fullmatch(r"\d{1,4}", times) else 2
            closing = self._before if left and self._before else measure
            closing.closes = max(count, 2)

    # -- directions

    def _read_direction(self, measure: Measure, direction: Element, tick: int, part: int) -> None:
        sound = direction.find("sound")
        words = " ".join(filter(None, (word(each) for each in direction.iter("words"))))
        boxed = [text for each in direction.iter("rehearsal") if (text := word(each))]
        metronome = direction.find("direction-type/metronome")
        sounds = set() if sound is None else self._read_sound(sound)
        ways = ways_in(words)
        if words and metronome is not None and not ways and not self.head.style:
            # What stands beside the tempo is how it is played.
            words = words.strip(" (")
            self.head.feel, self.head.style = feel_in(words) or self.head.feel, words
            words = ""
        signs = {name for name in ("coda", "segno") if next(direction.iter(name), None) is not None}
        signs |= {
            _GLYPHS[name] for each in direction.iter("symbol") if (name := word(each)) in _GLYPHS
        }
        if ways:
            self._take_ways(measure, ways, words)
        elif words:
            self._read_words(measure, words, tick, part)
        for text in boxed:
            said = ways_in(text)
            if (
                not said or said[0].kind == "coda"
            ):  # a boxed "Coda" is one where something leads to it
                measure.label = measure.label or text
            else:
                self._take_ways(measure, said, text)
                ways += said
        if metronome is not None:
            self._read_metronome(metronome)
        if not ways and sounds & {"dacapo", "dalsegno", "tocoda"}:
            self._take_sounds(measure, sounds, tick)  # the sign is a part of these
        elif not ways and not signs:
            self._take_sounds(measure, sounds, tick)
        elif not ways:
            measure.signs |= signs

    def _take_ways(self, measure: Measure, ways: Sequence[Way], words: str) -> None:
        """Take words about repeats and jumps."""
        for way in ways:
            if way.kind == "jump":
                if measure.jump is None or measure.jump.until == "end":
                    measure.jump = way.jump
                if (
                    way.jump
                    and way.jump.until == "end"
                    and words.lower().rstrip().endswith((" al", " to"))
                ):
                    measure.completes.add("coda")  # and its sign behind the words
            elif way.kind == "to coda":
                measure.to_coda = way.number
            elif way.kind == "coda":
                measure.coda = way.number
            elif way.kind == "segno":
                measure.segno = way.number
            elif way.kind == "fine":
                measure.fine = True
            elif way.kind == "times":
                measure.times = way.number
            elif way.kind in ("al coda", "al fine"):
                measure.completes.add(way.kind.removeprefix("al "))
            elif words not in measure.remarks:
                measure.remarks.append(words)
                if way.kind == "unknown":
                    say_unobeyed(words, measure.where, self._doubts)

    def _read_words(self, measure: Measure, words: str, tick: int, part: int) -> None:
        """Read words that are not about repeats and jumps: a feel, a section, a chord, or else a remark."""
        early = len(self.measures) < 2
        if not self.head.feel and (feel := feel_in(words)):
            self.head.feel, self.head.style = feel, words
            if early:
                return
        if (section := section_in(words)) and not measure.label:
            measure.label = section
            return
        if part == 0 and not section and _may_be_chord(words):
            try:
                self._words.append((max(tick, 0), parse_chord_or_nc(words), words))
                return
            except ChartError:
                pass
        if words not in measure.remarks:
            measure.remarks.append(words)

    def _read_metronome(self, metronome: Element) -> None:
        unit = _QUARTERS.get(word(metronome.find("beat-unit")))
        found = re.search(r"\d{1,3}(?:\.\d{1,3})?", word(metronome.find("per-minute")))
        if (
            unit is not None
            and found
            and metronome.findall("beat-unit") == [metronome.find("beat-unit")]
        ):
            dots = len(metronome.findall("beat-unit-dot"))
            self._take_tempo(Fraction(found[0]) * unit * (2 - Fraction(1, 2 ** min(dots, 4))))

    def _take_tempo(self, bpm: Fraction) -> None:
        if not self.head.tempo_bpm and SLOWEST_BPM <= bpm <= FASTEST_BPM:
            self.head.tempo_bpm = round(float(bpm), 3)

    def _read_sound(self, sound: Element) -> set[str]:
        """Take tempo and feel of a `sound`; what it says about the way through the score."""
        tempo = sound.get("tempo", "").strip()
        if re.fullmatch(r"\d{1,3}(\.\d{1,9})?", tempo):
            self._take_tempo(Fraction(tempo))
        swing = sound.find("swing")
        if swing is not None and not self.head.swing:
            self.head.swing = "straight" if swing.find("straight") is not None else "medium swing"
        return {name for name in _SOUNDS if sound.get(name, "no") != "no"}

    def _take_sounds(self, measure: Measure, sounds: set[str], tick: int) -> None:
        if "tocoda" in sounds and tick <= 0 and self._before:
            # Playback jumps here: at the beginning of a measure the one before was the last.
            self._before.sounds.add("tocoda")
            sounds = sounds - {"tocoda"}
        measure.sounds |= sounds


def _may_be_chord(words: str) -> bool:
    """Whether words may be a chord symbol, as programs write what their chords cannot say: not A, nor Go."""
    bare = words.replace(" ", "")
    return is_no_chord(words) or (
        looks_like_chord(bare) and (len(bare) > 2 or bare[1:] not in ("", *"hjo"))
    )


def _meter(time: Element, where: str) -> Meter:
    """The meter of a `time`: 2/4 + 3/8 is 7/8, and 4/1 is 8/2."""
    beats = [word(each) for each in time.findall("beats")]
    units = [word(each) for each in time.findall("beat-type")]
    said = " + ".join(f"{count}/{unit}" for count, unit in zip(beats, units, strict=False))
    counts = [each.strip() for text in beats for each in text.split("+")]
    if len(beats) != len(units) or not all(_SHORT_NUMBER.fullmatch(n) for n in (*counts, *units)):
        raise ChartError(
            f"Cannot read the meter {said[:60]!r} in {where}: expected beats and one unit, as in '4/4'."
        )
    unit = max([2, *map(int, units)])
    parts = zip(beats, units, strict=True)
    total = sum(
        (sum(map(int, count.split("+"))) * Fraction(unit, int(each)) for count, each in parts),
        Fraction(0),
    )
    while unit > BEAT_UNITS[-1] and total % 2 == 0:
        total, unit = total / 2, unit // 2
    if total.denominator != 1:
        raise ChartError(
            f"Cannot use the meter {said[:60]!r} in {where}: expected one as in '4/4'."
        )
    try:
        return Meter(int(total), unit)
    except ChartError as error:
        raise ChartError(f"{str(error).rstrip('.')}, in {where}.") from None
