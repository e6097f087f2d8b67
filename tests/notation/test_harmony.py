"""Chords as MusicXML says them."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from improv.charts.musicxml_harmony import chord_of
from improv.music.chord import parse_chord, parse_chord_or_nc
from improv.notation.harmony import harmony_body, kind_of

# Semitones of MusicXML's kinds, and of its degrees counted from a dominant chord.
KINDS = {
    "major": {0, 4, 7},
    "major-sixth": {0, 4, 7, 9},
    "dominant": {0, 4, 7, 10},
    "major-seventh": {0, 4, 7, 11},
    "minor": {0, 3, 7},
    "minor-sixth": {0, 3, 7, 9},
    "minor-seventh": {0, 3, 7, 10},
    "major-minor": {0, 3, 7, 11},
    "diminished": {0, 3, 6},
    "diminished-seventh": {0, 3, 6, 9},
    "half-diminished": {0, 3, 6, 10},
    "augmented": {0, 4, 8},
    "dominant-ninth": {0, 2, 4, 7, 10},
    "major-ninth": {0, 2, 4, 7, 11},
    "minor-ninth": {0, 2, 3, 7, 10},
    "minor-11th": {0, 2, 3, 5, 7, 10},
    "dominant-13th": {0, 2, 4, 7, 9, 10},  # the eleventh is left out, as players do
    "major-13th": {0, 2, 4, 7, 9, 11},
    "minor-13th": {0, 2, 3, 7, 9, 10},
    "suspended-fourth": {0, 5, 7},
    "suspended-second": {0, 2, 7},
    "power": {0, 7},
}
DEGREES = {3: 4, 5: 7, 6: 9, 7: 10, 9: 2, 11: 5, 13: 9}

SYMBOLS = """
C C6 C6/9 Cmaj7 Cmaj9 Cmaj7#11 Cmaj9#11 Cmaj13 Cmaj7#5 Cm Cm6 Cm6/9 Cm7 Cm9 Cm11 CmMaj7 CmMaj13 Cmb6 Cmadd9
Cm7b5 Cm9b5 Cdim Cdim7 CdimMaj7 Caug C7 C9 C13 C7b5 C7b9 C7#9 C7#11 C9#11 C13b9 C7(b9,13) C7(#9,#11,13)
C7b9#11 C7b13 C7#5 C7#5#9 C7b9b13 C7alt Csus4 Csus2 C7sus4 C9sus4 C13sus4 C7sus4b9 C7sus4add3 C5 Cadd9
C9#5 C7b5b9 C13#11 Cm13 Cm7(11) Cmaj7b5 C7b9#9 Cm7(b13)
""".split()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_kind_and_degrees_have_the_tones_of_the_chord(symbol):
    chord = parse_chord(symbol)
    kind, degrees = kind_of(chord)
    tones = set(KINDS[kind])
    for what, value, alter in degrees:
        if what == "alter":
            tones.discard(DEGREES[value])
        tones.add((DEGREES[value] + alter) % 12)
    assert tones == set(chord.tones)


@pytest.mark.parametrize(
    ("symbol", "kind", "degrees"),
    [
        ("C7b9", "dominant", (("add", 9, -1),)),
        ("C13b9", "dominant-13th", (("alter", 9, -1),)),
        ("C7alt", "dominant", (("alter", 5, 1), ("add", 9, 1))),
        ("C7sus4", "suspended-fourth", (("add", 7, 0),)),
        ("Cm7b5", "half-diminished", ()),
        ("Cmaj9#11", "major-ninth", (("add", 11, 1),)),
    ],
)
def test_the_usual_ones_are_said_as_notation_programs_say_them(symbol, kind, degrees):
    assert kind_of(parse_chord(symbol)) == (kind, degrees)


def test_roots_basses_and_looks():
    assert harmony_body(parse_chord("Bb7(b9,13)/Ab")).startswith(
        "<root><root-step>B</root-step><root-alter>-1</root-alter></root>"
    )
    body = harmony_body(parse_chord("Eb6/9/G"))
    assert '<kind text="6/9">major-sixth</kind><bass><bass-step>G</bass-step></bass>' in body
    assert '<kind text="N.C.">none</kind>' in harmony_body(None)


@pytest.mark.parametrize("symbol", [*SYMBOLS, "F#m7/E", "NC"])
def test_music21_reads_each(symbol):
    """Its own idea of an added seventh beside a suspended fourth differs (a major one); roots do not."""
    from music21 import converter, harmony

    chord = None if symbol == "NC" else parse_chord(symbol)
    xml = (
        '<score-partwise version="4.0"><part-list><score-part id="P1"><part-name/></score-part>'
        '</part-list><part id="P1"><measure number="1"><attributes><divisions>1</divisions>'
        f"</attributes><harmony>{harmony_body(chord)}</harmony><note><rest/><duration>4</duration>"
        "</note></measure></part></score-partwise>"
    )
    (read,) = converter.parseData(xml, format="musicxml").recurse().getElementsByClass("Harmony")
    if chord is None:
        assert isinstance(read, harmony.NoChord)
        return
    assert read.root().pitchClass == chord.root_pc
    assert read.bass().pitchClass == chord.bass_pc
    read_tones = {(pitch.pitchClass - chord.root_pc) % 12 for pitch in read.pitches}
    if chord.quality != "sus" and "13" not in symbol:
        assert read_tones - {(chord.bass_pc - chord.root_pc) % 12} <= set(chord.tones)
        assert set(chord.tones) <= read_tones


@pytest.mark.parametrize("symbol", [*SYMBOLS, "F#m7/E", "NC", "D/C7", "F#/Gmaj7", "D/Cmaj"])
def test_each_is_read_back_as_what_it_was(symbol):
    chord = parse_chord_or_nc(symbol)
    assert chord_of(fromstring(f"<harmony>{harmony_body(chord)}</harmony>"), "here") == chord


@pytest.mark.parametrize("symbol", ["D/C7", "Ebm/C7", "D/Cmaj", "D/C7/G", "Eb/C7b9"])
def test_a_polychord_is_two_roots_with_a_kind_each(symbol):
    body = harmony_body(parse_chord(symbol))
    assert (body.count("<root>"), body.count("<kind ")) == (2, 2)
    read = chord_of(fromstring(f"<harmony>{body}</harmony>"), "here")
    assert read == parse_chord(symbol)
