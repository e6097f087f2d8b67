"""The bars of a chart as text: the tokens of a line -> bars as written, marks and repeats with them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from improv.charts.doubts import Doubts, looks_like_chord, nearest
from improv.charts.form import say_unobeyed, settle
from improv.charts.text_words import (
    AS_BEFORE,
    BARS,
    MEANT_AS_CHORDS,
    METER_LIKE,
    TOKEN,
    WORDS,
    Place,
    hint_for,
    read_endings,
    slots,
)
from improv.charts.written import MOST_BARS, Jump, WrittenBar
from improv.errors import ChartError
from improv.music.chord import Chord, parse_chord_or_nc
from improv.music.meter import Meter

if TYPE_CHECKING:
    from improv.charts.form_words import Way

_MOST_WORDS = 200  # in one bar
_MOST_TIMES = 64

_Changes = tuple[tuple[int, "Chord | None"], ...]  # (tick within the bar, chord)

_FIELD = {"ending": "endings"}
_SAID = {"label": "section label", "meter": "meter", "ending": "ending", "mark": "mark"}
_AS_IN = {
    "label": "'[A]'",
    "meter": "'3/4'",
    "ending": "'1.'",
}
"""Kind of mark -> how it is written."""


@dataclass
class _Next:
    """What stands before the first chord of the bar to come, and its chords as far as they are read."""

    label: str = ""
    opens: bool = False
    endings: tuple[int, ...] = ()
    segno: int = 0
    coda: int = 0
    meter: str = ""
    remarks: tuple[str, ...] = ()
    words: list[str] = field(default_factory=list)
    ends: list[tuple[str, str]] = field(default_factory=list)  # marks behind the chords: kind, text

    def first(self) -> str:
        """The first mark that waits for a bar, as it is written."""
        marks = {
            f"[{self.label}]": self.label,
            f"{','.join(map(str, self.endings))}.": self.endings,
            "Segno": self.segno,
            "Coda": self.coda,
            self.meter: self.meter,
            f'"{"".join(self.remarks[:1])}"': self.remarks,
        }
        return next((text for text, there in marks.items() if there), "")


class BarReader:
    """Reads line after line; `bars` is what it has read so far, `meter` that of the bar to come."""

    def __init__(self, place: Place, doubts: Doubts) -> None:
        self.doubts = doubts
        self.bars: list[WrittenBar] = []
        self.meter = Meter(4)
        self.place = place
        self._fail = place.fail
        self.next = _Next()
        self.repeat_bar = 0  # the number of the bar where the open repeat began
        self.passes: tuple[int, ...] = ()  # of the endings of the repeat so far
        self.in_ending = False
        self.marked = False  # a mark of the bar before stands behind its bar line

    @property
    def _bar(self) -> int:
        """The number of the bar that is being read."""
        return len(self.bars) + 1

    def finish(self) -> list[WrittenBar]:
        """The bars as written; ChartError where something waits for a bar."""
        if self.repeat_bar:
            self._fail(f"The repeat '|:' at bar {self.repeat_bar} is never closed", "':|' after it")
        if waiting := self.next.first():
            self._fail(f"No bar follows {waiting!r}", "bars after it")
        self.place.line = 0  # from here on it is the bar, not the last line
        self.doubts.check()
        return settle(self.bars, lambda index: f"bar {index + 1}{self.place}", self.doubts)

    # -- the tokens of bars

    def read_line(self, line: str) -> None:
        """Read one line; a bar ends at a bar line or at the end of the line."""
        after_line = False  # whether a bar line of this line is directly before
        self.marked = False
        self._refuse_words(line)
        for token in TOKEN.finditer(line):
            kind = token.lastgroup or "word"
            text = token[kind]
            if kind in ("turn", "close", "open", "double", "line"):
                times = token["times"] or token["times_x"]
                self._read_bar_line(kind, times, after_line)
                after_line = kind in ("double", "line")
                self.marked = False
            elif kind == "word":
                self._read_word(text)
            elif kind in ("remark", "curly"):
                self._read_remark(" ".join(text.split()))
            elif kind == "jump" or (kind == "mark" and self._is_end_mark(text)):
                self._read_end_mark(kind, text)
                after_line = False
            else:
                self._read_start_mark(kind, text)
        self._add_bar()

    def _refuse_words(self, line: str) -> None:
        """A line without bar lines is a bar where it holds chords, not where it is a heading."""
        if any(bar_line in line for bar_line in BARS):
            return
        tokens = islice(TOKEN.finditer(line), _MOST_WORDS)
        words = [token["word"] for token in tokens if token["word"]]
        strange = [word for word in words if not _may_stand(word)]
        if strange and 2 * len(strange) >= len(words):
            hint = hint_for(strange[0]) or WORDS
            self._fail(f"Cannot read {strange[0]!r} in bar {self._bar}", hint)

    def _read_bar_line(self, kind: str, times: str | None, after_line: bool) -> None:
        if not self._add_bar() and after_line and kind in ("double", "line"):
            self._fail(f"Bar {self._bar} is empty", "a chord, 'NC', or '%' for the bar before")
        if kind == "double" and self.in_ending:
            self.bars[-1] = replace(self.bars[-1], ending_stops=True)
            self.in_ending = False
        if kind in ("close", "turn"):
            self._close_repeat(times)
        if kind in ("open", "turn"):
            self._open_repeat()

    def _read_word(self, word: str) -> None:
        if word in '"“':
            self._fail(f"The remark in bar {self._bar} is not closed", "a second '\"' on its line")
        if self.marked or self.next.ends:
            self._fail(
                f"{word!r} stands behind a mark in bar {self._bar}",
                "marks such as 'Fine', 'To Coda' and 'D.C.' behind the last chord of the bar they end",
            )
        self.next.words.append(word)
        if len(self.next.words) > _MOST_WORDS:
            self._fail(f"Bar {self._bar} has over {_MOST_WORDS} words", "bar lines between bars")

    def _read_remark(self, text: str) -> None:
        if text:
            self.next.remarks += (text,)
            say_unobeyed(text, f"bar {self._bar}{self.place}", self.doubts)

    # -- marks

    def _is_end_mark(self, text: str) -> bool:
        """Whether it belongs after the chords; the coda's sign there means To Coda."""
        behind_chords = bool(self.next.words)
        return text.lower().strip("(")[:2] in ("to", "al", "fi") or (text == "𝄌" and behind_chords)

    def _read_end_mark(self, kind: str, text: str) -> None:
        text = " ".join(text.split())
        if self.next.words:
            self.next.ends.append((kind, text))
            return
        if not self.bars or self.next.opens or self.next.first():
            self._fail(
                f"{text!r} stands before bar {self._bar}", "it behind the chords of the bar it ends"
            )
        self._end_bar_with(kind, text)
        self.marked = True

    def _end_bar_with(self, kind: str, text: str) -> None:
        bar, way = self.bars[-1], self._way(text)
        if kind == "jump":
            if bar.jump:
                self._fail(f"{text!r} stands beside another jump", "one at the end of a bar")
            bar = replace(bar, jump=way.jump or Jump(False))
        elif way.kind == "fine":
            bar = replace(bar, fine=True)
        else:
            bar = replace(bar, to_coda=way.number)
        self.bars[-1] = bar

    def _way(self, text: str) -> Way:
        """The meaning of a mark."""
        ways = _ways_in(text)
        if not ways or ways[0].kind == "unknown":
            self._fail(f"Cannot read {text!r} in bar {self._bar}", "a mark such as 'D.S. al Coda'")
        return ways[0]

    def _read_start_mark(self, kind: str, text: str) -> None:
        following, text = self.next, " ".join(text.split())
        way = self._way(text) if kind == "mark" else None
        name = way.kind if way else kind
        shown = f"[{text}]" if kind == "label" else text
        if following.words or not text or getattr(following, _FIELD.get(name, name)):
            self._fail(
                f"The {_SAID[kind]} {shown!r} stands at the wrong place in bar {self._bar}",
                f"one {_SAID[kind].split()[-1]}, as {_AS_IN.get(name, repr(text))}, before the first "
                "chord of a bar",
            )
        if kind == "label":
            self._refuse_no_label(text)
            following.label = text
            if len(text) > 1 and any(
                way.kind in ("jump", "to coda", "al coda", "fine") for way in _ways_in(text)
            ):
                self.doubts.say(
                    f"'[{text}]' in bar {self._bar}{self.place} is the name of a section and not obeyed: "
                    "write it without brackets behind the last chord of a bar."
                )
        elif kind == "meter":
            with self.place.added():
                self.meter, following.meter = Meter.parse(text), text
        elif kind == "ending":
            self._read_ending(text)
        elif way and any(getattr(bar, name) == way.number for bar in self.bars):
            self._fail(f"{text!r} stands again in bar {self._bar}", "it once in a chart")
        elif way:
            setattr(following, name, way.number)

    def _refuse_no_label(self, text: str) -> None:
        """Refuse what other programs put in brackets: it would be lost as the name of a section."""
        what = f"Cannot read '[{text}]' in bar {self._bar} as a section"
        if METER_LIKE.fullmatch(text):
            self._fail(what, f"a meter without brackets, as '{text}'")
        if text.rstrip(".").isdecimal() and self.repeat_bar and not self.next.opens:
            self._fail(what, f"an ending without brackets, as '{text.rstrip('.')}.'")

    def _read_ending(self, text: str) -> None:
        passes = read_endings(text)
        if not passes or passes[-1] > _MOST_TIMES:
            self._fail(f"Cannot read ending {text!r} in bar {self._bar}", "'1.', '2.' or '1,2.'")
        follows = self.bars and (
            self.in_ending or self.bars[-1].closes or self.bars[-1].ending_stops
        )
        wanted = self.passes[-1] + 1 if self.passes and follows else 1
        if passes[0] not in (1, wanted):
            before = f"'{wanted}.' after ending {wanted - 1}" if wanted > 1 else "'1.' before it"
            self._fail(f"Ending {text!r} in bar {self._bar} follows no ending", before)
        self.passes = passes if passes[0] == 1 else self.passes + passes
        self.next.endings = passes

    # -- repeats

    def _open_repeat(self) -> None:
        if self.repeat_bar:
            self._fail(
                f"The repeat '|:' at bar {self._bar} stands inside the one at bar {self.repeat_bar}",
                "':|' before the next '|:'",
            )
        self.repeat_bar, self.next.opens = self._bar, True
        self.passes, self.in_ending = (), False

    def _close_repeat(self, times: str | None) -> None:
        if not self.bars or self.next.opens or self.bars[-1].closes or self.next.first():
            self._fail(
                f"The repeat ':|' after bar {len(self.bars)} has no bars to repeat",
                "bars before it, and '|:' before them",
            )
        count = int((times or "2")[:6])
        if not 2 <= count <= _MOST_TIMES:
            self._fail(
                f"Cannot repeat 'x{times}' after bar {len(self.bars)}", f"x2 to x{_MOST_TIMES}"
            )
        if times and self.in_ending:
            self._fail(
                f"The ending in bar {len(self.bars)} is closed with 'x{times}'",
                "its passes at its beginning, as in '1,2.'",
            )
        self.bars[-1] = replace(self.bars[-1], closes=count)
        self.repeat_bar, self.in_ending = 0, False

    # -- bars

    def _add_bar(self) -> bool:
        """End the bar being read; False if it was empty."""
        read = self.next
        if not read.words:
            return False
        if len(self.bars) >= MOST_BARS:
            self._fail(f"The chart is too long at bar {self._bar}", f"at most {MOST_BARS} bars")
        as_before = len(read.words) == 1 and read.words[0] in AS_BEFORE
        changes = self._repeated() if as_before else self._read_changes(read.words)
        self.bars.append(
            WrittenBar(
                changes,
                self.meter,
                label=read.label,
                opens=read.opens,
                endings=read.endings,
                segno=read.segno,
                coda=read.coda,
                remarks=read.remarks,
            )
        )
        self.in_ending = bool(read.endings) or (
            self.in_ending and not (read.opens or read.label or read.coda)
        )
        self.next = _Next()
        for kind, text in read.ends:
            self._end_bar_with(kind, text)
        return True

    def _repeated(self) -> _Changes:
        if not self.bars:
            self._fail("Bar 1 is '%' but no bar is before it", "a chord in the first bar")
        before = self.bars[-1]
        if len(before.changes) > 1 and before.meter != self.meter:
            self._fail(
                f"Bar {self._bar} is '%' in {self.meter} after a bar in {before.meter}",
                "its chords",
            )
        return before.changes

    def _read_changes(self, words: list[str]) -> _Changes:
        bar, meter = self._bar, self.meter
        beats = meter.beats_per_bar
        if "%" in words:
            self._fail(
                f"Bar {bar} has '%' beside chords", "'%' alone in its bar, or '/' for one beat more"
            )
        places = slots(len(words), meter)
        if not places:
            self._fail(
                f"Bar {bar} has {len(words)} chords or beats: {' '.join(words)!r}",
                f"at most {beats}, one for each beat of {meter}, or {2 * beats} half beats",
            )
        if len(words) < beats and beats % len(words) and not {"/", "."}.isdisjoint(words):
            self._fail(
                f"Bar {bar} counts {len(words)} beats with '/': {' '.join(words)!r}",
                f"{beats} in {meter}",
            )
        changes: list[tuple[int, Chord | None]] = []
        for tick, word in zip(places, words, strict=True):
            if word not in ("/", "."):
                before = changes or (self.bars[-1].changes if self.bars else ((0, None),))
                changes.append((tick, self._read_chord(word, before[-1][1])))
            elif not changes:
                if not self.bars:
                    self._fail(f"Bar 1 begins with {word!r} but no chord is before it", "a chord")
                changes.append((0, self.bars[-1].changes[-1][1]))
        return tuple(changes)

    def _read_chord(self, word: str, before: Chord | None) -> Chord | None:
        """The chord of a word, or the nearest; ChartError if the word means something else."""
        where = f"bar {self._bar}{self.place}"
        try:
            chord = parse_chord_or_nc(word, where)
        except ChartError as unreadable:
            hint = hint_for(word)
            if hint not in MEANT_AS_CHORDS:
                self._fail(f"Cannot read {word!r} in bar {self._bar}", hint)
            said = f"Cannot read {word!r} in {where}: expected {hint}." if hint else str(unreadable)
            near = nearest(word) if looks_like_chord(word[:1].upper() + word[1:]) else None
            mark = self.doubts.instead(word, ChartError(said), near)
            self.next.remarks += (mark,) if mark not in self.next.remarks else ()
            return near or before
        self.doubts.count()
        return chord


def _may_stand(word: str) -> bool:
    """Whether a word is a chord, or continues one."""
    try:
        parse_chord_or_nc(word)
    except ChartError:
        return word in (*AS_BEFORE, "/", ".")
    return True


def _ways_in(text: str) -> list[Way]:
    from improv.charts.form_words import ways_in  # most charts have no such words

    return ways_in(text)
