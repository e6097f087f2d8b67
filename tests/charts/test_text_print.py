"""Charts printed as text: how it looks, that it reads back as an equal chart, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts.text import parse_chart
from improv.charts.text_print import print_chart
from improv.errors import ChartError
from improv.music.chart import Chart, joined
from improv.music.chord import parse_chord
from improv.music.feel import FEELS
from improv.music.meter import Meter


def test_printing_is_four_bars_a_line_with_sections():
    text = "Title: T\nTempo: 90\n[A] | C | F G | % | C | F / / G |\n[B] | NC | C |"
    assert print_chart(parse_chart(text)) == (
        "Title: T\nTempo: 90\nMeter: 4/4\nFeel: medium swing\n\n"
        "[A]\n| C | F G | % | C |\n| F / / G |\n[B]\n| NC | C |\n"
    )


def test_printing_says_meters_remarks_and_a_last_time():
    text = (
        "Title: T\nComposer: N. N.\nStyle: Slow Bossa\nKey: C minor\n"
        '[A] | C | 3/4 F | "break" % To Coda | 4/4 G ||\nCoda 5/4 Am / / / / / / / / G | C'
    )
    printed = print_chart(parse_chart(text))
    assert printed == (
        "Title: T\nComposer: N. N.\nStyle: Slow Bossa\nTempo: 136\nMeter: 4/4\nKey: C minor\n"
        'Feel: bossa\n\n[A]\n| C | 3/4 F | "break" % To Coda | 4/4 G |\n'
        "| Coda 5/4 Am / / / / / / / / G | C |\n"
    )
    assert parse_chart(printed) == parse_chart(text)


def test_an_unrolled_chart_prints_and_reads_the_same_but_for_its_choruses():
    chart = parse_chart("| C | F | C |").unrolled(2)
    again = parse_chart(print_chart(chart))
    assert (again.bars, again.tops) == (6, (0,))
    assert all(again.chord_at(t) == chart.chord_at(t) for t in range(0, chart.length_tick, 480))


C, F = parse_chord("C"), parse_chord("F")
PLAIN = Chart("x", Meter(4), 120, ((0, C),), 3840)


@pytest.mark.parametrize(
    ("chart", "problem"),
    [
        (replace(PLAIN, length_tick=2400), "bar 2 is cut short"),
        (replace(PLAIN, meter_changes=((960, Meter(3)),), length_tick=2400), "bar 1 is cut short"),
        (replace(PLAIN, changes=((0, C), (700, F))), "'F' in bar 1 begins between beats"),
        (replace(PLAIN, changes=((0, C), (700, None))), "'NC' in bar 1 begins between beats"),
        (replace(PLAIN, sections=((480, "A"),)), "inside a bar"),
        (replace(PLAIN, sections=((0, "A"), (0, "B"))), "a second one"),
        (replace(PLAIN, remarks=((480, "A"),)), "inside a bar"),
        (replace(PLAIN, repeat_tick=1920), "goes on at tick 1920"),
        (replace(PLAIN, sections=((0, "Intro"), (1920, "A"))), "goes on at tick 0"),
        (replace(PLAIN, key="H dur"), "its key is 'H dur'"),
        (replace(PLAIN, last=replace(PLAIN, changes=((0, F),))), "another first bar"),
        (replace(PLAIN, last=replace(PLAIN, key="F")), "another tune"),
    ],
)
def test_what_the_text_cannot_say_is_not_printed(chart, problem):
    with pytest.raises(ChartError, match=problem) as caught:
        print_chart(chart)
    assert "chart 'x'" in str(caught.value) and str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("title", "printed"),
    [
        ("No # 2", "No #2"),
        ("#", ""),
        ("a #", "a"),
        ("# # b", "##b"),
        ("a\u2028b\x1cc", "a b c"),
        ("|:x", "|:x"),
    ],
)
def test_a_title_stays_one_line_and_no_comment(title, printed):
    assert parse_chart(print_chart(replace(PLAIN, title=title))).title == printed


CHORDS = [
    *(
        "C",
        "F7",
        "Bbm7",
        "E7(b9,#11)",
        "F#m7b5",
        "C6/9",
        "D7/F#",
        "AbΔ7",
        "Galt",
        "C(b5)",
        "Dm2",
        "NC",
    )
]
CHORD = st.sampled_from(CHORDS)
METERS = st.sampled_from([(4, 4), (3, 4), (6, 8), (5, 4), (2, 2), (7, 8), (7, 4), (12, 8), (3, 16)])


@st.composite
def chart_texts(draw):
    """Text with all that the language has."""
    beats, unit = draw(METERS)
    whole = st.just("%") | st.lists(CHORD, min_size=1, max_size=beats).map(" ".join)
    counted = st.integers(1, 3).flatmap(
        lambda grain: st.lists(
            CHORD | st.sampled_from("/."), min_size=beats * grain, max_size=beats * grain
        ).map(" ".join)
    )
    before = st.sampled_from(["", "", "", "[A] ", "[Bridge 2] ", '"a # b" ', "4/4 C | 3/4 F | "])
    bar = st.tuples(before, st.just(f"{beats}/{unit} "), whole | counted).map("".join)
    some = st.lists(bar, min_size=1, max_size=6).map(" | ".join)
    part = (
        some.map("| {} |".format)
        | some.map("|: {} :|x3".format)
        | st.tuples(some, bar, bar).map(lambda bars: "|: {} |1. {} :|2. {} ||".format(*bars))
    )
    head = draw(st.sampled_from(["", "Title: A  tune\n", "Key: F# minor\nFeel: straight\n"]))
    end = draw(
        st.sampled_from(["", "| G Fine | A | D.C. al Fine", "| C To Coda | D || Coda E | F |"])
        | st.just("| Segno D To Coda | E | D.S. al Coda | Coda F |")
    )
    tempo = draw(st.decimals(20, 400, places=3))
    parts = draw(st.lists(part, min_size=1, max_size=4))
    return f"{head}Tempo: {tempo}\n{beats}/{unit} {draw(CHORD)} |\n" + "\n".join([*parts, end])


@given(chart_texts())
def test_what_was_printed_prints_the_same_and_is_the_same_chart(text):
    chart = parse_chart(text)
    printed = print_chart(chart)
    assert parse_chart(printed) == chart
    assert print_chart(parse_chart(printed)) == printed


@st.composite
def charts(draw):
    """Charts as any reader may make them."""
    line = st.text("ab #:|\"'[]é1", max_size=9).map(lambda text: " ".join(text.split()))

    def bars(count):
        changes, meters, sections, remarks, tick = [(0, C)], [], [], [], 0
        for _ in range(count):
            meter = Meter(*draw(METERS))
            if not meters or meters[-1][1] != meter:
                meters.append((tick, meter))
            if draw(st.booleans()):
                names = ["Intro", "A", "B 2", "Coda", 'x "y" #']
                sections.append((tick, draw(st.sampled_from(names))))
            remarks += [
                (tick, text) for text in draw(st.lists(st.sampled_from(["x", "a | b"]), max_size=2))
            ]
            part = meter.ticks_per_beat // draw(st.sampled_from([1, 2, 3]))
            for place in sorted(
                draw(st.sets(st.integers(0, meter.ticks_per_bar // part - 1), max_size=4))
            ):
                name = draw(CHORD)
                chord = None if name == "NC" else parse_chord(name)
                if tick + place and changes[-1][1] != chord:
                    changes.append((tick + place * part, chord))
            tick += meter.ticks_per_bar
        return changes, meters, sections, remarks, tick

    changes, meters, sections, remarks, tick = bars(draw(st.integers(1, 7)))
    others = [tick for tick, label in sections if label != "Intro"]
    intro = sections[:1] == [(0, "Intro")] and bool(others)
    return Chart(
        title=draw(line),
        meter=meters[0][1],
        tempo_bpm=draw(st.integers(20, 400)),
        changes=tuple(changes),
        length_tick=tick,
        key=draw(st.sampled_from(["", "Bb", "C minor", "F#m", "D dorian"])),
        feel=draw(st.sampled_from(sorted(FEELS))),
        sections=tuple(sections),
        meter_changes=tuple(meters[1:]),
        composer=draw(line),
        style=draw(line),
        remarks=tuple(remarks),
        repeat_tick=others[0] if intro else 0,
    )


@st.composite
def other_ends(draw, chart):
    """The last chorus of a chart: some of its bars and perhaps other bars behind them."""
    count = draw(st.integers(1, chart.bars))
    more = draw(st.lists(charts(), max_size=1))
    last = joined([chart.part(0, count), *more])
    merged = tuple(new for old, new in pairwise([(0, "none"), *last.changes]) if old[1] != new[1])
    inside = chart.repeat_tick < chart.bar_ticks[count - 1] + 1
    return replace(last, changes=merged, tops=(0,), repeat_tick=chart.repeat_tick if inside else 0)


@given(charts(), st.data())
def test_a_chart_is_what_its_text_says(chart, data):
    """Titles may change where they would be read as a comment; nothing else does."""
    if data.draw(st.booleans()):
        chart = replace(chart, last=data.draw(other_ends(chart)))
    try:
        printed = print_chart(chart)
    except ChartError as error:
        assert "another first bar" in str(error) or "another tune" in str(error)
        return
    read = parse_chart(printed)
    same = {"title": read.title, "composer": read.composer, "style": read.style}
    if chart.last == replace(chart, last=None):
        chart = chart.last
    expected = replace(chart, **same, last=chart.last and replace(chart.last, **same))
    assert read == expected
    assert print_chart(read) == printed


def test_a_label_that_looks_like_a_meter_is_printed_as_none():
    chart = replace(parse_chart("| C | F |"), sections=((0, "3/4"),))
    assert parse_chart(print_chart(chart)).sections == ((0, "3-4"),)
