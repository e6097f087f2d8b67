"""Chord symbols: what each spelling means, one canonical spelling, and what is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.errors import ChartError
from improv.music.chord import (
    QUALITIES,
    Chord,
    parse_chord,
    parse_chord_or_nc,
    print_chord,
)
from improv.music.chord_tables import KINDS
from improv.music.scale import SCALES

# canonical spelling -> quality, tones, and every other spelling of the same chord (on C)
SPELLINGS = {
    "C": ("maj", (0, 4, 7), "Cmaj CM Cma Cmajor C/C"),
    "C6": ("maj", (0, 4, 7, 9), "Cmaj6 CM6 Cadd6 Cadd13"),
    "C6/9": ("maj", (0, 2, 4, 7, 9), "C69 C6(9) C6add9 C(6/9) C6,9"),
    "Cmaj7": (
        "maj",
        (0, 4, 7, 11),
        "Cma7 CM7 Cj7 C^7 CΔ7 CΔ C^ C△7 CMaj7 CMA7 C7M C(maj7) Cmajor7 Cion",
    ),
    "Cmaj9": ("maj", (0, 2, 4, 7, 11), "CM9 Cj79 C^9 CΔ9 Cmaj7(9)"),
    "Cmaj7#11": ("maj", (0, 4, 6, 7, 11), "C^7#11 CM7(#11) CΔ7+11 Cmaj7#4 Clyd Clydian"),
    "Cmaj9#11": ("maj", (0, 2, 4, 6, 7, 11), "Cj7911# C^9#11"),
    "Cmaj13": ("maj", (0, 2, 4, 7, 9, 11), "C^13 CM13"),
    "Cmaj7#5": ("aug", (0, 4, 8, 11), "C^7#5 C+j7 C+M7 CM7+5 Cmaj+7 Caug(maj7)"),
    "Cmaj7(13)": ("maj", (0, 4, 7, 9, 11), "Cmaj7/6 C6(maj7) Cmaj7add13"),
    "Cm": ("min", (0, 3, 7), "C- Cmin Cmi Cminor"),
    "Cm6": ("min", (0, 3, 7, 9), "C-6 Cmin6"),
    "Cm6/9": ("min", (0, 2, 3, 7, 9), "C-69 Cm69"),
    "Cm7": ("min", (0, 3, 7, 10), "C-7 Cmin7 Cmi7 CMI7 Cminor7 C–7 C-⁷ Cm(7) Cm(b7) Cmin.7 Cdor"),
    "Cm9": ("min", (0, 2, 3, 7, 10), "C-9 C-79 Cm7(9)"),
    "Cm11": ("min", (0, 2, 3, 5, 7, 10), "C-11 C-7911"),
    "CmMaj7": (
        "min",
        (0, 3, 7, 11),
        "C-j7 Cm^7 C-^7 CmM7 Cm(maj7) C-Δ7 CminMaj7 C-^ Cmin/maj7 Cm7M Cm#7 Cm(+7)",
    ),
    "Cm7b9": ("min", (0, 1, 3, 7, 10), "C-7b9 Cphryg Cphrygian"),
    "CmMaj13": ("min", (0, 2, 3, 7, 9, 11), "C-j7913"),
    "Cmb6": ("min", (0, 3, 7, 8), "C-b6"),
    "Cmadd9": ("min", (0, 2, 3, 7), "Cm(add9) C-add9 Cm2"),
    "Cm7b5": (
        "hdim",
        (0, 3, 6, 10),
        "C-7b5 Cø Cø7 CØ Ch Ch7 Cm7(b5) Cm7-5 Cm7(5-) Chalfdim7 Cloc Cdim(b7)",
    ),
    "Cm9b5": ("hdim", (0, 2, 3, 6, 10), "Ch9 Cø9"),
    "Cdim": ("dim", (0, 3, 6), "Co C° C0 Cdim. Cmb5"),
    "Cdim7": ("dim", (0, 3, 6, 9), "Co7 C°7 C07 Cdim6"),
    "CdimMaj7": ("dim", (0, 3, 6, 11), "CoΔ7 C°(maj7) Co^7 CøΔ"),
    "Caug": ("aug", (0, 4, 8), "C+ C(#5) C+5"),
    "C7": ("dom", (0, 4, 7, 10), "Cdom7 C(7) C(b7) Cadd7 Caddb7 Cmixo"),
    "C9": ("dom", (0, 2, 4, 7, 10), "C79 C7(9) C7/9"),
    "C13": ("dom", (0, 2, 4, 7, 9, 10), "C7913 C9(13) C9/13"),
    "C7(13)": ("dom", (0, 4, 7, 9, 10), "C7/13 C7/6 C7add13 C6b7"),
    "C7b5": ("dom", (0, 4, 6, 10), "C7-5 C7(b5)"),
    "C7b9": ("dom", (0, 1, 4, 7, 10), "C79b C7-9 C7(b9) C7♭9 C7/b9 C7(9-)"),
    "C7#9": ("dom", (0, 3, 4, 7, 10), "C79# C7+9 C7(♯9) C7(9+)"),
    "C7#11": ("dom", (0, 4, 6, 7, 10), "C7#4 C7(#11)"),
    "C9#11": ("dom", (0, 2, 4, 6, 7, 10), "C7911# C7(9,#11)"),
    "C13b9": ("dom", (0, 1, 4, 7, 9, 10), ""),
    "C7(b9,13)": ("dom", (0, 1, 4, 7, 9, 10), "C79b13 C7(b9)(13)"),
    "C7(#9,#11,13)": ("dom", (0, 3, 4, 6, 7, 9, 10), "C79#11#13"),
    "C7b9#11": ("dom", (0, 1, 4, 6, 7, 10), "C7(b9,#11) C7(b9#11) C7(#11b9) C79b11#"),
    "C7b13": ("dom", (0, 4, 7, 8, 10), "C7b6 C7(b13)"),
    "C7#5": ("alt", (0, 4, 8, 10), "C+7 C7+ C7+5 Caug7 C7aug C7(5+)"),
    "C7#5#9": ("alt", (0, 3, 4, 8, 10), "C7#9#5 C+79# C7(#5,#9)"),
    "C7b9b13": ("alt", (0, 1, 4, 7, 8, 10), "C79b13b C7(b13b9)"),
    "C7alt": ("alt", (0, 3, 4, 8, 10), "Calt C7(alt) C7ALT Caltered"),
    "Csus4": ("sus", (0, 5, 7), "Csus CSUS C(sus4) C4"),
    "Csus2": ("sus", (0, 2, 7), ""),
    "Csus4add9": ("sus", (0, 2, 5, 7), "Csus24 Csus2sus4"),
    "C7sus4": ("sus", (0, 5, 7, 10), "C7sus Csus7 Csusaddb7 Csus.7"),
    "Cm7sus4": ("sus", (0, 5, 7, 10), "C-7sus Cmin7sus4"),
    "C9sus4": ("sus", (0, 2, 5, 7, 10), "C9sus C11 Csus79 Csus9"),
    "C13sus4": ("sus", (0, 2, 5, 7, 9, 10), "C13sus Csus7913"),
    "C7sus4b9": ("sus", (0, 1, 5, 7, 10), "C7b9sus C7susb9 C7sus(b9) C11b9"),
    "C7sus4add3": ("sus", (0, 4, 5, 7, 10), "C7susadd3"),
    "C5": ("maj", (0, 7), "C(5) Cno3 C(omit3)"),
    "Cadd9": ("maj", (0, 2, 4, 7), "C2 C(add9) C(9) C/9"),
    "Caddb9": ("maj", (0, 1, 4, 7), "C(addb9)"),
    "Cadd9no3": ("maj", (0, 2, 7), "C5add9 C5(9)"),
    "C7no3": ("dom", (0, 7, 10), "C7(no3) C7(omit3) C7no3rd"),
    "Cmaj7no5": ("maj", (0, 4, 11), "CM7(omit5) C^7no5"),
}


@pytest.mark.parametrize("canonical", SPELLINGS)
def test_all_spellings_of_a_chord_mean_the_same(canonical):
    quality, tones, others = SPELLINGS[canonical]
    chord = parse_chord(canonical)
    assert (chord.text, chord.quality, chord.tones) == (canonical, quality, tones)
    for spelling in others.split():
        assert parse_chord(spelling) == chord, spelling


@pytest.mark.parametrize(
    ("text", "root_pc", "quality", "tones"),
    [
        ("Bb7", 10, "dom", (0, 4, 7, 10)),
        ("C-7", 0, "min", (0, 3, 7, 10)),
        ("Ebmaj7", 3, "maj", (0, 4, 7, 11)),
        ("Abm7", 8, "min", (0, 3, 7, 10)),
        ("C7alt", 0, "alt", (0, 3, 4, 8, 10)),
        ("C6/9", 0, "maj", (0, 2, 4, 7, 9)),
        ("CΔ7", 0, "maj", (0, 4, 7, 11)),
    ],
)
def test_symbols_that_other_readers_get_wrong(text, root_pc, quality, tones):
    chord = parse_chord(text)
    assert (chord.root_pc, chord.bass_pc, chord.quality, chord.tones) == (
        root_pc,
        root_pc,
        quality,
        tones,
    )


def test_case_tells_major_from_minor():
    assert [parse_chord(text).text for text in ("C7", "CM7", "Cm7")] == ["C7", "Cmaj7", "Cm7"]


def test_an_accidental_after_the_root_belongs_to_the_root():
    assert parse_chord("Bb5").root_pc == 10
    assert parse_chord("Cb9").root_pc == 11
    assert parse_chord("C(b5)").tones == (0, 4, 6)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Bbb7", "A7"),
        ("B♭♭m7", "Am7"),
        ("F##", "G"),
        ("C##m7b5", "Dm7b5"),
        ("Ebb7/Abb", "D7/G"),
        ("Bbb5", "Bb(b5)"),
        ("C##5", "C#aug"),
    ],
)
def test_two_accidentals_are_the_plain_note_unless_a_number_claims_the_second(text, canonical):
    assert parse_chord(text).text == canonical


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("C maj7", "Cmaj7"),
        ("C min/maj7", "CmMaj7"),
        ("C-7 (b5)", "Cm7b5"),
        ("C7 (b9, #11)", "C7b9#11"),
        ("C(add 9)", "Cadd9"),
        ("C7(omit 3rd)", "C7no3"),
        ("C7 alt", "C7alt"),
        ("C lydian", "Cmaj7#11"),
        ("C half diminished", "Cm7b5"),
        ("C*7#11*", "C7#11"),
        ("Bb*mM7*/F", "BbmMaj7/F"),
    ],
)
def test_spaces_and_the_stars_of_ireal_pro_are_read(text, canonical):
    assert parse_chord(text).text == canonical


@pytest.mark.parametrize(
    ("text", "bass_pc", "canonical"),
    [
        ("D7/F#", 6, "D7/F#"),
        ("C6/9/E", 4, "C6/9/E"),
        ("C6/E", 4, "C6/E"),
        ("F7911#/Eb", 3, "F9#11/Eb"),
        ("C/B♭", 10, "C/Bb"),
        ("Cm/eb", 3, "Cm/Eb"),
        ("C/bb", 10, "C/Bb"),
        ("C7/C", 0, "C7"),
    ],
)
def test_a_slash_before_a_letter_is_the_bass(text, bass_pc, canonical):
    chord = parse_chord(text)
    assert (chord.bass_pc, chord.text) == (bass_pc, canonical)
    assert chord.tones == parse_chord(canonical.rsplit("/", 1)[0] if bass_pc else "C7").tones


def test_pitch_classes_stand_on_the_root():
    chord = parse_chord("Bb7")
    assert chord.tone_pcs == {10, 2, 5, 8}
    assert chord.scale_pcs == {10, 0, 2, 3, 5, 7, 8}


@pytest.mark.parametrize(
    ("text", "guide_pcs"),
    [
        ("C7", {4, 10}),
        ("Dm7", {5, 0}),
        ("Gmaj7", {11, 6}),
        ("C6", {4, 9}),
        ("Cdim7", {3, 9}),
        ("G7sus4", {0, 5}),
        ("C7#9", {4, 10}),
        ("C", {4}),
        ("C5", set()),
        ("C13", {4, 10}),
    ],
)
def test_guide_tones_are_third_and_seventh(text, guide_pcs):
    assert parse_chord(text).guide_tones == guide_pcs


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("Cmaj7", "major"),
        ("Cmaj7#11", "lydian"),
        ("Cmaj7#5", "lydian augmented"),
        ("Cm7", "dorian"),
        ("Cm7(b13)", "aeolian"),
        ("Cm7b9", "phrygian"),
        ("Cm6", "melodic minor"),
        ("CmMaj7", "melodic minor"),
        ("Cm7b5", "locrian"),
        ("Cm9b5", "locrian #2"),
        ("Cdim7", "whole-half diminished"),
        ("C7", "mixolydian"),
        ("C7#11", "lydian dominant"),
        ("C7b13", "mixolydian b13"),
        ("C7b9", "half-whole diminished"),
        ("C7b9b13", "phrygian dominant"),
        ("C7#5", "whole tone"),
        ("C7alt", "altered"),
        ("C7#5#9", "altered"),
        ("C7sus4", "mixolydian"),
        ("C7sus4b9", "dorian b2"),
        ("Caug", "whole tone"),
    ],
)
def test_the_usual_scale_of_a_chord(text, scale):
    assert parse_chord(text).scale == SCALES[scale]


@pytest.mark.parametrize(
    ("text", "semitones", "moved"),
    [
        ("Dm7", 2, "Em7"),
        ("Cmaj7", 1, "Dbmaj7"),
        ("Cm7", 1, "C#m7"),
        ("D7/F#", -2, "C7/E"),
        ("C6/9", 3, "Eb6/9"),
        ("C6/9/E", 3, "Eb6/9/G"),
        ("C/E", 2, "D/F#"),
        ("C/E", 9, "A/C#"),
        ("C/Bb", 8, "Ab/Gb"),
        ("C#7", 12, "C#7"),
        ("F#m7b5", 0, "F#m7b5"),
        ("Cm7sus4", 1, "C#m7sus4"),
        ("D/C7", 2, "E/D7"),
        ("Eb|C", 2, "F/Dmaj"),
    ],
)
def test_transposing(text, semitones, moved):
    assert parse_chord(text).transposed(semitones).text == moved


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", "it is empty"),
        ("H7", "begins with 'H'"),
        ("c7", "begins with 'c'"),
        ("NC", "begins with 'N'"),
        ("C9#", "'#' after 'C9'"),
        ("Cm7b5x", "'x' after 'Cm7b5'"),
        ("Cfoo", "'foo' after 'C'"),
        ("C76", "'6' after 'C7'"),
        ("Cq", "'q' after 'C'"),
        ("C7maj7", "'maj7' after 'C7'"),
        ("C7/", "'/' after 'C7'"),
        ("C/x", "'/x' after 'C'"),
        ("Dm7 G7", "' G7' after 'Dm7'"),
        ("C7b9b9", "'b9' after 'C7b9'"),
        ("C7sussus", "'sus' after 'C7sus'"),
        ("C7(b9", "brackets"),
        ("C7)b9(", "brackets"),
        ("C7()", "brackets"),
        ("C9b9", "9 and b9 contradict"),
        ("C13b13", "13 and b13 contradict"),
        ("Cosus", "sus chord is not diminished"),
        ("C7altb9", "alt"),
        ("C5b9", "power chord"),
        ("C(b9)", "needs a seventh"),
        ("C+11", "7#11 or 7#5(11)"),
        ("Cadd3", "add3"),
        ("C(no3,no5)", "nothing beside the root"),
        ("C7b5no5", "altered and left out"),
        ("C7sus4add3no3", "3 is both added and left out"),
        ("Cø2", "takes 2"),
        ("Cdim#5", "raised fifth"),
        ("C7(b5,#5,b9,#9,11,13)", "9 different notes"),
    ],
)
def test_what_cannot_be_read_is_quoted_with_its_place_and_examples(text, quoted):
    with pytest.raises(ChartError) as caught:
        parse_chord(text, "bar 3")
    message = str(caught.value)
    assert message.startswith(f"Cannot read chord {text!r} in bar 3: ")
    assert quoted in message
    assert "'Ebmaj7'" in message
    assert "\n" not in message


def test_examples_in_the_message_can_be_read():
    with pytest.raises(ChartError) as caught:
        parse_chord("?")
    examples = re.findall(r"'([^']+)'", str(caught.value).split("expected a symbol")[1])
    assert len(examples) >= 5
    for example in examples:
        assert parse_chord(example).root_name == example[: len(parse_chord(example).root_name)]


PARTS = st.sampled_from(
    (
        "no3 (omit5) (maj7) 7M (9b) /13 (5+) addb9 sus24 "
        "b5 #5 b6 b9 9 #9 11 #11 b13 13 + - / , ( ) sus sus2 sus4 alt add9 add3 add11 7 6 69 2 5 maj j ^"
    ).split()
)
SYMBOLS = st.builds(
    lambda root, kind, number, parts, bass: root + kind + number + "".join(parts) + bass,
    st.sampled_from(["C", "Bb", "F#", "B♯", "Cb"]),
    st.sampled_from([spelling for _, row in KINDS.values() for spelling in row]),
    st.sampled_from(["", "5", "6", "69", "6/9", "7", "9", "11", "13", "2"]),
    st.lists(PARTS, max_size=4),
    st.sampled_from(["", "", "", "/G", "/Eb", "/C7", "|Gm", "|F6/9"]),
)


def read(text: str) -> Chord | None:
    try:
        return parse_chord(text)
    except ChartError:
        return None


@given(SYMBOLS | st.text("ABCDEFGb#m7965134 sudialtj^-+øo(),/", max_size=12))
def test_what_is_read_prints_as_one_spelling_that_reads_the_same(text):
    """Any text is either refused with a ChartError or read; printing and reading again is the same."""
    chord = read(text)
    if chord is None:
        return
    assert parse_chord(chord.text) == chord
    assert chord.quality in QUALITIES
    assert chord.tones[0] == chord.scale[0] == 0
    assert list(chord.tones) == sorted(set(chord.tones)) and chord.tones[-1] < 12
    assert set(chord.tones) <= set(chord.scale) and 5 <= len(chord.scale) <= 8
    assert chord.guide_tones <= chord.tone_pcs <= chord.scale_pcs
    assert tuple(f.semitones for f in chord.tone_functions) == chord.tones
    assert {f.role for f in chord.tone_functions} <= {"root", "guide", "fifth", "sixth", "tension"}
    assert len({f.degree for f in chord.tone_functions}) == len(chord.tones)
    assert sorted((*chord.tones, *chord.tensions, *chord.avoid)) == list(chord.scale)
    assert chord.scales[0].steps == chord.scale
    assert len({scale.name for scale in chord.scales}) == len(chord.scales)


@given(st.text(max_size=200) | st.text("CDb#79()/|*+-Δmajsu o", max_size=200))
def test_any_text_is_read_or_refused_in_one_sentence(text):
    try:
        chord = parse_chord_or_nc(text, "bar 3")
    except ChartError as error:
        assert str(error).startswith("Cannot read chord ") and "\n" not in str(error)
        assert len(str(error)) < 3000
    else:
        assert parse_chord_or_nc(print_chord(chord)) == chord


@pytest.mark.parametrize("part", ["(b9)", ",", "/ ", "(", "|C7", "♭"])
def test_a_text_longer_than_any_symbol_is_refused_at_once(part):
    text = "C" + part * 10**5 + "x"
    with pytest.raises(ChartError, match=f"it is {len(text)} characters long"):
        parse_chord(text)


@given(SYMBOLS, st.integers(-24, 24), st.integers(-24, 24))
def test_transposing_moves_every_note(text, first, second):
    chord = read(text)
    if chord is None:
        return
    moved = chord.transposed(first)
    assert (moved.tones, moved.scale, moved.quality) == (chord.tones, chord.scale, chord.quality)
    assert moved.root_pc == (chord.root_pc + first) % 12
    assert moved.bass_pc == (chord.bass_pc + first) % 12
    assert moved.transposed(second).tone_pcs == chord.transposed(first + second).tone_pcs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C7alt.", "C7alt"),
        ("C7(alt.)", "C7alt"),
        ("Cᐞ7", "Cmaj7"),
        ("C¯7", "Cm7"),
        ("N/C", None),
        ("(NC)", None),
        ("NC.", None),
    ],
)
def test_signs_of_other_fonts_and_houses(text, expected):
    chord = parse_chord_or_nc(text)
    assert (chord.text if chord else None) == expected
