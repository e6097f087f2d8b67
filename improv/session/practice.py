"""What the partner played in a session, for a report (improv.partner.report): from its log, or as it happens.

Session (session.reader)                  ──played_in──>  [Played]  ──report──>  Report
listener calls, HeardNotes  ──> Diary  ──played──────>
"""

from __future__ import annotations

from improv.partner.echo import turn_of
from improv.partner.report import Played, tempo_of
from improv.partner.turns import ME, Turns, parse_mode
from improv.performance.performance import Performance
from improv.session.reader import Part, Session
from improv.session.restore import configs_of, performances_of


def played_in(session: Session) -> list[Played]:
    """Part by part. Raises InputFileError for a log that is damaged."""
    configs, found = configs_of(session), []
    mode, config = configs[0].mode, -1
    for part, performance in zip(session.parts, performances_of(session), strict=True):
        if part.config != config:
            config, mode = part.config, configs[part.config].mode
        chart = performance.arrangement.chart
        bars = range(
            chart.bar_of(part.start_tick), chart.bar_of(max(0, part.length_end_tick - 1)) + 1
        )
        theirs = []
        if configs[config].tunes[part.number].plan.echo_bars:
            theirs = [bar for bar in bars if turn_of(chart, bar).whose != ME]
        else:
            modes = [(bars.start, mode), *_modes(part, performance)]
            for at, (first, text) in enumerate(modes):
                kind = parse_mode(text)
                turns = Turns(kind, performance.arrangement, first if at else 0)
                last = modes[at + 1][0] if at + 1 < len(modes) else bars.stop
                theirs += [
                    bar
                    for bar in range(first, last)
                    if kind.kind == "solo" or turns.at(bar).whose != ME
                ]
            mode = modes[-1][1]
        found.append(Played(chart, theirs, part.partner, tempo_of(part.tempos)))
    return found


def _modes(part: Part, performance: Performance) -> list[tuple[int, str]]:
    """(from which bar, mode), as they were changed."""
    chart = performance.arrangement.chart
    return [
        (chart.bar_of(max(0, steered.planned_tick)) + 1, steered.steer.mode)
        for steered in part.steers
        if steered.steer.mode
    ]
