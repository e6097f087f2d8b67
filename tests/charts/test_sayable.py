"""Charts as text and iReal Pro can say them: nothing that can be said is lost, and what cannot is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from improv.charts.ireal_write import write_ireal
from improv.charts.library import load_chart
from improv.charts.sayable import for_ireal, for_text
from improv.charts.text import parse_chart
from improv.charts.text_print import print_chart
from improv.music.chart import Chart
from improv.music.chord import parse_chord
from improv.music.meter import Meter

C, F, G = (parse_chord(name) for name in ("C", "F7", "Gm7"))
PLAIN = Chart("x", Meter(4), 120, ((0, C),), 3840)
FORMS = {
    "text": (for_text, lambda chart: parse_chart(print_chart(chart))),
    "ireal": (for_ireal, lambda chart: load_chart(write_ireal(chart))),
}
MUSIC = ("changes", "length_tick", "meter", "meter_changes", "sections", "repeat_tick")


def music(chart):
    return chart and [getattr(chart, name) for name in MUSIC]


def there_and_back(chart, form):
    """(chart as it is said, as it is read back, sentences)."""
    sayable, again = FORMS[form]
    made, said = sayable(chart)
    return made, again(made), said


def places(chart):
    return [(tick, chord.text if chord else "NC") for tick, chord in chart.changes]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text",
    [
        "| C | F G | C / / F | % |",
        "Meter: 3/4\nFeel: waltz\n| C | F / G |",
        "[Intro] | C | F |\n[A] | G | C |",
        "| C To Coda | F | Coda G |",
        "| C / / / / / / F |",
    ],
)
def test_what_can_be_said_is_not_touched(text, form):
    chart = parse_chart(text)
    made, back, said = there_and_back(chart, form)
    assert made is chart and said == ()
    assert (music(back), music(back.last)) == (music(chart), music(chart.last))


@pytest.mark.parametrize(
    ("form", "ticks", "expected"),
    [
        ("text", [700], [720]),
        ("text", [500], [480]),
        ("text", [700, 1900], [720, 1800]),
        ("ireal", [640], [720]),
        ("ireal", [600], [480]),
        ("ireal", [590], [480]),
        ("ireal", [470, 490], [480]),
        ("ireal", [1919], [1680]),
    ],
)
def test_a_chord_between_places_goes_to_the_nearest_and_is_named(form, ticks, expected):
    chart = replace(PLAIN, changes=((0, C), *zip(ticks, (F, G), strict=False)))
    made, back, said = there_and_back(chart, form)
    assert [tick for tick, _ in made.changes[1:]] == expected
    assert music(back) == music(made)
    assert all("in bar 1 goes from beat" in text or "no room" in text for text in said)
    assert said


@pytest.mark.parametrize("form", FORMS)
def test_a_short_bar_gets_a_meter_of_its_own(form):
    upbeat = replace(PLAIN, meter=Meter(4), meter_changes=((960, Meter(4)),), length_tick=4800)
    made, back, said = there_and_back(upbeat, form)
    assert [str(made.meter_of(bar)) for bar in range(3)] == ["2/4", "4/4", "4/4"]
    assert (made.length_tick, music(back)) == (4800, music(made))
    assert said == ("Bar 1 in 4/4 cut short is written in 2/4.",)


@pytest.mark.parametrize(
    ("meter", "expected"),
    [
        ("10/8", "5/8 5/8"),
        ("13/8", "7/8 6/8"),
        ("12/4", "6/4 6/4"),
        ("4/16", "1/4"),
        ("3/16", "1/4"),
    ],
)
def test_meters_that_the_app_lacks_are_parted(meter, expected):
    tick = Meter.parse(meter).ticks_per_bar
    chart = Chart("x", Meter.parse(meter), 120, ((0, C), (tick - 120, F)), tick, feel="straight")
    made, back, said = there_and_back(chart, "ireal")
    assert " ".join(str(made.meter_of(bar)) for bar in range(made.bars)) == expected
    assert music(back) == music(made)
    assert f"Bar 1 in {meter} is written in" in said[0]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_played_once_is_called_intro(form):
    chart = replace(PLAIN, changes=((0, None), (1920, C)), length_tick=5760, repeat_tick=1920)
    made, back, said = there_and_back(chart, form)
    assert made.sections == back.sections == ((0, "Intro"), (1920, "A"))
    assert back.repeat_tick == 1920
    assert said == ("The first bar is called Intro: only the first chorus begins there.",)
    labelled = replace(chart, sections=((0, "Verse"), (1920, "Chorus")))
    made, back, said = there_and_back(labelled, form)
    assert made.sections == back.sections == ((0, "Intro"), (1920, "Chorus"))
    assert (0, "Verse") in made.remarks


@pytest.mark.parametrize("form", FORMS)
def test_an_intro_that_is_played_each_time_is_a_remark(form):
    chart = replace(PLAIN, sections=((0, "Intro"), (1920, "A")))
    made, back, said = there_and_back(chart, form)
    assert (made.sections, made.repeat_tick) == (((1920, "A"),), 0)
    assert (music(back), back.remarks) == (music(made), made.remarks)
    assert "is written as a remark" in said[0]


@pytest.mark.parametrize("form", FORMS)
def test_labels_inside_bars_stand_at_their_beginning(form):
    chart = replace(PLAIN, sections=((480, "A"), (500, "B 2")), remarks=((700, "x"),))
    made, back, said = there_and_back(chart, form)
    assert (made.sections, made.remarks) == (((0, "A"),), ((0, "B 2"), (0, "x")))
    assert len(said) == 3 and back.sections == made.sections


@pytest.mark.parametrize("form", FORMS)
def test_a_last_chorus_that_differs_from_the_first_bar_on_is_left_out(form):
    chart = replace(PLAIN, last=replace(PLAIN, changes=((0, F),)))
    made, back, said = there_and_back(chart, form)
    assert made.last is back.last is None
    assert "differs from the others from its first bar on" in said[0]
    named = replace(PLAIN, sections=((0, "A"),), last=replace(PLAIN, changes=((0, C), (1920, F))))
    made, back, said = there_and_back(named, form)
    assert places(made.last) == places(back.last) == [(0, "C"), (1920, "F7")]
    assert len(said) == 1


def test_a_key_that_text_cannot_say_is_left_out():
    made, back, said = there_and_back(replace(PLAIN, key="H flat"), "text")
    assert made.key == back.key == "" and "'H flat'" in said[0]


LABELS = ["", "A", "a", "A1", "Intro", "Introduction", "Coda", "Coda 2", "To Coda", "D.S. al Coda", "Fine",
          "Segno", "Verse 1", "DC al Fine", "2nd time", "4x", "x2", "Last time", "[B]", "«C»", "go to B",
          "Bridge", "BRIDGE", "solo", "(D.C.)", "i", "v", "𝄌", "Ü"]  # fmt: skip
REMARKS = [
    "D.C. al Fine",
    "To Coda",
    "4x",
    "Bridge",
    "A",
    "«x»",
    "[x]",
    "*74 high",
    "(E-7)",
    "Last time",
    "x",
]


@pytest.mark.parametrize("label", LABELS[1:])
def test_every_label_comes_back_from_a_link(label):
    chart = replace(PLAIN, changes=((0, C), (1920, F)), length_tick=3840, sections=((1920, label),))
    _, back, _ = there_and_back(chart, "ireal")
    assert (back.changes, back.last, back.warnings) == (chart.changes, None, ())
    assert [text.strip("[] ") for _, text in back.sections] == [label.strip("[] ")]


@pytest.mark.parametrize("remark", REMARKS)
def test_every_remark_comes_back_from_a_link(remark):
    chart = replace(PLAIN, changes=((0, C), (1920, F)), length_tick=3840, remarks=((1920, remark),))
    _, back, _ = there_and_back(chart, "ireal")
    assert (back.changes, back.last, back.warnings) == (chart.changes, None, ())
    assert (back.sections, back.remarks) == ((), ((1920, remark.strip("«»")),))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "name", ["D/C7", "Ebm/C7", "D/Cmaj", "F#addb9/B", "D/C7/G", "Cm/Eb", "C7(b9,13)"]
)
def test_chords_come_back(name, form):
    chart = replace(PLAIN, changes=((0, parse_chord(name)),))
    _, back, said = there_and_back(chart, form)
    assert (back.changes, said) == (chart.changes, ())


@st.composite
def odd_charts(draw):
    """Charts whose chords, meters, labels and ends lie anywhere."""

    def chart(first=C):
        meters, changes, labels, remarks, tick = [], [(0, first)], [], [], 0
        for _ in range(draw(st.integers(1, 5))):
            meter = Meter(draw(st.integers(1, 13)), draw(st.sampled_from([2, 4, 4, 8, 8, 16])))
            long_tick = draw(st.integers(1, meter.ticks_per_bar)) if draw(st.booleans()) else 0
            if not meters or meters[-1][1] != meter or meters[-1][2]:
                meters.append((tick, meter, long_tick))
            length_tick = long_tick or meter.ticks_per_bar
            for at in sorted(draw(st.sets(st.integers(0, length_tick - 1), max_size=3))):
                if tick + at:
                    changes.append((tick + at, draw(st.sampled_from([C, F, G, None]))))
            for rows, words in ((labels, LABELS), (remarks, REMARKS)):
                if draw(st.booleans()):
                    at = draw(st.sampled_from([0, 0, length_tick - 1]))
                    rows.append((tick + at, draw(st.sampled_from(words[1:]))))
            tick += length_tick
            meters[-1] = (*meters[-1][:2], long_tick)
        return Chart(
            "x",
            meters[0][1],
            120,
            tuple(new for at, new in enumerate(changes) if not at or new[1] != changes[at - 1][1]),
            tick,
            feel="straight",
            sections=tuple(labels),
            remarks=tuple(remarks),
            meter_changes=tuple((at, meter) for at, meter, _ in meters[1:]),
        )

    made = chart()
    made = replace(made, repeat_tick=draw(st.sampled_from(made.bar_ticks)))
    if draw(st.booleans()):
        made = replace(made, last=chart(draw(st.sampled_from([C, F]))))
    return made


@pytest.mark.parametrize("form", FORMS)
@given(chart=odd_charts())
def test_any_chart_can_be_written_and_is_read_as_it_is_said(chart, form):
    assume(all(c for _, c in FORMS[form][0](chart)[0].changes[:1]))  # chords may give way to NC
    made, back, said = there_and_back(chart, form)
    assert back.changes == made.changes
    assert (back.length_tick, back.repeat_tick) == (made.length_tick, made.repeat_tick)
    if made.last is not None and music(made.last) != music(made):
        assert back.last is not None and back.last.changes == made.last.changes
    if not said:
        assert made is chart
