"""Words about the way through a chart, in every usual wording, spelling, bracket and quote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts.form_words import Way, ways_in
from improv.charts.written import Jump


def said(text):
    """What a text says, as short words: "D.S. al Coda 2", "to coda 2", "times 4"."""
    words = []
    for way in ways_in(text):
        number = f" {way.number}" if way.number != 1 else ""
        words.append(str(way.jump) if way.jump else way.kind + number)
    return " + ".join(words)


@pytest.mark.parametrize(
    "text",
    [
        "D.S. al Coda", "D.S.al Coda", "D.S.alCoda", "D.S. alCoda", "DS al Coda", "D. S. al Coda",
        "d.s. al coda", "D.S. AL CODA", "(D.S. al Coda)", "[D.S. al Coda]", "{D.S. al Coda}",
        '"D.S. al Coda"', "“D.S. al Coda”", "«D.S. al Coda»", "'D.S. al Coda'", "*D.S. al Coda*",
        "D.S. 𝄋 al Coda 𝄌", "D.S. % al Coda", "D.S. al 𝄌", "D.S. al ⊕", "D.S. al Ø", "D.S. al \ue048",
        "\ue045 al Coda", "D.S. to Coda", "D.S. and Coda", "D.S., al Coda", "D.S. - al Coda",
        "Dal Segno al Coda", "dal segno al coda", "DAL SEGNO AL CODA", "Del Segno al Coda",
        "Dal 𝄋 al 𝄌", "D.S. al Coda (after solos)", "After solos D.S. al Coda",
        "D.S. al Codetta", "D.S.  al\nCoda", "—D.S. al Coda—", "D.S. al Coda.", "D．S． al Coda",
        "Return to the sign, then to Coda", "D.S. (no repeats) al Coda", "Dal segno alla coda",
    ],
)  # fmt: skip
def test_dal_segno_al_coda(text):
    assert said(text) == "D.S. al Coda"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("D.S.", "D.S."), ("DS", "D.S."), ("D.S", "D.S."), ("Dal Segno", "D.S."),
        ("D.C.", "D.C."), ("D. C.", "D.C."), ("DC", "D.C."), ("Da Capo", "D.C."), ("(D.C.)", "D.C."),
        ("Go back to the top", "D.C."), ("From the top", "D.C."), ("\ue046", "D.C."),
        ("D.C. al Fine", "D.C. al Fine"), ("D.C.al Fine", "D.C. al Fine"), ("D.C.alfine", "D.C. al Fine"),
        ("DC al Fine", "D.C. al Fine"), ("da capo al fine", "D.C. al Fine"), ("D.C. to Fine", "D.C. al Fine"),
        ("3 repeats then D.C.al fine", "D.C. al Fine"), ("D.C. e Fine", "D.C. al Fine"),
        ("D.S. al Fine", "D.S. al Fine"), ("D.S. al fin", "D.S. al Fine"), ("D.C. al ﬁne", "D.C. al Fine"),
        ("D.S. al Coda 1", "D.S. al Coda 1"), ("D.S.al Coda 1", "D.S. al Coda 1"),
        ("(D.S. al 2nd Coda)", "D.S. al Coda 2"), ("D.S. al Coda II", "D.S. al Coda 2"),
        ("D.S. al second coda", "D.S. al Coda 2"), ("D.S. al Double Coda", "D.S. al Coda 2"),
        ("D.S. 2 al Coda 2", "D.S. al Coda 2"), ("D.C. al Coda 3", "D.C. al Coda 3"),
        ("D.C. al 2nd ending", "D.C. al ending 2"), ("D.C. al 2", "D.C. al ending 2"),
        ("D.S. al 3rd ending", "D.S. al ending 3"), ("D.C. al second ending", "D.C. al ending 2"),
        ("D.S. al Fine (2nd time al Coda)", "D.S. al Fine + to coda"),
    ],
)  # fmt: skip
def test_jumps(text, expected):
    assert said(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "To Coda", "to coda", "TO CODA", "(To Coda)", "[To Coda]", "To Coda 𝄌", "To 𝄌", "To ⊕", "To Ø",
        "To \ue048", "Go to Coda", "to the coda", "2nd time to Coda", "To Coda 1", "To Codetta",
        "to Coda after solos", "tocoda", "Take Coda", '"To Coda"',
    ],
)  # fmt: skip
def test_to_coda(text):
    assert said(text) == "to coda"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("To Coda 2", "to coda 2"), ("To 2nd Coda", "to coda 2"), ("To Coda II", "to coda 2"),
        ("Last time to Coda", "to coda + last time"), ("al Coda", "al coda"), ("al Fine", "al fine"),
        ("Coda", "coda"), ("CODA", "coda"), ("𝄌", "coda"), ("𝄌 Coda", "coda"), ("Coda 𝄌", "coda"),
        ("(Coda)", "coda"), ("Coda:", "coda"), ("The Coda", "coda"), ("Coda (slow)", "coda"),
        ("Coda 2", "coda 2"), ("2nd Coda", "coda 2"), ("CODA II", "coda 2"),
        ("Segno", "segno"), ("𝄋", "segno"), ("Segno 2", "segno 2"), ("The Sign", "segno"),
        ("Fine", "fine"), ("FINE", "fine"), ("(fine)", "fine"), ("Fine.", "fine"), ("Fin", "fine"),
        ("Fine (last time)", "fine"), ("last time Fine", "fine"), ("4x Fine", "times 4 + fine"),
        ("fine D.C.", "D.C. + fine"), ("Last time only", "last time"),
        ("4x", "times 4"), ("4X", "times 4"), ("x4", "times 4"), ("x 3", "times 3"), ("(4x)", "times 4"),
        ("4 times", "times 4"), ("play 4 times", "times 4"), ("Play 4x", "times 4"), ("3x's", "times 3"),
        ("repeat 3x", "times 3"), ("Repeat 3 times", "times 3"), ("Play three times", "times 3"),
        ("Play twice", "times 2"), ("3x (2nd & 3rd time 8vb)", "times 3"), ("×4", ""), ("4×", "times 4"),
        ("Go to Trio", "unknown"), ("Back to letter B", "unknown"), ("Skip to bridge", "unknown"),
        ("D.C. al Segno e poi la Coda", "unknown"), ("watch the coda sign on the second page", "unknown"),
    ],
)  # fmt: skip
def test_signs_and_counts(text, expected):
    assert said(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "Swing", "Solo break", "feeling fine", "Chords", "hands", "Ends here", "D C", "C", "2nd x only",
        "4x only", "1st time only", "play 8 bars", "ad lib.", "repeat & fade", "vamp", "Codac", "Dizzy",
        "Washington DCXY", "1. 2.", "8va", "AABA",
    ],
)  # fmt: skip
def test_words_that_say_nothing_of_the_way(text):
    assert ways_in(text) == []


def test_more_of_a_jump():
    assert ways_in("D.S.S. al Coda") == [Way("jump", jump=Jump(True, "coda", 0, 2))]
    assert ways_in("D.C. with repeats al Fine") == [
        Way("jump", jump=Jump(False, "fine", repeats=True))
    ]
    assert ways_in("D.C. al Fine (with repeats)")[0].jump.repeats


PIECES = st.sampled_from(
    "D.S. D.C. al to coda Coda fine 2nd 4x play times ( ) 𝄌 𝄋 segno the last time 1 11 % . , go ø".split()
)


@given(st.lists(PIECES, max_size=30).map(" ".join) | st.text(max_size=300))
def test_any_words_say_something_or_nothing(text):
    for way in ways_in(text):
        assert (way.jump is not None) == (way.kind == "jump")
        assert way.number >= 1


@pytest.mark.parametrize(
    "text", ["1" * 10**6, "to the " * 10**5, "go " * 10**5, "D.S. " * 10**5, "last" * 10**5]
)
def test_long_words_end(text):
    assert len(ways_in(text)) <= 8
