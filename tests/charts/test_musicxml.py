"""MusicXML to charts: files written by hand, by music21 and by our own writer; rubbish is one sentence."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts import musicxml_file
from improv.charts.musicxml import read_musicxml
from improv.errors import ChartError, InputFileError
from improv.music.chart import Chart

FOUR = (
    "<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
    "</attributes>"
)
WHOLE = "<note><rest/><duration>8</duration></note>"


def chord(root="C", kind="major", extra="", text=None):
    step, alter = root[0], {"b": -1, "#": 1}.get(root[1:])
    said = f"<root-step>{step}</root-step>" + (f"<root-alter>{alter}</root-alter>" if alter else "")
    shown = "" if text is None else f' text="{text}"'
    return f"<harmony><root>{said}</root><kind{shown}>{kind}</kind>{extra}</harmony>"


def degree(value, alter=0, type_="add", more=""):
    return (
        f"<degree {more}><degree-value>{value}</degree-value><degree-alter>{alter}</degree-alter>"
        f"<degree-type>{type_}</degree-type></degree>"
    )


def barline(content, location="right"):
    return f'<barline location="{location}">{content}</barline>'


FORWARD = barline('<repeat direction="forward"/>', "left")
BACKWARD = barline('<repeat direction="backward"/>')


def ending(numbers, type_, content=""):
    location = "left" if type_ == "start" else "right"
    return barline(f'<ending number="{numbers}" type="{type_}"/>{content}', location)


def words(text, sound=""):
    content = f"<direction-type><words>{text}</words></direction-type>"
    return f"<direction>{content}{sound}</direction>"


def sign(name):
    return f"<direction><direction-type><{name}/></direction-type></direction>"


def part(*measures, first=FOUR):
    """A part; each measure is its content, or (attributes of the measure, content)."""
    made = []
    for number, measure in enumerate(measures, start=1):
        how, content = measure if isinstance(measure, tuple) else ("", measure)
        made.append(
            f'<measure number="{number}" {how}>{first if number == 1 else ""}{content}</measure>'
        )
    return "".join(made)


def score(*measures, head="", first=FOUR):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE score-partwise PUBLIC '
        '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">'
        f'<score-partwise version="4.0">{head}<part-list><score-part id="P1"><part-name>Lead'
        f'</part-name></score-part></part-list><part id="P1">{part(*measures, first=first)}</part>'
        "</score-partwise>"
    ).encode()


def bar(root, more="", kind="major"):
    return chord(root, kind) + WHOLE + more


def symbols(chart):
    return [(tick / 480, c.text if c else "NC") for tick, c in chart.changes]


def tops(chart):
    return " ".join(c.text if (c := chart.chord_at(tick)) else "NC" for tick in chart.bar_ticks)


def played(content):
    return tops(read_musicxml(content))


def of(*measures, **more):
    return tops(read_musicxml(score(*measures, **more)))


# -- chords


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
        (chord("C", "other", text="weird"), ["'Cweird'", "'other'"]),
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


def note(duration, more=""):
    return f"<note><rest/>{more}<duration>{duration}</duration></note>"


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


def time(beats, unit, more=""):
    return f"<attributes><time {more}><beats>{beats}</beats><beat-type>{unit}</beat-type></time></attributes>"


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


def repeat_mark(type_, count=""):
    return (
        f'<attributes><measure-style><measure-repeat type="{type_}">{count}</measure-repeat>'
        "</measure-style></attributes>"
    )


def test_repeated_measures():
    two = chord("C") + note(4) + chord("F") + note(4)
    chart = read_musicxml(
        score(two, repeat_mark("start", 1) + WHOLE, WHOLE, repeat_mark("stop") + bar("G"), WHOLE)
    )
    assert tops(chart) == "C C C G G"
    assert symbols(chart)[:4] == [(0, "C"), (2, "F"), (4, "C"), (6, "F")]
    assert of(bar("C"), bar("F"), repeat_mark("start", 2) + WHOLE, WHOLE, WHOLE) == "C F C F C"


# -- the way through


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ([bar("C"), bar("F", BACKWARD), bar("G")], "C F C F G"),
        ([bar("C"), FORWARD + bar("F", BACKWARD)], "C F F"),
        ([bar("C", FORWARD.replace("left", "right")), bar("F", BACKWARD)], "C F F"),
        ([bar("C", BACKWARD.replace("direction", 'times="3" direction'))], "C C C"),
        (
            [
                FORWARD + bar("C"),
                ending(1, "start") + bar("F") + ending(1, "stop", '<repeat direction="backward"/>'),
                ending(2, "start") + bar("G") + ending(2, "discontinue"),
                bar("A"),
            ],
            "C F C G A",
        ),
        (
            [
                FORWARD + bar("C"),
                ending("1, 2", "start")
                + bar("F")
                + ending("1, 2", "stop", '<repeat direction="backward"/>'),
                ending(3, "start") + bar("G"),
            ],
            "C F C F C G",
        ),
        ([bar("C"), bar("F", words("Fine")), bar("G", words("D.C. al Fine"))], "C F G C F"),
        ([bar("C"), bar("F"), bar("G", '<sound dacapo="yes"/>')], "C F G C F G"),
        (
            [bar("C"), bar("F", '<sound fine="yes"/>'), bar("G", '<sound dacapo="yes"/>')],
            "C F G C F",
        ),
        (
            [
                bar("C"),
                sign("segno") + bar("F"),
                bar("G", sign("coda")),
                bar("A", words("D.S. al Coda")),
                sign("coda") + bar("B"),
            ],
            "C F G A F G B",
        ),
        (
            [
                bar("C"),
                '<sound segno="s"/>' + bar("F"),
                bar("G"),
                '<sound tocoda="c"/>' + bar("A"),
                bar("D", words("Dal Segno", '<sound dalsegno="s"/>')),
                words("Coda", '<sound coda="c"/>') + bar("B"),
            ],
            "C F G A D F G A D",
        ),
        (
            [
                bar("C"),
                bar("G", words("To Coda", '<sound tocoda="c"/>')),
                bar("A", '<sound dacapo="yes"/>'),
                '<sound coda="c"/>' + bar("B"),
            ],
            "C G A C G B",
        ),
        (
            [
                bar("C"),
                bar("G"),
                '<sound tocoda="c"/>' + bar("A", '<sound dacapo="yes"/>'),
                '<sound coda="c"/>' + bar("B"),
            ],
            "C G A C G B",
        ),
    ],
)
def test_repeats_endings_and_jumps_are_unrolled(measures, expected):
    assert of(*measures) == expected


def test_a_coda_without_a_jump_is_for_the_last_time():
    chart = read_musicxml(score(bar("C", words("To Coda")), bar("F"), words("Coda") + bar("G")))
    assert (tops(chart), tops(chart.last)) == ("C F", "C G")
    chart = read_musicxml(score(bar("C", words("Fine")), bar("F")))
    assert (tops(chart), tops(chart.last)) == ("C F", "C")


def test_an_intro_is_played_once():
    chart = read_musicxml(score(words("Intro") + bar("C"), bar("F"), words("A") + bar("G")))
    assert (chart.sections, chart.repeat_tick) == (((0, "Intro"), (3840, "A")), 3840)


@pytest.mark.parametrize(
    ("sign_", "missing"),
    [("D.S.", "'Segno'"), ("D.C. al Fine", "'Fine'"), ("D.C. al Coda", "'To Coda'")],
)
def test_a_jump_to_nowhere_is_refused(sign_, missing):
    refused(ChartError, score(bar("C"), bar("F", words(sign_))), "measure 2 of 'x.xml'", missing)


def test_repeats_that_go_on_too_long_are_refused():
    measure = FORWARD + bar("C") + BACKWARD.replace("direction", 'times="64" direction')
    refused(ChartError, score(*[measure] * 40), "2000 bars", "'x.xml'")
    refused(ChartError, score(*[bar("C")] * 2001), "2001 measures", "at most 2000")


# -- what else it says


def test_the_head():
    head = (
        "<work><work-title>A  Tune</work-title></work><movement-title>no</movement-title>"
        '<identification><creator type="lyricist">L</creator><creator type="composer">N. N.</creator>'
        "</identification>"
    )
    key = "<attributes><key><fifths>-3</fifths><mode>minor</mode></key></attributes>"
    tempo = words("Slow Bossa", '<sound tempo="132.5"/>')
    label = "<direction><direction-type><rehearsal>A</rehearsal></direction-type></direction>"
    chart = read_musicxml(
        score(
            key + tempo + label + bar("C"),
            words("Bridge") + words("solo break") + bar("F"),
            head=head,
        )
    )
    assert (chart.title, chart.composer, chart.key) == ("A Tune", "N. N.", "C minor")
    assert (chart.feel, chart.style, chart.tempo_bpm) == ("bossa", "Slow Bossa", 132.5)
    assert (chart.sections, chart.remarks) == (
        ((0, "A"), (1920, "Bridge")),
        ((1920, "solo break"),),
    )


def test_titles_elsewhere():
    assert read_musicxml(score(bar("C"), head="<movement-title>M</movement-title>")).title == "M"
    credit = "<credit><credit-type>title</credit-type><credit-words>W</credit-words></credit>"
    assert read_musicxml(score(bar("C"), head=credit)).title == "W"
    assert read_musicxml(score(bar("C")), source="a/my tune.musicxml").title == "my tune"


@pytest.mark.parametrize(
    ("fifths", "mode", "key"),
    [
        (0, "", "C"), (-2, "major", "Bb"), (6, "major", "F#"), (-6, "", "Gb"), (1, "none", "G"),
        (3, "minor", "F# minor"), (-6, "minor", "Eb minor"), (0, "dorian", "D dorian"),
        (-2, "mixolydian", "F mixolydian"), (13, "", ""),
    ],
)  # fmt: skip
def test_keys(fifths, mode, key):
    said = f"<attributes><key><fifths>{fifths}</fifths><mode>{mode}</mode></key></attributes>"
    assert read_musicxml(score(said + bar("C"))).key == key


@pytest.mark.parametrize(
    ("unit", "per_minute", "bpm"),
    [
        ("<beat-unit>quarter</beat-unit>", "120", 120),
        ("<beat-unit>half</beat-unit>", "c. 90", 180),
        ("<beat-unit>quarter</beat-unit><beat-unit-dot/>", "80", 120),
        ("<beat-unit>quarter</beat-unit>", "fast", 140),
        ("<beat-unit>quarter</beat-unit>", "999", 140),
    ],
)
def test_the_metronome(unit, per_minute, bpm):
    mark = f"<metronome>{unit}<per-minute>{per_minute}</per-minute></metronome>"
    said = f"<direction><direction-type>{mark}</direction-type></direction>"
    assert read_musicxml(score(said + bar("C"))).tempo_bpm == bpm


def test_what_stands_beside_the_tempo_is_the_style():
    mark = "<metronome><beat-unit>half</beat-unit><per-minute>100</per-minute></metronome>"
    said = (
        "<direction><direction-type><words>Lightly </words></direction-type><direction-type>"
        f"{mark}</direction-type></direction>"
    )
    chart = read_musicxml(score(said + bar("C")))
    assert (chart.style, chart.feel, chart.tempo_bpm, chart.remarks) == (
        *("Lightly", "medium swing", 200, ()),
    )


@pytest.mark.parametrize(
    ("said", "feel"),
    [
        ("<sound><swing><straight/></swing></sound>", "straight"),
        ("<sound><swing><first>2</first><second>1</second></swing></sound>", "medium swing"),
        (words("Jazz Waltz"), "waltz"),
        (words("Ballad") + "<sound><swing><straight/></swing></sound>", "ballad"),
        ("", "medium swing"),
    ],
)
def test_the_feel(said, feel):
    assert read_musicxml(score(said + bar("C"))).feel == feel


def test_a_transposing_part_is_read_as_it_sounds():
    trumpet = (
        "<attributes><key><fifths>2</fifths></key><transpose><diatonic>-1</diatonic>"
        "<chromatic>-2</chromatic></transpose></attributes>"
    )
    chart = read_musicxml(score(trumpet + bar("D", kind="major-seventh"), bar("E", kind="minor")))
    assert (tops(chart), chart.key) == ("Cmaj7 Dm", "C")


# -- files


def packed(*files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


CONTAINER = '<container><rootfiles><rootfile full-path="a/tune.xml"/></rootfiles></container>'


def test_compressed_files():
    good = score(bar("C"))
    both = packed(
        ("other.xml", score(bar("F"))), ("META-INF/container.xml", CONTAINER), ("a/tune.xml", good)
    )
    assert tops(read_musicxml(both)) == "C"
    assert tops(read_musicxml(packed(("META-INF/x.xml", "x"), ("t.musicxml", good)))) == "C"
    assert (
        tops(read_musicxml(score(bar("C")).decode().replace("UTF-8", "UTF-16").encode("utf-16")))
        == "C"
    )


def refused(kind, content, *parts):
    with pytest.raises(kind) as caught:
        read_musicxml(content, source="x.xml")
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message and "x.xml" in message
    for said in parts:
        assert said in message


def test_what_is_no_musicxml_is_refused():
    refused(InputFileError, b"", "no element found in line 1")
    refused(InputFileError, b"| C | F |", "no well-formed XML")
    refused(InputFileError, b"<html><body/></html>", "'html'", "score-partwise")
    refused(InputFileError, score(bar("C"))[:-20], "no well-formed XML")
    refused(InputFileError, b'<?xml version="1.0" encoding="klingon"?><a/>', "encoding")
    refused(InputFileError, score(WHOLE), "Cannot find chords")
    refused(InputFileError, b"<score-partwise/>", "Cannot find chords")
    refused(InputFileError, packed(("readme.txt", "hello")), "without a score")
    refused(InputFileError, packed(("t.xml", score(bar("C"))))[:-30], "damaged or locked")
    refused(InputFileError, b"PK\x03\x04", "damaged or locked")


def test_what_would_blow_up_is_refused(monkeypatch):
    laughs = (
        b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><score-partwise>&c;</score-partwise>'
    )
    refused(InputFileError, laughs, "entity 'b'")
    refused(InputFileError, b"<a>" * 100_000, "64 deep")
    bomb = packed(("t.xml", b"<a>" + b" " * (musicxml_file.MOST_BYTES + 1)))
    assert len(bomb) < 100_000
    refused(InputFileError, bomb, "unpacks to over")
    monkeypatch.setattr(musicxml_file, "MOST_BYTES", 50)
    refused(InputFileError, score(bar("C")), "at most 50")


GOOD = score(
    FORWARD + words("Swing", '<sound tempo="120"/>') + bar("C"),
    ending("1", "start") + bar("F") + ending("1", "stop", '<repeat direction="backward"/>'),
    ending("2", "start") + time(3, 4) + sign("segno") + bar("G") + sign("coda"),
    bar("D", words("D.S. al Coda")),
    repeat_mark("start", 2) + sign("coda") + note(6) + chord("A", "dominant", degree(9, -1)),
)


@given(st.data())
def test_damaged_bytes_are_a_chart_or_one_sentence(data):
    content = bytearray(GOOD if data.draw(st.booleans()) else packed(("t.xml", GOOD)))
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    one_end(bytes(content))


SWAPS = [
    "0",
    "-1",
    "1e9",
    "99999999999999999999",
    "",
    "x",
    "2.5",
    "start",
    "stop",
    "yes",
    "1",
    "640",
]


@given(st.data())
def test_odd_values_are_a_chart_or_one_sentence(data):
    """Numbers and words of a good file exchanged for others."""
    pieces = GOOD.decode().replace(">", '"').split('"')
    old = data.draw(
        st.lists(st.sampled_from(sorted({p for p in pieces if 0 < len(p) < 9})), max_size=4)
    )
    text = GOOD.decode()
    for piece in old:
        new = data.draw(st.sampled_from(SWAPS))
        text = text.replace(f'"{piece}"', f'"{new}"').replace(f">{piece}<", f">{new}<")
    one_end(text.encode())


def one_end(content):
    try:
        assert isinstance(read_musicxml(content, source="x.xml"), Chart)
    except (ChartError, InputFileError) as error:
        assert "\n" not in str(error) and "x.xml" in str(error)
