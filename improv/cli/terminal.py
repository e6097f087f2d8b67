"""What the terminal shows while it plays: the bar, the chords and the notes as they sound.

      1.1  F7      (9 eighths to C5) A4  C5  Eb5 D5  C5
      1.2  Gm7     Bb4 D5  | C7      E4   (quoting Clifford Brown, Joy Spring, 9 notes)
           chorus.bar, then each chord with the notes played over it, what the soloist means to play where a
           phrase begins, and the longest quote heard in the bar
        (140 bpm, 2,134 notes, none late, 3.1 tokens a second)
           how it is going: before a chorus, at most twice a minute, and before the next bar if something went
           wrong

It knows only text; `improv.cli` gives it the function that writes.
"""

from __future__ import annotations

from collections.abc import Callable

from improv.health.health import Health
from improv.midi.events import Report
from improv.midi.messages import is_on
from improv.music.spelling import read_key, spell
from improv.originality.quote import Quote, longer
from improv.partner.turns import Turn
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.printable import printable

_INDENT = 8
_CHORD_WIDTH = 7
_NOTE_WIDTH = 4
_TURN_WIDTH = 7
"""Whose turn it is, and for how many bars: "you 4", "it 2"."""
STATUS_NS = 30_000_000_000
"""How long apart the status lines are when nothing goes wrong."""
TROUBLE_NS = 5_000_000_000
"""How long apart when something does."""


class TerminalView:
    """One line a bar, filled note by note with what the soloist plays. A listener of the performer.

    `longest_quote` is the longest quote heard so far.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        emphasise: Callable[[str], str] = str,
        *,
        many_tunes: bool = False,
        columns: Callable[[], int | None] = lambda: None,
    ) -> None:
        """`columns` says how wide the terminal is, None: as wide as a bar may be."""
        self._columns, self._width, self._column = columns, columns(), 0
        self._write, self._emphasise, self._many = write, emphasise, many_tunes
        self._waiting: list[tuple[int, str]] = []  # (tick, chord) of this bar, not yet shown
        self._early: list[
            tuple[Report, PlayedNote]
        ] = []  # heard before the bar they are written in
        self._end_tick = 0  # of this bar
        self._line_open = False
        self._broken = False  # something else was written into it
        self._first = True  # the next chord to show is the bar's first
        self._player = ""  # who played the last note; another one is named
        self._turn: Turn | None = None
        self._quote: Quote | None = None  # of this bar, shown at its end
        self.longest_quote: Quote | None = None
        self._health: Health | None = None
        self._status_ns: int | None = None  # when the last status line was shown, or the beginning
        self._troubles: tuple[int, ...] = Health().troubles  # as last shown

    def published(self, health: Health) -> None:
        """Take the latest health, to show when a bar begins."""
        self._health = health

    def tune(self, performance: Performance) -> None:
        """Begin a tune; if there are several, name it."""
        self.close()
        self._early.clear()
        self._arrangement, self._tempo = performance.arrangement, performance.tempo
        if self._status_ns is None:
            self._status_ns = performance.tempo.ns_at(performance.start_tick)
        self._chart = chart = performance.arrangement.chart
        self._labels = dict(chart.sections)
        if self._many:
            keys = [name for _, name in performance.arrangement.keys[:1]]
            tempo = f"{performance.controls.tempo_bpm:g} bpm"
            facts = [chart.title, *keys, tempo, str(chart.meter), chart.feel]
            self._write(" · ".join(facts) + "\n")

    def turn(self, turn: Turn | None, bar: int) -> None:
        """Take whose turn the next bar is in, to show it there."""
        self._turn = turn

    def bar(self, bar: int) -> None:
        """Begin a line."""
        self.close()
        self._show_status(bar)
        start_tick, self._end_tick = self._chart.bar_tick(bar), self._chart.bar_tick(bar + 1)
        kind = self._arrangement.kind_of(bar)
        if kind == "rest":
            return
        if kind == "count-in":
            self._write(f"{'':>8}(count-in)")
            self._line_open = True
            return
        label = self._labels.get(self._chart.place(start_tick))
        if label:
            self._write(f"{'':>8}[{label}]\n")
        self._width = self._columns()
        chorus, inside = self._chart.chorus_and_bar(bar)
        self._waiting = [
            (start_tick + tick, chord.text if chord is not None else "NC")
            for tick, chord in self._chart.changes_in_bar(bar)
        ]
        self._write(f"{chorus + 1:>4}.{inside + 1:<3}" if chorus >= 0 else " " * _INDENT)
        self._column = _INDENT
        if (turn := self._turn) is not None:
            left = turn.bars_left(bar) if turn.whose != "both" else None
            whose = "you" if turn.whose == "you" else "it" if turn.whose == "me" else "both"
            self._write(f"{whose} {left or ''}".ljust(_TURN_WIDTH))
            self._column += _TURN_WIDTH
        self._line_open = self._first = True
        self._show_chords(start_tick)
        early, self._early = self._early, []
        for report, note in early:
            self._show(report, note)

    def _show_status(self, bar: int) -> None:
        """Write a status line if it is time, or something has changed. The time is the music's."""
        health, now_ns = self._health, self._tempo.ns_at(self._chart.bar_tick(bar))
        if health is None or self._status_ns is None:
            return
        chorus, inside = self._chart.chorus_and_bar(bar)
        waits_ns = TROUBLE_NS if health.troubles != self._troubles else STATUS_NS
        begins = waits_ns == TROUBLE_NS or (chorus > 0 and inside == self._chart.first_bar)
        if begins and now_ns - self._status_ns >= waits_ns:
            self._write(f"{'':>8}({health})\n")
            self._status_ns, self._troubles = now_ns, health.troubles

    def tempo(self, tick: int, bpm: float) -> None:
        """A tempo has no line of its own."""

    def heard(self, report: Report, note: PlayedNote | None, tick: int = 0) -> None:
        """Show a note of a soloist when it starts to sound; one that was dropped stands in brackets."""
        if note is None or not note.is_solo or not is_on(report.data):
            return
        if not report.dropped:
            self.longest_quote = longer(self.longest_quote, note.quote)
        if self._line_open and note.onset_tick < self._end_tick <= _written_tick(note):
            self._early.append((report, note))
        else:
            self._show(report, note)

    def _show(self, report: Report, note: PlayedNote) -> None:
        """Show a note in the bar and over the chord where it is written, early or late as it may sound."""
        tick = _written_tick(note)
        self._show_chords(tick)
        if not report.dropped:
            self._quote = longer(self._quote, note.quote)
        self._go_on()
        if note.player != self._player:
            if self._player:
                self._add(f"{printable(note.player)}: ")
            self._player = note.player
        if note.plan is not None and not report.dropped:
            self._add(f"({note.plan.short}) ")
        chord = self._chart.chord_at(tick)
        name = str(spell(note.pitch, chord, self._fifths_at(tick)))
        self._add((f"({name})" if report.dropped else name).ljust(_NOTE_WIDTH - 1) + " ")

    def _fifths_at(self, tick: int) -> int | None:
        place = self._chart.place(tick)
        names = [name for at, name in self._arrangement.keys if at <= place]
        key = read_key(names[-1]) if names else None
        return key.fifths if key else None

    def close(self) -> None:
        """End the line that is being written."""
        if self._line_open:
            self._show_chords(None)
            if self._quote is not None:
                self._go_on()
                first, *words = f"({printable(str(self._quote))})".split(" ")
                self._add(first, "  ")
                for word in words:
                    self._add(word, " ")
            self._quote = None
            self.interrupt()
            self._line_open = self._broken = False

    def interrupt(self, at_line_start: bool = False) -> None:
        """Make room for another line; the bar goes on below it.

        `at_line_start`: the cursor is already at the start of a line, because somebody typed one.
        """
        if self._line_open and not self._broken:
            if not at_line_start:
                self._write("\n")
            self._broken = True

    def _go_on(self) -> None:
        if self._broken:
            self._write(" " * _INDENT)
            self._broken, self._column = False, _INDENT

    def _add(self, text: str, before: str = "", *, chord: bool = False) -> None:
        """Write on in the bar, on a line below where there is no room for it."""
        length = len(before) + len(text)
        if self._width is not None and self._column + length > self._width:
            self._write("\n" + " " * _INDENT)
            self._column, before = _INDENT, ""
            length = len(text)
        self._write(before + (self._emphasise(text[:-1]) + text[-1] if chord else text))
        self._column += length

    def _show_chords(self, up_to_tick: int | None) -> None:
        while self._waiting and (up_to_tick is None or self._waiting[0][0] <= up_to_tick):
            _, text = self._waiting.pop(0)
            bar_line = "" if self._first else "| "
            self._first = False
            self._go_on()
            self._add(f"{text.ljust(_CHORD_WIDTH)} ", bar_line, chord=True)


def _written_tick(note: PlayedNote) -> int:
    return note.written.onset_tick if note.written is not None else note.onset_tick
