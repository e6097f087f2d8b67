"""The way through a MusicXML score: words, signs and playback marks, wherever they stand."""

from __future__ import annotations

import pytest
from musicxml_maker import (
    BACKWARD,
    FORWARD,
    WHOLE,
    bar,
    barline,
    ending,
    of,
    part,
    score,
    sign,
    tops,
    words,
)

from improv.charts.musicxml import read_musicxml

AL_CODA = "C D E C D F"
"""Segno C, To Coda behind D, D.S. al Coda behind E, Coda F."""


def boxed(text):
    return f"<direction><direction-type><rehearsal>{text}</rehearsal></direction-type></direction>"


def symbol(name):
    return f"<direction><direction-type><symbol>{name}</symbol></direction-type></direction>"


SEGNO, TO_CODA, JUMP, CODA = sign("segno"), words("To Coda"), words("D.S. al Coda"), words("Coda")


def sheet(segno=SEGNO, to_coda=TO_CODA, jump=JUMP, coda=CODA):
    """Four bars with a mark each; what is a pair stands at the start and at the end of its bar."""
    marks = [each if isinstance(each, tuple) else None for each in (to_coda, jump)]
    before = [mark[0] if mark else "" for mark in marks]
    behind = [mark[1] if mark else each for mark, each in zip(marks, (to_coda, jump), strict=True)]
    return [
        segno + bar("C"),
        before[0] + bar("D", behind[0]),
        before[1] + bar("E", behind[1]),
        coda + bar("F"),
    ]


FINALE = (
    '<direction><direction-type><coda/></direction-type><sound coda="2"/></direction>',
    '<direction><direction-type><coda/></direction-type><sound coda="4"/></direction>',
)


@pytest.mark.parametrize(
    "measures",
    [
        sheet(),
        sheet(segno=words("𝄋")),
        sheet(segno=words("Segno")),
        sheet(segno=boxed("Segno")),
        sheet(segno=symbol("segno")),
        sheet(segno=barline("<segno/>", "left")),
        # the first of two coda signs leads to the other, whatever the playback says
        sheet(to_coda=FINALE[0], coda=FINALE[1]),
        sheet(to_coda=sign("coda"), coda=sign("coda")),
        sheet(to_coda=(sign("coda"), ""), coda=sign("coda")),
        sheet(to_coda=symbol("coda"), coda=symbol("codaSquare")),
        sheet(to_coda=barline("<coda/>"), coda=barline("<coda/>", "left")),
        sheet(to_coda=sign("coda"), coda=words("𝄌")),
        # the words and their sign
        sheet(to_coda=words("To Coda 𝄌")),
        sheet(to_coda=words("To Coda") + sign("coda"), coda=sign("coda")),
        sheet(to_coda=sign("coda") + words("To Coda"), coda=sign("coda")),
        sheet(to_coda=words("To") + sign("coda"), coda=sign("coda")),
        sheet(to_coda=words("To Coda") + sign("coda"), coda=words("Coda") + sign("coda")),
        sheet(to_coda=words("To Coda"), coda=sign("coda")),
        sheet(to_coda=sign("coda"), coda=words("CODA")),
        sheet(jump=words("D.S. al Coda") + sign("segno")),
        sheet(jump=words("D.S.") + sign("segno") + words("al Coda")),
        sheet(jump=words("D.S. al") + sign("coda")),
        sheet(jump=words("D.S.") + words("al Coda")),
        sheet(jump=words("D.S. al Coda") + sign("coda"), to_coda=sign("coda"), coda=sign("coda")),
        sheet(jump=words("D.S. al Coda") + sign("coda"), coda=sign("coda")),
        sheet(jump=words("D.S. al Coda") + sign("coda"), to_coda=sign("coda"), coda=boxed("Coda")),
        # at the start of the bar
        sheet(to_coda=(words("To Coda"), ""), jump=(words("D.S. al Coda"), "")),
        sheet(to_coda=(words("To Coda", '<sound tocoda="1"/>'), "")),
        # boxed
        sheet(to_coda=boxed("To Coda"), jump=boxed("D.S. al Coda"), coda=boxed("Coda")),
        sheet(coda=boxed("CODA")),
        sheet(coda=boxed("Coda") + sign("coda"), to_coda=sign("coda")),
        # what only sounds
        sheet(jump='<sound dalsegno="1"/>'),
        sheet(segno='<sound segno="1"/>'),
        sheet(coda='<sound coda="1"/>'),
        sheet(to_coda='<sound tocoda="1"/>'),
        sheet(jump=words("D.S.", '<sound dalsegno="1"/>')),
        sheet(jump=words("D.S. al Coda", '<sound dalsegno="1"/>') + '<sound dalsegno="1"/>'),
        # a jump alone leads to the coda where there is one
        sheet(jump=words("D.S.")),
        sheet(jump=words("Dal Segno")),
        # numbers that are not needed
        sheet(jump=words("D.S. al Coda 1")),
        sheet(jump=words("D.S. al 2nd Coda")),
        sheet(to_coda=words("To Coda 1"), coda=words("Coda 1")),
        sheet(to_coda=words("To Coda 2"), jump=words("D.S. al Coda 2"), coda=words("Coda 2")),
    ],
)  # fmt: skip
def test_dal_segno_al_coda(measures):
    chart = read_musicxml(score(*measures))
    assert tops(chart) == AL_CODA
    assert chart.warnings == ()
    assert chart.remarks == ()


def in_part(where, *measures):
    """A sheet whose chords are in the first part, the marks of `where` bars in another."""
    chords = part(*(bar(root) for root in "CDEF"))
    marks = part(*measures)
    text = score().decode()
    body = (chords, marks) if where == "below" else (marks, chords)
    made = "".join(f'<part id="P{n}">{each}</part>' for n, each in enumerate(body))
    return (text[: text.index("<part id")] + made + "</score-partwise>").encode()


MARKS = [SEGNO, TO_CODA, JUMP, CODA]


@pytest.mark.parametrize("where", ["above", "below"])
def test_the_signs_of_every_part_count(where):
    content = in_part(where, *(mark + WHOLE for mark in MARKS))
    assert tops(read_musicxml(content)) == AL_CODA


def test_the_same_signs_in_every_part_count_once():
    signs = [sign("segno"), WHOLE + sign("coda"), words("D.S. al Coda"), sign("coda")]
    above = part(*(mark + ("" if "note" in mark else WHOLE) for mark in signs))
    text = in_part("below", *(mark + WHOLE for mark in MARKS)).decode()
    doubled = text.replace("</score-partwise>", f'<part id="P9">{above}</part></score-partwise>')
    assert tops(read_musicxml(doubled.encode())) == AL_CODA


@pytest.mark.parametrize("voice", ["<voice>2</voice>", "<staff>2</staff>"])
def test_signs_of_other_voices_and_staves_count(voice):
    marked = [
        mark.replace("</direction>", f"{voice}</direction>") + bar(root)
        for mark, root in zip(MARKS, "CDEF", strict=True)
    ]
    assert of(*marked) == AL_CODA


TWO = [
    (
        [
            sign("segno") + bar("C", words("To Coda 1")),
            bar("D", words("To Coda 2")),
            bar("E", words("D.S. al Coda 1")),
            words("Coda 1") + bar("F", words("D.S. al Coda 2")),
            words("Coda 2") + bar("G"),
        ],
        "C D E C F C D G",
    ),
    (
        [
            sign("segno") + bar("C", sign("coda")),
            bar("D", words("D.S. al Coda")),
            sign("coda") + bar("E"),
            bar("F", sign("coda")),
            bar("G", words("D.S. al Coda")),
            sign("coda") + bar("A"),
        ],
        "C D C E F G C D E F A",
    ),
    (
        [
            bar("C", words("To Coda")),
            bar("D", words("To Double Coda")),
            bar("E", words("D.C. al Coda")),
            words("Coda") + bar("F", words("D.C. al Double Coda")),
            words("Double Coda") + bar("G"),
        ],
        "C D E C F C D G",
    ),
    (
        [
            sign("segno") + bar("C"),
            bar("D", words("To Coda")),
            bar("E", words("D.S. al Coda")),
            words("Coda") + bar("F"),
            words("𝄋 2") + bar("G", words("To Coda 2")),
            bar("A", words("D.S.S. al 2nd Coda")),
            words("Coda 2") + bar("B"),
        ],
        "C D E C D F G A G B",
    ),
]


@pytest.mark.parametrize(("measures", "expected"), TWO)
def test_two_codas(measures, expected):
    chart = read_musicxml(score(*measures))
    assert (tops(chart), chart.warnings) == (expected, ())


def test_two_segnos_the_nearest_before_the_jump_is_meant():
    measures = [
        sign("segno") + bar("C"),
        bar("D", words("D.S. al Fine") + words("Fine")),
        sign("segno") + bar("E"),
        bar("F", words("D.S.")),
    ]
    assert of(*measures) == "C D C D E F E F"


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        # counts in words, anywhere in the repeat
        ([FORWARD + bar("C"), bar("D", words("4x") + BACKWARD), bar("E")], "C D C D C D C D E"),
        ([FORWARD + words("Play 3 times") + bar("C"), bar("D", BACKWARD), bar("E")], "C D C D C D E"),
        ([FORWARD + bar("C"), bar("D", BACKWARD), words("(3X)") + bar("E")], "C D C D C D E"),
        ([FORWARD + bar("C", words("repeat 3x") + BACKWARD), FORWARD + bar("D", BACKWARD)], "C C C D D"),
        ([bar("C", boxed("x3") + BACKWARD), bar("D")], "C C C D"),
        ([bar("C", words("4x Fine") + BACKWARD), bar("D", words("D.C. al Fine"))], "C C C C D C"),
        # endings without a repeat, or drawn short
        ([FORWARD + bar("C"), ending(1, "start") + bar("D", ending(1, "stop")),
          ending(2, "start") + bar("E", ending(2, "stop")), bar("F")], "C D C E F"),
        ([bar("C"), ending(1, "start") + bar("D", ending(1, "discontinue")), bar("E"),
          ending(2, "start") + bar("F")], "C D E C F"),
        ([bar("C"), ending(1, "start") + bar("D", ending(1, "stop")), bar("E", BACKWARD),
          ending(2, "start") + bar("F"), bar("G")], "C D E C F G"),
        ([bar("C"), ending(1, "start") + bar("D", ending(1, "stop")),
          ending(2, "start") + bar("E", ending(2, "stop")), ending(3, "start") + bar("F")], "C D C E C F"),
        ([bar("C"), ending(1, "start") + bar("D"), ending(2, "start") + bar("E")], "C D C E"),
        # an ending that leads on by its jump
        ([bar("C"), ending(1, "start") + bar("D", words("D.C. al Fine") + ending(1, "stop")),
          ending(2, "start") + bar("E", words("Fine") + ending(2, "stop"))], "C D C E"),
        # a first ending and a third; a bracket alone that is in no repeat says nothing
        ([bar("C"), ending(1, "start") + bar("D", ending(1, "stop")),
          ending(3, "start") + bar("E", ending(3, "stop"))], "C D C D E"),
        ([FORWARD + bar("C"), ending(1, "start") + bar("D", ending(1, "stop")), bar("E")], "C D C E"),
        ([bar("C"), ending(1, "start") + bar("D", ending(1, "stop")), bar("E")], "C D E"),
        # a repeat right before the endings
        ([FORWARD + bar("C"), bar("D", BACKWARD), ending(1, "start") + bar("E", ending(1, "stop") + BACKWARD),
          ending(2, "start") + bar("F", ending(2, "stop"))], "C D C D E C D F"),
        # repeats after a jump
        ([FORWARD + bar("C", BACKWARD), bar("D", words("Fine")), bar("E", words("D.C. al Fine"))],
         "C C D E C D"),
        ([FORWARD + bar("C", BACKWARD), bar("D", words("Fine")),
          bar("E", words("D.C. al Fine with repeats"))], "C C D E C C D"),
        # a Fine behind the jump is no second piece
        ([bar("C"), bar("D", words("D.C. al Fine")), bar("E", words("Fine"))], "C D C D E"),
    ],
)  # fmt: skip
def test_counts_endings_and_repeats(measures, expected):
    chart = read_musicxml(score(*measures))
    assert (tops(chart), chart.warnings) == (expected, ())


@pytest.mark.parametrize(
    ("measures", "expected", "said"),
    [
        ([bar("C"), bar("D", words("D.S. al Fine"))], "C D",
         "D.S. al Fine in measure 2 is not obeyed: there is no Fine"),
        ([bar("C"), bar("D", words("D.C. al Coda"))], "C D",
         "D.C. al Coda in measure 2 is not obeyed: there is no Coda"),
        ([bar("C"), bar("D", words("D.C. al 2nd ending"))], "C D", "there is no ending 2"),
        ([bar("C"), bar("D", words("D.S."))], "C D C D", "goes back to the top: there is no Segno"),
        ([bar("C", words("To Coda")), bar("D", words("D.C. al Coda")), bar("E")], "C D C E",
         "what stands behind it is taken for the coda"),
        ([bar("C"), bar("D", words("D.C. al Coda")), CODA + bar("E")], "C D C D E", "has no To Coda"),
        ([bar("C", sign("coda")), bar("D", words("D.C. al Coda") + sign("coda")), bar("E")], "C D C E",
         "what stands behind it is taken for the coda"),
        ([bar("C", words("To Coda")), bar("D")], "C D", "To Coda in measure 1 is not obeyed"),
        ([bar("C"), bar("D", words("al Fine"))], "C D", "'al Fine' in measure 2"),
        ([bar("C"), bar("D", words("4x"))], "C D", "'4x' in measure 2 is not obeyed: it is in no repeat"),
        ([bar("C"), bar("D", words("Go to trio"))], "C D", "'Go to trio' in measure 2 is not obeyed"),
        ([bar("C"), bar("D", words("D.C. al Segno e poi la Coda"))], "C D", "is not obeyed"),
    ],
)  # fmt: skip
def test_what_is_not_obeyed_is_said(measures, expected, said):
    chart = read_musicxml(score(*measures))
    assert tops(chart) == expected
    (warning,) = chart.warnings
    assert said in warning


def test_jump_words_on_the_page_are_said_not_to_be_obeyed():
    credit = "<credit><credit-words>D.C. al Fine</credit-words></credit>"
    title = "<credit><credit-words>Fine and Mellow</credit-words></credit>"
    chart = read_musicxml(score(bar("C"), bar("D"), head=credit + title), source="x.xml")
    (warning,) = chart.warnings
    assert "'D.C. al Fine' in 'x.xml' is not obeyed" in warning
