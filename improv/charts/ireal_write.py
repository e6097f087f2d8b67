"""Write a chart as an iReal Pro link; `improv.charts.ireal.song_chart` reads the same form back.

A bar takes four cells where its chords lie on the parts of a four-cell bar, so that a line of 16 cells has
four bars; else a cell for each beat, or for each half of one. Repeats are written out, and a last chorus that
differs as a coda or with END, as iReal does. Sections and remarks that would be obeyed ("D.C. al Fine" over
bars that are written out) are quoted. What is not said: tempos between whole beats a minute, modes but major
and minor, and where choruses begin.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import NoReturn

from improv.charts.ireal_cells import METERS, cells_of, counts_of, says_meter
from improv.charts.ireal_link import Song, link_of
from improv.charts.ireal_marks import meaning_of, plain_text, quoted, section_of
from improv.charts.ireal_music import SECTIONS
from improv.charts.ireal_styles import GROOVES
from improv.charts.written import WrittenBar, bars_of, same_bars
from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.chord import Chord, parse_chord, print_chord
from improv.music.meter import Meter
from improv.music.pitch import parse_pc_name

QUALITIES = (
    "|^7|^|7|-|-7|6|-6|69|-69|h7|o7|o|+|sus|7sus|9|^9|-9|13|^13|-11|7b9|7#9|7b5|7#5|7#11|7alt|^7#11|^9#11|^7#5"
    "|-^7|-^9|h9|9sus|13sus|7b9sus|7b13sus|7susadd3|add9|2|5|-b6|-#5|7b13|9#11|13#11|11|9b5|9#5|13b9|13#9|7b9b13"
    "|7b9#5|7b9b5|7b9#9|7#9#5|7#9b5|7#9#11|7b9#11"
).split("|")
"""The qualities iReal Pro has, the usual one of equal ones first; others are written as its free text."""

_ALTERNATE = re.compile(r"\([A-G][^()<>|\[\]{}]*\)")
_LETTERS = re.compile(r"[A-Z]")
_MARKS = {label: mark for mark, label in reversed(SECTIONS.items())}
_METER_DIGITS = {text: digits for digits, text in METERS.items()}
_KEYS = ("A", "Bb", "B", "C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab")
_MINOR_KEYS = ("A", "Bb", "B", "C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#")


def write_ireal(chart: Chart) -> str:
    """The `irealb://` link of a chart. ChartError names what iReal cannot say, with its bar."""
    style, groove = GROOVES[chart.feel]
    pulse = 2 / 3 if chart.meter.is_compound else 1
    song = Song(
        title=chart.title,
        composer=chart.composer,
        style=chart.style or style,
        key=_key(chart),
        groove=groove,
        tempo_bpm=round(chart.tempo_bpm * pulse),
    )
    return link_of([(song, write_music(chart))])


def write_music(chart: Chart) -> str:
    """The music of a chart as iReal's tokens, not scrambled."""
    bars = _bars(chart)
    written = list(bars)
    leaves = coda = ends = -1
    if chart.last is not None:
        last = _bars(chart.last)
        same = same_bars(bars, last)
        if not same:
            _refuse(chart, "its last chorus has another first bar", "one with the same beginning")
        if same == len(last):
            ends = same - 1
        else:
            leaves = same - 1 if same < len(bars) else -1
            coda = len(bars)
            written += last[same:]
    out: list[str] = []
    before: tuple[str, Meter] | None = None
    for at, (label, meter, remarks, cells) in enumerate(written):
        starts = bool(label) or at in (0, coda)
        if starts and not -1 < coda < at:  # all that follows the coda's bar line is coda
            out.append("]" * bool(out) + "[")
        elif out:
            out.append("|")
        out.append(_section(label if label != "Coda" or coda in (-1, at) else ""))
        out.append("Q" * (at == coda))
        if before is None or meter != before[1]:
            out.append(
                "T" + _METER_DIGITS.get(str(meter), f"{meter.beats_per_bar}{meter.beat_unit}")
            )
        out += remarks
        out.append("U<Fine>" * (at == ends))
        again = before == (cells, meter) and not starts
        out.append(" x  " if again else cells)
        out.append("Q" * (at == leaves))
        before = (cells, meter)
    return "".join(out) + "Z"


def _refuse(chart: Chart, what: str, expected: str) -> NoReturn:
    raise ChartError(f"iReal Pro cannot say {chart.title!r}: {what}, expected {expected}.")


def _section(label: str) -> str:
    if label in _MARKS:
        return f"*{_MARKS[label]}"
    if _LETTERS.fullmatch(label):
        return f"*{label}"
    words = _words(label)
    if not words or (section_of(words) == words and not meaning_of(words)[0]):
        return f"<{words}>" if words else ""
    return f"<[{' '.join(words.replace('[', ' ').replace(']', ' ').split())}]>"


def _words(text: str) -> str:
    return " ".join(re.sub(r"[<>=]", " ", text).split())


def _bars(chart: Chart) -> list[tuple[str, Meter, tuple[str, ...], str]]:
    """(section, meter, remarks, cells) of every bar."""
    bars = []
    for number, bar in enumerate(bars_of(chart), start=1):
        if not says_meter(bar.meter):
            _refuse(
                chart, f"bar {number} is in {bar.meter}", "a meter such as 4/4, 3/4, 6/8 or 12/8"
            )
        if bar.length_tick:
            _refuse(chart, f"bar {number} is cut short", "whole bars")
        remarks = [_remark(text, bar.label) for text in bar.remarks]
        bars.append(
            (bar.label, bar.meter, tuple(filter(None, remarks)), _cells(chart, number, bar))
        )
    return bars


def _remark(text: str, label: str) -> str:
    if _ALTERNATE.fullmatch(text) or not (words := _words(text)):
        return text if _ALTERNATE.fullmatch(text) else ""
    is_taken = meaning_of(words)[0] or any(quoted(words)) or (section_of(words) and not label)
    if is_taken or plain_text(words) != words:
        words = f"«{words.replace('»', ' ').replace('«', ' ').strip()}»"
    return f"<{words}>"


def _cells(chart: Chart, number: int, bar: WrittenBar) -> str:
    ticks = [tick for tick, _ in bar.changes]
    for count in counts_of(bar.meter):
        at = cells_of(ticks, count, bar.meter)
        if at:
            words = [" "] * count
            for cell, (_, chord) in zip(at, bar.changes, strict=True):
                words[cell] = _spell(chord)
            return "".join(
                f"{word}," if word != " " and following != " " else word
                for word, following in pairwise([*words, " "])
            )
    said = " ".join(map(print_chord, (chord for _, chord in bar.changes)))
    _refuse(
        chart,
        f"bar {number} is {said!r} with chords between beats",
        "chords on beats or in the middle of them",
    )


def _spell(chord: Chord | None) -> str:
    if chord is None:
        return "n"
    if chord.upper is not None:
        root = chord.upper.root_name
        return f"{root}*{chord.text[len(root) :]}*"
    kind = chord.text[len(chord.root_name) :]
    bass = ""
    if chord.bass_pc != chord.root_pc:
        kind, _, name = kind.rpartition("/")
        bass = f"/{name}"
    quality = _qualities().get(kind)
    return chord.root_name + (f"*{kind}*" if quality is None else quality) + bass


@lru_cache(maxsize=1)
def _qualities() -> dict[str, str]:
    """What this program prints behind the root -> how iReal writes it."""
    found: dict[str, str] = {}
    for quality in QUALITIES:
        found.setdefault(parse_chord("C" + quality).text[1:], quality)
    return found


def _key(chart: Chart) -> str:
    """The key as iReal knows it; that of the first chord where the chart says none."""
    found = re.match(r"([A-G])([b#♭♯]?)\s*(.*)", chart.key)
    if not found:
        first = next((chord for _, chord in chart.changes if chord is not None), None)
        return f"{first.root_name}{'-' if first.quality == 'min' else ''}" if first else "C"
    name = found[1] + found[2].replace("♭", "b").replace("♯", "#")
    minor = bool(re.match(r"(?:m(?!aj|ixo)|-|dor|aeo|phr|loc)", found[3], re.IGNORECASE))
    if name in (_MINOR_KEYS if minor else _KEYS):
        return name + "-" * minor
    pc = parse_pc_name(name)
    names = _MINOR_KEYS if minor else _KEYS
    return next(n for n in names if parse_pc_name(n) == pc) + "-" * minor
