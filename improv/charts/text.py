"""Charts as text: bars between bar lines, header lines above. The whole language is in docs/charts.md.

    Title: A blues
    Tempo: 140
    | F7 | Bb7 | F7 | Cm7 F7 |        chords of a bar share it
    | Bb7 | % | F7 / / D7 |           % the bar before, / one beat more of the same chord
    |: Gm7 | C7 :|                    played twice, or as often as x3 says

text -> tokens of one line -> bars as written -> bars as played -> Chart. `print_chart` goes back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NoReturn

from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.chord import Chord, parse_chord
from improv.music.meter import Meter
from improv.music.tempo import FASTEST_BPM, SLOWEST_BPM

DEFAULT_TEMPO_BPM = 140.0
FEELS = ("swing", "straight")
NO_CHORD = ("NC", "N.C.")
MOST_BARS = 2000
_BARS_A_LINE = 4
_LONGEST_QUOTE = 120  # characters of what cannot be read that an error repeats
_MOST_TIMES = 64

_HEADER = re.compile(r"\s*([A-Za-z][A-Za-z ]*?)\s*:(?!\|)\s*(.*?)\s*")
_COMMENT = re.compile(r"(?:^|(?<=\s))#(?:\s.*)?$|^\s*#.*$")
_KEY = re.compile(
    r"[A-G][b#♭♯]?(?:\s*(?:m|-|min|minor|maj|major|dorian|phrygian|lydian|mixolydian))?"
)
_TOKEN = re.compile(
    r"(?P<turn>:\|\|?:)"
    r"|(?P<close>:\|\|?(?:\s*x\s*(?P<times>\d+))?)"
    r"|(?P<open>\|\|?:)"
    r"|(?P<line>\|\||\|\]|\|)"
    r"|\[(?P<label>[^\]\[|]*)\]"
    r"|(?P<word>[^\s|\[(:]+(?:\([^)|]*\)[^\s|\[(:]*)*|\S)"
)

_Changes = list[tuple[int, "Chord | None"]]  # (tick within the bar, chord)


@dataclass
class _Bar:
    changes: _Changes
    label: str = ""


@dataclass
class _Written:
    """What has been read: the bars as written, of which the repeated ones are played again."""

    bars: list[_Bar] = field(default_factory=list)  # as played
    count: int = 0  # as written
    repeat_from: int | None = None  # index in `bars` where the open repeat began
    repeat_bar: int = 0  # and its number as written
    label: str = ""  # waits for the next bar


class _Parser:
    def __init__(self, title: str, source: str) -> None:
        self.header = {"title": title}
        self.meter = Meter(4)
        self.tempo_bpm = DEFAULT_TEMPO_BPM
        self.feel = FEELS[0]
        self.source = source
        self.written = _Written()
        self.line = 0
        self.lines = 0

    # -- where we are, for messages

    def _place(self) -> str:
        """Line and file, as far as they say anything: " (line 3 of 'tune.txt')"."""
        line = f"line {self.line}" if self.lines > 1 or self.source else ""
        if not line:
            return ""
        return f" ({line} of {self.source!r})" if self.source else f" ({line})"

    def _fail(self, what: str, expected: str) -> NoReturn:
        if len(what) > _LONGEST_QUOTE:
            what = f"{what[:_LONGEST_QUOTE]} ..."
        raise ChartError(f"{what}{self._place()}: expected {expected}.")

    # -- lines

    def parse(self, text: str) -> Chart:
        lines = text.splitlines()
        self.lines = len(lines)
        for self.line, line in enumerate(lines, start=1):
            line = _COMMENT.sub("", line)
            header = (
                _HEADER.fullmatch(line) if "|" not in line or ":" in line.split("|")[0] else None
            )
            if header:
                self._read_header(header[1].lower(), header[2])
            elif line.strip():
                self._read_bars(line)
        if self.written.repeat_from is not None:
            self._fail(
                f"The repeat '|:' at bar {self.written.repeat_bar} is never closed", "':|' after it"
            )
        if self.written.label:
            self._fail(
                f"No bar follows the section label '[{self.written.label}]'", "bars after it"
            )
        if not self.written.bars:
            what = f"The chart {self.source!r} is empty" if self.source else "The chart is empty"
            raise ChartError(f"{what}: expected bars of chords, as in '| Dm7 | G7 | Cmaj7 | % |'.")
        return self._chart()

    def _read_header(self, name: str, value: str) -> None:
        if name not in ("title", "tempo", "meter", "key", "feel"):
            self._fail(
                f"Cannot use header {name!r}",
                "Title, Tempo, Meter, Key or Feel, or bars between '|'",
            )
        if self.written.count:
            self._fail(
                f"The header {name!r} stands below bar {self.written.count}",
                "headers above the bars",
            )
        if name == "tempo":
            self._read_tempo(value)
        elif name == "meter":
            try:
                self.meter = Meter.parse(value)
            except ChartError as error:
                raise ChartError(f"{str(error).rstrip('.')}{self._place()}.") from None
        elif name == "key" and not _KEY.fullmatch(value):
            self._fail(
                f"Cannot read key {value!r}", "a note and maybe minor, as in 'Bb' or 'C minor'"
            )
        elif name == "feel":
            self.feel = value.lower()
            if self.feel not in FEELS:
                self._fail(f"Cannot use feel {value!r}", " or ".join(FEELS))
        self.header[name] = value

    def _read_tempo(self, value: str) -> None:
        if re.fullmatch(r"\d{1,4}(\.\d{1,3})?", value):
            self.tempo_bpm = float(value)
            if SLOWEST_BPM <= self.tempo_bpm <= FASTEST_BPM:
                return
        self._fail(
            f"Cannot use tempo {value!r}", f"a number from {SLOWEST_BPM} to {FASTEST_BPM} bpm"
        )

    # -- bars

    def _read_bars(self, line: str) -> None:
        """Read one line; a bar ends at a bar line or at the end of the line."""
        words: list[str] = []
        after_line = False  # whether a bar line of this line is directly before
        for token in _TOKEN.finditer(line):
            if token["word"]:
                words.append(token["word"])
                continue
            if token["label"] is not None:
                self._read_label(token["label"].strip(), words)
                continue
            if words:
                self._add_bar(words)
                words = []
            elif after_line and token["line"]:
                self._fail(
                    f"Bar {self.written.count + 1} is empty",
                    "a chord, 'NC', or '%' for the bar before",
                )
            if token["close"] or token["turn"]:
                self._close_repeat(token["times"])
            if token["open"] or token["turn"]:
                self._open_repeat()
            after_line = bool(token["line"])
        if words:
            self._add_bar(words)

    def _read_label(self, label: str, words: list[str]) -> None:
        if words or not label or self.written.label:
            self._fail(
                f"The section label '[{label}]' stands at the wrong place in bar {self.written.count + 1}",
                "one label, as '[A]', before the first chord of a bar",
            )
        self.written.label = label

    def _open_repeat(self) -> None:
        written = self.written
        if written.repeat_from is not None:
            self._fail(
                f"The repeat '|:' at bar {written.count + 1} stands inside the one at bar "
                f"{written.repeat_bar}",
                "':|' before the next '|:'",
            )
        written.repeat_from, written.repeat_bar = len(written.bars), written.count + 1

    def _close_repeat(self, times: str | None) -> None:
        written = self.written
        if written.repeat_from is None or written.repeat_from == len(written.bars):
            self._fail(
                f"The repeat ':|' after bar {written.count} has no bars to repeat",
                "'|:' before them",
            )
        count = int((times or "2")[:6])
        if not 2 <= count <= _MOST_TIMES:
            self._fail(
                f"Cannot repeat 'x{times}' after bar {written.count}", f"x2 to x{_MOST_TIMES}"
            )
        again = written.bars[written.repeat_from :]
        if len(written.bars) + len(again) * (count - 1) > MOST_BARS:
            self._fail(f"The chart is too long at bar {written.count}", f"at most {MOST_BARS} bars")
        written.bars += again * (count - 1)
        written.repeat_from = None

    def _add_bar(self, words: list[str]) -> None:
        written = self.written
        written.count += 1
        if len(written.bars) >= MOST_BARS:
            self._fail(f"The chart is too long at bar {written.count}", f"at most {MOST_BARS} bars")
        if words == ["%"]:
            if not written.bars:
                self._fail("Bar 1 is '%' but no bar is before it", "a chord in the first bar")
            changes = written.bars[-1].changes
        else:
            changes = self._read_changes(words)
        written.bars.append(_Bar(changes, written.label))
        written.label = ""

    def _read_changes(self, words: list[str]) -> _Changes:
        bar = self.written.count
        beats = self.meter.beats_per_bar
        if "%" in words:
            self._fail(
                f"Bar {bar} has '%' beside chords", "'%' alone in its bar, or '/' for one beat more"
            )
        slashes = [word for word in words if word in ("/", ".")]
        if len(words) > beats:
            self._fail(
                f"Bar {bar} has {len(words)} chords or beats: {' '.join(words)!r}",
                f"at most {beats}, one for each beat of {self.meter}",
            )
        if slashes and beats % len(words):
            self._fail(
                f"Bar {bar} counts {len(words)} beats with '/': {' '.join(words)!r}",
                f"{beats} in {self.meter}",
            )
        changes: _Changes = []
        for tick, word in zip(_slots(len(words), self.meter), words, strict=True):
            if word not in ("/", "."):
                changes.append((tick, self._read_chord(word)))
            elif not changes:
                if not self.written.bars:
                    self._fail(f"Bar 1 begins with {word!r} but no chord is before it", "a chord")
                changes.append((0, self.written.bars[-1].changes[-1][1]))
        return changes

    def _read_chord(self, word: str) -> Chord | None:
        if word.upper() in NO_CHORD:
            return None
        return parse_chord(word, f"bar {self.written.count}{self._place()}")

    # -- the chart

    def _chart(self) -> Chart:
        bar_tick = self.meter.ticks_per_bar
        changes: _Changes = []
        sections = []
        for index, bar in enumerate(self.written.bars):
            if bar.label:
                sections.append((index * bar_tick, bar.label))
            for tick, chord in bar.changes:
                if not changes or changes[-1][1] != chord:
                    changes.append((index * bar_tick + tick, chord))
        return Chart(
            title=self.header["title"],
            meter=self.meter,
            tempo_bpm=self.tempo_bpm,
            changes=tuple(changes),
            length_tick=len(self.written.bars) * bar_tick,
            key=self.header.get("key", ""),
            feel=self.feel,
            sections=tuple(sections),
        )


def _slots(count: int, meter: Meter) -> list[int]:
    """Where `count` chords of a bar begin: evenly on beats, else one a beat and the last holds."""
    beats = meter.beats_per_bar // count if meter.beats_per_bar % count == 0 else 1
    return [index * beats * meter.ticks_per_beat for index in range(count)]


def parse_chart(text: str, *, title: str = "", source: str = "") -> Chart:
    """Read a chart; ChartError names the chord or mark, its bar (as written) and what was expected.

    `title` is used where the text has none; `source` names the file in messages. Chords that go on are
    one change, so `changes` holds only true changes.
    """
    return _Parser(title, source).parse(text)


def print_chart(chart: Chart) -> str:
    """Write a chart as text that parses to an equal chart, repeats written out, four bars a line.

    ChartError where it cannot be said in this language: a chord off the beat, an unfinished bar.
    """
    bar_tick = chart.meter.ticks_per_bar
    if chart.length_tick % bar_tick:
        raise ChartError(
            f"Cannot print chart {chart.title!r}: its last bar is cut short, expected whole bars."
        )
    title = " ".join(chart.title.split())
    tempo = f"{chart.tempo_bpm:.3f}".rstrip("0").rstrip(".")
    lines = [f"Title: {title}"] if title else []
    lines += [f"Tempo: {tempo}", f"Meter: {chart.meter}"]
    lines += [f"Key: {chart.key}"] if chart.key else []
    lines += [f"Feel: {chart.feel}", ""]
    labels = dict(chart.sections)
    before = ""
    row: list[str] = []
    for bar in range(chart.bars):
        label = labels.get(bar * bar_tick)
        if row and (label or len(row) == _BARS_A_LINE):
            lines.append("| " + " | ".join(row) + " |")
            row = []
        if label:
            lines.append(f"[{label}]")
        text = _print_bar(chart, bar)
        row.append("%" if text == before else text)
        before = text
    lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def _print_bar(chart: Chart, bar: int) -> str:
    changes = chart.changes_in_bar(bar)
    changes = changes[:1] + [new for old, new in pairwise(changes) if old[1] != new[1]]
    names = [chord.text if chord else "NC" for _, chord in changes]
    ticks = [tick for tick, _ in changes]
    beats = chart.meter.beats_per_bar
    if len(ticks) <= beats and ticks == _slots(len(ticks), chart.meter):
        return " ".join(names)
    slots = ["/"] * beats
    for tick, name in zip(ticks, names, strict=True):
        beat, rest = divmod(tick, chart.meter.ticks_per_beat)
        if rest:
            raise ChartError(
                f"Cannot print chart {chart.title!r}: {name!r} in bar {bar + 1} begins between beats, "
                "expected chords on beats."
            )
        slots[beat] = name
    return " ".join(slots)
