"""What holds for every player, feel, meter and chord; and what the band does as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.band import kit
from improv.band.base import BarContext
from improv.band.count_in import count_in
from improv.band.instruments import INSTRUMENTS
from improv.band.roster import make_musician
from improv.charts.library import BUILT_IN, load_chart
from improv.controls.table import ROWS, Controls
from improv.music.chart import Chart, joined
from improv.music.chord import parse_chord
from improv.music.feel import FEELS
from improv.music.meter import Meter
from improv.music.note import Note

METERS = [
    Meter.parse(text)
    for text in ("4/4", "3/4", "6/8", "5/4", "7/4", "12/8", "7/8", "2/4", "2/2", "3/2", "9/8")
]
SYMBOLS = (
    "C Cm C6 C6/9 Cmaj7 Cm7 Cm6 CmMaj7 Cm7b5 Cdim Cdim7 C7 C9 C13 C7b9 C7#9 C7#11 C7alt C7#5 C7b13 "
    "C7sus4 C9sus4 C7sus4b9 Csus4 Csus2 C5 Cadd9 Caug Cmaj7#5 Cmaj7#11 Cm11 Cm9b5 C13b9 "
    "D7/F# C/D Ab/Bb C7/Bb Dm7/G C7(#9,#11,13) C13(b5,#5,11) E|C7 C|D Cmb6 Cmaj13 Cm(add9) C7sus4add3"
).split()
NAMES = tuple(INSTRUMENTS)


def context(chart: Chart, bar: int, musician: str, **given) -> BarContext:
    """What a musician is told of a bar; controls are given by name."""
    said = {"busy": 0.3, "kind": "chorus", "seed": 1, "feel": chart.feel, "loud": 0.5} | given
    boundaries = {tick for tick, _ in chart.sections} | set(chart.tops)
    feel = FEELS[said["feel"]]
    return BarContext(
        chart=chart,
        bar=bar,
        feel=feel,
        controls=Controls(
            **{"tempo_bpm": feel.tempo_bpm} | {k: said[k] for k in ROWS if k in said}
        ),
        busy=said["busy"],
        kind=said["kind"],
        new_section=said.get("new_section", chart.place(chart.bar_tick(bar)) in boundaries),
        fill=said.get("fill", chart.place(chart.bar_tick(bar + 1)) in boundaries),
        rng=np.random.default_rng([said["seed"], NAMES.index(musician), bar]),
        loud=said["loud"],
    )


def played(chart: Chart, musician: str, bars: int = 0, **given) -> list[list[Note]]:
    """Bars of one player, from the first."""
    who = make_musician(musician)
    return [who.bar(context(chart, bar, musician, **given)) for bar in range(bars or chart.bars)]


def flat(bars: Sequence[Sequence[Note]]) -> list[Note]:
    return [note for bar in bars for note in bar]


def chart_of(symbols: Sequence[str], meter: Meter, per_bar: int = 1) -> Chart:
    """These chords, so many a bar, on the first ticks of equal parts of it."""
    length = meter.ticks_per_bar
    changes = []
    for at, symbol in enumerate(symbols):
        bar, inside = divmod(at, per_bar)
        tick = bar * length + inside * length // per_bar // 240 * 240
        chord = None if symbol == "NC" else parse_chord(symbol)
        if not changes or (changes[-1][0] < tick and changes[-1][1] != chord):
            changes.append((tick, chord))
    bars = -(-len(symbols) // per_bar)
    return Chart("test", meter, 140.0, tuple(changes), bars * length, sections=((0, "A"),))


def breaks(chart: Chart, musician: str, bars: Sequence[Sequence[Note]]) -> Iterator[str]:
    """What a player did that none may do."""
    instrument = INSTRUMENTS[musician]
    for bar, notes in enumerate(bars):
        start, end = chart.bar_tick(bar), chart.bar_tick(bar + 1)
        if [note.onset_tick for note in notes] != sorted(note.onset_tick for note in notes):
            yield f"bar {bar} is out of order"
        for note in notes:
            if not start <= note.onset_tick < end or note.duration_tick < 1:
                yield f"bar {bar}: {note} begins outside"
            if note.end_tick > end + (480 if instrument.title in ("Piano", "Guitar") else 0):
                yield f"bar {bar}: {note} is held outside"
            if not instrument.low_pitch <= note.pitch <= instrument.high_pitch:
                yield f"bar {bar}: {note} is out of range"
            if not 1 <= note.velocity <= 127:
                yield f"bar {bar}: {note} has no such velocity"
            if musician == "drums" and note.pitch not in kit.PITCHES:
                yield f"bar {bar}: {note} is no drum of ours"
            if musician != "drums" and chart.chord_at(note.onset_tick) is None:
                following = chart.chord_at(end)
                if musician == "bass" or following is None or end - note.onset_tick > 240:
                    yield f"bar {bar}: {note} sounds over NC"
    sounding: dict[int, int] = {}
    for note in flat(bars):
        if note.onset_tick < sounding.get(note.pitch, 0):
            yield f"{note} overlaps itself"
        sounding[note.pitch] = max(note.end_tick, sounding.get(note.pitch, 0))


@pytest.mark.parametrize("feel", FEELS)
@pytest.mark.parametrize("musician", NAMES)
def test_every_meter_and_chord_in_every_feel(feel, musician):
    for meter in METERS:
        for per_bar in (1, 2):
            chart = chart_of([*SYMBOLS, "NC", "NC", "Dm7", "NC", "G7"], meter, per_bar)
            for intensity in (0.1, 0.9):
                bars = played(chart, musician, intensity=intensity, feel=feel)
                assert not list(breaks(chart, musician, bars)), (str(meter), per_bar, intensity)
                assert flat(bars), "silent"


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("musician", NAMES)
def test_built_in_charts_for_two_choruses(name, musician):
    chart = load_chart(name)
    for seed in range(3):
        bars = played(chart, musician, 2 * chart.bars, seed=seed, intensity=0.3 + 0.3 * seed)
        assert not list(breaks(chart, musician, bars))


chords = st.sampled_from([*SYMBOLS, "NC"]).flatmap(
    lambda text: st.integers(0, 11).map(
        lambda by: None if text == "NC" else parse_chord(text).transposed(by)
    )
)


@st.composite
def charts(draw) -> Chart:
    """Parts of different meters, chords at any eighth, bars cut short."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        meter = draw(st.builds(Meter, st.integers(1, 13), st.sampled_from([2, 4, 8, 16])))
        length = meter.ticks_per_bar * draw(st.integers(1, 3))
        if draw(st.booleans()):
            length -= 120 * draw(st.integers(0, max(0, meter.ticks_per_bar // 120 - 1)))
        ticks = draw(st.sets(st.integers(0, length // 120 - 1).map(lambda n: n * 120), max_size=6))
        changes = [(tick, draw(chords)) for tick in sorted(ticks | {0})]
        parts.append(Chart("x", meter, 120.0, tuple(changes), length, sections=((0, "A"),)))
    return joined(parts)


@settings(max_examples=120)
@given(
    chart=charts(),
    musician=st.sampled_from(NAMES),
    feel=st.sampled_from(sorted(FEELS)),
    intensity=st.floats(0, 1),
    busy=st.floats(0, 1),
    seed=st.integers(0, 1000),
)
def test_random_charts(chart, musician, feel, intensity, busy, seed):
    told = {"feel": feel, "intensity": intensity, "busy": busy, "seed": seed}
    bars = played(chart, musician, 2 * chart.bars + 1, **told)
    assert not list(breaks(chart, musician, bars))
    assert bars == played(chart, musician, 2 * chart.bars + 1, **told)


@settings(max_examples=60)
@given(
    chart=charts(),
    musician=st.sampled_from(NAMES),
    order=st.lists(st.integers(0, 30), min_size=1, max_size=12),
    kind=st.sampled_from(["intro", "chorus", "ending", "final"]),
)
def test_any_bar_may_be_asked_next(chart, musician, order, kind):
    who = make_musician(musician)
    for bar in order:
        notes = who.bar(context(chart, bar, musician, kind=kind))
        start, end = chart.bar_tick(bar), chart.bar_tick(bar + 1)
        assert all(start <= note.onset_tick < end for note in notes)


@pytest.mark.parametrize("musician", NAMES)
@pytest.mark.parametrize("feel", FEELS)
def test_a_bar_asked_for_again_comes_out_the_same(musician, feel):
    chart = load_chart("rhythm")
    who = make_musician(musician)
    once = [who.bar(context(chart, bar, musician, feel=feel)) for bar in range(16)]
    again = [who.bar(context(chart, bar, musician, feel=feel)) for bar in range(12, 16)]
    assert again == once[12:]


@pytest.mark.parametrize("musician", NAMES)
def test_seeds_give_other_music(musician):
    chart = load_chart("blues")
    assert played(chart, musician, seed=1) != played(chart, musician, seed=2)


@pytest.mark.parametrize("musician", ["piano", "guitar", "drums"])
@pytest.mark.parametrize("feel", ["medium swing", "up swing", "waltz", "ballad", "straight"])
def test_density_grows_with_intensity_and_leaves_room(musician, feel):
    chart = load_chart("waltz" if feel == "waltz" else "rhythm")

    def onsets(**given) -> int:
        found = 0
        for seed in range(4):
            notes = flat(played(chart, musician, feel=feel, seed=seed, **given))
            found += len({(n.onset_tick, n.pitch if musician == "drums" else 0) for n in notes})
        return found

    # The guitar's four to the bar is not about density; a ballad's brushes hardly change.
    if musician != "guitar" or "swing" not in feel:
        assert onsets(intensity=0.95, busy=0.0) > 1.1 * onsets(intensity=0.1, busy=0.0)
    assert onsets(intensity=0.8, busy=1.0) < 0.97 * onsets(intensity=0.8, busy=0.0)


@pytest.mark.parametrize("musician", NAMES)
def test_loudness_grows_with_intensity_and_stays_under_the_soloist(musician):
    chart = load_chart("blues")
    means = []
    for intensity in (0.1, 0.9):
        velocities = [n.velocity for n in flat(played(chart, musician, intensity=intensity))]
        means.append(np.mean(velocities))
        assert max(velocities) <= 100
    assert means[1] > means[0] + 3


@pytest.mark.parametrize("feel", FEELS)
def test_swung_feels_write_no_sixteenths(feel):
    chart = load_chart("rhythm")
    if not FEELS[feel].swung:
        return
    for musician in NAMES:
        for note in flat(played(chart, musician, intensity=0.9, feel=feel)):
            assert note.onset_tick % 480 in (0, 160, 240, 320)


@pytest.mark.parametrize("feel", FEELS)
def test_the_last_bar_is_one_chord_that_all_hold(feel):
    chart = load_chart("blues")
    for musician in NAMES:
        who = make_musician(musician)
        who.bar(context(chart, 11, musician, feel=feel, kind="ending"))
        notes = who.bar(context(chart, 12, musician, feel=feel, kind="final"))
        assert {note.onset_tick for note in notes} == {chart.bar_tick(12)}
        if musician != "drums":
            assert {note.end_tick for note in notes} == {chart.bar_tick(13)}
        if musician == "bass":
            assert [note.pitch % 12 for note in notes] == [parse_chord("F7").root_pc]


def test_over_no_chord_drums_alone_keep_time():
    chart = chart_of(["NC", "NC", "NC", "NC"], Meter(4))
    for musician in ("piano", "guitar", "bass"):
        assert not flat(played(chart, musician, intensity=0.9))
    drums = played(chart, "drums", intensity=0.9)
    assert all(drums)
    loud = played(chart_of(["F7"] * 4, Meter(4)), "drums", intensity=0.9)
    assert np.mean([n.velocity for n in flat(drums)]) < np.mean([n.velocity for n in flat(loud)])


def test_count_in_counts():
    beats = [note.onset_tick // 480 for note in count_in(Meter(4), 2)]
    assert beats == [0, 2, 4, 5, 6, 7]
    assert [n.onset_tick for n in count_in(Meter(4), 1)] == [0, 480, 960, 1440]
    assert [n.onset_tick // 480 for n in count_in(Meter(3), 2)] == [0, 3, 4, 5]
    assert [n.onset_tick // 480 for n in count_in(Meter(5), 2)] == [0, 3, 5, 6, 7, 8, 9]
    assert [n.onset_tick // 480 for n in count_in(Meter(7), 1)] == list(range(7))
    assert [n.onset_tick // 240 for n in count_in(Meter(6, 8), 2)] == [0, 3, 6, 7, 8, 9, 10, 11]
    assert count_in(Meter(4), 0) == []
    with pytest.raises(ValueError, match="-1"):
        count_in(Meter(4), -1)


@pytest.mark.parametrize("meter", METERS, ids=str)
def test_count_in_begins_every_bar_and_uses_one_stick(meter):
    notes = count_in(meter, 2)
    assert {note.pitch for note in notes} == {kit.SIDE_STICK}
    onsets = [note.onset_tick for note in notes]
    assert {0, meter.ticks_per_bar} <= set(onsets)
    assert all(a < b for a, b in pairwise(onsets)) and onsets[-1] < 2 * meter.ticks_per_bar


def test_the_roster():
    assert {name: row.channel for name, row in INSTRUMENTS.items()} == {
        "piano": 1,
        "guitar": 3,
        "bass": 2,
        "drums": 9,
    }
    assert all(make_musician(name).name == name for name in INSTRUMENTS)
    drums = INSTRUMENTS["drums"]
    assert (drums.low_pitch, drums.high_pitch) == (min(kit.PITCHES), max(kit.PITCHES))
    with pytest.raises(ValueError, match="'tuba'"):
        make_musician("tuba")
