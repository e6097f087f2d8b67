"""docs/chords.md says what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from improv.errors import ChartError
from improv.music.chord import parse_chord, parse_chord_or_nc, print_chord
from improv.music.scale import SCALES

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "chords.md").read_text(encoding="utf-8")


def table(first_column: str) -> list[list[str]]:
    """The rows of the table whose head begins with this column."""
    lines = TEXT.split(f"| {first_column} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


SYMBOLS = table("printed")
MEANINGS = table("chord")
REFUSED = [
    text.replace("\\|", "|")
    for symbols, _ in table("symbol")
    for text in re.findall("`([^`]+)`", symbols)
]


def test_there_are_rows_to_read():
    assert len(SYMBOLS) >= 60 and len(MEANINGS) >= 20 and len(REFUSED) >= 15


@pytest.mark.parametrize("row", SYMBOLS, ids=lambda row: row[0])
def test_a_row_of_the_symbol_table_is_one_chord(row):
    printed, others, tones, scale = row
    chord = parse_chord(printed.strip("`"))
    assert chord.text == printed.strip("`")
    assert " ".join(map(str, chord.tones)) == tones
    assert chord.scales[0].name == scale
    assert chord.scale == SCALES.get(scale, chord.scale)  # a bent scale has no row
    for other in re.findall(r"`([^`]+)`", others):
        assert parse_chord(other) == chord, other


@pytest.mark.parametrize("row", MEANINGS, ids=lambda row: row[0])
def test_a_row_of_the_function_table_is_what_the_program_says(row):
    name, degrees, leading, tensions, avoid, scales = row
    chord = parse_chord(name.strip("`"))
    functions = chord.tone_functions
    assert degrees.split() == [function.degree for function in functions]
    leaders = [f.degree for f in functions if f.role in ("guide", "sixth")]
    assert leading == (" ".join(leaders) or "none")
    assert tensions == (" ".join(map(str, chord.tensions)) or "none")
    assert avoid == (" ".join(map(str, chord.avoid)) or "none")
    assert scales.split(", ") == [scale.name for scale in chord.scales]


@pytest.mark.parametrize(
    ("one", "same"),
    [
        *[("C7b9#11", "C7(b9,#11)"), ("C7b9#11", "C7(b9)(#11)"), ("C79b", "C7b9")],
        *[("C7911#", "C9#11"), ("C7(9b)", "C7b9"), ("C11", "C9sus4"), ("C11b9", "C7sus4b9")],
        *[("C4", "Csus4"), ("C2", "Cadd9"), ("C7(4)", "C7(11)"), ("C9+", "C9#5")],
        *[("C7(9+)", "C7#9"), ("Cphryg", "Cm7b9"), ("Clyd", "Cmaj7#11"), ("Bbb7", "A7")],
        *[("Bbb5", "Bb(b5)"), ("D|C7", "D/C7"), ("D|C", "D/Cmaj"), ("C*7#11*", "C7#11")],
    ],
)
def test_what_the_text_calls_one_chord_is(one, same):
    assert f"`{one}`" in TEXT and f"`{same}`" in TEXT
    assert parse_chord(one) == parse_chord(same)


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_text_calls_refused_is(text):
    with pytest.raises(ChartError):
        parse_chord(text)


@pytest.mark.parametrize("text", ["NC", "N.C.", "n.c.", "No Chord"])
def test_no_chord_is_read_as_the_text_says(text):
    assert f"`{text}`" in TEXT
    assert parse_chord_or_nc(text) is None and print_chord(None) == "NC"
