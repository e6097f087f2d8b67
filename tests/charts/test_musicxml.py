"""MusicXML to charts: files written by hand, by music21 and by our own writer; rubbish is one sentence."""

from __future__ import annotations

import io
import zipfile

import pytest
from musicxml_maker import (
    BACKWARD,
    FORWARD,
    FOUR,
    WHOLE,
    bar,
    chord,
    degree,
    note,
    of,
    part,
    played,
    refused,
    repeat_mark,
    score,
    sign,
    symbols,
    time,
    tops,
    words,
)

from improv.charts.musicxml import read_musicxml
from improv.errors import ChartError


@pytest.mark.parametrize(
    ("harmony", "symbol"),
    [
        (chord("Bb", "dominant"), "Bb7"),
        (chord("F#", "half-diminished"), "F#m7b5"),
        (chord("Eb", "major-seventh", text="maj7"), "Ebmaj7"),
        (chord("C", "minor"), "Cm"),
        (chord("C", "minor-sixth"), "Cm6"),
        (chord("C", "major-minor"), "CmMaj7"),
        (chord("C", "diminished-seventh"), "Cdim7"),
        (chord("C", "augmented"), "Caug"),
        (chord("C", "augmented-seventh"), "C7#5"),
        (chord("C", "dominant-13th"), "C13"),
        (chord("C", "suspended-fourth"), "Csus4"),
        (chord("C", "suspended-fourth", degree(7)), "C7sus4"),
        (chord("C", "suspended-fourth", degree(7) + degree(9)), "C9sus4"),
        (chord("C", "dominant", degree(3, 0, "subtract") + degree(4)), "C7sus4"),
        (chord("C", "power"), "C5"),
        (chord("C", "major", degree(9)), "Cadd9"),
        (chord("C", "minor", degree(9)), "Cmadd9"),
        (chord("C", "major-sixth", degree(9)), "C6/9"),
        (chord("C", "dominant", degree(9, -1)), "C7b9"),
        (chord("C", "dominant", degree(9, -1) + degree(11, 1)), "C7b9#11"),
        (chord("C", "dominant", degree(5, 1, "alter") + degree(9, 1)), "C7#5#9"),
        (chord("C", "dominant", degree(13, -1)), "C7b13"),
        (chord("C", "dominant-ninth", degree(9, -1, "alter")), "C7b9"),
        (chord("C", "dominant-ninth", degree(11, 1)), "C9#11"),
        (chord("C", "dominant-13th", degree(9, -1, "alter")), "C13b9"),
        (chord("C", "major-seventh", degree(11, 1)), "Cmaj7#11"),
        (chord("C", "major-seventh", degree(5, 1, "alter")), "Cmaj7#5"),
        (chord("C", "minor-seventh", degree(11)), "Cm7(11)"),
        (chord("C", "major", degree(5, -1, "alter")), "C(b5)"),
        (chord("C", "major", degree(7, 1)), "Cmaj7"),
        (chord("C", "minor", degree(7)), "Cm7"),
        (chord("C", "diminished", degree(7, -1)), "Cdim7"),
        # what is printed says more, or all
        (chord("C", "dominant", text="7alt"), "C7alt"),
        (chord("C", "dominant", degree(5, -1, "alter") + degree(9, 1), text="alt"), "C7alt"),
        (chord("C", "other", text="-7(b5)"), "Cm7b5"),
        (chord("C", "dominant", degree(9, -1, more='print-object="no"'), text="7b9"), "C7b9"),
        # what is printed is not the whole, or not so
        (chord("C", "dominant", degree(9, -1), text="7"), "C7b9"),
        (chord("C", "minor", text=""), "Cm"),
        (chord("C", "major-seventh").replace("<kind", '<kind use-symbols="yes" text="7"'), "Cmaj7"),
        (chord("C", "minor-seventh", text="7"), "Cm7"),
        (chord("C", "dominant", text="huh"), "C7"),
        (
            chord(
                "D", "dominant", "<bass><bass-step>F</bass-step><bass-alter>1</bass-alter></bass>"
            ),
            "D7/F#",
        ),
        (chord("C", "minor", "<inversion>1</inversion>"), "Cm/Eb"),
        (chord("C", "dominant", "<inversion>3</inversion>"), "C7/Bb"),
        (chord("C", "major", "<inversion>0</inversion>"), "C"),
    ],
)
def test_a_harmony_is_a_chord(harmony, symbol):
    assert of(harmony + WHOLE) == symbol


def test_no_chord_and_before_the_first_chord():
    assert of(WHOLE, bar("C"), chord("C", "none") + WHOLE, WHOLE, bar("F")) == "NC C NC NC F"


@pytest.mark.parametrize(
    ("harmony", "parts"),
    [
        (chord("C", "Tristan"), ["'C'", "'Tristan'", "measure 2 of 'x.xml'", "'dominant'"]),
        (chord("C", "other", text="weird"), ["chord 'Cweird' in measure 2", "'weird' after 'C'"]),
        (chord("C", "dominant", degree(12)), ["'C'", "1 degrees", "measure 2"]),
        (chord("H"), ["root 'H'", "A to G"]),
        ("<harmony><kind>major</kind></harmony>", ["'nothing'", "one root"]),
        ("<harmony><root><root-step>C</root-step></root></harmony>", ["0 kinds"]),
    ],
)
def test_a_harmony_that_is_no_chord_is_refused(harmony, parts):
    refused(ChartError, score(bar("C"), harmony + WHOLE), *parts)


ANALYSES = [
    ("<harmony><function>V7</function><kind>major</kind></harmony>", "'V7'"),
    (
        "<harmony><numeral><numeral-root>2</numeral-root></numeral><kind>minor</kind></harmony>",
        "'2'",
    ),
]


@pytest.mark.parametrize(("harmony", "said"), ANALYSES)
def test_degrees_of_a_key_alone_are_refused_and_left_out_beside_chords(harmony, said):
    refused(ChartError, score(harmony + WHOLE), said, "degree of a key")
    assert played(score(chord("C") + harmony + WHOLE, bar("F"))) == "C F"


@pytest.mark.parametrize(
    ("harmony", "expected"),
    [
        (chord("C", "dominant-seventh", text="7"), "C7"),
        (chord("C", "minor-major-seventh"), "CmMaj7"),
        (chord("C", "half-diminished-minor-ninth"), "Cm7b5b9"),
        (chord("C", "maj7"), "Cmaj7"),
        (chord("C", "min"), "Cm"),
        (chord("C", "minor", degree(7, -1)), "Cm7"),
        (chord("C", "suspended-fourth", degree(7, -1)), "C7sus4"),
        (
            chord("C", "major", "<bass><bass-step>E</bass-step></bass>", text="/E"),
            "C/E",
        ),
        (
            chord("G", "dominant").replace("<root>", "<function>V</function><root>"),
            "G7",
        ),
    ],
)
def test_kinds_as_other_programs_write_them(harmony, expected):
    assert played(score(harmony + WHOLE)) == expected


def test_signs_within_words():
    content = score(
        bar("C") + words("To \U0001d10c"),
        bar("F") + words("D.C. al \ue048"),
        words("\U0001d10c Coda") + bar("G"),
    )
    assert played(content) == "C F C G"


def test_utf_16_whatever_the_declaration_says_and_blanks_around_the_score():
    text = score(bar("C")).decode()
    for content in (text.encode("utf-16"), b"\r\n" + text.encode() + b"\n\0\0"):
        assert played(content) == "C"


@pytest.mark.parametrize("leftover", ["a.pdf", "__MACOSX/._lead.xml", "._lead.xml"])
def test_what_lies_beside_the_score_in_a_compressed_file(leftover):
    rootfiles = "".join(f'<rootfile full-path="{name}"/>' for name in (leftover, "lead.xml"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", "application/vnd.recordare.musicxml")
        archive.writestr("META-INF/container.xml", f"<container>{rootfiles}</container>")
        archive.writestr(leftover, b"%PDF\0")
        archive.writestr("lead.xml", score(bar("C")))
    assert played(packed.getvalue()) == "C"


# -- places


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (chord("C") + note(4) + chord("F") + note(4), [(0, "C"), (2, "F")]),
        (note(2) + chord("F") + note(6), [(0, "NC"), (1, "F")]),
        (chord("C") + chord("F", extra="<offset>5</offset>") + note(8), [(0, "C"), (2.5, "F")]),
        (note(8) + "<backup><duration>2</duration></backup>" + chord("F"), [(0, "NC"), (3, "F")]),
        (
            chord("C") + "<forward><duration>6</duration></forward>" + chord("F"),
            [(0, "C"), (3, "F")],
        ),
        (note(2) + note(2, "<chord/>") + chord("F") + note(6), [(0, "NC"), (1, "F")]),
        # several at one place share it
        (chord("C") + chord("F") + WHOLE, [(0, "C"), (2, "F")]),
        (chord("C") + chord("F") + chord("G") + WHOLE, [(0, "C"), (1, "F"), (2, "G")]),
        (chord("C") + note(4) + chord("F") + chord("G") + note(4), [(0, "C"), (2, "F"), (3, "G")]),
        (
            chord("C") + chord("F").replace("<harmony", '<harmony type="alternate"') + WHOLE,
            [(0, "C")],
        ),
        (chord("C") + chord("C") + WHOLE, [(0, "C")]),
    ],
)
def test_chords_are_where_they_stand(content, expected):
    chart = read_musicxml(score(content))
    assert (chart.bars, symbols(chart)) == (1, expected)


def test_a_symbol_at_the_end_of_a_measure_is_the_next_ones():
    assert of(bar("C", chord("F")), WHOLE, bar("G")) == "C F G"


def test_the_first_part_with_chords_is_read_and_signs_of_all():
    plain = part(WHOLE, WHOLE, words("Bossa Nova") + sign("segno") + WHOLE)
    chords = part(bar("C"), bar("F"), bar("G") + words("D.S."))
    more = part(bar("A"), bar("A"), bar("A"))
    xml = (
        score()
        .decode()
        .replace("</part>", f"{plain}</part><part>{chords}</part><part>{more}</part>")
    )
    chart = read_musicxml(xml.encode())
    assert (tops(chart), chart.feel) == ("C F G G", "bossa")


def test_timewise_is_read_too():
    made = "".join(
        f'<measure number="{n}"><part id="P1">{FOUR if n == 1 else ""}{bar(root)}</part>'
        f'<part id="P2">{WHOLE}</part></measure>'
        for n, root in enumerate("CFG", start=1)
    )
    assert tops(read_musicxml(f"<score-timewise>{made}</score-timewise>".encode())) == "C F G"


# -- meters, upbeats, repeated measures


def test_meters_change():
    chart = read_musicxml(
        score(
            bar("C"),
            time(3, 4) + chord("F") + note(6),
            chord("G") + note(6),
            time(6, 8) + chord("C") + note(6),
            time("3+2", 4) + chord("C") + note(10),
            time(7, 4) + chord("A") + note(14),
            time(2, 2, 'symbol="cut"') + bar("D"),
        )
    )
    meters = [str(chart.meter_of(at)) for at in range(chart.bars)]
    assert meters == "4/4 3/4 3/4 6/8 5/4 7/4 2/2".split()
    refused(ChartError, score(bar("C"), time(4, 3) + bar("F")), "'4/3'", "measure 2")
    refused(ChartError, score(time("x", 4) + bar("F")), "'x/4'", "measure 1")


UPBEAT = 'implicit="yes"'


def test_an_upbeat_without_a_chord_is_left_out_and_its_signs_are_not():
    first = (
        UPBEAT,
        FORWARD + words("Bossa") + "<direction><direction-type><rehearsal>A</rehearsal>"
        "</direction-type></direction>" + note(2),
    )
    chart = read_musicxml(
        score(first, bar("C"), chord("F") + note(6) + BACKWARD, (UPBEAT, note(2)), bar("G"))
    )
    assert (tops(chart), chart.bars, chart.length_tick) == ("C F C F G", 5, 5 * 1920)
    assert chart.sections == ((0, "A"), (3840, "A"))
    assert chart.feel == "bossa"
    assert of(note(2), bar("C")) == "C"  # nobody said that it is implicit
    assert of((UPBEAT, note(2)), bar("C"), (UPBEAT, note(2) + BACKWARD), bar("F")) == "C C F"


def test_an_upbeat_with_a_chord_stays_and_so_does_what_completes_it():
    chart = read_musicxml(score((UPBEAT, chord("G") + note(2)), bar("C"), chord("F") + note(6)))
    assert (chart.bar_ticks, chart.length_tick) == ((0, 480, 2400), 3840)
    assert symbols(chart) == [(0, "G"), (1, "C"), (5, "F")]


def test_a_measure_that_is_not_filled_is_a_whole_one():
    chart = read_musicxml(score(bar("C"), chord("F") + note(2), bar("G")))
    assert (tops(chart), chart.length_tick) == ("C F G", 3 * 1920)


def test_repeated_measures():
    two = chord("C") + note(4) + chord("F") + note(4)
    chart = read_musicxml(
        score(two, repeat_mark("start", 1) + WHOLE, WHOLE, repeat_mark("stop") + bar("G"), WHOLE)
    )
    assert tops(chart) == "C C C G G"
    assert symbols(chart)[:4] == [(0, "C"), (2, "F"), (4, "C"), (6, "F")]
    assert of(bar("C"), bar("F"), repeat_mark("start", 2) + WHOLE, WHOLE, WHOLE) == "C F C F C"


# -- the way through
