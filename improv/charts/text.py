"""Charts as text: bars between bar lines, header lines above. The whole language is in docs/charts.md.

    Title: A blues
    Tempo: 140
    | F7 | Bb7 | F7 | Cm7 F7 |        chords of a bar share it
    | Bb7 | % | F7 / / D7 |           % the bar before, / one beat more of the same chord
    |: Gm7 | C7 |1. F7 :|2. Bb7 |     repeats and their endings
    | 3/4 C7 | 4/4 F7 | D.C. al Fine  meters and jumps

text -> lines -> tokens -> bars as written (`text_bars`) -> `improv.charts.written.chart_of` -> Chart.
`improv.charts.text_print.print_chart` goes back.
"""

from __future__ import annotations

import re

from improv.charts.doubts import Doubts
from improv.charts.feel_words import behind_intro, feel_in, section_in
from improv.charts.text_bars import BarReader
from improv.charts.text_words import (
    HEADER,
    HEADERS,
    HEADERS_ALSO,
    KEY,
    SECTION,
    Place,
    without_comment,
)
from improv.charts.written import chart_of, coda_of
from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.feel import DEFAULT_FEEL, FEELS, parse_feel
from improv.music.meter import Meter
from improv.music.tempo import FASTEST_BPM, SLOWEST_BPM

_LONGEST_HEADER = 40
_TEMPO = re.compile(r"(?:[♩q]\s*=\s*)?(\d{1,4}(?:\.\d{1,3})?)\s*(?:bpm)?", re.IGNORECASE)
_MODE = re.compile(r"[A-Za-z]{3,}")  # M alone is no m


class _Parser:
    def __init__(self, title: str, source: str) -> None:
        self.header = {"title": title}
        self.tempo_bpm: float | None = None
        self.feel = ""
        self.place = Place(source)
        self._fail = self.place.fail
        self.doubts = Doubts()
        self.bars = BarReader(self.place, self.doubts)

    def parse(self, text: str) -> Chart:
        """The chart of the whole text."""
        lines = text.removeprefix("\ufeff").splitlines()
        self.place.counted = len(lines) > 1
        for self.place.line, line in enumerate(lines, start=1):
            line = without_comment(line)
            name = line.split("|")[0].split(":")
            header = (
                HEADER.fullmatch(line)
                if len(name) > 1 and len(name[0]) <= _LONGEST_HEADER
                else None
            )
            section = SECTION.fullmatch(line)
            if section and section_in(section[1]):
                self.bars.read_line(f"[{section[1]}] {section[2]}")
            elif header:
                self._read_header(header[1].lower(), header[2])
            elif line.strip():
                self.bars.read_line(line)
        bars = self.bars.finish()
        if not bars:
            source = self.place.source
            what = f"The chart {source!r} is empty" if source else "The chart is empty"
            raise ChartError(f"{what}: expected bars of chords, as in '| Dm7 | G7 | Cmaj7 | % |'.")
        style = self.header.get("style", "")
        feel = self.feel or feel_in(style) or DEFAULT_FEEL
        with self.place.added():
            return chart_of(
                bars,
                title=self.header["title"],
                tempo_bpm=self.tempo_bpm or FEELS[feel].tempo_bpm,
                key=self.header.get("key", ""),
                feel=feel,
                composer=self.header.get("composer", ""),
                style=style,
                first=behind_intro([bar.label for bar in bars[: coda_of(bars)]]),
                warnings=self.doubts.warnings,
            )

    def _read_header(self, name: str, value: str) -> None:
        name = HEADERS_ALSO.get(name, name)
        if name not in HEADERS:
            listed = ", ".join(header.title() for header in HEADERS)
            self._fail(f"Cannot use header {name!r}", f"one of {listed}, or bars between '|'")
        if self.bars.bars:
            self._fail(
                f"The header {name!r} stands below bar {len(self.bars.bars)}",
                "headers above the bars",
            )
        if name == "tempo":
            self._read_tempo(value)
        elif name == "meter":
            with self.place.added():
                self.bars.meter = Meter.parse(value)
        elif name == "key":
            said, value = value, _MODE.sub(lambda mode: mode[0].lower(), value)
            if not KEY.fullmatch(value):
                self._fail(
                    f"Cannot read key {said!r}", "a note and maybe minor, as in 'Bb' or 'C minor'"
                )
        elif name == "feel":
            with self.place.added():
                self.feel = parse_feel(value)
        self.header[name] = " ".join(value.split())

    def _read_tempo(self, value: str) -> None:
        if found := _TEMPO.fullmatch(value):
            self.tempo_bpm = float(found[1])
            if SLOWEST_BPM <= self.tempo_bpm <= FASTEST_BPM:
                return
        self._fail(
            f"Cannot use tempo {value!r}", f"a number from {SLOWEST_BPM} to {FASTEST_BPM} bpm"
        )


def parse_chart(text: str, *, title: str = "", source: str = "") -> Chart:
    """Read a chart; ChartError names the chord or mark, its bar (as written) and what was expected.

    `title` is used where the text has none; `source` names the file in messages. Chords that go on are
    one change, so `changes` holds only true changes.
    """
    return _Parser(title, source).parse(text)
