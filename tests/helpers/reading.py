"""Read lead sheets back: by music21, and by a few lines of our own that know no rules of notation."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from fractions import Fraction

Sounded = tuple[Fraction, Fraction, int]
"""(onset, duration, pitch), in quarters."""

_PCS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def notes_in(xml: str, part: int = 0) -> list[Sounded]:
    """Every note of a part as it sounds, ties joined."""
    found: list[list] = []
    at, divisions = Fraction(0), 1
    for measure in ET.fromstring(xml).findall("part")[part]:
        for element in measure:
            if element.tag == "attributes" and element.find("divisions") is not None:
                divisions = int(element.findtext("divisions"))
            if element.tag in ("backup", "forward"):
                raise AssertionError("a lead sheet has one voice")
            if element.tag != "note":
                continue
            duration = Fraction(int(element.findtext("duration")), divisions)
            pitch = element.find("pitch")
            if pitch is not None:
                midi = 12 * (int(pitch.findtext("octave")) + 1) + _PCS[pitch.findtext("step")]
                midi += int(pitch.findtext("alter") or 0)
                ties = {tie.get("type") for tie in element.findall("tie")}
                if "stop" in ties:
                    assert found[-1][2] == midi
                    assert found[-1][0] + found[-1][1] == at
                    found[-1][1] += duration
                else:
                    found.append([at, duration, midi])
            at += duration
    return [tuple(note) for note in found]


def music21_notes(xml: str, part: int = 0) -> list[Sounded]:
    """Every note of a part as music21 reads it, ties stripped."""
    from music21 import converter

    line = converter.parseData(xml, format="musicxml").parts[part].stripTies()
    return [
        (
            Fraction(note.getOffsetInHierarchy(line)).limit_denominator(48),
            Fraction(note.quarterLength).limit_denominator(48),
            note.pitch.midi,
        )
        for note in line.recurse().notes
        if note.isNote
    ]


def given_notes(notes) -> list[Sounded]:
    """Notes on the grid as (onset, duration, pitch) in quarters."""
    return [(Fraction(n.onset_tick, 480), Fraction(n.duration_tick, 480), n.pitch) for n in notes]
