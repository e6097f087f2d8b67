"""What the cell is shown: one input of each block, and the right one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from improv.grammar import context
from improv.grammar.changes import ChangesGrammar
from improv.grammar.context import BLOCKS, CONTEXT_SIZE, ChartView, block_offsets
from improv.music.chart import Chart
from improv.music.chord import QUALITIES, parse_chord
from improv.music.meter import Meter

DOCS = Path(__file__).parents[2] / "docs" / "grammar-changes.md"


def chart_of(*changes: tuple[int, str], beats: int, meter: Meter | None = None) -> Chart:
    """Chords by beat; "NC" is none."""
    parsed = tuple((beat * 480, None if c == "NC" else parse_chord(c)) for beat, c in changes)
    return Chart("Test", meter or Meter(4), 120.0, parsed, beats * 480)


def shown(chart: Chart, tick: int, pitch: int = 67, **state: object) -> dict[str, int]:
    """Place within each block that is on."""
    given = {"has_sounded": True, "phrase_notes": 1, "silence_steps": 0, **state}
    active = ChartView(chart).inputs(tick, pitch, **given)
    offsets = block_offsets()
    places = {name: i - offsets[name] for (name, _), i in zip(BLOCKS, active, strict=True)}
    assert all(0 <= places[name] < size for name, size in BLOCKS)
    return places


TURN = chart_of((0, "Dm7"), (4, "G7"), (8, "Cmaj7"), (12, "NC"), beats=16)


def test_the_number_line_in_the_docstring_is_the_table():
    drawn = re.findall(r"^ +(\d+) +([a-z]+) +(\d+) ", context.__doc__, re.MULTILINE)
    assert [(int(o), n, int(s)) for o, n, s in drawn] == [
        (block_offsets()[name], name, size) for name, size in BLOCKS
    ]
    assert CONTEXT_SIZE == 102


def test_time_is_step_beat_and_bar_of_four():
    at = shown(TURN, 2 * 1920 + 3 * 480 + 5 * 40)
    assert (at["step"], at["beat"], at["bar"]) == (5, 3, 2)
    again = shown(TURN, 7 * 7680 + 2 * 1920 + 3 * 480 + 5 * 40)
    assert again == at
    waltz = shown(chart_of((0, "C"), beats=30, meter=Meter(3)), 5 * 1440 + 960)
    assert (waltz["beat"], waltz["bar"]) == (2, 1)
    long_bar = chart_of((0, "C"), beats=12, meter=Meter(12))
    assert shown(long_bar, 11 * 480)["beat"] == 7


@pytest.mark.parametrize(
    ("beat", "quality", "motion", "following", "change"),
    [
        (0, "min", 5, "dom", 5),  # four beats left: up to 48
        (3, "min", 5, "dom", 1),  # one beat left: up to 12
        (4, "dom", 5, "maj", 5),
        (8, "maj", 0, None, 5),  # degrees go on counting from C where there is no chord
        (12, None, 2, "min", 5),  # and on to the top of the form
    ],
)
def test_the_chord_now_and_the_next(beat, quality, motion, following, change):
    at = shown(TURN, beat * 480)
    numbers = [QUALITIES.index(q) if q else len(QUALITIES) for q in (quality, following)]
    assert [at["quality"], at["motion"], at["next"], at["change"]] == [
        *(numbers[0], motion, numbers[1], change)
    ]


def test_a_chord_written_twice_or_held_over_the_top_does_not_change():
    chart = chart_of((0, "C"), (4, "C"), (8, "F"), (12, "C"), beats=16)
    assert shown(chart, 0)["change"] == 7  # eight beats
    assert shown(chart, 12 * 480)["change"] == 8  # four, and eight of the next chorus
    one = chart_of((0, "C"), beats=16)
    assert (shown(one, 0)["change"], shown(one, 0)["motion"]) == (8, 0)


def test_the_last_pitch_is_heard_against_the_chord_now():
    assert shown(TURN, 0, 69)["degree"] == 7
    assert shown(TURN, 4 * 480, 69)["degree"] == 2
    assert shown(TURN, 0, 67, has_sounded=False)["degree"] == 12


@pytest.mark.parametrize(
    ("pitch", "register"), [(0, 0), (51, 0), (52, 1), (67, 6), (84, 11), (85, 12), (127, 12)]
)
def test_register_in_minor_thirds(pitch, register):
    assert shown(TURN, 0, pitch)["register"] == register


@pytest.mark.parametrize(
    ("notes", "silence", "phrase"),
    [(0, 0, 0), (1, 0, 1), (2, 0, 2), (4, 5, 3), (33, 0, 7), (9, 6, 8), (9, 13, 9), (0, 96, 11)],
)
def test_phrases_grow_and_an_eighth_of_silence_ends_them(notes, silence, phrase):
    assert shown(TURN, 0, phrase_notes=notes, silence_steps=silence)["phrase"] == phrase


def test_a_decoder_shows_the_last_token_before_the_context():
    grammar = ChangesGrammar.whole()
    decoder = grammar.decoder(TURN)
    assert len(decoder.inputs()) == len(BLOCKS)
    assert min(decoder.inputs()) >= len(grammar.vocabulary)
    decoder.feed(77)
    assert decoder.inputs()[0] == 77
    assert len(decoder.inputs()) == len(BLOCKS) + 1


def test_the_documented_blocks_and_sizes_are_these():
    rows = re.findall(r"^\| ([a-z]+) \| (\d+) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert [(name, int(size)) for name, size in rows] == list(BLOCKS)
