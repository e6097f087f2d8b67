"""The form of a MusicXML lead sheet, its head, and files that hold one or only seem to."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from musicxml_maker import (
    BACKWARD,
    FORWARD,
    WHOLE,
    bar,
    chord,
    degree,
    ending,
    note,
    of,
    refused,
    repeat_mark,
    score,
    sign,
    time,
    tops,
    words,
)

from improv.charts import musicxml_file
from improv.charts.musicxml import read_musicxml
from improv.errors import ChartError, InputFileError
from improv.music.chart import Chart


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
            "C F G A D F G B",
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


def test_a_boxed_coda_is_one_where_something_leads_to_it():
    box = "<direction><direction-type><rehearsal>Coda</rehearsal></direction-type></direction>"
    chart = read_musicxml(score(bar("C", words("To Coda")), bar("F"), box + bar("G")))
    assert (tops(chart), tops(chart.last)) == ("C F", "C G")
    jump = [bar("C", sign("coda")), bar("F", words("D.C. al Coda")), box + sign("coda") + bar("G")]
    assert of(*jump) == "C F C G"
    assert of(bar("C"), box + bar("F")) == "C F"


def test_an_intro_is_played_once():
    chart = read_musicxml(score(words("Intro") + bar("C"), bar("F"), words("A") + bar("G")))
    assert (chart.sections, chart.repeat_tick) == (((0, "Intro"), (3840, "A")), 3840)


def test_an_upbeat_written_as_a_whole_bar_is_played_once():
    tune = [FORWARD + bar("C"), bar("F", BACKWARD)]
    chart = read_musicxml(score(WHOLE, *tune))
    assert (tops(chart), chart.repeat_tick) == ("NC C F C F", 1920)
    assert read_musicxml(score(bar("G"), *tune)).repeat_tick == 0
    assert read_musicxml(score(WHOLE, bar("C"), bar("F"))).repeat_tick == 0


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


@pytest.mark.parametrize(
    ("style", "feel", "bpm"),
    [
        ("Bossa Nova", "bossa", 136),
        ("Medium Up Swing", "medium swing", 160),
        ("Up Tempo Swing", "up swing", 230),
        ("Even 8ths", "straight", 130),
        ("Slow Swing", "medium swing", 84),
        ("Klezmer", "medium swing", 140),
    ],
)
def test_an_export_of_ireal_pro_has_its_style_as_the_lyricist(style, feel, bpm):
    def head(program):
        return (
            f'<identification><creator type="lyricist">{style}</creator><encoding><software>{program}'
            "</software></encoding></identification>"
        )

    chart = read_musicxml(score(bar("C"), head=head("iReal Pro (Android)")))
    assert (chart.style, chart.feel, chart.tempo_bpm) == (style, feel, bpm)
    said = '<sound tempo="99"/>'
    assert read_musicxml(score(said + bar("C"), head=head("iReal Pro (iOS)"))).tempo_bpm == 99
    assert read_musicxml(score(bar("C"), head=head("MuseScore 4"))).style == ""


def test_titles_elsewhere():
    assert read_musicxml(score(bar("C"), head="<movement-title>M</movement-title>")).title == "M"
    made_up = (
        "<work><work-title>Music21 Fragment</work-title></work><movement-title>M</movement-title>"
        "<identification><creator>Music21</creator></identification>"
    )
    chart = read_musicxml(score(bar("C"), head=made_up))
    assert (chart.title, chart.composer) == ("M", "")
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


def test_a_container_that_is_no_xml_means_the_one_score_there_is():
    """As programs write it for a title with an apostrophe; of several scores it could mean any."""
    container = "<container><rootfiles><rootfile full-path='Nobody's.xml'/></rootfiles></container>"
    score_c, score_f = ("Nobody's.xml", score(bar("C"))), ("other.xml", score(bar("F")))
    bad = ("META-INF/container.xml", container)
    assert tops(read_musicxml(packed(bad, score_c))) == "C"
    refused(InputFileError, packed(bad, score_c, score_f), "2 scores", "Nobody's.xml", "other.xml")
    refused(InputFileError, packed(bad, ("readme.txt", "hello")), "without a score")


def test_what_is_no_musicxml_is_refused():
    refused(InputFileError, b"", "no element found in line 1")
    refused(InputFileError, b"| C | F |", "not well-formed XML")
    refused(InputFileError, b"<html><body/></html>", "'html'", "score-partwise")
    refused(InputFileError, score(bar("C"))[:-20], "not well-formed XML")
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
