"""Lead sheets that other programs write: music21, and our own writer; read back as what they were."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from improv.charts.musicxml import read_musicxml
from improv.errors import ChartError
from improv.music.chord import parse_chord
from improv.music.note import Note
from improv.notation.musicxml import write_musicxml
from tests.charts.test_text_print import charts

ROOTS = "C D E F G A B Cm Dm Em".split()


def tops(chart):
    return " ".join(chart.chord_at(tick).text for tick in chart.bar_ticks)


@pytest.mark.parametrize(
    ("bars", "brackets"),
    [
        (["|:", ":|", ""], {}),
        (["", ":|", "|:", ":|", ""], {}),
        (["|:", "x3", ""], {}),
        (["|:", ":|", "", ""], {"1": (1, 2), "2": (2, 3)}),
        (["|:", "", ":|", "", ":|", "", ""], {"1": (1, 3), "2": (3, 5), "3": (5, 6)}),
        (["|:", "", ":|", "", ""], {"1,2": (2, 3), "3": (3, 4)}),
        (["", "Fine", "", "DaCapoAlFine"], {}),
        (["", "", "DaCapo"], {}),
        (["", "segno", "", "DalSegno"], {}),
        (["", "segno", "leave", "DalSegnoAlCoda", "coda", ""], {}),
        (["", "leave", "", "DaCapoAlCoda", "coda"], {}),
        (["|:", ":|", "Fine", "", "DaCapoAlFine"], {}),
    ],
)
def test_music21_writes_it_and_expands_it_to_the_same_bars(bars, brackets):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        part = music21_part(bars, brackets)
        chart = read_musicxml(music21_bytes(part))
        assert tops(chart) == music21_order(part)
    assert chart.length_tick == chart.bars * 1920


def music21_part(bars, brackets):
    from music21 import bar, harmony, meter, note, repeat, spanner, stream

    part = stream.Part()
    for number, mark in enumerate(bars, start=1):
        measure = stream.Measure(number=number)
        if number == 1:
            measure.append(meter.TimeSignature("4/4"))
        measure.insert(0, harmony.ChordSymbol(ROOTS[number - 1]))
        measure.append(note.Note("C4", quarterLength=4))
        if mark == "|:":
            measure.leftBarline = bar.Repeat("start")
        elif mark in (":|", "x3"):
            measure.rightBarline = bar.Repeat("end", times=3 if mark == "x3" else None)
        elif mark in ("segno", "coda"):
            measure.insert(0, getattr(repeat, mark.title())())
        elif mark == "leave":
            measure.append(repeat.Coda())
        elif mark:
            measure.append(getattr(repeat, mark)())
        part.append(measure)
    measures = list(part.getElementsByClass("Measure"))
    for number, (first, end) in brackets.items():
        part.insert(0, spanner.RepeatBracket(measures[first:end], number=number))
    return part


def music21_bytes(part):
    from music21 import musicxml, stream

    whole = stream.Score()
    whole.insert(0, part)
    return musicxml.m21ToXml.GeneralObjectExporter(whole).parse()


def music21_order(part):
    from music21 import repeat

    measures = repeat.Expander(part).process().getElementsByClass("Measure")
    return " ".join(m.getElementsByClass("ChordSymbol")[0].figure for m in measures)


@pytest.mark.parametrize(
    "figure",
    [
        "C7",
        "Cmaj7",
        "Cm7",
        "Cm",
        "Cdim7",
        "Cm7b5",
        "C+",
        "C6",
        "Cm6",
        "C9",
        "Cm9",
        "CM9",
        "C13",
        "Csus4",
    ],
)
def test_music21_writes_a_symbol_and_it_is_read_as_the_same_chord(figure):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from music21 import harmony, note, stream

        measure = stream.Measure(number=1)
        measure.insert(0, harmony.ChordSymbol(figure))
        measure.append(note.Note("C4", quarterLength=4))
        part = stream.Part()
        part.append(measure)
        chart = read_musicxml(music21_bytes(part))
    assert chart.changes == ((0, parse_chord(figure)),)


def same_music(read, chart):
    assert read.changes == chart.changes
    assert (read.meter, read.meter_changes) == (chart.meter, chart.meter_changes)
    assert (read.length_tick, read.bar_ticks) == (chart.length_tick, chart.bar_ticks)


@settings(max_examples=60)
@given(charts(), st.booleans())
def test_our_own_lead_sheet_reads_back_as_the_same_chart(chart, with_notes):
    assume(all(tick % 40 == 0 for tick, _ in chart.changes))  # the grid of its values
    notes = [Note(tick, 240, 60, 80) for tick in chart.bar_ticks] if with_notes else []
    try:
        text = write_musicxml(chart, notes)
    except ChartError as error:
        assert "whole number of sixteenths" in str(error)
        return
    if all(chord is None for _, chord in chart.changes):
        return
    read = read_musicxml(text.encode())
    same_music(read, chart)
    assert read.title == " ".join(chart.title.split())
    assert (read.sections, read.key) == (chart.sections, shown_key(chart.key))
    assert read.tempo_bpm == pytest.approx(chart.tempo_bpm)
    assert read.repeat_tick == chart.repeat_tick


def shown_key(key):
    """A signature without sharps and flats is that of C where nobody said a key."""
    return {"F#m": "F# minor", "": "C"}.get(key, key)
