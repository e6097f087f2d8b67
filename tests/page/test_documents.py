"""What is dropped on the page, and what is taken home from it."""

from __future__ import annotations

import base64
import io

import mido
import pytest

from improv.charts.built_in import BUILT_IN
from improv.charts.library import load_chart
from improv.charts.text import parse_chart
from improv.config import Plan, Tune
from improv.music.note import Note
from improv.page import documents, told
from improv.page.form import tune_message
from improv.page.kept import Kept
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_performance
from improv.performance.played import PlayedNote

WRITTEN = """Title: Folded
Key: F
[A]
|: F7 | Bb7 |1. C7 | F7 :|
| 2. Gm7 To Coda | 3/4 C7 F7 |
[B]
| 4/4 "softly" Am7 | D7 | D.C. al Coda |
Coda
| Gb7 | F6 |
"""


def read(text="", **message):
    return documents.read(message or {"text": text})


@pytest.mark.parametrize("text", [WRITTEN, *BUILT_IN])
def test_what_is_said_to_the_session_is_the_same_music_as_it_stands(text):
    (tune,) = read(text)["tunes"]
    assert parse_chart(tune["say"]) == load_chart(text)
    if text is WRITTEN:
        assert ":|" in tune["say"] and "To Coda" in tune["say"]


def test_what_cannot_be_read_says_in_which_line():
    problem = read("| Dm7 |\n| G7 :| oops | :|\n|: C7 |")
    assert problem["tunes"] == [] or "error" in problem["tunes"][0]
    row = (problem["tunes"] or [problem])[0]
    assert row["line"] == 3 and "Untitled" not in row["error"]


def test_a_chord_that_cannot_be_read_is_marked_and_the_chart_still_plays():
    (tune,) = read("| Dm7 | G7 |\n| Cmaj7 | Hx9 |")["tunes"]
    ((line, sentence),) = tune["warnings"]
    assert line == 2 and "'Hx9'" in sentence and parse_chart(tune["say"]).bars == 4


def test_chords_without_bar_lines_are_bars():
    assert read("Dm7 G7 Cmaj7")["tunes"][0]["facts"] == "3 bars of 4/4"


@pytest.mark.parametrize(
    "message",
    [
        {"name": "x.mid", "base64": base64.b64encode(b"MThd\0\0\0\6broken").decode()},
        {
            "name": "x.musicxml",
            "base64": base64.b64encode(b"<?xml version='1.0'?><score-").decode(),
        },
        {"name": "x.txt", "base64": "no base64 at all!"},
        {"name": "x.jsonl", "base64": base64.b64encode(b'{"jazz_improv": 1}\n').decode()},
        {"name": "/etc/passwd", "base64": base64.b64encode(b"\0\1\2").decode()},
        {"text": "   "},
        {"text": "/etc/passwd"},
        {"text": "irealb://nothing"},
    ],
)
def test_bad_documents_get_one_sentence(message):
    answer = documents.read(message)
    row = (answer["tunes"] or [answer])[0]
    assert row["error"].endswith(".") and "\n" not in row["error"]


# -- to be taken home


@pytest.fixture
def kept(tmp_path):
    """Two choruses of a two-bar tune that goes on, half a bar into the third."""
    tune = Tune(load_chart("| Dm7 | G7 |"), Plan(), {}, "build")
    performance = make_performance(tune, arrange(tune.chart, tune.plan))
    chart, tempo = performance.arrangement.chart, performance.tempo
    kept = Kept(tmp_path / "kept")
    musicians = [("solo", 0, 65, True), ("bass", 1, 32, False)]
    kept.take(
        {
            "type": "welcome",
            "musicians": [
                dict(zip(("name", "channel", "program", "solo"), row, strict=True))
                for row in musicians
            ],
        }
    )
    kept.take(tune_message(performance))
    kept.take(told.tempo(performance, 0, lambda ns: ns / 1e6))
    notes = []
    for number in range(20):
        tick = number * 480
        written = Note(tick, 240, 60 + number, 90)
        notes.append(
            PlayedNote(2 * number, tick, tick + 240, 60 + number, 90, 0, "solo", "", written)
        )
        notes.append(PlayedNote(2 * number + 1, tick, tick + 400, 40, 80, 1, "bass"))
    ms = lambda tick: tempo.ns_at(tick) / 1e6  # noqa: E731
    rows = [told.note(n, chart, ms(n.onset_tick), ms(n.end_tick)) for n in notes]
    kept.take({"type": "notes", "notes": rows})
    other = tmp_path / "kept"
    with open(other, "ab") as file:
        file.write(b'{"type": "notes", "notes": [[7')  # it is killed in the middle of a word
    kept = Kept(other)
    kept.take(tune_message(performance))  # as whoever takes over is told
    kept.take({"type": "withdraw", "ids": [0]})
    return kept.until(ms(4 * 1920 + 960))


def content(answer):
    return answer["name"], base64.b64decode(answer["base64"])


def pitches(midi, channel):
    messages = mido.MidiFile(file=io.BytesIO(midi))
    return [
        m.note
        for t in messages.tracks
        for m in t
        if m.type == "note_on" and m.velocity and m.channel == channel
    ]


def test_the_session_is_what_was_heard_and_not_what_was_withdrawn_or_is_still_planned(kept):
    name, midi = content(documents.file_of(kept, "session", "mid"))
    assert name == "Dm7 G7.mid"
    assert pitches(midi, 0) == list(range(61, 78))


def test_the_last_chorus_is_the_last_that_was_played_to_its_end(kept):
    name, midi = content(documents.file_of(kept, "chorus", "mid"))
    assert "last chorus" in name and pitches(midi, 0) == list(range(68, 76))


def test_tempos_that_were_over_before_the_tune_began_are_not_of_it(kept):
    """They may be told from a tick before it; the last of them holds at its beginning."""
    kept.stretches[0].tempos.clear()
    kept.stretches[0].tempos.update({-900: 100.0, -400: 120.0, 1920: 150.0})
    _, midi = content(documents.file_of(kept, "session", "mid"))
    at, found = 0, []
    for message in mido.MidiFile(file=io.BytesIO(midi)).tracks[0]:
        at += message.time
        if message.type == "set_tempo":
            found.append((at, round(mido.tempo2bpm(message.tempo))))
    assert found == [(0, 120), (1920, 150)]


def test_a_page_that_renders_sound_is_given_the_notes(kept):
    answer = documents.file_of(kept, "chorus", "notes")
    assert [row[5] for row in answer["rows"] if row[8] == "solo"] == list(range(68, 76))


def test_the_solo_goes_home_on_paper(kept):
    _, text = content(documents.file_of(kept, "chorus", "musicxml"))
    assert text.count(b"<pitch>") == 8 and b"<kind" in text


def test_what_cannot_be_taken_home_says_so(kept, tmp_path):
    nothing = Kept(tmp_path / "nothing").until(0)
    assert "error" in documents.file_of(nothing, "session", "mid")
    assert "error" in documents.file_of(kept, "session", "exe")
