"""How the performance is: what was counted since it began, for the terminal and `jazz-improv status`.

Input -> output:  what the performer tells its listeners  ->  Health (health.health), and one line of text
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from improv.health.health import Health
from improv.midi.events import OUT, Report
from improv.midi.messages import is_on
from improv.midi.send_queue import HEARD_LATE_NS

if TYPE_CHECKING:
    from improv.live.performer import Performer
    from improv.performance.performance import Performance
    from improv.performance.played import PlayedNote

EVERY_NS = 250_000_000
"""How often it is published."""
_SPEED_NS = 10_000_000_000
"""Over how long tokens a second are counted."""


class Vitals:
    """Counts, and publishes what it has counted."""

    def __init__(self, health: Health, publish: Callable[[Health], None], *, tunes: int) -> None:
        """`health` is what is known before the first note."""
        self._health = replace(health, tunes=tunes)
        self._publish = publish
        self._steps_before = self._steps = 0
        self._speeds: list[tuple[int, int]] = []  # (ns, steps) of the last seconds
        self._next_ns = -(2**63)
        self._performance: Performance | None = None

    @property
    def health(self) -> Health:
        """As of now."""
        return self._health

    # -- a listener of the performer

    def tune(self, performance: Performance) -> None:
        """Another tune, or another stretch of it."""
        self._performance = performance
        self._steps_before = self._steps
        self._set(
            tune=performance.arrangement.chart.title,
            tune_number=performance.number + 1,
            bpm=performance.controls.tempo_bpm,
            bar=0,
            chorus=0,
            phrase="",
        )

    def bar(self, bar: int) -> None:
        """A bar has begun."""
        if self._performance is not None:
            arrangement = self._performance.arrangement
            chorus, inside = arrangement.chart.chorus_and_bar(bar)
            self._set(part=arrangement.kind_of(bar), chorus=chorus + 1, bar=inside + 1)

    def heard(self, report: Report, note: PlayedNote | None, tick: int) -> None:
        """A message was sent, or dropped."""
        if not is_on(report.data):
            return
        if report.dropped:
            self._set(dropped_ons=self._health.dropped_ons + 1)
        else:
            late = report.sent_ns - report.planned_ns > HEARD_LATE_NS
            self._set(notes=self._health.notes + 1, late=self._health.late + late)
            if note is not None and note.plan is not None:
                self._set(phrase=str(note.plan))

    def tempo(self, tick: int, bpm: float) -> None:
        """The tempo has changed."""
        self._set(bpm=round(bpm, 2))

    # -- told by the daemon

    def port(self, role: str, there: bool) -> None:
        """A port has gone or is there again."""
        if role == OUT:
            self._set(port_there=there)
        self._set(reconnects=self._health.reconnects + there)

    def restarted(self) -> None:
        """A process that died was replaced."""
        self._set(restarts=self._health.restarts + 1)

    def beat(self, performer: Performer, now_ns: int, waiting: int) -> None:
        """Called whenever the performer wakes; `waiting` messages are on their way."""
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + EVERY_NS
        self._steps = self._steps_before + performer.ensemble.steps
        self._speeds = [row for row in self._speeds if row[0] >= now_ns - _SPEED_NS]
        self._speeds.append((now_ns, self._steps))
        since_ns, since = self._speeds[0]
        speed = (self._steps - since) * 1e9 / (now_ns - since_ns) if now_ns > since_ns else 0.0
        follower = performer.follower
        self._set(
            tokens_per_s=round(speed, 2),
            queue=waiting,
            clock_locked=follower is None or follower.locked,
            mixer=str(performer.ensemble.mixer),
            stopped=performer.stopped,
        )
        self._publish(self._health)

    def _set(self, **values: object) -> None:
        # mypy cannot know which values fit which fields.
        self._health = replace(self._health, **values)  # type: ignore[arg-type]
