"""The words of the text form of a chart, which its reader and its printer share.

The whole language is in docs/charts.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import NoReturn

from improv.errors import ChartError
from improv.music.meter import Meter

HEADERS = ("title", "composer", "style", "tempo", "meter", "key", "feel")
HEADERS_ALSO = {
    "artist": "composer",
    "by": "composer",
    "bpm": "tempo",
    "time": "meter",
    "time signature": "meter",
}
"""Other names of headers."""
BARS = "|¦│｜"
"""Bar lines, the last ones as other programs and keyboards write them."""
AS_BEFORE = ("%", "x", "𝄎")
"""Alone in a bar: repeat the bar before."""
GRAINS = (1, 2, 3, 4)
"""Into how many parts a beat may be counted, for chords between beats."""

_LONGEST_QUOTE = 120  # characters of what cannot be read that an error repeats

HEADER = re.compile(r"\s*([A-Za-z][A-Za-z ]*?)\s*:(?!\|)\s*(.*?)\s*")
KEY = re.compile(
    r"[A-G][b#♭♯]?(?:\s*(?:m|-|min|minor|maj|major|ionian|dorian|phrygian|lydian|mixolydian"
    r"|aeolian|locrian))?"
)
_COMMENT = re.compile(
    r'(?P<kept>"[^"]*"|\[[^\]\[|]*\])'  # a '#' in a remark or a label is no comment
    r"|(?:^|(?<=\s))#(?:\s.*)?$|^\s*#.*$"
)

_UNSEEN = "\ufeff\u200b\u2060"  # what is pasted may hold characters without a width
_BAR = f"[{BARS}]"
_END = rf'(?=[\s{BARS}:"“\[]|$)'
_IN_WORD = rf'[^\s{BARS}{_UNSEEN}\[(:"“”𝄋𝄌]'
_NTH = r"(?:st|nd|rd|th)"
_CODA = rf"(?:(?:\d{_NTH}|first|second|double)\s+)?(?:coda|𝄌)(?:\s\d(?![\d.]))?"
_UNTIL = (
    rf"(?:al|alla|to|then|and|e)\s*(?:the\s+)?(?:fine|{_CODA}"
    rf"|\d{{1,2}}\.?{_NTH}?(?:\s+end(?:ing|\.)?)?)"
)
_FROM = r"(?:(?i:d\.\s?[cs])\.?(?:\s?(?i:s)\.)?|D[CS]\.?|(?i:da\s?capo|dal\s?segno))"
_MARK = rf"(?i:(?:to|al)\s+(?:the\s+)?{_CODA}|to\s*𝄌|coda(?:\s\d(?![\d.]))?|fine|segno(?:\s\d(?![\d.]))?)"
TOKEN = re.compile(
    rf"(?P<turn>:{_BAR}{{1,2}}:)"
    rf"|(?P<close>:{_BAR}{{1,2}}(?:\s*\(?(?i:(?:play|repeat)\s*)?"
    r"(?:[x×]\s*(?P<times>\d+)|(?P<times_x>\d+)\s*(?:[x×]|(?i:times)))\)?(?!\w))?)"
    rf"|(?P<open>{_BAR}{{1,2}}:)"
    rf"|(?P<double>{_BAR}{{2}}|{_BAR}\])"
    rf"|(?P<line>{_BAR})"
    r"|\[(?P<label>[^\]\[|]*)\]"
    r'|"(?P<remark>[^"]*)"|“(?P<curly>[^“”"]*)”'
    rf"|(?P<meter>\d{{1,3}}/\d{{1,3}}){_END}"
    r"|(?P<ending>\d{1,2}(?:\s*[,-]\s*\d{1,2})*\.)"
    rf"|(?P<jump>\({_FROM}[^()|]{{0,40}}\)|{_FROM}(?:\s*𝄋)?(?:,?\s*(?i:{_UNTIL}))?{_END})"
    rf"|(?P<mark>\({_MARK}\)|{_MARK}{_END}|𝄋|𝄌)"
    rf"|(?P<word>{_IN_WORD}+(?:\([^)|]*\){_IN_WORD}*)*|[^\s{_UNSEEN}])"
)

SECTION = re.compile(rf"\s*([A-Za-z][\w' ]{{0,20}}?)\s*:(?!{_BAR})(.*)")
"""A section named before its bars, as in `Bridge: | C |`."""
METER_LIKE = re.compile(r"\d{1,3}\s*/\s*\d{1,3}")

_CAPITAL = "a capital letter for the root, as in 'Dm7'"
_DEGREES = "chords by name, as 'Dm7', not by degree"
WORDS = "words in quotes over their bar, or as 'Title: ...' above the bars"
MEANT_AS_CHORDS = ("", _CAPITAL, _DEGREES, WORDS)
"""Hints for what takes the place of a chord and nothing else: it can be named and passed over."""
_HINTS = (
    (r"\(?[x×]\d+\)?|\d+[x×]", "'|: C | F :|x3' for bars that are played three times"),
    (
        r"\(?\d{1,2}\)?|\d.*",
        "an ending as '1.' at the beginning of its bar, or a chord by its name",
    ),
    (
        r"[b#♭♯]?[iv]{1,4}(?![a-z]{3}).*|[b#♭♯]?[IV]{1,4}(?![a-z]{3}).*",
        _DEGREES,
    ),
    (r"//(?!/).*|;.*|#.*", "'# ' before a comment"),
    (
        r"[-_*~]+|\.{2,}|/{2,}|[A-G].*/{2,}|[A-G].*\.{3}|→|->",
        "'/' for one more beat of the chord before, with blanks around it",
    ),
    (r"%%|r|𝄍|𝄏|same|sim\.?|simile|repeat", "'%' alone in a bar for the bar before"),
    (r"\(.*", "what is no chord to play in quotes, as '\"(G7)\"'"),
    (
        r"[a-g][b#♭♯]?(?:[\d(^Δøo°+-]|m|ma|mi|sus|dim|aug|alt|$).*",
        _CAPITAL,
    ),
    (
        r"(?![A-G])[A-Za-z']{2,}[.,!?]?",
        WORDS,
    ),
)
"""Patterns, and what was meant by what fits them."""


def hint_for(word: str) -> str:
    """A hint at what was probably meant by this word instead of a chord; empty if unknown."""
    return next((hint for pattern, hint in _HINTS if re.fullmatch(pattern, word)), "")


class Place:
    """Where the reader is, for messages: " (line 3 of 'tune.txt')", without the parts that say nothing."""

    def __init__(self, source: str = "") -> None:
        self.source = source
        self.line = 0
        self.counted = False
        """Whether there is more than one line."""

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line and (self.counted or self.source) else ""
        of = " of " if line and self.source else ""
        return (
            f" ({line}{of}{repr(self.source) if self.source else ''})"
            if line or self.source
            else ""
        )

    def fail(self, what: str, expected: str) -> NoReturn:
        """Raise the ChartError that says what is wrong here, and what was expected."""
        if len(what) > _LONGEST_QUOTE:
            what = f"{what[:_LONGEST_QUOTE]} ..."
        raise ChartError(f"{what}{self}: expected {expected}.")

    @contextmanager
    def added(self) -> Iterator[None]:
        """Add the place to ChartErrors raised inside."""
        try:
            yield
        except ChartError as error:
            raise ChartError(f"{str(error).rstrip('.')}{self}.") from None


def without_comment(line: str) -> str:
    """The line up to its comment: `#` and a space, or a `#` at the start."""
    return _COMMENT.sub(lambda found: found["kept"] or "", line)


def read_endings(text: str) -> tuple[int, ...]:
    """The passes of "1.", "1,2." or "1-3."; empty where they do not ascend from 1."""
    passes: list[int] = []
    for part in text.rstrip(".").split(","):
        first, _, last = (number.strip() for number in part.partition("-"))
        passes += range(int(first), int(last or first) + 1)
    rising = all(a < b for a, b in pairwise(passes))
    return tuple(passes) if passes and rising and passes[0] > 0 else ()


def slots(count: int, meter: Meter) -> list[int]:
    """Where `count` words of a bar begin, in ticks: even parts on beats, or whole fractions of beats.

    Where neither fits, two part the bar with the longer half first, as 5/4 and 7/4 are counted (3+2, 4+3;
    9/8 in dotted beats); more have one beat each and the last holds. Empty where they are too many.
    """
    beats, beat_tick = meter.beats_per_bar, meter.ticks_per_beat
    if count == 2 and _has_no_half(meter):
        group = 3 if meter.is_compound else 1
        return [0, (beats // group + 1) // 2 * group * beat_tick]
    if count > beats:
        grain, rest = divmod(count, beats)
        if rest or grain not in GRAINS or beat_tick % grain:
            return []
        return [index * beat_tick // grain for index in range(count)]
    step = beats // count if beats % count == 0 else 1
    return [index * step * beat_tick for index in range(count)]


def is_written(ticks: list[int], meter: Meter) -> bool:
    """Whether chords at these ticks of a bar are all on beats, or on the same fraction of beats."""
    parts = [meter.ticks_per_beat // grain for grain in GRAINS if not meter.ticks_per_beat % grain]
    return any(all(tick % part == 0 for tick in ticks) for part in parts)


def need_no_slashes(ticks: list[int], meter: Meter) -> bool:
    """Whether chords at these ticks are clear to a reader without slashes: an uneven half is not."""
    uneven = len(ticks) == 2 and _has_no_half(meter)
    return ticks == slots(len(ticks), meter) and not uneven


def with_slashes(
    names: Sequence[str], ticks: list[int], meter: Meter, *, dotted: bool = False
) -> str:
    """Chords at these ticks as the words of a bar: alone where that is clear, else with a `/` for each beat
    between, or each part of one; empty where no part has room for all. `dotted`: dotted beats come first."""
    if need_no_slashes(ticks, meter):
        return " ".join(names)
    parts = [meter.ticks_per_beat // grain for grain in GRAINS if not meter.ticks_per_beat % grain]
    if dotted and meter.is_compound:
        parts.insert(0, 3 * meter.ticks_per_beat)
    for part_tick in parts:
        if all(tick % part_tick == 0 for tick in ticks):
            words = ["/"] * (meter.ticks_per_bar // part_tick)
            for tick, name in zip(ticks, names, strict=True):
                words[tick // part_tick] = name
            return " ".join(words)
    return ""


def _has_no_half(meter: Meter) -> bool:
    """Whether a bar cannot be parted in two on a beat."""
    return meter.beats_per_bar > 1 and meter.beats_per_bar % 2 == 1
