"""A session laid out again by what its log says: what was asked for, each part as a performance, the take.

Input -> output:  Session (session.reader)  ->  Configs, Performances, Take
"""

from __future__ import annotations

from dataclasses import replace

from improv.config import Config
from improv.controls.table import Controls
from improv.errors import ImprovError, InputFileError
from improv.music.take import Take
from improv.performance.arrangement import Arrangement
from improv.performance.assemble import lineup_of, make_performance
from improv.performance.performance import Performance
from improv.performance.stretch import laid_out
from improv.session.header import config_of, damaged
from improv.session.reader import Session, take_of_session


def configs_of(session: Session) -> list[Config]:
    """What was asked for at the start, and after each reload. Raises InputFileError for a damaged log."""
    configs = [
        config_of(session.header_of(at), session.where) for at in range(len(session.reloads) + 1)
    ]
    for part in session.parts:
        tunes = configs[part.config].tunes
        if not 0 <= part.number < len(tunes):
            raise _damaged(session, f"it plays tune {part.number + 1} of {len(tunes)}")
    return configs


def performances_of(session: Session) -> list[Performance]:
    """Each part as it was laid out. Raises InputFileError for a log that is damaged."""
    configs = configs_of(session)
    performances = []
    known: dict[tuple[int, int], Arrangement] = {}  # a clock that is followed may seek very often
    for part in session.parts:
        tunes, at = configs[part.config].tunes, (part.config, part.number)
        try:
            if at not in known:
                known[at] = laid_out(tunes, part.number)
        except ImprovError as error:
            raise _damaged(session, str(error)) from error
        performance = make_performance(
            tunes[part.number], known[at], part.start_ns, part.number, start_tick=part.start_tick
        )
        try:
            controls = Controls().with_values(**part.controls)
        except (TypeError, ValueError) as error:
            raise _damaged(session, str(error)) from error
        performances.append(replace(performance, controls=controls))
    return performances


def take_of(session: Session) -> Take | None:
    """What was heard; None where nothing was. Raises InputFileError for a log that is damaged."""
    # The lineup is that of the last reload; who was there before comes behind it.
    lineup = lineup_of(configs_of(session)[-1])
    return take_of_session(session, performances_of(session), lineup)


def _damaged(session: Session, why: str) -> InputFileError:
    return damaged(f"The log {session.where!r}", why)
