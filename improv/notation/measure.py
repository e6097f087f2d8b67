"""One bar as a MusicXML `measure`: signatures, words, chord symbols, notes with accidentals and beams."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from xml.sax.saxutils import escape

from improv.music.chart import Chart
from improv.music.chord import Chord
from improv.music.meter import Meter
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP
from improv.music.spelling import Key, Spelled, spell
from improv.notation.harmony import harmony_body
from improv.notation.line import step_of
from improv.notation.rhythm import Span, Value, write_bar

BARS_A_LINE = 4

_ACCIDENTALS = {-1: "flat", 0: "natural", 1: "sharp"}
_SHARPS = "FCGDAEB"
_BEAT_UNITS = {2: "half", 4: "quarter", 8: "eighth", 16: "16th"}
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(words: str) -> str:
    """Words for XML, without characters that it cannot hold."""
    return escape(_FORBIDDEN.sub("", words))


class Sheet:
    """What all bars of a lead sheet have in common."""

    def __init__(
        self,
        chart: Chart,
        edges: Sequence[int],
        line: Sequence[tuple[int, int, int]],
        first_bar: int,
        *,
        keys: Sequence[tuple[int, Key | None]],
        tempos: Sequence[tuple[int, float]],
        clef: str,
    ) -> None:
        """`edges` are the steps at which bars begin and the last ends; `line` is (start, end, pitch)."""
        self.chart, self.edges, self.first_bar = chart, edges, first_bar
        self.clef = clef
        self.slashes = not line
        self.keys = [(tick, key) for tick, key in keys]
        self.tempos = list(tempos)
        self.labels = dict(chart.sections)
        self.remarks = chart.remarks
        self._ticks = [tick for tick, _ in chart.changes]
        self.breaks = self._lines()
        self.spelled = self._spell(line)

    def key_at(self, tick: int) -> Key | None:
        """The key in force; None if it is unknown."""
        at = bisect_right(self.keys, tick, key=lambda each: each[0])
        return self.keys[max(at - 1, 0)][1]

    def is_short(self, tick: int) -> bool:
        """Whether the bar that begins here is shorter than its meter."""
        bar = self.chart.bar_of(tick)
        steps = self.edges[bar + 1] - self.edges[bar]
        return steps * TICKS_PER_STEP != self.chart.meter_of(bar).ticks_per_bar

    def changes_within(self, tick: int, end_tick: int) -> Sequence[tuple[int, Chord | None]]:
        """The changes of chord from `tick` up to `end_tick`."""
        return self.chart.changes[
            bisect_left(self._ticks, tick) : bisect_left(self._ticks, end_tick)
        ]

    def _lines(self) -> set[int]:
        """The bars that begin a line: each section and chorus, and every fourth bar within."""
        starts = {*self.chart.tops, *self.labels}
        breaks, since = set(), 0
        for bar, tick in enumerate(self.chart.bar_ticks):
            if bar <= self.first_bar or tick in starts:
                since = 0
            if since % BARS_A_LINE == 0:
                breaks.add(bar)
            since += 1
        return breaks

    def _spell(self, line: Sequence[tuple[int, int, int]]) -> list[Spelled]:
        names = []
        for index, (start, end, pitch) in enumerate(line):
            tick = start * TICKS_PER_STEP
            key = self.key_at(tick)
            following = None
            if index + 1 < len(line) and line[index + 1][0] - end < STEPS_PER_BEAT:
                following = line[index + 1][2]
            chord = self.chart.chord_at(tick)
            names.append(spell(pitch, chord, key.fifths if key else None, following))
        return names


def measure(sheet: Sheet, bar: int, spans: Sequence[Span]) -> str:
    """The `measure` of an absolute bar, which `spans` fill."""
    chart = sheet.chart
    tick, end_tick = chart.bar_ticks[bar], chart.bar_tick(bar + 1)
    steps = sheet.edges[bar + 1] - sheet.edges[bar]
    meter = chart.meter_of(bar)
    implicit = ' implicit="yes"' if sheet.is_short(tick) else ""
    parts = [f'<measure number="{bar - sheet.first_bar + 1}"{implicit}>']
    if bar > sheet.first_bar and bar in sheet.breaks:
        parts.append('<print new-system="yes"/>')
    parts.append(_attributes(sheet, bar, tick, meter))
    parts.append(_directions(sheet, bar, tick, end_tick, meter))
    harmonies = _harmonies(sheet, bar, tick, end_tick)
    if sheet.slashes:
        key = sheet.key_at(tick)
        parts.append(_slashes(harmonies, meter, steps, key.fifths if key else 0))
    else:
        parts.append(_notes(sheet, harmonies, write_bar(spans, meter, steps), tick))
    if end_tick >= chart.length_tick:
        parts.append('<barline location="right"><bar-style>light-heavy</bar-style></barline>')
    elif end_tick in chart.tops or end_tick in sheet.labels:
        parts.append('<barline location="right"><bar-style>light-light</bar-style></barline>')
    parts.append("</measure>\n")
    return "".join(parts)


def _attributes(sheet: Sheet, bar: int, tick: int, meter: Meter) -> str:
    """Divisions and clef in the first bar, key and meter when they are new."""
    first = bar == sheet.first_bar
    key = sheet.key_at(tick)
    new_key = first or key != sheet.key_at(sheet.chart.bar_ticks[bar - 1])
    new_meter = first or meter != sheet.chart.meter_of(bar - 1)
    if not (new_key or new_meter):
        return ""
    parts = [f"<divisions>{STEPS_PER_BEAT}</divisions>"] if first else []
    if new_key:
        mode = f"<mode>{key.mode}</mode>" if key else ""
        parts.append(f"<key><fifths>{key.fifths if key else 0}</fifths>{mode}</key>")
    if new_meter:
        parts.append(
            f"<time><beats>{meter.beats_per_bar}</beats>"
            f"<beat-type>{meter.beat_unit}</beat-type></time>"
        )
    if first:
        parts.append(sheet.clef)
    return "<attributes>" + "".join(parts) + "</attributes>"


# -- what stands above


def _directions(sheet: Sheet, bar: int, tick: int, end_tick: int, meter: Meter) -> str:
    chart = sheet.chart
    parts = []
    first = bar == sheet.first_bar
    at = bisect_right(sheet.tempos, tick, key=lambda each: each[0])
    at_bar = bool(at) and sheet.tempos[at - 1][0] == tick
    if first:
        feel = chart.style or chart.feel
        tempo_bpm = sheet.tempos[max(at - 1, 0)][1]
        parts.append(_tempo(tempo_bpm, meter, 0, feel[:1].upper() + feel[1:]))
    elif at_bar:
        parts.append(_tempo(sheet.tempos[at - 1][1], meter, 0))
    parts.append(_passing_tempo(sheet, at, tick, end_tick))
    label = sheet.labels.get(tick, "")
    if label:
        parts.append(_direction(f"<rehearsal>{text(label)}</rehearsal>", 0))
    if len(chart.tops) > 1 and tick in chart.tops and not first:
        parts.append(_words(f"Chorus {chart.tops.index(tick) + 1}", 0, 'font-style="italic"'))
    at = bisect_left(sheet.remarks, tick, key=lambda each: each[0])
    while at < len(sheet.remarks) and sheet.remarks[at][0] < end_tick:
        parts.append(_words(sheet.remarks[at][1], step_of(sheet.remarks[at][0] - tick)))
        at += 1
    return "".join(parts)


def _passing_tempo(sheet: Sheet, at: int, tick: int, end_tick: int) -> str:
    """Tempos that change within a bar, from row `at` on, with one word at the first."""
    if at == len(sheet.tempos) or sheet.tempos[at][0] >= end_tick:
        return ""
    change_tick, tempo_bpm = sheet.tempos[at]
    slower = at > 0 and tempo_bpm < sheet.tempos[at - 1][1]
    words = f'<words font-style="italic">{"rit." if slower else "accel."}</words>'
    sound = f'<sound tempo="{round(tempo_bpm, 3)}"/>'
    return _direction(words, step_of(change_tick - tick), sound)


def _direction(content: str, step: int, sound: str = "") -> str:
    offset = f"<offset>{step}</offset>" if step else ""
    return (
        f'<direction placement="above"><direction-type>{content}</direction-type>'
        f"{offset}{sound}</direction>"
    )


def _words(words: str, step: int, style: str = "") -> str:
    return _direction(f"<words{' ' + style if style else ''}>{text(words)}</words>", step)


def _tempo(tempo_bpm: float, meter: Meter, step: int, words: str = "") -> str:
    """The metronome mark after its words; a beat of three eighths is a dotted quarter."""
    unit, dot, quarters = _BEAT_UNITS[meter.beat_unit], "", 4 / meter.beat_unit
    if meter.beat_unit == 8:
        unit, dot, quarters = "quarter", "", 1.0
        if meter.beats_per_bar % 3 == 0:
            dot, quarters = "<beat-unit-dot/>", 1.5
    mark = (
        f"<metronome><beat-unit>{unit}</beat-unit>{dot}"
        f"<per-minute>{round(tempo_bpm / quarters, 1):g}</per-minute></metronome>"
    )
    if words:
        said = f'<words font-weight="bold">{text(words)} </words></direction-type><direction-type>'
        mark = said + mark
    return _direction(mark, step, f'<sound tempo="{round(tempo_bpm, 3)}"/>')


def _harmonies(sheet: Sheet, bar: int, tick: int, end_tick: int) -> list[tuple[int, Chord | None]]:
    """(step within the bar, chord) of the symbols of a bar: changes, and the chord at the start of a line."""
    chart = sheet.chart
    before = chart.chord_at(tick - 1) if tick else None
    found: list[tuple[int, Chord | None]] = []
    changes = list(sheet.changes_within(tick, end_tick))
    if bar in sheet.breaks and (not changes or changes[0][0] > tick):
        changes.insert(0, (tick, chart.chord_at(tick)))
    for change_tick, chord in changes:
        if chord != before or (bar in sheet.breaks and change_tick == tick):
            found.append((step_of(change_tick - tick), chord))
        before = chord
    return found


def _harmony(chord: Chord | None, step: int) -> str:
    offset = f"<offset>{step}</offset>" if step else ""
    return f"<harmony>{harmony_body(chord)}{offset}</harmony>"


# -- notes


def _notes(
    sheet: Sheet,
    harmonies: list[tuple[int, Chord | None]],
    values: Sequence[Value],
    tick: int,
) -> str:
    key = sheet.key_at(tick)
    fifths = key.fifths if key else 0
    shown: dict[tuple[str, int], int] = {}  # (letter, octave) -> the accidental in force
    parts: list[str] = []
    at = 0
    for value in values:
        while at < len(harmonies) and harmonies[at][0] < value.end:
            step, chord = harmonies[at]
            parts.append(_harmony(chord, step - value.start))
            at += 1
        if value.item is None:
            # A bar cut short gets an ordinary rest, because a whole-bar rest lasts as long as the meter.
            parts.append(_rest(value, len(values) == 1 and not sheet.is_short(tick)))
            continue
        name = sheet.spelled[value.item]
        place = (name.letter, name.octave)
        accidental = ""
        if shown.get(place, _signature(name.letter, fifths)) != name.alter and not (
            value.tied_from and value.start == 0
        ):
            accidental = f"<accidental>{_ACCIDENTALS[name.alter]}</accidental>"
            shown[place] = name.alter
        parts.append(_note(value, name, accidental))
    return "".join(parts)


def _signature(letter: str, fifths: int) -> int:
    """What the key signature does to a letter."""
    if fifths >= 0:
        return int(letter in _SHARPS[:fifths])
    return -int(letter in _SHARPS[fifths:])


def _rest(value: Value, whole_bar: bool) -> str:
    duration = f"<duration>{value.end - value.start}</duration><voice>1</voice>"
    if whole_bar:
        return f'<note><rest measure="yes"/>{duration}</note>'
    tuplets = _tuplet_marks(value)
    notations = f"<notations>{tuplets}</notations>" if tuplets else ""
    return f"<note><rest/>{duration}{_type(value)}{_modification(value)}{notations}</note>"


def _note(value: Value, name: Spelled, accidental: str) -> str:
    # With a 0 on tied naturals, because music21 takes notes with and without a natural sign for two pitches.
    said = name.alter or value.tied_from or value.tied_to
    alter = f"<alter>{name.alter}</alter>" if said else ""
    ties, tied = "", ""
    for flag, which in ((value.tied_from, "stop"), (value.tied_to, "start")):
        if flag:
            ties += f'<tie type="{which}"/>'
            tied += f'<tied type="{which}"/>'
    beams = "".join(
        f'<beam number="{number}">{beam}</beam>' for number, beam in enumerate(value.beams, 1)
    )
    notations = tied + _tuplet_marks(value)
    return (
        f"<note><pitch><step>{name.letter}</step>{alter}<octave>{name.octave}</octave></pitch>"
        f"<duration>{value.end - value.start}</duration>{ties}<voice>1</voice>{_type(value)}"
        f"{accidental}{_modification(value)}{beams}"
        f"{f'<notations>{notations}</notations>' if notations else ''}</note>"
    )


def _type(value: Value) -> str:
    return f"<type>{value.type}</type>{'<dot/>' * value.dots}"


def _modification(value: Value) -> str:
    if not value.tuplet:
        return ""
    return (
        "<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes>"
        f"<normal-type>{value.tuplet}</normal-type></time-modification>"
    )


def _tuplet_marks(value: Value) -> str:
    marks = ""
    if value.opens:
        bracket = "yes" if value.bracket else "no"
        marks += f'<tuplet type="start" bracket="{bracket}"/>'
    if value.closes:
        marks += '<tuplet type="stop"/>'
    return marks


def _slashes(
    harmonies: list[tuple[int, Chord | None]], meter: Meter, steps: int, fifths: int
) -> str:
    """A slash for each beat (of three eighths in 6/8), on the middle line, without a stem.

    It is a B of the key, because some programs give `unpitched` notes a natural sign.
    """
    alter = f"<alter>{_signature('B', fifths)}</alter>" if _signature("B", fifths) else ""
    beat = 4 * STEPS_PER_BEAT // meter.beat_unit
    if meter.beat_unit >= 8 and meter.beats_per_bar % 3 == 0:
        beat *= 3
    parts: list[str] = []
    at, start = 0, 0
    while start < steps:
        end = min(start + beat, steps)
        for value in write_bar([Span(0, end - start, 0)], meter, end - start):
            while at < len(harmonies) and harmonies[at][0] < start + value.end:
                parts.append(_harmony(harmonies[at][1], harmonies[at][0] - start - value.start))
                at += 1
            parts.append(
                f"<note><pitch><step>B</step>{alter}<octave>4</octave></pitch>"
                f"<duration>{value.end - value.start}</duration><voice>1</voice>"
                f"{_type(value)}<stem>none</stem><notehead>slash</notehead></note>"
            )
        start = end
    return "".join(parts)
