"""A session played again from its log: the same notes from the same seed, steering and tempos; then compared.

    Session (session.reader), Model  ──play_again──>  Rerun, one for each part of the session
    Session, Parts                 ──compare─────>  Outcome: all as logged, or where it first differs

Ticks only; it needs no clock. What was silenced, dropped or never sent for want of a port is that in the
session, not in the notes: those are compared with what was worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from improv.cell.load import Model
from improv.errors import ImprovError, InputFileError
from improv.music.note import TICKS_PER_BEAT
from improv.music.pitch import pitch_name
from improv.performance.assemble import make_ensemble
from improv.performance.ensemble import Ensemble
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.performance.steering import Held
from improv.printable import printable
from improv.session.reader import HeardAt, Part, Session, Steered
from improv.session.restore import configs_of, performances_of

_STRETCH_TICK = 16 * TICKS_PER_BEAT
_LAST_TICK = TICKS_PER_BEAT
"""What was to come so soon when it ended may have been sent or not."""


@dataclass(frozen=True)
class Rerun:
    """A part of a session as it was played again."""

    part: Part
    performance: Performance
    notes: tuple[PlayedNote, ...]
    """Everything up to where it ended, by onset; numbered from 1."""


@dataclass(frozen=True)
class Outcome:
    """How a session compares with its log. `difference` is a sentence, empty where there is none.

    `messages` were compared; `unheard` notes were never sent, and the log shows why: a port had gone, the
    log lacks lines, or the session ended just then.
    """

    messages: int
    unheard: int
    difference: str = ""


def play_again(
    session: Session,
    models: Callable[[Mapping[str, Any]], tuple[Model, Any]],
    progress: Callable[[int], None] = lambda tick: None,
) -> list[Rerun]:
    """Every part of the session, played again. `models` gives model and cell (None: its own) for a header.

    `progress` is told ticks, over all. Raises InputFileError for a log that cannot be played again.
    """
    reruns, done_tick = [], 0
    for part, performance, ensemble in as_played(session, models):
        notes: list[PlayedNote] = []
        end_tick = _last_onset(part)
        for event in part.events:
            notes += _advance(ensemble, event.planned_tick, partial(_from, progress, done_tick))
            notes = happen(ensemble, event, session, notes)
        notes += _advance(ensemble, end_tick, partial(_from, progress, done_tick))
        kept = tuple(note for note in notes if note.onset_tick <= end_tick)
        reruns.append(Rerun(part, performance, kept))
        done_tick += end_tick
    return reruns


def _from(progress: Callable[[int], None], by_tick: int, tick: int) -> None:
    progress(by_tick + tick)


def as_played(
    session: Session, models: Callable[[Mapping[str, Any]], tuple[Model, Any]]
) -> Iterator[tuple[Part, Performance, Ensemble]]:
    """Each part, and everybody who plays it as they were when it began: what was changed before holds on.

    Raises ImprovError where that cannot be.
    """
    held, configs = Held(), configs_of(session)
    for part, performance in zip(session.parts, performances_of(session), strict=True):
        config = configs[part.config]
        config, tune = held.applied(config, config.tunes[part.number])
        model, cell = models(session.header_of(part.config))
        begun = replace(performance, controls=tune.controls_at_start())
        yield part, begun, make_ensemble(config, tune, begun, model, cell=cell)
        for steered in part.steers:
            held = held.then(steered.steer)
        if part.is_left or part.start_tick < part.length_end_tick == part.whole_end_tick:
            held = held.in_the_next_tune()


def happen(
    ensemble: Ensemble, event: Steered | HeardAt, session: Session, notes: list[PlayedNote]
) -> list[PlayedNote]:
    """Have what was changed or heard in a session happen again; of `notes`, which were given so far, those
    that are not taken back by it. Those that sounded by then have ended there.

    Raises InputFileError where that cannot be.
    """
    if isinstance(event, HeardAt):
        taken_back = set(ensemble.hear(event.note, event.open_tick))
    else:
        try:
            steer = ensemble.steer(event.steer, event.open_tick)
        except ImprovError as error:
            raise InputFileError(
                f"The log {session.where!r} asks for something impossible: {error}"
            ) from error
        mixed = steer.mutes or steer.solo is not None
        taken_back = {note.note_id for note in notes if mixed and ensemble.is_silent(note)}
    if not taken_back or event.open_tick is None:
        return notes
    found = []
    for note in notes:
        if note.note_id not in taken_back:
            found.append(note)
        elif note.onset_tick < event.open_tick:
            end_tick = max(note.onset_tick + 1, event.open_tick)
            found.append(replace(note, end_tick=min(note.end_tick, end_tick)))
    return found


def _advance(
    ensemble: Ensemble, end_tick: int, progress: Callable[[int], None]
) -> list[PlayedNote]:
    notes: list[PlayedNote] = []
    while (next_tick := ensemble.next_tick()) is not None and next_tick <= end_tick:
        reached = min(next_tick + _STRETCH_TICK, end_tick)
        notes += ensemble.advance(reached)
        progress(reached)
    notes += ensemble.advance(end_tick)
    return notes


def _last_onset(part: Part) -> int:
    """The last that may have been sent: messages were on their way when it ended."""
    onsets = [note.onset_tick for note in (*part.notes[-64:], *part.dropped[-64:])]
    return max([part.length_end_tick - 1, *onsets])


# -- comparing


def compare(session: Session, reruns: Sequence[Rerun], until_tick: int | None = None) -> Outcome:
    """Compare with what the log holds; `until_tick`: only what begins before that, in every part."""
    messages = unheard = 0
    for rerun in reruns:
        here, missing, difference = _compare(session, rerun, until_tick)
        messages, unheard = messages + here, unheard + missing
        if difference:
            return Outcome(messages, unheard, difference)
    return Outcome(messages, unheard)


_Key = tuple[int, int, int, int, str]


def _key(note: PlayedNote) -> _Key:
    return note.onset_tick, note.channel, note.pitch, note.velocity, note.player


def _compare(session: Session, rerun: Rerun, until_tick: int | None) -> tuple[int, int, str]:
    part = rerun.part
    dropped = {note.note_id for note in part.dropped}
    logged = sorted((*part.notes, *part.dropped), key=_key)
    again = sorted(rerun.notes, key=_key)
    if until_tick is not None:
        logged = [note for note in logged if note.onset_tick < until_tick]
        again = [note for note in again if note.onset_tick < until_tick]
    messages = unheard = at = 0
    for note in again:
        found = logged[at] if at < len(logged) else None
        if found is None or _key(found) > _key(note):
            if not _may_be_missing(session, part, note):
                return messages, unheard, _differs(rerun, note.onset_tick, found, note)
            unheard += 1
            continue
        if _key(found) < _key(note):
            return messages, unheard, _differs(rerun, found.onset_tick, found, note)
        at += 1
        messages += 1 if found.note_id in dropped else 2
        as_logged = found.note_id in dropped or found.note_id in part.cut
        if (not as_logged and found.end_tick != note.end_tick) or found.token != note.token:
            return messages, unheard, _differs(rerun, found.onset_tick, found, note)
    if at < len(logged):
        return messages, unheard, _differs(rerun, logged[at].onset_tick, logged[at], None)
    return messages, unheard, ""


def _may_be_missing(session: Session, part: Part, note: PlayedNote) -> bool:
    """Whether the log shows why a note was not sent."""
    if session.lost or session.damaged or note.onset_tick >= part.length_end_tick - _LAST_TICK:
        return True
    return any(start <= note.onset_tick < end for start, end in part.outages)


def _differs(rerun: Rerun, tick: int, logged: PlayedNote | None, again: PlayedNote | None) -> str:
    chart = rerun.performance.arrangement.chart
    chorus, bar = chart.chorus_and_bar(chart.bar_of(tick))
    place = f"{chorus + 1}.{bar + 1}" if chorus >= 0 else f"bar {bar + 1} of the lead-in"
    return (
        f"It differs from bar {place} on (tick {tick}): the log has {_said(logged)}, played again it is "
        f"{_said(again)}."
    )


def _said(note: PlayedNote | None) -> str:
    if note is None:
        return "nothing more"
    token = f" {note.token!r}" if note.token else ""
    return printable(
        f"{note.player} {pitch_name(note.pitch)}{token} from tick {note.onset_tick} to {note.end_tick}, "
        f"velocity {note.velocity}"
    )
