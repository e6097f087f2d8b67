"""What stands over the notes of a score, found in the text of its file."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree

import pytest
from score_maker import mei_of

from improv.charts.score_texts import (
    ScoreError,
    Token,
    abc_in_order,
    abc_marked,
    abc_said,
    abc_tunes,
    capella_texts,
    chord_of_pitches,
    humdrum_symbol,
    humdrum_texts,
    mei_texts,
)

HEAD = "X:1\nK:C\n"


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ('"Am"A2 B2 |', '"Am"A2 B2 |'),
        ("A2 B2 !fine!| c4 |", 'A2 "^Fine"B2 | c4 |'),
        ("!segno!A2 B2 |", '"^!segno!"A2 B2 |'),
        ('A2 ^B,3/2 "D.C."|]', 'A2 "D.C."^B,3/2 |]'),
        ('[CEG]2 "Fine" :|', '"Fine"[CEG]2  :|'),
        ('"Am"A4 !D.S.alcoda! [|] |]', '"Am""^D.S. al Coda"A4  [|] |]'),
        ("!trill!A2 !f!B2 |", "!trill!A2 !f!B2 |"),
        ('A2 "D.C."', '"D.C."A2 '),
    ],
)
def test_a_mark_that_ends_a_bar_belongs_to_that_bar(line, marked):
    assert abc_marked(HEAD + line).replace(" ", "") == f"{HEAD}{marked}\n".replace(" ", "")


def test_a_chord_at_the_end_of_a_line_belongs_to_the_note_on_the_next():
    assert abc_marked(f'{HEAD}A2 "Dm7"\nB2 |') == f'{HEAD}A2 "Dm7"\nB2 |\n'
    assert abc_marked(f'{HEAD}A2 "Fine"\n| B2 |') == f'{HEAD}"Fine"A2 \n| B2 |\n'


def test_the_letter_of_a_part_is_said_over_its_first_note():
    marked = abc_marked(f"{HEAD}P:A\n|: A2 :|\nP:B\n[CE]2 |]")
    assert marked == f'{HEAD}P:A\n|: "^[A]"A2 :|\nP:B\n"^[B]"[CE]2 |]\n'


def test_the_tunes_of_a_file_share_what_stands_before_them():
    tunes = abc_tunes("%abc-2.1\nM:3/4\nT:A book\nsome text\nX:1\nK:C\nA|\n\nX:2\nK:G\nB|\n")
    assert tunes == ["X:1\nM:3/4\nK:C\nA|\n\n", "X:2\nM:3/4\nK:G\nB|\n"]
    assert abc_tunes("M:4/4\nK:C\nA|\n") == ["M:4/4\nK:C\nA|\n"]
    assert abc_tunes("") == []


def test_parts_are_put_in_the_order_that_the_head_wants():
    body = "P:A\nA4 |\nP:B\nB4 |\n"
    assert abc_in_order(f"X:1\nP:ABA % as printed\nK:C\n{body}").endswith(f"K:C\n{body}P:A\nA4 |\n")
    for kept in (f"X:1\nP:AB\nK:C\n{body}", f"X:1\nK:C\n{body}", "X:1\nP:ABA\nK:C\nA4 |\n"):
        assert abc_in_order(kept) == kept
    for refused in (f"X:1\nP:ABC\nK:C\n{body}", f"X:1\nP:ABA\nK:C\n{body}K:G\nc4 |\n"):
        with pytest.raises(ScoreError, match="its parts are to be played as 'AB"):
            abc_in_order(refused)


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ('"Dm7"', ("maybe", "Dm7")),
        ('" (Am) "', ("maybe", "Am")),
        ('"Am/c"', ("maybe", "Am/C")),
        ('"D/f+"', ("maybe", "D/F#")),
        ('"^Bridge"', ("words", "Bridge")),
        ('"_A"', ("words", "A")),
        ('"@-12,3.5 slow"', ("words", "slow")),
        ('"^!coda!"', ("sign", "coda")),
        ('"^D.C."', ("jump", "dacapo")),
        ('"DS"', ("jump", "dalsegno")),
        ('"D.C. al Fine"', ("maybe", "D.C. al Fine")),
    ],
)
def test_a_quote_is_a_chord_unless_it_says_where_it_stands(quote, said):
    assert abc_said(quote) == said


# -- Humdrum

SPLIT = """**mxhm\t**kern\t**kern
*\t*M4/4\t*M4/4
*\t*C:\t*C:
=1\t=1\t=1
C major\t4C\t2c
.\t8D\t.
F major\t8qE\t.
.\t8E\t.
*\t*\t*^
G dominant\t2F\t4.e\t2c
.\t.\t8f\t.
*\t*\t*v\t*v
=2\t=2\t=2
A minor\t1A\t1a
D minor\t.\t.
==\t==\t==
*-\t*-\t*-
"""


def test_chords_are_timed_by_the_notes_beside_them():
    """Through a split, a grace note, and a chord that begins while all notes go on."""
    texts = humdrum_texts(SPLIT)
    assert [(float(token.quarters), token.text) for token in texts.chords] == [
        (0, "C major"),
        (1.5, "F major"),
        (2, "G dominant"),
        (4, "A minor"),
        (4, "D minor"),
    ]
    assert (texts.end, texts.repeats) == (8, [])


def test_durations_and_spines_that_come_go_and_change_places():
    text = (
        "**kern\t**chord\n*\t*\n3c\tC\n3%2d\tF\n0.e\tG\n*x\t*x\n*\t*+\n*\t*\t**kern\n"
        "A\t4g\t6r\nB\t4a [5\t.\n*-\t*-\t*-\n"
    )
    texts = humdrum_texts(text)
    chords = texts.chords
    assert [(token.quarters, token.text) for token in chords[:3]] == [
        (0, "C"),
        (Fraction(4, 3), "F"),
        (4, "G"),
    ]
    assert chords[3].quarters == 16 and texts.end >= 17


def test_the_first_kind_of_spine_that_is_there():
    text = "**kern\t**harm\t**jazz\n*\t*D-:\t*\n1c\tii\t1C:min\n*-\t*-\t*-\n"
    assert [(token.kind, token.text) for token in humdrum_texts(text).chords] == [
        ("jazz", "1C:min")
    ]
    (token,) = humdrum_texts(text.replace("jazz", "text")).chords
    assert (token.kind, token.key) == ("harm", "D-")


def test_repeats_of_humdrum():
    text = "**kern\n=1|:\n1c\n=2:|!|:\n1d\n=:|!\n1e\n==\n*-\n"
    assert humdrum_texts(text).repeats == [(0, "start"), (4, "end"), (4, "start"), (8, "end")]


def test_an_order_of_sections_that_no_bar_line_says():
    text = "**kern\t**chord\n*>[A,A,B]\t*>[A,A,B]\n1c\tC\n=:|\t=\n*-\t*-\n"
    assert len(humdrum_texts(text).chords) == 1
    with pytest.raises(ScoreError, match="'A,A,B'"):
        humdrum_texts(text.replace(":|", ""))


@pytest.mark.parametrize(
    ("kind", "text", "symbol"),
    [
        ("mxhm", "C major", "C"),
        ("mxhm", "B- major-seventh", "Bbmaj7"),
        ("mxhm", "F# half-diminished/A", "F#m7b5/A"),
        ("mxhm", "E-- dominant", "D7"),
        ("mxhm", "none", "NC"),
        ("mxhm", "C what", "C what"),
        ("jazz", "2.B-:min7", "Bbmin7"),
        ("jazz", "1C:7/B-", "C7/Bb"),
        ("chord", "C-7", "C-7"),
        ("chord", "B-:maj7", "Bbmaj7"),
    ],
)
def test_a_token_as_a_symbol(kind, text, symbol):
    assert humdrum_symbol(Token(Fraction(0), kind, text, "C")) == symbol


@pytest.mark.parametrize(
    ("root", "name", "tones", "bass", "symbol"),
    [
        (0, "C", (0, 4, 7), "C", "C"),
        (10, "B-", (10, 2, 5, 8), "D", "Bb7/D"),
        (11, "B", (11, 2, 5, 9), "B", "Bm7b5"),
        (8, "A-", (8, 0, 3, 6, 7), "A-", ""),
    ],
)
def test_the_symbol_of_pitches(root, name, tones, bass, symbol):
    assert chord_of_pitches(root, name, tones, bass) == symbol


# -- MEI, Capella


def mei(measures):
    return ElementTree.fromstring(mei_of(measures))


def test_what_stands_over_measures_of_mei():
    root = mei(
        '<measure><harm tstamp="1">Dm7</harm><harm tstamp="3.5">G<rend>7</rend></harm></measure>'
        '<scoreDef meter.count="6" meter.unit="8"/><measure><harm tstamp="4" startid="#n1">C</harm>'
        '<dir tstamp="1">D.C. al Fine</dir><repeatMark func="fine"/><repeatMark func="odd"/><harm/></measure>'
    )
    texts = mei_texts(root)
    assert texts.measures == 2
    assert [(o.measure, o.kind, o.text, float(o.quarters), o.id) for o in texts.over] == [
        (0, "maybe", "Dm7", 0, ""),
        (0, "maybe", "G7", 2.5, ""),
        (1, "maybe", "C", 1.5, "n1"),
        (1, "words", "D.C. al Fine", 0, ""),
        (1, "words", "Fine", 0, ""),
    ]


def test_endings_of_mei_become_sections_that_music21_reads():
    root = mei('<measure/><ending n="1,2"><measure/><measure/></ending><ending><measure/></ending>')
    texts = mei_texts(root)
    assert texts.endings == {1: ("1,2", True, False), 2: ("1,2", False, True), 3: ("1", True, True)}
    assert b"ending" not in ElementTree.tostring(root)


def test_a_place_that_is_no_number_is_said():
    with pytest.raises(ScoreError, match="the place 'x' of 'C' in its measure 1 is no number"):
        mei_texts(mei('<measure><harm tstamp="x">C</harm></measure>'))


def test_the_texts_over_a_note_of_capella_without_its_signs():
    text = "<text><font face='{}'/><content>{}</content></text>"
    element = ElementTree.fromstring(
        f"<chord><drawObjects><drawObj>{text.format('Times', ' Dm7 ')}</drawObj>"
        f"<drawObj>{text.format('Capella3', 'l')}</drawObj><drawObj><transposable>"
        f"{text.format('Arial', 'G7')}</transposable></drawObj></drawObjects></chord>"
    )
    assert [*capella_texts(element)] == ["Dm7", "G7"]
