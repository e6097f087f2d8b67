"""`jazz-improv chart`: charts shown, listed and converted."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from improv.charts.ireal_link import Song, link_of
from improv.charts.library import load_chart
from improv.cli import main
from improv.errors import ChartError, InputFileError, OutputFileError

AABA = (
    "{*AT44C-7   |F7 sBb7,B7,|N1Bb^7   | x  }|N2Bb6 G7 | x  ]"
    "[*B<*66Straight>Eb-7(Ab7)   |Ab7   |UDb^7   |n   Z"
)
TUNES = [
    (
        Song(
            "Blue One", "Ann Roe", "Medium Swing", "Bb", groove="Jazz-Medium Swing", tempo_bpm=132
        ),
        AABA,
    ),
    (Song("Bad One", "", "Ballad", "C"), "[T44Hm   |C^7   |Qm   Z"),
    (
        Song("Waltz, The", "", "Waltz", "D-"),
        "*i[T34D-   |A7   ]*A[D-   |G-7 C7 |T44F^7   |A7b9   Z",
    ),
]

SHOWN = """\
Blue One                                                                 Ann Roe
medium swing · Bb · 4/4 · 132 bpm · 12 bars

A  | Cm7  | F7 / Bb7 B7 | Bbmaj7 | %  |

A  | Cm7  | F7 / Bb7 B7 | Bb6 G7 | %  |

     Straight (Ab7)
B  | Ebm7 | Ab7         | Dbmaj7 | NC |

The last time it ends with bar 11.
"""


@pytest.fixture
def playlist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("set.html").write_text(f'<html><a href="{link_of(TUNES, "My set")}">My set</a></html>')
    return "set.html"


def run(capsys, *words):
    """(status, standard output, standard error) of `jazz-improv chart`."""
    status = main(["chart", *words])
    out, err = capsys.readouterr()
    return status, out, err


def said(capsys, *words):
    status, out, err = run(capsys, *words)
    assert (status, err) == (0, "")
    return out


# -- show


def test_show_prints_a_chart_to_read(capsys, playlist):
    assert said(capsys, "show", f"{playlist}#blue one") == SHOWN


def test_show_says_meters_and_what_is_played_once(capsys, playlist):
    shown = said(capsys, "show", f"{playlist}#waltz")
    assert "The Waltz\nwaltz · D minor · 3/4, 4/4 · 150 bpm · 6 bars\n" in shown
    assert "Intro  | Dm | A7       |\n" in shown
    assert "A      | Dm | Gm7 / C7 | 4/4 Fmaj7 | A7b9 |\n" in shown
    assert shown.endswith("From the second time on from bar 3.\n")


def test_show_bars_in_columns(capsys):
    shown = said(capsys, "show", "| Cmaj7 | F7 | C | % | Dm7 G7 | C6 |")
    assert "| Cmaj7  | F7 | C | % |\n| Dm7 G7 | C6 |\n" in shown


@pytest.mark.parametrize(
    ("key", "first", "named"),
    [("Eb", "Fm7", "Eb"), ("+5", "Fm7", "Eb"), ("-2", "Bbm7", "Ab"), ("eb", "Fm7", "Eb")],
)
def test_show_in_another_key(capsys, playlist, key, first, named):
    facts = json.loads(said(capsys, "show", f"{playlist}#blue one", "--key", key, "--json"))
    assert (facts["bars"][0]["chords"][0]["chord"], facts["key"]) == (first, named)


def test_show_as_json(capsys, playlist):
    facts = json.loads(said(capsys, "show", f"{playlist}#blue one", "--json"))
    assert {
        name: facts[name]
        for name in ("title", "composer", "key", "tempo_bpm", "feel", "style", "meter")
    } == {
        "title": "Blue One",
        "composer": "Ann Roe",
        "key": "Bb",
        "tempo_bpm": 132,
        "feel": "medium swing",
        "style": "Medium Swing",
        "meter": "4/4",
    }
    assert len(facts["bars"]) == 12
    assert facts["bars"][1] == {
        "bar": 2,
        "meter": "4/4",
        "chords": [
            {"beat": 1, "chord": "F7"},
            {"beat": 3, "chord": "Bb7"},
            {"beat": 4, "chord": "B7"},
        ],
    }
    assert facts["bars"][11]["chords"] == [{"beat": 1, "chord": "NC"}]
    assert facts["sections"] == [
        {"bar": 1, "label": "A"},
        {"bar": 5, "label": "A"},
        {"bar": 9, "label": "B"},
    ]
    assert facts["remarks"] == [{"bar": 9, "text": "Straight"}, {"bar": 9, "text": "(Ab7)"}]
    assert len(facts["last_time"]) == 11
    waltz = json.loads(said(capsys, "show", f"{playlist}#waltz", "--json"))
    assert waltz["meters"] == [{"bar": 1, "meter": "3/4"}, {"bar": 5, "meter": "4/4"}]
    assert (waltz["again_from_bar"], waltz["last_time"]) == (3, None)


# -- list


def test_list_names_the_tunes(capsys, playlist):
    lines = said(capsys, "list", playlist).splitlines()
    assert [line.split() for line in lines] == [
        "1 Blue One Ann Roe Medium Swing Bb".split(),
        "2 Bad One Ballad C".split(),
        "3 The Waltz Waltz D minor".split(),
    ]
    assert max(map(len, lines)) <= 80


def test_list_checks_every_tune(capsys, playlist):
    status, out, err = run(capsys, "list", playlist, "--check")
    assert status == ChartError.status
    assert "12 bars 4/4" in out and "6 bars 3/4" in out and "cannot be read" in out
    assert "'Hm' in bar 1 of 'Bad One'" in err
    assert "1 of the 3 tunes" in err


def test_list_as_json(capsys, playlist):
    facts = json.loads(said(capsys, "list", playlist, "--json"))
    assert [tune["title"] for tune in facts["tunes"]] == ["Blue One", "Bad One", "The Waltz"]
    assert facts["tunes"][0]["composer"] == "Ann Roe"


def test_list_of_a_built_in_chart(capsys):
    assert said(capsys, "list", "blues").split() == ["1", "Blues", "in", "F"]


# -- convert


@pytest.mark.parametrize("form", ["text", "ireal"])
@pytest.mark.parametrize("tune", ["blue one", "waltz"])
def test_convert_gives_the_same_chart_in_another_form(capsys, playlist, tune, form):
    spec = f"{playlist}#{tune}"
    written = said(capsys, "convert", spec, "--to", form)
    Path("again.txt").write_text(written)
    before, after = load_chart(spec), load_chart("again.txt")
    for name in (
        "title",
        "changes",
        "length_tick",
        "meter_changes",
        "sections",
        "key",
        "tempo_bpm",
        "feel",
    ):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.last and after.last.changes) == (before.last and before.last.changes)


def test_convert_to_musicxml(capsys, playlist):
    written = said(
        capsys, "convert", f"{playlist}#waltz", "--to", "musicxml", "--out", "waltz.musicxml"
    )
    assert written == "Wrote waltz.musicxml: 'The Waltz', 6 bars.\n"
    root = ElementTree.parse("waltz.musicxml").getroot()
    assert len(root.findall(".//measure")) == 6
    assert load_chart("waltz.musicxml").changes == load_chart(f"{playlist}#waltz").changes


def test_convert_in_another_key(capsys):
    assert "| Eb7 | Ab7 | Eb7 | Bbm7 Eb7 |" in said(
        capsys, "convert", "blues", "--to", "text", "--key", "Eb"
    )


# -- what is done otherwise, and said


def test_a_chord_that_cannot_be_read_is_marked_and_named(capsys):
    shown = said(capsys, "show", "| Dm7 | G7q | Cmaj7 |")
    assert "        ? G7q\n| Dm7 | G7 | Cmaj7 |\n" in shown
    assert shown.endswith("G7 is played there.\n")
    facts = json.loads(said(capsys, "show", "| Dm7 | G7q | Cmaj7 |", "--json"))
    assert facts["remarks"] == [{"bar": 2, "text": "? G7q"}]
    assert len(facts["warnings"]) == 1


def test_list_names_what_is_not_played_as_it_stands(capsys):
    status, out, err = run(capsys, "list", "| Dm7 | G7q | Cmaj7 |", "--check")
    assert (status, "3 bars" in out, "'G7q' in bar 2" in err) == (0, True, True)
    status, _, err = run(capsys, "list", "| Dm7 | G7q | Cmaj7 |", "--check", "--strict")
    assert (status, "1 of the 1 tunes" in err) == (ChartError.status, True)


@pytest.mark.parametrize(
    ("form", "moved"),
    [("ireal", "F in bar 1 goes from beat 4.67 to beat 4.5."), ("text", "")],
)
def test_convert_moves_chords_to_where_the_form_has_places(capsys, form, moved):
    status, out, err = run(capsys, "convert", "| C / / / / / / / / / / F |", "--to", form)
    assert (status, moved in err, bool(err)) == (0, True, bool(moved))
    assert load_chart(out).bars == 1


# -- what cannot be done


@pytest.mark.parametrize(
    ("words", "status", "parts"),
    [
        (["show", "set.html"], ChartError.status, ["3 tunes", "'set.html#Blue One'"]),
        (["show", "set.html#bad one"], ChartError.status, ["'Hm'", "bar 1 of 'Bad One'"]),
        (["show", "set.html#nothing"], ChartError.status, ["No tune 'nothing' in 'set.html'"]),
        (["show", "nothing.html"], InputFileError.status, ["no such file"]),
        (["show", "blues", "--key", "H"], ChartError.status, ["'H'", "expected a key"]),
        (["show", "| C |", "--key", "+13"], ChartError.status, ["'+13'", "'+12'"]),
        (["list", "irealb://nonsense"], ChartError.status, ["No song in 'the link'"]),
        (
            ["convert", "blues", "--to", "text", "--out", "no/such"],
            OutputFileError.status,
            ["no/such"],
        ),
        (["convert", "blues"], 2, ["--to"]),
        (["show", "| C | Fq | G |", "--strict"], ChartError.status, ["'Fq' in bar 2", "--strict"]),
        (
            ["convert", "| C / / / / / / / / / / F |", "--to", "ireal", "--strict"],
            ChartError.status,
            ["F in bar 1 goes from beat 4.67 to beat 4.5", "--strict"],
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(capsys, playlist, words, status, parts):
    found, out, err = run(capsys, *words)
    assert (found, out) == (status, "")
    for part in parts:
        assert part in err
    if status != 2:
        assert err.count("\n") == 1 and err.startswith("jazz-improv: ")


@pytest.mark.shared
def test_real_charts_fit_a_terminal(capsys, shared_dir):
    folder = shared_dir / "charts" / "ireal"
    for tune in (
        "blues50.txt#Boom Boom",
        "dixieland1.txt#cheek to cheek",
        "playlist.html#girl from ipanema",
    ):
        shown = said(capsys, "show", f"{folder}/{tune}" + (" (1992)" if "Boom" in tune else ""))
        assert max(map(len, shown.splitlines())) <= 80
    listed = said(capsys, "list", f"{folder}/dixieland1.txt")
    assert len(listed.splitlines()) == 233
    assert max(map(len, listed.splitlines())) <= 80
