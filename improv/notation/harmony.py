"""A chord as MusicXML's `harmony`: its kind, the degrees that the kind lacks, and how the symbol looks.

    Bb7(b9,13)  ->  root B -1, kind dominant-13th text "7(b9,13)", degree alter 9 -1

The kind and degrees follow from the chord's tones, by the MusicXML 4.0 list of kinds; added degrees count
from a dominant chord (so a 7 is minor). `text` is the symbol as this program spells it, so that degrees are
not printed again.
"""

from __future__ import annotations

from functools import lru_cache
from xml.sax.saxutils import quoteattr

from improv.music.chord import Chord, parse_chord

# (third, fifth, sixth or seventh), in semitones -> kind, degrees (type, value, alter).
_Degree = tuple[str, int, int]
_KINDS: dict[tuple[int, int, int], tuple[str, tuple[_Degree, ...]]] = {
    (4, 7, 0): ("major", ()),
    (4, 7, 9): ("major-sixth", ()),
    (4, 7, 10): ("dominant", ()),
    (4, 7, 11): ("major-seventh", ()),
    (3, 7, 0): ("minor", ()),
    (3, 7, 9): ("minor-sixth", ()),
    (3, 7, 10): ("minor-seventh", ()),
    (3, 7, 11): ("major-minor", ()),
    (3, 6, 0): ("diminished", ()),
    (3, 6, 9): ("diminished-seventh", ()),
    (3, 6, 10): ("half-diminished", ()),
    (3, 6, 11): ("major-minor", (("alter", 5, -1),)),
    (4, 8, 0): ("augmented", ()),
    (4, 8, 10): ("dominant", (("alter", 5, 1),)),
    (4, 8, 11): ("major-seventh", (("alter", 5, 1),)),
    (4, 6, 0): ("major", (("alter", 5, -1),)),
    (4, 6, 10): ("dominant", (("alter", 5, -1),)),
    (4, 6, 11): ("major-seventh", (("alter", 5, -1),)),
    (5, 7, 0): ("suspended-fourth", ()),
    (5, 7, 10): ("suspended-fourth", (("add", 7, 0),)),
    (5, 7, 11): ("suspended-fourth", (("add", 7, 1),)),
    (2, 7, 0): ("suspended-second", ()),
    (2, 7, 10): ("suspended-second", (("add", 7, 0),)),
    (2, 7, 11): ("suspended-second", (("add", 7, 1),)),
    (0, 7, 0): ("power", ()),
}

# Kind -> the same with a ninth; with ninth and eleventh; with ninth and thirteenth.
_HIGHER = {
    "dominant": ("dominant-ninth", "dominant-11th", "dominant-13th"),
    "major-seventh": ("major-ninth", "major-11th", "major-13th"),
    "minor-seventh": ("minor-ninth", "minor-11th", "minor-13th"),
}

# Tones other than third, fifth and seventh: semitones -> (value, alter).
_TENSIONS = {1: (9, -1), 2: (9, 0), 3: (9, 1), 5: (11, 0), 6: (11, 1), 8: (13, -1), 9: (13, 0)}


def _frame(tones: frozenset[int]) -> tuple[int, int, int]:
    """(third, fifth, sixth or seventh) of the tones; 0 if there is none."""
    third = next((tone for tone in (4, 3, 5, 2) if tone in tones), 0)
    fifths = (7, 6, 8) if third == 3 else (7, 8, 6)
    fifth = next((tone for tone in fifths if tone in tones), 7)
    return third, fifth, next((tone for tone in (11, 10, 9) if tone in tones), 0)


def kind_of(chord: Chord) -> tuple[str, tuple[_Degree, ...]]:
    """MusicXML's kind and the degrees (type, value, alter) that make it this chord.

    C7b9 -> ("dominant", (("add", 9, -1),)); a chord that fits no row is "other" with what it has.
    """
    tones = frozenset(chord.tones)
    sus = 4 not in tones and 3 not in tones
    third, fifth, seventh = frame = _frame(tones)
    if sus and {2, 5} <= tones:
        frame = (5, *frame[1:])
    elif chord.quality == "sus" and 5 in tones:  # with a third added
        frame = (5, *frame[1:])
    if frame not in _KINDS and fifth in (6, 8) and frame[0] in (3, 5, 2):
        # A raised or lowered fifth that no kind includes.
        frame = (frame[0], 7, seventh)
        kind, degrees = _KINDS.get(frame, ("other", ()))
        degrees = (*degrees, ("alter", 5, 1 if fifth == 8 else -1))
    else:
        kind, degrees = _KINDS.get(frame, ("other", ()))
    left = sorted(tones - {0, fifth, *frame})
    higher = _HIGHER.get(kind)
    if higher and 2 in left:
        left.remove(2)
        kind, *more = higher
        for name, tone in zip(more, (5, 9), strict=True):
            if tone in left and not {5, 9} <= set(left):
                kind = name
                left.remove(tone)
    elif higher and 9 in left and {1, 3} & set(left):
        ninths = [tone for tone in left if tone in (1, 3)]
        left = [tone for tone in left if tone not in (1, 3, 9)]
        kind = higher[2]
        degrees += (("alter", 9, -1 if ninths[0] == 1 else 1),)
        left += ninths[1:]
    added = [
        _TENSIONS[tone] if tone != 4 else (3, 0) for tone in left if tone != third or tone == 4
    ]
    return kind, degrees + tuple(("add", value, alter) for value, alter in added)


def _name(tag: str, name: str) -> str:
    alter = {"b": -1, "#": 1}.get(name[1:], 0)
    sign = f"<{tag}-alter>{alter}</{tag}-alter>" if alter else ""
    return f"<{tag}><{tag}-step>{name[0]}</{tag}-step>{sign}</{tag}>"


@lru_cache(maxsize=1024)
def harmony_body(chord: Chord | None) -> str:
    """The content of a `harmony` element, except its offset; None is "no chord" (N.C.)."""
    if chord is None:
        return '<root><root-step text="">C</root-step></root><kind text="N.C.">none</kind>'
    if chord.upper is not None:  # a root and a kind for each of the two, the upper first
        lower = parse_chord(chord.text[len(chord.upper.text) + 1 :])
        return harmony_body(chord.upper) + harmony_body(lower)
    kind, degrees = kind_of(chord)
    text = chord.text[len(chord.root_name) :]
    bass = ""
    if chord.bass_pc != chord.root_pc:
        text, _, bass = text.rpartition("/")
    parts = [
        _name("root", chord.root_name),
        f"<kind text={quoteattr(text)}>{kind}</kind>",
        _name("bass", bass) if bass else "",
    ]
    parts += [
        f'<degree print-object="no"><degree-value>{value}</degree-value>'
        f"<degree-alter>{alter}</degree-alter><degree-type>{type_}</degree-type></degree>"
        for type_, value, alter in degrees
    ]
    return "".join(parts)
