"""The picture of a take: what is in it, how much of it, and that matplotlib is left as it was."""

from __future__ import annotations

import struct
import subprocess
import sys
from dataclasses import replace

import pytest

from improv import piano_roll
from improv.charts.text import parse_chart
from improv.errors import MissingError, OutputFileError
from improv.music.chart import joined
from improv.music.note import Note
from improv.music.take import DRUM_CHANNEL, Take, Track
from improv.notation.line import first_bar_of

pytest.importorskip("matplotlib", reason="needs the extra [plot]")

CHART = replace(
    joined(
        [
            parse_chart("| NC |"),
            parse_chart("[A]\n| Bb7 | % | F#m7b5 |\n[B]\n| G7 | C6 |"),
        ]
    ),
    title="A $5 tune_",
    tops=(1920,),
)


def take(chart=CHART, band: bool = True) -> Take:
    ticks = range(1920, chart.length_tick, 480)
    solo = tuple(Note(t, 400, 60 + t // 480 % 12, 90) for t in ticks)
    tracks = [Track("Solo", 0, 66, solo, solo)]
    if band:
        tracks += [
            Track("Piano", 1, 0, tuple(Note(t, 900, 57, 60) for t in ticks)),
            Track("Bass", 2, 32, tuple(Note(t, 450, 36, 60) for t in ticks)),
            Track("Drums", DRUM_CHANNEL, None, tuple(Note(t, 60, 51, 60) for t in ticks)),
        ]
    return Take(chart, ((0, 120.0),), tuple(tracks))


def size_of(path) -> tuple[int, int]:
    """(width, height) of a PNG in pixels."""
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    return struct.unpack(">II", head[16:])


def test_a_note_that_begins_early_goes_on_in_the_next_line():
    _, line = piano_roll.lines_of(CHART, 1, 5)
    legato, early, inside = (
        Note(7000, 700, 60, 90),
        Note(7500, 900, 62, 90),
        Note(8000, 100, 64, 90),
    )
    assert piano_roll._between([legato, early, inside], line) == [early, inside]


def test_lines_have_four_bars_and_begin_with_sections_after_the_count_in():
    assert first_bar_of(take()) == 1
    lines = piano_roll.lines_of(CHART, 1, 5)
    assert [line.bars for line in lines] == [(1, 2, 3), (4, 5)]
    assert [(line.start_tick, line.end_tick) for line in lines] == [(1920, 7680), (7680, 11520)]


def test_a_take_is_drawn_and_the_band_takes_room(tmp_path):
    told: list[int] = []
    assert piano_roll.draw(take(), tmp_path / "band.png", progress=told.append) == 5
    assert told == [7680, 11520]
    assert piano_roll.draw(take(band=False), tmp_path / "alone.png") == 5
    wide, high = size_of(tmp_path / "band.png")
    assert wide == 1300
    assert high > size_of(tmp_path / "alone.png")[1]


def test_the_same_take_is_the_same_picture(tmp_path):
    for name in ("a.png", "b.png"):
        piano_roll.draw(take(), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_all_soloists_are_in_the_solos_place(tmp_path):
    one = take(band=False)
    low = tuple(replace(note, pitch=note.pitch - 7) for note in one.tracks[0].notes)
    two = replace(one, tracks=(*one.tracks, Track("Low", 4, 70, low, low)))
    partner = replace(two, tracks=(*one.tracks, replace(two.tracks[-1], name="Partner")))
    for name, played in (("one", one), ("two", two), ("partner", partner)):
        piano_roll.draw(played, tmp_path / f"{name}.png")
    sizes = {size_of(tmp_path / f"{name}.png") for name in ("one", "two", "partner")}
    assert len(sizes) == 1, "it is no accompaniment"
    pictures = {(tmp_path / f"{name}.png").read_bytes() for name in ("one", "two", "partner")}
    assert len(pictures) == 3, "the partner has another colour"


def test_a_part_and_a_limit(tmp_path):
    assert piano_roll.draw(take(), tmp_path / "part.png", bars=2) == 2
    long = parse_chart("| C | F |").unrolled(100)
    assert piano_roll.draw(take(long, band=False), tmp_path / "long.png") == piano_roll.MOST_BARS


def test_odd_takes_are_drawn(tmp_path):
    """No tracks, no notes, a bar cut short, meters that change, a title that could be mathematics."""
    odd = joined(
        [replace(parse_chart("Meter: 5/4\n| C |"), length_tick=1000), parse_chart("| NC |")]
    )
    for chart in (replace(odd, title="$x$ ♭\n \ud800 曲"), odd):
        assert piano_roll.draw(Take(chart, ((0, 90.0),), ()), tmp_path / "odd.png") >= 1


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        ("Bb7", "B♭7"),
        ("F#m7b5", "F♯m7♭5"),
        ("C7(b9,#11)", "C7(♭9,♯11)"),
        ("D7/F#", "D7/F♯"),
        ("Csus4", "Csus4"),
    ],
)
def test_symbols_have_the_signs_of_music(symbol, shown):
    assert piano_roll.pretty(symbol) == shown


def test_matplotlib_is_used_without_its_global_state():
    """Neither the window system nor pyplot is touched, and the module itself imports nothing heavy."""
    program = (
        "import sys; import improv.piano_roll as roll; assert 'matplotlib' not in sys.modules;"
        "from test_piano_roll import take; import pathlib, tempfile;"
        "roll.draw(take(), pathlib.Path(tempfile.mkdtemp()) / 'x.png');"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=piano_roll.__file__.rsplit("improv", 1)[0] + "tests"
    )
    assert done.returncode == 0


def test_without_the_extra_it_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setattr(piano_roll.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"pip install 'jazz-improv\[plot\]'"):
        piano_roll.draw(take(), tmp_path / "x.png")


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(OutputFileError):
        piano_roll.draw(take(), tmp_path / "no" / "x.png")
