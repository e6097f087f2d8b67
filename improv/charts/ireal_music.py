"""iReal Pro's music -> bars as written. What each token means is in docs/ireal.md.

Text over the bars is for people, but the app obeys some of it, and so does this reader: Fine, D.C. and D.S.
al Fine, al Coda, al 2nd ending, and 3x. Blank bars are bars in which the chord goes on, except where they
only fill the page: behind a closing bar line, and before a section or a bar line that opens, where the bars
before them are a whole number of lines of four.
"""

from __future__ import annotations

import re
from dataclasses import replace

from improv.charts.doubts import Doubts, nearest
from improv.charts.form import say_unobeyed
from improv.charts.ireal_cells import TOKEN, NextBar, is_filled, meter_of, most_places, place
from improv.charts.ireal_marks import Sign, meaning_of, plain_text, quoted, section_of, settle
from improv.charts.written import MOST_BARS, Jump, WrittenBar
from improv.errors import ChartError
from improv.music.chord import Chord, parse_chord
from improv.music.meter import Meter

_Changes = tuple[tuple[int, "Chord | None"], ...]  # (tick within the bar, chord)

SECTIONS = {"i": "Intro", "v": "Verse", "V": "Verse"}
"""Section marks that are not letters of the form."""

_MOST_CELLS = 64  # of a bar
_PHRASE = 4  # bars of a line
_LONGEST_JUMP = 3  # bars between the words D.C. and the bar line where it happens
_QUOTED = 20  # characters of the music that a message quotes
_EXPECTED = "expected iReal Pro's chords and marks, such as 'C^7', 'x', 'N1', '*A', 'T44' or '|'"


class MusicReader:
    """Reads the music of one song; `bars` holds the bars as written, `first` the bar behind the intro."""

    def __init__(self, title: str, meter: Meter, doubts: Doubts) -> None:
        self._doubts = doubts
        self.bars: list[WrittenBar] = []
        self.first = 0
        self._title = title
        self._meter = meter
        self._next = NextBar()
        self._between = True  # behind a closing bar line, where blanks only fill the page
        self._opened = False  # some bar line has been there
        self._signs: list[Sign] = []
        self._jump: Jump | None = None
        self._jump_at = 0
        self._times = 0
        self._counted = False  # the last '}' has been told how often
        self._bracket = 0  # the ending that is open
        self._before_brackets = 0  # bars before the first ending of the group
        self._unnumbered: list[int] = []  # bars with an ending without a number
        self._width = 0  # cells of the bar before
        self._second: _Changes | None = None  # the second bar of a two-bar repeat, still to come
        self._blank: set[int] = set()  # bars that may only fill the page
        self._phrase_at = 0  # where the section began
        self._codas_in_text: list[int] = []
        self._ends: list[int] = []  # bars before a double bar line, where something new begins
        self._unopened = False  # the last '}' had no '{' of its own
        self._open_repeats = 0  # 1: a '{' waits for its '}', -1: it has had it

    # -- tokens

    def read(self, music: str) -> list[WrittenBar]:
        """The bars; ChartError names what cannot be read, its bar and what was expected."""
        at = 0
        before: re.Match[str] | None = None
        while at < len(music):
            token = TOKEN.match(music, at)
            if token is None:
                end = at + 1
                while end < len(music) and not TOKEN.match(music, end):
                    end += 1
                self._leave_out(before, music[at:end])
                at = end
                continue
            at, before = token.end(), token
            if token.lastgroup == "packed":
                for plain in {"LZ": " |", "Kcl": "| x", "XyQ": "   "}[token[0]]:
                    self._take(TOKEN.match(plain) or token)
            else:
                self._take(token)
        self._finish()
        return self.bars

    @property
    def _number(self) -> int:
        """The number of the bar being read, as written."""
        return len(self.bars) + 1

    def _where(self) -> str:
        return f"bar {self._number} of {self._title!r}"

    def _leave_out(self, before: re.Match[str] | None, text: str) -> None:
        """Pass over what is not a token; after a chord it is a part of its symbol."""
        said = (before[0] if before and before["chord"] else "") + text
        error = ChartError(f"Cannot read {said[:_QUOTED]!r} in {self._where()}: {_EXPECTED}.")
        self._next.remarks.append(self._doubts.instead(said, error, nearest(said)))

    def _take(self, token: re.Match[str]) -> None:
        kind, text, bar = token.lastgroup, token[0], self._next
        if kind == "line":
            self._bar_line(text)
        elif kind in ("chord", "bass", "cell"):
            bar.cells.append(token)
            if len(bar.cells) > _MOST_CELLS and self._opened and not self._between:
                raise ChartError(
                    f"The cells of {self._where()} do not end: expected a bar line after at most "
                    f"{_MOST_CELLS}."
                )
        elif kind == "meter":
            try:
                self._meter = meter_of(text[1:])
            except ChartError as error:
                why = str(error).rstrip(".")
                self._doubts.say(f"{why}, in {self._where()}; it goes on in {self._meter}.")
        elif kind == "section":
            bar.label = SECTIONS.get(text[1], text[1].upper())
        elif kind == "ending":
            bar.ending = int(text[1])
        elif kind == "text":
            self._read_text(text[1:-1])
        elif kind == "alternate":
            bar.remarks.append(text)
        elif kind == "end" or text == "U":
            bar.ends = True
        elif text == "S":
            bar.segno = True
        elif text == "Q":
            self._signs.append(Sign(len(self.bars), before_chords=not is_filled(bar.cells)))
        elif text == "f":
            bar.remarks.append("fermata")

    def _read_text(self, raw: str) -> None:
        text = plain_text(raw)
        bar = self._next
        label, remark = quoted(text)
        if label or remark:
            bar.label = bar.label or label
            bar.remarks += [remark] if remark else []
            return
        kind, value = meaning_of(text)
        if kind == "fine":
            bar.fine = True
        elif isinstance(value, Jump):
            self._jump, self._jump_at = value, len(self.bars)
            if self._between and not is_filled(bar.cells):
                self._set_jump(len(self.bars) - 1)
        elif isinstance(value, int):
            if self._between and self.bars and self.bars[-1].closes and not self._counted:
                self.bars[-1] = replace(self.bars[-1], closes=value)
                self._counted = True
            else:
                self._times = value
        elif (label := section_of(text)) and not bar.label and not is_filled(bar.cells):
            bar.label = label
        elif kind == "to coda":
            self._signs.append(Sign(len(self.bars), before_chords=False, text=text))
        elif text:
            if kind == "last time" and self._between:
                self._signs.append(Sign(len(self.bars), before_chords=True))
            elif kind == "unknown":
                say_unobeyed(text, self._where(), self._doubts)
            bar.remarks.append(text)

    # -- bar lines

    def _bar_line(self, line: str) -> None:
        bar = self._next
        if not self._opened and line in "[{":
            # What stands before the first bar line is a heading: the order of the sections, say.
            heading = " ".join(cell[0] for cell in bar.cells if cell[0] != " ")
            bar.remarks += [heading] if heading else []
            bar.cells = []
        closing = line in "]}Z"
        self._end_bar(closing)
        self._opened = True
        if closing and self.bars:
            self._close(line)
        if line in "[{":
            if self._between and line == "[":
                self._ends.append(len(self.bars) - 1)
            self._drop_fill()
            self._next.opens = line == "{"
            self._open_repeats = 1 if line == "{" else self._open_repeats
            self._bracket = 0
            self._between = False
            self._set_jump(len(self.bars) - 1)
        elif closing:
            self._between = True

    def _close(self, line: str) -> None:
        last = len(self.bars) - 1
        if line == "}":
            self.bars[last] = replace(self.bars[last], closes=self._times or 2)
            self._counted, self._times = bool(self._times), 0
            self._unopened = self._open_repeats < 0 and not self._bracket
            self._open_repeats = -1
        if self._bracket:
            self.bars[last] = replace(self.bars[last], ending_stops=True)
        self._blank.discard(last)
        self._phrase_at = len(self.bars)
        self._set_jump(last)
        if line != "}":
            self._bracket = 0  # behind '}' the next ending may follow

    def _set_jump(self, last: int) -> None:
        """The jump that waits happens after this bar, or after that of its words where this is far off."""
        if self._jump is None or last < 0:
            return
        at = last if last - self._jump_at <= _LONGEST_JUMP else self._jump_at
        self.bars[at] = replace(self.bars[at], jump=self._jump)
        self._jump = None

    def _drop_fill(self) -> None:
        """Leave out blank bars at the end that only fill the page."""
        fill = 0
        while fill < len(self.bars) and len(self.bars) - 1 - fill in self._blank:
            fill += 1
        kept = len(self.bars) - fill
        if fill and kept > self._phrase_at and (kept - self._phrase_at) % _PHRASE == 0:
            del self.bars[kept:]
            self._blank -= set(range(kept, kept + fill))

    # -- bars

    def _end_bar(self, closing: bool) -> None:
        """Make the bar of the cells so far, if they are one."""
        bar = self._next
        cells, bar.cells = bar.cells, []
        filled = is_filled(cells)
        if not cells or (self._between and all(cell[0] in " p" for cell in cells)):
            return
        if len(self.bars) >= MOST_BARS:
            raise ChartError(
                f"{self._title!r} is too long at bar {self._number}: expected {MOST_BARS} bars."
            )
        self._between = False
        if not filled and self._second is not None:
            changes, self._second = self._second, None
            self._add(changes)
            return
        self._finish_two_bars()
        self._begin(bar)
        kinds = [cell[0] for cell in cells]
        later = cells[len(cells) // 2 :]
        if "r" in kinds:
            self._two_bars()
            if closing:
                self._finish_two_bars()
        elif not filled:
            fresh = not (bar.remarks or bar.label or bar.ending is not None)
            if fresh and not closing:
                self._blank.add(len(self.bars))
            self._add(((0, self._chord_before()),))
        elif kinds[0] == "x" and len(cells) >= 2 * self._width > 0 and is_filled(later):
            self._add(self._bar_before())  # a bar line is missing between two bars
            self._add(self._changes(later))
        else:
            self._add(self._changes(cells))
        self._width = len(cells)

    def _begin(self, bar: NextBar) -> None:
        """Note what begins with this bar."""
        if bar.label:
            self._drop_fill()
            self._phrase_at = len(self.bars)
            if bar.label == "Coda":
                self._codas_in_text.append(len(self.bars))
        if bar.ending is None:
            return
        number = bar.ending
        if number == 0:
            told = next((int(text[0]) for text in bar.remarks if text[:1].isdigit()), 0)
            after = self.bars and self.bars[-1].closes and self._bracket
            number = told or (self._bracket + 1 if after else 0)
        if number == 0:
            self._unnumbered.append(len(self.bars))
            bar.ending, self._bracket = None, 0
            return
        if number == self._bracket and self.bars and not self.bars[-1].closes:
            bar.ending = None  # the same bracket goes on in the next line
            return
        if number == 1 or not self._bracket:
            self._before_brackets = len(self.bars)
        bar.ending = self._bracket = number

    def _add(self, changes: _Changes) -> None:
        bar, self._next = self._next, NextBar()
        self.bars.append(
            WrittenBar(
                changes,
                self._meter,
                label=bar.label,
                opens=bar.opens,
                endings=(bar.ending,) if bar.ending else (),
                segno=int(bar.segno),
                fine=bar.fine,
                ends=bar.ends,
                remarks=tuple(bar.remarks),
            )
        )

    def _previous(self) -> int:
        """The bar that was played before the one being read; -1 where there is none."""
        number = self._next.ending
        return (self._before_brackets if number and number > 1 else len(self.bars)) - 1

    def _chord_before(self) -> Chord | None:
        at = self._previous()
        return self.bars[at].changes[-1][1] if at >= 0 else None

    def _bar_before(self, back: int = 1) -> _Changes:
        at = self._previous() + 1 - back
        if at < 0:
            error = ChartError(
                f"{'x' if back == 1 else 'r'!r} in {self._where()} repeats what is not there: expected "
                f"{'a bar' if back == 1 else 'two bars'} before it."
            )
            self._doubts.instead("x" if back == 1 else "r", error, None)
            return ((0, self._chord_before()),)
        changes = self.bars[at].changes
        return tuple(change for change in changes if change[0] < self._meter.ticks_per_bar)

    def _two_bars(self) -> None:
        first, self._second = self._bar_before(2), self._bar_before(1)
        self._add(first)

    def _finish_two_bars(self) -> None:
        """Where no blank bar came for the second bar of a two-bar repeat, it is made."""
        if self._second is not None:
            waiting, self._next = self._next, NextBar()
            changes, self._second = self._second, None
            self._add(changes)
            self._next = waiting

    def _changes(self, cells: list[re.Match[str]]) -> _Changes:
        """The chords of one bar where they begin."""
        cells = list(cells)
        most = most_places(self._meter)
        while len(ticks := self._places(cells)) > most or len(set(ticks)) < len(ticks):
            said = " ".join(cell[0] for cell in cells if cell[0] != " ")
            error = ChartError(
                f"Too many chords in {self._where()}: {said!r}; expected at most {most} in {self._meter}."
            )
            last = max(at for at, cell in enumerate(cells) if cell[0] != " ")
            mark = self._doubts.instead(cells.pop(last)[0], error, None, is_known=True)
            self._next.remarks.append(mark)
        filled = [cell for cell in cells if cell[0] != " "]
        changes: list[tuple[int, Chord | None]] = []
        for tick, cell in zip(ticks, filled, strict=True):
            if cell[0] == "x":
                changes += [change for change in self._bar_before() if change[0] >= tick]
                continue
            changes = [change for change in changes if change[0] < tick]
            if cell[0] == "p":
                changes += [] if changes else [(0, self._chord_before())]
                continue
            changes.append((tick, self._chord(cell, changes)))
        return tuple(changes)

    def _places(self, cells: list[re.Match[str]]) -> list[int]:
        """Where in the bar what is in its cells begins, in ticks."""
        places = [at for at, cell in enumerate(cells) if cell[0] != " "]
        at_first, places[0] = places[0], 0  # nothing holds before the first chord, but 'p' does
        return place(places, max(len(cells), at_first + 1), self._meter)

    def _chord(self, cell: re.Match[str], changes: list[tuple[int, Chord | None]]) -> Chord | None:
        if cell[0] == "n":
            return None
        if cell["chord"]:
            text = cell["root"] + cell["quality"] + (cell["custom"] or "")
            text += f"/{cell['over']}" if cell["over"] else ""
            before = changes[-1][1] if changes else self._chord_before()
            chord, mark = self._doubts.chord(text, self._where(), before)
            self._next.remarks += [mark] if mark else []
            return chord
        earlier = (*(bar.changes for bar in self.bars), changes)
        held = next((c for row in reversed(earlier) for _, c in reversed(row) if c), None)
        if held is None:
            error = ChartError(
                f"{cell[0]!r} in {self._where()} has no chord to stand on: expected a chord before it."
            )
            self._next.remarks.append(self._doubts.instead(cell[0], error, None))
            return None
        if not cell["under"]:
            return held
        own = held.text.rpartition("/")[0] if held.bass_pc != held.root_pc else held.text
        return parse_chord(f"{own}/{cell['under']}", self._where())

    # -- the end

    def _finish(self) -> None:
        if is_filled(self._next.cells):
            self._between = False
            self._end_bar(closing=True)
        self._finish_two_bars()
        rest = self._next
        if self._unopened and self.bars[-1].closes:
            # A repeat of what has been repeated, at the very end: it means the next chorus.
            self.bars[-1] = replace(self.bars[-1], closes=0)
        if all(chord is None for bar in self.bars for _, chord in bar.changes):
            raise ChartError(
                f"{self._title!r} has no chords: expected chords between bar lines '|'."
            )
        last = len(self.bars) - 1
        self._set_jump(last)
        self.bars[last] = replace(
            self.bars[last],
            remarks=self.bars[last].remarks + tuple(rest.remarks),
            fine=self.bars[last].fine or rest.fine,
        )
        self._doubts.check()
        self.bars = settle(
            self.bars,
            self._signs,
            self._codas_in_text,
            self._unnumbered,
            self._ends,
            lambda index: f"bar {index + 1} of {self._title!r}",
            self._doubts,
        )
        if self.bars[0].label == "Intro":
            labels = [at for at, bar in enumerate(self.bars) if bar.label not in ("", "Intro")]
            self.first = labels[0] if labels else 0
