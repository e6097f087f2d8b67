"""MIDI files as transcriptions: the melody, the chords, the bar line, and why a file cannot be used."""

from __future__ import annotations

import random
from pathlib import Path

import mido
import pytest

from improv.corpus.midi import read_midi
from improv.corpus.reading import METER_CHANGES, NO_CHORDS, NO_MELODY, OFF_THE_BEAT, UNREADABLE
from improv.music.transcription import Heard
from tests.corpus.test_midi_reader import LINE, SYMBOLS, chords, track, written

ROOT = Path(__file__).parents[2]


def meter(numerator: int, denominator: int = 4, time: int = 0) -> mido.MetaMessage:
    return mido.MetaMessage(
        "time_signature", numerator=numerator, denominator=denominator, time=time
    )


def only(path: Path, melody: str = ""):
    reading = read_midi(path, "x", melody)
    assert not reading.dropped
    return reading.solos[0]


def test_the_four_bars_as_a_transcription() -> None:
    """Steps of 40 ticks; the key as the database spells it; loudness of velocities."""
    solo = only(ROOT / "tests/fixtures/four_bars.mid")
    assert (solo.id, solo.title, solo.beats_per_bar, solo.tempo_bpm) == ("x", "Four bars", 4, 140)
    assert solo.chords == ((0, "Dm7"), (48, "G7"), (96, "Cmaj7"), (144, "A7"))
    assert solo.notes[0] == Heard(6, 6, 62, 67.4)
    assert [n.onset_step for n in solo.notes[:8]] == [6, 12, 16, 20, 24, 30, 36, 42]
    assert solo.key == "C-maj" and solo.instrument == "Solo"


def test_notes_are_rounded_to_the_grid_and_one_a_step(tmp_path: Path) -> None:
    """An ornament gives way to the note that it adorns; of two together the higher counts."""
    notes = [
        (0, 230, 60),
        (250, 490, 62),
        (470, 490, 63),
        (490, 900, 64),
        (960, 1400, 65),
        (962, 1400, 69),
    ]
    notes += [(1920 + at * 240, 2100 + at * 240, 60) for at in range(4)]
    reading = read_midi(written(tmp_path, track("Solo", notes, marks=SYMBOLS)), "x")
    [solo] = reading.solos
    assert [(n.onset_step, n.duration_step, n.pitch) for n in solo.notes[:4]] == [
        (0, 6, 60),
        (6, 6, 62),
        (12, 10, 64),
        (24, 11, 69),
    ]
    assert reading.notes == {"a second note on one step": 2}
    assert solo.notes[0].loudness_db is None  # all are equally loud: nobody has played them


def test_the_melody_may_be_named(tmp_path: Path) -> None:
    """A part of the name is enough; the tracks that there are stand in the report."""
    low = [(a, b, p - 24) for a, b, p in LINE]
    path = written(
        tmp_path, track("Tenor", LINE, marks=SYMBOLS), track("Upright Bass", low, channel=1)
    )
    assert only(path).notes[0].pitch == 60
    assert only(path, "upright").notes[0].pitch == 36
    [dropped] = read_midi(path, "x", "oboe").dropped
    assert dropped.reason == NO_MELODY
    assert "'oboe'" in dropped.sentence and "'Tenor', 'Upright Bass'" in dropped.sentence


def test_a_chart_beside_the_file_is_played_again_and_again(tmp_path: Path) -> None:
    """Its chords under every chorus, its intro once; written symbols go before it, voicings behind."""
    notes = [(i * 480, i * 480 + 400, 60 + i % 12) for i in range(40)]
    comp = track("Piano", chords((50, 53, 57, 60), (43, 53, 57, 59)), channel=1)
    path = written(tmp_path, track("Solo", notes), comp)
    assert only(path).chords == ((0, "Dm7"), (24, "G7"))
    path.with_suffix(".txt").write_text("Title: Two\n\nA: | Cm7 | F7 |\nB: | Bb6 | G7 |\n")
    solo = only(path)
    assert solo.chords[:5] == ((0, "Cm7"), (48, "F7"), (96, "Bb6"), (144, "G7"), (192, "Cm7"))
    assert solo.chords[-1][0] == 432
    assert solo.sections[:3] == ((0, "A", 1), (96, "B", 1), (192, "A", 2))
    symbols = written(tmp_path, track("Solo", notes, marks=SYMBOLS))
    assert only(symbols).chords == ((0, "Dm7"), (24, "G7"))


def test_a_chart_beside_that_does_not_fit_is_the_reason(tmp_path: Path) -> None:
    """One in another meter, and one that cannot be read."""
    path = written(tmp_path, track("Solo", LINE), meta=[meter(3)])
    path.with_suffix(".txt").write_text("| Cm7 | F7 |\n")
    assert [d.reason for d in read_midi(path, "x").dropped] == [METER_CHANGES]
    path.with_suffix(".txt").write_text("| Hfoo |\n")
    [dropped] = read_midi(path, "x").dropped
    assert dropped.reason == NO_CHORDS and "Hfoo" in dropped.sentence


def test_other_meters_and_pickups_written_as_a_meter(tmp_path: Path) -> None:
    """A bar in 3/4 has three quarters; the step 0 is the bar line behind the pickup."""
    waltz = only(written(tmp_path, track("Solo", LINE, marks=SYMBOLS), meta=[meter(3)]))
    assert waltz.beats_per_bar == 3
    conductor = mido.MidiTrack([meter(1), meter(4, time=480)])
    pickup = only(written(tmp_path, conductor, track("Solo", LINE, marks=SYMBOLS)))
    assert pickup.beats_per_bar == 4
    assert [n.onset_step for n in pickup.notes[:3]] == [-12, -6, 0]
    assert pickup.chords[0] == (-12, "Dm7")


def test_a_meter_that_changes_is_the_reason(tmp_path: Path) -> None:
    """Where a tenth of the notes or more is in another."""
    changing = mido.MidiTrack([meter(4), meter(3, time=3840)])
    notes = [(i * 240, i * 240 + 200, 60 + i % 12) for i in range(32)]
    path = written(tmp_path, changing, track("Solo", notes, marks=SYMBOLS))
    [dropped] = read_midi(path, "x").dropped
    assert dropped.reason == METER_CHANGES and "4/4, 3/4" in dropped.sentence
    few = written(tmp_path, changing, track("Solo", notes[:17], marks=SYMBOLS))
    reading = read_midi(few, "x")
    assert len(reading.solos[0].notes) == 16
    assert reading.notes == {"in bars of another meter": 1}


def test_a_bar_line_that_is_off_is_moved(tmp_path: Path) -> None:
    """A recording that begins a beat late: the chords say where the bars are."""
    notes = [(480 + i * 240, 700 + i * 240, 60 + i % 12) for i in range(64)]
    symbols = [(480 + bar * 1920, text) for bar, text in enumerate(("Dm7", "G7", "C6", "A7") * 2)]
    reading = read_midi(written(tmp_path, track("Solo", notes, marks=symbols)), "x")
    [solo] = reading.solos
    assert [n.onset_step for n in solo.notes[:3]] == [0, 6, 12]
    assert solo.chords[:3] == ((-12, "NC"), (0, "Dm7"), (48, "G7"))
    assert ("x", "its chords change on beat 2: bar lines were moved there") in reading.remarks


def test_a_performance_without_a_click_is_left_out(tmp_path: Path) -> None:
    """Its accompaniment is nowhere near its beats."""
    dice = random.Random(1)
    at, comp = 0, []
    for _ in range(100):
        at += dice.randrange(300, 900)
        comp += [(at, at + 200, pitch) for pitch in (50, 53, 57, 60)]
    path = written(tmp_path, track("Solo", LINE), track("Piano", comp, channel=1))
    assert [d.reason for d in read_midi(path, "x").dropped] == [OFF_THE_BEAT]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", UNREADABLE), (b"MThd", UNREADABLE), (b"rubbish", UNREADABLE)],
)
def test_what_is_no_midi_is_in_the_report(tmp_path: Path, content: bytes, reason: str) -> None:
    """Nothing is raised."""
    path = tmp_path / "a.mid"
    path.write_bytes(content)
    assert [(d.what, d.reason) for d in read_midi(path, "x").dropped] == [("x", reason)]


def test_without_melody_or_chords_the_reason_is_said(tmp_path: Path) -> None:
    """Each with its own."""
    drums = written(tmp_path, track("Drums", LINE, channel=9, marks=SYMBOLS))
    assert [d.reason for d in read_midi(drums, "x").dropped] == [NO_MELODY]
    alone = written(tmp_path, track("Solo", LINE))
    assert [d.reason for d in read_midi(alone, "x").dropped] == [NO_CHORDS]
