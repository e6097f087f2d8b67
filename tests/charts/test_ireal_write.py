"""Charts written as iReal Pro links, and read back."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts.ireal import song_chart
from improv.charts.ireal_link import read_links
from improv.charts.ireal_write import QUALITIES, write_ireal, write_music
from improv.charts.library import BUILT_IN, load_chart, open_book
from improv.charts.text import parse_chart
from improv.errors import ChartError
from improv.music.chart import Chart, joined
from improv.music.chord import parse_chord
from improv.music.meter import Meter

FORM = ("length_tick", "changes", "meter", "meter_changes", "sections", "feel", "repeat_tick")


def again(chart):
    (song,) = read_links(write_ireal(chart))[1]
    return song_chart(song)


def form(chart):
    return {name: getattr(chart, name) for name in FORM}


def test_a_bar_has_four_cells_and_a_line_four_bars():
    chart = parse_chart("[A] | Dm7 | G7 Db7 | Cmaj7 / / A7 | % |\n[B] | NC | C6/9 |")
    assert write_music(chart) == "[*AT44D-7   |G7 Db7 |C^7  A7| x  ][*Bn   |C69   Z"


@pytest.mark.parametrize(
    "meter", ["2/4", "3/4", "5/4", "6/4", "7/4", "2/2", "3/8", "6/8", "9/8", "12/8"]
)
def test_other_meters(meter):
    beats = Meter.parse(meter).beats_per_bar
    bars = [
        " ".join(["C"] + ["/"] * (at - 1) + ["F"] + ["/"] * (beats - at - 1))
        for at in range(1, beats)
    ]
    chart = parse_chart(f"Meter: {meter}\nFeel: straight\n| C | " + " | ".join(bars) + " |")
    assert form(again(chart)) == form(chart)


def test_what_a_song_says_of_itself_is_kept():
    chart = parse_chart(
        "Title: The Tune\nComposer: Ann Roe\nStyle: Slow Bossa\nKey: F# minor\nFeel: bossa\n"
        "Tempo: 101\n| F#m7 |"
    )
    read = again(chart)
    for name in ("title", "composer", "style", "key", "feel", "tempo_bpm"):
        assert getattr(read, name) == getattr(chart, name)


@pytest.mark.parametrize(
    ("key", "written"), [("D dorian", "D minor"), ("C#", "Db"), ("Gb minor", "F# minor"), ("", "G")]
)
def test_keys_are_such_as_the_app_has(key, written):
    assert again(replace(parse_chart("| G7 | C |"), key=key)).key == written


def test_chords_on_half_beats_have_eight_cells():
    chart = parse_chart("| C F G A B C D E | C / / / / / / F |")
    assert write_music(chart) == "[T44C,F,G,A,B,C,D,E|C      FZ"
    assert form(again(chart)) == form(chart)


@pytest.mark.parametrize("quality", QUALITIES)
def test_every_quality_of_the_app_is_read(quality):
    chord = parse_chord("C" + quality)
    assert again(one_bar(chord.text)).chord_at(0) == chord


@pytest.mark.parametrize(
    "name",
    ["C7(#9,#11,13)", "Ebmaj13#11", "F7b9b13/A", "C6/9/E", "Bm7b5/F", "D7sus4", "D/C7", "Ebm/C7/G"],
)
def test_other_chords_are_free_text(name):
    chord = parse_chord(name)
    assert again(one_bar(chord.text)).chord_at(0) == chord


def one_bar(name):
    return Chart("T", Meter(4), 120, ((0, parse_chord(name)),), 1920)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("| C F / / G / / / / / / / |", ("bar 1", "'C F G'", "between beats")),
        ("Meter: 13/8\n| C |", ("bar 1", "13/8")),
        ("Meter: 2/16\n| C |", ("2/16",)),
    ],
)
def test_what_the_app_cannot_say_is_refused(text, parts):
    with pytest.raises(ChartError) as caught:
        write_ireal(parse_chart(text, title="T"))
    for part in ("iReal Pro cannot say 'T'", *parts):
        assert part in str(caught.value)


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_charts(name):
    chart = load_chart(name)
    if chart.meter == Meter(3):
        chart = replace(chart, feel="waltz")  # as swing in three is always read
    assert form(again(chart)) == form(chart)


# -- any chart

NAMES = ("C", "F7", "Bbm7", "Ebmaj7", "F#m7b5", "G7alt", "Ab7#11", "D7/F#", "C6/9", "Bdim7", None)
METERS = ("4/4", "3/4", "5/4", "6/8", "12/8", "2/2", "2/4")


@st.composite
def sections(draw):
    """Some bars in one meter, with chords on beats, as a chart."""
    meter = Meter.parse(draw(st.sampled_from(METERS)))
    changes = []
    count = draw(st.integers(1, 6))
    for bar in range(count):
        beats = draw(st.sets(st.integers(1, meter.beats_per_bar - 1), max_size=3))
        for beat in sorted({0, *beats}):
            name = draw(st.sampled_from(NAMES))
            tick = bar * meter.ticks_per_bar + beat * meter.ticks_per_beat
            changes.append((tick, parse_chord(name) if name else None))
    label = draw(st.sampled_from(["", "A", "B", "Verse", "Bridge", "Chorus"]))
    return Chart(
        "T",
        meter,
        120,
        tuple(changes),
        count * meter.ticks_per_bar,
        feel="straight",
        sections=((0, label),) if label else (),
    )


def merged(chart):
    """Chords that go on as one change, as every reader makes them."""
    changes = tuple(new for old, new in pairwise([(0, "none"), *chart.changes]) if old[1] != new[1])
    return replace(chart, changes=changes, tops=(0,))


@given(st.lists(sections(), min_size=1, max_size=4), st.lists(sections(), max_size=2), st.data())
def test_what_is_written_is_read_in_the_same_form(parts, coda, data):
    if all(chord is None for part in parts for _, chord in part.changes):
        return
    chart = merged(joined(parts))
    if coda:
        shared = data.draw(st.integers(1, chart.bars))
        chart = replace(chart, last=merged(joined([chart.part(0, shared), *coda])))
    read = again(chart)
    assert form(read) == form(chart)
    if chart.last is None or chart.last == replace(chart, last=None):
        assert read.last is None
    else:
        assert form(read.last) == form(chart.last)


@pytest.mark.shared
@pytest.mark.parametrize("file", ["blues50.txt", "dixieland1.txt", "playlist.html"])
def test_real_charts(shared_dir, file):
    for entry in open_book(str(shared_dir / "charts" / "ireal" / file)).entries:
        chart = entry.chart()
        assert form(again(chart)) == form(chart), entry.title
