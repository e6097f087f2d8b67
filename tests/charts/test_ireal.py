"""iReal Pro's songs -> charts: tokens by themselves, then real exports."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.charts import ireal_styles
from improv.charts.ireal import key_name, song_chart
from improv.charts.ireal_link import Song
from improv.charts.ireal_styles import feel_of
from improv.charts.library import load_chart, open_book
from improv.errors import ChartError
from improv.music.feel import FEELS
from improv.music.meter import Meter


def chart(music, **fields):
    return song_chart(
        Song(**{"title": "T", "key": "C", "style": "Medium Swing", "music": music, **fields})
    )


def bars(found):
    """The bars as "C7 F7|Bb7": the chords in each, with their beat where it is not the first."""
    out = []
    for bar in range(found.bars):
        meter = found.meter_of(bar)
        chords = [
            (tick / meter.ticks_per_beat + 1, chord.text if chord else "NC")
            for tick, chord in found.changes_in_bar(bar)
        ]
        out.append(" ".join(name if beat == 1 else f"{beat:g}:{name}" for beat, name in chords))
    return "|".join(out)


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("[T44C   |F7   |G-7   |A7alt   Z", "C|F7|Gm7|A7alt"),
        ("T44C   |F   ", "C|F"),
        ("[T44C^7   LZF7XyQKclZ", "Cmaj7|F7|F7"),
        # cells are beats
        (
            "[C F |C,F,G,A-|pppG7|C, G7 |C  sG7,|C   Z",
            "C 3:F|C 2:F 3:G 4:Am|Am 4:G7|C 3:G7|C 4:G7|C",
        ),
        ("[C F|C|C Z", "C 3:F|C|C"),
        ("[C, F, G, A, |C F G A Z", "C 2:F 3:G 4:A|C 2:F 3:G 4:A"),
        ("[ A7  | x  |  Bb  Z", "A7|A7|Bb"),  # a chord stands anywhere in its bar
        ("[T34F   |F F7 |E7,B-7,E7,,|F,,F7,Z", "F|F 3:F7|E7 2:Bm7 3:E7|F 3:F7"),
        ("[T54C F |C,F,G,A,B,Z", "C 4:F|C 2:F 3:G 4:A 5:B"),
        ("[T12A7 E7 |A7,B7,C7,D7,Z", "A7 7:E7|A7 4:B7 7:C7 10:D7"),
        ("[T68A7 E7 |T24A7 E7 Z", "A7 4:E7|A7 2:E7"),
        # repeat signs
        ("[C F | x  | x  |G   Z", "C 3:F|C 3:F|C 3:F|G"),
        ("[C   |F   |   r|    |G   Z", "C|F|C|F|G"),
        ("[C   |F   |   r|G   Z", "C|F|C|F|G"),
        ("[C   |F   |r]|G   Z", "C|F|C|F|G"),
        ("[C |x F |x ]", "C|C|F|F"),  # a bar line is missing
        ("[C   | x G,|F   Z", "C|C 4:G|F"),
        ("[C   |pF  |pppp|G   Z", "C|C 2:F|F|G"),
        # no chord, no root
        ("[C,n F|n   |C   Z", "C 2:NC 4:F|NC|C"),
        ("[C7 W/E,W/G,|W/Bb,W,n  |C   Z", "C7 3:C7/E 4:C7/G|C7/Bb 3:NC|C"),
        ("[C/E W/G |C   Z", "C/E 3:C/G|C"),
        # size, separators, alternates, fermata, layout
        ("[sC,lF,sG,A,|l,C,   |fC   |YYG   Z", "C 2:F 3:G 4:A|C|C|G"),
        ("[C(E-7)   |F (A-7) |(G)x  |F(F) F#o Z", "C|F|F|F 3:F#dim"),
        # chords of all kinds
        (
            "[C69   |C-^7   |Ch7   |C7b9sus   |C7susadd3   Z",
            "C6/9|CmMaj7|Cm7b5|C7sus4b9|C7sus4add3",
        ),
        ("[C*7+*   |Bb*mM7*   |C6/9   |C-69   |C13#11   Z", "C7#5|BbmMaj7|C6/9|Cm6/9|C13#11"),
        ("[CØ7 |F∆7 |G–7 |A♭7♯11   Z", "Cm7b5|Fmaj7|Gm7|Ab7#11"),  # signs of other fonts
        # meters change
        ("[T44C   |T24F   |T44G   | x  Z", "C|F|G|G"),
        # blank bars: breaks are bars, what fills the page is none
        ("[C   |    |    |F   Z", "C|C|C|F"),
        ("[C   |F   ]    |    |[G   Z", "C|F|G"),
        ("[C   |F   }            |G   Z", "C|F|C|F|G"),
        ("[C |F |G |A |  |  |  |  |*BC |F ]", "C|F|G|A|C|F"),
        ("[C |F |G |  |*BC |F ]", "C|F|G|G|C|F"),
        ("[<Bass>    |    |F   Z", "NC|NC|F"),
        ("A,B,A*..........*   {*AC   |F   }", "C|F|C|F"),
        ("[C   |F   ] <Order: A A B>  <A> ", "C|F"),
    ],
)
def test_bars(music, expected):
    assert bars(chart(music)) == expected


@pytest.mark.parametrize(
    ("music", "expected"),
    [
        ("{C   |F   }", "C F C F"),
        ("{C   |F <3x> }|G   Z", "C F C F C F G"),
        ("{C   |<*69        Repeat 3x >F   }|G   Z", "C F C F C F G"),
        ("{C   |N1F   }            |N2G   ]", "C F C G"),
        ("{C   |N1F   }|N2G   }|N3A   ]", "C F C G C A"),
        ("{C   |N1F   |N1D   }|N2G   |N2A   ]", "C F D C G A"),  # a bracket over two lines
        ("{C   |N1F   ]|N2G   ]", "C F C G"),  # a repeat sign is missing
        ("{C   |N1F   }            |G   |A   ]", "C F C G A"),  # no second ending
        ("{C   |N1F   }|N2G   }", "C F C G"),  # the chorus is repeated, not the ending
        ("{C   |N1F   }|N2G   ][A   |B   }", "C F C G A B"),
        ("{C   | x  }|N1G   }", "C C C C G"),
        ("{C   |N1F   }|N2 x  ]", "C F C C"),  # the bar before it as played
        ("[C   |F   Q ]{G   |A   <D.C. al Coda> }[QB   Z", "C F G A G A C F B"),
        ("[C   |SF   Q |G   |<*66D.S. al Coda>A   ][QB   Z", "C F G A F B"),
        ("{C   |F <Fine>  }[G   |<D.C. al Fine>A   ]", "C F C F G A C F"),
        ("{C   |F <Fine> U  }[G   |<DC al Fine>A   |B   ]", "C F C F G A B C F"),
        ("{C   |N1F   }|N2G <Fine>  ][A   |<D.C. al 2nd ending>B   Z", "C F C G A B C G"),
        ("{C   |N1F   }|N2G   ][A   |<D.C. al 2nd End.>B   Z", "C F C G A B C G"),
        ("{C   }[F   |<D.C. al Coda>G   Z", "C C F G"),  # leads nowhere
        ("[C   |F   |<D.C.>G   Z", "C F G"),  # what follows the end is the top anyway
        ("[*iC   |F   ]{*AG   }", "C F G G"),
        ("{C   |F   Q |G   }", "C F G C F G"),  # a sign alone inside the form says nothing
    ],
)
def test_forms(music, expected):
    assert bars(chart(music)).replace("|", " ") == expected


@pytest.mark.parametrize(
    ("music", "always", "at_last"),
    [
        ("{C   |F   Q |G   <3x> }[QA   Z", "C F G C F G C F G", "C F G C F G C F A"),
        ("[C   |F   ][QA   |B   Z", "C F", "C F A B"),
        ("[G   |F   |UC   |F   |G   Z", "G F C F G", "G F C"),
        ("[G   |C   |N0<For repeats>F   |G   }|N0<To end>C   ]", "G C F G", "G C C"),
        ("{C   |F   }   <*39LAST TIME>    |<Slow>G   |C   ]", "C F C F", "C F C F G C"),
    ],
)
def test_the_last_time_through(music, always, at_last):
    found = chart(music)
    assert bars(found).replace("|", " ") == always
    assert bars(found.last).replace("|", " ") == at_last


def test_an_end_on_another_chord_far_from_the_end_is_a_slip():
    assert chart("[C   |UF   |G   |C   |F   |C   Z").last is None


def test_sections_intro_and_remarks():
    found = chart(
        "*i{T44C   |F   }Y*A[<*74Slowly>G(E-)   |A   ]*B[<*69Bridge>F   |G   ][<Chorus>C   Z"
    )
    assert found.sections == ((0, "Intro"), (7680, "A"), (11520, "B"), (15360, "Chorus"))
    assert found.repeat_tick == 7680
    assert found.remarks == ((7680, "Slowly"), (7680, "(E-)"), (11520, "Bridge"))


@pytest.mark.parametrize(
    ("style", "groove", "meter", "feel"),
    [
        ("Medium Swing", "", "4/4", "medium swing"),
        ("Medium Up Swing", "", "4/4", "medium swing"),
        ("Up Tempo Swing", "", "4/4", "up swing"),
        ("Medium Swing", "Jazz-Bossa Nova", "4/4", "medium swing"),
        ("", "Jazz-Bossa Nova", "4/4", "bossa"),
        ("Electric Blues", "Pop-Shuffle", "4/4", "shuffle"),
        ("Slow Blues", "", "4/4", "medium swing"),
        ("Fast Blues", "", "4/4", "up swing"),
        ("Latin", "", "4/4", "bossa"),
        ("Whatever", "Latin-Brazil: Samba", "4/4", "samba"),
        ("Whatever", "Latin-Cuba: Son Montuno 2-3", "4/4", "bossa"),
        ("Even 8ths", "", "3/4", "straight"),
        ("Medium Swing", "", "3/4", "waltz"),
        ("Waltz", "Jazz-Medium Swing", "3/4", "waltz"),
        ("Rock Pop", "", "4/4", "funk"),
        ("Ballad", "", "3/4", "ballad"),
        ("Something Unheard Of", "", "4/4", "medium swing"),
    ],
)
def test_styles_are_feels(style, groove, meter, feel):
    assert feel_of(style, groove, Meter.parse(meter)) == feel


def test_every_style_and_groove_of_the_app_is_known():
    grooves = """Jazz-Afro 12/8|Jazz-Ballad Double Time Feel|Jazz-Ballad Even|Jazz-Ballad Melodic|
        Jazz-Ballad Swing|Jazz-Blue Note|Jazz-Bossa Nova|Jazz-Doo Doo Cats|Jazz-Double Time Swing|
        Jazz-Even 8ths|Jazz-Even 8ths Open|Jazz-Even 16ths|Jazz-Guitar Trio|Jazz-Gypsy Jazz|Jazz-Latin|
        Jazz-Latin/Swing|Jazz-Long Notes|Jazz-Medium Swing|Jazz-Medium Up Swing|Jazz-Medium Up Swing 2|
        Jazz-New Orleans Swing|Jazz-Second Line|Jazz-Slow Swing|Jazz-Swing Two/Four|Jazz-Trad Jazz|
        Jazz-Up Tempo Swing|Jazz-Up Tempo Swing 2|Latin-Argentina: Tango|Latin-Brazil: Bossa Acoustic|
        Latin-Brazil: Bossa Electric|Latin-Brazil: Samba|Latin-Cuba: Bolero|Latin-Cuba: Cha Cha Cha|
        Latin-Cuba: Son Montuno 2-3|Latin-Cuba: Son Montuno 3-2|Pop-Bluegrass|Pop-Country|Pop-Disco|
        Pop-Funk|Pop-Glam Funk|Pop-House|Pop-Reggae|Pop-Rock|Pop-Rock 12/8|Pop-RnB|Pop-Shuffle|
        Pop-Slow Rock|Pop-Smooth|Pop-Soul|Pop-Virtual Funk"""
    styles = """Afoxe|Afro|Baião|Ballad|Bossa Nova|Chacarera|Even 8ths|Funk|Latin|Medium Swing|
        Medium Up Swing|Pop|Pop Ballad|Reggae|RnB|Rock|Rock Pop|Samba|Samba Funk|Shuffle|Slow Bossa|
        Slow Swing|Up Tempo Swing|Waltz"""
    from improv.charts import ireal_styles

    names = [name.strip() for name in f"{grooves}|{styles}".split("|")]
    assert [name for name in names if ireal_styles._known(name) not in FEELS] == []


@pytest.mark.parametrize(
    ("fields", "tempo_bpm"),
    [
        ({"tempo_bpm": 172}, 172),
        ({}, FEELS["medium swing"].tempo_bpm),
        ({"style": "Medium Up Swing"}, 160),
        ({"style": "Slow Swing"}, 84),
        ({"tempo_bpm": 60, "music": "[T12A7   Z"}, 90),  # dotted quarters
        ({"tempo_bpm": 999}, 400),
    ],
)
def test_tempo(fields, tempo_bpm):
    assert chart(**{"music": "[C   Z", **fields}).tempo_bpm == tempo_bpm


def test_keys():
    assert [key_name(key) for key in ("C", "Bb", "E-", "F#-")] == ["C", "Bb", "E minor", "F# minor"]


@pytest.mark.parametrize(
    ("music", "parts"),
    [
        ("[H7   |C   |Q7 Z", ("'H7' in bar 1 of 'T'", "expected iReal Pro's chords")),
        ("   ", ("'T' has no music",)),
        ("[   Z", ("'T' has no chords",)),
        ("[C" + " " * 100 + "Z", ("bar 1", "64")),
        ("[C" + "|C" * 2500 + "Z", ("too long at bar 2001",)),
    ],
)
def test_what_cannot_be_read_is_named_with_its_bar(music, parts):
    with pytest.raises(ChartError) as caught:
        chart(music)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("music", "expected", "said"),
    [
        ("[T44C   |F   |H7   Z", "C|F|F", "'H7' in bar 3 of 'T'; the chord before goes on there."),
        ("[C   |Fqq   Z", "C|F", "'Fqq' in bar 2 of 'T'; F is played there."),
        ("[C   |C7b9#9b9   Z", "C|C7b9#9", "'C7b9#9b9' in bar 2 of 'T': "),
        ("[x   |C   Z", "NC|C", "'x' in bar 1 of 'T' repeats what is not there"),
        ("[C   |   r|F   Z", "C|C|C|F", "'r' in bar 2 of 'T'"),
        ("[W/E   |C   Z", "NC|C", "'W/E' in bar 1 of 'T' has no chord to stand on"),
        (
            "[C,D,E,F,G,A,B,C,D,|C   Z",
            "C 1.5:D 2:E 2.5:F 3:G 3.5:A 4:B 4.5:C|C",
            "Too many chords in bar 1 of 'T'",
        ),
        ("[T34C   |T00F   Z", "C|F", "in bar 2 of 'T'; it goes on in 3/4."),
    ],
)
def test_one_thing_that_cannot_be_read_is_named_and_refuses_nothing(music, expected, said):
    found = chart(music)
    assert bars(found) == expected
    (warning,) = found.warnings
    assert said in warning


@pytest.mark.parametrize(
    ("music", "expected", "said"),
    [
        (
            "{C   }[F   |<D.C. al Coda>G   Z",
            "C|C|F|G",
            "D.C. al Coda in bar 3 of 'T' is not obeyed",
        ),
        ("[C   |<D.S. al Fine>G   Z", "C|G", "D.S. al Fine in bar 2 of 'T' is not obeyed"),
        (
            "[C <To Coda>  |G   |<Go to bridge>F   Z",
            "C|G|F",
            "'To Coda' in bar 1 of 'T' is not obeyed",
        ),
    ],
)
def test_what_is_not_obeyed_is_said(music, expected, said):
    found = chart(music)
    assert bars(found) == expected
    assert said in found.warnings[-1]


@pytest.mark.parametrize(
    "words",
    ["D.S. al Coda", "D.S.al Coda", "D.S.alCoda", "(D.S. al Coda)", '"D.S. al Coda"', "DS al Coda",
     "Dal Segno al Coda", "dal segno al coda", "D.S. al 1st Coda", "D.S. al Coda 1", "D.S. al 𝄌",
     "After solos D.S. al Coda", "*66D.S. al Coda", "D.S. to Coda"],
)  # fmt: skip
@pytest.mark.parametrize("sign", ["Q ", "<To Coda>", "<(To Coda)>", "<last time to Coda>"])
def test_the_jump_words_in_every_usual_spelling(words, sign):
    coda = "Q" if sign == "Q " else "<Coda>"
    found = chart(f"[SC   |F {sign}|<{words}>G   ][{coda}B   Z")
    assert (bars(found), found.warnings) == ("C|F|G|C|F|B", ())


@pytest.mark.parametrize("quality", ["(" + "9" * 400, "(9,#11)", "(b9#11)", "(9,"])
def test_a_long_bracket_ends(quality):
    found = chart(f"[C7{quality}   |F   |G   Z")
    assert found.bars == 3


def test_what_our_links_quote_is_not_obeyed():
    found = chart("[<[To Coda]>C   |<«D.C. al Fine»>F   |<[Fine]>G   Z")
    assert bars(found) == "C|F|G"
    assert found.sections == ((0, "To Coda"), (3840, "Fine"))
    assert (found.remarks, found.warnings) == (((1920, "D.C. al Fine"),), ())


TOKENS = [
    *"|[]{}ZxrnpQSUYsl, f",
    *(
        "C^7",
        "F-7",
        "Bb7",
        "G7alt",
        "W/E",
        "N1",
        "N2",
        "N3",
        "N0",
        "*A",
        "*B",
        "*i",
        "T34",
        "T44",
        "T12",
    ),
    *("<Fine>", "<D.C. al Fine>", "<D.S. al Coda>", "<D.C. al 2nd End.>", "<3x>", "<Coda>", "(A7)"),
    *("   ", "XyQ", "Kcl", "LZ", "<LAST TIME>", "END"),
]


@given(st.lists(st.sampled_from(TOKENS), max_size=40).map("".join))
def test_any_tokens_are_a_chart_or_one_sentence(music):
    try:
        found = chart(music)
    except ChartError as error:
        assert "\n" not in str(error)
        return
    assert found.bars > 0
    if found.last is not None:
        assert found.last.bars > 0


@given(st.text(max_size=60))
def test_any_text_is_a_chart_or_one_sentence(music):
    try:
        chart(music)
    except ChartError as error:
        assert str(error).endswith(".")


# -- real exports

FACTS = [
    # file, tune, bars as played, bars the last time, meter, first and last chord
    ("blues50.txt", "All Your Love", 48, None, "4/4", "Em", "Em"),
    ("blues50.txt", "Back Door Man", 32, None, "12/8", "E7", "E7"),
    ("blues50.txt", "Blues and Booze", 24, None, "4/4", "D", "D7"),
    ("blues50.txt", "Boom Boom (1992)", 81, None, "4/4", "E", "E7"),
    ("blues50.txt", "Born Under A Bad Sign", 58, None, "4/4", "Db7", "Db"),
    ("blues50.txt", "Confessin' The Blues", 48, None, "4/4", "G7", "G7"),
    ("blues50.txt", "Crazy Blues", 84, None, "4/4", "E", "E"),
    ("blues50.txt", "Going Down Slow", 49, None, "12/8", "C7", "C7"),
    ("blues50.txt", "Hellhound On My Trail", 39, None, "2/4", "E7", "E7"),
    ("blues50.txt", "Honey Bee", 36, 37, "12/8", "F7", "C7"),
    ("blues50.txt", "I Just Want To Make Love To You", 28, None, "4/4", "D7", "D7"),
    ("blues50.txt", "I'm Ready", 60, 60, "4/4", "Eb7", "Bb7"),
    ("blues50.txt", "Love Struck Baby", 81, None, "4/4", "Ab7", "Ab7"),
    ("blues50.txt", "Reconsider Baby", 48, None, "4/4", "G7", "G7"),
    ("blues50.txt", "Still A Fool", 49, None, "12/8", "F7", "F7"),
    ("dixieland1.txt", "'S Wonderful", 32, 36, "4/4", "Eb", "Eb"),
    ("dixieland1.txt", "After You've Gone", 56, None, "4/4", "Bb", "Bb7"),
    ("dixieland1.txt", "All I Do Is Dream Of You", 32, None, "4/4", "Bb", "Bb"),
    ("dixieland1.txt", "Alligator Crawl", 45, None, "4/4", "C", "C"),
    ("dixieland1.txt", "Always", 32, None, "3/4", "F", "F"),
    ("dixieland1.txt", "Beer Barrel Polka 1", 80, None, "4/4", "Bb", "Eb"),
    ("dixieland1.txt", "Blue Eyes Crying In The Rain", 32, None, "4/4", "F", "F"),
    ("dixieland1.txt", "Blue Skies", 32, 31, "4/4", "Am", "E7b9"),
    ("dixieland1.txt", "Bluebells Goodbye", 64, None, "6/8", "Ab", "Ab"),
    ("dixieland1.txt", "Bright Star Blues", 52, 54, "4/4", "Gm", "Bb"),
    ("dixieland1.txt", "Cheek To Cheek", 72, None, "4/4", "Cmaj7", "C6"),
    ("dixieland1.txt", "Clarinet Marmalade", 72, 80, "4/4", "F", "C7"),
    ("dixieland1.txt", "Copenhagen", 88, 98, "4/4", "Bb", "Bb"),
    ("dixieland1.txt", "Don't Blame Me", 32, None, "4/4", "C", "C"),
    ("dixieland1.txt", "Don't Sit Under The Apple Tree", 64, None, "4/4", "F", "F"),
    ("dixieland1.txt", "Fidgety Feet", 132, None, "4/4", "F", "Ab"),
    ("dixieland1.txt", "Flee As A Bird", 37, None, "4/4", "Fm", "Bb"),
    ("playlist.html", "Bolivia", 48, None, "4/4", "G7", "G7"),
    ("playlist.html", "Moanin'", 64, None, "4/4", "NC", "C7b9"),
    ("playlist.html", "The Girl From Ipanema", 40, None, "4/4", "Fmaj7", "Gb7"),
    ("playlist.html", "All Blues", 24, None, "3/4", "G7", "G7"),
]
"""Established by reading the charts."""


@pytest.mark.shared
@pytest.mark.parametrize(("file", "tune", "count", "at_last", "meter", "first", "last"), FACTS)
def test_the_form_of_a_real_chart(shared_dir, file, tune, count, at_last, meter, first, last):
    found = load_chart(f"{shared_dir / 'charts' / 'ireal' / file}#{tune}")
    chords = [chord.text if chord else "NC" for _, chord in found.changes]
    assert (found.bars, str(found.meter)) == (count, meter)
    assert (found.last.bars if found.last else None) == at_last
    assert (chords[0], chords[-1]) == (first, last)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "tunes"), [("blues50.txt", 54), ("dixieland1.txt", 233), ("playlist.html", 6)]
)
def test_every_tune_of_an_export_is_read(shared_dir, file, tunes):
    book = open_book(str(shared_dir / "charts" / "ireal" / file))
    charts = [entry.chart() for entry in book.entries]
    assert len(charts) == tunes
    assert all(found.title and found.key and found.style and found.bars >= 8 for found in charts)
    usual = Counter(found.bars % 4 == 0 for found in charts)
    assert usual[True] / tunes > (
        0.9 if file == "dixieland1.txt" else 0.6
    )  # blues add an ending bar


@pytest.mark.shared
def test_a_tune_with_all_in_it(shared_dir):
    """Boom Boom: an intro, a first chorus twice, solos, D.C. al Coda, and a vamp that is repeated in it."""
    found = load_chart(f"{shared_dir}/charts/ireal/blues50.txt#boom boom 1992")
    labels = [(found.bar_of(tick) + 1, label) for tick, label in found.sections]
    assert json.dumps(labels) == json.dumps(
        [[1, "Intro"], [9, "A"], [25, "A"], [43, "B"], [47, "B"], [51, "Intro"], [59, "A"]]
    )
    assert (found.tempo_bpm, found.feel, found.key, found.composer) == (
        166,
        "shuffle",
        "E",
        "John Lee Hooker",
    )
    assert found.chord_at(found.bar_tick(4) + 2 * 480).text == "A7/C"


def test_a_repeat_that_was_told_how_often_leaves_the_next_count_to_the_next_repeat():
    assert bars(chart("{C |F <3x>} <Play 4x>{G }")) == "C|F|" * 3 + "G|G|G|G"


def test_a_long_bar_of_a_repeat_and_a_chord_in_its_first_half():
    assert bars(chart("[T44C   |x  F     |G   Z")).count("|") == 2


def test_every_feel_has_its_styles_and_its_groove():
    """One row of each table for each feel."""
    assert set(ireal_styles._STYLES) == set(ireal_styles.GROOVES) == set(FEELS)
