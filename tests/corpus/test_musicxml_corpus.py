"""Solos and lead sheets in MusicXML as transcriptions."""

from __future__ import annotations

from pathlib import Path

import pytest
from musicxml_maker import (
    BACKWARD,
    FORWARD,
    FOUR,
    chord,
    ending,
    score,
    sign,
    time,
    words,
)

from improv.corpus.musicxml import read_score_solo
from improv.corpus.reading import NO_CHORDS, NO_MELODY, UNREADABLE


def note(
    step: str, octave: int, duration: int, more: str = "", alter: int = 0, voice: str = "1"
) -> str:
    said = f"<alter>{alter}</alter>" if alter else ""
    pitch = f"<pitch><step>{step}</step>{said}<octave>{octave}</octave></pitch>"
    before = "<chord/>" if more == "chord" else "<grace/>" if more == "grace" else ""
    length = "" if more == "grace" else f"<duration>{duration}</duration>"
    tie = f'<tie type="{more}"/>' if more in ("start", "stop") else ""
    return f"<note>{before}{pitch}{length}{tie}<voice>{voice}</voice></note>"


REST = "<note><rest/><duration>{}</duration></note>"
C, D, E, F = (note(step, 4, 2) for step in "CDEF")
BAR = C + D + E + F


def read(tmp_path: Path, content: bytes):
    path = tmp_path / "tune.musicxml"
    path.write_bytes(content)
    return read_score_solo(path, "x")


def line(tmp_path: Path, content: bytes) -> list[tuple[int, int, int]]:
    reading = read(tmp_path, content)
    assert not reading.dropped, reading.dropped
    return [(n.onset_step, n.duration_step, n.pitch) for n in reading.solos[0].notes]


def test_notes_and_chords_of_a_lead_sheet(tmp_path: Path) -> None:
    """Divisions become steps; rests are rests; a tied note is one; grace notes are left out."""
    content = score(
        chord("C", "major-seventh") + BAR,
        chord("A", "minor-seventh")
        + note("G", 4, 1)
        + REST.format(1)
        + note("B", 4, 2, alter=-1)
        + note("F", 4, 0, "grace")
        + note("A", 4, 4, "start"),
        chord("D", "dominant") + note("A", 4, 3, "stop") + note("A", 4, 5),
        head="<work><work-title>Tune</work-title></work>",
    )
    assert line(tmp_path, content) == [
        *((0, 12, 60), (12, 12, 62), (24, 12, 64), (36, 12, 65)),
        *((48, 6, 67), (60, 12, 70), (72, 42, 69), (114, 30, 69)),
    ]
    [solo] = read(tmp_path, content).solos
    assert solo.chords == ((0, "Cmaj7"), (48, "Am7"), (96, "D7"))
    assert (solo.title, solo.instrument, solo.beats_per_bar) == ("Tune", "Lead", 4)
    assert {n.loudness_db for n in solo.notes} == {None}


def test_repeats_endings_and_the_coda_are_played(tmp_path: Path) -> None:
    """The melody goes the way of the chords."""
    g, a, b = (note(step, 4, 8) for step in "GAB")
    content = score(
        FORWARD + chord("C") + BAR,
        ending(1, "start") + chord("F") + g + ending(1, "stop") + BACKWARD,
        ending(2, "start") + chord("G") + a + ending(2, "stop"),
    )
    content = content.replace(BACKWARD.encode(), b"")  # written within the ending below
    content = score(
        FORWARD + chord("C") + BAR,
        ending(1, "start") + chord("F") + g + ending(1, "stop", '<repeat direction="backward"/>'),
        ending(2, "start") + chord("G") + a + ending(2, "stop"),
        chord("C") + b,
    )
    found = line(tmp_path, content)
    assert [(s, p) for s, d, p in found if d == 48] == [(48, 67), (144, 69), (192, 71)]
    assert [s for s, _, p in found if p == 60] == [0, 96]


def test_an_upbeat_comes_before_the_first_bar_once(tmp_path: Path) -> None:
    """Its notes have steps below 0; the repeat goes to the bar."""
    content = score(
        ('implicit="yes"', note("G", 4, 1) + note("A", 4, 1)),
        FORWARD + chord("C") + BAR,
        chord("F") + BAR + BACKWARD,
    )
    found = line(tmp_path, content)
    assert found[:3] == [(-12, 6, 67), (-6, 6, 69), (0, 12, 60)]
    assert [s for s, _, p in found if p == 60] == [0, 48, 96, 144]
    assert len(found) == 18


@pytest.mark.parametrize(
    ("upbeat", "before", "again"),
    [
        ("", FORWARD, False),  # the `|:` is behind the upbeat
        (FORWARD, "", True),
        ("", "", True),  # back to the top
    ],
)
@pytest.mark.parametrize("room", [True, False])
def test_an_upbeat_is_played_again_with_the_repeat_it_opens(tmp_path, upbeat, before, again, room):
    """Where the last bar leaves room for it."""
    content = score(
        ('implicit="yes"', upbeat + note("G", 5, 1) + note("A", 5, 1)),
        before + chord("C") + BAR,
        chord("F") + (C + D + E if room else BAR) + BACKWARD,
    )
    found = [s for s, _, pitch in line(tmp_path, content) if pitch > 70]
    assert found == ([-12, -6, 84, 90] if again and room else [-12, -6])


def test_a_transposing_instrument_is_read_where_it_sounds(tmp_path: Path) -> None:
    """A tenor saxophone is written a ninth higher."""
    tenor = FOUR.replace(
        "</attributes>",
        "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic><octave-change>-1</octave-change>"
        "</transpose></attributes>",
    )
    content = score(chord("D", "minor-seventh") + BAR, chord("G") + BAR, first=tenor)
    assert line(tmp_path, content)[0] == (0, 12, 46)
    [solo] = read(tmp_path, content).solos
    assert solo.chords == ((0, "Cm7"), (48, "F"))


def test_the_first_part_that_is_a_single_line_is_the_melody(tmp_path: Path) -> None:
    """Chords may stand over another; of its voices the one with most notes counts."""
    piano = chord("C") + note("C", 4, 8) + note("E", 4, 8, "chord") + note("G", 4, 8, "chord")
    second = '<part id="P2"><measure number="1">' + FOUR
    second += BAR + "<backup><duration>8</duration></backup>" + note("C", 3, 8, voice="2")
    second += f'</measure><measure number="2">{BAR}</measure></part></score-partwise>'
    content = score(piano, piano).replace(b"</score-partwise>", second.encode())
    content = content.replace(
        b"</part-list>",
        b'<score-part id="P2"><part-name>Alto</part-name></score-part></part-list>',
    )
    assert [p for _, _, p in line(tmp_path, content)] == [60, 62, 64, 65] * 2
    [solo] = read(tmp_path, content).solos
    assert (solo.instrument, solo.chords) == ("Alto", ((0, "C"),))
    assert [d.reason for d in read(tmp_path, score(piano, piano)).dropped] == [NO_MELODY]


def test_a_waltz_and_a_jump_to_the_coda(tmp_path: Path) -> None:
    """Three quarters a bar; D.C. al Coda is played."""
    three = FOUR.replace("<beats>4", "<beats>3")
    bar = C + D + E
    content = score(
        chord("C") + bar,
        chord("F") + words("To Coda") + bar,
        chord("G") + bar + words("D.C. al Coda"),
        sign("coda") + chord("A", "minor") + note("A", 4, 6),
        first=three,
    )
    [solo] = read(tmp_path, content).solos
    assert solo.beats_per_bar == 3
    assert [symbol for _, symbol in solo.chords] == ["C", "F", "G", "C", "F", "Am"]
    assert solo.notes[-1].onset_step == 5 * 36


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (score(BAR, BAR), NO_CHORDS),
        (score(chord("C") + REST.format(8)), NO_MELODY),
        (b"<score-partwise>", UNREADABLE),
        (b"PK\x03\x04rubbish", UNREADABLE),
        (score(chord("H") + BAR, BAR), UNREADABLE),
    ],
)
def test_what_cannot_be_used_is_in_the_report(tmp_path: Path, content: bytes, reason: str) -> None:
    """In one sentence that names the file; nothing is raised."""
    [dropped] = read(tmp_path, content).dropped
    assert (dropped.what, dropped.reason) == ("x", reason)
    assert "tune.musicxml" in dropped.sentence and "\n" not in dropped.sentence


def test_what_is_read_otherwise_than_it_stands_is_a_remark(tmp_path: Path) -> None:
    content = score(
        chord("C") + BAR, time(4, 3) + chord("H") + BAR + words("D.C. al Fine"), chord("F") + BAR
    )
    reading = read(tmp_path, content)
    assert len(reading.solos) == 1
    said = " ".join(sentence for _, sentence in reading.remarks)
    assert "'4/3'" in said and "root 'H'" in said and "D.C. al Fine" in said


def test_a_score_of_another_program_does_not_stop_anything(tmp_path: Path) -> None:
    """Notes without steps, durations without numbers, voices without notes."""
    odd = "<note><pitch><step>X</step><octave>4</octave></pitch><duration>2</duration></note>"
    odd += "<note><pitch><step>C</step></pitch><duration>x</duration></note><note/>"
    odd += "<note><unpitched/><duration>2</duration></note><backup/><forward/>"
    found = line(tmp_path, score(chord("C") + odd, chord("F") + BAR))
    assert [p for _, _, p in found] == [60, 62, 64, 65]
