"""Stretches of music: a tune from its top, or from where a seek or a reload goes on.

Pure: where the next stretch begins, given where the last one ended and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from improv.config import Tune
from improv.music.chart import Chart
from improv.performance.arrangement import Arrangement, arrange, bar_of_chorus, with_rest
from improv.performance.loop import parse_loop


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


@dataclass(frozen=True)
class Typed:
    """What was typed of a tune, which holds whatever is read again: a chart in its place, bars that are
    looped."""

    chart: Chart | None = None
    bpm: float | None = None
    """In which the chart is played; None: in its own tempo."""
    loop: str | None = None
    """"": the whole form, also where bars were to be looped."""

    def of(self, tune: Tune) -> Tune:
        """The tune as it is played; another chart as that stands: at once, in its own key."""
        if self.chart is not None:
            controls = {name: value for name, value in tune.controls.items() if name != "tempo_bpm"}
            if self.bpm is not None:
                controls["tempo_bpm"] = self.bpm
            plan = replace(tune.plan, count_in_bars=0, intro_bars=0, key="", loop="")
            tune = replace(tune, chart=self.chart, plan=plan, controls=controls)
        if self.loop is None:
            return tune
        plan = replace(tune.plan, loop="")
        if self.loop:
            plan = replace(tune.plan, loop=self.loop, choruses=0, ending="none")
        return replace(tune, plan=plan)


def arranged(tunes: Sequence[Tune]) -> list[Arrangement]:
    """Every tune of a set, laid out, with a silent bar between two. Raises ChartError."""
    return [laid_out(tunes, number) for number in range(len(tunes))]


def laid_out(tunes: Sequence[Tune], number: int) -> Arrangement:
    """One of them. Raises ChartError."""
    arrangement = arrange(tunes[number].chart, tunes[number].plan)
    return with_rest(arrangement) if number + 1 < len(tunes) else arrangement


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
    now: Stretch,
    before: Arrangement,
    arrangements: Sequence[Arrangement],
    tick: int,
    ns: int,
    place: tuple[int, int] | None = None,
) -> Stretch:
    """The same place of the form in tunes that were read again: same chorus, and same bar if it exists.

    `tick`, at `ns`, is where the tune as it was, `before`, is left. `place` (chorus, bar, both from 0) is
    another one.
    """
    number = min(now.number, len(arrangements) - 1)
    after = arrangements[number]
    if place is None:
        place = before.chart.chorus_and_bar(before.chart.bar_of(tick))
    bar = bar_of_chorus(after, *place)
    after_tick = after.chart.bar_tick(bar)
    song_tick = now.song_tick + tick - after_tick
    return Stretch(number, after_tick, ns, song_tick, after_tick - tick)


def pass_end(before: Arrangement, loop: str, tick: int) -> int | None:
    """Where a tune is left for another loop of it, or for its whole form where `loop` is ""; None: it ends
    before that.

    The first bar line at or after `tick`, itself one, at which a pass has ended: the chorus, the loop so far,
    or the bars that are to be played over and over.
    """
    chart, end_tick = before.chart, before.tag_tick or before.final_tick or before.music_end_tick
    last = parse_loop(loop)[1] if loop else 0
    bar = max(1, chart.bar_of(tick))
    while end_tick is None or chart.bar_tick(bar) < end_tick + bool(loop):
        chorus, number = chart.chorus_and_bar(bar - 1)
        goes_on = (
            chart.chorus_and_bar(bar) == (chorus, number + 1) and chart.bar_tick(bar) != end_tick
        )
        if not goes_on or (chorus >= 0 and number == last - 1):
            return chart.bar_tick(bar)
        bar += 1
    return None


def place_after(before: Arrangement, after: Tune, tick: int) -> tuple[int, int]:
    """(chorus, bar), from 0, where the tune goes on with another loop when `before` is left at `tick`.

    With the next pass; where there is no loop any more, behind the one there was.
    """
    chorus, number = before.chart.chorus_and_bar(before.chart.bar_of(tick) - 1)
    if after.plan.loop:
        return chorus + 1, parse_loop(after.plan.loop)[0] - 1
    if chorus >= 0 and number + 1 < after.chart.bars:
        return chorus, number + 1
    return chorus + 1, 0
