"""Stretches of music: a tune from its top, or from where a seek or a reload goes on.

Pure: where the next stretch begins, given where the last one ended and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from improv.config import Tune
from improv.performance.arrangement import Arrangement, arrange, bar_of_chorus, with_rest


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a stretch of music begins."""

    number: int = 0
    """Of the tune in the set."""
    tick: int = 0
    """Of the tune."""
    ns: int = 0
    song_tick: int = 0
    """Where the tune's tick 0 lies in the set."""
    by_tick: int = 0
    """What to add to ticks of the stretch before so that they count from this tune's tick 0."""

    def at(self, ns: int) -> Stretch:
        """The same at another time."""
        return replace(self, ns=ns)


def arranged(tunes: Sequence[Tune]) -> list[Arrangement]:
    """Every tune of a set, laid out, with a silent bar between two. Raises ChartError."""
    arrangements = [arrange(tune.chart, tune.plan) for tune in tunes]
    return [*map(with_rest, arrangements[:-1]), *arrangements[-1:]]


def next_tune(now: Stretch, arrangements: Sequence[Arrangement], ns: int) -> Stretch | None:
    """The tune after one that has ended at `ns`; None after the last."""
    length_tick = arrangements[now.number].end_tick or 0
    if now.number + 1 >= len(arrangements):
        return None
    return Stretch(now.number + 1, 0, ns, now.song_tick + length_tick, -length_tick)


def sought(
    arrangements: Sequence[Arrangement], song_tick: int, ns: int, left_tick: int = 0
) -> Stretch:
    """The stretch that begins at a place in the set; a place beyond the set is beyond its last tune.

    `left_tick` is where the tune before is left.
    """
    number, start_tick = 0, 0
    for arrangement in arrangements[:-1]:
        end_tick = arrangement.end_tick
        if end_tick is None or song_tick < start_tick + end_tick:
            break
        number, start_tick = number + 1, start_tick + end_tick
    tick = song_tick - start_tick
    return Stretch(number, tick, ns, start_tick, tick - left_tick)


def reloaded(
    now: Stretch, before: Arrangement, arrangements: Sequence[Arrangement], tick: int, ns: int
) -> Stretch:
    """The same place of the form in tunes that were read again: same chorus, and same bar if it exists.

    `tick`, at `ns`, is where the tune as it was, `before`, is left.
    """
    number = min(now.number, len(arrangements) - 1)
    after = arrangements[number]
    bar = bar_of_chorus(after, *before.chart.chorus_and_bar(before.chart.bar_of(tick)))
    after_tick = after.chart.bar_tick(bar)
    song_tick = now.song_tick + tick - after_tick
    return Stretch(number, after_tick, ns, song_tick, after_tick - tick)
