"""Lead sheets are read back note for note: by music21, by MuseScore, by a few lines of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from reading import given_notes, music21_notes, notes_in

from improv.charts.text import parse_chart
from improv.errors import ChartError, OutputFileError
from improv.music.chart import Chart, joined
from improv.music.chord import parse_chord
from improv.music.note import TICKS_PER_STEP, Note
from improv.music.take import Take, Track
from improv.notation.line import written_line
from improv.notation.musicxml import save_musicxml, write_musicxml, write_take

FIVE = "Meter: 5/4\n| Dm7 / / G7 / | Cmaj7 | Em7b5 / / A7b9 / | Dm7 |"
SIX_EIGHT = "Meter: 6/8\n| Dm7 | G7 | Cmaj7 | % |"
CHARTS = ("blues", "rhythm", "ballad", "waltz", "bossa", "thirds", FIVE, SIX_EIGHT)

MUSESCORE = next(filter(None, map(shutil.which, ("mscore3", "musescore3", "mscore"))), None)


def on_the_grid(notes: list[Note]) -> list[Note]:
    """Eighths are played a little short; written they are eighths."""
    return [
        replace(n, duration_tick=-(-n.duration_tick // TICKS_PER_STEP) * TICKS_PER_STEP)
        for n in notes
    ]


def changing() -> Chart:
    """Meters that change, one bar cut short among them."""
    parts = [
        parse_chart("Key: Bb\n[A]| Cm7 F7 | Bbmaj7 |"),
        parse_chart("Meter: 3/4\n| Gm7 | C7 / Gb7 |"),
        parse_chart("Meter: 7/8\n| Fmaj7 | % |"),
        parse_chart("Meter: 2/4\n| NC |"),
    ]
    short = replace(parse_chart("| Ebmaj7 |"), length_tick=3 * 480)
    return replace(joined([*parts, short, parts[0]]), key="Bb")


def parts_of(xml: str) -> list[ET.Element]:
    return ET.fromstring(xml).findall("part/measure")


def symbols(xml: str) -> list[tuple[str, str]]:
    """(measure, root and kind as printed)."""
    found = []
    for measure in parts_of(xml):
        for harmony in measure.findall("harmony"):
            kind = harmony.find("kind").get("text")
            alter = {"-1": "b", "1": "#", None: ""}[harmony.findtext("root/root-alter")]
            root = "" if kind == "N.C." else harmony.findtext("root/root-step") + alter
            found.append((measure.get("number"), root + kind))
    return found


# -- note for note


@pytest.mark.parametrize("spec", CHARTS)
def test_a_solo_is_read_back(solo_over, spec):
    chart, notes = solo_over(spec, 2)
    xml = write_musicxml(chart, notes)
    expected = given_notes(on_the_grid(notes))
    assert len(expected) > 20
    assert notes_in(xml) == expected
    assert music21_notes(xml) == expected


@st.composite
def grid_notes(draw, length_tick: int = changing().length_tick) -> list[Note]:
    """A line of notes on the grid, with and without silence between them."""
    notes, step = [], draw(st.integers(0, 30))
    while step < length_tick // TICKS_PER_STEP - 1 and len(notes) < 80:
        length = draw(st.sampled_from([1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 36, 48, 77]))
        length = min(length, length_tick // TICKS_PER_STEP - step)
        notes.append(
            Note(step * TICKS_PER_STEP, length * TICKS_PER_STEP, draw(st.integers(40, 96)), 80)
        )
        step += length + draw(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 6, 12, 24, 61]))
    return notes


@given(grid_notes())
def test_any_line_on_the_grid_is_read_back_through_changes_of_meter(notes):
    assert notes_in(write_musicxml(changing(), notes)) == given_notes(notes) or not notes


@given(grid_notes())
@settings(
    max_examples=25, phases=[Phase.explicit, Phase.generate]
)  # shrinking takes music21 minutes
@example([Note(11360, 3080, 40, 80)])  # a tie whose first note has a natural sign
@example([Note(0, 480, 60, 80), Note(13440, 80, 74, 80)])  # a bar of rest that is cut short
def test_music21_reads_any_line_on_the_grid(notes):
    if notes:
        assert music21_notes(write_musicxml(changing(), notes)) == given_notes(notes)


@pytest.mark.skipif(MUSESCORE is None, reason="MuseScore 3 is not installed")
@pytest.mark.parametrize("spec", ["blues", "waltz", FIVE, "changing"])
def test_musescore_reads_it_back_and_finds_nothing_invalid(solo_over, tmp_path, spec):
    if spec == "changing":
        chart = changing()
        notes = [Note(i * 200, 160, 60 + i % 20, 80) for i in range(chart.length_tick // 200)]
    else:
        chart, notes = solo_over(spec, 1)
    source, copy = tmp_path / "in.musicxml", tmp_path / "out.musicxml"
    save_musicxml(source, write_musicxml(chart, notes))
    assert MUSESCORE is not None
    done = subprocess.run(
        [MUSESCORE, "-o", str(copy), str(source)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "not a valid" not in done.stdout + done.stderr
    assert notes_in(copy.read_text()) == given_notes(on_the_grid(notes))


# -- what is off the grid


def test_onsets_go_to_the_nearest_step_and_ends_to_the_next():
    notes = [Note(19, 209, 60, 80), Note(260, 228, 62, 80), Note(500, 8, 64, 80)]
    assert written_line(notes, 48) == [(0, 6, 60), (7, 12, 62), (13, 14, 64)]


def test_of_notes_that_begin_together_the_highest_is_written_and_none_overlaps_the_next():
    notes = [Note(0, 960, 60, 80), Note(5, 480, 67, 80), Note(240, 240, 62, 80)]
    assert written_line(notes, 48) == [(0, 6, 67), (6, 12, 62)]


def test_notes_beyond_the_chart_go_round_it():
    chart = parse_chart("| Dm7 | G7 |")
    xml = write_musicxml(chart, [Note(0, 480, 62, 80), Note(4800, 480, 65, 80)])
    assert [m.get("number") for m in parts_of(xml)] == ["1", "2", "3", "4"]
    assert len(notes_in(xml)) == 2


def test_a_bar_that_cannot_be_written_is_named():
    odd = replace(parse_chart("Title: Odd\n| Dm7 |"), length_tick=1000)
    chart = joined([odd, parse_chart("| G7 |")])
    with pytest.raises(ChartError, match=r"bar 1 of chart 'Odd'.*1000 ticks.*sixteenths"):
        write_musicxml(chart)
    assert "<duration>" in write_musicxml(odd)  # the last one is filled up


# -- what stands around the notes


def test_signatures_words_and_bar_lines():
    chart = replace(
        parse_chart("Title: A & B\nKey: Eb\nTempo: 150\n[A]| Ebmaj7 | Bb7 |\n[B]| Fm7 | Bb7 |"),
        composer="Ann <Onymous>",
        style="Up Jazz",
        remarks=((1920, "Solos\x00 only"),),
    ).unrolled(2)
    xml = write_musicxml(chart, [Note(0, 480, 63, 80)])
    root = ET.fromstring(xml)
    first = parts_of(xml)[0]
    assert root.findtext("work/work-title") == "A & B"
    assert root.findtext("identification/creator") == "Ann <Onymous>"
    assert first.findtext("attributes/key/fifths") == "-3"
    assert first.findtext("attributes/time/beats") == "4"
    assert first.findtext("attributes/clef/sign") == "G"
    assert first.findtext(".//per-minute") == "150"
    assert [w.text.strip() for w in root.iter("words")] == [
        "Up Jazz",
        "Solos only",
        "Chorus 2",
        "Solos only",
    ]
    assert [r.text for r in root.iter("rehearsal")] == ["A", "B", "A", "B"]
    styles = [m.findtext("barline/bar-style") for m in parts_of(xml)]
    assert styles == [None, "light-light"] * 3 + [None, "light-heavy"]


def test_a_line_has_four_bars_and_begins_anew_with_a_section():
    chart = parse_chart("[A]| C7 | % | % | % | % | % |\n[B]| F7 | % |")
    breaks = [
        m.get("number") for m in parts_of(write_musicxml(chart)) if m.find("print") is not None
    ]
    assert breaks == ["5", "7"]


def test_chords_stand_where_they_change_and_at_the_begin_of_a_line():
    chart = parse_chart("| Dm7 G7 | % | Cmaj7 | % | % | NC |")
    assert symbols(write_musicxml(chart)) == [
        ("1", "Dm7"),
        ("1", "G7"),
        ("2", "Dm7"),
        ("2", "G7"),
        ("3", "Cmaj7"),
        ("5", "Cmaj7"),
        ("6", "N.C."),
    ]


def test_a_chord_that_changes_under_a_held_note_has_an_offset():
    xml = write_musicxml(parse_chart("| Dm7 G7 |"), [Note(0, 1920, 65, 80)])
    offsets = [h.findtext("offset") for h in parts_of(xml)[0].findall("harmony")]
    assert offsets == [None, "24"]
    from music21 import converter

    read = converter.parseData(xml, format="musicxml").recurse().getElementsByClass("ChordSymbol")
    assert [(c.figure, float(c.offset)) for c in read] == [("Dm7", 0.0), ("G7", 2.0)]


def test_keys_and_tempos_change_where_they_do():
    chart = parse_chart("Key: C\n| C6 | G7 |").unrolled(2)
    xml = write_musicxml(
        chart,
        [Note(0, 480, 60, 80)],
        keys=[(0, "C"), (3840, "F minor")],
        tempos=[(0, 120.0), (2880, 100.0), (3840, 90.0)],
    )
    keys = [m.findtext("attributes/key/fifths") for m in parts_of(xml)]
    tempos = [m.findtext(".//per-minute") for m in parts_of(xml)]
    assert keys == ["0", None, "-4", None]
    assert tempos == ["120", None, "90", None]
    bar = parts_of(xml)[1]
    assert (bar.findtext(".//words"), bar.findtext("direction/offset")) == ("rit.", "24")
    assert bar.find("direction/sound").get("tempo") == "100.0"


def test_the_beat_of_six_eight_is_a_dotted_quarter():
    first = parts_of(write_musicxml(parse_chart("Meter: 6/8\nTempo: 120\n| C |")))[0]
    assert first.find(".//beat-unit-dot") is not None
    assert first.findtext(".//per-minute") == "80"
    assert first.find(".//sound").get("tempo") == "120.0"


def test_accidentals_are_written_once_a_bar_and_not_where_a_tie_comes_in():
    chart = parse_chart("Key: F\n| D7 | % |")
    line = [(0, 480, 66), (480, 480, 65), (960, 480, 66), (1440, 960, 66), (2400, 480, 66)]
    xml = write_musicxml(chart, [Note(*n, 80) for n in line])
    marks = [n.findtext("accidental") for n in ET.fromstring(xml).iter("note") if n.find("pitch")]
    assert marks == ["sharp", "natural", "sharp", None, None, "sharp"]


@pytest.mark.parametrize(
    ("pitch", "sign", "octave"), [(72, "G", None), (54, "G", "-1"), (45, "F", None)]
)
def test_the_clef_follows_the_line(pitch, sign, octave):
    first = parts_of(write_musicxml(parse_chart("| C |"), [Note(0, 480, pitch, 80)]))[0]
    assert first.findtext("attributes/clef/sign") == sign
    assert first.findtext("attributes/clef/clef-octave-change") == octave


# -- charts without notes, and takes


@pytest.mark.parametrize(("meter", "slashes"), [("4/4", 4), ("3/4", 3), ("6/8", 2), ("5/4", 5)])
def test_a_chart_has_a_slash_a_beat(meter, slashes):
    xml = write_musicxml(parse_chart(f"Meter: {meter}\nKey: F\n| F7 | Bb7 |"))
    for measure in parts_of(xml):
        assert [n.findtext("notehead") for n in measure.findall("note")] == ["slash"] * slashes
    assert ET.fromstring(xml).findtext("part-list//volume") == "0"
    assert "<accidental>" not in xml


def test_the_lead_sheet_of_a_take_leaves_out_the_count_in():
    count_in = replace(parse_chart("| NC |"), title="Take")
    chart = replace(joined([count_in, parse_chart("| Dm7 | G7 |")]), tops=(1920,), key="C")
    solo = tuple(Note(1920 + i * 480, 480, 62 + i, 80) for i in range(8))
    take = Take(chart, ((0, 132.0),), (Track("Solo", 0, 66, (), solo),), ((0, "C"),), 1.5)
    xml = write_take(take)
    root = ET.fromstring(xml)
    assert len(parts_of(xml)) == 2
    assert notes_in(xml)[0] == (0, 1, 62)
    assert (root.findtext("work/work-title"), root.findtext(".//per-minute")) == ("Take", "132")
    assert root.findtext(".//midi-program") == "67"
    # A pickup into bar 1 is kept, and the bar it is in.
    early = replace(
        take, tracks=(replace(take.tracks[0], written=(Note(1440, 480, 60, 80), *solo)),)
    )
    assert len(parts_of(write_take(early))) == 3


def test_each_soloist_has_a_part_of_the_same_bars():
    chart = parse_chart("Title: Two\nKey: C\n| Dm7 | G7 | Cmaj7 |")
    high = (Note(0, 480, 74, 80), Note(960, 240, 77, 80))
    low = (Note(1440, 960, 50, 80), Note(3840, 480, 48, 80))
    tracks = (
        Track("Solo", 0, 66, (), high),
        Track("Solo2", 4, 56, (), low),
        Track("Bass", 2, 32, low),
    )
    told = []
    xml = write_take(Take(chart, ((0, 132.0),), tracks, ((0, "C"),)), told.append)
    root = ET.fromstring(xml)
    names = [
        (part.findtext("part-name"), part.findtext(".//midi-program"))
        for part in root.iter("score-part")
    ]
    assert names == [("Solo", "67"), ("Solo2", "57")]
    assert [len(part.findall("measure")) for part in root.findall("part")] == [3, 3]
    assert [part.findtext(".//clef/sign") for part in root.findall("part")] == ["G", "F"]
    for at, notes in enumerate((high, low)):
        assert notes_in(xml, at) == music21_notes(xml, at) == given_notes(notes)
    assert told == sorted(told) and told[-1] == chart.length_tick


def test_progress_is_told_every_bar():
    reached: list[int] = []
    write_musicxml(parse_chart("| C | F | G |"), progress=reached.append)
    assert reached == [1920, 3840, 5760]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path):
    with pytest.raises(OutputFileError):
        save_musicxml(tmp_path / "no" / "where.musicxml", "")


def test_titles_that_xml_cannot_hold_are_written_without():
    chart = replace(parse_chart("| C |"), title="A\ud800 \x07<b>", composer="&")
    assert ET.fromstring(write_musicxml(chart).encode()).findtext("work/work-title") == "A <b>"


def test_chords_in_every_bar_are_spelled_by_the_chart():
    chart = replace(parse_chart("| Bb7 |"), changes=((0, parse_chord("F#m7b5/E")),))
    assert symbols(write_musicxml(chart)) == [("1", "F#m7b5")]
