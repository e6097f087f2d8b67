"""A form: how every tune of a performance is to be laid out, and who plays it where nobody says.

Chart  ──Form.tune──>  Tune          "piano,bass=3/33"  ──band_of──>  Musicians

Where nothing else is asked for, `Form` and DEFAULT_BAND say how it is played: live, into files, and to be
measured.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from improv.band.instruments import INSTRUMENTS
from improv.config import Musician, Plan, Tune
from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.feel import parse_feel
from improv.music.transpose import check_move
from improv.performance.loop import looped, parse_faster

DEFAULT_BAND = "piano,bass,drums"

_MUSICIAN = re.compile(r"([a-z]+)(?:=(\d{1,2}))?(?:/(\d{1,3}))?")


@dataclass(frozen=True)
class Form:
    """How a tune is to be laid out, for every tune of a set."""

    choruses: int
    key: str = ""
    key_cycle: str | None = None
    feel: str | None = None
    arc: str = "build"
    count_in: int | None = None
    intro: int = 0
    ending: str | None = None
    loop: str = ""
    faster: str = ""
    has_band: bool = True
    controls: Mapping[str, float] = field(default_factory=dict)

    def tune(self, chart: Chart) -> Tune:
        """The chart as it is to be played. Raises ChartError for what is no key or no feel, or not in it."""
        if self.key:
            check_move(self.key)
        if self.loop:
            looped(chart, self.loop)
        if self.faster:
            try:
                parse_faster(self.faster)
            except ValueError as error:
                raise ChartError(str(error)) from None
        plan = Plan(
            choruses=self.choruses,
            key=self.key,
            key_cycle=self.key_cycle or "",
            feel=parse_feel(self.feel) if self.feel else "",
            count_in_bars=(2 if self.has_band else 0) if self.count_in is None else self.count_in,
            intro_bars=self.intro,
            ending=self.ending
            or ("tag" if self.has_band and self.choruses and not self.loop else "none"),
            loop=self.loop,
            faster=self.faster,
        )
        return Tune(chart, plan, dict(self.controls), self.arc)


def band_of(band: str | Sequence[str], channel: int) -> tuple[Musician, ...]:
    """The band from "piano,bass=3/33"; `channel` (1-16) is the soloist's. Raises ValueError."""
    texts = band.split(",") if isinstance(band, str) else list(band)
    musicians: list[Musician] = []
    taken = {channel - 1: "the soloist"}
    for text in (each.strip() for each in texts if band):
        found = _MUSICIAN.fullmatch(text.lower())
        if found is None or found[1] not in INSTRUMENTS:
            raise ValueError(
                f"{text!r} is not an instrument: expected {', '.join(INSTRUMENTS)}, with channel and program "
                "as in 'piano=2/1'."
            )
        if found[1] in taken.values():
            raise ValueError(f"{found[1]} is there twice; each plays once.")
        row = INSTRUMENTS[found[1]]
        at = int(found[2]) - 1 if found[2] else row.channel
        program = int(found[3]) - 1 if found[3] else row.program
        if not 0 <= at <= 15 or (program is not None and not 0 <= program <= 127):
            raise ValueError(
                f"{text!r}: expected a channel from 1 to 16 and a program from 1 to 128."
            )
        if at in taken:
            raise ValueError(
                f"{found[1]} and {taken[at]} are both on channel {at + 1}; give another as in "
                f"'{found[1]}=5'."
            )
        taken[at] = found[1]
        musicians.append(Musician(found[1], at, program))
    return tuple(musicians)
