"""Built-in charts, and charts from files and from the command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from improv.charts.ireal_link import Song, link_of
from improv.charts.library import (
    BUILT_IN,
    is_playlist,
    load_chart,
    open_book,
    read_text,
)
from improv.charts.text import parse_chart
from improv.charts.text_print import print_chart
from improv.errors import ChartError, InputFileError
from improv.music.pitch import parse_pc_name


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_chart_reads_prints_and_has_a_key(name):
    chart = load_chart(name)
    assert chart.title and chart.key
    assert parse_pc_name(chart.key.split()[0]) in {chord.root_pc for _, chord in chart.changes}
    assert parse_chart(print_chart(chart)) == chart


@pytest.mark.parametrize(
    ("name", "bars", "meter"),
    [
        ("blues", 12, "4/4"),
        ("bb-blues", 12, "4/4"),
        ("bird-blues", 12, "4/4"),
        ("minor-blues", 12, "4/4"),
        ("rhythm", 32, "4/4"),
        ("ii-v-i", 32, "4/4"),
        ("modal", 32, "4/4"),
        ("ballad", 32, "4/4"),
        ("waltz", 32, "3/4"),
        ("bossa", 32, "4/4"),
    ],
)
def test_the_form_of_a_built_in_chart(name, bars, meter):
    chart = load_chart(name)
    assert (chart.bars, str(chart.meter)) == (bars, meter)


def test_a_blues_goes_to_the_fourth_in_bar_five():
    for name in ("blues", "bb-blues", "bird-blues", "minor-blues"):
        chart = load_chart(name)
        one, four = chart.chord_at(0), chart.chord_at(4 * chart.meter.ticks_per_bar)
        assert (four.root_pc - one.root_pc) % 12 == 5


def test_text_with_a_bar_line_is_a_chart():
    assert load_chart("| Dm7 | G7 |").bars == 2


def test_a_file_is_read_and_gives_its_name_as_title(tmp_path):
    path = tmp_path / "my tune.txt"
    path.write_text("\ufeffTempo: 90\r\n| Dm7 | G7 |\r\n", encoding="utf-8")
    chart = load_chart(str(path))
    assert (chart.title, chart.bars, chart.tempo_bpm) == ("my tune", 2, 90)


def test_a_file_named_like_a_built_in_chart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "blues").write_text("| C |")
    assert load_chart("blues").bars == 12
    assert load_chart("./blues").bars == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"\x00\x01\x02\x03", "it is binary"),
        (b"\xff\xfe|\xd8", "byte 0 is not UTF-8"),
        (b"MThd\x00\x00\x00\x06", "cut short"),
        (b"| C\xff7 |", "byte 3 is not UTF-8"),
        (b"| C |\n" * 200_000, "over 1 MB"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path, content, problem):
    path = tmp_path / "chart.txt"
    path.write_bytes(content)
    refused(InputFileError, str(path), repr(str(path)), problem)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    refused(InputFileError, str(tmp_path / "no.txt"), "no such file")
    refused(InputFileError, str(tmp_path), "is a folder")
    refused(InputFileError, "./blues-not-there", "no such file")


def test_a_bad_chord_in_a_file_names_file_line_and_bar(tmp_path):
    path = tmp_path / "chart.txt"
    path.write_text("Tempo: 90\n\n| Zm7 | Zz |")
    refused(ChartError, str(path), "'Zm7'", "bar 1 (line 3 of ", str(path))


@pytest.mark.parametrize(
    ("name", "near"), [("blus", "'blues'"), ("rythm", "'rhythm'"), ("Waltz", "'waltz'")]
)
def test_an_unknown_name_shows_the_nearest(name, near):
    refused(ChartError, name, repr(name), f"perhaps {near}", "minor-blues")


@pytest.mark.parametrize("name", ["", "qqq", "Am I Blue", "A Train", "x" * 300, "a\0b"])
def test_an_unknown_name_lists_the_names(name):
    refused(ChartError, name, "blues", "'| Dm7 | G7 | Cmaj7 | % |'")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dm7 G7 Cmaj7", "Dm7 G7 Cmaj7"),
        ("  Dm7,G7, C/E ", "Dm7 G7 C/E"),
        ("Dm7 - G7 → Cmaj7", "Dm7 G7 Cmaj7"),
        ("F#m7 B7 NC E", "F#m7 B7 NC E"),
        ("Dm7 % G7", "Dm7 Dm7 G7"),
        ("C", "C"),
        ("F#m7", "F#m7"),
    ],
)
def test_chords_without_bar_lines_are_one_a_bar(text, expected):
    chart = load_chart(text)
    said = [c.text if (c := chart.chord_at(tick)) else "NC" for tick in chart.bar_ticks]
    assert " ".join(said) == expected


def test_one_of_them_that_cannot_be_read_is_named():
    chart = load_chart("Dm7 G7q Cmaj7")
    assert chart.bars == 3
    assert "'G7q' in bar 2" in chart.warnings[0]


def test_a_file_named_like_a_chord_is_that_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "C").write_text("| F | G |")
    assert load_chart("C").bars == 2


# -- what is no chart at all

MANY = "9" * 400


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("suffix", [".txt", ".mid", ".mxl", ".html", ""])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, suffix):
    path = tmp_path / f"pipe{suffix}"
    os.mkfifo(path)
    refused(InputFileError, str(path), repr(str(path)), "no ordinary file")
    with pytest.raises(InputFileError, match="no ordinary file"):
        read_text(path)
    assert not is_playlist(path)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/null"])
def test_a_device_is_refused(device):
    if not Path(device).exists():
        pytest.skip(f"no {device} here")
    refused(InputFileError, device, repr(device), "no ordinary file")


def test_a_name_of_300_characters_is_no_file(tmp_path):
    refused(InputFileError, str(tmp_path / ("x" * 300 + ".txt")), "File name too long")
    refused(ChartError, "x" * 300, "Unknown chart")
    refused(ChartError, f"blues {'x' * 300}", "Unknown chart")


@pytest.mark.parametrize(
    "text",
    [
        f"Tempo: {MANY}\n| C |",
        f"Meter: {MANY}/4\n| C |",
        f"Key: {MANY}\n| C |",
        f"| {MANY} | C |",
        f"|: C :|x{MANY}",
        f"|: C |{MANY}. F :|",
        f"| {MANY}/4 C |",
        f"| C D.C. al {MANY} | F |",
        f"blues#{MANY}",
        MANY,
        f"{MANY}.txt",
    ],
)
def test_a_number_of_400_digits_is_refused(text):
    with pytest.raises((ChartError, InputFileError)) as caught:
        load_chart(text)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "text", [f"| C{MANY} | F | G |", f"irealb://A=B==C=D=E=T{MANY}[C |F Z==={MANY}"]
)
def test_a_number_of_400_digits_in_one_place_is_named(text):
    assert load_chart(text).warnings


SCORE = "<score-partwise><part><measure>{}</measure></part></score-partwise>"
HARMONY = "<harmony><root><root-step>C</root-step></root><kind>major</kind></harmony>"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xml", SCORE.format(HARMONY + " " * 6_000_000), "at most 4,194,304 were expected"),
        ("b.xml", SCORE.format(HARMONY + "<note/>" * 500_000), "over 250,000 elements"),
        ("c.xml", "<?xml " * 600_000, "not well-formed XML"),
        ("d.txt", "| C " * 250_000, "too long"),
        ("e.txt", "irealb://" * 800_000, "Too many links"),
        ("f.txt", "irealb://" + "=" * 7_000_000, "Too many songs"),
        ("g.txt", "irealbook://" + "a=b=c=d=n=[C |]=" * 400_000, "Too many songs"),
        ("h.txt", "irealb://A=B==C=D=E=1r34LbKcu7" + "C" * 7_000_000, "at most 200,000"),
        ("i.txt", "x" * 9_000_000, "over 1 MB"),
        ("j.txt", "irealb" + "x" * 9_000_000, "over 8 MB"),
        ("k.txt", "x" * 17_000_000, "over 16 MB"),
    ],
    ids="abcdefghijk",
)
def test_what_is_too_long_for_a_chart_is_refused(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises((ChartError, InputFileError), match=said):
        load_chart(str(path))


# -- links and playlists

GOOD = ("[T44C^7   |G7   Z", "[T34F^7   |C7   |F   Z")
LINK = link_of(
    [
        (Song("Blue One", "Ann Roe", "Bossa Nova", "C"), GOOD[0]),
        (Song("Bad One", "Ann Roe", "Bossa Nova", "C"), "[T44Hm   |C^7   |Qm   Z"),
        (Song("The Other", "", "Waltz", "D-"), GOOD[1]),
    ],
    "My set",
)


@pytest.fixture(params=["set.txt", "set.html", "set", "two#words.html"])
def playlist(request, tmp_path):
    path = tmp_path / request.param
    text = f'<html><a href="{LINK}">My set</a></html>' if path.suffix == ".html" else LINK + "\n"
    path.write_text(text)
    return path


def test_a_playlist_is_a_book_of_tunes_that_are_not_read_yet(playlist):
    book = open_book(str(playlist))
    assert [(e.title, e.composer, e.style, e.key) for e in book.entries] == [
        ("Blue One", "Ann Roe", "Bossa Nova", "C"),
        ("Bad One", "Ann Roe", "Bossa Nova", "C"),
        ("The Other", "", "Waltz", "D minor"),
    ]
    assert is_playlist(playlist)
    assert read_text(playlist).count("irealb://") == 1


def test_a_bad_tune_leaves_the_others(playlist):
    entries = open_book(str(playlist)).entries
    assert [entries[0].chart().bars, entries[2].chart().bars] == [2, 3]
    with pytest.raises(ChartError, match="'Hm' in bar 1 of 'Bad One'"):
        entries[1].chart()


def test_one_tune_of_a_playlist(playlist):
    assert load_chart(f"{playlist}#other").title == "The Other"
    assert [e.title for e in open_book(f"{playlist}#blue one").entries] == ["Blue One"]
    refused(ChartError, f"{playlist}#zzz", "No tune 'zzz'", str(playlist))
    refused(ChartError, f"{playlist}#bad", "'Hm' in bar 1 of 'Bad One'")


def test_a_playlist_alone_is_several_tunes(playlist):
    refused(ChartError, str(playlist), "3 tunes", f"{playlist}#Blue One", "'The Other'")


def test_a_link_pasted_as_text():
    refused(ChartError, LINK, "3 tunes", "'Blue One'")
    one = link_of([(Song("Blue One", "Ann Roe", "Bossa Nova", "C"), GOOD[0])])
    assert load_chart(f"  {one}\n").title == "Blue One"
    plain = "irealbook://Blue=Roe Ann=Waltz=C=n=[C^7   |G7   Z"
    assert (load_chart(plain).bars, str(load_chart(plain).meter)) == (2, "3/4")


def test_a_large_playlist_is_read_where_a_large_text_is_not(tmp_path):
    path = tmp_path / "large.html"
    path.write_text("<p>" + "x" * 2_000_000 + f'</p><a href="{LINK}">')
    assert len(open_book(str(path)).entries) == 3


def test_old_and_odd_encodings_of_a_playlist(tmp_path):
    for name, content in {
        "latin.txt": f"Gonçalo {LINK}".encode("latin-1"),
        "wide.txt": LINK.encode("utf-16"),
        "mark.txt": LINK.encode("utf-8-sig"),
    }.items():
        (tmp_path / name).write_bytes(content)
        assert len(open_book(str(tmp_path / name)).entries) == 3


def test_a_web_page_without_a_link_is_refused(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("<html><body>nothing</body></html>")
    refused(InputFileError, str(path), "no irealb:// link")
    assert not is_playlist(path)
    assert not is_playlist(tmp_path / "nothing.html")


# -- other files


def test_musicxml_and_midi_are_told_by_what_they_hold(tmp_path):
    score = (
        '<?xml version="1.0"?><score-partwise version="4.0"><part-list><score-part id="P1"><part-name/>'
        '</score-part></part-list><part id="P1"><measure number="1"><attributes><divisions>1</divisions>'
        "<time><beats>4</beats><beat-type>4</beat-type></time></attributes><harmony><root><root-step>C"
        "</root-step></root><kind>major-seventh</kind></harmony><note><rest/><duration>4</duration></note>"
        "</measure></part></score-partwise>"
    )
    for name in ("tune.musicxml", "tune.xml", "tune.txt", "tune"):
        (tmp_path / name).write_text(score)
        chart = load_chart(str(tmp_path / name))
        assert (chart.bars, chart.chord_at(0).text) == (1, "Cmaj7")
    four_bars = Path(__file__).parent.parent / "fixtures" / "four_bars.mid"
    assert load_chart(str(four_bars)).bars == 4
    assert [entry.title for entry in open_book(str(four_bars)).entries] == ["four_bars"]


def test_a_text_chart_is_a_book_of_one(tmp_path):
    path = tmp_path / "tune.txt"
    path.write_text("Title: My Tune\n| C | F |")
    book = open_book(str(path))
    assert [entry.title for entry in book.entries] == ["My Tune"]
    assert load_chart(f"{path}#my tune").bars == 2
    assert open_book("blues").entries[0].title == "Blues in F"
    assert not is_playlist(path)


def refused(kind, spec, *parts):
    with pytest.raises(kind) as caught:
        load_chart(spec)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message
    for part in parts:
        assert part in message


def test_a_pasted_page_or_message_that_holds_a_link_is_that_link():
    link = "irealbook://A%3DDoe%20John%3DMedium%20Swing%3DC%3Dn%3D%5BT44C%20%7CF%20Z"
    for said in (f'<a href="{link}">A</a>', f"My tune: {link}", f"[A]({link})", f"\ufeff{link}"):
        assert [chord.text for _, chord in load_chart(said).changes] == ["C", "F"]
