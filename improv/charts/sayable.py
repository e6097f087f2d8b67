"""A chart as a form of writing can express it, and what had to be changed for that.

    Chart  --for_text, for_ireal-->  Chart that `print_chart` or `write_ireal` takes, sentences for the user

A chord between the places of the form goes to the nearest of them, a bar that is cut short gets a meter of
its own, one in a meter that the form lacks is split, labels inside bars go to their beginning, and what is
played once is called Intro. A chart that the form can express is returned as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from improv.charts.feel_words import behind_intro, is_intro
from improv.charts.ireal_cells import cells_of, counts_of, says_meter
from improv.charts.text_words import GRAINS, KEY, is_written
from improv.charts.written import WrittenBar, bars_of, chart_of, same_bars
from improv.music.chart import Chart
from improv.music.chord import Chord, print_chord
from improv.music.meter import BEAT_UNITS, Meter
from improv.music.note import TICKS_PER_BEAT

_WHOLE_TICK = 4 * TICKS_PER_BEAT
_INTRO = "Intro"


@dataclass(frozen=True)
class _Form:
    """What a form of writing can express."""

    says_meter: Callable[[Meter], bool]
    says_places: Callable[[list[int], Meter], bool]
    """Whether chords can begin at these ticks of a bar."""
    grids: Callable[[Meter], list[int]]
    """Ticks between the places where chords can begin, one row of places for each."""
    units: tuple[int, ...]
    says_key: Callable[[str], bool]
    intro: Callable[[Sequence[str]], int]
    """The bar after the intro, given the labels of all bars."""


def for_text(chart: Chart) -> tuple[Chart, tuple[str, ...]]:
    """The chart as text can express it, and what was changed, a sentence each."""
    return _sayable(chart, _TEXT)


def for_ireal(chart: Chart) -> tuple[Chart, tuple[str, ...]]:
    """The chart as an iReal Pro link can express it, and what was changed, a sentence each."""
    return _sayable(chart, _IREAL)


def _behind_ireal_intro(labels: Sequence[str]) -> int:
    if not labels or labels[0] != _INTRO:
        return 0
    return next((bar for bar, label in enumerate(labels) if label not in ("", _INTRO)), 0)


_TEXT = _Form(
    says_meter=lambda meter: True,
    says_places=is_written,
    grids=lambda meter: [
        meter.ticks_per_beat // grain for grain in GRAINS if not meter.ticks_per_beat % grain
    ],
    units=BEAT_UNITS,
    says_key=lambda key: KEY.fullmatch(key) is not None,
    intro=behind_intro,
)
_IREAL = _Form(
    says_meter=says_meter,
    says_places=lambda ticks, meter: any(cells_of(ticks, c, meter) for c in counts_of(meter)),
    grids=lambda meter: [meter.ticks_per_bar // count for count in counts_of(meter)],
    units=(2, 4, 8),
    says_key=lambda key: True,
    intro=_behind_ireal_intro,
)


class _Said:
    """Collects sentences, each once."""

    def __init__(self) -> None:
        self.all: dict[str, None] = {}

    def __call__(self, sentence: str) -> None:
        self.all.setdefault(sentence)


def _sayable(chart: Chart, form: _Form) -> tuple[Chart, tuple[str, ...]]:
    say = _Said()
    key = chart.key
    if key and not form.says_key(key):
        say(f"The key {key!r} is left out: expected a note with a mode.")
        key = ""
    labelled, places = _bars(chart, form, say)
    first = places[chart.bar_of(chart.repeat_tick)]
    bars = _with_intro(labelled, first, form, say)
    last_bars: list[WrittenBar] = []
    same = 0
    if chart.last is not None:
        last_bars, _ = _bars(chart.last, form, say)
        heard = [[(bar.changes, bar.meter) for bar in each] for each in (bars, last_bars)]
        same = same_bars(*heard)
        if same and labelled[0] != last_bars[0]:
            say(
                "Over the bars that the last chorus shares, the remarks are those of the other choruses."
            )
            last_bars = bars[:same] + last_bars[same:]
        last_bars[:same] = [
            new if old == last else last
            for new, old, last in zip(bars, labelled, last_bars[:same], strict=False)
        ]
        if not same:
            say("The last chorus is left out: it differs from the others from its first bar on.")
            last_bars = []
    if not say.all:
        return chart, ()

    def build(written: Sequence[WrittenBar], first: int) -> Chart:
        return replace(
            chart_of(
                written,
                title=chart.title,
                tempo_bpm=chart.tempo_bpm,
                key=key,
                feel=chart.feel,
                composer=chart.composer,
                style=chart.style,
                first=first,
            ),
            warnings=chart.warnings,
        )

    made = build(bars, first)
    if last_bars and last_bars != bars:
        made = replace(made, last=build(last_bars, first if first < same else 0))
    return made, tuple(say.all)


def _bars(chart: Chart, form: _Form, say: _Said) -> tuple[list[WrittenBar], list[int]]:
    """The bars of the chart as the form can express them, and for each bar of the chart where it begins
    there."""
    seen: set[int] = set()
    for what, rows in (("section", chart.sections), ("remark", chart.remarks)):
        for tick, text in rows:
            bar = chart.bar_of(tick)
            if tick != chart.bar_ticks[bar] or (what == "section" and bar in seen):
                say(f"The {what} {text!r} inside bar {bar + 1} is written at the bar's beginning.")
            seen.add(bar)
    bars: list[WrittenBar] = []
    places = []
    for number, played in enumerate(bars_of(chart), start=1):
        places.append(len(bars))
        meter, label, texts = played.meter, played.label, played.remarks
        meters = _meters_for(played.ticks, meter, form)
        if meters != [meter] or played.length_tick:
            said = " and ".join(map(str, meters))
            cut = " cut short" if played.length_tick else ""
            say(f"Bar {number} in {meter}{cut} is written in {said}.")
        start = 0
        for each in meters:
            length_tick = each.ticks_per_bar
            changes = played.changes
            inside = [(at - start, c) for at, c in changes if start <= at < start + length_tick]
            if not inside or inside[0][0]:
                before = [c for at, c in changes if at <= start]
                inside.insert(0, (0, before[-1]))
            inside = _placed(inside, each, form, f"bar {number}", say)
            bars.append(WrittenBar(tuple(inside), each, label=label, remarks=texts))
            label, texts = "", ()
            start += length_tick
    return bars, places


_Changes = list[tuple[int, "Chord | None"]]


def _meters_for(length_tick: int, meter: Meter, form: _Form) -> list[Meter]:
    """The meters in which a bar of this length is written: its own, another, or several."""
    if length_tick == meter.ticks_per_bar and form.says_meter(meter):
        return [meter]
    finest_tick = _WHOLE_TICK // form.units[-1]
    length_tick = -(-length_tick // finest_tick) * finest_tick
    units = [meter.beat_unit, 4, 8, *form.units]
    for unit in (unit for unit in units if unit in form.units):
        beats, rest = divmod(length_tick * unit, _WHOLE_TICK)
        if rest:
            continue
        for parts in range(1, beats + 1):
            sizes = [beats // parts + (at < beats % parts) for at in range(parts)]
            if sizes[0] <= 32 and all(form.says_meter(Meter(size, unit)) for size in sizes):
                return [Meter(size, unit) for size in sizes]
    return [meter]


def _placed(changes: _Changes, meter: Meter, form: _Form, where: str, say: _Said) -> _Changes:
    """The changes, each moved to the nearest place that the form has."""
    ticks = [tick for tick, _ in changes]
    if form.says_places(ticks, meter):
        return changes
    found: list[tuple[int, int, int, dict[int, int]]] = []
    for number, step_tick in enumerate(form.grids(meter)):
        most = meter.ticks_per_bar // step_tick - 1
        nearest = {
            tick: min((2 * tick + step_tick) // (2 * step_tick), most) * step_tick for tick in ticks
        }
        nearest[0] = 0
        if form.says_places(sorted({*nearest.values()}), meter):
            lost = len(ticks) - len({*nearest.values()})
            moved = sum(abs(tick - to) for tick, to in nearest.items())
            found.append((lost, moved, number, nearest))
    to = min(found)[3] if found else {tick: 0 for tick in ticks}
    placed: dict[int, Chord | None] = {}
    for tick, chord in changes:
        if to[tick] in placed and tick:
            say(f"{print_chord(placed[to[tick]])} in {where} is left out: there is no room for it.")
        placed[to[tick]] = chord
        if to[tick] != tick:
            beat, now = (1 + at / meter.ticks_per_beat for at in (tick, to[tick]))
            say(f"{print_chord(chord)} in {where} goes from beat {beat:.3g} to beat {now:.3g}.")
    struck = sorted(placed.items(), key=lambda change: change[0])
    return struck[:1] + [new for old, new in pairwise(struck) if old[1] != new[1]]


def _with_intro(bars: list[WrittenBar], first: int, form: _Form, say: _Said) -> list[WrittenBar]:
    """The bars, with labels that make exactly the bars before `first` an intro, played once."""
    bars = list(bars)
    if form.intro([bar.label for bar in bars]) == first:
        return bars

    def unlabelled(at: int) -> WrittenBar:
        texts = (bars[at].label,) if bars[at].label else ()
        return replace(bars[at], label="", remarks=texts + bars[at].remarks)

    if not first:
        say(f"The section {bars[0].label!r} is written as a remark: it is played each time.")
        bars[0] = unlabelled(0)
        return bars
    what = "first bar is" if first == 1 else f"first {first} bars are"
    say(f"The {what} called {_INTRO}: only the first chorus begins there.")
    for at in range(first):
        bars[at] = unlabelled(at) if bars[at].label != _INTRO or at else bars[at]
    bars[0] = replace(bars[0], label=_INTRO)
    if not bars[first].label or is_intro(bars[first].label):
        bars[first] = replace(unlabelled(first), label="A")
    return bars
