"""Some bars of a session played again with another seed, the rest note for note as it was.

    ... logged ...| bars 17-20, another seed |... logged ...
                  ^ the line continues where it was: its first note begins where the logged one did
                                             ^ and ends before the next that was logged

A soloist plays one note at a time: nothing overlaps at the borders, and nothing is struck twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from improv.cell.load import Model
from improv.performance.arrangement import Arrangement
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.session.reader import Part, Session
from improv.session.replay import Rerun, as_played, compare, happen

_SPAN = re.compile(r"(?:(\d{1,5})\.)?(\d{1,6})(?:\s*-\s*(?:(\d{1,5})\.)?(\d{1,6}))?")
_MOST_BARS = 400_000
_EXPECTED = "expected bars such as '17-20', counted through, or '2.5-2.8', as they are shown"


@dataclass(frozen=True)
class Retake:
    """What became of it. `before` and `now` count the soloists' notes in the bars."""

    session: Session
    first_bar: str
    last_bar: str
    before: int
    now: int


class NotAsLoggedError(Exception):
    """What leads up to the bars is not played as the log says; the sentence says where it differs."""


@dataclass(frozen=True)
class Span:
    """Bars as users count: of a chorus from 1, or (chorus 0) through from the first after the count-in."""

    first_chorus: int
    first_bar: int
    last_chorus: int
    last_bar: int

    @classmethod
    def parse(cls, text: str, chorus: int = 0) -> Span:
        """ "17-20", "17", "2.5-2.8", "2.5-8"; `chorus` holds where the text does not say.

        Raises ValueError, a sentence.
        """
        found = _SPAN.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"Cannot read bars {text!r}: {_EXPECTED}.")
        first_chorus = int(found[1] or chorus)
        last_chorus = int(found[3] or first_chorus)
        first_bar, last_bar = int(found[2]), int(found[4] or found[2])
        span = cls(first_chorus, first_bar, last_chorus, last_bar)
        backwards = (last_chorus, last_bar) < (first_chorus, first_bar)
        if backwards or not first_bar or (found[1] is not None and not first_chorus):
            raise ValueError(f"There are no bars {text!r}: {_EXPECTED}.")
        if not first_chorus and last_chorus:
            raise ValueError(f"Cannot count bars {text!r} in two ways: {_EXPECTED}.")
        return span

    def ticks(self, arrangement: Arrangement) -> tuple[int, int]:
        """(start, end) of these bars. ValueError, a sentence, for bars that are not there."""
        chart = arrangement.chart
        first = _bar(arrangement, self.first_chorus, self.first_bar)
        last = _bar(arrangement, self.last_chorus, self.last_bar)
        end_tick = chart.bar_tick(last + 1)
        if arrangement.end_tick is not None and end_tick > arrangement.end_tick:
            raise ValueError(f"There is no bar {self.last_bar} in {chart.title!r}: {_EXPECTED}.")
        return chart.bar_tick(first), end_tick


def _bar(arrangement: Arrangement, chorus: int, bar: int) -> int:
    """The absolute bar, from 0, of one that users name."""
    chart = arrangement.chart
    if not chorus:
        return arrangement.count_in_bars + bar - 1
    wanted, at = (chorus - 1, bar - 1), chart.bar_of(arrangement.solo_tick)
    # Counted one by one: the last chorus may be longer for a coda, and the first for an intro of its own.
    while chart.chorus_and_bar(at) < wanted and at < _MOST_BARS:
        at += 1
    if chart.chorus_and_bar(at) != wanted:
        raise ValueError(
            f"There is no bar {bar} in chorus {chorus} of {chart.title!r}: {_EXPECTED}."
        )
    return at


def retake(
    session: Session,
    span: Span,
    seed: int,
    models: Callable[[Mapping[str, Any]], tuple[Model, Any]],
    *,
    tune: int = 0,
    band_too: bool = False,
) -> Retake:
    """Play the bars of a tune (from 0) again with another seed; the session as it then was.

    Raises ValueError, a sentence, for bars that were not played, InputFileError for a log that cannot be
    played again, and NotAsLoggedError where it comes out otherwise before the bars are reached.
    """
    why = f"Tune {tune + 1} was not played in this session."
    for at, (part, performance, ensemble) in enumerate(as_played(session, models)):
        if part.number != tune:
            continue
        start_tick, end_tick = span.ticks(performance.arrangement)
        if not part.start_tick <= start_tick < part.length_end_tick:
            why = "These bars were not played in this session."
            continue
        before_tick = start_tick - 1 - ensemble.early_tick
        notes: list[PlayedNote] = []
        made = False
        for event in (*part.events, None):
            tick = end_tick if event is None else event.planned_tick
            if not made and tick > before_tick:
                notes += ensemble.advance(before_tick)
                ensemble.reseed((seed, tune), band=band_too)
                made = True
            notes += ensemble.advance(min(tick, end_tick))
            if tick > end_tick:
                break
            if event is not None:
                notes = happen(ensemble, event, session, notes)
        # What is written in the bars may be played a little after their end.
        notes += ensemble.advance(end_tick + ensemble.early_tick)
        rerun = Rerun(
            part, performance, tuple(note for note in notes if _begins(note) < start_tick)
        )
        outcome = compare(session, [rerun], before_tick)
        if outcome.difference:
            raise NotAsLoggedError(outcome.difference)
        new = [note for note in notes if start_tick <= _begins(note) < end_tick]
        return _spliced(session, at, new, start_tick, end_tick, band_too, performance)
    raise ValueError(why)


def _begins(note: PlayedNote) -> int:
    """Where a note is written: a soloist may play it early or late."""
    return note.onset_tick if note.written is None else note.written.onset_tick


def _spliced(
    session: Session,
    at: int,
    new: list[PlayedNote],
    start_tick: int,
    end_tick: int,
    band_too: bool,
    performance: Performance,
) -> Retake:
    part = session.parts[at]

    def is_in(note: PlayedNote) -> bool:
        return start_tick <= _begins(note) < end_tick

    def is_renewed(note: PlayedNote) -> bool:
        return is_in(note) and note.player != "count-in" and (band_too or note.is_solo)

    new = [note for note in new if is_renewed(note)]
    kept = [note for note in part.notes if not is_renewed(note)]
    fitted = _fitted([note for note in new if not note.is_solo], 0, end_tick)
    for name in sorted({note.player for note in (*kept, *new) if note.is_solo}):
        line = [note for note in new if note.player == name]
        after = [n.onset_tick for n in kept if n.player == name and _begins(n) >= end_tick]
        before = [n.onset_tick for n in kept if n.player == name and _begins(n) < start_tick]
        free_tick = max(before, default=-1) + 1
        if line:
            first_tick = max(free_tick, min(note.onset_tick for note in line))
            kept = [
                _until(n, first_tick) if n.player == name and _begins(n) < start_tick else n
                for n in kept
            ]
        fitted += _fitted(line, free_tick, min(after, default=part.length_end_tick))
    renewed: Part = replace(part, notes=[*kept, *fitted])
    parts = [*session.parts[:at], renewed, *session.parts[at + 1 :]]
    chart = performance.arrangement.chart
    return Retake(
        replace(session, parts=parts),
        _shown(chart.chorus_and_bar(chart.bar_of(start_tick))),
        _shown(chart.chorus_and_bar(chart.bar_of(end_tick - 1))),
        sum(note.is_solo and is_in(note) for note in part.notes),
        sum(note.is_solo for note in fitted),
    )


def _fitted(new: list[PlayedNote], from_tick: int, end_tick: int) -> list[PlayedNote]:
    """Notes within these ticks; what would begin beyond them is left out."""
    fitted = []
    for note in new:
        onset_tick = max(note.onset_tick, from_tick)
        if onset_tick < end_tick:
            end = max(onset_tick + 1, min(note.end_tick, end_tick))
            fitted.append(replace(note, onset_tick=onset_tick, end_tick=end))
    return fitted


def _until(note: PlayedNote, tick: int) -> PlayedNote:
    """The note, ended where the next begins."""
    return replace(note, end_tick=tick) if note.onset_tick < tick < note.end_tick else note


def _shown(place: tuple[int, int]) -> str:
    chorus, bar = place
    return f"{chorus + 1}.{bar + 1}" if chorus >= 0 else f"{bar + 1} of the lead-in"
