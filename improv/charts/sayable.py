"""A chart as a form of writing can express it, and what had to be changed for that.

    Chart  --for_text, for_ireal-->  Chart that `print_chart` or `write_ireal` takes, sentences for the user

A chord between the places of the form goes to the nearest of them, a bar that is cut short gets a meter of
its own, one in a meter that the form lacks is split, labels inside bars go to their beginning, and what is
played once is called Intro. A chart that the form can express is returned as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from improv.charts.feel_words import behind_intro, is_intro
from improv.charts.ireal_cells import cells_of, counts_of, says_meter
from improv.charts.text_words import GRAINS, KEY, is_written
from improv.charts.written import WrittenBar, chart_of
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
        while same < min(len(bars), len(last_bars)) and _sounds_as(bars[same], last_bars[same]):
            same += 1
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


def _sounds_as(bar: WrittenBar, other: WrittenBar) -> bool:
    return (bar.changes, bar.meter) == (other.changes, other.meter)


def _bars(chart: Chart, form: _Form, say: _Said) -> tuple[list[WrittenBar], list[int]]:
    """The bars of the chart as the form can express them, and for each bar of the chart where it begins
    there."""
    labels: dict[int, list[str]] = {}
    remarks: dict[int, list[str]] = {}
    for tick, label in chart.sections:
        bar = chart.bar_of(tick)
        labels.setdefault(bar, []).append(label)
        if tick != chart.bar_ticks[bar] or len(labels[bar]) > 1:
            say(f"The section {label!r} inside bar {bar + 1} is written at the bar's beginning.")
    for tick, text in chart.remarks:
        bar = chart.bar_of(tick)
        remarks.setdefault(bar, []).append(text)
        if tick != chart.bar_ticks[bar]:
            say(f"The remark {text!r} inside bar {bar + 1} is written at the bar's beginning.")
    ends = [*chart.bar_ticks[1:], chart.length_tick]
    bars: list[WrittenBar] = []
    places = []
    for bar, (tick, end) in enumerate(zip(chart.bar_ticks, ends, strict=True)):
        places.append(len(bars))
        meter = chart.meter_of(bar)
        meters = _meters_for(end - tick, meter, form)
        if meters != [meter] or end - tick != meter.ticks_per_bar:
            said = " and ".join(map(str, meters))
            cut = " cut short" if end - tick != meter.ticks_per_bar else ""
            say(f"Bar {bar + 1} in {meter}{cut} is written in {said}.")
        label, *more = labels.get(bar, [""])
        texts = tuple(more + remarks.get(bar, []))
        changes = _struck(chart.changes_in_bar(bar))
        start = 0
        for each in meters:
            length_tick = each.ticks_per_bar
            inside = [(at - start, c) for at, c in changes if start <= at < start + length_tick]
            if not inside or inside[0][0]:
                before = [c for at, c in changes if at <= start]
                inside.insert(0, (0, before[-1]))
            inside = _placed(inside, each, form, f"bar {bar + 1}", say)
            bars.append(WrittenBar(tuple(inside), each, label=label, remarks=texts))
            label, texts = "", ()
            start += length_tick
    return bars, places


_Changes = list[tuple[int, "Chord | None"]]


def _struck(changes: _Changes) -> _Changes:
    """The changes of a bar without those that repeat the chord before."""
    return [each for at, each in enumerate(changes) if not at or each[1] != changes[at - 1][1]]


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
    return _struck(sorted(placed.items(), key=lambda change: change[0]))


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
