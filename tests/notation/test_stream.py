"""Takes as streams of music21: every note and every chord is read back."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from improv.charts.text import parse_chart
from improv.music.chart import joined
from improv.music.chord import parse_chord
from improv.music.note import TICKS_PER_BEAT, TICKS_PER_STEP, Note
from improv.music.swing import swing_tick
from improv.music.take import DRUM_CHANNEL, Take, Track
from improv.notation.line import first_bar_of, step_of
from improv.notation.stream import stream_of

music21 = pytest.importorskip("music21")

CHART = replace(
    joined(
        [
            parse_chart("Key: Bb\n| NC |"),
            parse_chart(
                "[A]\n| Cm7 F7alt | Bbmaj7 |\n[B]\n| Am7b5 D7(b9,13) | Gm7/F C9sus4 | D/C7 |"
            ),
            parse_chart("Meter: 3/4\n[C]\n| Cm7 | % | Bb13 NC |"),
        ]
    ),
    title="Prüfung",
    composer="Ann",
    tops=(1920,),
)
ORIGIN_TICK = 1920
"""The bar without chord before it is the count-in."""
RATIO = 1.75


def swung(tick: int, delay_tick: int = 0) -> int:
    return swing_tick(tick, RATIO) + delay_tick


LINE = tuple(Note(ORIGIN_TICK + at * 240, 200, 60 + at % 12, 60 + at) for at in range(40))
PIANO = tuple(
    Note(swung(ORIGIN_TICK + 960 * at + 240 * (at % 2), at % 3), 400, pitch, 50 + at)
    for at in range(12)
    for pitch in (55, 58, 62 + at % 2, 65)
)
BASS = tuple(Note(swung(ORIGIN_TICK + 480 * at, at % 9), 450, 36 + at, 80) for at in range(28))
DRUMS = tuple(
    Note(swung(240 * at), 60, pitch, 70 + at % 50)
    for at in range(4, 60)
    for pitch in ((51, 44) if at % 4 == 0 else (51,))
)


@pytest.fixture(scope="module")
def take() -> Take:
    return Take(
        CHART,
        ((0, 140.0), (ORIGIN_TICK + 4 * 1920, 100.0)),
        (
            Track("Solo", 0, 66, LINE, LINE),
            Track("Piano", 1, 0, PIANO),
            Track("Bass", 2, 32, BASS),
            Track("Drums", DRUM_CHANNEL, None, DRUMS),
        ),
        ((0, "Bb"), (ORIGIN_TICK + 3 * 1920, "C minor")),
        RATIO,
    )


@pytest.fixture(scope="module")
def stream(take):
    return stream_of(take)


def sounded(part, origin_tick: int = ORIGIN_TICK) -> list[tuple[int, int, int]]:
    """(tick, pitch, velocity) of every note of a part that does not go on one before."""
    found = []
    for element in part.recurse().notes:
        if "Harmony" in element.classSet or (element.tie and element.tie.type != "start"):
            continue
        at = origin_tick + round(Fraction(element.getOffsetInHierarchy(part)) * TICKS_PER_BEAT)
        for note in getattr(element, "notes", None) or [element]:
            found.append((at, note.pitch.midi, note.volume.velocity))
    return sorted(found)


def expected(
    notes, swing: float = 1.0, origin_tick: int = ORIGIN_TICK
) -> list[tuple[int, int, int]]:
    """The same of what was played: each at the straight place nearest to it."""
    places = {swing_tick(tick, swing): tick for tick in range(0, TICKS_PER_BEAT, TICKS_PER_STEP)}
    found = []
    for note in notes:
        beat, within = divmod(note.onset_tick, TICKS_PER_BEAT)
        played = min(places, key=lambda place: (abs(place - within), place))
        tick = beat * TICKS_PER_BEAT + places[played]
        if tick >= origin_tick:
            found.append((tick, note.pitch, note.velocity))
    return sorted(found)


def test_every_note_of_the_solo(stream):
    assert sounded(stream.parts[0]) == expected(LINE)


@pytest.mark.parametrize(("number", "notes"), [(1, PIANO), (2, BASS), (3, DRUMS)])
def test_every_note_of_the_band_at_its_straight_place(stream, number, notes):
    assert sounded(stream.parts[number]) == expected(notes, RATIO)


def test_every_chord_once_with_our_symbol_and_our_tones(stream):
    symbols = [*stream.parts[0].recurse().getElementsByClass("Harmony")]
    found = [
        (ORIGIN_TICK + round(each.getOffsetInHierarchy(stream) * TICKS_PER_BEAT), each)
        for each in symbols
    ]
    assert [(tick, symbol.figure) for tick, symbol in found] == [
        (tick, chord.text if chord else "N.C.")
        for tick, chord in CHART.changes
        if tick >= ORIGIN_TICK
    ]
    for tick, symbol in found:
        chord = CHART.chord_at(tick)
        if chord is None:
            assert "NoChord" in symbol.classSet
            continue
        assert {pitch.pitchClass for pitch in symbol.pitches} == chord.tone_pcs | {chord.bass_pc}
        assert symbol.bass().pitchClass == chord.bass_pc == symbol.pitches[0].pitchClass
        if chord.upper is None:
            assert symbol.root().pitchClass == chord.root_pc
    assert not any(part.recurse().getElementsByClass("Harmony") for part in stream.parts[1:])


def test_frame_of_the_score(stream, take):
    assert (stream.metadata.title, stream.metadata.composer) == ("Prüfung", "Ann")
    assert [part.partName for part in stream.parts] == ["Solo", "Piano", "Bass", "Drums"]
    programs = [part.getInstrument(returnDefault=False).midiProgram for part in stream.parts[:3]]
    assert programs == [66, 0, 32]
    assert [part.getInstrument().midiChannel for part in stream.parts] == [0, 1, 2, DRUM_CHANNEL]
    marks = [*stream.parts[0].recurse().getElementsByClass("MetronomeMark")]
    assert [mark.getQuarterBPM() for mark in marks] == [140, 100]
    labels = stream.parts[0].recurse().getElementsByClass("RehearsalMark")
    assert [mark.content for mark in labels] == ["A", "B", "C"]
    for part in stream.parts:
        measures = [*part.getElementsByClass("Measure")]
        assert [m.number for m in measures] == [*range(1, 9)]
        assert [m.quarterLength for m in measures] == [4] * 5 + [3] * 3
        assert [float(m.offset) for m in measures] == [0, 4, 8, 12, 16, 20, 23, 26]
        meters = part.recurse().getElementsByClass("TimeSignature")
        assert [meter.ratioString for meter in meters] == ["4/4", "3/4"]
        keys = part.recurse().getElementsByClass("KeySignature")
        assert [key.sharps for key in keys] == [-2, -3]


def test_swung_eighths_of_the_band_are_written_even(stream):
    offsets = {note.offset % 1 for note in stream.parts[3].recurse().notes}
    assert offsets == {0, 0.5}


def test_what_is_written_out_and_read_again_sounds_the_same(stream, tmp_path):
    """No part is moved: a tenor saxophone and a double bass are written where they sound."""
    path = stream.write("musicxml", fp=str(tmp_path / "take.musicxml"))
    again = music21.converter.parse(path, forceSource=True)
    for one, other in zip(stream.parts, again.parts, strict=True):
        assert [p[:2] for p in sounded(one)] == [p[:2] for p in sounded(other)]
    moved = stream.transpose(2)
    assert sounded(moved.parts[2])[0][1] == BASS[0].pitch + 2


def test_two_soloists_and_none(take):
    other = Track("Trumpet", 4, 56, LINE, LINE[5:9])
    two = stream_of(replace(take, tracks=(*take.tracks, other)))
    assert sounded(two.parts[4]) == expected(LINE[5:9])
    assert [len(part.recurse().getElementsByClass("Harmony")) > 0 for part in two.parts] == [
        *(True, False, False, False, False),
    ]
    band = stream_of(replace(take, tracks=take.tracks[1:]))
    assert [part.partName for part in band.parts] == ["Chords", "Piano", "Bass", "Drums"]
    assert sounded(band.parts[0]) == [] and sounded(band.parts[2]) == expected(BASS, RATIO)
    assert len(band.parts[0].recurse().getElementsByClass("Harmony")) == len(CHART.changes) - 1


def test_a_real_take(solo_over):
    """What a shipped cell plays with the band, as it is handed over."""
    import improv

    made = improv.load("etudes").play("rhythm", choruses=2, seed=3)
    score = stream_of(made)
    origin_tick = made.chart.bar_tick(first_bar_of(made))
    for part, track in zip(score.parts, made.tracks, strict=True):
        notes = [
            n for n in track.written or track.notes if step_of(n.onset_tick) * 40 >= origin_tick
        ]
        assert len(sounded(part)) == len(notes)
        played = sorted((n.pitch, n.velocity) for n in notes)
        assert sorted((pitch, velocity) for _, pitch, velocity in sounded(part)) == played
        starts = sorted(n.onset_tick for n in notes)
        found = sorted(tick for tick, _, _ in sounded(part, origin_tick))
        assert max(abs(a - b) for a, b in zip(starts, found, strict=True)) <= 100
    figures = [s.figure for s in score.parts[0].recurse().getElementsByClass("Harmony")]
    assert all(parse_chord(figure).text == figure for figure in figures if figure != "N.C.")
    chords = [chord for tick, chord in made.chart.changes if tick >= origin_tick]
    assert len(figures) == 1 + sum(one != other for one, other in pairwise(chords))


def test_importing_it_does_not_import_music21():
    program = "import improv.notation.stream, sys; print('music21' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "False", done.stderr
