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
from improv.charts.musicxml_harmony import KINDS
from improv.errors import ChartError, InputFileError


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
    ("harmony", "expected", "parts"),
    [
        (chord("D", "nonsense"), "D", ["'D'", "'nonsense'", "measure 2 of 'x.xml'"]),
        (chord("D", "minor-nonsense"), "Dm", ["'minor-nonsense'"]),
        (chord("D", "other", text="m7 (weird)"), "Dm7", ["'Dm7 (weird)'", "(weird)"]),
        (chord("D", "dominant", degree(20)), "D7", ["'D'", "1 degrees", "measure 2"]),
        (chord("D", "", degree(9, 7)), "D", ["measure 2"]),
        (chord("H"), "C", ["root 'H'", "the chord before goes on"]),
        ("<harmony><kind>major</kind></harmony>", "C", ["'nothing'"]),
        ("<harmony><root><root-step>D</root-step></root></harmony>", "D", ["0 kinds"]),
        (chord("D").replace("</kind>", "</kind><kind>minor</kind>"), "D", ["2 kinds"]),
    ],
)
def test_one_harmony_that_cannot_be_read_is_named_and_refuses_nothing(harmony, expected, parts):
    chart = read_musicxml(score(bar("C"), harmony + WHOLE, bar("F")), source="x.xml")
    assert tops(chart) == f"C {expected} F"
    ((tick, remark),) = chart.remarks
    assert tick == 1920 and remark.startswith("?")
    (warning,) = chart.warnings
    assert all(part in warning for part in parts), warning


def test_a_sheet_of_which_nothing_can_be_read_is_refused():
    refused(ChartError, score(chord("H") + WHOLE, chord("Q") + WHOLE), "root 'H'", "measure 1")


DEGREES = [(v, a, t) for v in range(1, 16) for a in (-1, 0, 1) for t in ("add", "alter")]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_degrees_are_added_to_any_kind_of_chord(kind):
    plain = read_musicxml(score(chord("C", kind) + WHOLE)).changes[0][1]
    for value, alter, type_ in DEGREES:
        chart = read_musicxml(score(chord("C", kind, degree(value, alter, type_)) + WHOLE))
        assert chart.warnings == ()
        (_, found), *_ = chart.changes
        added = ((0, 2, 4, 5, 7, 9, 10)[(value - 1) % 7] + alter) % 12
        gives_way = {added - 1, added + 1} & {1, 6} & {*plain.tones}  # to an altered one
        if type_ == "add" and added not in (9, 10, 11) and not gives_way:  # sevenths change others
            assert added in found.tones, (kind, value, alter, found.text)
        if type_ == "add" and not alter and value in (1, 8, 15):
            assert found == plain


@pytest.mark.parametrize(
    ("harmony", "expected"),
    [
        (chord("F#", "major", degree(9, -1)), "F#addb9"),
        (chord("C", "minor", degree(9, -1)), "Cmb9"),
        (chord("C", "augmented", degree(9, 1)), "Caugadd#9"),
        (chord("C", "dominant-ninth", degree(9, -1)), "C7b9"),
        (chord("C", "major-seventh", degree(7, -1, "alter")), "C7"),
        (chord("C", "major", degree(3, -1, "alter")), "Cm"),
        (chord("C", "major", degree(3, 1, "alter")), "Csus4"),
        (chord("C", "dominant", degree(4) + degree(3, 0, "subtract") + degree(14)), "C7sus4"),
        (chord("C", "minor", degree(5, -1, "alter") + degree(7)), "Cm7b5"),
        (chord("C", "Neapolitan"), "C"),
        (chord("C", "Tristan"), "Cm7b5"),
    ],
)
def test_degrees_by_the_notes_they_leave(harmony, expected):
    assert of(harmony + WHOLE) == expected


def polychord(above, below, more=""):
    """Two roots and two kinds in one harmony."""
    return above.replace("</harmony>", "") + below.replace("<harmony>", "").replace(
        "</harmony>", f"{more}</harmony>"
    )


@pytest.mark.parametrize(
    ("harmony", "expected"),
    [
        (polychord(chord("D"), chord("C", "dominant", text="7")), "D/C7"),
        (polychord(chord("Eb", "minor"), chord("C", "dominant")), "Ebm/C7"),
        (polychord(chord("D"), chord("C")), "D/Cmaj"),
        (
            polychord(chord("D"), chord("C", "dominant"), "<bass><bass-step>G</bass-step></bass>"),
            "D/C7/G",
        ),
        (polychord(chord("D", "major", degree(9)), chord("C", "dominant")), "Dadd9/C7"),
    ],
)
def test_two_roots_and_two_kinds_are_a_polychord(harmony, expected):
    assert of(harmony + WHOLE) == expected


def test_a_polychord_of_too_many_notes_is_its_lower_chord():
    wide = polychord(chord("Db", "major-13th"), chord("C", "dominant-13th"))
    chart = read_musicxml(score(bar("F"), wide + WHOLE))
    assert tops(chart) == "F C13"
    assert "different notes" in chart.warnings[0]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("G7(b9)", "C G7b9"), ("N.C.", "C NC"), ("Bm7(b5)", "C Bm7b5"), ("A m7/D", "C Am7/D"),
        ("Ebma7", "C Ebmaj7"), ("Go", "C C"), ("A", "C C"), ("B2", "C C"), ("Solo", "C C"),
    ],
)  # fmt: skip
def test_chords_that_stand_as_words_where_no_symbol_does(said, expected):
    assert of(bar("C"), words(said) + WHOLE) == expected
    assert of(bar("C"), words(said) + bar("D")) == "C D"


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


ENCODED = [
    ("UTF-8", "utf-16"),
    ("UTF-8", "utf-16-le"),
    ("UTF-16", "utf-8"),
    ("UTF-16", "utf-8-sig"),
    ("utf-16le", "utf-8"),
    ("US-ASCII", "utf-8"),
    ("UTF-8", "latin-1"),
    ("UTF-8", "cp1252"),
    ("ISO-8859-1", "latin-1"),
    ("Shift_JIS", "utf-8"),
    ("klingon", "utf-8"),
    ("UTF-32", "utf-16"),
]


@pytest.mark.parametrize(("declared", "encoding"), ENCODED)
def test_the_encoding_is_what_it_is_whatever_the_declaration_says(declared, encoding):
    head = "<work><work-title>Águas é</work-title></work>"
    text = score(bar("C"), head=head).decode().replace("UTF-8", declared)
    chart = read_musicxml(text.encode(encoding))
    assert (tops(chart), chart.title) == ("C", "Águas é")


def test_japanese_as_it_was_written_there():
    head = "<work><work-title>枯葉</work-title></work>"
    text = score(bar("C"), head=head).decode().replace("UTF-8", "Shift_JIS")
    assert read_musicxml(text.encode("shift_jis")).title == "枯葉"


@pytest.mark.parametrize(
    ("title", "expected"),
    [("A & B", "A & B"), ("A&B;", "A&B;"), ("caf&eacute;", "café"), ("A\x0bB\x01", "A B")],
)
def test_what_is_not_quite_xml_is_read(title, expected):
    head = f"<work><work-title>{title}</work-title></work>"
    text = score(bar("C"), head=head).decode()
    for content in (text, text[text.index("<score") :]):  # with a document type and without
        assert read_musicxml(content.encode()).title == expected


def test_blanks_around_the_score():
    assert played(b"\r\n" + score(bar("C")) + b"\n\0\0") == "C"


def test_names_with_a_prefix():
    text = score(bar("C")).decode().replace("<", "<m:").replace("<m:/", "</m:")
    text = text.replace("<m:?", "<?").replace("<m:!", "<!")
    assert (
        played(text.replace("<m:score-partwise", '<m:score-partwise xmlns:m="x"').encode()) == "C"
    )


def archive(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "container",
    [
        "<container><rootfiles><rootfile full-path='Nobody's.xml'/></rootfiles></container>",
        '<container><rootfiles><rootfile full-path="A & B.xml"></rootfiles>',
        '<container><rootfiles><rootfile full-path="elsewhere/other.xml"/></rootfiles></container>',
        '<container><rootfiles><rootfile full-path="a\\TUNE.xml"/></rootfiles></container>',
        "<container/>",
        "",
        "no xml",
        b"\xff\xfe\0\0",
        None,
    ],
)
def test_the_one_score_in_a_zip_is_read_whatever_its_container_says(container):
    members = {"a/tune.xml": score(bar("C"), bar("D")), "cover.png": b"\x89PNG"}
    members |= {} if container is None else {"META-INF/container.xml": container}
    assert played(archive(**members)) == "C D"
    # What is no score beside it does no harm.
    assert played(archive(**members, **{"notes.xml": "<notes/>", "__MACOSX/._a.xml": "x"})) == "C D"


def test_the_score_that_the_container_names_is_read_though_there_are_several():
    said = '<container><rootfiles><rootfile full-path="b/tune.xml"/></rootfiles></container>'
    scores = {"a.xml": score(bar("C")), "b/tune.xml": score(bar("D")), "c.xml": score(bar("E"))}
    assert played(archive(**{"META-INF/container.xml": said}, **scores)) == "D"
    for wrong in (
        said.replace("b/", "old/"),
        said.replace('"', "'").replace("tune", "it's"),
        "<a>",
    ):
        refused(InputFileError, archive(**{"META-INF/container.xml": wrong}, **scores), "3 scores")


def test_several_scores_are_named_where_nobody_says_which():
    scores = {f"{name}.xml": score(bar("C")) for name in "abcdef"}
    refused(InputFileError, archive(**scores), "6 scores", "'a.xml', 'b.xml'", "and 2 more")
    scores["META-INF/container.xml"] = "no xml"
    refused(InputFileError, archive(**scores), "does not say which")


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


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (time(4, 1), "8/2"),
        (time(6, 32), "3/16"),
        (time(3, 4).replace("</time>", "<beats>3</beats><beat-type>8</beat-type></time>"), "9/8"),
    ],
)
def test_meters_that_are_said_otherwise(said, expected):
    assert str(read_musicxml(score(said + bar("C"))).meter) == expected


@pytest.mark.parametrize(
    "said", [time(4, 3), time("x", 4), time(4, 0), time(1, 64), time("1" * 9, 4)]
)
def test_a_meter_that_cannot_be_read_is_that_before(said):
    chart = read_musicxml(score(bar("C"), said + bar("F")), source="x.xml")
    assert [str(chart.meter_of(at)) for at in range(2)] == ["4/4", "4/4"]
    (warning,) = chart.warnings
    assert "measure 2 of 'x.xml'" in warning and warning.endswith("it goes on in 4/4.")


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
