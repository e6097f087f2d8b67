"""What the terminal shows while it plays: the bar, the chords and the notes as they sound.

      1.1  F7      A4  C5  Eb5 D5  C5
      1.2  Gm7     Bb4 D5  | C7      E4
           chorus.bar, then each chord with the notes that were played on it

Knows text only; `improv.cli` gives it the function that writes.
"""

from __future__ import annotations

from collections.abc import Callable

from improv.live.out import Report
from improv.live.performer import PlannedNote
from improv.music.chart import Chart
from improv.music.chord import Chord
from improv.music.pitch import pitch_name

_CHORD_WIDTH = 7
_NOTE_WIDTH = 4


_FLAT_DEGREES = (1, 3, 8, 10)
"""Semitones above the root that are read as flats over any chord: b9, b3 or blue note, b13, b7."""


def _name(pitch: int, chord: Chord | None) -> str:
    """The pitch as it is read over this chord: F# over D7 (its third), but Bb (its b13)."""
    if chord is None or (pitch - chord.root_pc) % 12 in _FLAT_DEGREES:
        return pitch_name(pitch)
    major = 4 in chord.tones
    sharp = "#" in chord.root_name or (major and chord.root_name in ("G", "D", "A", "E", "B"))
    return pitch_name(pitch, prefer_flats=not sharp)


class TerminalView:
    """One line a bar, filled note by note. A listener of the performer."""

    def __init__(
        self,
        chart: Chart,
        write: Callable[[str], None],
        emphasise: Callable[[str], str] = str,
    ) -> None:
        self._chart, self._write, self._emphasise = chart, write, emphasise
        self._waiting: list[tuple[int, str]] = []  # (tick, chord) of this bar, not yet shown
        self._line_open = False
        self._first = True  # the chord to be shown next is the bar's first

    def bar(self, bar: int) -> None:
        """Begin a line."""
        self.close()
        chorus, inside = divmod(bar, self._chart.bars)
        start_tick = chorus * self._chart.length_tick + inside * self._chart.meter.ticks_per_bar
        self._waiting = [
            (start_tick + tick, chord.text if chord is not None else "NC")
            for tick, chord in self._chart.changes_in_bar(bar)
        ]
        self._write(f"{chorus + 1:>4}.{inside + 1:<3}")
        self._line_open = self._first = True
        self._show_chords(start_tick)

    def heard(self, report: Report, note: PlannedNote | None) -> None:
        """Show a note when it starts to sound; a dropped one in brackets."""
        if note is None or report.data[0] & 0xF0 != 0x90:
            return
        self._show_chords(note.onset_tick)
        name = _name(note.pitch, self._chart.chord_at(note.onset_tick))
        self._write((f"({name})" if report.dropped else name).ljust(_NOTE_WIDTH))

    def close(self) -> None:
        """End the line that is being written."""
        if self._line_open:
            self._show_chords(None)
            self._write("\n")
            self._line_open = False

    def _show_chords(self, up_to_tick: int | None) -> None:
        while self._waiting and (up_to_tick is None or self._waiting[0][0] <= up_to_tick):
            _, text = self._waiting.pop(0)
            bar_line = "" if self._first else "| "
            self._first = False
            self._write(bar_line + self._emphasise(text.ljust(_CHORD_WIDTH)) + " ")
