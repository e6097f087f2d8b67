"""Key, bar line and beat, as the music says them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from improv.corpus.checks import bar_line_shift, keeps_a_beat, key_of, weimar_key
from improv.corpus.events import read_events
from improv.music.transcription import Heard, Transcription


def solo(pitches, chords=()) -> Transcription:
    notes = tuple(Heard(12 * at, 12, pitch) for at, pitch in enumerate(pitches))
    return Transcription("x", "X", "", "", "", "", 120, "", 4, tuple(chords), (), notes)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        *(
            ("Bb", "Bb-maj"),
            ("C", "C-maj"),
            ("Cm", "C-min"),
            ("F#m", "F#-min"),
            ("C minor", "C-min"),
        ),
        *(
            ("D dorian", "D-dor"),
            ("G mixolydian", "G-mix"),
            ("", ""),
            ("H", ""),
            ("Bb major", "Bb-maj"),
        ),
    ],
)
def test_keys_are_spelled_as_in_the_database(said: str, written: str) -> None:
    """Tonic, hyphen, mode; empty for what is none."""
    assert weimar_key(said) == written


SCALE = [60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60, 67, 60]


def test_a_missing_key_is_heard_and_a_wrong_one_replaced() -> None:
    """The one that is right stays, and so do its relative, its modes and its neighbours."""
    tune = solo(SCALE, [(0, "Cmaj7"), (48, "Dm7"), (72, "G7"), (96, "C6")])
    assert key_of(tune, "") == ("C-maj", "its file names no key; C-maj is heard")
    assert key_of(tune, "F#") == ("C-maj", "its file names the key F#, but C-maj is heard")
    for said, written in (("C", "C-maj"), ("Am", "A-min"), ("D dorian", "D-dor"), ("G", "G-maj")):
        assert key_of(tune, said) == (written, "")
    up = solo([pitch + 3 for pitch in SCALE], [(0, "Ebmaj7"), (48, "Fm7"), (72, "Bb7")])
    assert key_of(up, "C") == ("Eb-maj", "its file names the key C, but Eb-maj is heard")
    assert key_of(solo([]), "Eb") == ("Eb-maj", "")


@pytest.mark.shared
def test_keys_of_transcriptions_are_seldom_doubted(shared_dir: Path) -> None:
    """What people have annotated is left alone in 94 of 100 solos at least; a tritone off is found in 85."""
    kept = found = total = 0
    for each in read_events(shared_dir / "eval" / "valid.jsonl.gz"):
        tonic, _, mode = each.key.partition("-")
        if mode not in ("maj", "min"):
            continue
        said = tonic + "m" * (mode == "min")
        total += 1
        kept += key_of(each, said) == (each.key, "")
        up = [(step, symbol) for step, symbol in each.chords]
        far = solo([n.pitch for n in each.notes], up)
        found += bool(key_of(far, {"maj": "F#", "min": "F#m"}[mode])[1]) or tonic in ("F#", "Gb")
    assert total > 30 and kept >= 0.94 * total and found >= 0.85 * total


def test_the_bar_line_is_where_chords_change() -> None:
    """Where they all begin on another beat it is moved there; with doubt it stays."""
    bars = [48 * bar for bar in range(16)]
    halves = [24 * half for half in range(32)]
    for beats in (1, 2, 3):
        assert bar_line_shift([step + 12 * beats for step in bars], 4) == beats
        assert bar_line_shift([step + 12 * beats for step in bars[:7]], 4) == 0
    assert bar_line_shift(bars, 4) == bar_line_shift(halves, 4) == 0
    assert bar_line_shift([12 * beat for beat in range(32)], 4) == 0
    assert bar_line_shift([36 * bar + 12 for bar in range(16)], 3) == 1


@pytest.mark.shared
def test_the_bar_line_of_no_transcription_is_moved(shared_dir: Path) -> None:
    """And where it is a beat off, it is put right in most."""
    solos = read_events(shared_dir / "eval" / "valid.jsonl.gz")
    steps = [[step for step, _ in each.chords] for each in solos]
    assert not any(bar_line_shift(each, 4) for each in steps)
    moved = sum(bar_line_shift([step + 12 for step in each], 4) == 1 for each in steps)
    assert moved >= 0.7 * len(steps)


def test_onsets_that_keep_the_beat_are_told_from_those_that_do_not() -> None:
    """Swung and pushed notes keep it; a performance without a click has onsets everywhere."""
    dice = random.Random(3)
    for parts in (1, 2, 3, 4):
        grid = [dice.randrange(400) / parts + dice.gauss(0, 0.03) for _ in range(200)]
        assert keeps_a_beat(grid)
    swung = [beat + place + dice.gauss(0.05, 0.05) for beat in range(100) for place in (0, 0.62)]
    assert keeps_a_beat(swung)
    free = [dice.uniform(0, 200) for _ in range(300)]
    assert not keeps_a_beat(free)
    assert keeps_a_beat(free[:50])  # too few to tell
