"""MusicXML measures as they stand: what each says of its chords, its meter and the way through the score.

Position is counted in divisions through notes, `backup` and `forward`; an `offset` moves what has one. Signs
are taken from every part, chords, meter and key from the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element

from improv.charts.feel_words import feel_in, section_in
from improv.charts.musicxml_file import number, word
from improv.charts.musicxml_harmony import chord_of
from improv.charts.written import Jump
from improv.errors import ChartError
from improv.music.chord import Chord
from improv.music.meter import Meter
from improv.music.note import TICKS_PER_BEAT
from improv.music.tempo import FASTEST_BPM, SLOWEST_BPM

UNSAID = "unsaid"

_MOST_TIMES = 64
_QUARTERS: dict[str, Fraction] = {
    "whole": Fraction(4),
    "half": Fraction(2),
    "quarter": Fraction(1),
    "eighth": Fraction(1, 2),
    "16th": Fraction(1, 4),
}
_JUMP = re.compile(
    r"(?:d\. ?c\.?|dc|da capo|(?P<sign>d\. ?s\.?|ds|dal segno))(?=\s|$)(?P<until>.*)", re.IGNORECASE
)
_TO_CODA = re.compile(r"(?:to|al) (?:the )?coda", re.IGNORECASE)
_SIGNS = {"coda": "𝄌⊕\ue048", "segno": "𝄋\ue047"}
"""Signs within words, the last ones as fonts of music have them."""


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
    """The feel that the playback has, where no words say one."""
    chromatic: int = 0
    """Semitones from what is written to what sounds."""


@dataclass
class Measure:
    """One measure as it is read, before it is known what its neighbours are.

    A jump whose `until` is UNSAID only sounds: what it leads to depends on the signs that there are.
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
    segno: bool = False
    coda: bool = False
    coda_sign: bool = False
    to_coda: bool = False
    fine: bool = False
    jump: Jump | None = None
    remarks: list[str] = field(default_factory=list)
    repeats: int = 0
    """So many measures before it are repeated from here on; -1: no longer."""

    @property
    def short(self) -> bool:
        """Whether it has notes, and fewer than its meter asks for."""
        return 0 < self.filled_tick < self.meter.ticks_per_bar


class Reader:
    """Reads measure after measure into `measures` and `head`."""

    def __init__(self, source: str, has_roots: bool = True) -> None:
        self.head = Head()
        self._has_roots = has_roots  # then what has none is an analysis beside the symbols
        self.measures: list[Measure] = []
        self._of = f" of {source!r}" if source else ""
        self._divisions: dict[int, Fraction] = {}  # by part
        self._before: Measure | None = None
        self._opens_next = False

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
        self._opens_next = False
        for part, element in enumerate(elements):
            for tick, child in self._walk(part, element, measure):
                if child.tag == "harmony" and part == 0:
                    self._read_harmony(measure, child, tick)
                elif child.tag == "attributes":
                    self._read_attributes(measure, child, part)
                elif child.tag == "barline":
                    self._read_barline(measure, child)
                elif child.tag == "direction":
                    self._read_direction(measure, child, tick)
                elif child.tag == "sound":
                    self._read_sound(measure, child, tick)
        self.measures.append(measure)
        self._before = measure

    def _walk(self, part: int, element: Element, measure: Measure) -> Iterator[tuple[int, Element]]:
        """(tick, child) of all but notes, by their place in the measure."""
        at, furthest = Fraction(0), Fraction(0)
        for child in element:
            if child.tag == "attributes" and (divisions := number(child.find("divisions"))):
                self._divisions[part] = divisions
            ticks = TICKS_PER_BEAT / max(self._divisions.get(part, Fraction(1)), Fraction(1, 1000))
            if child.tag in ("note", "backup", "forward"):
                duration = (number(child.find("duration")) or 0) * ticks
                if child.tag == "backup":
                    at = max(at - duration, Fraction(0))
                elif child.find("chord") is None:
                    at += duration
                furthest = max(furthest, at)
            else:
                yield round(at + (number(child.find("offset")) or 0) * ticks), child
        if part == 0:
            measure.filled_tick = round(furthest)

    def _read_harmony(self, measure: Measure, harmony: Element, tick: int) -> None:
        if harmony.get("type") == "alternate":
            return
        is_analysis = harmony.find("function") is not None or harmony.find("numeral") is not None
        if self._has_roots and is_analysis and harmony.find("root") is None:
            return
        placed = harmony.find("offset") is not None
        measure.harmonies.append((max(tick, 0), chord_of(harmony, measure.where), placed))

    # -- attributes

    def _read_attributes(self, measure: Measure, attributes: Element, part: int) -> None:
        time = attributes.find("time")
        if time is not None and part == 0 and time.find("senza-misura") is None:
            measure.meter = self._meter(time, measure.where)
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

    def _meter(self, time: Element, where: str) -> Meter:
        beats = [word(each) for each in time.findall("beats")]
        units = {word(each) for each in time.findall("beat-type")}
        said = " + ".join(beats) + "/" + ", ".join(sorted(units))
        counts = [each.strip() for text in beats for each in text.split("+")]
        if len(units) != 1 or not all(re.fullmatch(r"\d{1,3}", each) for each in (*counts, *units)):
            raise ChartError(
                f"Cannot read the meter {said[:60]!r} in {where}: expected beats and one unit, as in '4/4'."
            )
        try:
            return Meter(sum(map(int, counts)), int(units.pop()))
        except ChartError as error:
            raise ChartError(f"{str(error).rstrip('.')}, in {where}.") from None

    # -- barlines

    def _read_barline(self, measure: Measure, barline: Element) -> None:
        left = barline.get("location") == "left"
        measure.segno |= barline.find("segno") is not None or "segno" in barline.attrib
        measure.coda |= barline.find("coda") is not None or "coda" in barline.attrib
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

    def _read_direction(self, measure: Measure, direction: Element, tick: int) -> None:
        sound = direction.find("sound")
        known = set(sound.attrib) if sound is not None else set()
        if sound is not None:
            self._read_sound(measure, sound, tick)
        words = " ".join(filter(None, (word(each) for each in direction.iter("words"))))
        metronome = direction.find("direction-type/metronome")
        if words and metronome is not None and not self.head.style:
            # What stands beside the tempo is how it is played.
            words = words.strip(" (")
            self.head.feel, self.head.style = feel_in(words) or self.head.feel, words
            words = ""
        said = bool(words) and self._read_words(measure, words)
        for rehearsal in direction.iter("rehearsal"):
            measure.label = measure.label or word(rehearsal)
        if metronome is not None:
            self._read_metronome(metronome)
        if not said and not known & {"dacapo", "dalsegno", "tocoda", "coda", "segno", "fine"}:
            measure.segno |= next(direction.iter("segno"), None) is not None
            measure.coda_sign |= next(direction.iter("coda"), None) is not None

    def _read_words(self, measure: Measure, words: str) -> bool:
        """Whether they are about the way through the chart."""
        said = _said(words)
        lower = said.lower().strip(" .:")
        if jump := _JUMP.fullmatch(said):
            measure.jump = _jump(bool(jump["sign"]), jump["until"].lower()) or measure.jump
        elif _TO_CODA.fullmatch(lower):
            measure.to_coda = True
        elif lower == "fine":
            measure.fine = True
        elif lower in ("coda", "segno"):
            setattr(measure, lower, True)
        else:
            early = len(self.measures) < 2
            if not self.head.feel and (feel := feel_in(words)):
                self.head.feel, self.head.style = feel, words
                if early:
                    return False
            if (section := section_in(words)) and not measure.label:
                measure.label = section
            elif words not in measure.remarks:
                measure.remarks.append(words)
            return False
        return True

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

    def _read_sound(self, measure: Measure, sound: Element, tick: int) -> None:
        tempo = sound.get("tempo", "").strip()
        if re.fullmatch(r"\d{1,3}(\.\d{1,9})?", tempo):
            self._take_tempo(Fraction(tempo))
        swing = sound.find("swing")
        if swing is not None and not self.head.swing:
            self.head.swing = "straight" if swing.find("straight") is not None else "medium swing"
        measure.segno |= "segno" in sound.attrib
        measure.coda |= "coda" in sound.attrib
        measure.fine |= "fine" in sound.attrib
        if "tocoda" in sound.attrib:
            # Playback jumps here: at the beginning of a measure the one before was the last.
            leaving = self._before if tick <= 0 and self._before else measure
            leaving.to_coda = True
        if sound.get("dacapo") == "yes" or "dalsegno" in sound.attrib:
            measure.jump = measure.jump or Jump("dalsegno" in sound.attrib, UNSAID)


def _said(words: str) -> str:
    """Words with the names of signs in place of the signs, each once."""
    for name, signs in _SIGNS.items():
        words = re.sub(rf"[{signs}](?:\s*{name})?", f" {name} ", words, flags=re.IGNORECASE)
    return " ".join(words.split())


def _jump(to_segno: bool, until: str) -> Jump:
    if ending := re.search(r"(\d)", until):
        return Jump(to_segno, "ending", int(ending[1]))
    return Jump(to_segno, next((end for end in ("fine", "coda") if end in until), "end"))
