"""What is played over: the changes, written in C, and the list of files to compose.

Chord progressions are common property; these are the plain ones every player knows, and three forms
of our own (the ballad, the ABAC song and the round of dominants).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from etudes import STEPS_PER_BAR
from etudes.harmony import CHORD_TONES, Chord

MAJOR_KEYS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
MINOR_KEYS = ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm")

_LETTERS = "CDEFGAB"
_NATURAL = (0, 2, 4, 5, 7, 9, 11)
_PLAIN = {"E#": "F", "B#": "C", "Cb": "B", "Fb": "E"}

_BLUES = (
    "C7 | F7 | C7 | Gm7 C7 | F7 | F#dim7 | C7 | Em7b5 A7alt | Dm7 | G7 | C7 A7alt | Dm7 G7",
    "C7 | F7 | C7 | C7 | F7 | F7 | C7 | A7 | Dm7 | G7 | C7 | G7",
    "Cmaj7 | Bm7b5 E7alt | Am7 D7 | Gm7 C7 | F7 | Fm7 Bb7 | Em7 A7 | Ebm7 Ab7"
    "| Dm7 | G7 | Em7 A7alt | Dm7 G7",
)
_MINOR_BLUES = (
    "Cm6 | Cm6 | Cm6 | C7alt | Fm7 | Fm7 | Cm6 | Cm6 | Ab7 | G7alt | Cm6 | Dm7b5 G7alt",
    "Cm7 | Dm7b5 G7alt | Cm7 | Gm7b5 C7alt | Fm7 | Fm7 Bb7 | Cm7 | Ebm7 Ab7"
    "| Dm7b5 | G7alt | Cm7 Ab7 | Dm7b5 G7alt",
)
_RHYTHM_A = (
    "C6 A7 | Dm7 G7 | Em7 A7 | Dm7 G7 | Gm7 C7 | F6 F#dim7 |",
    "C6 C#dim7 | Dm7 D#dim7 | Em7 A7alt | Dm7 G7 | Gm7 C7 | F7 Bb7 |",
)
_RHYTHM_ENDS = ("Em7 A7 | Dm7 G7", "Dm7 G7 | C6")
_RHYTHM_BRIDGES = (
    "E7 | E7 | A7 | A7 | D7 | D7 | G7 | G7",
    "Bm7 | E7 | Em7 | A7 | Am7 | D7 | Dm7 | G7",
)


def _rhythm(which: int) -> str:
    opening, bridge = _RHYTHM_A[which % 2], _RHYTHM_BRIDGES[which // 2 % 2]
    first, second = (opening + end for end in _RHYTHM_ENDS)
    return " | ".join((first, second, bridge, second))


_TWO_FIVE = (
    "Dm7 | G7 | Cmaj7 | Cmaj7 | Dm7 | G7alt | C6 | C6 | Dm7 G7 | Cmaj7 | Dm7 G7alt | C6"
    "| Dm7 | Db7 | Cmaj7 | C6",
    "Dm7 G7 | Cmaj7 A7alt | Dm7 G7 | Cmaj7 | Em7 A7 | Dm7 G7 | C6 | C6 | Dm7 | G7 | Em7 | A7alt"
    "| Dm7 | G7alt | Cmaj7 | C6",
)
_MINOR_TWO_FIVE = (
    "Dm7b5 | G7alt | Cm6 | Cm6 | Dm7b5 | G7 | Cm7 | Cm6 | Dm7b5 G7alt | Cm6 | Dm7b5 G7alt | Cm6"
    "| Fm7 | Dm7b5 G7alt | Cm6 | Cm6",
    "Dm7b5 G7alt | Cm6 | Dm7b5 G7alt | Cm7 | Fm7 | Bb7 | Ebmaj7 | Am7b5 D7alt | Dm7b5 | G7alt"
    "| Cm6 | C7alt | Fm7 | Dm7b5 G7alt | Cm6 | Cm6",
)
_BY_WHOLE_TONES = (
    "Dm7 | G7 | Cmaj7 | C6 | Cm7 | F7 | Bbmaj7 | Bb6 | Bbm7 | Eb7 | Abmaj7 | Ab6"
    "| Abm7 | Db7 | Gbmaj7 | Gb6 | F#m7 | B7 | Emaj7 | E6 | Em7 | A7 | Dmaj7 | D6"
)
_BY_FOURTHS = "Cm7 F7 | Bbmaj7 | Fm7 Bb7 | Ebmaj7 | Bbm7 Eb7 | Abmaj7 | Ebm7 Ab7 | Dbmaj7" + (
    "| Am7 D7 | Gmaj7 | Dm7 G7 | Cmaj7 | Em7 A7 | Dmaj7 | Dm7 G7 | C6"
)
_DORIAN_A = "Cm7 | Cm7 | Cm7 | Cm7 | Cm7 | Cm7 | Cm7 | Cm7"
_DORIAN_FORM = " | ".join((_DORIAN_A, _DORIAN_A, _DORIAN_A.replace("Cm7", "Dbm7"), _DORIAN_A))
_VAMP = " | ".join(["Cm7"] * 16)
_VAMP_TWO = " | ".join(["Cm7", "Cm7", "F7", "F7"] * 4)
_BALLAD_A = "Cmaj7 | Bm7b5 E7alt | Am7 Ab7 | Gm7 C7 | Fmaj7 | Fm7 Bb7 |"
_BALLAD = " | ".join(
    (
        _BALLAD_A + "Em7 A7alt | Dm7 G7",
        _BALLAD_A + "Dm7 G7alt | C6",
        "F#m7b5 | B7alt | Emaj7 | C#m7 F#7 | Am7 | D7 | Dm7 | Dm7b5 G7alt",
        _BALLAD_A + "Dm7 G7alt | C6",
    )
)
_SONG_A = "C6 | Em7b5 A7alt | Dm7 | F#dim7 | Em7 | Ebdim7 | Dm7 | G7"
_SONG = " | ".join(
    (
        _SONG_A,
        "Gm7 | C7 | Fmaj7 | Bb7 | Am7 | D7 | Dm7 | G7",
        _SONG_A,
        "Gm7 C7 | Fmaj7 | Fm7 | Bb7 | Em7 A7 | Dm7 G7alt | C6 | Dm7 G7",
    )
)
_ROUND = "E7 | E7 | A7 | A7 | D7 | D7 | G7 | G7 | C7 | F7 | Bb7 | Eb7 | Ab7 Db7 | D7 G7 | C6 | B7"


@dataclass(frozen=True)
class Etude:
    """One file to compose: a form in a key. `halves`: the chord of every half bar of one chorus."""

    name: str
    title: str
    form: str
    key: str
    tempo_bpm: int
    choruses: int
    style: str
    halves: tuple[Chord, ...]

    @property
    def tonic(self) -> int:
        """The key's pitch class."""
        return pitch_class(self.key.rstrip("m"))

    @property
    def bars(self) -> int:
        """Bars in one chorus."""
        return len(self.halves) // 2

    @property
    def chorus_steps(self) -> int:
        """Length of one chorus in steps."""
        return self.bars * STEPS_PER_BAR


def pitch_class(name: str) -> int:
    """ "Bb" -> 10."""
    return (_NATURAL[_LETTERS.index(name[0])] + name.count("#") - name[1:].count("b")) % 12


def _transposed(text: str, key: str) -> Chord:
    """A chord written in C, moved to `key` by letter and by semitone, double accidentals avoided."""
    match = re.fullmatch(r"([A-G])([#b]?)(.*)", text)
    if match is None or match[3] not in CHORD_TONES:
        raise ValueError(
            f"Cannot read the chord {text!r}: a root and one of {list(CHORD_TONES)} wanted."
        )
    root = (pitch_class(match[1] + match[2]) + pitch_class(key)) % 12
    letter = (_LETTERS.index(match[1]) + _LETTERS.index(key[0])) % 7
    sharps = (root - _NATURAL[letter] + 6) % 12 - 6
    if abs(sharps) > 1:
        flat_side = "b" in key or key == "F" or sharps < 0
        name = (
            MAJOR_KEYS[root]
            if flat_side
            else {1: "C#", 3: "D#", 6: "F#", 8: "G#"}.get(root, MAJOR_KEYS[root])
        )
    else:
        name = _LETTERS[letter] + ("#" if sharps == 1 else "b" if sharps == -1 else "")
    name = _PLAIN.get(name, name)
    return Chord(name + match[3], root, match[3])


def _halves(changes: str, key: str) -> tuple[Chord, ...]:
    halves: list[Chord] = []
    for bar in changes.split("|"):
        chords = [_transposed(text, key.rstrip("m")) for text in bar.split()]
        halves += chords * (2 // len(chords))
    return tuple(halves)


def _etudes_of(
    form: str,
    title: str,
    keys: tuple[str, ...],
    changes: tuple[str, ...],
    style: str,
    tempos: tuple[int, ...],
    choruses: int,
) -> list[Etude]:
    made = []
    for index, key in enumerate(keys):
        name = f"{form}_{key.removesuffix('m').replace('#', 'sharp')}"
        halves = _halves(changes[index % len(changes)], key)
        tempo = tempos[index % len(tempos)]
        made.append(Etude(name, f"{title} in {key}", form, key, tempo, choruses, style, halves))
    return made


def all_etudes() -> list[Etude]:
    """Every file of the corpus, in the order in which they are composed."""
    rhythm = tuple(_rhythm(which) for which in range(4))
    minor = MINOR_KEYS
    return [
        *_etudes_of("blues", "Blues", MAJOR_KEYS, _BLUES, "blues", (126, 168, 144, 196, 112), 5),
        *_etudes_of("minor_blues", "Minor blues", minor, _MINOR_BLUES, "blues", (132, 160, 118), 3),
        *_etudes_of(
            "rhythm", "Rhythm changes", MAJOR_KEYS, rhythm, "bebop", (200, 184, 216, 168, 232), 3
        ),
        *_etudes_of(
            "ii_v_i", "Two-five-one", MAJOR_KEYS, _TWO_FIVE, "bebop", (138, 176, 152, 120), 4
        ),
        *_etudes_of(
            "minor_ii_v_i",
            "Minor two-five-one",
            minor,
            _MINOR_TWO_FIVE,
            "bebop",
            (132, 164, 148),
            3,
        ),
        *_etudes_of(
            "ii_v_i_whole_tones",
            "Two-fives by whole tones",
            ("C", "Db"),
            (_BY_WHOLE_TONES,),
            "bebop",
            (144, 172),
            3,
        ),
        *_etudes_of(
            "ii_v_i_fourths",
            "Two-fives by fourths",
            ("C", "Gb"),
            (_BY_FOURTHS,),
            "bebop",
            (156, 132),
            3,
        ),
        *_etudes_of(
            "dorian",
            "Dorian song",
            ("Dm", "Gm", "Bm", "Ebm"),
            (_DORIAN_FORM,),
            "modal",
            (152, 184, 136),
            3,
        ),
        *_etudes_of(
            "vamp",
            "Vamp",
            ("Cm", "Am", "Fm", "F#m", "Em"),
            (_VAMP, _VAMP_TWO),
            "modal",
            (124, 144, 168),
            3,
        ),
        *_etudes_of(
            "ballad", "Ballad", ("Eb", "Db", "G", "F"), (_BALLAD,), "ballad", (60, 66, 56, 72), 2
        ),
        *_etudes_of(
            "song", "Song", ("F", "Ab", "C", "Bb", "D"), (_SONG,), "bebop", (160, 138, 190, 148), 3
        ),
        *_etudes_of(
            "dominants",
            "Round of dominants",
            ("C", "Ab", "E"),
            (_ROUND,),
            "bebop",
            (150, 178, 132),
            3,
        ),
    ]
