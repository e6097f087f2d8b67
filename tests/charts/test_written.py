"""Bars as written -> the order in which they are played."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts.written import MOST_BARS, Jump, WrittenBar, chart_of, play_order
from improv.errors import ChartError
from improv.music.chord import parse_chord
from improv.music.meter import Meter

FOUR = Meter(4)
JUMPS = {
    "dc": Jump(False),
    "ds": Jump(True),
    "dcfine": Jump(False, "fine"),
    "dsfine": Jump(True, "fine"),
    "dccoda": Jump(False, "coda"),
    "dscoda": Jump(True, "coda"),
    "dc2": Jump(False, "ending", 2),
}


def read(text):
    """Bars as words: `{a` opens, `b}` or `b}3` closes, `c1` or `c1,2` begins an ending; marks after `:`."""
    bars = []
    for word in text.split():
        found = re.fullmatch(r"(\{?)([a-z])([\d,]*)(?:(\})(\d?))?(\]?)(?::(.*))?", word)
        opens, name, endings, closes, times, stops, marks = found.groups()
        marks = set(marks.split("+")) if marks else set()
        chord = parse_chord(
            "CDEFGAB"[(ord(name) - 97) % 7] + ("", "m", "7", "m7")[(ord(name) - 97) // 7]
        )
        bars.append(
            WrittenBar(
                ((0, chord),),
                FOUR,
                label=next((mark[1:] for mark in marks if mark[0] == "*"), ""),
                opens=bool(opens),
                closes=int(times or 2) if closes else 0,
                endings=tuple(map(int, endings.split(","))) if endings else (),
                ending_stops=bool(stops),
                segno=int("segno" in marks),
                to_coda=int("to" in marks),
                coda=int("coda" in marks),
                fine="fine" in marks,
                ends="end" in marks,
                jump=next((JUMPS[mark] for mark in marks if mark in JUMPS), None),
            )
        )
    return bars


def names(text, last=False):
    words = [re.search("[a-z]", word)[0] for word in text.split()]
    return "".join(words[index] for index in play_order(read(text), last=last))


@pytest.mark.parametrize(
    ("written", "played"),
    [
        ("a b c", "abc"),
        ("a b}", "abab"),
        ("{a b}3 c", "abababc"),
        ("a} b}", "aabb"),
        ("a {b c} d", "abcbcd"),
        # endings
        ("{a b1} c2", "abac"),
        ("{a b1,2} c3", "ababac"),
        ("{a b1} c2} d3", "abacad"),
        ("{a b1 c} d2 e] f", "abcadef"),
        ("{a b1} c2} d", "abacd"),  # the last ending sends nowhere, whatever its bar line
        ("{a b1} c", "abac"),  # a first ending without a second
        ("{a b1} c2] {d e1} f2", "abacdedf"),
        # jumps
        ("a b:dc", "abab"),
        ("a b:segno c:ds", "abcbc"),
        ("a:fine b c:dcfine", "abca"),
        ("a b:segno c:fine d:dsfine", "abcdbc"),
        ("a b:to c:dccoda d:coda e", "abcabde"),
        ("a b:segno+to c:dscoda d:coda", "abcbd"),
        ("{a b1} c2] d:dc2", "abacdac"),
        ("{a b1} c2 d]:fine e:dc2", "abacdeacd"),
        ("{a b1} c2] d e:dc", "abacdeacde"),
        ("{a} b:dc", "aabab"),  # repeats are not taken again after a jump
        ("a:to b:dccoda {c:coda d}", "abacdcd"),  # but those of the coda are
        ("{a}:fine b:dcfine {c d}:fine", "aabacdcd"),  # solos below a head
        ("a b:dccoda c:coda", "ababc"),  # no sign leads to the coda: it follows
    ],
)
def test_the_order_of_bars(written, played):
    assert names(written) == played


@pytest.mark.parametrize(
    ("written", "always", "at_last"),
    [
        ("a b:to c d:coda e", "abc", "abde"),
        ("a b c:coda", "ab", "abc"),  # an outro
        ("{a:to b}3 c:coda", "ababab", "ababac"),  # the last time its sign is passed
        ("{a:to b1} c2 d:coda", "abac", "abad"),
        ("a b:end c", "abc", "ab"),
        ("{a:end b}", "abab", "aba"),
        ("a:to b:dccoda c:coda", "abac", "abac"),
    ],
)
def test_the_last_time_through(written, always, at_last):
    assert (names(written), names(written, last=True)) == (always, at_last)


def test_a_chart_has_its_last_chorus_and_its_intro_once():
    chart = chart_of(read("a:*Intro b c:*A d:to e:coda"), title="T", tempo_bpm=100, first=2)
    assert (chart.bars, chart.last.bars) == (4, 5)
    assert chart.repeat_tick == chart.last.repeat_tick == 2 * FOUR.ticks_per_bar
    assert chart.sections == ((0, "Intro"), (3840, "A"))


def test_chords_that_go_on_are_one_change_and_meters_change_with_their_bars():
    three = WrittenBar(((0, parse_chord("C")),), Meter(3))
    chart = chart_of([*read("a a"), three, three], title="T", tempo_bpm=100)
    assert len(chart.changes) == 1
    assert chart.meter_changes == ((3840, Meter(3)),)
    assert chart.length_tick == 2 * 1920 + 2 * 1440


def test_no_bars_and_no_end_are_refused():
    with pytest.raises(ChartError, match="has no bars"):
        chart_of([], title="T", tempo_bpm=100)
    bars = [b for _ in range(40) for b in read("{a}9 " * 7)]
    with pytest.raises(ChartError, match=f"over {MOST_BARS} bars"):
        play_order(bars, "T")


BAR = st.tuples(
    st.sampled_from(["", "{"]),
    st.sampled_from("abc"),
    st.sampled_from(["", "", "1", "2", "3", "1,2"]),
    st.sampled_from(["", "", "}", "}3", "]"]),
    st.sampled_from(
        ["", "", ":to", ":coda", ":segno", ":fine", ":end", *(f":{name}" for name in JUMPS)]
    ),
).map("".join)


@given(st.lists(BAR, min_size=1, max_size=12).map(" ".join), st.booleans())
def test_any_bars_come_to_an_end(text, last):
    order = play_order(read(text), last=last)
    assert order
    assert order[0] in (0, *range(len(order)))
    assert len(order) <= MOST_BARS
