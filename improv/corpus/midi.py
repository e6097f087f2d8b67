"""Read a solo with its chords from a MIDI file.

Input -> output:  bytes  ->  `charts.midi_file.Contents`  ->  Solo.

    melody   the part named Solo, Melody, Lead or like a horn; else the one most one-note-at-a-time
             that is neither drums (channel 10) nor bass
    chords   as `improv.charts.midi` finds them, at least two where they are written
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from improv.charts.midi import CHORD_WORDS, chart_of_contents, find_changes
from improv.charts.midi_file import DRUM_CHANNEL, Contents, Part, read_contents
from improv.errors import InputFileError
from improv.music.note import Note, Solo

MELODY_WORDS = (
    *("solo", "melody", "lead", "head", "tenor", "alto", "sax", "trumpet", "trombone", "clarinet"),
    *("flute", "horn", "violin", "voice", "vocal", "vibes", "guitar"),
)
NO_MELODY_WORDS = ("drum", "bass", "perc", "click", "metronome", *CHORD_WORDS)
FEWEST_NOTES = 2
LOWEST_MELODY_MEAN = 45  # an unnamed part below A2 on average is a bass


def read_solo(path: str | Path) -> Solo:
    """The solo in a MIDI file and the chart it is played over, unrolled over the whole solo.

    Raises InputFileError, in one sentence, where the file cannot be read, is not MIDI, or has no melody or
    no chords.
    """
    path = Path(path)
    where = repr(str(path))
    contents = read_contents(path)
    melody = _melody(contents, where)
    found = find_changes(contents, melody)
    if found is None:
        raise InputFileError(
            f"Cannot find chords in {where}: expected chord symbols as markers (such as 'Dm7', at least "
            "two) or a track of chords named 'Chords'."
        )
    notes = _one_at_a_time(melody.notes)
    last_tick = max(note.end_tick for part in contents.parts for note in part.notes)
    title = contents.title or path.stem
    chart = chart_of_contents(contents, found, title=title, end_tick=last_tick)
    return Solo(title, tuple(notes), chart, source=str(path))


def _melody(contents: Contents, where: str) -> Part:
    """The part to learn from."""
    parts = [
        p for p in contents.parts if p.channel != DRUM_CHANNEL and len(p.notes) >= FEWEST_NOTES
    ]
    for word in MELODY_WORDS:
        named = [p for p in parts if p.named((word,)) and not p.named(("drum", "bass", "chord"))]
        melodic = [p for p in named if p.chordal_share() < 0.5]
        if melodic:
            return max(melodic, key=lambda p: len(p.notes))
    others = [
        p
        for p in parts
        if not p.named(NO_MELODY_WORDS)
        and p.chordal_share() < 0.5
        and sum(n.pitch for n in p.notes) >= LOWEST_MELODY_MEAN * len(p.notes)
    ]
    if not others:
        raise InputFileError(
            f"Cannot find a melody in {where}: expected a track of single notes, named 'Solo' or "
            "'Melody', that is neither drums nor bass."
        )
    return min(others, key=lambda p: (round(p.chordal_share(), 1), -len(p.notes)))


def _one_at_a_time(notes: Sequence[Note]) -> list[Note]:
    """Of notes that begin together the highest; each cut where the next begins."""
    highest: dict[int, Note] = {}
    for note in sorted(notes, key=lambda n: (n.onset_tick, n.pitch)):
        highest[note.onset_tick] = note
    line = list(highest.values())
    cut = [
        Note(a.onset_tick, min(a.duration_tick, b.onset_tick - a.onset_tick), a.pitch, a.velocity)
        for a, b in pairwise(line)
    ]
    return [*cut, line[-1]]
