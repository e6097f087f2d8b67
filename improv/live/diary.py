"""What the partner plays while it plays, kept for a report at the end.

listener calls, HeardNotes  ──>  Diary  ──played──>  [Played]  ──improv.partner.report──>  Report
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from improv.partner.turns import ME, Turn

if TYPE_CHECKING:
    from improv.midi.events import Report
    from improv.partner.heard import HeardNote
    from improv.partner.report import Played
    from improv.performance.performance import Performance
    from improv.performance.played import PlayedNote


@dataclass
class _Stretch:
    performance: Performance
    tempos: list[tuple[int, float]]
    bars: list[int] = field(default_factory=list)
    """That were the partner's."""
    notes: list[HeardNote] = field(default_factory=list)


class Diary:
    """A listener of the performer, which is also told what the partner plays."""

    def __init__(self) -> None:
        self._stretches: list[_Stretch] = []
        self._is_theirs = True

    def tune(self, performance: Performance) -> None:
        """A tune begins, or another stretch of it."""
        tempo, start_tick = performance.tempo, performance.start_tick
        tempos = [(start_tick, tempo.bpm_at(start_tick)), *tempo.changes_after(start_tick)]
        self._stretches.append(_Stretch(performance, tempos))

    def turn(self, turn: Turn | None, bar: int) -> None:
        """Whose the bar is that begins."""
        self._is_theirs = turn is None or turn.whose != ME

    def bar(self, bar: int) -> None:
        """Bar `bar` has begun."""
        if self._is_theirs:
            self._stretches[-1].bars.append(bar)

    def tempo(self, tick: int, bpm: float) -> None:
        """From `tick` on it is played at `bpm`."""
        stretch = self._stretches[-1]
        stretch.tempos = [*(row for row in stretch.tempos if row[0] < tick), (tick, bpm)]

    def heard(self, report: Report, note: PlayedNote | None, tick: int) -> None:
        """What the machine plays is no part of it."""

    def partner(self, note: HeardNote) -> None:
        """The partner plays; chords are left out."""
        if note.is_comping:
            return
        notes = self._stretches[-1].notes
        if note.replaces and notes:
            notes.pop()
        notes.append(note)

    @property
    def has_notes(self) -> bool:
        """Whether the partner has played anything."""
        return any(stretch.notes for stretch in self._stretches)

    def played(self) -> list[Played]:
        """All of it, a stretch after the other."""
        from improv.partner.report import Played, tempo_of  # it brings NumPy

        return [
            Played(each.performance.arrangement.chart, each.bars, each.notes, tempo_of(each.tempos))
            for each in self._stretches
        ]
