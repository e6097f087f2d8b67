"""The bar text: what it means, that it prints stably, and what is refused with which sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts.text import parse_chart, print_chart
from improv.errors import ChartError
from improv.music.chart import Chart
from improv.music.chord import parse_chord
from improv.music.meter import Meter


def changes(text):
    """[(beat in quarters from the top, chord), ...]"""
    chart = parse_chart(text)
    return [(tick / 480, chord.text if chord else "NC") for tick, chord in chart.changes]


def bars(text):
    """The chords at the top of each bar."""
    chart = parse_chart(text)
    chords = [chart.chord_at(bar * chart.meter.ticks_per_bar) for bar in range(chart.bars)]
    return " ".join(chord.text if chord else "NC" for chord in chords)


def test_four_bars():
    chart = parse_chart("| Dm7 | G7 | Cmaj7 | % |")
    assert (chart.bars, chart.length_tick, chart.meter) == (4, 4 * 1920, Meter(4, 4))
    assert changes("| Dm7 | G7 | Cmaj7 | % |") == [(0, "Dm7"), (4, "G7"), (8, "Cmaj7")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("| Dm7 G7 |", [(0, "Dm7"), (2, "G7")]),
        ("| Dm7 G7 C |", [(0, "Dm7"), (1, "G7"), (2, "C")]),
        ("| C A7 Dm7 G7 |", [(0, "C"), (1, "A7"), (2, "Dm7"), (3, "G7")]),
        ("| Dm7 / / G7 |", [(0, "Dm7"), (3, "G7")]),
        ("| Dm7 . G7 . |", [(0, "Dm7"), (2, "G7")]),
        ("| C | / / F / |", [(0, "C"), (6, "F")]),
        ("Meter: 3/4\n| Dm7 G7 |", [(0, "Dm7"), (1, "G7")]),
        ("Meter: 3/4\n| Dm7 / G7 |", [(0, "Dm7"), (2, "G7")]),
        ("Meter: 6/8\n| Dm7 G7 |", [(0, "Dm7"), (1.5, "G7")]),
        ("Meter: 5/4\n| Dm7 G7 |", [(0, "Dm7"), (1, "G7")]),
    ],
)
def test_chords_share_a_bar(text, expected):
    """Evenly where their number divides the beats, else one beat each and the last holds."""
    assert changes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("| Dm7 G7 | % |", "Dm7 Dm7"),
        ("C F | G", "C G"),
        ("| C |\n| F |\n\n  G | Am", "C F G Am"),
        ("| C || F |] G |", "C F G"),
        ("| NC | C | N.C. | n.c. |", "NC C NC NC"),
        ("|: C | F :| G |", "C F C F G"),
        ("|: C :|x3 G |", "C C C G"),
        ("|: C :|: F :| x2 G |", "C C F F G"),
        ("||: C :|| G |", "C C G"),
        ("# a comment\n| C | F | # and | G |", "C F"),
        ("| F#m7 | C7(b9, #11) F |", "F#m7 C7b9#11"),
    ],
)
def test_bars_as_they_are_played(text, expected):
    assert bars(text) == expected


def test_percent_repeats_every_chord_of_the_bar_before():
    assert changes("| Dm7 G7 | % |") == [(0, "Dm7"), (2, "G7"), (4, "Dm7"), (6, "G7")]


def test_headers():
    chart = parse_chart(
        "Title: One: Two\ntempo: 132.5\nMETER: 3/4\nKey: Bb minor\nFeel: Straight\n| C |",
        title="file",
    )
    assert (chart.title, chart.tempo_bpm, str(chart.meter), chart.key, chart.feel) == (
        "One: Two",
        132.5,
        "3/4",
        "Bb minor",
        "straight",
    )


def test_without_headers_it_swings_in_four_at_140():
    chart = parse_chart("| C |", title="file")
    assert (chart.title, chart.tempo_bpm, str(chart.meter), chart.feel) == (
        "file",
        140,
        "4/4",
        "swing",
    )


def test_sections_are_kept_where_they_are_played():
    chart = parse_chart("[A] |: C | F :|\n[B]\n| G |")
    assert chart.sections == ((0, "A"), (2 * 1920, "A"), (4 * 1920, "B"))


def test_printing_is_four_bars_a_line_with_sections():
    text = "Title: T\nTempo: 90\n[A] | C | F G | % | C | F / / G |\n[B] | NC | C |"
    assert print_chart(parse_chart(text)) == (
        "Title: T\nTempo: 90\nMeter: 4/4\nFeel: swing\n\n"
        "[A]\n| C | F G | % | C |\n| F / / G |\n[B]\n| NC | C |\n"
    )


def test_an_unrolled_chart_prints_and_reads_the_same():
    chart = parse_chart("| C | F | C |").unrolled(2)
    again = parse_chart(print_chart(chart))
    assert again.bars == 6
    assert all(again.chord_at(t) == chart.chord_at(t) for t in range(0, chart.length_tick, 480))


@pytest.mark.parametrize(
    ("length_tick", "second_tick", "problem"),
    [(2400, 960, "cut short"), (1920, 700, "between beats")],
)
def test_what_the_text_cannot_say_is_not_printed(length_tick, second_tick, problem):
    pair = ((0, parse_chord("C")), (second_tick, parse_chord("F")))
    with pytest.raises(ChartError, match=problem):
        print_chart(Chart("x", Meter(4), 120, pair, length_tick))


CHORD = st.sampled_from(
    [
        "C",
        "F7",
        "Bbm7",
        "E7(b9,#11)",
        "F#m7b5",
        "C6/9",
        "D7/F#",
        "NC",
        "AbΔ7",
        "Galt",
        "C(b5)",
        "Dm2",
    ]
)
METERS = st.sampled_from([(4, 4), (3, 4), (6, 8), (5, 4), (2, 2), (7, 8)])


@st.composite
def chart_texts(draw):
    beats, unit = draw(METERS)
    whole = st.just("%") | st.lists(CHORD, min_size=1, max_size=beats).map(" ".join)
    counted = st.lists(CHORD | st.sampled_from("/."), min_size=beats, max_size=beats).map(" ".join)
    label = st.sampled_from(["", "", "[A] ", "[Bridge 2] "])
    bar = st.tuples(label, whole | counted).map("".join)
    some = st.lists(bar, min_size=1, max_size=9).map(" | ".join)
    part = some.map("| {} |".format) | some.map("|: {} :|x3".format)
    head = draw(st.sampled_from(["", "Title: A  tune\n", "Key: F# minor\nFeel: straight\n"]))
    tempo = draw(st.decimals(20, 400, places=3))
    parts = draw(st.lists(part, min_size=1, max_size=4))
    return f"{head}Tempo: {tempo}\nMeter: {beats}/{unit}\n| {draw(CHORD)} |\n" + "\n".join(parts)


@given(chart_texts())
def test_what_was_printed_prints_the_same_and_is_the_same_chart(text):
    chart = parse_chart(text)
    printed = print_chart(chart)
    assert print_chart(parse_chart(printed)) == printed
    assert parse_chart(printed) == Chart(
        **{**fields(chart), "title": " ".join(chart.title.split())}
    )


def fields(chart):
    names = "title meter tempo_bpm changes length_tick key feel sections".split()
    return {name: getattr(chart, name) for name in names}


@given(st.text("ABCDm7b#%/.|:[]x2()N \n", max_size=40))
def test_any_text_is_a_chart_or_one_sentence(text):
    try:
        chart = parse_chart(text)
    except ChartError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
        return
    assert print_chart(parse_chart(print_chart(chart))) == print_chart(chart)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["empty", "'| Dm7 | G7 | Cmaj7 | % |'"]),
        ("# nothing\n", ["empty"]),
        ("Tempo: 100\n", ["empty"]),
        ("| C | Xx7 |", ["'Xx7'", "bar 2", "'Bb7'"]),
        ("| C |\n| F | C7q |", ["'C7q'", "bar 3 (line 2)", "'q'"]),
        ("|: C | F :|\n| H |", ["'H'", "bar 3 (line 2)"]),
        ("Tempo: 0\n| C |", ["tempo '0'", "line 1", "20 to 400"]),
        ("Tempo: 10000\n| C |", ["tempo '10000'", "20 to 400"]),
        ("Tempo: fast\n| C |", ["tempo 'fast'", "20 to 400"]),
        ("Tempo: nan\n| C |", ["tempo 'nan'", "20 to 400"]),
        ("Meter: 4/3\n| C |", ["'4/3'", "line 1", "'6/8'"]),
        ("Meter: four\n| C |", ["'four'", "line 1"]),
        ("Key: H\n| C |", ["key 'H'", "'Bb'"]),
        ("Feel: waltz\n| C |", ["feel 'waltz'", "swing or straight"]),
        ("Kye: C\n| C |", ["header 'kye'", "line 1", "Key"]),
        ("| C |\nTempo: 90", ["'tempo'", "bar 1", "above the bars"]),
        ("| C D E F G |", ["Bar 1 has 5", "at most 4"]),
        ("| C / G |", ["Bar 1 counts 3", "4 in 4/4"]),
        ("| C | | F |", ["Bar 2 is empty", "'NC'"]),
        ("| % |", ["Bar 1", "'%'"]),
        ("| / C |", ["Bar 1", "'/'"]),
        ("| C % |", ["Bar 1", "'%' beside chords"]),
        ("|: C | F", ["'|:' at bar 1", "never closed", "':|'"]),
        ("| C :|", ["':|' after bar 1", "'|:'"]),
        ("|: :|", ["no bars to repeat"]),
        ("|: C |: F :|", ["'|:' at bar 2", "inside"]),
        ("|: C :|x1", ["'x1'", "x2 to x64"]),
        ("|: C | F | G | D :|x64" * 9, ["too long", "2000"]),
        ("[A] [B] | C |", ["'[B]'", "one label"]),
        ("| C [A] F |", ["'[A]'", "bar 1"]),
        ("| C | [B]", ["'[B]'"]),
        ("| C #9 |", ["'#9'", "bar 1"]),
    ],
)
def test_what_is_no_chart_is_refused_in_one_sentence(text, parts):
    with pytest.raises(ChartError) as caught:
        parse_chart(text)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message
    for part in parts:
        assert part in message


def test_the_file_is_named():
    with pytest.raises(ChartError, match=r"bar 1 \(line 2 of 'tune.txt'\)"):
        parse_chart("Tempo: 90\n| Q |", source="tune.txt")
