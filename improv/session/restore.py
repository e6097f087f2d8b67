"""A session laid out again by what its log says: each part's performance, and the take of all.

Input -> output:  Session (session.reader)  ->  Performance of a part, Take
"""

from __future__ import annotations

from dataclasses import replace

from improv.controls.table import Controls
from improv.errors import InputFileError
from improv.music.take import Take
from improv.performance.assemble import lineup_of, make_performance
from improv.performance.performance import Performance
from improv.performance.stretch import arranged
from improv.session.header import config_of
from improv.session.reader import Segment, Session, take_of_session


def take_of(session: Session) -> Take | None:
    """What was heard; None where nothing was. Raises InputFileError for a log that is damaged."""
    performances = [performance_of(session, segment) for segment in session.segments]
    config = config_of(session.header_of(len(session.reloads)), session.where)
    lineup = lineup_of(config)  # those of the last reload; who was there before comes behind them
    return take_of_session(session, performances, lineup)


def performance_of(session: Session, segment: Segment) -> Performance:
    """A part of a session as it was laid out. Raises InputFileError."""
    config = config_of(session.header_of(segment.config), session.where)
    if not 0 <= segment.number < len(config.tunes):
        raise InputFileError(
            f"The log {session.where!r} is damaged: it plays tune {segment.number + 1} of "
            f"{len(config.tunes)}."
        )
    tune = config.tunes[segment.number]
    arrangement = arranged(config.tunes)[segment.number]
    performance = make_performance(
        tune, arrangement, segment.start_ns, segment.number, start_tick=segment.start_tick
    )
    try:
        return replace(performance, controls=Controls().with_values(**segment.controls))
    except (TypeError, ValueError) as error:
        raise InputFileError(f"The log {session.where!r} is damaged: {error}.") from error
