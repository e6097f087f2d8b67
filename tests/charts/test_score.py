"""Scores that music21 reads: what every format gives, what is refused, and that who plays never loads it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import score_maker

from improv.charts import score, score_formats, score_readers
from improv.charts.formats import FORMATS
from improv.charts.library import load_chart, open_book, open_bytes
from improv.charts.musicxml import read_musicxml
from improv.charts.score import Score, ask_scores, read_scores
from improv.charts.score_formats import SCORE_FORMATS, ScoreFormat, score_format
from improv.errors import ChartError, ImprovError, InputFileError, MissingError
from improv.music.chord import parse_chord_or_nc

music21 = pytest.importorskip("music21")

SYMBOLS = (
    *(
        "C",
        "Bb7",
        "Ebmaj7",
        "F#m7b5",
        "G7alt",
        "C7(b9,#11)",
        "C6/9",
        "D7/F#",
        "C-7",
        "Db-Δ7",
        "Ab13",
    ),
    *(
        "Bb7sus4b9",
        "C7#5#9",
        "Fø7",
        "Gb°7",
        "AbmMaj7",
        "E7b9b13",
        "C#dim",
        "B+",
        "Dbmaj7#11",
        "C5",
        "N.C.",
    ),
    *("Cm6", "F9sus4", "G13(b9)", "A7no3", "Cadd9", "Bbmaj7/A", "Ebm11", "C2", "G7#9"),
)


def xml_of(path: Path) -> bytes:
    (only,) = read_scores(path, path.read_bytes())
    return only.musicxml.encode()


def chart_of(path: Path):
    return read_musicxml(xml_of(path), source=str(path))


def bars(chart) -> str:
    return " ".join(
        "/".join(chord.text if chord else "NC" for _, chord in chart.changes_in_bar(bar))
        for bar in range(chart.bars)
    )


def made(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# -- chords survive


@pytest.mark.parametrize("name", ["tune.abc", "tune.krn", "tune.mei", "tune.capx", "tune.nwctxt"])
def test_every_symbol_is_read_by_our_parser_whatever_the_format(name, tmp_path):
    """music21 would make a B chord of Bb7 and one on C flat of C-7."""
    if name.endswith("capx"):
        path = score_maker.capella(tmp_path / name, SYMBOLS)
    else:
        make = {
            "tune.abc": score_maker.abc,
            "tune.krn": lambda symbols: score_maker.kern(symbols, "chord"),
            "tune.mei": score_maker.mei,
            "tune.nwctxt": score_maker.noteworthy,
        }[name]
        path = made(tmp_path, name, make(SYMBOLS))
    chart = chart_of(path)
    assert [chart.chord_at(tick) for tick in chart.bar_ticks] == [
        parse_chord_or_nc(symbol) for symbol in SYMBOLS
    ]
    assert chart.bars == len(SYMBOLS)


def test_degrees_of_a_key_are_chords(tmp_path):
    pytest.importorskip("music21.humdrum.harmParser", reason="needs music21 10")
    tokens = ["ii7", "V7", "I", "V7b", "viio7", "viix7"]
    path = made(tmp_path, "tune.krn", score_maker.kern(tokens[:5], "harm"))
    assert bars(chart_of(path)) == "Dm7 G7 C G7/B Bdim7"
    path = made(tmp_path, "tune.krn", score_maker.kern(tokens, "harm"))
    with pytest.raises(InputFileError, match="the chord 'viix7' in its measure 6 has no root"):
        read_scores(path, path.read_bytes())


def test_a_roman_text_is_a_chart(tmp_path):
    text = "Composer: A. Name\nTitle: A Text\nTime Signature: 4/4\nm1 F: ii65 b3 V7\nm2 I b3 V7/IV\nm3 IV\n"
    chart = chart_of(made(tmp_path, "text.rntxt", text))
    assert (chart.title, chart.composer, bars(chart)) == (
        "A Text",
        "A. Name",
        "Gm7/Bb/C7 F/F7 Bb",
    )


def test_the_words_of_musicxml_in_a_spine(tmp_path):
    tokens = ["B- major-seventh", "C minor-seventh", "F dominant/A", "none"]
    path = made(tmp_path, "tune.krn", score_maker.kern(tokens, ends="=:|!"))
    assert bars(chart_of(path)) == " ".join(["Bbmaj7 Cm7 F7/A NC"] * 2)


# -- the head

ABC = """X:1
T:Leaves of a Tune
C:A. Name
M:4/4
L:1/8
Q:1/4=160
K:Gm
{tune}
"""


def abc_bars(tmp_path: Path, tune: str, head: str = ABC) -> str:
    return bars(chart_of(made(tmp_path, "tune.abc", head.format(tune=tune))))


def test_title_composer_key_and_tempo(tmp_path):
    chart = chart_of(made(tmp_path, "tune.abc", ABC.format(tune='"Gm7"G8 | "C7"c8 |]')))
    assert (chart.title, chart.composer, chart.key, chart.tempo_bpm) == (
        "Leaves of a Tune",
        "A. Name",
        "G minor",
        160,
    )


def test_a_score_without_a_title_is_called_as_its_file(tmp_path):
    path = made(tmp_path, "my tune.abc", 'X:1\nM:4/4\nL:1/4\nK:C\n"C"CDEF | "G7"GFED |]\n')
    assert open_book(str(path)).entries[0].title == "my tune"
    assert load_chart(str(path)).title == "my tune"


def test_what_music21_calls_a_score_without_a_title_is_none():
    written = music21.converter.parse("tinyNotation: 4/4 c4 d e f g1")
    text = music21.musicxml.m21ToXml.GeneralObjectExporter(written).parse().decode()
    assert "Music21" in text
    harmony = "<harmony><root><root-step>C</root-step></root><kind>major</kind></harmony><note"
    chart = read_musicxml(text.replace("<note", harmony, 1).encode(), source="my tune.xml")
    assert (chart.title, chart.composer) == ("my tune", "")


def test_old_encodings_of_abc_are_read(tmp_path):
    path = tmp_path / "tune.abc"
    path.write_bytes(
        ABC.format(tune='"Gm7"G8 | "C7"c8 |]').replace("Leaves", "Blätter").encode("latin-1")
    )
    assert chart_of(path).title == "Blätter of a Tune"


# -- the way through


@pytest.mark.parametrize(
    ("tune", "played"),
    [
        ('"C"c8 | "F"f8 |', "C F"),
        ('|: "C"c8 | "F"f8 :| "G"g8 |', "C F C F G"),
        ('|: "C"c8 |1 "F"f8 :|2 "G"g8 |]', "C F C G"),
        ('"C"c8 | "F"f8 !fine!| "G"g8 !D.C.! |]', "C F G C F"),
        ('"C"c8 | "F"f8 "Fine" | "G"g8 "D.C. al Fine" |]', "C F G C F"),
        ('"C"c8 | !segno!"F"f8 !dacoda!| "G"g8 !D.S.alcoda!| !coda!"A"a8 |]', "C F G F A"),
        ('"C"c4 "F"f4 | "^A""G"g8 |', "C/F G"),
        # upbeats, with a chord and without, at the top and where a repeat cuts a bar in two
        ('c2 | "C"c8 | "F"f8 |', "C F"),
        ('"G7"c2 | "C"c8 | "F"f6 |', "C F"),
        ('c2 |: "C"c8 | "F"f6 :| c2 | "G"g8 | "D"d6 |', "C F C F G D"),
        ('"C"c8 | "F"f6 :| "D7"c2 | "G"g8 | "A"a8 |', "C F/D7 C F/D7 G A"),
        # rests under chords, shorter than their bars
        ('"C"z4 | "F"z4 | "G"z4 |', "C F G"),
        ('"C"z4 | "F"z4 |', "C F"),
    ],
)
def test_repeats_endings_jumps_and_upbeats_of_abc(tune, played, tmp_path):
    assert abc_bars(tmp_path, tune) == played


def test_lettered_parts_in_another_order(tmp_path):
    head = ABC.replace("Q:", "P:ABA\nQ:")
    tune = 'P:A\n"C"c8 |\nP:B\n"F"f8 |\n'
    chart = chart_of(made(tmp_path, "tune.abc", head.format(tune=tune)))
    assert bars(chart) == "C F C"
    assert [label for _, label in chart.sections] == ["A", "B", "A"]


def test_endings_and_marks_of_mei(tmp_path):
    notes = "".join(f'<note pname="{name}" oct="4" dur="4"/>' for name in "cdef")

    def measure(symbol: str, extra: str = "", attributes: str = "") -> str:
        return (
            f'<measure n="1"{attributes}><staff n="1"><layer n="1">{notes}</layer></staff>'
            f'<harm tstamp="1">{symbol}</harm>{extra}</measure>'
        )

    back = ' right="rptend"'
    text = score_maker.mei_of(
        measure("C", attributes=' left="rptstart"')
        + f'<ending n="1">{measure("F", attributes=back)}</ending><ending n="2">{measure("G")}</ending>'
        + measure("A", '<dir tstamp="1">D.C. al Fine</dir><harm tstamp="3">D7</harm>')
    ).replace('<harm tstamp="1">G</harm>', '<harm tstamp="1">G</harm><repeatMark func="fine"/>')
    assert bars(chart_of(made(tmp_path, "tune.mei", text))) == "C F C G A/D7 C G"


def test_repeats_of_capella(tmp_path):
    """music21 loses them where it makes measures."""
    begin, end = '<barline type="repBegin"/>', '<barline type="repEnd"/>'
    symbols = ["C", "F", "G", "A"]

    def path(**bar_lines: str) -> Path:
        lines = {int(name[1:]): line for name, line in bar_lines.items()}
        return score_maker.capella(tmp_path / "tune.capx", symbols, lines)

    assert bars(chart_of(path(n4=begin, n12=end))) == "C F G F G A"
    assert bars(chart_of(path(n8=end, n16=end))) == "C F C F G A G A"
    with pytest.raises(InputFileError, match="a repeat is in the middle of its measure 2"):
        chart_of(path(n7=end))


# -- several tunes, and bad ones


def test_a_file_of_several_tunes_is_a_book(tmp_path):
    tunes = [
        'X:1\nT:One\nM:4/4\nL:1/4\nK:C\n"C"CDEF | "C7q"GFED |]\n',
        'X:2\nT:Two\nM:4/4\nL:1/4\nK:C\n"F"CDEF |]\n',
        "X:3\nT:Three\nM:4/4\nL:1/4\nK:C\nCDEF |]\n",
        'X:4\nT:Four\nM:4/4\nP:AXA\nK:C\nP:A\n"C"CDEF |\n',
    ]
    path = made(tmp_path, "tunes.abc", "\n".join(tunes))
    book = open_book(str(path))
    assert [entry.title for entry in book.entries] == ["One", "Two", "Three", "Tune 4"]
    assert bars(load_chart(f"{path}#two")) == "F"
    (warning,) = load_chart(f"{path}#one").warnings
    assert warning.startswith(f"Cannot read chord 'C7q' in measure 2 of '{path}#One'")
    for name, said in (
        ("three", f"Cannot find chords in '{path}#Three'"),
        ("tune 4", f"Cannot read '{path}': its parts are to be played as 'AXA'"),
    ):
        with pytest.raises(ImprovError) as caught:
            load_chart(f"{path}#{name}")
        assert str(caught.value).startswith(said) and str(caught.value).endswith(".")


def test_quotes_that_are_no_chords_are_words(tmp_path):
    chart = chart_of(made(tmp_path, "t.abc", ABC.format(tune='"slow""Gm7"G8 | "End"c8 | "C7"c8 |')))
    assert bars(chart) == "Gm7 Gm7 C7"
    assert {text for _, text in chart.remarks} == {"slow", "End"}


@pytest.mark.parametrize("ending", sorted({row.ending for row in SCORE_FORMATS}))
@pytest.mark.parametrize("content", [b"", b"rubbish\0\xff", b"X:1\nK:C\n", b"**kern\n4c\n=1\n*-\n"])
def test_rubbish_is_one_sentence(ending, content, tmp_path):
    path = tmp_path / f"rubbish{ending}"
    path.write_bytes(content)
    with pytest.raises(ImprovError) as caught:
        for one in read_scores(path, path.read_bytes()):
            read_musicxml(one.musicxml.encode(), source=str(path))
    assert str(caught.value).count("\n") == 0 and str(caught.value).endswith(".")


def test_damaged_scores_are_a_chart_or_one_sentence(tmp_path):
    """Bytes are changed, lost and doubled at random places."""
    rng = random.Random(1)
    good = [
        score_maker.abc(SYMBOLS[:6]).encode(),
        score_maker.kern(SYMBOLS[:4], "chord").encode(),
        score_maker.mei(SYMBOLS[:4]).encode(),
        score_maker.noteworthy(SYMBOLS[:4]).encode(),
    ]
    for turn in range(80):
        content = bytearray(good[turn % 4])
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(content))
            content[at : at + rng.randint(0, 3)] = rng.choice(
                (b"", b"|", b"\t", b'"', b"9", b"<", b"\xff")
            )
        path = tmp_path / ("t.abc", "t.krn", "t.mei", "t.nwctxt")[turn % 4]
        path.write_bytes(bytes(content))
        try:
            for one in read_scores(path, path.read_bytes()):
                assert one.error or read_musicxml(one.musicxml.encode(), source="t")
        except ImprovError as error:
            assert "\n" not in str(error)


# -- what the music21 corpus holds

REAL = {
    "noteworthy/jingle_v175.nwc": "chart",
    "noteworthy/NWCTEXT_Really_complete_example_file.nwctxt": "no chords",
    "capella/Nu_rue_mit_sorgen.capx": "no chords",
    "mei/test/test_file.mei": "no chords",
    "mei/test/notes_in_utf16.mei": "no chords",
    "humdrum/Missa_Sine_nomine-Kyrie.krn": "no chords",
    "corpus/bach/choraleAnalyses/riemenschneider001.rntxt": "chart",
    "corpus/nottingham-dataset/reelsa-c.abc": "chart",
    "corpus/essenFolksong/test1.abc": "no chords",
    "corpus/ryansMammoth/ColMcBainsReel.abc": "no chords",
}


@pytest.mark.parametrize("name", REAL)
def test_real_files(name):
    path = Path(music21.__file__).parent / name
    for one in read_scores(path, path.read_bytes()):
        assert not one.error
        if REAL[name] == "chart":
            assert read_musicxml(one.musicxml.encode(), source=str(path)).bars >= 8
        else:
            with pytest.raises(InputFileError, match="Cannot find chords"):
                read_musicxml(one.musicxml.encode(), source=str(path))


def test_two_real_reels():
    path = Path(music21.__file__).parent / "corpus/nottingham-dataset/reelsa-c.abc"
    cuckoo = load_chart(f"{path}#cuckoo")
    half = "D Em/A C Em/A7 D Em/A7 D/A7 D"
    other = "D D C C D A7 D/A7 D"
    assert bars(cuckoo) == " ".join([half, half, other, other])


# -- in a process of its own


def test_who_plays_never_loads_it(tmp_path):
    path = made(tmp_path, "tune.abc", ABC.format(tune='"Gm7"G8 | "C7"c8 |'))
    program = (
        "import sys\nfrom improv.charts.library import load_chart\n"
        f"print(load_chart({str(path)!r}).bars, 'music21' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == ["2", "False"], done.stderr


def test_the_other_process_says_what_this_one_would(tmp_path):
    path = made(tmp_path, "tune.abc", score_maker.abc(SYMBOLS))
    content = path.read_bytes()
    assert ask_scores(path, content) == read_scores(path, content)
    bad = made(tmp_path, "bad.mei", "<mei/>")
    with pytest.raises(InputFileError) as here:
        read_scores(bad, bad.read_bytes())
    with pytest.raises(InputFileError) as there:
        ask_scores(bad, bad.read_bytes())
    assert str(here.value) == str(there.value)


def instead(monkeypatch, program: str) -> None:
    """Let this program be the other process."""
    monkeypatch.setattr(score, "_COMMAND", [sys.executable, "-c", program])


def test_a_pipe_will_do(tmp_path):
    book = open_bytes(score_maker.abc(SYMBOLS[:3]).encode(), "standard input")
    assert bars(book.only().chart()) == "C Bb7 Ebmaj7"


def test_what_goes_wrong_there_is_said_here(monkeypatch, tmp_path):
    path = tmp_path / "tune.abc"
    instead(monkeypatch, """print('["MissingError", "It needs music21."]')""")
    with pytest.raises(MissingError, match=r"It needs music21\."):
        ask_scores(path, b"")
    said = json.dumps(["scores", [{"title": "A", "musicxml": "<x/>", "error": ""}]])
    instead(monkeypatch, f"print({said!r})")
    assert ask_scores(path, b"") == [Score("A", "<x/>")]
    instead(monkeypatch, "import os; os.abort()")
    with pytest.raises(InputFileError, match="reading it crashes the process"):
        ask_scores(path, b"x" * 1_000_000)
    instead(monkeypatch, "import sys; sys.stdin.read()")
    monkeypatch.setattr(score, "_FILE_S", 0.1)
    with pytest.raises(InputFileError, match="music21 takes over 10 s to read it"):
        ask_scores(path, b"")


LIMITED = "from improv.charts import score; score.{} = {}; score.main()"


@pytest.mark.skipif(sys.platform == "win32", reason="there only the clock is looked at")
def test_a_tune_may_take_so_much_of_the_processors_time(monkeypatch, tmp_path):
    path = made(tmp_path, "tune.abc", score_maker.abc(SYMBOLS * 40))
    instead(monkeypatch, LIMITED.format("_TUNE_S", 0.01))
    with pytest.raises(InputFileError, match="music21 takes over 10 s to read it"):
        ask_scores(path, path.read_bytes())


@pytest.mark.skipif(sys.platform == "win32", reason="there only the clock is looked at")
def test_one_tune_that_takes_too_long_does_not_refuse_a_book(monkeypatch, tmp_path):
    tune = "X:{0}\nT:Tune {0}\nM:4/4\nL:1/8\nK:C\n{1}\n\n"
    short, long = '"Dm7"CDEF GABc|"G7"c8|', '"Dm7"' + "CDEF GABc|" * 8000
    book = "".join(tune.format(i, body) for i, body in enumerate((short, long, short), start=1))
    instead(monkeypatch, LIMITED.format("_TUNE_S", 1))
    tunes = ask_scores(tmp_path / "book.abc", book.encode())
    assert [tune.title for tune in tunes] == ["Tune 1", "", "Tune 3"]
    assert tunes[1].error == (
        f"Cannot read {str(tmp_path / 'book.abc')!r}: music21 takes over 10 s to read it; expected a lead "
        "sheet, in tune 2."
    )
    with pytest.raises(InputFileError, match="music21 takes over 10 s"):
        ask_scores(tmp_path / "book.abc", (book + book + book).encode())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not count memory so")
def test_a_bomb_may_take_so_much_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(score, "_kept", [])
    good = made(tmp_path, "tune.abc", score_maker.abc(SYMBOLS[:3]))
    bomb = tmp_path / "bomb.capx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("score.xml", b" " * (score._MOST_HELD_BYTES + 1))
    assert ask_scores(good, good.read_bytes(), keep=True)
    with pytest.raises(InputFileError, match="music21 takes over 256 MB to read it"):
        ask_scores(bomb, bomb.read_bytes(), keep=True)
    assert len(score._kept) <= 1
    assert ask_scores(good, good.read_bytes(), keep=True)
    for reader in score._kept:
        reader.end()


def test_a_file_may_have_so_many_bytes(tmp_path):
    with pytest.raises(InputFileError, match="it has over 16 MB, more than any book of tunes"):
        ask_scores(tmp_path / "tune.abc", b"X" * (score.MOST_BYTES + 1))


def test_tunes_may_give_so_much_musicxml(monkeypatch, tmp_path):
    path = made(tmp_path, "tune.abc", score_maker.abc(SYMBOLS[:3]))
    monkeypatch.setattr(score, "_MOST_ANSWER_BYTES", 100)
    with pytest.raises(InputFileError, match="as MusicXML it has over 0 MB"):
        read_scores(path, path.read_bytes())


def test_one_process_reads_many_files(monkeypatch, tmp_path):
    monkeypatch.setattr(score, "_kept", [])
    path = made(tmp_path, "tune.abc", score_maker.abc(SYMBOLS[:3]))
    content = path.read_bytes()
    first = ask_scores(path, content, keep=True)
    (reader,) = score._kept
    instead(monkeypatch, "")  # another would say nothing
    assert ask_scores(path, content, keep=True) == first
    reader.end()  # as if the system had ended it
    instead(monkeypatch, "from improv.charts.score import main; main()")
    assert ask_scores(path, content, keep=True) == first
    assert score._kept != [reader]
    for reader in score._kept:
        reader.end()


def test_without_music21_one_sentence_says_what_to_install(monkeypatch, tmp_path):
    path = made(tmp_path, "tune.abc", score_maker.abc(["C"]))
    monkeypatch.setattr(score.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"pip install 'jazz-improv\[train\]'"):
        read_scores(path, path.read_bytes())
    assert MissingError.status == 9


# -- the table


def test_a_score_is_known_by_what_it_holds_or_is_called():
    for content, name in (
        (score_maker.abc(["C"]).encode(), "ABC"),
        (b"% a comment\r\nX: 12\r\nT:A\r\nK:C\r\n", "ABC"),
        (score_maker.kern(["C"]).encode(), "Humdrum"),
        (score_maker.mei(["C"]).encode(), "MEI"),
        (score_maker.noteworthy(["C"]).encode(), "NoteWorthy"),
        (b"\n\nWK#:581   MV#:3c\n", "MuseData"),
    ):
        row = score_format(Path("tune.txt"), content)
        assert row is not None and row.name == name
    assert score_format(Path("tune.krn"), b"").name == "Humdrum"
    for none in (b"| C | F |", b"Title: X\nKey: C\n| C |", b"<score-partwise/>", b"MThd"):
        assert score_format(Path("tune.txt"), none) is None


def test_one_row_more_is_one_format_more(monkeypatch, tmp_path):
    def read(content):
        from improv.charts.score_tree import Said, Tune

        stream = music21.converter.parse(f"tinyNotation: {content.decode()}")
        return [lambda: Tune(stream, [Said(0, "chord", "Dm7"), Said(4, "chord", "G7")])]

    row = ScoreFormat("tiny", ".tiny", b"", "tiny")
    monkeypatch.setattr(score_readers, "tiny", read, raising=False)
    monkeypatch.setattr(score_formats, "SCORE_FORMATS", (*SCORE_FORMATS, row))
    path = made(tmp_path, "tune.tiny", "4/4 d4 e f g a1")
    assert bars(chart_of(path)) == "Dm7 G7"


def test_every_row_is_a_format_of_charts():
    assert {row.name for row in SCORE_FORMATS} <= {row.name for row in FORMATS}
    with pytest.raises(ChartError):
        load_chart("| Hx |")
