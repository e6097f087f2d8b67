"""The bar text: what it means, and what is refused with which sentence. Printing: test_text_print.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts.text import parse_chart
from improv.charts.text_print import print_chart
from improv.errors import ChartError
from improv.music.feel import FEELS
from improv.music.meter import Meter


def changes(text):
    """[(beat in quarters from the top, chord), ...]"""
    chart = parse_chart(text)
    return [(tick / 480, chord.text if chord else "NC") for tick, chord in chart.changes]


def tops(chart):
    """The chords at the top of each bar."""
    chords = [chart.chord_at(tick) for tick in chart.bar_ticks]
    return " ".join(chord.text if chord else "NC" for chord in chords)


def bars(text):
    """The chords at the top of each bar as it is played."""
    return tops(parse_chart(text))


def test_four_bars():
    chart = parse_chart("| Dm7 | G7 | Cmaj7 | % |")
    assert (chart.bars, chart.length_tick, chart.meter) == (4, 4 * 1920, Meter(4, 4))
    assert changes("| Dm7 | G7 | Cmaj7 | % |") == [(0, "Dm7"), (4, "G7"), (8, "Cmaj7")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("| Dm7 G7 |", [(0, "Dm7"), (2, "G7")]),
        ("| Dm7 G7 C |", [(0, "Dm7"), (1, "G7"), (2, "C")]),
        ("| C A7 Dm7 G7 |", [(0, "C"), (1, "A7"), (2, "Dm7"), (3, "G7")]),
        ("| Dm7 / / G7 |", [(0, "Dm7"), (3, "G7")]),
        ("| Dm7 . G7 . |", [(0, "Dm7"), (2, "G7")]),
        ("| C | / / F / |", [(0, "C"), (6, "F")]),
        ("Meter: 3/4\n| Dm7 G7 |", [(0, "Dm7"), (2, "G7")]),
        ("Meter: 3/4\n| Dm7 / G7 |", [(0, "Dm7"), (2, "G7")]),
        ("Meter: 6/8\n| Dm7 G7 |", [(0, "Dm7"), (1.5, "G7")]),
        ("Meter: 5/4\n| Dm7 G7 |", [(0, "Dm7"), (3, "G7")]),
        ("Meter: 7/4\n| Dm7 G7 |", [(0, "Dm7"), (4, "G7")]),
        ("Meter: 9/8\n| Dm7 G7 |", [(0, "Dm7"), (3, "G7")]),
        ("Meter: 7/8\n| Dm7 G7 |", [(0, "Dm7"), (2, "G7")]),
        ("Meter: 5/4\n| Dm7 / / G7 / |", [(0, "Dm7"), (3, "G7")]),
        ("Meter: 5/4\n| Dm7 G7 / / / |", [(0, "Dm7"), (1, "G7")]),
        ("Meter: 5/4\n| Dm7 G7 C |", [(0, "Dm7"), (1, "G7"), (2, "C")]),
        ("Meter: 7/4\n| Dm7 / / / G7 / / |", [(0, "Dm7"), (4, "G7")]),
        ("| C / / / / / / F |", [(0, "C"), (3.5, "F")]),
        ("Meter: 2/4\n| C / F / / G |", [(0, "C"), (2 / 3, "F"), (5 / 3, "G")]),
        ("Meter: 1/4\n| C F G C |", [(0, "C"), (0.25, "F"), (0.5, "G"), (0.75, "C")]),
    ],
)
def test_chords_share_a_bar(text, expected):
    """Evenly where their number divides the beats, or as fractions of a beat; two in an odd meter with the
    longer half first; else the last holds."""
    assert changes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("| Dm7 G7 | % |", "Dm7 Dm7"),
        ("C F | G", "C G"),
        ("| C |\n| F |\n\n  G | Am", "C F G Am"),
        ("| C || F |] G |", "C F G"),
        ("| NC | C | N.C. | n.c. |", "NC C NC NC"),
        ("|: C | F :| G |", "C F C F G"),
        ("|: C :|x3 G |", "C C C G"),
        ("|: C :|: F :| x2 G |", "C C F F G"),
        ("| C :| F | G :|", "C C F G F G"),
        ("|: C |1. F :|2. G | Am |", "C F C G Am"),
        ("|: C | 1. F :| 2. G || Am :|", "C F C G Am C G Am"),
        ("|: C |1,2. F :|3. G |", "C F C F C G"),
        ("|: C |1-3. F :|4. G |", "C F C F C F C G"),
        ("|: C |1.\nF :|\n2. G |", "C F C G"),
        ("|: C |1. F :|2. G :|3. Am |", "C F C G C Am"),
        ("| C | F Fine | G | D.C. al Fine", "C F G C F"),
        ("| C | F | Fine | G | Am DC al fine |", "C F G Am C F"),
        ("| C | Segno F | G D.S. |", "C F G F G"),
        ("| C | 𝄋 F To Coda | G | D.S. al Coda || Coda Am | Bm |", "C F G F Am Bm"),
        ("| C | 𝄋 F 𝄌 | G | D.S. al 𝄌 | 𝄌 Am | Bm |", "C F G F Am Bm"),
        ("| C to coda | G | D.C. al coda |\n[Coda] | Am |", "C G C Am"),
        ("|: C |1. F :|2. G || Am | D.C. al 2nd ending |", "C F C G Am C G"),
        ("|: C | F Fine :| G | D.C. al Fine |", "C F C F G C F"),
        ("| [A] C |1. F || G | D.C. al 1st end. |", "C F G C F"),
        ("||: C :|| G |", "C C G"),
        ("# a comment\n| C | F | # and | G |", "C F"),
        ("| F#m7 | C7(b9, #11) F |", "F#m7 C7b9#11"),
    ],
)
def test_bars_as_they_are_played(text, expected):
    assert bars(text) == expected


def test_the_meter_may_change():
    chart = parse_chart("| C | 3/4 F | % | 6/8 G Am | 5/4 C / / / F | 7/4 Bb | 4/4 C |")
    assert [str(chart.meter_of(bar)) for bar in range(7)] == "4/4 3/4 3/4 6/8 5/4 7/4 4/4".split()
    assert chart.bar_ticks == (0, 1920, 3360, 4800, 6240, 8640, 12000)
    assert chart.length_tick == 13920
    assert [tick for tick, _ in chart.changes] == [0, 1920, 4800, 5520, 6240, 8160, 8640, 12000]


def test_a_repeat_goes_back_to_its_meter():
    chart = parse_chart("|: C | 3/4 F :| 2/4 G |")
    assert [str(chart.meter_of(bar)) for bar in range(5)] == "4/4 3/4 4/4 3/4 2/4".split()


@pytest.mark.parametrize(
    ("text", "always", "at_last"),
    [
        ("| C To Coda | F | Coda G | Am |", "C F", "C G Am"),
        ("| C | F To Coda | Coda G |", "C F", "C F G"),
        ("|: C | F 𝄌 :| 𝄌 G |", "C F C F", "C F C F G"),
        ("| C | F || Coda G |", "C F", "C F G"),
        ("| C | F Fine | G |", "C F G", "C F"),
    ],
)
def test_a_coda_or_fine_without_a_jump_is_for_the_last_time(text, always, at_last):
    chart = parse_chart(text)
    assert (tops(chart), tops(chart.last)) == (always, at_last)


def test_an_intro_is_played_once():
    chart = parse_chart("[Intro] | C | G |\n[A] |: F | Am :|\n[B] | Dm |")
    assert (chart.bars, chart.repeat_tick, chart.tops) == (7, 2 * 1920, (0,))
    assert parse_chart("[Intro] | C | G |").repeat_tick == 0
    assert parse_chart("[Intro] | C To Coda | G |\n[B] Coda F").repeat_tick == 0
    assert parse_chart("[A] | C |\n[Intro] | G |").repeat_tick == 0


def test_remarks_stand_over_their_bar():
    chart = parse_chart('"As a ballad # slowly"\n| C | "solo  break" F "hits" | G |')
    assert chart.remarks == ((0, "As a ballad # slowly"), (1920, "solo break"), (1920, "hits"))
    assert bars('| C "|: F" | G') == "C G"


def test_percent_repeats_every_chord_of_the_bar_before():
    assert changes("| Dm7 G7 | % |") == [(0, "Dm7"), (2, "G7"), (4, "Dm7"), (6, "G7")]


def test_headers():
    chart = parse_chart(
        "Title: One: Two\ntempo: 132.5\nMETER: 3/4\nKey: Bb minor\nFeel: Straight\n"
        "Composer: A  Writer\nStyle: Even 8ths\n| C |",
        title="file",
    )
    assert (chart.composer, chart.style) == ("A Writer", "Even 8ths")
    assert (chart.title, chart.tempo_bpm, str(chart.meter), chart.key, chart.feel) == (
        "One: Two",
        132.5,
        "3/4",
        "Bb minor",
        "straight",
    )


def test_without_headers_it_swings_in_four_at_140():
    chart = parse_chart("| C |", title="file")
    assert (chart.title, chart.tempo_bpm, str(chart.meter), chart.feel) == (
        "file",
        140,
        "4/4",
        "medium swing",
    )


@pytest.mark.parametrize(
    ("head", "feel"),
    [
        ("Feel: swing", "medium swing"),
        ("Feel: Bossa Nova", "bossa"),
        ("Feel: jazz waltz", "waltz"),
        ("Style: Fast Swing", "up swing"),
        ("Style: Slow Bossa", "bossa"),
        ("Style: Up Tempo Jazz Swing", "up swing"),
        ("Style: Afro Nowhere", "medium swing"),
        ("Style: Samba\nFeel: funk", "funk"),
    ],
)
def test_the_feel_and_its_usual_tempo(head, feel):
    chart = parse_chart(f"{head}\n| C |")
    assert (chart.feel, chart.tempo_bpm) == (feel, FEELS[feel].tempo_bpm)
    assert parse_chart(f"Tempo: 99\n{head}\n| C |").tempo_bpm == 99


def test_sections_are_kept_where_they_are_played():
    chart = parse_chart("[A] |: C | F :|\n[B]\n| G |")
    assert chart.sections == ((0, "A"), (2 * 1920, "A"), (4 * 1920, "B"))


@given(st.text('ABCDm7b#%/.|:[]x12()N" \n', max_size=60) | st.text(max_size=60))
def test_any_text_is_a_chart_or_one_sentence(text):
    try:
        chart = parse_chart(text)
    except ChartError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
        return
    printed = print_chart(chart)
    assert print_chart(parse_chart(printed)) == printed


WORDS = (
    "C F7 NC % / . | || |: :| :|x3 1. 2. 1,2. [A] 3/4 6/8 Segno Coda 𝄌 Fine D.C. 8 ( ) # \n".split(
        " "
    )
)
PHRASES = ["To Coda", "D.S. al Coda", "D.C. al Fine", "D.C. al 2nd ending", '"a b"', '"']


@given(st.lists(st.sampled_from(WORDS + PHRASES), max_size=24).map(" ".join))
def test_any_words_of_the_language_are_a_chart_or_one_sentence(text):
    test_any_text_is_a_chart_or_one_sentence.hypothesis.inner_test(text)


@pytest.mark.parametrize(
    "text", ["a(" * 100_000, "|" + "C " * 100_000, "x" * 10**6, '" ' * 10**5, "[" * 10**6]
)
def test_a_long_line_of_nonsense_is_refused_at_once(text):
    with pytest.raises(ChartError) as caught:
        parse_chart(text)
    assert len(str(caught.value)) < 10**7


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["empty", "'| Dm7 | G7 | Cmaj7 | % |'"]),
        ("# nothing\n", ["empty"]),
        ("Tempo: 100\n", ["empty"]),
        ("Tempo: 0\n| C |", ["tempo '0'", "line 1", "20 to 400"]),
        ("Tempo: 10000\n| C |", ["tempo '10000'", "20 to 400"]),
        ("Tempo: fast\n| C |", ["tempo 'fast'", "20 to 400"]),
        ("Tempo: nan\n| C |", ["tempo 'nan'", "20 to 400"]),
        ("Meter: 4/3\n| C |", ["'4/3'", "line 1", "'6/8'"]),
        ("Meter: four\n| C |", ["'four'", "line 1"]),
        ("Key: H\n| C |", ["key 'H'", "'Bb'"]),
        ("Feel: walz\n| C |", ["feel 'walz'", "perhaps 'waltz'", "bossa", "line 1"]),
        ("Kye: C\n| C |", ["header 'kye'", "line 1", "Key"]),
        ("| C |\nTempo: 90", ["'tempo'", "bar 1", "above the bars"]),
        ("| Xx7 |", ["'Xx7'", "bar 1", "'Bb7'"]),
        ("| C7q |\n| F7q | C |", ["'C7q'", "bar 1 (line 1)", "'q'"]),
        ("| C D E F G |", ["Bar 1 has 5", "at most 4"]),
        ("| C / G |", ["Bar 1 counts 3", "4 in 4/4"]),
        ("| C | | F |", ["Bar 2 is empty", "'NC'"]),
        ("| % |", ["Bar 1", "'%'"]),
        ("| / C |", ["Bar 1", "'/'"]),
        ("| C % |", ["Bar 1", "'%' beside chords"]),
        ("|: C | F", ["'|:' at bar 1", "never closed", "':|'"]),
        (":| C |", ["':|' after bar 0", "'|:'"]),
        ("| C :| :|", ["':|' after bar 1", "bars before it"]),
        ("|: C |1. F :|x3", ["bar 2", "'x3'", "'1,2.'"]),
        ("|: C |2. F :|", ["'2.' in bar 2", "'1.' before it"]),
        ("|: C |1. F :|3. G |", ["'3.' in bar 3", "'2.' after ending 1"]),
        ("|: C |1. F || G |2. A |", ["'2.' in bar 4", "'1.'"]),
        ("|: C |3-1. F :|", ["'3-1.' in bar 2", "'1,2.'"]),
        ("|: C |1. :|", ["no bars"]),
        ("| C | 1.", ["No bar follows '1.'"]),
        ("| C 1. F |", ["'1.'", "bar 1", "before the first chord"]),
        ("| C 3/4 F |", ["meter '3/4'", "bar 1", "before the first chord"]),
        ("| C | 3/5 F |", ["'3/5'", "'6/8'"]),
        ("| C F | 3/4 % |", ["Bar 2", "3/4 after a bar in 4/4"]),
        ("| C | Fine F |", ["'F' stands behind a mark in bar 2", "behind the last chord"]),
        ("| Fine C |", ["'Fine' stands before bar 1", "behind the chords"]),
        ("| C D.C. D.S. |", ["'D.S.'", "beside another jump"]),
        ("| C Coda F |", ["'Coda'", "bar 1", "before the first chord"]),
        ("| Coda C | Coda F |", ["'Coda' stands again in bar 2"]),
        ('| C "solo | F |', ["remark in bar 1", "not closed"]),
        ('| C |\n"the end"', ["No bar follows '\"the end\"'"]),
        ("Key: Cq\nTitle: x\n| C |", ["key 'Cq'", "line 1"]),
        ("|: :|", ["no bars to repeat"]),
        ("|: C |: F :|", ["'|:' at bar 2", "inside"]),
        ("|: C :|x1", ["'x1'", "x2 to x64"]),
        ("|: C | F | G | D :|x64" * 9, ["over 2000 bars", "come to an end"]),
        ("[A] [B] | C |", ["'[B]'", "one label"]),
        ("| C [A] F |", ["'[A]'", "bar 1"]),
        ("| C | [B]", ["'[B]'"]),
        ("| C #9 |", ["'#9'", "bar 1"]),
    ],
)
def test_what_is_no_chart_is_refused_in_one_sentence(text, parts):
    with pytest.raises(ChartError) as caught:
        parse_chart(text)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("text", "expected", "said"),
    [
        ("| C | Xx7 |", "C C", "'Xx7' in bar 2: it begins with 'X', where a root A to G was"),
        ("| C |\n| F | C7q |", "C F C7", "'C7q' in bar 3 (line 2): 'q' after 'C7' is not a known"),
        ("|: C | F :|\n| H |", "C F C F F", "'H' in bar 3 (line 2)"),
        ("| C | dm7 | F |", "C Dm7 F", "'dm7' in bar 2; Dm7 is played there."),
        ("| C | Xyz | F |", "C C F", "'Xyz' in bar 2; the chord before goes on there."),
        ("| C | Bridge | F |", "C C F", "the chord before goes on there."),
        ("| C | V7 | F |", "C C F", "'V7' in bar 2; the chord before goes on there."),
        ("| C | C7xyz | F |", "C C7 F", "C7 is played there."),
        ("| H | C | F |", "NC C F", "the chord before goes on there."),
        ("| C | Bbmaj7(q) | F |", "C Bbmaj7 F", "Bbmaj7 is played there."),
    ],
)
def test_one_chord_that_cannot_be_read_is_named_and_refuses_nothing(text, expected, said):
    chart = parse_chart(text)
    assert tops(chart) == expected
    (warning,) = chart.warnings
    assert said in warning
    ((_, remark),) = chart.remarks
    assert remark.startswith("? ")


@pytest.mark.parametrize(
    ("text", "expected", "said"),
    [
        ("| C | F D.S. |", "C F C F", "The D.S. in bar 2 goes back to the top: there is no Segno."),
        (
            "| C | F D.C. al Fine |",
            "C F",
            "The D.C. al Fine in bar 2 is not obeyed: there is no Fine.",
        ),
        (
            "| C | F D.C. al Coda |",
            "C F",
            "The D.C. al Coda in bar 2 is not obeyed: there is no Coda.",
        ),
        ("| C To Coda | F |", "C F", "The To Coda in bar 1 is not obeyed: there is no Coda."),
        ("| C | F D.C. al 2nd ending |", "C F", "is not obeyed: there is no ending 2."),
        ("| C To Coda | F D.C. al Coda | G |", "C F C G", "is taken for the coda."),
        ("[To Coda] | C | F |\n[Coda] | G |", "C F G", "'[To Coda]' in bar 1 (line 1) is the name"),
        ("[DC al Coda] | C | F |", "C F", "'[DC al Coda]' in bar 1 is the name of a section"),
        ('| C | "D.C. al Fine" F |', "C F", "'D.C. al Fine' in bar 2 is not obeyed"),
        ('|: C | "4x" F :|', "C F C F", "'4x' in bar 2 is not obeyed"),
    ],
)
def test_what_is_not_obeyed_is_said(text, expected, said):
    chart = parse_chart(text)
    assert tops(chart) == expected
    (warning,) = chart.warnings
    assert said in warning


JUMPS = [
    "D.S. al Coda", "D.S.al Coda", "D.S.alCoda", "DS al Coda", "D. S. al Coda", "d.s. al coda",
    "(D.S. al Coda)", "D.S. 𝄋 al Coda", "D.S. al 𝄌", "Dal Segno al Coda", "dal segno al coda",
    "D.S. to Coda", "D.S. and Coda", "D.S. al 1st Coda", "D.S. al Coda 1", "D.S.",
]  # fmt: skip
TO_CODA = ["To Coda", "(To Coda)", "To 𝄌", "𝄌", "to the coda", "al Coda", "To Coda 1"]
CODAS = ["Coda", "𝄌", "(Coda)", "CODA", "Coda 1"]


@pytest.mark.parametrize(
    "words",
    [
        *((jump, TO_CODA[0], CODAS[0]) for jump in JUMPS),
        *((JUMPS[0], to_coda, CODAS[0]) for to_coda in TO_CODA),
        *((JUMPS[0], TO_CODA[0], coda) for coda in CODAS),
    ],
)
def test_the_jump_words_in_every_usual_spelling(words):
    jump, to_coda, coda = words
    chart = parse_chart(f"| Segno C | D {to_coda} | E {jump} || {coda} F |")
    assert (tops(chart), chart.warnings) == ("C D E C D F", ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|: C | D :|1. E :|2. F |", "C D C D E C D F"),
        ("| C |1. D |2. E |", "C D C E"),
        ("|: C | D :| play 3 times | E |", "C D C D C D E"),
        ("|: C | D :| (4x) | E |", "C D C D C D C D E"),
        ("|: C | D :| 3 times | E |", "C D C D C D E"),
        ("| C Fine | D | E D.C. |", "C D E C"),
        (
            "| Segno C To Coda | D To Coda 2 | E D.S. al Coda | Coda F D.S. al Coda 2 | Coda 2 G |",
            "C D E C F C D G",
        ),
        (
            "| C To Coda | D To 2nd Coda | D.C. al Coda || Coda E (D.C. al 2nd Coda) | Coda 2 F |",
            "C D C E C D F",
        ),
        ("| C Fine | D Da Capo al Fine |", "C D C"),
    ],
)
def test_repeats_in_words_and_several_codas(text, expected):
    chart = parse_chart(text)
    assert (tops(chart), chart.warnings) == (expected, ())


def test_an_intro_in_two_sections_is_one_intro():
    chart = parse_chart("[Intro] | C | F |\n[Intro] | C | G |\n[A] | D | E |")
    assert chart.repeat_tick == 4 * 1920


def test_the_file_is_named():
    with pytest.raises(ChartError, match=r"bar 1 \(line 2 of 'tune.txt'\)"):
        parse_chart("Tempo: 90\n| Q |", source="tune.txt")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|: C | F :| 3x | G |", "C F C F C F G"),
        ("|: C :| (x3) | G |", "C C C G"),
        ("|: C :|×2 G |", "C C G"),
        ("| C | x | F | 𝄎 |", "C C F F"),
        ("│ C ¦ F ｜ G │", "C F G"),
        ("\ufeff| C |\u200b F |\u200b", "C F"),
        ("||: C | F :||", "C F C F"),
        ("| “break” C | F |", "C F"),
    ],
)
def test_what_other_keyboards_and_programs_write_is_read(text, expected):
    assert bars(text) == expected


def test_a_section_may_be_said_before_its_bars():
    chart = parse_chart("Intro: | G7 | % |\nA: | C | F |\nBridge:\n| D | E |\n")
    assert chart.sections == ((0, "Intro"), (3840, "A"), (7680, "Bridge"))
    assert tops(chart) == "G7 G7 C F D E"


def test_headers_by_their_other_names():
    chart = parse_chart("Artist: X Y\nTime signature: 3/4\nBPM: 150\nKey: D Dorian\n| Dm7 |\n")
    assert (chart.composer, str(chart.meter), chart.tempo_bpm, chart.key) == (
        "X Y",
        "3/4",
        150,
        "D dorian",
    )
    assert parse_chart("Tempo: 96.5 bpm\n| C |").tempo_bpm == 96.5
    with pytest.raises(ChartError, match="CM"):
        parse_chart("Key: CM\n| C |")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("| [3/4] C | F |", ["'[3/4]' in bar 1", "without brackets, as '3/4'"]),
        ("|: C |[1] F :|[2] G |", ["'[1]' in bar 2", "as '1.'"]),
        ("|: C |1 F :|2 G |", ["'1' in bar 2", "'1.'"]),
        ("|: C | F | x4 |", ["'x4' in bar 3", ":|x3"]),
        ("| dm7 | g7 |", ["'dm7' in bar 1", "capital letter"]),
        ("| ii7 | V7 | I |", ["'ii7' in bar 1", "not by degree"]),
        ("| C | F | // twice", ["'//' in bar 3", "comment"]),
        ("| C /// | F |", ["'///' in bar 1", "'/' for one more beat"]),
        ("| C - F - |", ["'-' in bar 1", "'/' for one more beat"]),
        ("| C | %% |", ["'%%' in bar 2", "'%' alone"]),
        ("| C (G7) |", ["'(' in bar 1", "quotes"]),
        ("My tune\n| C |", ["'My' in bar 1 (line 1)", "'Title: ...'"]),
        ("A Tune\n| C | F | G |", ["'Tune' in bar 1 (line 1)", "'Title: ...'"]),
        ("Blue Bird\n| C | F | G |", ["'Blue' in bar 1 (line 1)", "'Title: ...'"]),
    ],
)
def test_what_musicians_type_at_first_is_refused_with_the_right_spelling(text, parts):
    with pytest.raises(ChartError) as caught:
        parse_chart(text)
    assert all(part in str(caught.value) for part in parts), caught.value
