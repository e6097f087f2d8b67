"""From a chart to a performance: count-in, intro, choruses in their keys, ending.

    Chart, Plan  --arrange-->  Arrangement

    | 1 . 2 . | 1 2 3 4 |  intro  | chorus ... | chorus ... | tag | last chord |
      count-in (NC)        band     everybody                         held, ritard

The arrangement is itself one long `Chart`, which the grammar, the band and the writers of files are all
given; when it plays without end it goes on at its first chorus.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from functools import cached_property

from improv.config import Plan
from improv.errors import ChartError
from improv.music.chart import Chart, joined
from improv.music.feel import parse_feel
from improv.music.transpose import moved
from improv.performance.ending import last_chord, tag_bars
from improv.performance.loop import echoed, looped

KEY_CYCLES: dict[str, int] = {
    "fourths": 5,
    "fifths": 7,
    "up": 1,
    "down": -1,
    "whole-tones": 2,
    "minor-thirds": 3,
    "major-thirds": 4,
}
"""Name -> semitones by which each chorus is moved against the one before."""

ENDINGS = ("tag", "hold", "none")
"""tag: the four bars that lead home once more, then the last chord, held; hold: the last chord; none: it
stops."""

FEWEST_BARS_FOR_TAG = 8
RITARD = (0.94, 0.86, 0.76)
"""Tempo on the last three beats before the last chord, and of it, against the tempo until then."""
_LONGEST_BARS = 400_000  # of a performance with an end, so that it fits in memory


@dataclass(frozen=True)
class Arrangement:
    """A performance laid out. Ticks count from its first beat, that of the count-in where there is one."""

    chart: Chart
    count_in_bars: int
    solo_tick: int
    """Where the soloist comes in."""
    solo_end_tick: int | None
    """From here no new note of the soloist; None: it goes on until it is stopped."""
    end_tick: int | None
    tag_tick: int | None = None
    final_tick: int | None = None
    """Where the last chord is struck; None: there is no ending."""
    rest_tick: int | None = None
    """Where the silent bar before the next tune begins."""
    keys: tuple[tuple[int, str], ...] = ()
    ritard: tuple[tuple[int, float], ...] = ()
    """(tick, tempo against that before); the last is that of the last chord, a fermata when it is fast."""

    @property
    def music_end_tick(self) -> int | None:
        """Where the last note ends at the latest: before the breath; None: never."""
        return self.end_tick if self.rest_tick is None else self.rest_tick

    def kind_of(self, bar: int) -> str:
        """What an absolute bar is: "count-in", "intro", "chorus", "ending", "final" or "rest"."""
        tick = self.chart.bar_tick(bar)
        if self.rest_tick is not None and tick >= self.rest_tick:
            return "rest"
        if bar < self.count_in_bars:
            return "count-in"
        if tick < self.solo_tick:
            return "intro"
        if self.final_tick is not None and tick >= self.final_tick:
            return "final"
        if self.tag_tick is not None and tick >= self.tag_tick:
            return "ending"
        return "chorus"

    def begins(self, bar: int) -> bool:
        """Whether a section, a chorus or the ending begins with this bar."""
        return self.chart.place(self.chart.bar_tick(bar)) in self._beginnings

    @cached_property
    def _beginnings(self) -> frozenset[int | None]:
        labels = (tick for tick, _ in self.chart.sections)
        return frozenset((*self.chart.tops, *labels, self.tag_tick, self.final_tick))


def arrange(tune: Chart, plan: Plan) -> Arrangement:
    """Lay `tune` out as `plan` asks. ChartError for what is no key and for too long a piece."""
    if plan.feel:
        tune = replace(tune, feel=parse_feel(plan.feel), style="")
        tune = replace(tune, last=tune.last and replace(tune.last, feel=tune.feel))
    tune = looped(moved(tune, plan.key), plan.loop)
    tune = echoed(tune, plan.echo_bars) if plan.echo_bars else tune
    count = plan.choruses or _choruses_of_cycle(plan.key_cycle)
    if count * tune.bars > _LONGEST_BARS:
        raise ChartError(
            f"{count} choruses of {tune.bars} bars are too long: expected at most {_LONGEST_BARS:,} bars, or "
            "no number of choruses to play until stopped."
        )
    step = KEY_CYCLES[plan.key_cycle] if plan.key_cycle else 0
    in_keys = {shift: tune.transposed(shift) for shift in {n * step % 12 for n in range(count)}}
    choruses = [in_keys[number * step % 12] for number in range(count)]
    if plan.choruses and choruses[-1].last is not None:
        choruses[-1] = choruses[-1].last
    choruses[1:] = [_again(chorus) for chorus in choruses[1:]]

    first, lead = choruses[0], []
    if plan.count_in_bars:
        length_tick = plan.count_in_bars * first.meter.ticks_per_bar
        lead.append(_silent(first, length_tick))
    if plan.intro_bars:
        bars = min(plan.intro_bars, first.bars)
        lead.append(replace(first.part(first.bars - bars, first.bars), sections=((0, "Intro"),)))
    solo_tick = sum(chart.length_tick for chart in lead)
    tops, tick = [], solo_tick
    keys: tuple[tuple[int, str], ...] = ()
    for chorus in choruses:
        tops += [tick + top for top in (chorus.tops if plan.echo_bars else (0,))]
        keys += ((tick, chorus.key),) if chorus.key else ()
        tick += chorus.length_tick
    keys = tuple(row for at, row in enumerate(keys) if not at or row[1] != keys[at - 1][1])
    if keys:
        keys = ((0, keys[0][1]), *keys[1:])  # the lead-in is in the first key

    if not plan.choruses:
        whole = joined([*lead, *choruses])
        return Arrangement(
            chart=replace(whole, tops=tuple(tops), repeat_tick=solo_tick + choruses[0].repeat_tick),
            count_in_bars=plan.count_in_bars,
            solo_tick=solo_tick,
            solo_end_tick=None,
            end_tick=None,
            keys=keys,
        )

    tail, tag_tick, final_tick = [], None, None
    last, final = choruses[-1], last_chord(choruses[-1])
    if plan.ending == "tag" and last.bars >= FEWEST_BARS_FOR_TAG:
        tag_tick = tick
        tail.append(replace(last.part(*tag_bars(last, final)), sections=((0, "Tag"),)))
        tick += tail[-1].length_tick
    if plan.ending in ("tag", "hold"):
        final_tick = tick
        before = tail[-1] if tail else last
        meter = before.meter_of(before.bars - 1)
        held = _silent(last, meter.ticks_per_bar)
        tail.append(replace(held, meter=meter, changes=((0, final),)))
        tick += tail[-1].length_tick
    whole = joined([*lead, *choruses, *tail])
    beat_tick = whole.meter_of(whole.bars - 1).ticks_per_beat
    return Arrangement(
        chart=replace(whole, tops=tuple(tops)),
        count_in_bars=plan.count_in_bars,
        solo_tick=solo_tick,
        solo_end_tick=tick if final_tick is None else final_tick + 1,
        end_tick=tick,
        tag_tick=tag_tick,
        final_tick=final_tick,
        keys=keys,
        ritard=()
        if final_tick is None
        else tuple(
            (final_tick - beat_tick * (len(RITARD) - at), share)
            for at, share in enumerate((*RITARD, RITARD[-1]))
        ),
    )


def _again(chorus: Chart) -> Chart:
    """The chorus without the tune's own intro, which is played only once."""
    if not chorus.repeat_tick:
        return chorus
    return chorus.part(chorus.bar_of(chorus.repeat_tick), chorus.bars)


def _silent(like: Chart, length_tick: int) -> Chart:
    """Bars without a chord, in the meter at the start of `like`."""
    return replace(
        like,
        changes=((0, None),),
        length_tick=length_tick,
        meter_changes=(),
        sections=(),
        remarks=(),
        written=(),
        last=None,
        tops=(0,),
        repeat_tick=0,
    )


def with_rest(arrangement: Arrangement) -> Arrangement:
    """The same with one silent bar after it, before the next tune of a set."""
    if arrangement.end_tick is None:
        return arrangement
    chart = arrangement.chart
    meter = chart.meter_of(chart.bars - 1)
    rest = replace(_silent(chart, meter.ticks_per_bar), meter=meter)
    whole = replace(joined([chart, rest]), tops=chart.tops)
    return replace(
        arrangement, chart=whole, rest_tick=arrangement.end_tick, end_tick=whole.length_tick
    )


def _choruses_of_cycle(name: str) -> int:
    """How many choruses until the first key comes round again."""
    if not name:
        return 1
    count, shift = 1, KEY_CYCLES[name] % 12
    while count * shift % 12:
        count += 1
    return count


def bar_of_chorus(arrangement: Arrangement, chorus: int, bar: int) -> int:
    """The absolute bar of bar `bar` of a chorus, both from 0, or the nearest there is. A bar number that is
    not in the chorus wraps around; a chorus beyond the last is the last; -1 is the lead-in."""
    chart = arrangement.chart
    if chorus < 0:
        return min(bar, chart.bar_of(arrangement.solo_tick))
    looped = len(chart.tops) - bisect_left(chart.tops, chart.repeat_tick)
    last = len(chart.tops) - 1
    loops = 0
    if chorus > last:
        if arrangement.end_tick is not None:
            chorus = last
        else:
            loops = -(-(chorus - last) // looped)
            chorus -= loops * looped
    start = chart.bar_of(chart.tops[chorus])
    end_tick = chart.tops[chorus + 1] if chorus < last else arrangement.tag_tick
    end = chart.bars if end_tick is None else chart.bar_of(end_tick)
    bars_a_loop = chart.bars - chart.bar_of(chart.repeat_tick)
    return loops * bars_a_loop + start + (bar - chart.first_bar) % max(1, end - start)


def next_pass(arrangement: Arrangement, bar: int) -> int | None:
    """The first bar after an absolute one that begins a chorus, or a pass of a loop; None: none does."""
    chart = arrangement.chart
    ends = arrangement.tag_tick, arrangement.final_tick, arrangement.music_end_tick
    end_tick = min((tick for tick in ends if tick is not None), default=None)
    while True:
        chorus, number = chart.chorus_and_bar(bar)
        bar += 1
        if end_tick is not None and chart.bar_tick(bar) >= end_tick:
            return None
        if chart.chorus_and_bar(bar) != (chorus, number + 1):
            return bar


def chorus_share(arrangement: Arrangement, tick: int) -> tuple[int, float]:
    """(chorus from 0, how much of it is over, 0 to 1) at an absolute tick; -1 in the lead-in."""
    chart = arrangement.chart
    place = chart.place(tick)
    at = bisect_right(chart.tops, place)
    if not at:
        return -1, 0.0
    number, _ = chart.chorus_and_bar(chart.bar_of(tick))
    start = chart.tops[at - 1]
    end = chart.tops[at] if at < len(chart.tops) else arrangement.tag_tick or chart.length_tick
    return number, min(1.0, (place - start) / max(1, end - start))
