"""What a bar is written with."""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.music.meter import Meter
from improv.notation.rhythm import Span, Value, groups_of, write_bar

TYPES = {"whole": 48, "half": 24, "quarter": 12, "eighth": 6, "16th": 3, "32nd": Fraction(3, 2)}
METERS = ("4/4", "3/4", "2/4", "1/4", "5/4", "7/4", "11/4", "2/2", "3/2", "6/8", "9/8", "12/8")
METERS += ("3/8", "5/8", "7/8", "5/16", "6/16")


def bar(meter: str, *marks: tuple[int, int | None]) -> list[Value]:
    """The values of a bar given (step, item) of what begins in it."""
    steps = Meter.parse(meter).ticks_per_bar // 40
    ends = [step for step, _ in marks[1:]] + [steps]
    spans = [Span(step, end, item) for (step, item), end in zip(marks, ends, strict=True)]
    return write_bar(spans, Meter.parse(meter), steps)


def written(meter: str, *marks: tuple[int, int | None]) -> str:
    """As a line: q quarter, h half, e eighth, s sixteenth; r rest, ~ tied on, 3 of a triplet."""
    return " ".join(
        ("r" if v.item is None else "")
        + ("3" if v.tuplet else "")
        + v.type.replace("16th", "s").replace("32nd", "t")[0]
        + "." * v.dots
        + ("~" if v.tied_to else "")
        for v in bar(meter, *marks)
    )


@pytest.mark.parametrize(
    ("meter", "starts", "line"),
    [
        ("4/4", (0,), "w"),
        ("4/4", (0, 6, 18, 24), "e q e h"),  # symmetrical about beat 2
        ("4/4", (0, 12, 36), "q h q"),
        ("4/4", (0, 18, 30), "q. e~ e q."),  # the middle is seen
        ("4/4", (0, 6, 30), "e q.~ e q."),
        ("4/4", (0, 42), "h~ q. e"),
        ("4/4", (0, 9, 12, 15, 24), "e. s s e. h"),
        ("4/4", (0, 9, 15, 24), "e. s~ s e. h"),
        ("4/4", (0, 8, 12, 24), "3q 3e q h"),
        ("4/4", (0, 4, 12, 36), "3e 3q h q"),
        ("4/4", (0, 8, 16, 24), "3q 3q 3q h"),
        ("4/4", (0, 16, 32), "3h 3h 3h"),
        ("4/4", (0, 8, 36), "3q 3e~ h q"),  # one note off the triplet: beat by beat
        ("4/4", (0, 2, 4, 6, 12), "3s 3s 3s e h.".replace("h.", "h.")),
        ("4/4", (0, 4, 6, 8, 12, 24), "3e 3s 3s 3e q h"),
        ("3/4", (0,), "h."),
        ("3/4", (0, 12), "q h"),
        ("3/4", (0, 6, 30), "e e~ q. e"),
        ("5/4", (0,), "h.~ h"),
        ("5/4", (0, 24, 48), "h q~ q q"),
        ("7/4", (0,), "w~ h."),
        ("6/8", (0,), "h."),
        ("6/8", (0, 24), "q.~ e q"),
        ("6/8", (0, 6, 18), "e q q."),
        ("2/2", (0, 12, 36), "q h q"),
    ],
)
def test_notes(meter, starts, line):
    assert written(meter, *((step, i) for i, step in enumerate(starts))) == line


@pytest.mark.parametrize(
    ("meter", "marks", "line"),
    [
        ("4/4", ((0, None),), "rw"),
        ("5/4", ((0, None),), "rw"),  # the rest of a whole bar
        ("4/4", ((0, 0), (6, None)), "e re rq rh"),
        ("4/4", ((0, None), (36, 0)), "rh rq q"),
        ("4/4", ((0, 0), (12, None), (36, 1)), "q rq rq q"),  # rests hide no middle
        ("3/4", ((0, None), (24, 0)), "rq rq q"),
        ("6/8", ((0, None), (18, 0)), "rq. q."),
        ("4/4", ((0, None), (4, 0), (12, 1)), "r3e 3q h."),
        ("4/4", ((0, None), (9, 0), (12, 1)), "re rs s h."),
    ],
)
def test_rests(meter, marks, line):
    assert written(meter, *marks) == line


def beams(meter: str, *starts: int) -> list[str]:
    return ["/".join(v.beams) for v in bar(meter, *((step, i) for i, step in enumerate(starts)))]


def test_eighths_are_beamed_by_the_half_bar_and_what_is_finer_by_the_beat():
    four = ["begin", "continue", "continue", "end"]
    assert beams("4/4", *range(0, 48, 6)) == four + four
    assert beams("3/4", *range(0, 36, 6)) == ["begin", "end"] * 3
    assert beams("6/8", *range(0, 36, 6)) == ["begin", "continue", "end"] * 2
    assert beams("4/4", 0, 9, 12, 15, 18, 24) == [
        "begin",
        "end/backward hook",
        "begin/begin",
        "continue/end",
        "end",
        "",
    ]


def test_a_triplet_under_one_beam_needs_no_bracket():
    plain, broken = bar("2/4", (0, 0), (4, 1), (8, 2), (12, 3)), bar("2/4", (0, 0), (8, 1), (12, 2))
    assert [plain[0].bracket, broken[0].bracket] == [False, True]


def test_groups():
    assert [groups_of(Meter.parse(m)) for m in ("4/4", "5/4", "7/4", "6/8", "12/8", "10/4")] == [
        (4,),
        (3, 2),
        (4, 3),
        (3, 3),
        (3, 3, 3, 3),
        (4, 4, 2),
    ]


@st.composite
def bars(draw) -> tuple[str, list[tuple[int, int | None]]]:
    meter = draw(st.sampled_from(METERS))
    steps = Meter.parse(meter).ticks_per_bar // 40
    starts = sorted({0, *draw(st.lists(st.integers(1, steps - 1), max_size=12))})
    return meter, [(step, draw(st.sampled_from([None, i]))) for i, step in enumerate(starts)]


@given(bars())
def test_every_rhythm_of_the_grid_can_be_written_and_says_what_it_lasts(case):
    meter, marks = case
    values = bar(meter, *marks)
    steps = Meter.parse(meter).ticks_per_bar // 40
    assert values[0].start == 0
    assert values[-1].end == steps
    assert all(a.end == b.start for a, b in pairwise(values))
    whole_rest = len(values) == 1 and values[0].item is None
    for value in values:
        length = (
            TYPES[value.type]
            * Fraction(3, 2) ** value.dots
            * (Fraction(2, 3) if value.tuplet else 1)
        )
        assert length == value.end - value.start or whole_rest
    # Each note is there once, and tied within itself only.
    for item, group in groupby(values, key=lambda v: v.item):
        held = list(group)
        if item is not None:
            assert [v.tied_from for v in held] == [False] + [True] * (len(held) - 1)
            assert [v.tied_to for v in held] == [True] * (len(held) - 1) + [False]
    # Triplets come whole: from an opening to a closing value they last three of their kind.
    opened = None
    for value in values:
        if value.opens:
            assert opened is None
            opened = value
        assert bool(value.tuplet) == (opened is not None)
        if value.closes:
            assert value.end - opened.start == 2 * TYPES[value.tuplet]
            opened = None
    assert opened is None


@given(bars())
def test_beams_open_and_close(case):
    depth = [0, 0, 0]
    for value in bar(*case[:1], *case[1]):
        for level, beam in enumerate(value.beams):
            assert depth[level] == (beam in ("continue", "end"))
            depth[level] = int(beam in ("begin", "continue"))
        for level in range(len(value.beams), 3):
            assert depth[level] == 0
    assert depth == [0, 0, 0]
